// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Attention forward on mma.sync: 64 queries per block, 16 per warp, tiles of 32
// keys by cp.async, head size 64, with or without a causal mask.

#include <cstdint>
#include <cuda_bf16.h>

constexpr int HeadSize = 64, Keys = 32, Chunks = HeadSize / 8;

__device__ uint32_t shared_address(const void *p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// The 16-byte chunk `chunk` of row `row` in a swizzled tile.
__device__ uint4 *at(uint4 *tile, int row, int chunk) {
  return tile + row * Chunks + (chunk ^ (row % 8));
}

__device__ void load_matrices(uint32_t (&r)[4], const void *p) {
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(shared_address(p))
      : "memory");
}

__device__ void load_transposed(uint32_t (&r)[4], const void *p) {
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(shared_address(p))
      : "memory");
}

__device__ void multiply(float (&c)[4], const uint32_t (&a)[4], uint32_t b0,
                         uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
               "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ uint32_t pack(float low, float high) {
  __nv_bfloat162 v = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<uint32_t *>(&v);
}

// Rows beyond `limit` become zero.
__device__ void load_tile(uint4 *tile, const uint4 *x, int first, int limit) {
  for (int i = threadIdx.x; i < Keys * Chunks; i += 128) {
    int row = i / Chunks, chunk = i % Chunks;
    bool in = first + row < limit;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                     shared_address(at(tile, row, chunk))),
                 "l"(in ? x + (first + row) * Chunks + chunk : x),
                 "r"(in ? 16 : 0)
                 : "memory");
  }
}

extern "C" __global__ void __launch_bounds__(128)
    flash(const uint4 *q, const uint4 *k, const uint4 *v, float *o, int queries,
          int keys, float scale, int causal) {
  __shared__ uint4 kTile[2][Keys * Chunks], vTile[2][Keys * Chunks];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4,
      t = lane % 4;
  k += blockIdx.y * keys * Chunks;
  v += blockIdx.y * keys * Chunks;
  int row = blockIdx.x * 64 + warp * 16 + g;
  const uint32_t *words =
      reinterpret_cast<const uint32_t *>(q + blockIdx.y * queries * Chunks);
  uint32_t fq[4][4];
  for (int c = 0; c < 4; ++c)
    for (int i = 0; i < 4; ++i) {
      int r = row + i % 2 * 8;
      fq[c][i] = r < queries ? words[r * 32 + c * 8 + i / 2 * 4 + t] : 0;
    }
  float acc[8][4] = {}, top[2] = {-INFINITY, -INFINITY}, sum[2] = {};
  int end = causal ? min(keys, int(blockIdx.x) * 64 + 64) : keys;
  load_tile(kTile[0], k, 0, keys);
  load_tile(vTile[0], v, 0, keys);
  asm volatile("cp.async.commit_group;" ::: "memory");
  for (int first = 0, stage = 0; first < end; first += Keys, stage ^= 1) {
    if (first + Keys < end) {
      load_tile(kTile[stage ^ 1], k, first + Keys, keys);
      load_tile(vTile[stage ^ 1], v, first + Keys, keys);
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
    asm volatile("cp.async.wait_group 1;" ::: "memory");
    __syncthreads();
    float s[4][4] = {};
    for (int c = 0; c < 4; ++c)
      for (int j = 0; j < 2; ++j) {
        uint32_t f[4];
        load_matrices(f,
                      at(kTile[stage], 16 * j + lane % 16, 2 * c + lane / 16));
        multiply(s[2 * j], fq[c], f[0], f[2]);
        multiply(s[2 * j + 1], fq[c], f[1], f[3]);
      }
    float best[2] = {top[0], top[1]};
    for (int j = 0; j < 4; ++j)
      for (int i = 0; i < 4; ++i) {
        int column = first + 8 * j + 2 * t + i % 2, r = row + i / 2 * 8;
        bool seen = column < keys && (!causal || column <= r);
        s[j][i] = seen ? s[j][i] * scale : -INFINITY;
        best[i / 2] = fmaxf(best[i / 2], s[j][i]);
      }
    for (int h = 0; h < 2; ++h) {
      best[h] = fmaxf(best[h], __shfl_xor_sync(0xffffffffu, best[h], 1));
      best[h] = fmaxf(best[h], __shfl_xor_sync(0xffffffffu, best[h], 2));
      float alpha = best[h] == -INFINITY ? 1 : exp2f(top[h] - best[h]);
      top[h] = best[h];
      sum[h] *= alpha;
      for (int j = 0; j < 8; ++j) {
        acc[j][2 * h] *= alpha;
        acc[j][2 * h + 1] *= alpha;
      }
    }
    for (int j = 0; j < 4; ++j)
      for (int i = 0; i < 4; ++i) {
        float m = top[i / 2] == -INFINITY ? 0 : top[i / 2];
        s[j][i] = exp2f(s[j][i] - m);
        sum[i / 2] += s[j][i];
      }
    for (int c = 0; c < 2; ++c) {
      uint32_t p[4] = {pack(s[2 * c][0], s[2 * c][1]),
                       pack(s[2 * c][2], s[2 * c][3]),
                       pack(s[2 * c + 1][0], s[2 * c + 1][1]),
                       pack(s[2 * c + 1][2], s[2 * c + 1][3])};
      for (int j = 0; j < 4; ++j) {
        uint32_t f[4];
        load_transposed(
            f, at(vTile[stage], 16 * c + lane % 16, 2 * j + lane / 16));
        multiply(acc[2 * j], p, f[0], f[1]);
        multiply(acc[2 * j + 1], p, f[2], f[3]);
      }
    }
    __syncthreads();
  }
  for (int h = 0; h < 2; ++h) {
    sum[h] += __shfl_xor_sync(0xffffffffu, sum[h], 1);
    sum[h] += __shfl_xor_sync(0xffffffffu, sum[h], 2);
    int r = row + 8 * h;
    if (r >= queries)
      continue;
    float *out = o + (blockIdx.y * queries + r) * HeadSize;
    for (int j = 0; j < 8; ++j)
      *reinterpret_cast<float2 *>(&out[8 * j + 2 * t]) =
          make_float2(acc[j][2 * h] / sum[h], acc[j][2 * h + 1] / sum[h]);
  }
}
