// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Integer arithmetic of all widths. Each kernel writes the results of one
// family for n pairs or triples, result r of element i at y[r * n + i].

#include <cstdint>

template <typename T, typename U>
__device__ void arithmetic(const T *a, const T *b, T *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  T p = a[i], q = b[i];
  T r[] = {T(p + q),
           T(p - q),
           T(p * q),
           T(p / q),
           T(p % q),
           T(p & q),
           T(p | q),
           T(p ^ q),
           T(~p),
           T(-p),
           T(p < q),
           T(p >= q),
           T(p < q ? p : q),
           T(p > q ? p : q),
           T(U(p) << (q & 7)),
           T(p >> (q & 7))};
  for (int j = 0; j < 16; ++j)
    y[j * n + i] = r[j];
}

#define ARITHMETIC_KERNEL(T)                                                   \
  extern "C" __global__ void arithmetic_##T(const T##_t *a, const T##_t *b,    \
                                            T##_t *y, int n) {                 \
    arithmetic<T##_t, u##T##_t>(a, b, y, n);                                   \
  }                                                                            \
  extern "C" __global__ void arithmetic_u##T(                                  \
      const u##T##_t *a, const u##T##_t *b, u##T##_t *y, int n) {              \
    arithmetic<u##T##_t, u##T##_t>(a, b, y, n);                                \
  }

ARITHMETIC_KERNEL(int8)
ARITHMETIC_KERNEL(int16)
ARITHMETIC_KERNEL(int32)
ARITHMETIC_KERNEL(int64)

// Products: high halves, wide, with sum.
extern "C" __global__ void products(const int *a, const int *b, int64_t *y,
                                    int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  int p = a[i], q = b[i];
  unsigned s = p, t = q;
  int64_t wide = int64_t(p) * 0x123456789abLL + q;
  int64_t r[] = {
      __mulhi(p, q),
      __umulhi(s, t),
      int64_t(p) * q,
      int64_t(uint64_t(s) * t),
      __mul24(p, q),
      int64_t(__umul24(s, t)),
      int64_t(p) * q + wide,
      __mul64hi(wide, int64_t(q) << 20),
      int64_t(__umul64hi(wide, uint64_t(t) << 20)),
      int64_t(short(p)) * short(q) + 5,
      int64_t(__sad(p, q, 7u)),
      int64_t(__usad(s, t, 7u)),
      __hadd(p, q),
      int64_t(__urhadd(s, t)),
      abs(p),
      llabs(wide),
  };
  for (int j = 0; j < 16; ++j)
    y[j * n + i] = r[j];
}

extern "C" __global__ void bits(const uint32_t *a, const uint32_t *b,
                                uint32_t *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  uint32_t p = a[i], q = b[i];
  uint64_t w = uint64_t(p) << 32 | q;
  uint32_t r[] = {
      uint32_t(__popc(p)),
      uint32_t(__clz(p)),
      __brev(p),
      uint32_t(__ffs(p)),
      uint32_t(__popcll(w)),
      uint32_t(__clzll(w)),
      uint32_t(__brevll(w) >> 7),
      uint32_t(__ffsll(w)),
      __byte_perm(p, q, 0x5140),
      __byte_perm(p, q, q),
      __funnelshift_l(p, q, q & 63),
      __funnelshift_r(p, q, q & 63),
      __funnelshift_lc(p, q, q & 63),
      __funnelshift_rc(p, q, q & 63),
      uint32_t(__dp4a(int(p), int(q), 9)),
      __dp4a(p, q, 9u),
      uint32_t(__dp2a_lo(int(p), int(q), 9)),
      __dp2a_hi(p, q, 9u),
  };
  for (int j = 0; j < 18; ++j)
    y[j * n + i] = r[j];
}

// What needs inline assembly: bit fields, saturation, carries, prmt modes,
// lop3.
#define BINARY(result, instruction)                                            \
  asm(instruction " %0, %1, %2;" : "=r"(result) : "r"(p), "r"(q))
#define TERNARY(result, instruction, last)                                     \
  asm(instruction " %0, %1, %2, %3;" : "=r"(result) : "r"(p), "r"(q), "r"(last))

