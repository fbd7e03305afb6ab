//===- Divisors.h - divisors must be positive -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the checks of divisors in masks, scores and positions share.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_UTILS_DIVISORS_H
#define ATTN_DIALECT_ATTN_UTILS_DIVISORS_H

#include "attn/Dialect/Attn/Utils/Emit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir {
namespace attn {

/// The divisor of a division of integers, unless it is known to be positive;
/// null for any other op.
Value getUncertainDivisor(Operation *op);

/// `divisor` of `division`, or a vector of them, as index.
Value castDivisor(OpBuilder &builder, Operation *division, Value divisor);

/// max(divisor, 1), also of vectors: a division may move in front of its check,
/// or divide where there is no pair, and would trap.
Value emitSafeDivisor(OpBuilder &builder, Operation *division, Value divisor);

/// Checks that `divisor` of `division`, an index, is positive. `name` is the op
/// that the message names.
void emitDivisorCheck(OpBuilder &builder, Operation *division, Value divisor,
                      StringRef name);

/// Checks the divisors in the body of `op`, which `name` became: before `op` if
/// all elements share them and there are any, else before each division.
void emitBodyDivisorChecks(OpBuilder &builder, linalg::LinalgOp op,
                           StringRef name);

/// Emits into `scratch` the positions of dot products and values that divide by
/// what a `with` clause binds.
void emitDividedPositions(PairScratch &scratch, const PairView &view,
                          ValueRange dims, ValueRange bindings);

/// Emits checks of the divisors that depend on neither the query, nor the key,
/// nor the entry of a list, for every point of the `over` letters, if there is
/// any pair. Fails after an error at a mask.
LogicalResult emitUniformDivisorChecks(OpBuilder &builder,
                                       const PairView &view);

} // namespace attn
} // namespace mlir

#endif // ATTN_DIALECT_ATTN_UTILS_DIVISORS_H
