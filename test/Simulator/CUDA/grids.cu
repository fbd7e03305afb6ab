// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Blocks that wait for each other: flags with release and acquire, fences, a
// barrier of the whole grid, a lock, and clusters where the target has them.

#include <cuda/atomic>

// Block b passes a row on to block b + 1, through a flag of release and
// acquire.
extern "C" __global__ void chain(const int *x, int *rows, int *flags, int *y) {
  int i = threadIdx.x, b = blockIdx.x, n = blockDim.x;
  int v = x[i];
  if (b > 0) {
    if (i == 0) {
      int ready = 0;
      while (!ready)
        asm volatile("ld.acquire.gpu.global.u32 %0, [%1];"
                     : "=r"(ready)
                     : "l"(flags + b - 1)
                     : "memory");
    }
    __syncthreads();
    v = rows[(b - 1) * n + (i + 1) % n] + b;
  }
  rows[b * n + i] = v;
  __syncthreads();
  if (i == 0)
    asm volatile("st.release.gpu.global.u32 [%0], 1;" ::"l"(flags + b)
                 : "memory");
  if (b == gridDim.x - 1)
    y[i] = v;
}

// A barrier of all blocks by a counter that only grows.
__device__ void grid_barrier(unsigned *counter, unsigned target) {
  __syncthreads();
  if (threadIdx.x == 0) {
    cuda::atomic_ref<unsigned, cuda::thread_scope_device> arrived(*counter);
    arrived.fetch_add(1, cuda::memory_order_acq_rel);
    while (arrived.load(cuda::memory_order_acquire) < target)
      __nanosleep(20);
  }
  __syncthreads();
}

extern "C" __global__ void jacobi(float *a, float *b, unsigned *counter, int n,
                                  int rounds) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  for (int r = 0; r < rounds; ++r) {
    if (i > 0 && i < n - 1)
      b[i] = 0.25f * a[i - 1] + 0.5f * a[i] + 0.25f * a[i + 1];
    else if (i < n)
      b[i] = a[i];
    grid_barrier(counter, gridDim.x * (r + 1));
    float *t = a;
    a = b;
    b = t;
  }
}

// A lock taken by one thread of each block.
extern "C" __global__ void lock(int *mutex, int *shared, int *y) {
  if (threadIdx.x == 0) {
    while (atomicCAS(mutex, 0, 1) != 0)
      __nanosleep(10);
    __threadfence();
    int v = shared[0];
    shared[0] = v + 1;
    shared[1] = shared[1] * 2 + 1;
    y[blockIdx.x] = v;
    __threadfence();
    atomicExch(mutex, 0);
  }
}

// A message behind a fence, the flag by relaxed operations.
extern "C" __global__ void fences(int *data, unsigned *flag, int *y) {
  int i = threadIdx.x;
  cuda::atomic_ref<unsigned, cuda::thread_scope_device> ready(*flag);
  if (blockIdx.x == 0) {
    data[i] = 100 + i;
    __syncthreads();
    if (i == 0) {
      __threadfence();
      ready.store(1, cuda::memory_order_relaxed);
    }
  } else {
    if (i == 0) {
      while (ready.load(cuda::memory_order_relaxed) == 0)
        ;
      cuda::atomic_thread_fence(cuda::memory_order_acquire,
                                cuda::thread_scope_device);
    }
    __syncthreads();
    y[(blockIdx.x - 1) * blockDim.x + i] =
        data[blockDim.x - 1 - i] + blockIdx.x;
  }
}

// Threads of one warp wait for each other: lane 0 for lane 31.
extern "C" __global__ void spin_warp(int *y) {
  __shared__ volatile int flag;
  __shared__ volatile int message;
  int i = threadIdx.x;
  if (i == 0)
    flag = 0;
  __syncwarp();
  if (i == 31) {
    message = 42;
    __threadfence_block();
    atomicExch((int *)&flag, 1);
  } else if (i == 0) {
    while (atomicAdd((int *)&flag, 0) == 0)
      ;
    __threadfence_block();
    y[0] = message;
  }
  __syncwarp();
  y[1 + i] = i;
}
