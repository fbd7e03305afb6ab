//===- LoopNest.h - the loops and accesses of a linalg op -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the vectoriser knows of a linalg op: the sizes of its loops, and how far
// a step of each loop moves in each operand.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LOOPNEST_H
#define ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LOOPNEST_H

#include "LinearIndex.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::attn {

/// How an operand of a linalg op is accessed:
///
///   address(i0, .., in) = start + sum_d i_d * pitches[d]     in elements
struct OperandAccess {
  /// The operand as one axis without offset; null for scalars. Elements have
  /// their storage type.
  Value flat;
  /// The element type of the operand, i1 included.
  Type elementType;
  LinearIndex start;
  SmallVector<LinearIndex> pitches;
};

/// The loops of a linalg op on buffers.
struct LoopNest {
  /// Mutable because the methods of ops are not const.
  mutable linalg::LinalgOp op;
  SmallVector<LinearIndex> sizes;
  SmallVector<utils::IteratorType> kinds;
  /// Inputs, then outputs.
  SmallVector<OperandAccess> operands;

  unsigned getNumLoops() const { return sizes.size(); }
  bool isParallel(unsigned loop) const {
    return kinds[loop] == utils::IteratorType::parallel;
  }
  bool isOutput(unsigned operand) const {
    return operand >= op.getNumDpsInputs();
  }
  /// Returns whether the loop has more than one iteration, as far as is known.
  bool isReal(unsigned loop) const { return !sizes[loop].is(1); }
};

/// Returns the strides of `type` if a step of each loop moves by a fixed
/// distance; `reason` says what is in the way otherwise.
LogicalResult checkAccesses(linalg::LinalgOp op, std::string &reason);

/// Builds, before `op`, what its loops need. The accesses must have been
/// checked.
LoopNest buildLoopNest(OpBuilder &builder, linalg::LinalgOp op);

/// Returns the type that elements have in memory when they are accessed as
/// vectors: i1 takes a byte, and the code generator handles masked vectors of
/// half-precision numbers as integers only.
Type getStorageType(Type elementType);

/// Returns `memref` as one axis of elements of the storage type that starts at
/// its aligned pointer.
Value flatten(OpBuilder &builder, Location loc, Value memref);

/// Returns the offset and strides of `memref`, in elements.
std::pair<LinearIndex, SmallVector<LinearIndex>>
getStrides(OpBuilder &builder, Location loc, Value memref);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LOOPNEST_H
