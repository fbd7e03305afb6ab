// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Kernels with one fault each, named bad_*, and the corrected twins, good_*.

#include <cstdint>

#define TWINS(name, parameters, arguments)                                     \
  extern "C" __global__ void bad_##name parameters { name<false> arguments; }  \
  extern "C" __global__ void good_##name parameters { name<true> arguments; }

__device__ uint32_t shared_address(const void *p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

template <bool Good>
__device__ void shared_race(const int *x, int *y) {
  __shared__ int row[128];
  row[threadIdx.x] = x[threadIdx.x];
  if (Good)
    __syncthreads();
  y[threadIdx.x] = row[127 - threadIdx.x];
}
TWINS(shared_race, (const int *x, int *y), (x, y))

// The next round writes what others may still read.
template <bool Good>
__device__ void write_after_read(const int *x, int *y) {
  __shared__ int row[128];
  int i = threadIdx.x, v = x[i];
  for (int r = 0; r < 3; ++r) {
    row[i] = v;
    __syncthreads();
    v += row[(i + 64) % 128];
    if (Good)
      __syncthreads();
  }
  y[i] = v;
}
TWINS(write_after_read, (const int *x, int *y), (x, y))

template <bool Good>
__device__ void warp_race(const int *x, int *y) {
  __shared__ int row[32];
  int i = threadIdx.x;
  row[i] = x[i];
  if (Good)
    __syncwarp();
  y[i] = row[31 - i];
}
TWINS(warp_race, (const int *x, int *y), (x, y))

// Two lanes store different values to one word.
template <bool Good>
__device__ void same_word(int *y) {
  int i = threadIdx.x;
  y[Good ? i : i / 2] = i;
}
TWINS(same_word, (int *y), (y))

template <bool Good>
__device__ void block_race(int *y) {
  int i = threadIdx.x;
  if (Good)
    atomicAdd(&y[i], int(blockIdx.x));
  else
    y[i] += blockIdx.x;
}
TWINS(block_race, (int *y), (y))

// One block reads what another wrote, with a flag but without an order.
template <bool Good>
__device__ void flag_race(int *data, int *flag, int *y) {
  if (threadIdx.x != 0)
    return;
  if (blockIdx.x == 0) {
    *data = 5;
    if (Good)
      __threadfence();
    atomicExch(flag, 1);
  } else {
    while (atomicAdd(flag, 0) == 0)
      ;
    if (Good)
      __threadfence();
    *y = *data;
  }
}
TWINS(flag_race, (int *data, int *flag, int *y), (data, flag, y))

template <bool Good>
__device__ void bounds_global(const int *x, int *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n || !Good)
    y[i] = x[i];
}
TWINS(bounds_global, (const int *x, int *y, int n), (x, y, n))

// In front of the buffer, read by one lane only.
template <bool Good>
__device__ void bounds_before(const int *x, int *y) {
  int i = threadIdx.x;
  y[i] = x[Good ? max(i - 1, 0) : i - 1];
}
TWINS(bounds_before, (const int *x, int *y), (x, y))

template <bool Good>
__device__ void bounds_shared(const int *x, int *y, int n) {
  extern __shared__ int row[];
  int i = threadIdx.x;
  row[i] = x[i];
  __syncthreads();
  y[i] = row[Good ? (i + n) % blockDim.x : i + n];
}
TWINS(bounds_shared, (const int *x, int *y, int n), (x, y, n))

template <bool Good>
__device__ void bounds_local(const int *x, int *y) {
  int row[8], i = threadIdx.x;
  for (int j = 0; j < 8; ++j)
    row[(j + x[0]) & 7] = x[j] + i;
  y[i] = row[Good ? x[i] & 7 : x[i]];
}
TWINS(bounds_local, (const int *x, int *y), (x, y))

template <bool Good>
__device__ void misaligned(const float *x, float *y) {
  int i = threadIdx.x;
  float4 v = *reinterpret_cast<const float4 *>(x + 4 * i + (Good ? 4 : 1));
  y[i] = v.x + v.w;
}
TWINS(misaligned, (const float *x, float *y), (x, y))

template <bool Good>
__device__ void undefined_shared(const int *x, int *y) {
  __shared__ int row[64];
  int i = threadIdx.x;
  if (Good || i != 17)
    row[i] = x[i];
  __syncthreads();
  y[i] = row[63 - i];
}
TWINS(undefined_shared, (const int *x, int *y), (x, y))

// A register that only some threads set reaches a store.
template <bool Good>
__device__ void undefined_store(const int *x, int *y) {
  int i = threadIdx.x, v;
  asm volatile("{ .reg .pred p; .reg .s32 t; setp.gt.s32 p, %1, 0;"
               "@!p bra SKIP; mov.s32 t, %1; SKIP: add.s32 %0, t, 1; }"
               : "=r"(v)
               : "r"(x[i]));
  if (!Good || x[i] > 0)
    y[i] = v;
}
TWINS(undefined_store, (const int *x, int *y), (x, y))

template <bool Good>
__device__ void undefined_branch(const int *x, int *y) {
  __shared__ int limits[32];
  int i = threadIdx.x, steps = 0;
  if (Good || i < 31)
    limits[i] = x[i] & 7;
  __syncwarp();
  volatile int *limit = limits;
  while (steps < limit[i])
    ++steps;
  y[i] = steps;
}
TWINS(undefined_branch, (const int *x, int *y), (x, y))

