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

using ElementE4M3 = FloatElement<FloatE4M3, 8>;
using ElementE5M2 = FloatElement<FloatE5M2, 8>;
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

/// Puts the elements of a fragment in their places. One after the other:
/// instructions that scatter are slower.
template <typename T>
ATTN_SIM_INLINE inline void
scatter(const Lanes<T> &values, const std::array<uint16_t, kLanes> &positions,
        T *matrix) {
#pragma clang loop vectorize(disable) unroll(full)
  for (unsigned i = 0; i < kLanes; ++i)
    matrix[positions[i]] = values[i];
}

template <typename T>
ATTN_SIM_INLINE inline void
collect(const T *matrix, const std::array<uint16_t, kLanes> &positions,
        Lanes<T> &values) {
#pragma clang loop vectorize(disable) unroll(full)
  for (unsigned i = 0; i < kLanes; ++i)
    values[i] = matrix[positions[i]];
}

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
    scatter(wide, positions, matrix.values);
  }
}

//===----------------------------------------------------------------------===//
// Exact sums
//===----------------------------------------------------------------------===//

/// kColumns doubles, as one vector of the compiler.
typedef double Columns __attribute__((vector_size(kColumns * sizeof(double))));

ATTN_SIM_INLINE inline Columns loadColumns(const double *from) {
  Columns result;
  std::memcpy(&result, from, sizeof(result));
  return result;
}

ATTN_SIM_INLINE inline void storeColumns(double *to, const Columns &columns) {
  std::memcpy(to, &columns, sizeof(columns));
}

/// Adds a product to the sums of `Rows` rows and kColumns columns, in double.
template <unsigned Rows>
ATTN_SIM_INLINE inline void multiplyRows(const double *a, const double *b,
                                         double *c, const MatrixShape &shape) {
  Columns sums[Rows];
  for (unsigned i = 0; i < Rows; ++i)
    sums[i] = loadColumns(c + i * shape.n);
  for (unsigned k = 0; k < shape.k; ++k) {
    Columns row = loadColumns(b + k * shape.n);
    for (unsigned i = 0; i < Rows; ++i)
      for (unsigned j = 0; j < kColumns; ++j)
        sums[i][j] = std::fma(a[i * shape.k + k], row[j], sums[i][j]);
  }
  for (unsigned i = 0; i < Rows; ++i)
    storeColumns(c + i * shape.n, sums[i]);
}

