//===- Passes.h - passes inside the attn dialect ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Declares the passes on attn ops and the patterns they are made of.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_H
#define ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_H

#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"

/// Adds the patterns of `attn-decompose-tensor-ops`; with `wide`, they compute
/// in f64.
void populateDecomposeTensorOpsPatterns(RewritePatternSet &patterns,
                                        bool wide = false);

/// Adds the patterns of `attn-decompose-maps`, without that of `attn.extract`;
/// with `wide`, they compute in f64.
void populateDecomposeMapsPatterns(RewritePatternSet &patterns,
                                   bool wide = false);

/// Adds the pattern that turns `attn.extract` into a guarded `tensor.extract`.
void populateLowerExtractPatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_H
