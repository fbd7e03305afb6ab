// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Loads and stores: all widths, cache operators, generic addresses, constant
// memory, initialised variables, local arrays, parameters in structures.

#include <cstdint>

__constant__ float coefficients[5] = {0.5f, -1.25f, 3.0f};
__constant__ short steps[4] = {100, -200, 300, -400};
__device__ int table[16] = {1, 0, 4, 9, 16, 25};
__device__ double ratio = 0.75;
__device__ unsigned long long counter = 40;
__device__ unsigned char letters[11] = "attention!";
__device__ int *pointer = &table[3];

extern "C" __global__ void constants(float *y, int *z) {
  int i = threadIdx.x;
  y[i] = coefficients[i % 5] * float(ratio) + coefficients[1];
  z[i] = table[i % 16] + steps[i & 3] + letters[i % 11] + *pointer;
}

// The variables of the module keep what is stored in them.
extern "C" __global__ void variables(int *y) {
  int i = threadIdx.x;
  table[i % 16] = 100 + i;
  __syncthreads();
  y[i] = table[(i + 5) % 16];
  if (i == 0)
    counter += 2;
  __syncthreads();
  if (i == 15)
    y[16] = int(counter);
}

// One byte string read and written in units of every size.
extern "C" __global__ void widths(const uint8_t *x, uint8_t *y) {
  int i = threadIdx.x;
  x += 64 * i;
  y += 64 * i;
  *reinterpret_cast<uint4 *>(y) = *reinterpret_cast<const uint4 *>(x);
  *reinterpret_cast<uint2 *>(y + 16) = *reinterpret_cast<const uint2 *>(x + 16);
  *reinterpret_cast<ushort4 *>(y + 24) =
      *reinterpret_cast<const ushort4 *>(x + 24);
  *reinterpret_cast<double2 *>(y + 32) =
      *reinterpret_cast<const double2 *>(x + 32);
  *reinterpret_cast<short *>(y + 48) =
      *reinterpret_cast<const short *>(x + 48) + 1;
  *reinterpret_cast<int16_t *>(y + 50) =
      *reinterpret_cast<const int8_t *>(x + 50);
  *reinterpret_cast<int *>(y + 52) = *reinterpret_cast<const int8_t *>(x + 52);
  *reinterpret_cast<uint64_t *>(y + 56) =
      *reinterpret_cast<const uint8_t *>(x + 56);
}

#define LOAD(slot, instruction)                                                \
  asm volatile(instruction " %0, [%1];"                                        \
               : "=r"(r[slot])                                                 \
               : "l"(x + i)                                                    \
               : "memor"                                                       \
                 "y")
#define STORE(slot, instruction)                                               \
  asm volatile(instruction " [%0], %1;" ::"l"(y + slot * 32 + i), "r"(r[slot]) \
               : "memory")

extern "C" __global__ void cache_operators(const uint32_t *x, uint32_t *y) {
  int i = threadIdx.x;
  uint32_t r[16];
  LOAD(0, "ld.global.ca.u32");
  LOAD(1, "ld.global.cg.u32");
  LOAD(2, "ld.global.cs.u32");
  LOAD(3, "ld.global.lu.u32");
  LOAD(4, "ld.global.cv.u32");
  LOAD(5, "ld.global.nc.b32");
  LOAD(6, "ld.volatile.global.u32");
  LOAD(7, "ld.relaxed.gpu.global.u32");
  LOAD(8, "ld.acquire.sys.global.u32");
  LOAD(9, "ld.global.nc.L1::no_allocate.b32");
  LOAD(10, "ld.global.L1::evict_last.u32");
  LOAD(11, "ld.weak.global.b32");
  LOAD(12, "ld.u32");
  LOAD(13, "ld.global.L2::128B.b32");
  LOAD(14, "ld.acquire.cta.u32");
  LOAD(15, "ldu.global.u32");
  for (int j = 0; j < 16; ++j)
    r[j] += j;
  STORE(0, "st.global.wb.u32");
  STORE(1, "st.global.cg.u32");
  STORE(2, "st.global.cs.u32");
  STORE(3, "st.global.wt.u32");
  STORE(4, "st.volatile.global.u32");
  STORE(5, "st.relaxed.gpu.global.u32");
  STORE(6, "st.release.sys.global.u32");
  STORE(7, "st.global.L1::no_allocate.b32");
  STORE(8, "st.weak.global.b32");
  STORE(9, "st.u32");
  STORE(10, "st.release.cta.u32");
  asm volatile("prefetch.global.L2 [%0];" ::"l"(x + i));
  for (int j = 11; j < 16; ++j)
    y[j * 32 + i] = r[j];
  // Two and four at once, and a byte that is widened to 32 bits.
  uint32_t p, q, b;
  asm volatile("ld.global.v2.u32 {%0, %1}, [%2];"
               : "=r"(p), "=r"(q)
               : "l"(x + 2 * (i / 2)));
  asm volatile("ld.global.s8 %0, [%1+1];" : "=r"(b) : "l"(x + i));
  asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, 7};" ::"l"(y + 512 + 4 * i),
               "r"(p), "r"(q), "r"(b)
               : "memory");
}

