// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_90a sm_120a
//
// Fragments through shared memory: ldmatrix and stmatrix with 1, 2 and 4
// matrices, plain and transposed, and a product that uses them.

#include <cstdint>

__device__ uint32_t shared_address(const void *p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// Four 8 x 8 matrices of 16-bit elements; lane l names row l % 8 of matrix l
// / 8.
__shared__ __align__(16) uint16_t tile[4 * 64];

__device__ uint32_t fill_tile(const uint16_t *x) {
  for (int i = threadIdx.x; i < 256; i += 32)
    tile[i] = x[i];
  __syncthreads();
  return shared_address(&tile[threadIdx.x * 8]);
}

#define LDMATRIX_KERNEL(name, count, operands, instruction)                    \
  extern "C" __global__ void name(const uint16_t *x, uint32_t *y) {            \
    uint32_t address = fill_tile(x), v[4];                                     \
    asm volatile(instruction " " operands ", [%4];"                            \
                 : "=r"(v[0]), "=r"(v[1]), "=r"(v[2]), "=r"(v[3])              \
                 : "r"(address)                                                \
                 : "memory");                                                  \
    for (int i = 0; i < count; ++i)                                            \
      y[32 * i + threadIdx.x] = v[i];                                          \
  }

LDMATRIX_KERNEL(ldmatrix_x1, 1, "{%0}",
                "ldmatrix.sync.aligned.m8n8.x1.shared.b16")
LDMATRIX_KERNEL(ldmatrix_x2, 2, "{%0, %1}",
                "ldmatrix.sync.aligned.m8n8.x2.shared.b16")
LDMATRIX_KERNEL(ldmatrix_x4, 4, "{%0, %1, %2, %3}",
                "ldmatrix.sync.aligned.m8n8.x4.shared.b16")
LDMATRIX_KERNEL(ldmatrix_x1_trans, 1, "{%0}",
                "ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16")
LDMATRIX_KERNEL(ldmatrix_x2_trans, 2, "{%0, %1}",
                "ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16")
LDMATRIX_KERNEL(ldmatrix_x4_trans, 4, "{%0, %1, %2, %3}",
                "ldmatrix.sync.aligned.m8n8.x4.trans.shared::cta.b16")

#if __CUDA_ARCH__ >= 900
#define STMATRIX_KERNEL(name, count, operands, instruction)                    \
  extern "C" __global__ void name(const uint32_t *x, uint16_t *y) {            \
    uint32_t address = shared_address(&tile[threadIdx.x * 8]), v[4];           \
    for (int i = 0; i < 4; ++i)                                                \
      v[i] = x[32 * i + threadIdx.x];                                          \
    asm volatile(instruction " [%0], " operands ";" ::"r"(address), "r"(v[0]), \
                 "r"(v[1]), "r"(v[2]), "r"(v[3])                               \
                 : "memory");                                                  \
    __syncthreads();                                                           \
    for (int i = threadIdx.x; i < 64 * count; i += 32)                         \
      y[i] = tile[i];                                                          \
  }

STMATRIX_KERNEL(stmatrix_x1, 1, "{%1}",
                "stmatrix.sync.aligned.m8n8.x1.shared.b16")
STMATRIX_KERNEL(stmatrix_x2_trans, 2, "{%1, %2}",
                "stmatrix.sync.aligned.m8n8.x2.trans.shared.b16")
STMATRIX_KERNEL(stmatrix_x4, 4, "{%1, %2, %3, %4}",
                "stmatrix.sync.aligned.m8n8.x4.shared.b16")
STMATRIX_KERNEL(stmatrix_x4_trans, 4, "{%1, %2, %3, %4}",
                "stmatrix.sync.aligned.m8n8.x4.trans.shared.b16")
#endif

// c[32, 32] = a[32, 64] b[64, 32], all rows in order; 4 warps of 16 x 16.
// Rows of 64 (a) and 32 (b) halves, 16-byte chunks swizzled by the row.
extern "C" __global__ void matmul_ldmatrix(const uint4 *a, const uint4 *b,
                                           float *c) {
  __shared__ uint4 sa[32 * 8], sb[64 * 4];
  for (int i = threadIdx.x; i < 256; i += 128) {
    int row = i / 8, chunk = i % 8;
    sa[row * 8 + (chunk ^ (row % 8))] = a[i];
    row = i / 4, chunk = i % 4;
    sb[row * 4 + (chunk ^ (row / 2 % 4))] = b[i];
  }
  __syncthreads();
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int m = warp / 2 * 16, n = warp % 2 * 16;
  float v[2][4] = {};
  for (int k = 0; k < 64; k += 16) {
    uint32_t fa[4], fb[4];
    int row = m + lane % 16, chunk = k / 8 + lane / 16;
    asm volatile(
        "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(fa[0]), "=r"(fa[1]), "=r"(fa[2]), "=r"(fa[3])
        : "r"(shared_address(&sa[row * 8 + (chunk ^ (row % 8))])));
    row = k + lane % 16, chunk = n / 8 + lane / 16;
    asm volatile(
        "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(fb[0]), "=r"(fb[1]), "=r"(fb[2]), "=r"(fb[3])
        : "r"(shared_address(&sb[row * 4 + (chunk ^ (row / 2 % 4))])));
    for (int j = 0; j < 2; ++j)
      asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                   "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                   "{%0, %1, %2, %3};"
                   : "+f"(v[j][0]), "+f"(v[j][1]), "+f"(v[j][2]), "+f"(v[j][3])
                   : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]),
                     "r"(fb[2 * j]), "r"(fb[2 * j + 1]));
  }
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 4; ++i)
      c[(m + lane / 4 + i / 2 * 8) * 32 + n + 8 * j + lane % 4 * 2 + i % 2] =
          v[j][i];
}
