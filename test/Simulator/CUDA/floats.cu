// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Floating point arithmetic in every rounding, divisions and roots, functions
// of the special unit, NaN and signed zeros. Result r of element i: y[r * n +
// i].

#define STORE_ALL(count)                                                       \
  for (int j = 0; j < count; ++j)                                              \
  y[j * n + i] = r[j]

#define INDEX                                                                  \
  int i = blockIdx.x * blockDim.x + threadIdx.x;                               \
  if (i >= n)                                                                  \
  return

extern "C" __global__ void rounding_f32(const float *a, const float *b,
                                        const float *c, float *y, int n) {
  INDEX;
  float p = a[i], q = b[i], s = c[i];
  float r[] = {__fadd_rn(p, q),      __fadd_rz(p, q),      __fadd_rd(p, q),
               __fadd_ru(p, q),      __fmul_rn(p, q),      __fmul_rz(p, q),
               __fmul_rd(p, q),      __fmul_ru(p, q),      __fmaf_rn(p, q, s),
               __fmaf_rz(p, q, s),   __fmaf_rd(p, q, s),   __fmaf_ru(p, q, s),
               __fdiv_rn(p, q),      __fdiv_rz(p, q),      __fdiv_rd(p, q),
               __fdiv_ru(p, q),      __fsqrt_rn(fabsf(p)), __fsqrt_rz(fabsf(p)),
               __fsqrt_rd(fabsf(p)), __fsqrt_ru(fabsf(p)), __frcp_rn(q),
               __frcp_rz(q),         __frcp_rd(q),         __frcp_ru(q),
               __fsub_rz(p, q),      __fsub_ru(p, q)};
  STORE_ALL(26);
}

extern "C" __global__ void rounding_f64(const double *a, const double *b,
                                        const double *c, double *y, int n) {
  INDEX;
  double p = a[i], q = b[i], s = c[i];
  double r[] = {__dadd_rn(p, q),     __dadd_rz(p, q),     __dadd_rd(p, q),
                __dadd_ru(p, q),     __dmul_rn(p, q),     __dmul_rz(p, q),
                __dmul_rd(p, q),     __dmul_ru(p, q),     __fma_rn(p, q, s),
                __fma_rz(p, q, s),   __fma_rd(p, q, s),   __fma_ru(p, q, s),
                __ddiv_rn(p, q),     __ddiv_rz(p, q),     __ddiv_rd(p, q),
                __ddiv_ru(p, q),     __dsqrt_rn(fabs(p)), __dsqrt_rz(fabs(p)),
                __dsqrt_rd(fabs(p)), __dsqrt_ru(fabs(p)), __drcp_rn(q),
                __drcp_rz(q)};
  STORE_ALL(22);
}

// NaN, infinities, zeros and subnormals: results are defined to the bit.
extern "C" __global__ void special_f32(const float *a, const float *b, float *y,
                                       int n) {
  INDEX;
  float p = a[i], q = b[i], r[16];
  r[0] = fminf(p, q);
  r[1] = fmaxf(p, q);
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(r[2]) : "f"(p), "f"(q));
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(r[3]) : "f"(p), "f"(q));
  asm("copysign.f32 %0, %1, %2;" : "=f"(r[4]) : "f"(p), "f"(q));
  asm("add.ftz.f32 %0, %1, %2;" : "=f"(r[5]) : "f"(p), "f"(q));
  asm("mul.ftz.f32 %0, %1, %2;" : "=f"(r[6]) : "f"(p), "f"(q));
  asm("add.sat.f32 %0, %1, %2;" : "=f"(r[7]) : "f"(p), "f"(q));
  asm("fma.rn.ftz.sat.f32 %0, %1, %2, %1;" : "=f"(r[8]) : "f"(p), "f"(q));
  asm("abs.f32 %0, %1;" : "=f"(r[9]) : "f"(p));
  asm("neg.ftz.f32 %0, %1;" : "=f"(r[10]) : "f"(p));
  asm("min.ftz.f32 %0, %1, %2;" : "=f"(r[11]) : "f"(p), "f"(q));
  // The sign of a saturated zero is left open.
  r[7] += 0.0f;
  r[8] += 0.0f;
  r[12] = p + q;
  r[13] = p * q;
  r[14] = p / q;
  r[15] = sqrtf(p);
  STORE_ALL(16);
}

