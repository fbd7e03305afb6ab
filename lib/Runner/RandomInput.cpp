// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random arrays from a counter-based generator. All arithmetic is addition,
// multiplication, division and square root of doubles, which IEEE 754 fixes to
// the bit; the mathematical functions of C libraries differ in the last one.

#include "attn/Runner/RandomInput.h"

#include "llvm/ADT/Twine.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <optional>

// A fused multiply-add rounds once where the two operations round twice.
#pragma clang fp contract(off)

using namespace llvm;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Generator
//===----------------------------------------------------------------------===//

/// Returns the output of splitmix64 for the state `x`.
static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

/// Returns the natural logarithm of a positive normal number.
static double naturalLog(double x) {
  // x = m * 2^e, with m in [sqrt(1/2), sqrt(2)).
  uint64_t bits = bit_cast<uint64_t>(x);
  int exponent = int(bits >> 52) - 1023;
  double m = bit_cast<double>((bits & maskTrailingOnes<uint64_t>(52)) |
                              uint64_t(1023) << 52);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // log m = 2 atanh s = 2 (s + s^3/3 + s^5/5 + ...), |s| < 0.172.
  double s = (m - 1) / (m + 1), s2 = s * s, sum = 0;
  for (int k = 23; k >= 1; k -= 2)
    sum = sum * s2 + 1.0 / k;
  return exponent * 0.6931471805599453 + 2 * s * sum;
}

/// Returns the sine or the cosine of `angle` in [-pi/4, pi/4]: the Taylor
/// series whose first term is angle^first / first!, with first 1 or 0.
static double taylor(double angle, int first) {
  double square = angle * angle, sum = 0;
  for (int k = first + 18; k > first; k -= 2)
    sum = (1 + sum) * -square / (k * (k - 1));
  return (1 + sum) * (first ? angle : 1);
}

/// Returns the cosine of `turns` turns, `turns` in [0, 1).
static double cosineOfTurns(double turns) {
  int quadrant = int(4 * turns + 0.5);
  double angle = (4 * turns - quadrant) * 1.5707963267948966;
  switch (quadrant & 3) {
  case 0:
    return taylor(angle, 0);
  case 1:
    return -taylor(angle, 1);
  case 2:
    return -taylor(angle, 0);
  default:
    return taylor(angle, 1);
  }
}

namespace {

/// Random numbers by index.
class Generator {
public:
  explicit Generator(uint64_t seed) : key(mix(seed)) {}

  /// Returns 64 random bits.
  uint64_t bits(uint64_t index) const {
    return mix(key + (index + 1) * 0x9e3779b97f4a7c15);
  }

  /// Returns a multiple of 2^-53 in [0, 1).
  double uniform(uint64_t index) const {
    return double(bits(index) >> 11) * 0x1p-53;
  }

  /// Returns a normal number: Box and Muller turn two uniform ones into two,
  /// those of an even index and the next.
  double normal(uint64_t index) const {
    uint64_t even = index & ~uint64_t(1);
    double radius = std::sqrt(-2 * naturalLog(uniform(even) + 0x1p-53));
    double turns = uniform(even + 1);
    // The sine of an angle is the cosine three quarters of a turn further.
    if (index & 1)
      turns = turns < 0.25 ? turns + 0.75 : turns - 0.25;
    return radius * cosineOfTurns(turns);
  }

  /// Returns an integer in [low, high].
  int64_t integer(uint64_t index, int64_t low, int64_t high) const {
    uint64_t last = uint64_t(high) - uint64_t(low);
    __extension__ using Wide = unsigned __int128;
    uint64_t offset = (Wide(bits(index)) * (Wide(last) + 1)) >> 64;
    return int64_t(uint64_t(low) + offset);
  }

private:
  uint64_t key;
};

//===----------------------------------------------------------------------===//
// Specification
//===----------------------------------------------------------------------===//

/// A parsed specification.
struct Spec {
  enum Family { Normal, Uniform, Integers };

  uint64_t seed = 0;
  Family family = Normal;
  double scale = 1;          // of Normal
  int64_t low = 0, high = 0; // of Integers
};

} // namespace

/// Returns the integers of `kind`, and for floating-point kinds the range in
/// which all integers are elements.
static std::pair<int64_t, int64_t> getExactIntegers(ElementKind kind) {
  auto upTo = [](int64_t bound) { return std::make_pair(-bound, bound); };
  switch (kind) {
  case ElementKind::F16:
    return upTo(1 << 11);
  case ElementKind::BF16:
    return upTo(1 << 8);
  case ElementKind::F32:
    return upTo(1 << 24);
  case ElementKind::F64:
    return upTo(1ll << 53);
  default:
    return getIntegerRange(kind);
  }
}

