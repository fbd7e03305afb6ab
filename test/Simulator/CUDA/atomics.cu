// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Atomic operations of all kinds, types, scopes and memories. Sums are of small
// integers, so that any order gives the same bits.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void atomics_i32(const int *x, int *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned *u = reinterpret_cast<unsigned *>(y);
  atomicAdd(y, x[i]);
  atomicSub(y + 1, x[i]);
  atomicMin(y + 2, x[i]);
  atomicMax(y + 3, x[i]);
  atomicMin(u + 4, unsigned(x[i]));
  atomicMax(u + 5, unsigned(x[i]));
  atomicAnd(u + 6, unsigned(x[i]) | 0xf0u);
  atomicOr(u + 7, unsigned(x[i]) & 0xf0fu);
  atomicXor(u + 8, unsigned(x[i]));
  atomicInc(u + 9, 6);
  atomicDec(u + 10, 6);
  atomicAdd_block(y + 11 + blockIdx.x, 2);
  atomicAdd_system(y + 15, 3);
}

extern "C" __global__ void atomics_64(const long long *x, unsigned long long *y,
                                      double *z, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  long long *s = reinterpret_cast<long long *>(y);
  unsigned long long v = x[i];
  atomicAdd(y, v);
  atomicMin(s + 1, x[i]);
  atomicMax(s + 2, x[i]);
  atomicMax(y + 3, v);
  atomicAnd(y + 4, v | 0xff);
  atomicOr(y + 5, v & 0xff00ff);
  atomicXor(y + 6, v);
  atomicAdd(z, double(x[i] >> 40));
}

// What an operation returns: each value is handed out once.
extern "C" __global__ void tickets(int *counter, int *seen, float *ring,
                                   float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(&seen[atomicAdd(counter, 1)], 1);
  // One value goes round: what is taken out or left in is every thread's own.
  y[i] = atomicExch(ring, float(i));
}

// A maximum of floats by compare-and-swap.
extern "C" __global__ void cas_loop(const float *x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  int *address = reinterpret_cast<int *>(y);
  int old = *reinterpret_cast<volatile int *>(address), assumed;
  do {
    assumed = old;
    if (__int_as_float(assumed) >= x[i])
      break;
    old = atomicCAS(address, assumed, __float_as_int(x[i]));
  } while (old != assumed);
}

// A sum by compare-and-swap, the first value by a plain load.
extern "C" __global__ void cas_sum(const float *x, unsigned long long *y,
                                   int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned long long old = *y, assumed;
  do {
    assumed = old;
    old = atomicCAS(
        y, assumed,
        __double_as_longlong(double(x[i]) + __longlong_as_double(assumed)));
  } while (old != assumed);
}

// 64 and 16 bits.
extern "C" __global__ void cas_wide(const unsigned long long *x,
                                    unsigned long long *y, unsigned short *h,
                                    int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned long long old = atomicAdd(y, 0ull), assumed;
  do {
    assumed = old;
    old = atomicCAS(y, assumed, assumed * 3 ^ (assumed == 0 ? 1 : 0));
  } while (old != assumed);
  unsigned short left = 0, guess;
  do {
    guess = left;
    left = atomicCAS(h, guess, (unsigned short)(guess + (x[i] & 7)));
  } while (left != guess);
}

extern "C" __global__ void atomics_shared(const float *x, float *y, int n) {
  __shared__ float sum;
  __shared__ int low;
  __shared__ unsigned long long bits;
  __shared__ double wide;
  if (threadIdx.x == 0)
    sum = 0, low = 1000, bits = 0, wide = 0.5;
  __syncthreads();
  int i = threadIdx.x;
  if (i < n) {
    atomicAdd(&sum, x[i]);
    atomicMin(&low, int(x[i]));
    atomicOr(&bits, 1ull << (i & 63));
    atomicAdd(&wide, double(x[i]));
  }
  __syncthreads();
  if (i == 0) {
    y[0] = sum;
    y[1] = low;
    y[2] = __popcll(bits);
    y[3] = float(wide);
  }
}

extern "C" __global__ void atomics_half(const __half2 *x, __half2 *y,
                                        __nv_bfloat162 *z, __half *w, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  atomicAdd(y, x[i]);
  atomicAdd(z, __float22bfloat162_rn(__half22float2(x[i])));
  atomicAdd(w, __low2half(x[i]));
}

// Reductions without a result, in every spelling.
extern "C" __global__ void reductions(const int *x, int *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  asm volatile("red.global.add.u32 [%0], %1;" ::"l"(y), "r"(x[i]) : "memory");
  asm volatile("red.relaxed.gpu.global.min.s32 [%0+4], %1;" ::"l"(y), "r"(x[i])
               : "memory");
  asm volatile("red.release.gpu.global.max.s32 [%0+8], %1;" ::"l"(y), "r"(x[i])
               : "memory");
  asm volatile("red.xor.b32 [%0+12], %1;" ::"l"(y), "r"(x[i]) : "memory");
  int old;
  asm volatile("atom.global.gpu.acq_rel.add.s32 %0, [%1+16], %2;"
               : "=r"(old)
               : "l"(y), "r"(x[i])
               : "memory");
  asm volatile("atom.add.acq_rel.gpu.s32 %0, [%1+20], %2;"
               : "=r"(old)
               : "l"(y), "r"(x[i])
               : "memory");
  asm volatile("atom.relaxed.cta.global.exch.b32 %0, [%1+24], %2;"
               : "=r"(old)
               : "l"(y), "r"(77)
               : "memory");
  asm volatile("red.relaxed.gpu.global.inc.u32 [%0+28], 9;" ::"l"(y)
               : "memory");
}
