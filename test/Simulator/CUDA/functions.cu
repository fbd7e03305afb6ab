// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Functions that stay calls: structures by value and as results, pointers to
// local memory, several levels, calls in divergent code.

struct Pair {
  float low, high;
};

struct Matrix {
  float rows[3][3];
};

__device__ __noinline__ Pair order(float a, float b) {
  return a < b ? Pair{a, b} : Pair{b, a};
}

__device__ __noinline__ float determinant(Matrix m) {
  float sum = 0;
  for (int i = 0; i < 3; ++i)
    sum += m.rows[0][i] * (m.rows[1][(i + 1) % 3] * m.rows[2][(i + 2) % 3] -
                           m.rows[1][(i + 2) % 3] * m.rows[2][(i + 1) % 3]);
  return sum;
}

__device__ __noinline__ void divide(int a, int b, int *quotient,
                                    int *remainder) {
  *quotient = a / b;
  *remainder = a % b;
}

__device__ __noinline__ int greatest_divisor(int a, int b) {
  while (b) {
    int quotient, remainder;
    divide(a, b, &quotient, &remainder);
    a = b;
    b = remainder;
  }
  return a;
}

__device__ __noinline__ double horner(const double *c, int n, double x) {
  double y = 0;
  for (int i = n - 1; i >= 0; --i)
    y = fma(y, x, c[i]);
  return y;
}

__device__ __noinline__ bool odd(short x, unsigned char y, long long z) {
  return (x + y + z) & 1;
}

extern "C" __global__ void pairs(const float *x, float *y, int n) {
  int i = threadIdx.x;
  if (i + 1 < n) {
    Pair p = order(x[i], x[i + 1]);
    y[2 * i] = p.low;
    y[2 * i + 1] = p.high;
  }
}

extern "C" __global__ void determinants(const Matrix *x, float *y) {
  y[threadIdx.x] = determinant(x[threadIdx.x]);
}

// Lanes leave the loop at different times; only some call at all.
extern "C" __global__ void divisors(const int *x, int *y, int n) {
  int i = threadIdx.x;
  if (i >= n)
    return;
  int v = -1;
  if (i % 3 != 1)
    v = greatest_divisor(x[i], x[(i + 7) % n]);
  else if (odd(x[i], 3, x[i] * 5LL))
    v = -2;
  y[i] = v;
}

extern "C" __global__ void polynomials(const double *x, double *y) {
  double c[4] = {1.5, -2.0, 0.25, x[0]};
  y[threadIdx.x] = horner(c, 4, x[threadIdx.x]) + horner(c, 2, 3.0);
}

// A barrier inside a function that all threads call.
__device__ __noinline__ int rotate(int *shared, int v, int by) {
  shared[threadIdx.x] = v;
  __syncthreads();
  v = shared[(threadIdx.x + by) % blockDim.x];
  __syncthreads();
  return v;
}

extern "C" __global__ void rotations(const int *x, int *y) {
  __shared__ int shared[96];
  int v = x[threadIdx.x];
  for (int by = 1; by < 4; ++by)
    v = v * 3 + rotate(shared, v, by);
  y[threadIdx.x] = v;
}
