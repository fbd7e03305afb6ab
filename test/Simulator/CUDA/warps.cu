// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Operations of a warp: shuffles of all kinds, widths and masks, votes,
// matches, reductions, the active mask.

constexpr unsigned All = 0xffffffffu;

extern "C" __global__ void shuffles(const int *x, int *y) {
  int i = threadIdx.x, v = x[i];
  int r[] = {__shfl_sync(All, v, 5),          __shfl_sync(All, v, (i * 7) & 31),
             __shfl_up_sync(All, v, 3),       __shfl_down_sync(All, v, 3),
             __shfl_xor_sync(All, v, 21),     __shfl_sync(All, v, 3, 8),
             __shfl_up_sync(All, v, 2, 8),    __shfl_down_sync(All, v, 5, 16),
             __shfl_xor_sync(All, v, 3, 4),   __shfl_sync(All, v, 37),
             __shfl_xor_sync(All, v, 16, 16), __shfl_up_sync(All, v, i & 3)};
  for (int j = 0; j < 12; ++j)
    y[j * blockDim.x + i] = r[j];
}

// The predicate of shfl: was the source lane in range.
extern "C" __global__ void shuffle_predicates(const unsigned *x, unsigned *y) {
  int i = threadIdx.x;
  unsigned v = x[i], r[4], in[4];
#define SHUFFLE(slot, mode, offset, clamp)                                     \
  asm volatile("{ .reg .pred p; shfl.sync." mode ".b32 %0|p, %2, " offset      \
               ", " clamp ", 0xffffffff; selp.u32 %1, 1, 0, p; }"              \
               : "=r"(r[slot]), "=r"(in[slot])                                 \
               : "r"(v))
  SHUFFLE(0, "up", "9", "0x0");
  SHUFFLE(1, "down", "9", "0x1f");
  SHUFFLE(2, "bfly", "6", "0x1803");
  SHUFFLE(3, "idx", "11", "0x181f");
  for (int j = 0; j < 4; ++j) {
    y[2 * j * 32 + i] = r[j];
    y[(2 * j + 1) * 32 + i] = in[j];
  }
}

// Values of 64 bits, floats and halves.
extern "C" __global__ void shuffle_types(const double *x, double *y) {
  int i = threadIdx.x;
  double v = x[i];
  y[i] = __shfl_xor_sync(All, v, 9);
  y[32 + i] = __shfl_down_sync(All, (long long)(v * 1000), 2);
  y[64 + i] = __shfl_sync(All, float(v), i ^ 1);
}

// Only some lanes take part, in two groups that do not wait for each other.
extern "C" __global__ void partial_masks(const int *x, int *y) {
  int i = threadIdx.x, v = x[i];
  if (i % 4 == 0) {
    for (int offset = 16; offset >= 4; offset /= 2)
      v += __shfl_xor_sync(0x11111111u, v, offset);
  } else if (i < 16) {
    v = __shfl_sync(0x0000eeeeu, v, 7) -
        __popc(__ballot_sync(0x0000eeeeu, v > 0));
  } else {
    v = -1;
  }
  y[i] = v;
}

extern "C" __global__ void votes(const int *x, unsigned *y) {
  int i = threadIdx.x, v = x[i];
  unsigned r[] = {
      __ballot_sync(All, v > 0),           unsigned(__any_sync(All, v > 90)),
      unsigned(__all_sync(All, v > -100)), unsigned(__all_sync(All, v > 0)),
      __ballot_sync(All, i & 2),           0};
  asm volatile("{ .reg .pred p, q; setp.gt.s32 p, %1, -100;"
               "vote.sync.uni.pred q, p, 0xffffffff; selp.u32 %0, 1, 0, q;"
               "setp.gt.s32 p, %1, 0; vote.sync.uni.pred q, p, 0xffffffff;"
               "@q add.u32 %0, %0, 2; vote.sync.any.pred q, !p, 0xffffffff;"
               "@q add.u32 %0, %0, 4; }"
               : "=r"(r[5])
               : "r"(v));
  for (int j = 0; j < 6; ++j)
    y[j * 32 + i] = r[j];
}