extern "C" __global__ void bit_fields(const uint32_t *a, const uint32_t *b,
                                      uint32_t *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  uint32_t p = a[i], q = b[i], start = q >> 8 & 0xff, length = q & 0xff, r[24];
  uint64_t w = uint64_t(q) << 32 | p, x;
  asm("bfe.u32 %0, %1, %2, %3;" : "=r"(r[0]) : "r"(p), "r"(start), "r"(length));
  asm("bfe.s32 %0, %1, %2, %3;" : "=r"(r[1]) : "r"(p), "r"(start), "r"(length));
  asm("bfi.b32 %0, %1, %2, %3, %4;"
      : "=r"(r[2])
      : "r"(q), "r"(p), "r"(start), "r"(length));
  asm("bfe.u64 %0, %1, %2, %3;" : "=l"(x) : "l"(w), "r"(start), "r"(length));
  r[3] = x ^ x >> 32;
  asm("bfe.s64 %0, %1, %2, %3;" : "=l"(x) : "l"(w), "r"(start), "r"(length));
  r[4] = x ^ x >> 32;
  asm("bfi.b64 %0, %1, %2, %3, %4;"
      : "=l"(x)
      : "l"(w * 3), "l"(w), "r"(start), "r"(length));
  r[5] = x ^ x >> 32;
  asm("bfind.u32 %0, %1;" : "=r"(r[6]) : "r"(p));
  asm("bfind.s32 %0, %1;" : "=r"(r[7]) : "r"(p));
  asm("bfind.shiftamt.u32 %0, %1;" : "=r"(r[8]) : "r"(p));
  asm("bfind.u64 %0, %1;" : "=r"(r[9]) : "l"(w));
  asm("bmsk.clamp.b32 %0, %1, %2;" : "=r"(r[10]) : "r"(start), "r"(length));
  asm("bmsk.wrap.b32 %0, %1, %2;" : "=r"(r[11]) : "r"(start), "r"(length));
  asm("szext.clamp.s32 %0, %1, %2;" : "=r"(r[12]) : "r"(p), "r"(length));
  asm("szext.wrap.u32 %0, %1, %2;" : "=r"(r[13]) : "r"(p), "r"(length));
  asm("fns.b32 %0, %1, %2, %3;" : "=r"(r[14]) : "r"(p), "r"(q & 31), "r"(2));
  BINARY(r[15], "add.sat.s32");
  BINARY(r[16], "sub.sat.s32");
  asm("mad.hi.sat.s32 %0, %1, %2, %3;" : "=r"(r[17]) : "r"(p), "r"(q), "r"(p));
  TERNARY(r[18], "prmt.b32.f4e", start);
  TERNARY(r[19], "prmt.b32.b4e", start);
  TERNARY(r[20], "prmt.b32.rc8", start);
  TERNARY(r[21], "prmt.b32.ecl", start);
  TERNARY(r[22], "prmt.b32.rc16", start);
  asm("lop3.b32 %0, %1, %2, %3, 0xca;"
      : "=r"(r[23])
      : "r"(p), "r"(q), "r"(start));
  for (int j = 0; j < 24; ++j)
    y[j * n + i] = r[j];
}

// 16-bit forms and shifts by more than the width.
extern "C" __global__ void shifts(const uint32_t *a, const uint32_t *b,
                                  uint32_t *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  uint32_t p = a[i], q = b[i] & 0x7f, r[12];
  uint16_t h = p, x;
  uint64_t w = uint64_t(p) << 32 | a[n - 1 - i], z;
  BINARY(r[0], "shl.b32");
  BINARY(r[1], "shr.u32");
  BINARY(r[2], "shr.s32");
  asm("shl.b16 %0, %1, %2;" : "=h"(x) : "h"(h), "r"(q));
  r[3] = x;
  asm("shr.u16 %0, %1, %2;" : "=h"(x) : "h"(h), "r"(q));
  r[4] = x;
  asm("shr.s16 %0, %1, %2;" : "=h"(x) : "h"(h), "r"(q));
  r[5] = x;
  asm("shl.b64 %0, %1, %2;" : "=l"(z) : "l"(w), "r"(q));
  r[6] = z ^ z >> 32;
  asm("shr.u64 %0, %1, %2;" : "=l"(z) : "l"(w), "r"(q));
  r[7] = z ^ z >> 32;
  asm("shr.s64 %0, %1, %2;" : "=l"(z) : "l"(w), "r"(q));
  r[8] = z ^ z >> 32;
  asm("mul.hi.s16 %0, %1, %2;" : "=h"(x) : "h"(h), "h"(uint16_t(b[i])));
  r[9] = x;
  asm("mul.wide.u16 %0, %1, %2;" : "=r"(r[10]) : "h"(h), "h"(uint16_t(b[i])));
  asm("mad.wide.s16 %0, %1, %2, %3;"
      : "=r"(r[11])
      : "h"(h), "h"(uint16_t(b[i])), "r"(p));
  for (int j = 0; j < 12; ++j)
    y[j * n + i] = r[j];
}