__device__ void copy_16(void *shared, const void *global) {
  asm volatile(
      "cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(shared)),
      "l"(global)
      : "memory");
}

template <bool Good>
__device__ void async_wait(const float4 *x, float4 *y) {
  __shared__ float4 row[64];
  int i = threadIdx.x;
  copy_16(&row[i], x + i);
  asm volatile("cp.async.commit_group;" ::: "memory");
  if (Good)
    asm volatile("cp.async.wait_group 0;" ::: "memory");
  __syncthreads();
  y[i] = row[63 - i];
}
TWINS(async_wait, (const float4 *x, float4 *y), (x, y))

// One group too many may still be under way.
template <bool Good>
__device__ void async_count(const float4 *x, float4 *y) {
  __shared__ float4 row[2][32];
  int i = threadIdx.x;
  for (int s = 0; s < 2; ++s) {
    copy_16(&row[s][i], x + 32 * s + i);
    asm volatile("cp.async.commit_group;" ::: "memory");
  }
  asm volatile("cp.async.wait_group 1;" ::: "memory");
  __syncthreads();
  y[i] = row[Good ? 0 : 1][31 - i];
  asm volatile("cp.async.wait_group 0;" ::: "memory");
}
TWINS(async_count, (const float4 *x, float4 *y), (x, y))

// The own copies are there, those of others need a barrier.
template <bool Good>
__device__ void async_others(const float4 *x, float4 *y) {
  __shared__ float4 row[64];
  int i = threadIdx.x;
  copy_16(&row[i], x + i);
  asm volatile("cp.async.wait_all;" ::: "memory");
  if (Good)
    __syncthreads();
  y[i] = row[63 - i];
}
TWINS(async_others, (const float4 *x, float4 *y), (x, y))

// A copy overwrites a stage that others still read.
template <bool Good>
__device__ void async_overwrite(const float4 *x, float *y) {
  __shared__ float4 stage[64];
  int i = threadIdx.x;
  float sum = 0;
  for (int t = 0; t < 3; ++t) {
    copy_16(&stage[i], x + 64 * t + i);
    asm volatile("cp.async.wait_all;" ::: "memory");
    __syncthreads();
    sum += stage[63 - i].x;
    if (Good)
      __syncthreads();
  }
  y[i] = sum;
}
TWINS(async_overwrite, (const float4 *x, float *y), (x, y))

template <bool Good>
__device__ void divergent_barrier(const int *x, int *y) {
  __shared__ int row[64];
  int i = threadIdx.x;
  row[i] = x[i];
  if (Good)
    asm volatile("bar.sync 0;" ::: "memory");
  else if (x[i] > 0)
    asm volatile("bar.sync 0;" ::: "memory");
  y[i] = row[i];
}
TWINS(divergent_barrier, (const int *x, int *y), (x, y))

// A whole warp stays away from the barrier.
template <bool Good>
__device__ void missing_warp(const int *x, int *y) {
  int i = threadIdx.x;
  if (i / 32 != 1 || Good)
    asm volatile("bar.sync 1, 96;" ::: "memory");
  y[i] = x[i];
}
TWINS(missing_warp, (const int *x, int *y), (x, y))

// 65 arrivals are expected, 64 come.
template <bool Good>
__device__ void missing_arrival(const int *x, int *y) {
  __shared__ uint64_t barrier;
  int i = threadIdx.x;
  uint32_t address = shared_address(&barrier);
  if (i == 0)
    asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(address),
                 "r"(Good ? 64 : 65)
                 : "memory");
  __syncthreads();
  uint64_t state;
  asm volatile("mbarrier.arrive.shared.b64 %0, [%1];"
               : "=l"(state)
               : "r"(address)
               : "memory");
  asm volatile(
      "{ .reg .pred p; AGAIN: mbarrier.test_wait.shared.b64 p, [%0], %1;"
      "@!p bra AGAIN; }" ::"r"(address),
      "l"(state)
      : "memory");
  y[i] = x[i];
}
TWINS(missing_arrival, (const int *x, int *y), (x, y))

// Lanes of the mask have left, which is no error, unless others want a value
// from them.
template <bool Good>
__device__ void exited_lane(const int *x, int *y) {
  int i = threadIdx.x;
  if (i >= 30)
    return;
  y[i] = __shfl_xor_sync(0xffffffffu, x[i], Good ? 1 : 2);
}
TWINS(exited_lane, (const int *x, int *y), (x, y))

// A lane that is not in its own mask.
template <bool Good>
__device__ void foreign_mask(const int *x, int *y) {
  int i = threadIdx.x;
  y[i] = __ballot_sync(Good ? 0xffffffffu : 0x7fffffffu, x[i] > 0);
}
TWINS(foreign_mask, (const int *x, int *y), (x, y))

template <bool Good>
__device__ void trapped(const int *x, int *y) {
  if (!Good && x[threadIdx.x] < 0)
    __trap();
  y[threadIdx.x] = x[threadIdx.x];
}
TWINS(trapped, (const int *x, int *y), (x, y))

// The source of a copy is written by another block meanwhile.
template <bool Good>
__device__ void source_race(int *x, int *y) {
  int i = threadIdx.x;
  if (blockIdx.x == 0)
    x[Good ? 64 + i : i] = 3;
  else
    y[i] = x[i];
}
TWINS(source_race, (int *x, int *y), (x, y))
