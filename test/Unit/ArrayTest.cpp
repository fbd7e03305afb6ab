// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of arrays, random inputs and comparisons.

#include "attn/Runner/Array.h"
#include "Check.h"
#include "attn/Runner/Compare.h"
#include "attn/Runner/RandomInput.h"

#include "llvm/ADT/bit.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace llvm;
using namespace mlir::attn;

// Sanitizers otherwise end the process where malloc would return null.
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();

static constexpr ElementKind allKinds[] = {
    ElementKind::F16, ElementKind::BF16, ElementKind::F32,
    ElementKind::F64, ElementKind::I1,   ElementKind::I8,
    ElementKind::I16, ElementKind::I32,  ElementKind::I64};

/// Returns the sentence of a result, "" where there is none.
template <typename T>
static std::string failureOf(Expected<T> result) {
  return result ? "" : toString(result.takeError());
}

/// Returns an array of one axis with the given numbers.
static Array makeArray(ElementKind kind, ArrayRef<double> values) {
  Array array = cantFail(Array::create(kind, int64_t(values.size())));
  for (size_t i = 0; i < values.size(); ++i) {
    if (isFloat(kind))
      array.setDouble(i, values[i]);
    else
      array.setInt(i, int64_t(values[i]));
  }
  return array;
}

//===----------------------------------------------------------------------===//
// Array
//===----------------------------------------------------------------------===//

static void testCreate() {
  for (ElementKind kind : allKinds) {
    Array array = cantFail(Array::create(kind, {3, 5, 7}));
    CHECK_EQ(array.getNumElements(), 105);
    CHECK_EQ(array.getNumBytes(), 105 * getElementBytes(kind));
    CHECK_EQ(reinterpret_cast<uintptr_t>(array.data()) % 64, 0u);
    for (int64_t i = 0; i < 105; ++i)
      CHECK_EQ(array.getDouble(i), 0.0);
  }
  CHECK_EQ(cantFail(Array::create(ElementKind::F32, {})).getNumElements(), 1);
  Array empty = cantFail(Array::create(ElementKind::F32, {3, 0, 7}));
  CHECK_EQ(empty.getNumElements(), 0);
  CHECK(empty.data() != nullptr);
}

static void testCreateFailures() {
  CHECK_EQ(failureOf(Array::create(ElementKind::F32, {3, -5})),
           "size of axis 1: expected at least 0, found -5");
  std::string tooLarge = "size of array: expected at most "
                         "9223372036854775807 bytes, found more";
  int64_t large = int64_t(1) << 31;
  CHECK_EQ(failureOf(Array::create(ElementKind::F32, {large, large})),
           tooLarge);
  CHECK_EQ(failureOf(Array::create(ElementKind::F32, {0, large, large})),
           tooLarge);
  CHECK_EQ(failureOf(Array::create(ElementKind::I8, {large, large})),
           "not enough memory for an array of 4611686018427387904 bytes");
}

static void testIntegers() {
  for (ElementKind kind : allKinds) {
    if (isFloat(kind))
      continue;
    auto [low, high] = getIntegerRange(kind);
    Array array = cantFail(Array::create(kind, 3));
    array.setInt(0, low);
    array.setInt(1, high);
    CHECK_EQ(array.getInt(0), low);
    CHECK_EQ(array.getInt(1), high);
    CHECK_EQ(array.getInt(2), 0);
    CHECK_EQ(array.getDouble(0), double(low));
  }
  CHECK_EQ(getIntegerRange(ElementKind::I8).first, -128);
  CHECK_EQ(getIntegerRange(ElementKind::I64).second, INT64_MAX);
}

static void testFillWithNaN() {
  for (ElementKind kind : allKinds) {
    Array array = cantFail(Array::create(kind, 5));
    array.fillWithNaN();
    for (int64_t i = 0; i < 5; ++i) {
      if (isFloat(kind))
        CHECK(std::isnan(array.getDouble(i)));
      else
        CHECK_EQ(array.getInt(i),
                 kind == ElementKind::I1 ? 1 : getIntegerRange(kind).first);
    }
  }
}

/// Returns the value of a 16-bit pattern, by its definition.
static double valueOfBits(unsigned bits, int exponentBits, int mantissaBits) {
  int exponent = bits >> mantissaBits & ((1 << exponentBits) - 1);
  int mantissa = bits & ((1 << mantissaBits) - 1);
  int bias = (1 << (exponentBits - 1)) - 1;
  double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponentBits) - 1)
    return mantissa ? nan_ : sign * infinity;
  if (exponent == 0)
    return sign * std::ldexp(mantissa, 1 - bias - mantissaBits);
  return sign * std::ldexp(mantissa + (1 << mantissaBits),
                           exponent - bias - mantissaBits);
}