// 128-bit sums, differences and products from carry chains.
extern "C" __global__ void carries(const uint32_t *a, const uint32_t *b,
                                   uint32_t *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  const uint32_t *p = a + 4 * i, *q = b + 4 * i;
  uint32_t r[12];
  asm("add.cc.u32 %0, %4, %8; addc.cc.u32 %1, %5, %9;"
      "addc.cc.u32 %2, %6, %10; addc.u32 %3, %7, %11;"
      : "=&r"(r[0]), "=&r"(r[1]), "=&r"(r[2]), "=&r"(r[3])
      : "r"(p[0]), "r"(p[1]), "r"(p[2]), "r"(p[3]), "r"(q[0]), "r"(q[1]),
        "r"(q[2]), "r"(q[3]));
  asm("sub.cc.u32 %0, %4, %8; subc.cc.u32 %1, %5, %9;"
      "subc.cc.u32 %2, %6, %10; subc.u32 %3, %7, %11;"
      : "=&r"(r[4]), "=&r"(r[5]), "=&r"(r[6]), "=&r"(r[7])
      : "r"(p[0]), "r"(p[1]), "r"(p[2]), "r"(p[3]), "r"(q[0]), "r"(q[1]),
        "r"(q[2]), "r"(q[3]));
  // (p1 p0) * (q1 q0), 64 bits each.
  asm("mul.lo.u32 %0, %4, %6; mul.hi.u32 %1, %4, %6;"
      "mad.lo.cc.u32 %1, %4, %7, %1; madc.hi.u32 %2, %4, %7, 0;"
      "mad.lo.cc.u32 %1, %5, %6, %1; madc.hi.cc.u32 %2, %5, %6, %2;"
      "madc.hi.u32 %3, %5, %7, 0; mad.lo.cc.u32 %2, %5, %7, %2;"
      "addc.u32 %3, %3, 0;"
      : "=&r"(r[8]), "=&r"(r[9]), "=&r"(r[10]), "=&r"(r[11])
      : "r"(p[0]), "r"(p[1]), "r"(q[0]), "r"(q[1]));
  for (int j = 0; j < 12; ++j)
    y[12 * i + j] = r[j];
}

// The same by the 128-bit integers of the compiler.
extern "C" __global__ void wide_integers(const unsigned __int128 *a,
                                         const unsigned __int128 *b,
                                         unsigned __int128 *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  y[4 * i] = a[i] + b[i];
  y[4 * i + 1] = a[i] - b[i];
  y[4 * i + 2] = a[i] * b[i];
  y[4 * i + 3] = a[i] >> (int(b[i]) & 127);
}

// SIMD within a register.
extern "C" __global__ void video(const uint32_t *a, const uint32_t *b,
                                 uint32_t *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  uint32_t p = a[i], q = b[i];
  uint32_t r[] = {__vadd4(p, q),   __vsub2(p, q),      __vmaxs4(p, q),
                  __vminu4(p, q),  __vabsdiffu4(p, q), __vavgu4(p, q),
                  __vcmpeq4(p, q), __vaddus4(p, q),    __vsadu4(p, q),
                  __vabs2(p)};
  for (int j = 0; j < 10; ++j)
    y[j * n + i] = r[j];
}
