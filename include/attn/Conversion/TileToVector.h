//===- TileToVector.h - tile programs to functions on vectors ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass that lowers tile programs for CPUs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_TILETOVECTOR_H
#define ATTN_CONVERSION_TILETOVECTOR_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL_CONVERTTILETOVECTORPASS
#include "attn/Conversion/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_CONVERSION_TILETOVECTOR_H
