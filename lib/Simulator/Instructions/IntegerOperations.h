// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Integer instructions on one lane. PTX ISA, 9.7.1, 9.7.2 and 9.7.8.

#ifndef ATTN_SIMULATOR_INSTRUCTIONS_INTEGEROPERATIONS_H
#define ATTN_SIMULATOR_INSTRUCTIONS_INTEGEROPERATIONS_H

#include "Elementwise.h"

#include <limits>

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

/// Unsigned numbers of at least 32 bits: arithmetic on them cannot overflow
/// into what C++ leaves undefined.
template <typename T>
using Wrapping = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
template <typename T>
using UnsignedOf = std::make_unsigned_t<T>;
template <typename T>
constexpr unsigned kBits = 8 * sizeof(T);

/// The integer of twice the width.
template <typename T>
using Wide =
    std::conditional_t<std::is_signed_v<T>,
                       std::conditional_t<sizeof(T) == 2, int32_t, int64_t>,
                       std::conditional_t<sizeof(T) == 2, uint32_t, uint64_t>>;

template <typename T>
ATTN_SIM_INLINE inline T addWrapping(T a, T b) {
  return T(Wrapping<T>(a) + Wrapping<T>(b));
}
template <typename T>
ATTN_SIM_INLINE inline T subtractWrapping(T a, T b) {
  return T(Wrapping<T>(a) - Wrapping<T>(b));
}
template <typename T>
ATTN_SIM_INLINE inline T multiplyLow(T a, T b) {
  return T(Wrapping<T>(a) * Wrapping<T>(b));
}

/// The upper half of the product.
template <typename T>
ATTN_SIM_INLINE inline T multiplyHigh(T a, T b) {
  if constexpr (sizeof(T) < 8) {
    return T((Wide<T>(a) * Wide<T>(b)) >> kBits<T>);
  } else {
    uint64_t x = uint64_t(a), y = uint64_t(b);
    uint64_t xLow = uint32_t(x), xHigh = x >> 32;
    uint64_t yLow = uint32_t(y), yHigh = y >> 32;
    uint64_t middle = xHigh * yLow + (xLow * yLow >> 32);
    uint64_t other = xLow * yHigh + uint32_t(middle);
    uint64_t high = xHigh * yHigh + (middle >> 32) + (other >> 32);
    if constexpr (std::is_signed_v<T>)
      high -= (a < 0 ? y : 0) + (b < 0 ? x : 0);
    return T(high);
  }
}

