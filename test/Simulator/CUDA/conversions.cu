// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Conversions between all types, in all roundings, with saturation. Result r of
// element i: y[r * n + i].

#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define INDEX                                                                  \
  int i = blockIdx.x * blockDim.x + threadIdx.x;                               \
  if (i >= n)                                                                  \
  return

#define CONVERT(slot, instruction, to, from, value)                            \
  asm(instruction " %0, %1;" : to(slot) : from(value))

// Between integers: extensions, cuts, saturation.
extern "C" __global__ void convert_integers(const int64_t *a, int64_t *y,
                                            int n) {
  INDEX;
  int64_t w = a[i];
  int32_t p = w;
  int16_t h = w, g;
  int64_t r[16] = {int8_t(w),          uint8_t(w),          int16_t(w),
                   uint16_t(w),        int32_t(w),          uint32_t(w),
                   int64_t(int8_t(h)), uint64_t(uint8_t(p))};
  CONVERT(p, "cvt.sat.s32.s64", "=r", "l", w);
  r[8] = p;
  CONVERT(p, "cvt.sat.u32.s64", "=r", "l", w);
  r[9] = uint32_t(p);
  CONVERT(g, "cvt.sat.s16.s64", "=h", "l", w);
  r[10] = g;
  CONVERT(g, "cvt.sat.u16.s32", "=h", "r", int32_t(w));
  r[11] = uint16_t(g);
  CONVERT(p, "cvt.sat.s8.s32", "=r", "r", int32_t(w));
  r[12] = p;
  CONVERT(p, "cvt.sat.u8.s32", "=r", "r", int32_t(w));
  r[13] = p;
  CONVERT(p, "cvt.sat.s32.u32", "=r", "r", int32_t(w));
  r[14] = p;
  CONVERT(r[15], "cvt.sat.u64.s32", "=l", "r", int32_t(w));
  for (int j = 0; j < 16; ++j)
    y[j * n + i] = r[j];
}

// From integers to floats; the results' bits.
extern "C" __global__ void integers_to_floats(const int64_t *a, uint64_t *y,
                                              int n) {
  INDEX;
  int64_t w = a[i];
  int32_t p = w >> 17;
  uint64_t r[] = {__float_as_uint(__int2float_rn(p)),
                  __float_as_uint(__int2float_rz(p)),
                  __float_as_uint(__int2float_rd(p)),
                  __float_as_uint(__int2float_ru(p)),
                  __float_as_uint(__uint2float_rn(p)),
                  __float_as_uint(__uint2float_rz(p)),
                  __float_as_uint(__ll2float_rn(w)),
                  __float_as_uint(__ll2float_rd(w)),
                  __float_as_uint(__ull2float_rn(w)),
                  __float_as_uint(__ull2float_ru(w)),
                  uint64_t(__double_as_longlong(p)),
                  uint64_t(__double_as_longlong(__ll2double_rn(w))),
                  uint64_t(__double_as_longlong(__ll2double_rz(w))),
                  uint64_t(__double_as_longlong(__ull2double_ru(w))),
                  __half_as_ushort(__int2half_rn(p >> 16)),
                  __half_as_ushort(__short2half_rz(short(p))),
                  __float_as_uint(float(int8_t(w))),
                  __float_as_uint(float(uint16_t(w)))};
  for (int j = 0; j < 18; ++j)
    y[j * n + i] = r[j];
}

// From floats to integers: values beyond the range are clamped, NaN is not
// given.
extern "C" __global__ void floats_to_integers(const float *a, const double *b,
                                              int64_t *y, int n) {
  INDEX;
  float p = a[i];
  double q = b[i];
  int64_t r[] = {__float2int_rn(p),
                 __float2int_rz(p),
                 __float2int_rd(p),
                 __float2int_ru(p),
                 int64_t(__float2uint_rn(p)),
                 int64_t(__float2uint_rz(p)),
                 __float2ll_rn(p),
                 __float2ll_rz(p),
                 int64_t(__float2ull_rz(p)),
                 int64_t(__float2ull_ru(p)),
                 __double2int_rn(q),
                 __double2int_rz(q),
                 __double2int_rd(q),
                 int64_t(__double2uint_ru(q)),
                 __double2ll_rn(q),
                 __double2ll_rd(q),
                 int64_t(__double2ull_rz(q)),
                 0,
                 0};
  short h;
  CONVERT(h, "cvt.rzi.s16.f32", "=h", "f", p);
  r[17] = h;
  int e;
  CONVERT(e, "cvt.rni.s8.f32", "=r", "f", p);
  r[18] = e;
  for (int j = 0; j < 19; ++j)
    y[j * n + i] = r[j];
}

