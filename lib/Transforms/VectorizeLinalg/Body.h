//===- Body.h - the body of a linalg op on vectors --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluates the body of a linalg op for a block of rows and vectors.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_VECTORIZELINALG_BODY_H
#define ATTN_LIB_TRANSFORMS_VECTORIZELINALG_BODY_H

#include "Lanes.h"
#include "Plan.h"

namespace mlir::attn {

/// Returns whether every op of the body has a form on vectors; `reason` names
/// one that has not.
LogicalResult checkBody(linalg::LinalgOp op, std::string &reason);

/// A place in the loops where a block starts.
struct BlockPosition {
  /// The index of each loop.
  SmallVector<LinearIndex> indices;
  /// The address of each operand there.
  SmallVector<LinearIndex> addresses;
};

/// The part of the iteration space that one block of registers covers.
struct BlockShape {
  int64_t rows = 1;
  int64_t columns = 1;
  /// The lanes of the last column that exist; null means all.
  Value mask;
};

/// Evaluates the body of an op once for each row and column of a block. Values
/// that do not depend on the row or on the column are computed once for all.
class BodyEvaluator {
public:
  BodyEvaluator(OpBuilder &builder, const LoopNest &nest, const Plan &plan,
                const BlockPosition &position, const BlockShape &shape);

  /// Returns what the body yields for each output at (row, column), given the
  /// outputs before.
  SmallVector<Value> evaluate(int64_t row, int64_t column,
                              ValueRange accumulators);

  /// Returns output `index` at (row, column) as it is in memory.
  Value loadOutput(unsigned index, int64_t row, int64_t column);

  /// Stores output `index` at (row, column).
  void storeOutput(unsigned index, int64_t row, int64_t column, Value value);

  /// Returns the address of operand `index` at (row, column).
  LinearIndex getAddress(unsigned index, int64_t row, int64_t column);

private:
  /// Whether a value of the body differs between rows, or between columns.
  struct Dependence {
    bool row = false, column = false;
  };
  using Key = std::tuple<Value, int64_t, int64_t>;

  Dependence getDependence(Value value) const;
  Key getKey(Value value, int64_t row, int64_t column) const;
  void findDependences();
  /// Returns the mask of a column; null means all lanes.
  Value getMask(int64_t column) const;

  Lanes getLanes(Value value, int64_t row, int64_t column);
  Lanes loadInput(unsigned index, int64_t row, int64_t column);
  Value loadTransposed(unsigned index, int64_t row, int64_t column);
  Lanes evaluateOp(Operation *op, int64_t row, int64_t column);
  Lanes evaluateIndex(linalg::IndexOp op, int64_t row, int64_t column);
  Lanes evaluateLoad(Operation *op, ArrayRef<Lanes> indices, int64_t column);
  std::optional<Lanes> evaluateStep(Operation *op, ArrayRef<Lanes> operands);
  Value getSafeDivisor(Value divisor, Value mask);

  const LoopNest &nest;
  const Plan &plan;
  const BlockPosition &position;
  const BlockShape &shape;
  LaneBuilder lanes;
  llvm::DenseMap<Value, Dependence> dependences;
  llvm::DenseMap<Key, Lanes> cache;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_VECTORIZELINALG_BODY_H