template <typename T>
ATTN_SIM_INLINE inline T clampTo(int64_t value) {
  constexpr int64_t low = std::numeric_limits<T>::min();
  constexpr int64_t high = std::numeric_limits<T>::max();
  return T(value < low ? low : value > high ? high : value);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

template <typename T>
struct Add {
  ATTN_SIM_INLINE static T apply(T a, T b) { return addWrapping(a, b); }
};
template <typename T>
struct Subtract {
  ATTN_SIM_INLINE static T apply(T a, T b) { return subtractWrapping(a, b); }
};
struct AddSaturated {
  ATTN_SIM_INLINE static int32_t apply(int32_t a, int32_t b) {
    return clampTo<int32_t>(int64_t(a) + b);
  }
};
struct SubtractSaturated {
  ATTN_SIM_INLINE static int32_t apply(int32_t a, int32_t b) {
    return clampTo<int32_t>(int64_t(a) - b);
  }
};
template <typename T>
struct MultiplyLow {
  ATTN_SIM_INLINE static T apply(T a, T b) { return multiplyLow(a, b); }
};
template <typename T>
struct MultiplyHigh {
  ATTN_SIM_INLINE static T apply(T a, T b) { return multiplyHigh(a, b); }
};
template <typename T>
struct MultiplyWide {
  ATTN_SIM_INLINE static Wide<T> apply(T a, T b) {
    return multiplyLow<Wide<T>>(a, b);
  }
};
template <typename T>
struct MultiplyAddLow {
  ATTN_SIM_INLINE static T apply(T a, T b, T c) {
    return addWrapping(multiplyLow(a, b), c);
  }
};
template <typename T>
struct MultiplyAddHigh {
  ATTN_SIM_INLINE static T apply(T a, T b, T c) {
    return addWrapping(multiplyHigh(a, b), c);
  }
};
template <typename T>
struct MultiplyAddWide {
  ATTN_SIM_INLINE static Wide<T> apply(T a, T b, Wide<T> c) {
    return addWrapping(multiplyLow<Wide<T>>(a, b), c);
  }
};
struct MultiplyAddHighSaturated {
  ATTN_SIM_INLINE static int32_t apply(int32_t a, int32_t b, int32_t c) {
    return clampTo<int32_t>(int64_t(multiplyHigh(a, b)) + c);
  }
};

/// The product of the low 24 bits, 48 bits wide.
template <typename T>
ATTN_SIM_INLINE inline Wide<T> multiply24(T a, T b) {
  return Wide<T>(T(uint32_t(a) << 8) >> 8) * Wide<T>(T(uint32_t(b) << 8) >> 8);
}
template <typename T, bool High>
struct Multiply24 {
  ATTN_SIM_INLINE static T apply(T a, T b) {
    return T(multiply24(a, b) >> (High ? 16 : 0));
  }
};
template <typename T, bool High>
struct MultiplyAdd24 {
  ATTN_SIM_INLINE static T apply(T a, T b, T c) {
    return addWrapping(Multiply24<T, High>::apply(a, b), c);
  }
};
struct MultiplyAdd24HighSaturated {
  ATTN_SIM_INLINE static int32_t apply(int32_t a, int32_t b, int32_t c) {
    return clampTo<int32_t>(int64_t(Multiply24<int32_t, true>::apply(a, b)) +
                            c);
  }
};

template <typename T>
struct SumOfDifference {
  ATTN_SIM_INLINE static T apply(T a, T b, T c) {
    T difference = a < b ? subtractWrapping(b, a) : subtractWrapping(a, b);
    return addWrapping(c, difference);
  }
};
template <typename T>
struct Negate {
  ATTN_SIM_INLINE static T apply(T a) { return subtractWrapping(T(0), a); }
};
template <typename T>
struct Absolute {
  ATTN_SIM_INLINE static T apply(T a) {
    return a < 0 ? subtractWrapping(T(0), a) : a;
  }
};
template <typename T>
struct Minimum {
  ATTN_SIM_INLINE static T apply(T a, T b) { return a < b ? a : b; }
};
template <typename T>
struct Maximum {
  ATTN_SIM_INLINE static T apply(T a, T b) { return a < b ? b : a; }
};
/// Applies `F` and makes negative results zero.
template <typename F, typename T>
struct WithRelu {
  ATTN_SIM_INLINE static T apply(T a, T b) {
    T result = F::apply(a, b);
    return result < 0 ? T(0) : result;
  }
};
/// Quotient and remainder. Division by zero has no defined result.
template <typename T, bool Remainder>
struct Divide {
  ATTN_SIM_INLINE static T apply(T a, T b) {
    if (b == 0)
      return T(~UnsignedOf<T>(0));
    // The smallest number divided by -1 does not fit.
    if (std::is_signed_v<T> && b == T(-1))
      return Remainder ? T(0) : subtractWrapping(T(0), a);
    return T(Remainder ? a % b : a / b);
  }
};

/// `F` on both halves of 32 bits.
template <typename F, typename T>
struct Packed {
  ATTN_SIM_INLINE static uint32_t half(uint32_t a, uint32_t b) {
    return uint16_t(F::apply(T(a), T(b)));
  }
  static constexpr unsigned sources = 2;
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b) {
    return half(a, b);
  }
};

/// c plus four products of bytes.
template <bool SignedA, bool SignedB>
struct DotBytes {
  template <bool Signed>
  ATTN_SIM_INLINE static int32_t byte(uint32_t word, unsigned i) {
    return Signed ? int32_t(int8_t(word >> 8 * i))
                  : int32_t(uint8_t(word >> 8 * i));
  }
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    for (unsigned i = 0; i < 4; ++i)
      c += uint32_t(byte<SignedA>(a, i) * byte<SignedB>(b, i));
    return c;
  }
};

/// c plus two products of halves of a and the low or high two bytes of b.
template <bool SignedA, bool SignedB, bool High>
struct DotHalves {
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    for (unsigned i = 0; i < 2; ++i) {
      uint32_t half = SignedA ? uint32_t(int16_t(a >> 16 * i))
                              : uint32_t(uint16_t(a >> 16 * i));
      uint32_t byte = b >> (8 * i + (High ? 16 : 0));
      byte = SignedB ? uint32_t(int8_t(byte)) : uint32_t(uint8_t(byte));
      c += half * byte;
    }
    return c;
  }
};

//===----------------------------------------------------------------------===//
// Bits
//===----------------------------------------------------------------------===//

template <typename T>
ATTN_SIM_INLINE inline T shiftLeft(T a, uint32_t count) {
  T shifted = T(Wrapping<T>(a) << (count & (kBits<T> - 1)));
  return count < kBits<T> ? shifted : T(0);
}
/// Shifts in copies of the sign if T is signed.
template <typename T>
ATTN_SIM_INLINE inline T shiftRight(T a, uint32_t count) {
  count = count < kBits<T> ? count : kBits<T>;
  T most = T(a >> (kBits<T> - 1));
  T shifted = T(a >> (count & (kBits<T> - 1)));
  return count < kBits<T> ? shifted : std::is_signed_v<T> ? most : T(0);
}

/// Shifts the pair (b, a) and returns one word of it.
template <bool Left, bool Wrap>
struct FunnelShift {
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b,
                                        uint32_t count) {
    count = Wrap ? count & 31 : count < 32 ? count : 32;
    uint64_t pair = uint64_t(b) << 32 | a;
    return Left ? uint32_t((pair << count) >> 32) : uint32_t(pair >> count);
  }
};

