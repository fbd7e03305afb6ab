// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Pipelines of asynchronous copies: by inline assembly and by intrinsics, with
// two to four stages, and completions that arrive at an mbarrier.

#include <cstdint>
#include <cuda_pipeline.h>

__device__ uint32_t shared_address(const void *p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

__device__ void copy_16(void *shared, const void *global) {
  asm volatile(
      "cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(shared)),
      "l"(global)
      : "memory");
}

__device__ void commit() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

template <int N>
__device__ void wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

// Copies of 4, 8 and 16 bytes; what lies beyond the source is zero.
extern "C" __global__ void copy_sizes(const uint32_t *x, uint32_t *y, int n) {
  __shared__ __align__(16) uint32_t row[3][128];
  int i = threadIdx.x;
  int left = max(0, min(16, 4 * (n - 4 * i)));
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(
                   shared_address(&row[0][i])),
               "l"(x + i));
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8;" ::"r"(
                   shared_address(&row[1][2 * i])),
               "l"(x + 2 * i));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                   shared_address(&row[2][4 * i])),
               "l"(left ? x + 4 * i : x), "r"(left));
  asm volatile("cp.async.wait_all;" ::: "memory");
  __syncthreads();
  for (int j = i; j < 128; j += 32) {
    y[j] = j < 32 ? row[0][j] : 7;
    y[128 + j] = j < 64 ? row[1][j] : 7;
    y[256 + j] = row[2][j];
  }
}

// Sums of tiles of 128 floats; tile t + Stages - 1 is under way while t is
// read.
template <int Stages>
__device__ void ring(const float *x, float *y, int tiles) {
  __shared__ __align__(16) float stage[Stages][128];
  int i = threadIdx.x;
  for (int t = 0; t < Stages - 1; ++t) {
    if (t < tiles)
      copy_16(&stage[t][4 * i], x + 128 * t + 4 * i);
    commit();
  }
  float sum = 0;
  for (int t = 0; t < tiles; ++t) {
    wait<Stages - 2>();
    __syncthreads();
    int next = t + Stages - 1;
    if (next < tiles)
      copy_16(&stage[next % Stages][4 * i], x + 128 * next + 4 * i);
    commit();
    for (int j = 0; j < 4; ++j)
      sum += stage[t % Stages][(4 * i + 5 + 32 * j) % 128] * (j + 1);
  }
  y[i] = sum;
}

extern "C" __global__ void ring_2(const float *x, float *y, int tiles) {
  ring<2>(x, y, tiles);
}

extern "C" __global__ void ring_3(const float *x, float *y, int tiles) {
  ring<3>(x, y, tiles);
}

extern "C" __global__ void ring_4(const float *x, float *y, int tiles) {
  ring<4>(x, y, tiles);
}

// Each thread reads only what it copied: no barrier is needed.
extern "C" __global__ void private_ring(const float4 *x, float4 *y, int n) {
  __shared__ float4 stage[2][64];
  int i = threadIdx.x;
  __pipeline_memcpy_async(&stage[0][i], x + i, 16);
  __pipeline_commit();
  float4 sum = make_float4(0, 0, 0, 0);
  for (int t = 0; t < n; ++t) {
    if (t + 1 < n)
      __pipeline_memcpy_async(&stage[(t + 1) % 2][i], x + 64 * (t + 1) + i, 16);
    __pipeline_commit();
    __pipeline_wait_prior(1);
    float4 v = stage[t % 2][i];
    sum.x += v.w, sum.y += v.z, sum.z += v.y, sum.w += v.x;
  }
  y[i] = sum;
}

// A product with tiles of a and b in a ring; the last tiles are partly zero.
extern "C" __global__ void matmul_pipelined(const float *a, const float *b,
                                            float *c, int n, int k) {
  __shared__ __align__(16) float sa[2][16][16], sb[2][16][16];
  int x = threadIdx.x, y = threadIdx.y, t = y * 16 + x;
  int row = blockIdx.y * 16, column = blockIdx.x * 16;
  auto load = [&](int stage, int at) {
    if (t < 64) {
      int r = t / 4, q = t % 4 * 4;
      int left = max(0, min(4, k - at - q));
      __pipeline_memcpy_async(&sa[stage][r][q],
                              left ? &a[(row + r) * k + at + q] : a, 16,
                              16 - 4 * left);
    } else if (t < 128) {
      int r = (t - 64) / 4, q = t % 4 * 4;
      bool in = at + r < k;
      __pipeline_memcpy_async(&sb[stage][r][q],
                              in ? &b[(at + r) * n + column + q] : b, 16,
                              in ? 0 : 16);
    }
    __pipeline_commit();
  };
  load(0, 0);
  float sum = 0;
  for (int at = 0, stage = 0; at < k; at += 16, stage ^= 1) {
    if (at + 16 < k) {
      load(stage ^ 1, at + 16);
      __pipeline_wait_prior(1);
    } else {
      __pipeline_wait_prior(0);
    }
    __syncthreads();
    for (int j = 0; j < 16; ++j)
      sum += sa[stage][y][j] * sb[stage][j][x];
    __syncthreads();
  }
  c[(row + y) * n + column + x] = sum;
}

// The copies of a thread arrive at an mbarrier when they are done.
extern "C" __global__ void arrive_on_copy(const float4 *x, float *y) {
  __shared__ float4 tile[64];
  __shared__ uint64_t done;
  int i = threadIdx.x;
  if (i == 0)
    asm volatile(
        "mbarrier.init.shared.b64 [%0], 128;" ::"r"(shared_address(&done)));
  __syncthreads();
  copy_16(&tile[i], x + i);
  asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(
                   shared_address(&done))
               : "memory");
  uint64_t state;
  asm volatile("mbarrier.arrive.shared.b64 %0, [%1];"
               : "=l"(state)
               : "r"(shared_address(&done))
               : "memory");
  uint32_t ready = 0;
  while (!ready)
    asm volatile("{ .reg .pred p; mbarrier.test_wait.shared.b64 p, [%1], %2;"
                 "selp.u32 %0, 1, 0, p; }"
                 : "=r"(ready)
                 : "r"(shared_address(&done)), "l"(state)
                 : "memory");
  const float *words = reinterpret_cast<const float *>(tile);
  for (int j = 0; j < 4; ++j)
    y[64 * j + i] = words[(64 * j + i) * 37 % 256];
}
