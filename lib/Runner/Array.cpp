// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element access of arrays, with the conversions of the 16-bit formats.

#include "attn/Runner/Array.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

using namespace llvm;
using namespace mlir::attn;

bool mlir::attn::isFloat(ElementKind kind) {
  return kind == ElementKind::F16 || kind == ElementKind::BF16 ||
         kind == ElementKind::F32 || kind == ElementKind::F64;
}

std::pair<int64_t, int64_t> mlir::attn::getIntegerRange(ElementKind kind) {
  assert(!isFloat(kind) && "expected an integer kind");
  if (kind == ElementKind::I1)
    return {0, 1};
  unsigned bits = 8 * getElementBytes(kind);
  return {minIntN(bits), maxIntN(bits)};
}

Expected<int64_t> mlir::attn::countElements(ElementKind kind,
                                            ArrayRef<int64_t> shape) {
  int64_t bytes = getElementBytes(kind);
  bool empty = false;
  for (auto [axis, size] : enumerate(shape)) {
    if (size < 0)
      return createStringError("size of axis " + Twine(axis) +
                               ": expected at least 0, found " + Twine(size));
    // A zero is left out: strides are products of the other sizes.
    if (size == 0)
      empty = true;
    else if (MulOverflow(bytes, size, bytes))
      return createStringError("size of array: expected at most " +
                               Twine(std::numeric_limits<int64_t>::max()) +
                               " bytes, found more");
  }
  return empty ? 0 : bytes / getElementBytes(kind);
}

Expected<Array> Array::create(ElementKind kind, ArrayRef<int64_t> shape) {
  Expected<int64_t> count = countElements(kind, shape);
  if (!count)
    return count.takeError();
  constexpr size_t alignment = 64;
  size_t size = *count * getElementBytes(kind);
  void *memory = nullptr;
  if (posix_memalign(&memory, alignment, std::max(size, alignment)) != 0)
    return createStringError("not enough memory for an array of " +
                             Twine(size) + " bytes");
  std::memset(memory, 0, size);
  return Array(kind, shape, Bytes(static_cast<uint8_t *>(memory)));
}

int64_t Array::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

//===----------------------------------------------------------------------===//
// Element access
//===----------------------------------------------------------------------===//

namespace {

/// A 16-bit IEEE-like format: a sign, `exponentBits`, and `mantissaBits`.
struct SmallFormat {
  int exponentBits;
  int mantissaBits;

  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  int maxExponent() const { return (1 << exponentBits) - 1; }
};

constexpr SmallFormat f16Format{5, 10};
constexpr SmallFormat bf16Format{8, 7};

} // namespace

/// Returns the number that `bits` stands for in `format`.
static double decode(uint16_t bits, SmallFormat format) {
  int exponent = (bits >> format.mantissaBits) & format.maxExponent();
  int mantissa = bits & ((1 << format.mantissaBits) - 1);
  uint64_t sign = uint64_t(bits >> 15) << 63;
  // Denormals are multiples of the smallest one.
  if (exponent == 0) {
    double magnitude =
        std::ldexp(double(mantissa), 1 - format.bias() - format.mantissaBits);
    return sign ? -magnitude : magnitude;
  }
  uint64_t wideExponent = exponent == format.maxExponent()
                              ? 0x7ff
                              : uint64_t(exponent - format.bias() + 1023);
  uint64_t wideMantissa = uint64_t(mantissa) << (52 - format.mantissaBits);
  return bit_cast<double>(sign | wideExponent << 52 | wideMantissa);
}

