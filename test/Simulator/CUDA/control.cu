// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Divergent control: nested loops with early exits, switches, jumps by table,
// blocks with a last partial warp.

extern "C" __global__ void collatz(const unsigned *x, int *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned v = x[i];
  int steps = 0;
  while (v != 1) {
    v = v % 2 ? 3 * v + 1 : v / 2;
    ++steps;
  }
  y[i] = steps;
}

// Escape times; the inner loop ends at a different step for each lane.
extern "C" __global__ void mandelbrot(int *y, int width, int limit) {
  int c = blockIdx.x * blockDim.x + threadIdx.x, r = blockIdx.y;
  if (c >= width)
    return;
  float re = -2.0f + 3.0f / 64 * c, im = -1.0f + 1.0f / 8 * r, p = 0, q = 0;
  int i = 0;
  for (; i < limit && __fadd_rn(__fmul_rn(p, p), __fmul_rn(q, q)) < 4; ++i) {
    float next = __fadd_rn(__fsub_rn(__fmul_rn(p, p), __fmul_rn(q, q)), re);
    q = __fadd_rn(__fmul_rn(__fmul_rn(2, p), q), im);
    p = next;
  }
  y[r * width + c] = i;
}

// Loops in loops, with continue, break and return from the middle.
extern "C" __global__ void nested(const int *x, int *y, int n) {
  int i = threadIdx.x, sum = 0;
  y[i] = -1;
  for (int a = 0; a < n; ++a) {
    if (x[a] % 5 == i % 5)
      continue;
    for (int b = a; b < n; ++b) {
      if ((x[a] + x[b] + i) % 7 == 0)
        break;
      if (x[b] == 99 && i % 2) {
        y[i] = sum;
        return;
      }
      sum += x[b] - b;
    }
  }
  y[i] = 2 * sum;
}

extern "C" __global__ void switches(const int *x, int *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  int v = 1;
  for (int j = 0; j < 4; ++j) {
    switch ((x[i] >> (4 * j)) & 15) {
    case 0:
      v += 3;
      break;
    case 1:
      v *= 5;
      // fall through
    case 2:
      v ^= i;
      break;
    case 3:
      v = -v;
      break;
    case 5:
      v <<= 2;
      break;
    case 8:
      v /= 3;
      break;
    case 13:
      y[i] = v;
      return;
    default:
      v -= j;
    }
  }
  y[i] = v;
}

// The table of labels and the jump through it, written by hand.
extern "C" __global__ void jump_table(const int *x, int *y) {
  int i = threadIdx.x, v;
  asm volatile("{\n"
               "ts: .branchtargets L0, L1, L2, L0;\n"
               "brx.idx %1, ts;\n"
               "L0: add.s32 %0, %2, 100; bra DONE;\n"
               "L1: mul.lo.s32 %0, %2, 3; bra DONE;\n"
               "L2: neg.s32 %0, %2;\n"
               "DONE:\n"
               "}"
               : "=&r"(v)
               : "r"(x[i]), "r"(i));
  y[i] = v;
}

// A binary search per lane, the table in shared memory.
extern "C" __global__ void search(const int *sorted, int n, const int *x,
                                  int *y, int m) {
  __shared__ int table[128];
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    table[i] = sorted[i];
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= m)
    return;
  int low = 0, high = n;
  while (low < high) {
    int middle = (low + high) / 2;
    if (table[middle] < x[i])
      low = middle + 1;
    else
      high = middle;
  }
  y[i] = low;
}

// A barrier in a loop whose length all threads share; the work is divergent.
extern "C" __global__ void bitonic(const float *x, float *y, int n) {
  __shared__ float row[256];
  int i = threadIdx.x;
  row[i] = i < n ? x[i] : INFINITY;
  __syncthreads();
  for (int size = 2; size <= 256; size *= 2)
    for (int stride = size / 2; stride > 0; stride /= 2) {
      int other = i ^ stride;
      if (other > i && (row[i] > row[other]) == ((i & size) == 0)) {
        float v = row[i];
        row[i] = row[other];
        row[other] = v;
      }
      __syncthreads();
    }
  if (i < n)
    y[i] = row[i];
}

// Barriers after some warps have left.
extern "C" __global__ void early_exit(const int *x, int *y) {
  __shared__ int row[128];
  int i = threadIdx.x;
  if (i >= 96) {
    y[i] = -x[i];
    return;
  }
  row[i] = x[i];
  __syncthreads();
  int v = row[95 - i];
  __syncthreads();
  row[i] = v + 1;
  __syncthreads();
  y[i] = row[(i + 40) % 96];
}

// Counts over a barrier.
extern "C" __global__ void barrier_votes(const int *x, int *y) {
  int i = threadIdx.x;
  int count = __syncthreads_count(x[i] > 0);
  int all = __syncthreads_and(x[i] > -1000),
      some = __syncthreads_or(x[i] > 1000);
  y[i] = count + 1000 * (all != 0) + 10000 * (some != 0);
}
