// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Norms of the difference of two arrays, safe against overflow and NaN.

#include "attn/Runner/Compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace llvm;
using namespace mlir::attn;

static constexpr double infinity = std::numeric_limits<double>::infinity();

namespace {

/// The Frobenius norm of a sequence of numbers, kept as largest * sqrt(sum), so
/// that no square overflows or vanishes.
class Norm {
public:
  void add(double value) {
    value = std::fabs(value);
    if (value == 0)
      return;
    if (value > largest) {
      double ratio = largest / value;
      sum = sum * ratio * ratio + 1;
      largest = value;
    } else {
      double ratio = value / largest;
      sum += ratio * ratio;
    }
  }

  bool isZero() const { return largest == 0; }

  double get() const { return largest * std::sqrt(sum); }

  /// Returns this norm divided by another that is not zero.
  double dividedBy(const Norm &other) const {
    return largest / other.largest * std::sqrt(sum / other.sum);
  }

private:
  double largest = 0;
  double sum = 0;
};

/// Collects the errors of the elements one by one.
class Collector {
public:
  /// Adds an element that is a number in both arrays.
  void addNumbers(int64_t index, double error, double expected) {
    errors.add(error);
    expectations.add(expected);
    addError(index, error);
  }

  /// Adds an element that is not finite in at least one array.
  void addSpecial(int64_t index, double found, double expected) {
    bool oneNaN = std::isnan(found) != std::isnan(expected);
    bool bothNaN = std::isnan(found) && std::isnan(expected);
    report.mismatchedNaN += oneNaN;
    report.matchedNaN += bothNaN;
    addError(index, bothNaN || found == expected ? 0 : infinity);
  }

  ErrorReport finish() {
    if (report.maxAbsolute == infinity)
      report.relativeFrobenius = infinity;
    else if (expectations.isZero())
      report.relativeFrobenius = errors.get();
    else if (!errors.isZero())
      report.relativeFrobenius = errors.dividedBy(expectations);
    return report;
  }

private:
  void addError(int64_t index, double error) {
    if (error == 0)
      return;
    ++report.differing;
    if (error > report.maxAbsolute) {
      report.maxAbsolute = error;
      report.worstIndex = index;
    }
  }

  ErrorReport report;
  Norm errors, expectations;
};

} // namespace

/// Adds the elements of two integer arrays; their differences are exact.
static void collectIntegers(const Array &found, const Array &expected,
                            Collector &collector) {
  for (int64_t i = 0, count = found.getNumElements(); i < count; ++i) {
    int64_t f = found.getInt(i), e = expected.getInt(i);
    uint64_t error =
        f > e ? uint64_t(f) - uint64_t(e) : uint64_t(e) - uint64_t(f);
    collector.addNumbers(i, double(error), double(e));
  }
}

/// Adds the elements of two arrays as doubles.
static void collectDoubles(const Array &found, const Array &expected,
                           Collector &collector) {
  for (int64_t i = 0, count = found.getNumElements(); i < count; ++i) {
    double f = found.getDouble(i), e = expected.getDouble(i);
    if (std::isfinite(f) && std::isfinite(e))
      collector.addNumbers(i, std::fabs(f - e), e);
    else
      collector.addSpecial(i, f, e);
  }
}

ErrorReport mlir::attn::compareArrays(const Array &found,
                                      const Array &expected) {
  if (found.shape != expected.shape) {
    ErrorReport report;
    report.relativeFrobenius = report.maxAbsolute = infinity;
    report.differing =
        std::max(found.getNumElements(), expected.getNumElements());
    return report;
  }
  Collector collector;
  if (isFloat(found.kind) || isFloat(expected.kind))
    collectDoubles(found, expected, collector);
  else
    collectIntegers(found, expected, collector);
  return collector.finish();
}