/// Returns `value` rounded to `format`, ties to even.
static uint16_t encode(double value, SmallFormat format) {
  uint64_t bits = bit_cast<uint64_t>(value);
  uint16_t sign = uint16_t(bits >> 63 << 15);
  uint16_t infinity = uint16_t(format.maxExponent() << format.mantissaBits);
  if (std::isnan(value))
    return sign | infinity | uint16_t(1 << (format.mantissaBits - 1));

  int exponent = int(bits >> 52 & 0x7ff) - 1023 + format.bias();
  if (exponent >= format.maxExponent())
    return sign | infinity;

  // A denormal result keeps fewer bits of the significand: shift it further.
  uint64_t significand = (bits & maskTrailingOnes<uint64_t>(52)) | 1ull << 52;
  int shift = 52 - format.mantissaBits + (exponent > 0 ? 0 : 1 - exponent);
  if (shift > 53)
    return sign;
  uint64_t kept = significand >> shift;
  uint64_t rest = significand & maskTrailingOnes<uint64_t>(shift);
  uint64_t half = 1ull << (shift - 1);
  if (rest > half || (rest == half && (kept & 1)))
    ++kept;

  // The leading bit of a normal significand adds one to the exponent field, and
  // so does a carry out of the mantissa: up to infinity, or out of denormals.
  uint64_t field = exponent > 0 ? exponent - 1 : 0;
  return sign | uint16_t((field << format.mantissaBits) + kept);
}

/// Returns element `index` of the array of T at `data`.
template <typename T>
static T load(const uint8_t *data, int64_t index) {
  T value;
  std::memcpy(&value, data + index * int64_t(sizeof(T)), sizeof(T));
  return value;
}

/// Sets element `index` of the array of T at `data`.
template <typename T>
static void store(uint8_t *data, int64_t index, T value) {
  std::memcpy(data + index * int64_t(sizeof(T)), &value, sizeof(T));
}

double Array::getDouble(int64_t index) const {
  assert(index >= 0 && index < getNumElements() && "index out of range");
  switch (kind) {
  case ElementKind::F16:
    return decode(load<uint16_t>(data(), index), f16Format);
  case ElementKind::BF16:
    return decode(load<uint16_t>(data(), index), bf16Format);
  case ElementKind::F32:
    return load<float>(data(), index);
  case ElementKind::F64:
    return load<double>(data(), index);
  default:
    return double(getInt(index));
  }
}

int64_t Array::getInt(int64_t index) const {
  assert(index >= 0 && index < getNumElements() && "index out of range");
  switch (kind) {
  case ElementKind::I1:
    return load<uint8_t>(data(), index) != 0;
  case ElementKind::I8:
    return load<int8_t>(data(), index);
  case ElementKind::I16:
    return load<int16_t>(data(), index);
  case ElementKind::I32:
    return load<int32_t>(data(), index);
  case ElementKind::I64:
    return load<int64_t>(data(), index);
  default:
    llvm_unreachable("expected an integer array");
  }
}

void Array::setDouble(int64_t index, double value) {
  assert(index >= 0 && index < getNumElements() && "index out of range");
  switch (kind) {
  case ElementKind::F16:
    return store(data(), index, encode(value, f16Format));
  case ElementKind::BF16:
    return store(data(), index, encode(value, bf16Format));
  case ElementKind::F32:
    return store(data(), index, float(value));
  case ElementKind::F64:
    return store(data(), index, value);
  default:
    llvm_unreachable("expected a floating-point array");
  }
}

void Array::setInt(int64_t index, int64_t value) {
  assert(index >= 0 && index < getNumElements() && "index out of range");
  assert(value >= getIntegerRange(kind).first &&
         value <= getIntegerRange(kind).second && "value out of range");
  switch (kind) {
  case ElementKind::I1:
  case ElementKind::I8:
    return store(data(), index, int8_t(value));
  case ElementKind::I16:
    return store(data(), index, int16_t(value));
  case ElementKind::I32:
    return store(data(), index, int32_t(value));
  case ElementKind::I64:
    return store(data(), index, value);
  default:
    llvm_unreachable("expected an integer array");
  }
}

void Array::fillWithNaN() {
  int64_t count = getNumElements();
  if (isFloat(kind)) {
    for (int64_t i = 0; i < count; ++i)
      setDouble(i, std::numeric_limits<double>::quiet_NaN());
    return;
  }
  int64_t mark = kind == ElementKind::I1 ? 1 : getIntegerRange(kind).first;
  for (int64_t i = 0; i < count; ++i)
    setInt(i, mark);
}
