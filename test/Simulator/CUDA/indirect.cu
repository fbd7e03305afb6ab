// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// A call through a table of pointers to functions.

__device__ __noinline__ int twice(int x) { return 2 * x; }
__device__ __noinline__ int square(int x) { return x * x; }
__device__ __noinline__ int negated(int x) { return -x; }

typedef int (*Function)(int);
__device__ Function functions[3] = {twice, square, negated};

extern "C" __global__ void indirect(const int *x, int *y) {
  int i = threadIdx.x;
  y[i] = functions[x[i] % 3](i);
}
