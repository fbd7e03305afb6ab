//===- TileDialect.td - the tile dialect --------------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs of one workgroup over tiles of queries, keys and features.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_TILE_IR_TILEDIALECT
#define ATTN_DIALECT_TILE_IR_TILEDIALECT

include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::mlir::tile";
  let summary = "what one workgroup does with tiles";
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = ["arith::ArithDialect", "vector::VectorDialect"];
}

#endif // ATTN_DIALECT_TILE_IR_TILEDIALECT
