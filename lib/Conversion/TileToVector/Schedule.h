//===- Schedule.h - the steps of a block of a tile program ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Divides a block into few steps: straight code, loops over rows, and
// operations that need whole tiles.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETOVECTOR_SCHEDULE_H
#define ATTN_LIB_CONVERSION_TILETOVECTOR_SCHEDULE_H

#include "Access.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include <vector>

namespace mlir::tile {

/// Operations that are lowered together.
struct Step {
  enum class Kind {
    /// Operations on scalars and column values, one after the other.
    Straight,
    /// Row by row, all operations on a row.
    Rows,
    /// Operations on one number per row, for several rows at once.
    RowValues,
    /// One operation on whole tiles, or one with regions.
    Single
  };

  Kind kind;
  /// The number of rows of a loop over rows, or of row values.
  int64_t rows;
  /// The place of the step among the steps of its block.
  unsigned position;
  SmallVector<Operation *> ops;
};

/// The steps of one block, in order. The block's terminator is in none.
class Schedule {
public:
  explicit Schedule(Block &block);

  ArrayRef<std::unique_ptr<Step>> getSteps() const { return steps; }

  /// Returns the step of `op`, or of its ancestor in the block; null for the
  /// terminator and for operations elsewhere.
  const Step *getStep(Operation *op) const;

  /// Returns the operations of the block that use `value`, directly, inside
  /// their regions, or through values that are rematerialised.
  SmallVector<Operation *> getUsers(Value value) const;

  /// Returns whether some user of `value` is outside the step `step`.
  bool isUsedOutside(Value value, const Step &step) const;

private:
  void place(Operation *op);
  Step *join(Operation *op, Step::Kind kind, int64_t rows, int after,
             int afterEffects);
  Step *insert(unsigned position, Step::Kind kind, int64_t rows);
  int getLastEffect(Operation *op) const;
  void recordEffects(Operation *op, Step *step);
  void sinkIntoUsers();
  bool sink(Operation *op);
  void removeEmptySteps();
  void splitRows();
  std::vector<std::unique_ptr<Step>> split(const Step &step);
  bool canRecompute(Operation *op, const Step &step) const;
  SmallVector<unsigned>
  getPlaces(Operation *op, const Step &step,
            const DenseMap<Operation *, unsigned> &parts) const;

  Block &block;
  std::vector<std::unique_ptr<Step>> steps;
  DenseMap<Operation *, Step *> stepOf;
  /// Operations that are in every step that uses them.
  DenseSet<Operation *> recomputed;
  DenseMap<Value, Step *> lastRead, lastWrite;
  Step *lastEffect = nullptr, *lastUnknown = nullptr;
};

/// Returns the number of rows of the loop that lowers `op`, or 1 if it needs
/// none.
int64_t getLoopRows(Operation *op);

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETOVECTOR_SCHEDULE_H