// Between floats; the results' bits.
extern "C" __global__ void convert_floats(const double *a, uint64_t *y, int n) {
  INDEX;
  double w = a[i];
  float p = w, v;
  uint16_t h;
  uint32_t x;
  uint64_t r[24] = {__float_as_uint(__double2float_rn(w)),
                    __float_as_uint(__double2float_rz(w)),
                    __float_as_uint(__double2float_rd(w)),
                    __float_as_uint(__double2float_ru(w)),
                    uint64_t(__double_as_longlong(double(p))),
                    __half_as_ushort(__float2half_rn(p)),
                    __half_as_ushort(__float2half_rz(p)),
                    __half_as_ushort(__float2half_rd(p)),
                    __half_as_ushort(__float2half_ru(p)),
                    __half_as_ushort(__double2half(w)),
                    __bfloat16_as_ushort(__float2bfloat16_rn(p)),
                    __bfloat16_as_ushort(__float2bfloat16_rz(p)),
                    __bfloat16_as_ushort(__double2bfloat16(w))};
  r[13] = __float_as_uint(__half2float(__float2half_rn(p)));
  r[14] = __float_as_uint(__bfloat162float(__float2bfloat16_rn(p)));
  CONVERT(x, "cvt.rna.tf32.f32", "=r", "f", p);
  r[15] = x & 0xffffe000;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(x) : "f"(p), "f"(-2 * p));
  r[16] = x;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(x) : "f"(p), "f"(-2 * p));
  r[17] = x;
  asm("cvt.rz.f16x2.f32 %0, %1, %2;" : "=r"(x) : "f"(p), "f"(-2 * p));
  r[18] = x;
  asm("cvt.rn.relu.bf16x2.f32 %0, %1, %2;" : "=r"(x) : "f"(p), "f"(-2 * p));
  r[19] = x;
  CONVERT(h, "cvt.rn.relu.f16.f32", "=h", "f", p);
  r[20] = h;
  CONVERT(v, "cvt.sat.f32.f32", "=f", "f", p);
  r[21] = __float_as_uint(v);
  CONVERT(v, "cvt.rni.f32.f32", "=f", "f", p);
  r[22] = __float_as_uint(v);
  CONVERT(v, "cvt.rpi.f32.f32", "=f", "f", p);
  r[23] = __float_as_uint(v);
  for (int j = 0; j < 24; ++j)
    y[j * n + i] = r[j];
}

#if __CUDA_ARCH__ >= 890
// Bytes of fp8: both formats there and back.
extern "C" __global__ void convert_fp8(const float *a, const float *b,
                                       uint32_t *y, int n) {
  INDEX;
  float p = a[i], q = b[i];
  uint16_t h[5];
  uint32_t r[8];
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(h[0]) : "f"(p), "f"(q));
  asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;" : "=h"(h[1]) : "f"(p), "f"(q));
  asm("cvt.rn.satfinite.relu.e4m3x2.f32 %0, %1, %2;"
      : "=h"(h[2])
      : "f"(p), "f"(q));
  CONVERT(r[3], "cvt.rn.f16x2.e4m3x2", "=r", "h", h[0]);
  CONVERT(r[4], "cvt.rn.f16x2.e5m2x2", "=r", "h", h[1]);
  CONVERT(h[3], "cvt.rn.satfinite.e4m3x2.f16x2", "=h", "r", r[4]);
  CONVERT(h[4], "cvt.rn.satfinite.e5m2x2.f16x2", "=h", "r", r[3]);
  CONVERT(r[7], "cvt.rn.relu.f16x2.e5m2x2", "=r", "h", h[1]);
  r[0] = h[0], r[1] = h[1], r[2] = h[2], r[5] = h[3], r[6] = h[4];
  for (int j = 0; j < 8; ++j)
    y[j * n + i] = r[j];
}
#endif

// The 256 codes of each fp8 format, widened.
#if __CUDA_ARCH__ >= 890
extern "C" __global__ void widen_fp8(uint32_t *y) {
  uint16_t h = threadIdx.x * 0x0101;
  uint32_t e4m3, e5m2;
  CONVERT(e4m3, "cvt.rn.f16x2.e4m3x2", "=r", "h", h);
  CONVERT(e5m2, "cvt.rn.f16x2.e5m2x2", "=r", "h", h);
  y[threadIdx.x] = e4m3;
  y[256 + threadIdx.x] = e5m2;
}
#endif
