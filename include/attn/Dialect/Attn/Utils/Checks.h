//===- Checks.h - run-time checks of sizes ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What verifiers cannot know: whether dynamic sizes fit together.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_UTILS_CHECKS_H
#define ATTN_DIALECT_ATTN_UTILS_CHECKS_H

#include "attn/Dialect/Attn/IR/PairView.h"
#include "attn/Dialect/Tile/IR/Tile.h"

namespace mlir {
namespace attn {

/// Emits a `tile.check` of two sizes, unless both are constants.
void emitCheck(OpBuilder &builder, Location loc, tile::CheckKind kind,
               Value found, Value expected, const Twine &message);

/// Emits the size of an axis of a tensor as a constant or a `tensor.dim`.
Value emitSize(OpBuilder &builder, Location loc, Value tensor, unsigned axis);

/// Emits the checks that every lowering of an op over pairs needs: the axes of
/// operands and results have the extents of their coordinates, numbers of heads
/// divide, the grids of the op and of its masks hold all tokens, and divisors
/// that all pairs share are positive. Fails after an error at a mask.
LogicalResult emitPairChecks(OpBuilder &builder, const PairView &view);

/// Emits the checks of an op without named coordinates: the sizes of its
/// operands fit together. Most of these ops have none.
void emitOperandChecks(OpBuilder &builder, Operation *op);

} // namespace attn
} // namespace mlir

#endif // ATTN_DIALECT_ATTN_UTILS_CHECKS_H