extern "C" __global__ void matches(const int *x, const long long *w,
                                   unsigned *y) {
  int i = threadIdx.x, same, wide;
  unsigned all = __match_all_sync(All, x[i] >= -5, &same);
  unsigned none = __match_all_sync(All, w[i], &wide);
  unsigned r[] = {__match_any_sync(All, x[i]),
                  __match_any_sync(All, w[i]),
                  all,
                  unsigned(same),
                  none,
                  unsigned(wide)};
  for (int j = 0; j < 6; ++j)
    y[j * 32 + i] = r[j];
}

extern "C" __global__ void reduce_sync(const int *x, int *y) {
  int i = threadIdx.x, v = x[i];
  unsigned u = v;
  int r[] = {__reduce_add_sync(All, v),
             __reduce_min_sync(All, v),
             __reduce_max_sync(All, v),
             int(__reduce_add_sync(All, u)),
             int(__reduce_min_sync(All, u)),
             int(__reduce_max_sync(All, u)),
             int(__reduce_and_sync(All, u | 3)),
             int(__reduce_or_sync(All, u & 0xff00)),
             int(__reduce_xor_sync(All, u)),
             0};
  if (i < 12)
    r[9] = __reduce_max_sync(0xfffu, v);
  for (int j = 0; j < 10; ++j)
    y[j * 32 + i] = r[j];
}

// Masks of the lanes, and the one of those that are here.
extern "C" __global__ void lanes(unsigned *y) {
  int i = threadIdx.x;
  unsigned r[8];
  asm("mov.u32 %0, %%laneid;" : "=r"(r[0]));
  asm("mov.u32 %0, %%lanemask_lt;" : "=r"(r[1]));
  asm("mov.u32 %0, %%lanemask_le;" : "=r"(r[2]));
  asm("mov.u32 %0, %%lanemask_gt;" : "=r"(r[3]));
  asm("mov.u32 %0, %%lanemask_ge;" : "=r"(r[4]));
  asm("mov.u32 %0, %%lanemask_eq;" : "=r"(r[5]));
  asm("mov.u32 %0, WARP_SZ;" : "=r"(r[6]));
  r[7] = 0;
  __syncwarp();
  if (i % 3 == 1) {
    r[7] = __activemask();
    __syncwarp(__activemask());
  }
  for (int j = 0; j < 8; ++j)
    y[j * 64 + i] = r[j];
}

// Lanes that pass a filter are packed; each warp takes its place by one atomic.
extern "C" __global__ void compact(const int *x, int *y, int *count, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  bool take = i < n && x[i] % 3 == 0;
  unsigned mask = __ballot_sync(All, take);
  int lane = threadIdx.x % 32, base = 0;
  if (mask && lane == __ffs(mask) - 1)
    base = atomicAdd(count, __popc(mask));
  base = __shfl_sync(All, base, mask ? __ffs(mask) - 1 : 0);
  if (take)
    y[base + __popc(mask & ((1u << lane) - 1))] = x[i];
}

// A bitonic sort of 32 values.
extern "C" __global__ void sort_warp(const int *x, int *y) {
  int i = threadIdx.x, v = x[blockIdx.x * 32 + i];
  for (int size = 2; size <= 32; size *= 2)
    for (int stride = size / 2; stride > 0; stride /= 2) {
      int other = __shfl_xor_sync(All, v, stride);
      bool up = (i & size) == 0, low = (i & stride) == 0;
      v = up == low ? min(v, other) : max(v, other);
    }
  y[blockIdx.x * 32 + i] = v;
}

// Data pass between lanes through shared memory, ordered by __syncwarp.
extern "C" __global__ void shared_warp(const int *x, int *y) {
  __shared__ int memory[4][32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  volatile int *row = memory[warp];
  row[lane] = x[threadIdx.x];
  __syncwarp();
  for (int half = 16; half > 0; half /= 2) {
    int v = row[lane] + (lane < half ? row[lane + half] : 0);
    __syncwarp();
    row[lane] = v;
    __syncwarp();
  }
  y[threadIdx.x] = row[0] + row[(lane + 1) % 32];
}
