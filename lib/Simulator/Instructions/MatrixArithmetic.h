// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arithmetic of matrix products: from the registers of a warp to matrices
// and back, and sums.

#ifndef ATTN_SIMULATOR_INSTRUCTIONS_MATRIXARITHMETIC_H
#define ATTN_SIMULATOR_INSTRUCTIONS_MATRIXARITHMETIC_H

#include "../MatrixLayout.h"
#include "../MatrixSums.h"
#include "../Numerics.h"

#include "attn/Simulator/Warp.h"

#include <algorithm>

#pragma STDC FP_CONTRACT OFF

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

/// The most elements of a matrix: 16 x 64 of 4 bits, 32 x 16.
constexpr unsigned kMatrixSize = 1024;
/// Columns that are computed together.
constexpr unsigned kColumns = 8;

template <typename T>
struct alignas(64) Matrix {
  T values[kMatrixSize];
};

//===----------------------------------------------------------------------===//
// Elements of floating-point matrices
//===----------------------------------------------------------------------===//

/// Floating-point elements of up to 32 bits; `Format` says what they mean.
template <typename FormatType, unsigned Bits>
struct FloatElement {
  using Format = FormatType;
  using Value = double;
  static constexpr unsigned bits = Bits;
  static constexpr unsigned perRegister = 32 / Bits;

  /// Element `i` of a register.
  ATTN_SIM_INLINE static float decode(uint32_t word, unsigned i) {
    constexpr uint32_t mask = uint32_t((uint64_t(1) << Bits) - 1);
    uint32_t code = word >> (i * (Bits & 31)) & mask;
    if constexpr (Format::exponentBits == 8) {
      // bf16 and f32 are parts of f32; the low bits of tf32 are ignored.
      constexpr uint32_t unused = (1u << (23 - Format::mantissaBits)) - 1;
      return bitsAs<float>(Bits == 16 ? code << 16 : code & ~unused);
    } else {
      return decodeFloat<Format>(code);
    }
  }

  /// The code of a sum that has been rounded to odd, or is exact.
  ATTN_SIM_INLINE static uint32_t encode(double value) {
    if constexpr (Bits == 32) {
      return bitsAs<uint32_t>(canonical(float(value)));
    } else {
      return roundDouble<Format>(value);
    }
  }
};

using ElementF16 = FloatElement<Float16, 16>;
using ElementBF16 = FloatElement<BFloat16, 16>;
using ElementTF32 = FloatElement<TFloat32, 32>;
using ElementF32 = FloatElement<Float32, 32>;

//===----------------------------------------------------------------------===//
// Fragments
//===----------------------------------------------------------------------===//

/// The largest and the smallest magnitude of numbers, as bits of f32; zeros do
/// not count for the smallest.
class MagnitudeRange {
public:
  MagnitudeRange() {
    high.fill(0);
    low.fill(~0u);
  }
  ATTN_SIM_INLINE void add(const Lanes<float> &values) {
    for (unsigned i = 0; i < kLanes; ++i) {
      uint32_t bits = bitsAs<uint32_t>(values[i]) & 0x7fffffff;
      high[i] = std::max(high[i], bits);
      low[i] = std::min(low[i], bits - 1);
    }
  }
  /// The exponent of the largest: all are below two to the next one.
  ATTN_SIM_INLINE int maxExponent() const {
    uint32_t result = 0;
    for (unsigned i = 0; i < kLanes; ++i)
      result = std::max(result, high[i]);
    return int(result >> 23) - 127;
  }
  /// The exponent of the smallest, at least that of normal numbers. Very large
  /// if there is none.
  ATTN_SIM_INLINE int minExponent() const {
    uint32_t result = ~0u;
    for (unsigned i = 0; i < kLanes; ++i)
      result = std::min(result, low[i]);
    return std::max(int((result + (result != ~0u)) >> 23), 1) - 127;
  }
  /// Whether an infinity or a NaN is among them.
  ATTN_SIM_INLINE bool hasSpecial() const { return maxExponent() == 128; }

private:
  Lanes<uint32_t> high, low;
};

/// Reads a fragment of floating-point elements.
template <typename Element>
ATTN_SIM_INLINE inline void
unpackFloats(const Warp &warp, const Slot *slots, const FragmentLayout &layout,
             Matrix<double> &matrix, MagnitudeRange &range) {
  constexpr unsigned perRegister = Element::perRegister;
  for (unsigned e = 0; e < layout.elements(); ++e) {
    const Row &row = warp.row(slots[e / perRegister]);
    const auto &positions = layout.positions[e];
    Lanes<float> values;
    for (unsigned i = 0; i < kLanes; ++i)
      values[i] = Element::decode(row.lane[i], e % perRegister);
    range.add(values);
    Lanes<double> wide;
    for (unsigned i = 0; i < kLanes; ++i)
      wide[i] = double(values[i]);
    for (unsigned i = 0; i < kLanes; ++i)
      matrix.values[positions[i]] = wide[i];
  }
}