/// Reads every pattern, writes it back, and checks the rounding of the numbers
/// at and beside the middle between it and the next.
static void testSmallFormat(ElementKind kind, int exponentBits,
                            int mantissaBits) {
  Array array = cantFail(Array::create(kind, 1));
  auto bits = [&] {
    uint16_t value;
    std::memcpy(&value, array.data(), 2);
    return unsigned(value);
  };
  unsigned infinityBits = ((1u << exponentBits) - 1) << mantissaBits;
  int failed = 0;
  for (unsigned pattern = 0; pattern < 1u << 16; ++pattern) {
    uint16_t stored = pattern;
    std::memcpy(array.data(), &stored, 2);
    double value = valueOfBits(pattern, exponentBits, mantissaBits);
    double found = array.getDouble(0);
    if (std::isnan(value)) {
      failed += !std::isnan(found);
      array.setDouble(0, found);
      failed += !std::isnan(array.getDouble(0));
      continue;
    }
    failed += bit_cast<uint64_t>(found) != bit_cast<uint64_t>(value);
    array.setDouble(0, value);
    failed += bits() != pattern;
    if ((pattern & 0x7fff) >= infinityBits)
      continue;

    // Past the largest number lies what would be the next power of two.
    double next =
        (pattern & 0x7fff) == infinityBits - 1
            ? std::copysign(std::ldexp(1, 1 << (exponentBits - 1)), value)
            : valueOfBits(pattern + 1, exponentBits, mantissaBits);
    double middle = value + (next - value) / 2;
    array.setDouble(0, middle);
    failed += bits() != pattern + (pattern & 1);
    array.setDouble(0, std::nextafter(middle, value));
    failed += bits() != pattern;
    array.setDouble(0, std::nextafter(middle, next));
    failed += bits() != pattern + 1;
  }
  CHECK_EQ(failed, 0);

  for (double value : {1e300, infinity}) {
    array.setDouble(0, value);
    CHECK_EQ(bits(), infinityBits);
    array.setDouble(0, -value);
    CHECK_EQ(bits(), infinityBits | 0x8000);
  }
  for (double value : {1e-300, 5e-324}) {
    array.setDouble(0, value);
    CHECK_EQ(bits(), 0u);
    array.setDouble(0, -value);
    CHECK_EQ(bits(), 0x8000u);
  }
}

//===----------------------------------------------------------------------===//
// RandomInput
//===----------------------------------------------------------------------===//

/// Mean and deviation of the elements of an array.
struct Moments {
  double mean = 0, deviation = 0, low = infinity, high = -infinity;

