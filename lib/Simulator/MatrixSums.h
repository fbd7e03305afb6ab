// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of matrix products where fast code cannot tell the result.

#ifndef ATTN_SIMULATOR_MATRIXSUMS_H
#define ATTN_SIMULATOR_MATRIXSUMS_H

namespace attn::sim {

/// Returns c + sum of a[i] * b[i * stride], without any rounding but the last,
/// to odd, so that it can be rounded again to a shorter format. Products must
/// be exact in double. Infinities and NaNs give what sums in order give.
double sumExactly(const double *a, const double *b, unsigned stride,
                  unsigned count, double c);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_MATRIXSUMS_H
