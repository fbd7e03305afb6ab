//===- Passes.h - conversions between dialects ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers every conversion pass.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_PASSES_H
#define ATTN_CONVERSION_PASSES_H

#include "attn/Conversion/AttnToTile.h"
#include "attn/Conversion/CPUToLLVM.h"
#include "attn/Conversion/OutlineParallelCalls.h"
#include "attn/Conversion/TileToNVVM.h"
#include "attn/Conversion/TileToVector.h"

namespace mlir::attn {

#define GEN_PASS_REGISTRATION
#include "attn/Conversion/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_CONVERSION_PASSES_H
