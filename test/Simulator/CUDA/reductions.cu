// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Reductions and scans: shuffles, shared trees, atomics, two kernels, and a
// scan whose blocks wait for each other.

__device__ float warp_sum(float v) {
  for (int offset = 16; offset > 0; offset /= 2)
    v += __shfl_xor_sync(0xffffffffu, v, offset);
  return v;
}

// One warp per row.
extern "C" __global__ void sum_rows_shuffle(const float *x, float *y, int rows,
                                            int columns) {
  int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows)
    return;
  float v = 0;
  for (int c = threadIdx.x; c < columns; c += 32)
    v += x[row * columns + c];
  v = warp_sum(v);
  if (threadIdx.x == 0)
    y[row] = v;
}

extern "C" __global__ void sum_tree_shared(const int *x, int *y, int n) {
  __shared__ int parts[256];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  parts[threadIdx.x] = i < n ? x[i] : 0;
  __syncthreads();
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    if (threadIdx.x < half)
      parts[threadIdx.x] += parts[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0)
    y[blockIdx.x] = parts[0];
}

// Shuffles inside warps, shared memory between them; called twice.
extern "C" __global__ void max_block(const double *x, double *y, int n) {
  __shared__ double parts[32];
  double v = -1e300;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    v = fmax(v, x[i]);
  for (int offset = 16; offset > 0; offset /= 2)
    v = fmax(v, __shfl_down_sync(0xffffffffu, v, offset));
  if (threadIdx.x % 32 == 0)
    parts[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x < 32) {
    v = threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : -1e300;
    for (int offset = 16; offset > 0; offset /= 2)
      v = fmax(v, __shfl_down_sync(0xffffffffu, v, offset));
    if (threadIdx.x == 0)
      y[blockIdx.x] = v;
  }
}

extern "C" __global__ void sum_atomic(const float *x, float *total,
                                      unsigned long long *count, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  atomicAdd(total, x[i]);
  if (x[i] > 0)
    atomicAdd(count, 1ull);
}

extern "C" __global__ void histogram(const unsigned char *x, unsigned *bins,
                                     int n) {
  __shared__ unsigned local[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    local[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    atomicAdd(&local[x[i]], 1u);
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    if (local[i])
      atomicAdd(&bins[i], local[i]);
}

// The last block to finish adds the parts of all.
extern "C" __global__ void sum_last_block(const int *x, int *parts, int *ticket,
                                          int *y, int n) {
  __shared__ int sum;
  __shared__ bool last;
  if (threadIdx.x == 0)
    sum = 0;
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(&sum, i < n ? x[i] : 0);
  __syncthreads();
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = sum;
    __threadfence();
    last = atomicAdd(ticket, 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && threadIdx.x == 0) {
    __threadfence();
    int total = 0;
    for (int b = 0; b < gridDim.x; ++b)
      total += reinterpret_cast<volatile int *>(parts)[b];
    *y = total;
  }
}

__device__ int warp_scan(int v) {
  int lane = threadIdx.x % 32;
  for (int offset = 1; offset < 32; offset *= 2) {
    int other = __shfl_up_sync(0xffffffffu, v, offset);
    if (lane >= offset)
      v += other;
  }
  return v;
}

__device__ int block_scan(int v, int *parts) {
  v = warp_scan(v);
  if (threadIdx.x % 32 == 31)
    parts[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x < 32) {
    int sum = threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : 0;
    parts[threadIdx.x] = warp_scan(sum);
  }
  __syncthreads();
  return threadIdx.x < 32 ? v : v + parts[threadIdx.x / 32 - 1];
}

extern "C" __global__ void scan_block(const int *x, int *y, int n) {
  __shared__ int parts[32];
  int i = threadIdx.x;
  int v = block_scan(i < n ? x[i] : 0, parts);
  if (i < n)
    y[i] = v;
}

// Each block waits until the block before has published its running total.
extern "C" __global__ void scan_chained(const int *x, int *y, int *totals,
                                        int *flags, int n) {
  __shared__ int parts[32];
  __shared__ int before;
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int v = block_scan(i < n ? x[i] : 0, parts);
  if (threadIdx.x == blockDim.x - 1) {
    int previous = 0;
    if (blockIdx.x > 0) {
      while (atomicAdd(&flags[blockIdx.x - 1], 0) == 0)
        ;
      __threadfence();
      previous = reinterpret_cast<volatile int *>(totals)[blockIdx.x - 1];
    }
    reinterpret_cast<volatile int *>(totals)[blockIdx.x] = previous + v;
    __threadfence();
    atomicExch(&flags[blockIdx.x], 1);
    before = previous;
  }
  __syncthreads();
  if (i < n)
    y[i] = before + v;
}