// One function reads through pointers into three memories.
__device__ __noinline__ int sum_of(const int *p, int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i)
    sum += p[i];
  return sum;
}

extern "C" __global__ void generic_addresses(const int *x, int *y) {
  __shared__ int shared[64];
  int local[8];
  int i = threadIdx.x;
  shared[i] = 3 * x[i];
  for (int j = 0; j < 8; ++j)
    local[j] = x[(i + j) % 64] - j;
  __syncthreads();
  const int *choice = i % 3 == 0   ? x + i / 8 * 8
                      : i % 3 == 1 ? shared + i / 8 * 8
                                   : local;
  y[i] = sum_of(choice, 8);
  y[64 + i] =
      __isShared(choice) | __isGlobal(choice) << 1 | __isLocal(choice) << 2;
}

// A local array with indices that only the data know.
extern "C" __global__ void local_array(const int *x, int *y, int n) {
  int i = threadIdx.x;
  int counts[16];
  for (int j = 0; j < 16; ++j)
    counts[j] = 0;
  for (int j = 0; j < n; ++j)
    counts[(x[j] + i) & 15] += j;
  for (int j = 0; j < 16; ++j)
    y[16 * i + (j ^ (i & 15))] = counts[j];
}

// Bytes and halves on the stack, sorted by insertion.
extern "C" __global__ void local_sort(const short *x, short *y) {
  short row[24];
  x += 24 * threadIdx.x;
  y += 24 * threadIdx.x;
  for (int j = 0; j < 24; ++j) {
    short v = x[j];
    int k = j;
    for (; k > 0 && row[k - 1] > v; --k)
      row[k] = row[k - 1];
    row[k] = v;
  }
  for (int j = 0; j < 24; ++j)
    y[j] = row[j];
}

struct Weights {
  float scale;
  unsigned char kind;
  short offsets[3];
  double bias;
  int3 shifts;
};

extern "C" __global__ void by_value(const float *x, float *y, const Weights w,
                                    int first, unsigned char second, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = x[i] * w.scale + float(w.bias) + w.offsets[i % 3] + w.kind +
           w.shifts.x * w.shifts.y - w.shifts.z + first + second;
}

// Arrays of three types in one dynamic allocation.
extern "C" __global__ void dynamic_shared(const int *x, double *y, int n) {
  extern __shared__ __align__(16) unsigned char memory[];
  double *sums = reinterpret_cast<double *>(memory);
  int *keys = reinterpret_cast<int *>(memory + 8 * n);
  unsigned char *flags = memory + 12 * n;
  int i = threadIdx.x;
  keys[i] = x[i];
  flags[i] = x[i] % 2 != 0;
  __syncthreads();
  double sum = 0;
  for (int j = 0; j <= i; ++j)
    sum += flags[j] ? keys[j] * 0.5 : keys[j];
  sums[i] = sum;
  __syncthreads();
  y[i] = sums[n - 1 - i];
}
