//===- OutlineParallelCalls.h - parallel calls to the runtime ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass that turns calls which stand for many into runtime calls.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_OUTLINEPARALLELCALLS_H
#define ATTN_CONVERSION_OUTLINEPARALLELCALLS_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

/// The name of the attribute of a call that stands for a call for each task:
/// its first operand is the number of tasks, where the callee expects a task.
inline StringRef getParallelCallAttrName() { return "attn.parallel"; }

/// The name of the attribute of such calls whose pointers may be to the same
/// memory.
inline StringRef getAliasingCallAttrName() { return "attn.aliasing"; }

#define GEN_PASS_DECL_OUTLINEPARALLELCALLSPASS
#include "attn/Conversion/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_CONVERSION_OUTLINEPARALLELCALLS_H
