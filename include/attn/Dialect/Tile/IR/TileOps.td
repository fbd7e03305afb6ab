//===- TileOps.td - operations of the tile dialect ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_TILE_IR_TILEOPS
#define ATTN_DIALECT_TILE_IR_TILEOPS

include "attn/Dialect/Tile/IR/TileDialect.td"

def Tile_RangesType : TypeDef<Tile_Dialect, "Ranges"> {
  let mnemonic = "ranges";
  let summary = "a sorted list of disjoint key ranges, each full or partial";
}

#endif // ATTN_DIALECT_TILE_IR_TILEOPS
