//===- DrawMask.h - pictures of masks ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_RUNNER_DRAWMASK_H
#define ATTN_LIB_RUNNER_DRAWMASK_H

#include "attn/Runner/RunnerOptions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::attn {

/// Draws the classes of the tiles of the mask that `entry` returns, as
/// compiled code finds them: text goes to stdout, or SVG to a file. `module` is
/// changed.
llvm::Error drawMask(ModuleOp module, func::FuncOp entry,
                     const RunnerOptions &options);

} // namespace mlir::attn

#endif // ATTN_LIB_RUNNER_DRAWMASK_H
