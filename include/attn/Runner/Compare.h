// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far a computed array is from the expected one.

#ifndef ATTN_RUNNER_COMPARE_H
#define ATTN_RUNNER_COMPARE_H

#include "attn/Runner/Array.h"

namespace mlir::attn {

/// The outcome of a comparison. What counts as an error of an element:
///
///   two numbers             |found - expected|
///   equal infinities        0, and the element is in neither norm
///   NaN and NaN             0, and the element is in neither norm
///   unequal infinities, or
///   an infinity, a number   infinite
///   NaN and anything else   infinite
///
/// One infinite error makes both totals infinite, so no bound accepts it.
struct ErrorReport {
  /// The Frobenius norm of found - expected divided by that of expected; not
  /// divided where the latter is zero. No unit.
  double relativeFrobenius = 0;
  /// The largest error of an element, in the unit of the elements.
  double maxAbsolute = 0;
  /// The first element with that error, counted in C order; -1 if all are zero.
  int64_t worstIndex = -1;
  /// The number of elements where exactly one of the two is NaN.
  int64_t mismatchedNaN = 0;
  /// The number of elements where both are NaN.
  int64_t matchedNaN = 0;
  /// The number of elements whose error is not zero. Exact for integers.
  int64_t differing = 0;
};

/// Compares two arrays of one shape, whose kinds may differ: two integer arrays
/// exactly, others as doubles. Arrays of different shapes give infinite totals,
/// worstIndex -1, and all elements of the larger one as differing.
ErrorReport compareArrays(const Array &found, const Array &expected);

} // namespace mlir::attn

#endif // ATTN_RUNNER_COMPARE_H
