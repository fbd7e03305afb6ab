//===- MathIntrinsics.h - math operations that GPUs have --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETONVVM_MATHINTRINSICS_H
#define ATTN_LIB_CONVERSION_TILETONVVM_MATHINTRINSICS_H

#include "mlir/Support/LLVM.h"

namespace mlir {
class Operation;
class RewritePatternSet;

namespace tile {

/// Adds patterns that make intrinsics of the math operations on scalars that
/// GPUs have instructions for.
void populateMathIntrinsicPatterns(RewritePatternSet &patterns);

/// Says which operation in `function` would become the call of a library.
LogicalResult checkMath(Operation *function);

} // namespace tile
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_TILETONVVM_MATHINTRINSICS_H
