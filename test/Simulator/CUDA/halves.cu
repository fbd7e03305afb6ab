// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Packed arithmetic on f16 and bf16 pairs, and their scalar forms. Result r of
// pair i: y[r * n + i].

#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define INDEX                                                                  \
  int i = blockIdx.x * blockDim.x + threadIdx.x;                               \
  if (i >= n)                                                                  \
  return

#define BINARY(slot, instruction)                                              \
  asm(instruction " %0, %1, %2;" : "=r"(r[slot]) : "r"(p), "r"(q))
#define TERNARY(slot, instruction)                                             \
  asm(instruction " %0, %1, %2, %3;" : "=r"(r[slot]) : "r"(p), "r"(q), "r"(s))
#define UNARY(slot, instruction)                                               \
  asm(instruction " %0, %1;" : "=r"(r[slot]) : "r"(p))

extern "C" __global__ void half2_arithmetic(const uint32_t *a,
                                            const uint32_t *b,
                                            const uint32_t *c, uint32_t *y,
                                            int n) {
  INDEX;
  uint32_t p = a[i], q = b[i], s = c[i], r[20];
  BINARY(0, "add.f16x2");
  BINARY(1, "sub.f16x2");
  BINARY(2, "mul.f16x2");
  TERNARY(3, "fma.rn.f16x2");
  TERNARY(4, "fma.rn.relu.f16x2");
  TERNARY(5, "fma.rn.sat.f16x2");
  BINARY(6, "add.sat.f16x2");
  BINARY(7, "mul.rn.sat.f16x2");
  BINARY(8, "min.f16x2");
  BINARY(9, "max.f16x2");
  BINARY(10, "min.NaN.f16x2");
  BINARY(11, "max.NaN.f16x2");
  UNARY(12, "abs.f16x2");
  UNARY(13, "neg.f16x2");
  BINARY(14, "set.gt.f16x2.f16x2");
  BINARY(15, "add.ftz.f16x2");
  BINARY(16, "mul.ftz.f16x2");
  uint16_t h0 = p, h1 = q, h2 = s, h;
  asm("fma.rn.f16 %0, %1, %2, %3;" : "=h"(h) : "h"(h0), "h"(h1), "h"(h2));
  r[17] = h;
  asm("sub.f16 %0, %1, %2;" : "=h"(h) : "h"(h0), "h"(h1));
  r[18] = h;
  int both;
  asm("{ .reg .pred p, q; setp.lt.f16x2 p|q, %1, %2; selp.s32 %0, 1, 0, p;"
      "@q add.s32 %0, %0, 2; }"
      : "=r"(both)
      : "r"(p), "r"(q));
  r[19] = both;
  for (int j = 0; j < 20; ++j)
    y[j * n + i] = r[j];
}

extern "C" __global__ void bf16x2_arithmetic(const uint32_t *a,
                                             const uint32_t *b,
                                             const uint32_t *c, uint32_t *y,
                                             int n) {
  INDEX;
  uint32_t p = a[i], q = b[i], s = c[i], r[10];
  TERNARY(0, "fma.rn.bf16x2");
  TERNARY(1, "fma.rn.relu.bf16x2");
  BINARY(2, "min.bf16x2");
  BINARY(3, "max.bf16x2");
  BINARY(4, "max.NaN.bf16x2");
  UNARY(5, "abs.bf16x2");
  UNARY(6, "neg.bf16x2");
  uint16_t h0 = p, h1 = q, h2 = s, h;
  asm("fma.rn.bf16 %0, %1, %2, %3;" : "=h"(h) : "h"(h0), "h"(h1), "h"(h2));
  r[7] = h;
  asm("min.bf16 %0, %1, %2;" : "=h"(h) : "h"(h0), "h"(h1));
  r[8] = h;
  asm("neg.bf16 %0, %1;" : "=h"(h) : "h"(h0));
  r[9] = h;
  for (int j = 0; j < 10; ++j)
    y[j * n + i] = r[j];
}

// The intrinsics of the headers.
extern "C" __global__ void half2_intrinsics(const __half2 *a, const __half2 *b,
                                            __half2 *y, int n) {
  INDEX;
  __half2 p = a[i], q = b[i];
  __half2 r[] = {__hadd2(p, q),
                 __hsub2_sat(p, q),
                 __hfma2_relu(p, q, p),
                 __hmax2(p, q),
                 __hgt2(p, q),
                 __lows2half2(p, q),
                 __highs2half2(p, q),
                 __lowhigh2highlow(p),
                 __halves2half2(__hadd(__low2half(p), __high2half(q)),
                                __hneg(__low2half(q))),
                 __h2div(p, q),
                 h2floor(p),
                 h2rint(q),
                 h2sqrt(__habs2(p)),
                 h2rcp(q)};
  for (int j = 0; j < 14; ++j)
    y[j * n + i] = r[j];
}

extern "C" __global__ void bf162_intrinsics(const __nv_bfloat162 *a,
                                            const __nv_bfloat162 *b,
                                            __nv_bfloat162 *y, int n) {
  INDEX;
  __nv_bfloat162 p = a[i], q = b[i];
  __nv_bfloat162 r[] = {
      __hadd2(p, q),       __hmul2(p, q),
      __hsub2(p, q),       __hmin2(p, q),
      __hlt2(p, q),        __hfma2_sat(p, q, q),
      __habs2(p),          __float22bfloat162_rn(__bfloat1622float2(q)),
      __lowhigh2highlow(q)};
  for (int j = 0; j < 9; ++j)
    y[j * n + i] = r[j];
}

// The special unit on halves.
extern "C" __global__ void half_functions(const uint32_t *a, uint32_t *y,
                                          int n) {
  INDEX;
  uint32_t p = a[i], r[3];
  uint16_t h = p, g;
  UNARY(0, "ex2.approx.f16x2");
  UNARY(1, "tanh.approx.f16x2");
  asm("ex2.approx.f16 %0, %1;" : "=h"(g) : "h"(h));
  r[2] = g;
  for (int j = 0; j < 3; ++j)
    y[j * n + i] = r[j];
}

extern "C" __global__ void half_compare(const __half *a, const __half *b,
                                        int *y, int n) {
  INDEX;
  __half p = a[i], q = b[i];
  y[i] = __heq(p, q) | __hne(p, q) << 1 | __hlt(p, q) << 2 | __hge(p, q) << 3 |
         __hltu(p, q) << 4 | __hequ(p, q) << 5 | __hisnan(p) << 6 |
         (__hisinf(p) != 0) << 7;
}
