//===- ApproximateMath.h - math functions as arithmetic ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TRANSFORMS_APPROXIMATEMATH_H
#define ATTN_TRANSFORMS_APPROXIMATEMATH_H

namespace mlir {
class RewritePatternSet;

namespace attn {

/// Adds patterns that compute exp, exp2, sin, cos, and the functions that
/// upstream approximates well, of f32 scalars and vectors by arithmetic, and
/// functions of f16 and bf16 in f32. Errors are a few units in the last place;
/// exponentials below the smallest normal number are off by less than that
/// number. Functions of f64 stay, and so do sines of |x| >= 2^51, in a branch
/// of their own.
void populateApproximateMathPatterns(RewritePatternSet &patterns);

} // namespace attn
} // namespace mlir

#endif // ATTN_TRANSFORMS_APPROXIMATEMATH_H
