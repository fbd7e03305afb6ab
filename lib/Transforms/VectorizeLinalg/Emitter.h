//===- Emitter.h - loops over vectors ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emits the loops of a linalg op according to a plan.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_VECTORIZELINALG_EMITTER_H
#define ATTN_LIB_TRANSFORMS_VECTORIZELINALG_EMITTER_H

#include "Body.h"

namespace mlir::attn {

/// Emits the loops of one op:
///
///   for each other parallel loop
///     for blocks of columns           the rest under a mask
///       for blocks of rows            the rest row by row
///         load the outputs
///         for each reduction loop     sums in registers
///           the body, for all rows and columns
///         store the outputs
///
/// If lanes run along a reduction, that is the innermost loop, and lanes are
/// combined before the outputs are stored.
class Emitter {
public:
  Emitter(OpBuilder &builder, const LoopNest &nest, const Plan &plan);

  /// Emits everything at the insertion point.
  void emit();

private:
  using BodyFunction = llvm::function_ref<void()>;
  /// What is carried around a loop: for each output, row and column.
  using Carried = SmallVector<Value>;
  using CarriedFunction = llvm::function_ref<Carried(Carried)>;

  /// Runs `body` with the position moved to `index` of `loop`.
  void at(unsigned loop, LinearIndex index, BodyFunction body);
  /// Emits a loop over [lower, upper) by `step`, which it divides.
  void emitLoop(unsigned loop, LinearIndex lower, LinearIndex upper,
                int64_t step, BodyFunction body);
  /// The same for a loop that carries values; returns them after it.
  Carried emitCarryingLoop(unsigned loop, LinearIndex lower, LinearIndex upper,
                           int64_t step, Carried values, CarriedFunction body);
  /// Returns the largest multiple of `step` up to the size of `loop`.
  LinearIndex getFullSize(unsigned loop, int64_t step);
  /// Calls `body` in loops over all of `loop`, in steps of one vector or more,
  /// with the number of columns and the mask of the last.
  void emitVectorLoop(llvm::function_ref<void(int64_t, Value)> body);

  void emitOuter(ArrayRef<unsigned> loops);
  void emitColumns();
  void emitRows();
  void emitBlock();

  Carried loadOutputs();
  Carried createNeutral();
  void storeOutputs(const Carried &values);
  void storeReduced(const Carried &values);
  Carried emitReductions(ArrayRef<unsigned> loops, Carried values);
  Carried emitLaneReduction(Carried values);
  /// Evaluates the body for rows and columns of `shape`; `values` holds
  /// accumulators of `carriedColumns` columns.
  Carried emitBody(Carried values, int64_t carriedColumns);

  int64_t getNumOutputs() const { return nest.op.getNumDpsInits(); }
  bool reducesLanes() const { return !nest.isParallel(plan.vectorLoop); }

  OpBuilder &builder;
  Location loc;
  const LoopNest &nest;
  const Plan &plan;
  IndexMath math;
  BlockPosition position;
  BlockShape shape;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_VECTORIZELINALG_EMITTER_H
