//===- DecomposeTensorOps.h - tensor ops to linalg --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What attn-decompose-tensor-ops replaces each op by; one file per family.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_DECOMPOSETENSOROPS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_DECOMPOSETENSOROPS_H

#include "Emitter.h"

namespace mlir::attn {

/// Each returns the values of the results of the op, built before it.
SmallVector<Value> decompose(Emitter &e, CombineOp op);
SmallVector<Value> decompose(Emitter &e, ExpmOp op);
SmallVector<Value> decompose(Emitter &e, FinalizeOp op);
SmallVector<Value> decompose(Emitter &e, LinearMapOp op);
SmallVector<Value> decompose(Emitter &e, MergeOp op);
SmallVector<Value> decompose(Emitter &e, NormOp op);
SmallVector<Value> decompose(Emitter &e, PrefixOp op);
SmallVector<Value> decompose(Emitter &e, RotaryTableOp op);
SmallVector<Value> decompose(Emitter &e, RotateBlocksOp op);
SmallVector<Value> decompose(Emitter &e, RotateOp op);
SmallVector<Value> decompose(Emitter &e, SoftmaxOp op);
SmallVector<Value> decompose(Emitter &e, TopkOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_DECOMPOSETENSOROPS_H