//===----------------------------------------------------------------------===//
// Exact sums
//===----------------------------------------------------------------------===//

/// Adds a product to the sums of `Rows` rows and kColumns columns, in double.
template <unsigned Rows>
ATTN_SIM_INLINE inline void multiplyRows(const double *a, const double *b,
                                         double *c, const MatrixShape &shape) {
  double sums[Rows][kColumns];
  for (unsigned i = 0; i < Rows; ++i)
    for (unsigned j = 0; j < kColumns; ++j)
      sums[i][j] = c[i * shape.n + j];
  for (unsigned k = 0; k < shape.k; ++k)
    for (unsigned i = 0; i < Rows; ++i)
      for (unsigned j = 0; j < kColumns; ++j)
        sums[i][j] =
            std::fma(a[i * shape.k + k], b[k * shape.n + j], sums[i][j]);
  for (unsigned i = 0; i < Rows; ++i)
    for (unsigned j = 0; j < kColumns; ++j)
      c[i * shape.n + j] = sums[i][j];
}

/// The same for one row, exactly: c becomes the sum rounded to odd. Two doubles
/// hold the sum; where they do not suffice, an expansion of any length.
inline void multiplyRowExactly(const double *a, const double *b, double *c,
                               const MatrixShape &shape) {
  double sums[kColumns], errors[kColumns] = {}, lost[kColumns] = {};
  for (unsigned j = 0; j < kColumns; ++j)
    sums[j] = c[j];
  for (unsigned k = 0; k < shape.k; ++k)
    for (unsigned j = 0; j < kColumns; ++j) {
      double term = a[k] * b[k * shape.n + j];
      double sum = sums[j] + term, other = sum - sums[j];
      double error = (sums[j] - (sum - other)) + (term - other);
      sums[j] = sum;
      double next = errors[j] + error;
      other = next - errors[j];
      double rest = (errors[j] - (next - other)) + (error - other);
      errors[j] = next;
      lost[j] += std::fabs(rest);
    }
  for (unsigned j = 0; j < kColumns; ++j) {
    // Not true for NaN either.
    if (lost[j] == 0)
      c[j] = errors[j] == 0 ? sums[j] : addToOdd(sums[j], errors[j]);
    else
      c[j] = sumExactly(a, b + j, shape.n, shape.k, c[j]);
  }
}

/// Whether sums in double are exact, whatever their order: all terms are
/// multiples of one number, and 2^53 times that is more than their sum.
template <typename A, typename B, typename C>
ATTN_SIM_INLINE inline bool
areSumsExact(const MagnitudeRange &a, const MagnitudeRange &b,
             const MagnitudeRange &c, const MatrixShape &shape) {
  if (a.hasSpecial() || b.hasSpecial() || c.hasSpecial())
    return false;
  int unit = a.minExponent() + b.minExponent() -
             int(A::Format::mantissaBits + B::Format::mantissaBits);
  unit = std::min(unit, c.minExponent() - int(C::Format::mantissaBits));
  // Magnitudes are below 2^(exponent + 1); there are fewer than 2^7 products.
  int limit = a.maxExponent() + b.maxExponent() + 2 + 7;
  limit = std::max(limit, c.maxExponent() + 1) + 1;
  static_assert(kMatrixSize / 16 < 1 << 7);
  return limit - unit <= 53;
}

/// c += a * b; c is exact or rounded to odd.
inline void multiplyExactly(const double *a, const double *b, double *c,
                            const MatrixShape &shape, bool isEasy) {
  for (unsigned product = 0; product < shape.count; ++product) {
    for (unsigned n = 0; n < shape.n; n += kColumns)
      if (isEasy)
        for (unsigned m = 0; m < shape.m; m += 4)
          multiplyRows<4>(a + m * shape.k, b + n, c + m * shape.n + n, shape);
      else
        for (unsigned m = 0; m < shape.m; ++m)
          multiplyRowExactly(a + m * shape.k, b + n, c + m * shape.n + n,
                             shape);
    a += shape.m * shape.k;
    b += shape.k * shape.n;
    c += shape.m * shape.n;
  }
}

} // namespace
} // namespace attn::sim::ATTN_SIM_VARIANT

#endif // ATTN_SIMULATOR_INSTRUCTIONS_MATRIXARITHMETIC_H