/// Returns the distribution that a spec without one stands for.
static StringRef getDefaultDistribution(ElementKind kind) {
  if (isFloat(kind))
    return "normal";
  return kind == ElementKind::I1 ? "uniform" : "int:0:7";
}

/// Parses "LO:HI" into `spec`.
static Error parseBounds(StringRef text, ElementKind kind, Spec &spec) {
  auto [low, high] = text.split(':');
  if (low.getAsInteger(10, spec.low) || high.getAsInteger(10, spec.high))
    return createStringError("bounds of int: expected LO:HI with two integers, "
                             "found '" +
                             text + "'");
  if (spec.low > spec.high)
    return createStringError("bounds of int: expected LO at most HI, found '" +
                             text + "'");
  auto [first, last] = getExactIntegers(kind);
  if (spec.low < first || spec.high > last)
    return createStringError("bounds of int: expected integers of " +
                             getElementName(kind) + ", from " + Twine(first) +
                             " to " + Twine(last) + ", found '" + text + "'");
  return Error::success();
}

/// Parses the distribution `text` into `spec`.
static Error parseDistribution(StringRef text, ElementKind kind, Spec &spec) {
  StringRef rest = text;
  if (rest.consume_front("int:")) {
    spec.family = Spec::Integers;
    return parseBounds(rest, kind, spec);
  }
  if (text == "zeros" || text == "ones") {
    spec.family = Spec::Integers;
    spec.low = spec.high = text == "ones";
    return Error::success();
  }
  if (text == "uniform" && (isFloat(kind) || kind == ElementKind::I1)) {
    spec.family = Spec::Uniform;
    return Error::success();
  }
  if (isFloat(kind) && rest.consume_front("normal")) {
    spec.family = Spec::Normal;
    if (rest.empty())
      return Error::success();
    if (rest.consume_front("*")) {
      if (rest.getAsDouble(spec.scale) || !std::isfinite(spec.scale))
        return createStringError("scale of normal: expected a finite number, "
                                 "found '" +
                                 rest + "'");
      return Error::success();
    }
  }
  return createStringError("distribution of " + getElementName(kind) +
                           ": expected " +
                           (isFloat(kind) ? "normal, normal*S, uniform, "
                            : kind == ElementKind::I1 ? "uniform, "
                                                      : "") +
                           "int:LO:HI, zeros or ones, found '" + text + "'");
}

/// Parses `text`, a whole spec.
static Expected<Spec> parseSpec(StringRef text, ElementKind kind) {
  Spec spec;
  auto [seed, distribution] = text.split(':');
  if (seed.getAsInteger(10, spec.seed))
    return createStringError("random seed: expected an integer from 0 to "
                             "18446744073709551615, found '" +
                             seed + "'");
  if (!text.contains(':'))
    distribution = getDefaultDistribution(kind);
  if (Error error = parseDistribution(distribution, kind, spec))
    return error;
  return spec;
}

//===----------------------------------------------------------------------===//
// Filling
//===----------------------------------------------------------------------===//

static void fillIntegers(Array &array, const Spec &spec) {
  Generator generator(spec.seed);
  for (int64_t i = 0, count = array.getNumElements(); i < count; ++i) {
    int64_t value = generator.integer(i, spec.low, spec.high);
    if (isFloat(array.kind))
      array.setDouble(i, double(value));
    else
      array.setInt(i, value);
  }
}

static void fillUniform(Array &array, const Spec &spec) {
  Generator generator(spec.seed);
  for (int64_t i = 0, count = array.getNumElements(); i < count; ++i) {
    double value = generator.uniform(i);
    if (array.kind == ElementKind::I1)
      array.setInt(i, value < 0.5);
    else
      array.setDouble(i, value);
  }
}

static void fillNormal(Array &array, const Spec &spec) {
  Generator generator(spec.seed);
  for (int64_t i = 0, count = array.getNumElements(); i < count; ++i)
    array.setDouble(i, spec.scale * generator.normal(i));
}

Expected<Array> mlir::attn::randomArray(StringRef text, ElementKind kind,
                                        ArrayRef<int64_t> shape) {
  Expected<Spec> spec = parseSpec(text, kind);
  if (!spec)
    return spec.takeError();
  Expected<Array> array = Array::create(kind, shape);
  if (!array)
    return array.takeError();
  switch (spec->family) {
  case Spec::Normal:
    fillNormal(*array, *spec);
    break;
  case Spec::Uniform:
    fillUniform(*array, *spec);
    break;
  case Spec::Integers:
    fillIntegers(*array, *spec);
    break;
  }
  return array;
}
