// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of matrix products where fast code cannot tell the result.

#ifndef ATTN_SIMULATOR_MATRIXSUMS_H
#define ATTN_SIMULATOR_MATRIXSUMS_H

#include "attn/Simulator/InstructionTable.h"

namespace attn::sim {

/// How a matrix unit sums floating-point products: the terms of a block are
/// aligned to the largest exponent and cut off towards zero behind a number of
/// bits; their sum is cut off to f32, or rounded to f16, and is a term of the
/// next block.
struct SumModel {
  /// Bits kept behind the point of a significand with the largest exponent.
  int fractionBits = 24;
  /// Products that are summed at once.
  unsigned block = 8;
};

/// Returns the model of `target` for factors of type `factor`.
SumModel getSumModel(Type factor, unsigned target);

/// Returns c + sum of a[i] * b[i * stride], without any rounding but the last,
/// to odd, so that it can be rounded again to a shorter format. Products must
/// be exact in double. Infinities and NaNs give what sums in order give.
double sumExactly(const double *a, const double *b, unsigned stride,
                  unsigned count, double c);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_MATRIXSUMS_H