  explicit Moments(const Array &array) {
    int64_t count = array.getNumElements();
    for (int64_t i = 0; i < count; ++i) {
      double value = array.getDouble(i);
      mean += value / count;
      deviation += value * value / count;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    deviation = std::sqrt(deviation - mean * mean);
  }
};

static Moments momentsOf(StringRef spec, ElementKind kind) {
  return Moments(cantFail(randomArray(spec, kind, {100, 2000})));
}

static bool isNear(double found, double expected, double tolerance) {
  return std::fabs(found - expected) <= tolerance;
}

static void testDistributions() {
  for (ElementKind kind : allKinds) {
    if (!isFloat(kind))
      continue;
    Moments normal = momentsOf("1", kind);
    CHECK(isNear(normal.mean, 0, 0.01));
    CHECK(isNear(normal.deviation, 1, 0.01));
    CHECK(normal.low < -3.5 && normal.low > -8);
    CHECK(normal.high > 3.5 && normal.high < 8);
    Moments scaled = momentsOf("2:normal*0.25", kind);
    CHECK(isNear(scaled.mean, 0, 0.01));
    CHECK(isNear(scaled.deviation, 0.25, 0.01));
    Moments uniform = momentsOf("3:uniform", kind);
    CHECK(isNear(uniform.mean, 0.5, 0.01));
    CHECK(isNear(uniform.deviation, std::sqrt(1.0 / 12), 0.01));
    CHECK(uniform.low >= 0 && uniform.high <= 1);
  }
  for (ElementKind kind : allKinds) {
    Moments zeros = momentsOf("4:zeros", kind);
    CHECK(zeros.low == 0 && zeros.high == 0);
    Moments ones = momentsOf("4:ones", kind);
    CHECK(ones.low == 1 && ones.high == 1);
    if (kind == ElementKind::I1)
      continue;
    Moments integers = momentsOf("5:int:-3:9", kind);
    CHECK(integers.low == -3 && integers.high == 9);
    CHECK(isNear(integers.mean, 3, 0.05));
    CHECK(isNear(integers.deviation, std::sqrt((13 * 13 - 1) / 12.0), 0.05));
    if (isFloat(kind))
      continue;
    Moments plain = momentsOf("6", kind);
    CHECK(plain.low == 0 && plain.high == 7);
    CHECK(isNear(plain.mean, 3.5, 0.05));
  }
  for (const char *spec : {"7", "7:uniform", "7:int:0:1"}) {
    Moments flags = momentsOf(spec, ElementKind::I1);
    CHECK(isNear(flags.mean, 0.5, 0.01));
  }
  Moments all = momentsOf("8:int:-9223372036854775808:9223372036854775807",
                          ElementKind::I64);
  CHECK(all.low < -9.2e18 && all.high > 9.2e18);
  Moments one = momentsOf("8:int:5:5", ElementKind::I64);
  CHECK(one.low == 5 && one.high == 5);
}

/// Shares of a normal distribution within one, two and three deviations, and no
/// correlation of neighbours, which share their two uniform numbers.
static void testNormalShape() {
  Array array = cantFail(randomArray("11", ElementKind::F64, {400000}));
  double shares[3] = {}, product = 0;
  for (int64_t i = 0; i < 400000; ++i) {
    double value = array.getDouble(i);
    for (int bound = 1; bound <= 3; ++bound)
      shares[bound - 1] += std::fabs(value) <= bound;
    if (i % 2)
      product += value * array.getDouble(i - 1);
  }
  CHECK(isNear(shares[0] / 400000, 0.682689, 0.003));
  CHECK(isNear(shares[1] / 400000, 0.954500, 0.002));
  CHECK(isNear(shares[2] / 400000, 0.997300, 0.001));
  CHECK(isNear(product / 200000, 0, 0.01));
}

/// The generator written down again with the functions of the C library, from
/// which its own may differ in the last bits only.
static double normalByLibrary(uint64_t seed, uint64_t index) {
  auto mix = [](uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  };
  auto uniform = [&](uint64_t i) {
    return std::ldexp(
        double(mix(mix(seed) + (i + 1) * 0x9e3779b97f4a7c15) >> 11), -53);
  };
  uint64_t even = index / 2 * 2;
  double radius = std::sqrt(-2 * std::log(uniform(even) + 0x1p-53));
  double angle = 2 * 3.141592653589793 * uniform(even + 1);
  return radius * (index % 2 ? std::sin(angle) : std::cos(angle));
}

static void testNormalAccuracy() {
  Array array = cantFail(randomArray("12", ElementKind::F64, {20000}));
  double worst = 0;
  for (int64_t i = 0; i < 20000; ++i)
    worst =
        std::max(worst, std::fabs(array.getDouble(i) - normalByLibrary(12, i)));
  CHECK(worst < 1e-14);
}

/// Fixed outputs: any change of the generator changes recorded results.
static void testDeterminism() {
  Array normal = cantFail(randomArray("42", ElementKind::F64, {2, 2}));
  const uint64_t expected[] = {0x3fe160aff4346229, 0x3feb85b6205d31fe,
                               0x3ffceecb24eab8c0, 0x3fe202e14c62e831};
  for (int64_t i = 0; i < 4; ++i)
    CHECK_EQ(bit_cast<uint64_t>(normal.getDouble(i)), expected[i]);

  // The kind only rounds, and the shape only counts.
  Array half = cantFail(randomArray("42", ElementKind::F16, {3, 7}));
  Array wide = cantFail(randomArray("42:normal", ElementKind::F64, {21}));
  Array rounded = cantFail(Array::create(ElementKind::F16, {21}));
  for (int64_t i = 0; i < 21; ++i) {
    rounded.setDouble(i, wide.getDouble(i));
    CHECK_EQ(half.getDouble(i), rounded.getDouble(i));
  }
  Array other = cantFail(randomArray("43", ElementKind::F64, {21}));
  CHECK_EQ(compareArrays(other, wide).differing, 21);
}

static void testSpecFailures() {
  auto failure = [](StringRef spec, ElementKind kind) {
    return failureOf(randomArray(spec, kind, 2));
  };
  for (const char *seed : {"", "x", "-1", "1.5", "18446744073709551616"})
    CHECK_EQ(failure(seed, ElementKind::F32),
             std::string("random seed: expected an integer from 0 to "
                         "18446744073709551615, found '") +
                 seed + "'");
  CHECK_EQ(failure("18446744073709551615", ElementKind::F32), "");
  std::string floats = "distribution of f32: expected normal, normal*S, "
                       "uniform, int:LO:HI, zeros or ones, found '";
  for (const char *name : {"", "gauss", "normal2", "int", "Normal"})
    CHECK_EQ(failure(std::string("1:") + name, ElementKind::F32),
             floats + name + "'");
  CHECK_EQ(failure("1:normal", ElementKind::I32),
           "distribution of i32: expected int:LO:HI, zeros or ones, found "
           "'normal'");
  CHECK_EQ(failure("1:normal", ElementKind::I1),
           "distribution of i1: expected uniform, int:LO:HI, zeros or ones, "
           "found 'normal'");
  CHECK_EQ(failure("1:uniform", ElementKind::I8),
           "distribution of i8: expected int:LO:HI, zeros or ones, found "
           "'uniform'");
  for (const char *scale : {"", "x", "inf", "nan", "1e999"})
    CHECK_EQ(failure(std::string("1:normal*") + scale, ElementKind::F32),
             std::string("scale of normal: expected a finite number, found '") +
                 scale + "'");
  for (const char *bounds : {"", "3", "3:", "3:x", "1:2:3", "1.5:2"})
    CHECK_EQ(failure(std::string("1:int:") + bounds, ElementKind::F32),
             std::string("bounds of int: expected LO:HI with two integers, "
                         "found '") +
                 bounds + "'");
  CHECK_EQ(failure("1:int:4:3", ElementKind::I32),
           "bounds of int: expected LO at most HI, found '4:3'");
  CHECK_EQ(failure("1:int:0:300", ElementKind::I8),
           "bounds of int: expected integers of i8, from -128 to 127, found "
           "'0:300'");
  CHECK_EQ(failure("1:int:0:300", ElementKind::BF16),
           "bounds of int: expected integers of bf16, from -256 to 256, found "
           "'0:300'");
  CHECK_EQ(failure("1:int:0:2", ElementKind::I1),
           "bounds of int: expected integers of i1, from 0 to 1, found '0:2'");
  CHECK_EQ(failureOf(randomArray("1", ElementKind::F32, {-2})),
           "size of axis 0: expected at least 0, found -2");
}

//===----------------------------------------------------------------------===//
// Compare
//===----------------------------------------------------------------------===//

static void testEqualArrays() {
  for (ElementKind kind : allKinds) {
    Array a = cantFail(randomArray("1", kind, {3, 5}));
    ErrorReport report = compareArrays(a, a);
    CHECK_EQ(report.relativeFrobenius, 0.0);
    CHECK_EQ(report.maxAbsolute, 0.0);
    CHECK_EQ(report.worstIndex, -1);
    CHECK_EQ(report.differing, 0);
    CHECK_EQ(report.matchedNaN + report.mismatchedNaN, 0);
  }
  Array empty = makeArray(ElementKind::F32, {});
  CHECK_EQ(compareArrays(empty, empty).relativeFrobenius, 0.0);
  CHECK_EQ(compareArrays(empty, empty).worstIndex, -1);
  Array zero = makeArray(ElementKind::F32, {0.0});
  Array minusZero = makeArray(ElementKind::F32, {-0.0});
  CHECK_EQ(compareArrays(zero, minusZero).differing, 0);
}

static void testNumbers() {
  Array expected = makeArray(ElementKind::F32, {3, 0, 4, 0});
  Array found = makeArray(ElementKind::F32, {3, 0.5, 4.5, -0.5});
  ErrorReport report = compareArrays(found, expected);
  CHECK(isNear(report.relativeFrobenius, std::sqrt(0.75) / 5, 1e-15));
  CHECK_EQ(report.maxAbsolute, 0.5);
  CHECK_EQ(report.worstIndex, 1);
  CHECK_EQ(report.differing, 3);

  // The kinds may differ.
  Array narrow = makeArray(ElementKind::BF16, {3, 0.5, 4.5, -0.5});
  CHECK_EQ(compareArrays(narrow, found).differing, 0);
  Array integers = makeArray(ElementKind::I8, {3, 0, 4, 0});
  CHECK_EQ(compareArrays(integers, expected).differing, 0);
  CHECK_EQ(compareArrays(found, integers).differing, 3);
}

static void testZeroNormIsAbsolute() {
  Array zero = makeArray(ElementKind::F32, {0, 0});
  Array found = makeArray(ElementKind::F32, {3, -4});
  CHECK(isNear(compareArrays(found, zero).relativeFrobenius, 5, 1e-14));
}

/// Squares of these numbers overflow or vanish.
static void testExtremeNumbers() {
  for (double scale : {1e200, 1e-200, 5e-324}) {
    Array expected = makeArray(ElementKind::F64, {3 * scale, 4 * scale});
    Array found = makeArray(ElementKind::F64, {3 * scale, 5 * scale});
    ErrorReport report = compareArrays(found, expected);
    CHECK(isNear(report.relativeFrobenius, 0.2, 1e-14));
    CHECK_EQ(report.differing, 1);
  }
  Array high = makeArray(ElementKind::F64, {1e308, 1e308, 1});
  Array low = makeArray(ElementKind::F64, {-1e308, -1e308, 2});
  ErrorReport report = compareArrays(high, low);
  CHECK_EQ(report.relativeFrobenius, infinity);
  CHECK_EQ(report.maxAbsolute, infinity);
  CHECK_EQ(report.worstIndex, 0);
  CHECK_EQ(report.differing, 3);
}

static void testSpecialNumbers() {
  struct Case {
    double found, expected, error;
    int mismatched, matched;
  };
  const Case cases[] = {
      {infinity, infinity, 0, 0, 0},
      {-infinity, -infinity, 0, 0, 0},
      {infinity, -infinity, infinity, 0, 0},
      {infinity, 3, infinity, 0, 0},
      {3, -infinity, infinity, 0, 0},
      {nan_, nan_, 0, 0, 1},
      {nan_, 3, infinity, 1, 0},
      {3, nan_, infinity, 1, 0},
      {nan_, infinity, infinity, 1, 0},
  };
  for (ElementKind kind : {ElementKind::F16, ElementKind::BF16,
                           ElementKind::F32, ElementKind::F64})
    for (const Case &c : cases) {
      // An ordinary element before and one with an error after it.
      Array expected = makeArray(kind, {4, c.expected, 3});
      Array found = makeArray(kind, {4, c.found, 3.5});
      ErrorReport report = compareArrays(found, expected);
      CHECK_EQ(report.maxAbsolute, std::max(c.error, 0.5));
      CHECK_EQ(report.worstIndex, c.error > 0 ? 1 : 2);
      CHECK_EQ(report.relativeFrobenius, c.error > 0 ? infinity : 0.1);
      CHECK_EQ(report.differing, c.error > 0 ? 2 : 1);
      CHECK_EQ(report.mismatchedNaN, c.mismatched);
      CHECK_EQ(report.matchedNaN, c.matched);
    }
}

/// Doubles do not hold these.
static void testLargeIntegers() {
  Array a = cantFail(Array::create(ElementKind::I64, 2));
  Array b = cantFail(Array::create(ElementKind::I64, 2));
  a.setInt(0, (int64_t(1) << 53) + 1);
  b.setInt(0, int64_t(1) << 53);
  ErrorReport report = compareArrays(a, b);
  CHECK_EQ(report.differing, 1);
  CHECK_EQ(report.maxAbsolute, 1.0);
  a.setInt(1, INT64_MAX);
  b.setInt(1, INT64_MIN);
  report = compareArrays(a, b);
  CHECK_EQ(report.differing, 2);
  CHECK_EQ(report.maxAbsolute, 0x1p64);
  CHECK_EQ(report.worstIndex, 1);
}

static void testDifferentShapes() {
  Array a = cantFail(Array::create(ElementKind::F32, {2, 3}));
  Array b = cantFail(Array::create(ElementKind::F32, {3, 4}));
  ErrorReport report = compareArrays(a, b);
  CHECK_EQ(report.relativeFrobenius, infinity);
  CHECK_EQ(report.maxAbsolute, infinity);
  CHECK_EQ(report.worstIndex, -1);
  CHECK_EQ(report.differing, 12);
}

int main() {
  testCreate();
  testCreateFailures();
  testIntegers();
  testFillWithNaN();
  testSmallFormat(ElementKind::F16, 5, 10);
  testSmallFormat(ElementKind::BF16, 8, 7);
  testDistributions();
  testNormalShape();
  testNormalAccuracy();
  testDeterminism();
  testSpecFailures();
  testEqualArrays();
  testNumbers();
  testZeroNormIsAbsolute();
  testExtremeNumbers();
  testSpecialNumbers();
  testLargeIntegers();
  testDifferentShapes();
  return check::finish("ArrayTest");
}
