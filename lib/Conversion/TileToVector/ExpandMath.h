//===- ExpandMath.h - math functions as vector arithmetic -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Patterns that replace math functions on f32, which would become one library
// call per element, by arithmetic.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETOVECTOR_EXPANDMATH_H
#define ATTN_LIB_CONVERSION_TILETOVECTOR_EXPANDMATH_H

namespace mlir {
class RewritePatternSet;

namespace tile {

/// Adds patterns for exp, exp2, the functions that upstream approximates, and
/// conversions from and to bf16. Functions of f64 stay.
void populateExpandMathPatterns(RewritePatternSet &patterns);

} // namespace tile
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_TILETOVECTOR_EXPANDMATH_H
