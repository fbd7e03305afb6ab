//===- AttnToTile.h - attention to tile programs ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention as tile programs, and what masks mean for their tiles.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_ATTNTOTILE_H
#define ATTN_CONVERSION_ATTNTOTILE_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL_ATTNCLASSIFYMASKSPASS
#define GEN_PASS_DECL_ATTNEXPLAINMASKSPASS
#define GEN_PASS_DECL_ATTNFUSEINTOKERNELSPASS
#define GEN_PASS_DECL_CONVERTATTNTOTILEPASS
#include "attn/Conversion/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_CONVERSION_ATTNTOTILE_H
