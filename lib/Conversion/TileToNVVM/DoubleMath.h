//===- DoubleMath.h - functions of f64 on GPUs ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETONVVM_DOUBLEMATH_H
#define ATTN_LIB_CONVERSION_TILETONVVM_DOUBLEMATH_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::tile {

/// Adds patterns that compute exp and log of f64 scalars by arithmetic, to a
/// few units in the last place.
void populateDoubleMathPatterns(RewritePatternSet &patterns);

/// Says which function of f64 in `function` GPUs have no instructions for.
LogicalResult checkDoubleMath(gpu::GPUFuncOp function);

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_DOUBLEMATH_H