// Comparisons: ordered, unordered and with numbers only; one bit each.
extern "C" __global__ void compare(const float *a, const float *b,
                                   const double *c, const double *d, int *y,
                                   int n) {
  INDEX;
  float p = a[i], q = b[i];
  double s = c[i], t = d[i];
  int bits = 0;
#define COMPARE(number, instruction, constraint, x, z)                         \
  {                                                                            \
    int bit;                                                                   \
    asm("{ .reg .pred p; " instruction " p, %1, %2; selp.s32 %0, 1, 0, p; }"   \
        : "=r"(bit)                                                            \
        : constraint(x), constraint(z));                                       \
    bits |= bit << number;                                                     \
  }
  COMPARE(0, "setp.eq.f32", "f", p, q)
  COMPARE(1, "setp.ne.f32", "f", p, q)
  COMPARE(2, "setp.lt.f32", "f", p, q)
  COMPARE(3, "setp.le.f32", "f", p, q)
  COMPARE(4, "setp.gt.f32", "f", p, q)
  COMPARE(5, "setp.ge.f32", "f", p, q)
  COMPARE(6, "setp.equ.f32", "f", p, q)
  COMPARE(7, "setp.neu.f32", "f", p, q)
  COMPARE(8, "setp.ltu.f32", "f", p, q)
  COMPARE(9, "setp.leu.f32", "f", p, q)
  COMPARE(10, "setp.gtu.f32", "f", p, q)
  COMPARE(11, "setp.geu.f32", "f", p, q)
  COMPARE(12, "setp.num.f32", "f", p, q)
  COMPARE(13, "setp.nan.f32", "f", p, q)
  COMPARE(14, "setp.lt.ftz.f32", "f", p, q)
  COMPARE(15, "setp.lt.f64", "d", s, t)
  COMPARE(16, "setp.equ.f64", "d", s, t)
  COMPARE(17, "setp.nan.f64", "d", s, t)
  COMPARE(18, "setp.ge.f64", "d", s, t)
  int set;
  asm("set.lt.s32.f32 %0, %1, %2;" : "=r"(set) : "f"(p), "f"(q));
  bits |= (set == -1) << 19;
  // Combined with another predicate, and both results at once.
  asm("{ .reg .pred p, q, r; setp.ge.s32 r, %3, 3; setp.lt.and.f32 p|q, %1, "
      "%2, r;"
      "selp.s32 %0, 1, 0, p; @q add.s32 %0, %0, 2; }"
      : "=r"(set)
      : "f"(p), "f"(q), "r"(i));
  bits |= set << 20;
  y[i] = bits;
}

// The special unit; the reference allows for its errors.
extern "C" __global__ void approximate(const float *a, float *y, int n) {
  INDEX;
  float p = a[i], r[14];
  asm("ex2.approx.f32 %0, %1;" : "=f"(r[0]) : "f"(p));
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r[1]) : "f"(p));
  asm("lg2.approx.f32 %0, %1;" : "=f"(r[2]) : "f"(fabsf(p)));
  asm("sin.approx.f32 %0, %1;" : "=f"(r[3]) : "f"(p));
  asm("cos.approx.f32 %0, %1;" : "=f"(r[4]) : "f"(p));
  asm("rcp.approx.f32 %0, %1;" : "=f"(r[5]) : "f"(p));
  asm("sqrt.approx.f32 %0, %1;" : "=f"(r[6]) : "f"(fabsf(p)));
  asm("rsqrt.approx.f32 %0, %1;" : "=f"(r[7]) : "f"(fabsf(p)));
  asm("tanh.approx.f32 %0, %1;" : "=f"(r[8]) : "f"(p));
  asm("div.approx.f32 %0, %1, %2;" : "=f"(r[9]) : "f"(p), "f"(3.7f));
  asm("div.full.f32 %0, %1, %2;" : "=f"(r[10]) : "f"(p), "f"(-0.37f));
  asm("div.approx.ftz.f32 %0, %1, %2;" : "=f"(r[11]) : "f"(1.5f), "f"(p));
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(r[12]) : "f"(fabsf(p)));
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(r[13]) : "f"(fabsf(p)));
  STORE_ALL(14);
}

// What the library makes of them: range reductions, polynomials, slow paths.
extern "C" __global__ void library_f32(const float *a, float *y, int n) {
  INDEX;
  float p = a[i];
  float r[] = {expf(p),          exp2f(p),
               expm1f(p),        logf(fabsf(p)),
               log1pf(fabsf(p)), sinf(p),
               cosf(p),          tanhf(p),
               erff(p),          powf(fabsf(p), 1.7f),
               cbrtf(p),         hypotf(p, 2.0f),
               atan2f(p, 0.7f),  fmodf(p, 0.77f),
               floorf(p),        ceilf(p),
               truncf(p),        rintf(p),
               roundf(p),        rsqrtf(fabsf(p)),
               sinf(p * 3e5f)};
  STORE_ALL(21);
}

extern "C" __global__ void library_f64(const double *a, double *y, int n) {
  INDEX;
  double p = a[i];
  double r[] = {
      exp(p),   log(fabs(p)),      sin(p),        cos(p), tanh(p),
      erf(p),   pow(fabs(p), 1.7), sqrt(fabs(p)), 1 / p,  rsqrt(fabs(p)),
      floor(p), rint(p),           fmod(p, 0.77)};
  STORE_ALL(13);
}

// Classes of numbers and exact manipulations of their bits.
extern "C" __global__ void classes(const float *a, const double *b, int *y,
                                   int n) {
  INDEX;
  float p = a[i];
  double q = b[i];
  int r[] = {isnan(p),
             isinf(p),
             isfinite(p),
             signbit(p) != 0,
             isnan(q),
             isinf(q),
             signbit(q) != 0,
             __float_as_int(p),
             __double2hiint(q),
             __double2loint(q),
             ilogbf(isfinite(p) && p != 0 ? p : 1.0f),
             __float_as_int(ldexpf(isnan(p) ? 1.0f : p, 3))};
  int finite;
  asm("{ .reg .pred p; testp.finite.f32 p, %1; selp.s32 %0, 1, 0, p; }"
      : "=r"(finite)
      : "f"(p));
  r[2] += 2 * finite;
  asm("{ .reg .pred p; testp.subnormal.f32 p, %1; selp.s32 %0, 1, 0, p; }"
      : "=r"(finite)
      : "f"(p));
  r[2] += 4 * finite;
  STORE_ALL(12);
}
