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
///       pack the panel that rows share, if that is planned
///       for blocks of rows            the rest row by row
///         load the outputs
///         for each reduction loop     sums in registers
///           the body, for all rows and columns
///         store the outputs
///
/// The parallel loops, or chunks of them, are divided into tasks that threads
/// share. What a task is depends on the sizes alone.
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

  /// Runs `body` with the position moved by `index` steps of `loop`.
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

  /// Emits all loops over the sizes of the nest.
  void emitLoops();
  void emitOuter(ArrayRef<unsigned> loops);
  void emitColumns();
  void emitRows();
  void emitBlock();

  // Tasks, in Tasks.cpp.

  /// A loop that tasks divide into chunks.
  struct Chunks {
    unsigned loop;
    int64_t size;
    LinearIndex count;
  };
  /// Returns the loops that tasks divide, outermost first.
  SmallVector<Chunks> getChunks();
  /// Returns the fewest points of the loops that are worth a task.
  int64_t getGrain();
  /// Returns whether a task could be all there is.
  bool isSmall();
  /// Emits a parallel loop over tasks.
  void emitTasks(ArrayRef<Chunks> chunks);
  /// Emits the loops for chunk `index` of all in C order.
  void emitChunk(ArrayRef<Chunks> chunks, Value index);
  /// Returns `lhs / rhs`, rounded up, for positive numbers.
  LinearIndex divideCeil(LinearIndex lhs, LinearIndex rhs);

  // Packing, in Packing.cpp.

  /// Where a panel is, and whether it is used.
  struct Panel {
    Value memory;
    /// Null if the panel is always used.
    Value condition;
  };
  /// Allocates the panel of the packed input, if there is one.
  void allocatePanel();
  /// Frees the panel.
  void freePanel();
  /// Runs `body` with the packed input in the panel for the current columns.
  void withPanel(BodyFunction body);
  /// Returns the distances in the panel of steps of each loop.
  SmallVector<LinearIndex> getPanelPitches();
  /// Copies the current columns of the packed input.
  void fillPanel(ArrayRef<LinearIndex> pitches);
  /// Returns the reduction loop along which the packed input is contiguous, if
  /// it is packed for not being so along the vector loop.
  std::optional<unsigned> getTransposedLoop();
  /// Copies what is at the current position: one vector per column.
  void copyToPanel(ArrayRef<LinearIndex> pitches, int64_t firstColumn);
  /// The same for the first columns and as many steps of `loop` as there are
  /// lanes; the input is contiguous along `loop`.
  void transposeToPanel(ArrayRef<LinearIndex> pitches, unsigned loop,
                        int64_t columns);
  /// Returns the address in the panel of the current position.
  LinearIndex getPanelAddress(ArrayRef<LinearIndex> pitches);

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
  /// A copy, because the packed input moves.
  LoopNest nest;
  const Plan &plan;
  IndexMath math;
  BlockPosition position;
  BlockShape shape;
  std::optional<Panel> panel;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_VECTORIZELINALG_EMITTER_H