template <typename T>
struct CountOnes {
  ATTN_SIM_INLINE static uint32_t apply(T a) {
    uint64_t x = UnsignedOf<T>(a);
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return uint32_t(x * 0x0101010101010101 >> 56);
  }
};

/// The number of bits up to the highest one.
template <typename T>
ATTN_SIM_INLINE inline uint32_t getWidth(T a) {
  UnsignedOf<T> x = UnsignedOf<T>(a);
  uint32_t width = 0;
  for (unsigned step = kBits<T> / 2; step; step /= 2) {
    bool above = x >> step;
    width += above ? step : 0;
    x = above ? x >> step : x;
  }
  return width + uint32_t(x);
}
template <typename T>
struct CountLeadingZeros {
  ATTN_SIM_INLINE static uint32_t apply(T a) { return kBits<T> - getWidth(a); }
};
/// The highest bit that differs from the sign; with `ShiftAmount`, how far it
/// is from the top.
template <typename T, bool ShiftAmount>
struct FindHighest {
  ATTN_SIM_INLINE static uint32_t apply(T a) {
    uint32_t width = getWidth<T>(a < T(0) ? T(~a) : a);
    uint32_t found = ShiftAmount ? kBits<T> - width : width - 1;
    return width ? found : ~0u;
  }
};
template <typename T>
struct ReverseBits {
  ATTN_SIM_INLINE static T apply(T a) {
    uint64_t x = UnsignedOf<T>(a);
    x = (x & 0x5555555555555555) << 1 | (x >> 1 & 0x5555555555555555);
    x = (x & 0x3333333333333333) << 2 | (x >> 2 & 0x3333333333333333);
    x = (x & 0x0f0f0f0f0f0f0f0f) << 4 | (x >> 4 & 0x0f0f0f0f0f0f0f0f);
    x = (x & 0x00ff00ff00ff00ff) << 8 | (x >> 8 & 0x00ff00ff00ff00ff);
    x = (x & 0x0000ffff0000ffff) << 16 | (x >> 16 & 0x0000ffff0000ffff);
    x = x << 32 | x >> 32;
    return T(x >> (64 - kBits<T>));
  }
};

/// A field of `length` bits from `position` on, with the sign of its highest
/// bit.
template <typename T>
struct ExtractField {
  ATTN_SIM_INLINE static T apply(T a, uint32_t position, uint32_t length) {
    using U = UnsignedOf<T>;
    constexpr uint32_t top = kBits<T> - 1;
    position &= 0xff;
    length &= 0xff;
    uint32_t last = position + length - 1;
    last = last < top ? last : top;
    bool sign = std::is_signed_v<T> && length && (U(a) >> last & 1);
    U mask = U(shiftLeft<U>(1, length) - 1);
    U field = U(shiftRight<U>(U(a), position) & mask);
    // Bits beyond the top of `a` count as the sign.
    U valid = U(mask & shiftRight<U>(U(~U(0)), position));
    return T(sign ? (field & valid) | U(~valid) : field);
  }
};
/// b with its field replaced by the low bits of a.
template <typename T>
struct InsertField {
  ATTN_SIM_INLINE static T apply(T a, T b, uint32_t position, uint32_t length) {
    position &= 0xff;
    length &= 0xff;
    T mask = shiftLeft<T>(T(shiftLeft<T>(1, length) - 1), position);
    return T((b & ~mask) | (shiftLeft(a, position) & mask));
  }
};
/// Extends the number in the low `count` bits of a.
template <typename T, bool Wrap>
struct ExtendField {
  ATTN_SIM_INLINE static T apply(T a, uint32_t count) {
    count = Wrap ? count & 31 : count < 32 ? count : 32;
    return shiftRight<T>(shiftLeft<T>(a, 32 - count), 32 - count);
  }
};
/// `width` ones from bit `position` on.
template <bool Wrap>
struct MakeMask {
  ATTN_SIM_INLINE static uint32_t apply(uint32_t position, uint32_t width) {
    position = Wrap ? position & 31 : position;
    width = Wrap ? width & 31 : width;
    uint32_t ones = uint32_t(shiftLeft<uint32_t>(1, width) - 1);
    return shiftLeft(ones, position);
  }
};
/// The position of the `|offset|`-th one of `mask` from `base` on, upwards or
/// downwards.
struct FindNthSet {
  static uint32_t apply(uint32_t mask, uint32_t base, int32_t offset) {
    int32_t position = int32_t(base & 31);
    if (offset == 0)
      return mask >> position & 1 ? uint32_t(position) : ~0u;
    int64_t count = offset < 0 ? -int64_t(offset) : offset;
    for (; position >= 0 && position < 32; position += offset < 0 ? -1 : 1)
      if (mask >> position & 1 && --count == 0)
        return uint32_t(position);
    return ~0u;
  }
};

} // namespace
} // namespace attn::sim::ATTN_SIM_VARIANT

#endif // ATTN_SIMULATOR_INSTRUCTIONS_INTEGEROPERATIONS_H
