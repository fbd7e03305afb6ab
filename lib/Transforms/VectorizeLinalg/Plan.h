//===- Plan.h - how loops map to vectors and registers ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The decisions of the vectoriser about one linalg op.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_VECTORIZELINALG_PLAN_H
#define ATTN_LIB_TRANSFORMS_VECTORIZELINALG_PLAN_H

#include "LoopNest.h"

namespace mlir::attn {

/// How the loops of an op are executed. The block that lives in registers has
/// `rows` steps of the row loop and `columns` vectors of the vector loop.
struct Plan {
  /// The loop that lanes run along.
  unsigned vectorLoop = 0;
  /// A second, parallel loop that is blocked, so that what does not depend on
  /// it is loaded once for all rows.
  std::optional<unsigned> rowLoop;
  int64_t lanes = 1;
  int64_t rows = 1;
  int64_t columns = 1;
  /// Inputs that are contiguous along the row loop only: they are loaded as
  /// squares and transposed in registers.
  SmallVector<bool> transposed;
  /// The input that all rows share, if it is worth copying to a panel per block
  /// of columns, where its elements are in the order of their use.
  std::optional<unsigned> packedInput;
  /// Whether that input is packed whatever its size, because it is not
  /// contiguous along the vector loop.
  bool packsAlways = false;
};

/// Chooses a plan for registers of `vectorBits` bits. Returns nothing if no
/// loop can be vectorised.
std::optional<Plan> choosePlan(const LoopNest &nest, unsigned vectorBits);

/// Returns the op that combines output `index` with a new term, if the body of
/// `op` is such a reduction and has a neutral element.
Operation *getCombiner(linalg::LinalgOp op, unsigned index);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_VECTORIZELINALG_PLAN_H
