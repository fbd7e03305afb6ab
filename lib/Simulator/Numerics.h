// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Floating-point arithmetic as PTX defines it: conversion between formats in
// all rounding modes, sums and products that are rounded once, flushing of
// subnormal numbers, canonical NaNs.
//
// The functions are written so that loops over lanes become vector code. They
// are internal to each file that includes them: files are compiled for several
// instruction sets, and the linker must not mix them.

#ifndef ATTN_SIMULATOR_NUMERICS_H
#define ATTN_SIMULATOR_NUMERICS_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define ATTN_SIM_NUMERIC __attribute__((always_inline)) static inline

namespace attn::sim {

template <typename To, typename From>
ATTN_SIM_NUMERIC To bitsAs(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  std::memcpy(&result, &value, sizeof(To));
  return result;
}

/// A binary floating-point format whose codes are held in `BitsType`.
template <typename BitsType, unsigned Exponent, unsigned Mantissa,
          bool HasInfinity = true>
struct FloatFormat {
  using Bits = BitsType;
  static constexpr unsigned exponentBits = Exponent;
  static constexpr unsigned mantissaBits = Mantissa;
  static constexpr int bias = (1 << (Exponent - 1)) - 1;
  static constexpr unsigned signShift = Exponent + Mantissa;
  static constexpr Bits sign = Bits(1) << signShift;
  static constexpr Bits hidden = Bits(1) << Mantissa;
  /// The first code that is no finite number.
  static constexpr Bits infinity = HasInfinity ? sign - hidden : sign - Bits(1);
  static constexpr Bits largest = infinity - 1;
  /// Numbers of smaller magnitude are subnormal.
  static constexpr Bits smallestNormal = hidden;
  /// Positive, with all mantissa bits set; of a double, the one that NVIDIA's
  /// headers name.
  static constexpr Bits nan =
      sizeof(Bits) == 8 ? Bits(0xfff8) << 48 : sign - Bits(1);
};

using Float64 = FloatFormat<uint64_t, 11, 52>;
using Float32 = FloatFormat<uint32_t, 8, 23>;
/// TF32 without the 13 low bits of its register.
using TFloat32 = FloatFormat<uint32_t, 8, 10>;
using Float16 = FloatFormat<uint32_t, 5, 10>;
using BFloat16 = FloatFormat<uint32_t, 8, 7>;
using FloatE4M3 = FloatFormat<uint32_t, 4, 3, false>;
using FloatE5M2 = FloatFormat<uint32_t, 5, 2>;

enum class Rounding : uint8_t {
  NearestEven,
  NearestAway,
  Zero,
  Down,
  Up,
};

/// Whether a magnitude is rounded up if `rest` of `2 * half` was cut off behind
/// `kept`.
template <Rounding R, typename Bits>
ATTN_SIM_NUMERIC bool roundsUp(Bits kept, Bits rest, Bits half, bool negative) {
  if constexpr (R == Rounding::NearestEven)
    return (rest > half) | ((rest == half) & bool(kept & 1));
  else if constexpr (R == Rounding::NearestAway)
    return rest >= half;
  else if constexpr (R == Rounding::Down)
    return negative & (rest != 0);
  else if constexpr (R == Rounding::Up)
    return !negative & (rest != 0);
  else
    return false;
}

/// Whether numbers that are too large become the largest one of the format
/// instead of an infinity.
template <Rounding R>
ATTN_SIM_NUMERIC bool staysFinite(bool negative) {
  if constexpr (R == Rounding::Zero)
    return true;
  else if constexpr (R == Rounding::Down)
    return !negative;
  else if constexpr (R == Rounding::Up)
    return negative;
  else
    return false;
}

/// Rounds a number of the format `From` to the narrower format `To`. With
/// `Saturate`, infinities too become the largest number.
template <typename To, typename From, Rounding R = Rounding::NearestEven,
          bool Saturate = false>
ATTN_SIM_NUMERIC typename To::Bits roundBits(typename From::Bits bits) {
  using Bits = typename From::Bits;
  using Signed = std::make_signed_t<Bits>;
  static_assert(From::mantissaBits > To::mantissaBits);
  constexpr Signed shift = From::mantissaBits - To::mantissaBits;
  // The exponent in From of the smallest normal number of To.
  constexpr Signed firstNormal = From::bias - To::bias + 1;

  bool negative = bits >> From::signShift & 1;
  Bits magnitude = bits & (From::sign - 1);
  Signed exponent = Signed(magnitude >> From::mantissaBits);
  Bits significand = magnitude & (From::hidden - 1);
  significand |= exponent ? From::hidden : Bits(0);
  exponent = exponent < 1 ? 1 : exponent;
  Signed below = firstNormal > exponent ? firstNormal - exponent : 0;
  Signed above = exponent > firstNormal ? exponent - firstNormal : 0;
  // One bit more than the significand has: all of it is below one half then.
  constexpr Signed all = From::mantissaBits + 2;
  Signed drop = shift + below < all ? shift + below : all;

  Bits kept = significand >> drop;
  Bits rest = significand & ((Bits(1) << drop) - 1);
  Bits half = Bits(1) << (drop - 1);
  kept += roundsUp<R, Bits>(kept, rest, half, negative);
  // The hidden bit of `kept` makes an exponent of 1.
  Bits code = kept + (Bits(above) << To::mantissaBits);

  bool finite =
      Saturate || (staysFinite<R>(negative) && magnitude != From::infinity);
  Bits limit = finite ? Bits(To::largest) : Bits(To::infinity);
  code = code >= Bits(To::infinity) ? limit : code;
  code |= negative ? Bits(To::sign) : Bits(0);
  code = magnitude > From::infinity ? Bits(To::nan) : code;
  return typename To::Bits(code);
}

template <typename To, Rounding R = Rounding::NearestEven,
          bool Saturate = false>
ATTN_SIM_NUMERIC typename To::Bits roundFloat(float value) {
  return roundBits<To, Float32, R, Saturate>(bitsAs<uint32_t>(value));
}

template <typename To, Rounding R = Rounding::NearestEven,
          bool Saturate = false>
ATTN_SIM_NUMERIC typename To::Bits roundDouble(double value) {
  return roundBits<To, Float64, R, Saturate>(bitsAs<uint64_t>(value));
}

/// Rounds a double to a float.
template <Rounding R>
ATTN_SIM_NUMERIC float toFloat(double value) {
  if constexpr (R == Rounding::NearestEven)
    return float(value);
  else
    return bitsAs<float>(roundDouble<Float32, R>(value));
}

/// The value of a code of a format of at most 16 bits.
template <typename From>
ATTN_SIM_NUMERIC float decodeFloat(uint32_t code) {
  uint32_t magnitude = code & (From::sign - 1);
  uint32_t sign = (code & From::sign) << (31 - From::signShift);
  float value = bitsAs<float>(magnitude << (23 - From::mantissaBits));
  // Rebiases the exponent, of subnormal numbers too.
  if constexpr (From::exponentBits != 8)
    value *= bitsAs<float>(uint32_t(2 * 127 - From::bias) << 23);
  uint32_t bits = bitsAs<uint32_t>(value);
  if constexpr (From::infinity != From::sign - 1)
    bits = magnitude == From::infinity ? Float32::infinity : bits;
  bits |= sign;
  bool isNan = From::infinity == From::sign - 1 ? magnitude == From::infinity
                                                : magnitude > From::infinity;
  return bitsAs<float>(isNan ? Float32::nan : bits);
}

/// The format of float and double.
template <typename T>
using FormatOf = std::conditional_t<sizeof(T) == 8, Float64, Float32>;
template <typename T>
using BitsOf = typename FormatOf<T>::Bits;

template <typename T>
ATTN_SIM_NUMERIC T canonicalNan() {
  return bitsAs<T>(FormatOf<T>::nan);
}

/// Makes NaNs the canonical one.
template <typename T>
ATTN_SIM_NUMERIC T canonical(T value) {
  return value != value ? canonicalNan<T>() : value;
}

/// Makes subnormal numbers zero and keeps their sign.
template <bool Ftz = true>
ATTN_SIM_NUMERIC float flush(float value) {
  if constexpr (!Ftz)
    return value;
  uint32_t bits = bitsAs<uint32_t>(value);
  bool isSubnormal = (bits & (Float32::sign - 1)) < Float32::smallestNormal;
  return bitsAs<float>(isSubnormal ? bits & Float32::sign : bits);
}

template <typename T>
ATTN_SIM_NUMERIC bool isNegative(T value) {
  return bitsAs<BitsOf<T>>(value) >> FormatOf<T>::signShift & 1;
}

template <typename T>
ATTN_SIM_NUMERIC T withoutSign(T value) {
  return bitsAs<T>(
      BitsOf<T>(bitsAs<BitsOf<T>>(value) & (FormatOf<T>::sign - 1)));
}

/// `magnitude` with the sign of `sign`.
template <typename T>
ATTN_SIM_NUMERIC T withSignOf(T magnitude, T sign) {
  BitsOf<T> mask = FormatOf<T>::sign - 1;
  return bitsAs<T>(BitsOf<T>((bitsAs<BitsOf<T>>(magnitude) & mask) |
                             (bitsAs<BitsOf<T>>(sign) & ~mask)));
}

/// `.sat`: to [+0, 1]; NaN becomes +0.
template <typename T>
ATTN_SIM_NUMERIC T saturate(T value) {
  T low = value > T(0) ? value : T(0);
  return low < T(1) ? low : T(1);
}

/// `.relu`: what is below +0 becomes +0.
template <typename T>
ATTN_SIM_NUMERIC T relu(T value) {
  return value <= T(0) ? T(0) : value;
}

/// The sum, rounded to odd: if it is inexact the last bit is set. Rounded again
/// to a format that is two bits shorter, it gives what one rounding gives.
template <typename T>
ATTN_SIM_NUMERIC T addToOdd(T a, T b) {
  using Bits = BitsOf<T>;
  T sum = a + b;
  T other = sum - a;
  T error = (a - (sum - other)) + (b - other);
  Bits bits = bitsAs<Bits>(sum);
  Bits step = (error > 0) == (sum > 0) ? Bits(1) : ~Bits(0);
  bool moves = ((error > 0) | (error < 0)) & !(bits & 1);
  return bitsAs<T>(moves ? bits + step : bits);
}

/// a + b, where both are numbers of 24 bits or products of two.
template <Rounding R>
ATTN_SIM_NUMERIC float addRounded(double a, double b) {
  double sum = addToOdd(a, b);
  // Zero as a sum of unlike numbers is negative when rounding down.
  if constexpr (R == Rounding::Down) {
    double zero = isNegative(a) || isNegative(b) ? -0.0 : 0.0;
    sum = sum == 0 ? zero : sum;
  }
  return toFloat<R>(sum);
}

/// An integer, given as magnitude and sign, rounded to `Precision` bits.
template <unsigned Precision, Rounding R>
ATTN_SIM_NUMERIC double roundInteger(uint64_t magnitude, bool negative) {
  unsigned width = 0;
  for (unsigned step = 32; step; step /= 2)
    width += magnitude >> (width + step) ? step : 0;
  unsigned drop = width >= Precision ? width + 1 - Precision : 0;
  uint64_t kept = magnitude >> drop;
  uint64_t rest = magnitude & ((uint64_t(1) << drop) - 1);
  uint64_t half = (uint64_t(1) << drop) >> 1;
  if (drop)
    kept += roundsUp<R, uint64_t>(kept, rest, half, negative);
  double scale = bitsAs<double>(uint64_t(Float64::bias + drop) << 52);
  double value = double(int64_t(kept)) * scale;
  return negative ? -value : value;
}

/// Maximum or minimum. -0 is less than +0. A NaN gives way to a number; with
/// `Nan`, it does not.
template <bool Max, bool Nan, typename T>
ATTN_SIM_NUMERIC T extremum(T a, T b) {
  bool isLess = (a < b) | ((a == b) & isNegative(a));
  T result = isLess == Max ? b : a;
  result = a != a ? (Nan ? canonicalNan<T>() : b) : result;
  result = b != b ? (Nan ? canonicalNan<T>() : a) : result;
  return canonical(result);
}

/// 2^x for |x| up to 1000 in about 40 bits.
ATTN_SIM_NUMERIC double exp2Double(double x) {
  // Adding it leaves an integer in the low bits.
  constexpr double kShifter = 0x1.8p52;
  x = x < -1000 ? -1000 : x > 1000 ? 1000 : x;
  double shifted = x + kShifter;
  double r = (x - (shifted - kShifter)) * 0x1.62e42fefa39efp-1;
  // The series of e^r, |r| < 0.35.
  double p = 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  uint64_t exponent = bitsAs<uint64_t>(shifted) << 52;
  return bitsAs<double>(bitsAs<uint64_t>(p) + exponent);
}

/// The binary logarithm of a positive normal number in about 40 bits.
ATTN_SIM_NUMERIC double log2Double(double x) {
  // x = 2^n m with m between sqrt(1/2) and sqrt(2).
  constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcd;
  uint64_t bits = bitsAs<uint64_t>(x) - kRootHalf;
  int32_t n = int32_t(int64_t(bits) >> 52);
  double m = bitsAs<double>((bits & (Float64::hidden - 1)) + kRootHalf);
  // log m = 2 artanh s, |s| < 0.172.
  double s = (m - 1) / (m + 1), q = s * s;
  double p = 1.0 / 15;
  p = p * q + 1.0 / 13;
  p = p * q + 1.0 / 11;
  p = p * q + 1.0 / 9;
  p = p * q + 1.0 / 7;
  p = p * q + 1.0 / 5;
  p = p * q + 1.0 / 3;
  p = p * q + 1.0;
  return n + s * p * 0x1.71547652b82fep1;
}

/// Operations on doubles that are rounded in other ways than to nearest.
enum class DoubleOperation : uint8_t { Add, Multiply, Fma, Divide, Sqrt };

/// Applies `operation` to `count` doubles, rounding towards zero, down or up.
void computeDirected(DoubleOperation operation, Rounding rounding,
                     unsigned count, const double *a, const double *b,
                     const double *c, double *result);

/// Functions of `count` floats, computed in double and not yet flushed.
enum class FloatFunction : uint8_t { Sine, Cosine, Tanh };
void computeFunction(FloatFunction function, unsigned count, const float *x,
                     float *result);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_NUMERICS_H