/// The same for `Rows` rows, exactly: c becomes the sum rounded to odd. Two
/// doubles hold a sum; where they do not suffice, an expansion of any length.
template <unsigned Rows>
ATTN_SIM_INLINE inline void multiplyRowsExactly(const double *a,
                                                const double *b, double *c,
                                                const MatrixShape &shape) {
  using Mask = decltype(Columns{} != Columns{});
  Columns sums[Rows], errors[Rows] = {};
  Mask areLost[Rows] = {};
  for (unsigned i = 0; i < Rows; ++i)
    sums[i] = loadColumns(c + i * shape.n);
  for (unsigned k = 0; k < shape.k; ++k) {
    Columns row = loadColumns(b + k * shape.n);
    for (unsigned i = 0; i < Rows; ++i) {
      Columns term = a[i * shape.k + k] * row;
      Columns sum = sums[i] + term, other = sum - sums[i];
      Columns error = (sums[i] - (sum - other)) + (term - other);
      sums[i] = sum;
      Columns next = errors[i] + error;
      other = next - errors[i];
      // Not zero for NaN either.
      areLost[i] |= (errors[i] - (next - other)) + (error - other) != 0.0;
      errors[i] = next;
    }
  }
  for (unsigned i = 0; i < Rows; ++i)
    for (unsigned j = 0; j < kColumns; ++j) {
      double &result = c[i * shape.n + j];
      if (areLost[i][j])
        result = sumExactly(a + i * shape.k, b + j, shape.n, shape.k, result);
      else
        result =
            errors[i][j] == 0 ? sums[i][j] : addToOdd(sums[i][j], errors[i][j]);
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

/// Calls `function` with the first elements of a, b and c of each product.
template <typename T, typename S, typename Function>
ATTN_SIM_INLINE inline void forEachProduct(const T *a, const T *b, S *c,
                                           const MatrixShape &shape,
                                           Function function) {
  for (unsigned product = 0; product < shape.count; ++product) {
    function(a, b, c);
    a += shape.m * shape.k;
    b += shape.k * shape.n;
    c += shape.m * shape.n;
  }
}

/// c += a * b; c is exact or rounded to odd.
inline void multiplyExactly(const double *a, const double *b, double *c,
                            const MatrixShape &shape, bool isEasy) {
  for (unsigned n = 0; n < shape.n; n += kColumns)
    if (isEasy)
      for (unsigned m = 0; m < shape.m; m += 8)
        multiplyRows<8>(a + m * shape.k, b + n, c + m * shape.n + n, shape);
    else
      for (unsigned m = 0; m < shape.m; m += 2)
        multiplyRowsExactly<2>(a + m * shape.k, b + n, c + m * shape.n + n,
                               shape);
}

//===----------------------------------------------------------------------===//
// Sums of matrix units
//===----------------------------------------------------------------------===//

typedef int64_t ColumnBits __attribute__((vector_size(kColumns * 8)));

/// The exponents that a matrix unit gives numbers: those of their format, so
/// subnormal numbers have the least one. Zeros do not count.
template <typename Element>
ATTN_SIM_INLINE inline ColumnBits getExponents(const double *values) {
  ColumnBits bits;
  std::memcpy(&bits, values, sizeof(bits));
  ColumnBits magnitude = bits & int64_t(Float64::sign - 1);
  ColumnBits exponent = (magnitude >> 52) - int64_t(Float64::bias);
  constexpr int64_t least = 1 - Element::Format::bias;
  exponent = exponent < least ? exponent * 0 + least : exponent;
  return magnitude == 0 ? exponent * 0 - 10000 : exponent;
}

/// Two to the power of `exponents`, which doubles can hold.
ATTN_SIM_INLINE inline Columns powersOfTwo(ColumnBits exponents) {
  ColumnBits bits = (exponents + int64_t(Float64::bias)) << 52;
  Columns result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

/// The sum of a block, `sum` times a power of two, as it leaves the unit.
template <typename D>
ATTN_SIM_INLINE inline double finishBlock(double sum, double plain) {
  // Infinities and NaNs pass through.
  if (!(std::fabs(plain) <= 0x1p1000))
    return plain;
  if constexpr (D::bits == 16)
    return double(D::decode(roundDouble<typename D::Format>(sum), 0));
  if (std::fabs(sum) >= 0x1p128)
    return sum < 0 ? -HUGE_VAL : HUGE_VAL;
  return double(toFloat<Rounding::Zero>(sum));
}

/// A block of products for kColumns elements of a row: factors, and their
/// exponents.
struct ProductBlock {
  const double *a, *b;
  const int64_t *exponentsOfA, *exponentsOfB;
  unsigned columns, length;
};

/// Adds a block of products to elements with these exponents.
template <typename D>
ATTN_SIM_INLINE inline void addBlock(const ProductBlock &block, double *c,
                                     ColumnBits largest, int fractionBits) {
  for (unsigned k = 0; k < block.length; ++k) {
    ColumnBits exponents;
    std::memcpy(&exponents, block.exponentsOfB + k * block.columns,
                sizeof(exponents));
    exponents += block.exponentsOfA[k];
    largest = exponents > largest ? exponents : largest;
  }
  // Only zeros are smaller.
  largest = largest < -700 ? largest * 0 - 700 : largest;
  Columns scale = powersOfTwo(fractionBits - largest);
  Columns plain = loadColumns(c), sums = plain * scale;
  for (unsigned j = 0; j < kColumns; ++j)
    sums[j] = std::trunc(sums[j]);
  for (unsigned k = 0; k < block.length; ++k) {
    Columns product = block.a[k] * loadColumns(block.b + k * block.columns);
    Columns term = product * scale;
    for (unsigned j = 0; j < kColumns; ++j)
      term[j] = std::trunc(term[j]);
    sums += term;
    plain += product;
  }
  sums *= powersOfTwo(largest - fractionBits);
  for (unsigned j = 0; j < kColumns; ++j)
    c[j] = finishBlock<D>(sums[j], plain[j]);
}

/// The exponents of `count` elements, a multiple of kColumns.
template <typename Element>
ATTN_SIM_INLINE inline void fillExponents(const double *values, unsigned count,
                                          Matrix<int64_t> &exponents) {
  for (unsigned i = 0; i < count; i += kColumns) {
    ColumnBits these = getExponents<Element>(values + i);
    std::memcpy(exponents.values + i, &these, sizeof(these));
  }
}

/// c += a * b as a matrix unit does it.
template <typename A, typename B, typename C, typename D>
void multiplyAsHardware(const double *a, const double *b, double *c,
                        const MatrixShape &shape, const SumModel &model) {
  Matrix<int64_t> exponentsOfA, exponentsOfB;
  fillExponents<A>(a, shape.m * shape.k, exponentsOfA);
  fillExponents<B>(b, shape.k * shape.n, exponentsOfB);
  unsigned length = std::min(model.block, shape.k);
  for (unsigned m = 0; m < shape.m; ++m)
    for (unsigned n = 0; n < shape.n; n += kColumns)
      for (unsigned k = 0; k < shape.k; k += length) {
        ProductBlock block = {a + m * shape.k + k,
                              b + k * shape.n + n,
                              exponentsOfA.values + m * shape.k + k,
                              exponentsOfB.values + k * shape.n + n,
                              shape.n,
                              length};
        double *sums = c + m * shape.n + n;
        addBlock<D>(block, sums,
                    k == 0 ? getExponents<C>(sums) : getExponents<D>(sums),
                    model.fractionBits);
      }
}

//===----------------------------------------------------------------------===//
// Double, integers, bits
//===----------------------------------------------------------------------===//

struct ElementF64 {
  static constexpr unsigned bits = 64;
  static constexpr unsigned perRegister = 1;
};

/// Integers; with `Bits` of 32, sums or words of single bits.
template <unsigned Bits, bool IsSigned>
struct IntegerElement {
  static constexpr unsigned bits = Bits;
  static constexpr unsigned perRegister = 32 / Bits;

  ATTN_SIM_INLINE static int32_t decode(uint32_t word, unsigned i) {
    uint32_t high = word << (32 - Bits - i * (Bits & 31));
    return IsSigned ? int32_t(high) >> (32 - Bits)
                    : int32_t(high >> (32 - Bits));
  }
};
using ElementS32 = IntegerElement<32, true>;

inline void unpackDoubles(const Warp &warp, const Slot *slots,
                          const FragmentLayout &layout,
                          Matrix<double> &matrix) {
  for (unsigned e = 0; e < layout.elements(); ++e) {
    Lanes<double> values = warp.read<double>(slots[e]);
    scatter(values, layout.positions[e], matrix.values);
  }
}

template <typename Element>
ATTN_SIM_INLINE inline void unpackIntegers(const Warp &warp, const Slot *slots,
                                           const FragmentLayout &layout,
                                           Matrix<int32_t> &matrix) {
  for (unsigned e = 0; e < layout.elements(); ++e) {
    const Row &row = warp.row(slots[e / Element::perRegister]);
    Lanes<int32_t> values;
    for (unsigned i = 0; i < kLanes; ++i)
      values[i] = Element::decode(row.lane[i], e % Element::perRegister);
    scatter(values, layout.positions[e], matrix.values);
  }
}

struct MultiplyElements {
  static int32_t apply(int32_t a, int32_t b) { return a * b; }
};
/// Bits that differ, and bits that are set in both.
struct CountXor {
  static int32_t apply(int32_t a, int32_t b) {
    return __builtin_popcount(uint32_t(a ^ b));
  }
};
struct CountAnd {
  static int32_t apply(int32_t a, int32_t b) {
    return __builtin_popcount(uint32_t(a & b));
  }
};

/// c += a * b; sums wrap, or saturate.
template <typename Multiply>
ATTN_SIM_INLINE inline void
multiplyIntegerMatrices(const int32_t *a, const int32_t *b, int32_t *c,
                        const MatrixShape &shape, bool saturates) {
  for (unsigned m = 0; m < shape.m; ++m)
    for (unsigned n = 0; n < shape.n; n += kColumns) {
      int32_t sums[kColumns] = {};
      for (unsigned k = 0; k < shape.k; ++k)
        for (unsigned j = 0; j < kColumns; ++j)
          sums[j] +=
              Multiply::apply(a[m * shape.k + k], b[k * shape.n + n + j]);
      for (unsigned j = 0; j < kColumns; ++j) {
        int32_t &result = c[m * shape.n + n + j];
        int64_t sum = int64_t(result) + sums[j];
        if (saturates)
          sum = std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN), INT32_MAX);
        result = int32_t(uint32_t(uint64_t(sum)));
      }
    }
}

/// c += a * b, by multiply-adds in the order of k.
inline void multiplyDoubleMatrices(const double *a, const double *b, double *c,
                                   const MatrixShape &shape,
                                   Rounding rounding) {
  if (rounding == Rounding::NearestEven) {
    for (unsigned n = 0; n < shape.n; n += kColumns)
      for (unsigned m = 0; m < shape.m; m += 8)
        multiplyRows<8>(a + m * shape.k, b + n, c + m * shape.n + n, shape);
    return;
  }
  for (unsigned m = 0; m < shape.m; ++m)
    for (unsigned k = 0; k < shape.k; ++k) {
      Matrix<double> factors;
      std::fill_n(factors.values, shape.n, a[m * shape.k + k]);
      computeDirected(DoubleOperation::Fma, rounding, shape.n, factors.values,
                      b + k * shape.n, c + m * shape.n, c + m * shape.n);
    }
}

} // namespace
} // namespace attn::sim::ATTN_SIM_VARIANT

#endif // ATTN_SIMULATOR_INSTRUCTIONS_MATRIXARITHMETIC_H
