// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Softmax by warps, by blocks and online; layer and root-mean-square norms.

#include <cuda_fp16.h>

__device__ float warp_max(float v) {
  for (int offset = 16; offset > 0; offset /= 2)
    v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, offset));
  return v;
}

__device__ float warp_sum(float v) {
  for (int offset = 16; offset > 0; offset /= 2)
    v += __shfl_xor_sync(0xffffffffu, v, offset);
  return v;
}

extern "C" __global__ void softmax_warp(const float *x, float *y, int rows,
                                        int columns) {
  int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows)
    return;
  x += row * columns;
  y += row * columns;
  float largest = -INFINITY;
  for (int c = threadIdx.x; c < columns; c += 32)
    largest = fmaxf(largest, x[c]);
  largest = warp_max(largest);
  float sum = 0;
  for (int c = threadIdx.x; c < columns; c += 32)
    sum += __expf(x[c] - largest);
  sum = warp_sum(sum);
  for (int c = threadIdx.x; c < columns; c += 32)
    y[c] = __expf(x[c] - largest) / sum;
}

// The row lies in dynamic shared memory, after 32 words for the parts.
extern "C" __global__ void softmax_block(const float *x, float *y,
                                         int columns) {
  extern __shared__ float memory[];
  float *parts = memory, *row = memory + 32;
  x += blockIdx.x * columns;
  y += blockIdx.x * columns;
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  float v = -INFINITY;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    row[c] = x[c];
    v = fmaxf(v, row[c]);
  }
  v = warp_max(v);
  if (lane == 0)
    parts[warp] = v;
  __syncthreads();
  float largest = warp_max(lane < warps ? parts[lane] : -INFINITY);
  __syncthreads();
  v = 0;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    row[c] = expf(row[c] - largest);
    v += row[c];
  }
  v = warp_sum(v);
  if (lane == 0)
    parts[warp] = v;
  __syncthreads();
  float sum = warp_sum(lane < warps ? parts[lane] : 0.0f);
  for (int c = threadIdx.x; c < columns; c += blockDim.x)
    y[c] = __fdividef(row[c], sum);
}

// One thread per row keeps the maximum and the sum of what it has read.
extern "C" __global__ void softmax_online(const __half *x, __half *y, int rows,
                                          int columns) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows)
    return;
  float largest = -INFINITY, sum = 0;
  for (int c = 0; c < columns; ++c) {
    float v = __half2float(x[row * columns + c]);
    float next = fmaxf(largest, v);
    sum = sum * exp2f(1.44269504f * (largest - next)) +
          exp2f(1.44269504f * (v - next));
    largest = next;
  }
  float scale = 1.0f / sum;
  for (int c = 0; c < columns; ++c) {
    float v = __half2float(x[row * columns + c]);
    y[row * columns + c] =
        __float2half(exp2f(1.44269504f * (v - largest)) * scale);
  }
}

extern "C" __global__ void layer_norm(const float *x, const float *gamma,
                                      const float *beta, float *y, int columns,
                                      float epsilon) {
  __shared__ float sums[32], squares[32];
  x += blockIdx.x * columns;
  y += blockIdx.x * columns;
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  float sum = 0, square = 0;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    sum += x[c];
    square = fmaf(x[c], x[c], square);
  }
  sum = warp_sum(sum);
  square = warp_sum(square);
  if (lane == 0) {
    sums[warp] = sum;
    squares[warp] = square;
  }
  __syncthreads();
  sum = warp_sum(lane < warps ? sums[lane] : 0.0f);
  square = warp_sum(lane < warps ? squares[lane] : 0.0f);
  float mean = sum / columns;
  float scale = rsqrtf(square / columns - mean * mean + epsilon);
  for (int c = threadIdx.x; c < columns; c += blockDim.x)
    y[c] = (x[c] - mean) * scale * gamma[c] + beta[c];
}

extern "C" __global__ void rms_norm(const __half2 *x, const __half2 *gamma,
                                    __half2 *y, int pairs) {
  x += blockIdx.x * pairs;
  y += blockIdx.x * pairs;
  float square = 0;
  for (int c = threadIdx.x; c < pairs; c += 32) {
    float2 v = __half22float2(x[c]);
    square += v.x * v.x + v.y * v.y;
  }
  square = warp_sum(square);
  __half2 scale = __float2half2_rn(1.0f / sqrtf(square / (2 * pairs) + 1e-5f));
  for (int c = threadIdx.x; c < pairs; c += 32)
    y[c] = __hmul2(__hmul2(x[c], scale), gamma[c]);
}
