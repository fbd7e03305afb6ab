// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Matrix products without matrix units: c[m, n] = a[m, k] b[k, n].

#include <cuda_fp16.h>

extern "C" __global__ void matmul_naive(const float *a, const float *b,
                                        float *c, int m, int n, int k) {
  int column = blockIdx.x * blockDim.x + threadIdx.x;
  int row = blockIdx.y * blockDim.y + threadIdx.y;
  if (row >= m || column >= n)
    return;
  float sum = 0;
  for (int i = 0; i < k; ++i)
    sum = fmaf(a[row * k + i], b[i * n + column], sum);
  c[row * n + column] = sum;
}

template <typename T>
__device__ void matmul_tiled(const T *a, const T *b, T *c, int m, int n,
                             int k) {
  __shared__ T ta[16][16], tb[16][17];
  int x = threadIdx.x, y = threadIdx.y;
  int row = blockIdx.y * 16 + y, column = blockIdx.x * 16 + x;
  T sum = 0;
  for (int i = 0; i < k; i += 16) {
    ta[y][x] = row < m && i + x < k ? a[row * k + i + x] : T(0);
    tb[y][x] = column < n && i + y < k ? b[(i + y) * n + column] : T(0);
    __syncthreads();
    for (int j = 0; j < 16; ++j)
      sum += ta[y][j] * tb[j][x];
    __syncthreads();
  }
  if (row < m && column < n)
    c[row * n + column] = sum;
}

extern "C" __global__ void matmul_tiled_f32(const float *a, const float *b,
                                            float *c, int m, int n, int k) {
  matmul_tiled(a, b, c, m, n, k);
}

extern "C" __global__ void matmul_tiled_f64(const double *a, const double *b,
                                            double *c, int m, int n, int k) {
  matmul_tiled(a, b, c, m, n, k);
}

extern "C" __global__ void matmul_tiled_i32(const int *a, const int *b, int *c,
                                            int m, int n, int k) {
  matmul_tiled(a, b, c, m, n, k);
}

// 64 threads, a 32 x 32 tile, 4 x 4 results per thread; sizes are multiples.
extern "C" __global__ void matmul_registers(const float *a, const float *b,
                                            float *c, int n, int k) {
  __shared__ __align__(16) float ta[8][36], tb[8][32];
  int t = threadIdx.x, x = t % 8, y = t / 8;
  int row = blockIdx.y * 32, column = blockIdx.x * 32;
  float sum[4][4] = {};
  for (int i = 0; i < k; i += 8) {
    for (int j = t; j < 256; j += 64) {
      ta[j % 8][j / 8] = a[(row + j / 8) * k + i + j % 8];
      tb[j / 32][j % 32] = b[(i + j / 32) * n + column + j % 32];
    }
    __syncthreads();
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      float4 va = *reinterpret_cast<float4 *>(&ta[j][4 * y]);
      float4 vb = *reinterpret_cast<float4 *>(&tb[j][4 * x]);
      float fa[4] = {va.x, va.y, va.z, va.w}, fb[4] = {vb.x, vb.y, vb.z, vb.w};
#pragma unroll
      for (int p = 0; p < 4; ++p)
#pragma unroll
        for (int q = 0; q < 4; ++q)
          sum[p][q] = fmaf(fa[p], fb[q], sum[p][q]);
    }
    __syncthreads();
  }
  for (int p = 0; p < 4; ++p)
    *reinterpret_cast<float4 *>(&c[(row + 4 * y + p) * n + column + 4 * x]) =
        make_float4(sum[p][0], sum[p][1], sum[p][2], sum[p][3]);
}

// Half products summed in half, two columns per thread.
extern "C" __global__ void matmul_half2(const __half *a, const __half2 *b,
                                        __half2 *c, int m, int pairs, int k) {
  int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y;
  if (column >= pairs)
    return;
  __half2 sum = __float2half2_rn(0.0f);
  for (int i = 0; i < k; ++i)
    sum = __hfma2(__half2half2(a[row * k + i]), b[i * pairs + column], sum);
  c[row * pairs + column] = sum;
}

// Four signed bytes per word; b is stored by columns.
extern "C" __global__ void matmul_dp4a(const int *a, const int *b, int *c,
                                       int n, int words) {
  int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y;
  if (column >= n)
    return;
  int sum = 0;
  for (int i = 0; i < words; ++i)
    sum = __dp4a(a[row * words + i], b[column * words + i], sum);
  c[row * n + column] = sum;
}

// The keys of a block are split; partial sums meet by atomics.
extern "C" __global__ void matmul_split(const float *a, const float *b,
                                        float *c, int n, int k, int part) {
  int column = threadIdx.x, row = blockIdx.x;
  float sum = 0;
  int end = min(k, (int(blockIdx.y) + 1) * part);
  for (int i = blockIdx.y * part; i < end; ++i)
    sum += a[row * k + i] * b[i * n + column];
  atomicAdd(&c[row * n + column], sum);
}
