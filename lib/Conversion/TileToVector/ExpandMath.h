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

#include "mlir/IR/Types.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

namespace mlir {
class RewritePatternSet;

namespace tile {

/// Adds patterns for exp, exp2, sin, cos, functions that upstream approximates
/// well, and conversions from and to bf16. Functions of f64 stay.
void populateExpandMathPatterns(RewritePatternSet &patterns);

/// Replaces the functions in `root` for which LLVM has no intrinsic, or one
/// that is inaccurate near 0, by calls of the C library, one per element.
/// `declare` is told the name of each, and the type of its operand and result.
void callMathLibrary(
    Operation *root,
    llvm::function_ref<void(llvm::StringRef name, Type type)> declare);

} // namespace tile
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_TILETOVECTOR_EXPANDMATH_H
