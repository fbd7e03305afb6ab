//===- TileTypes.td - types and attributes of the tile dialect *- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The range list type, the small enumerations, the schedule, and the operand
// constraints that the operations share.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_TILE_IR_TILETYPES
#define ATTN_DIALECT_TILE_IR_TILETYPES

include "attn/Dialect/Tile/IR/TileDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def Tile_RangesType : TypeDef<Tile_Dialect, "Ranges"> {
  let mnemonic = "ranges";
  let summary = "a sorted list of disjoint key ranges, each full or partial";
  let description = [{
    The keys that a tile program visits, as produced by `tile.ranges` and
    consumed by `tile.for_each`. The list stays one value, so that every
    consumer of it walks the same tiles in the same order.
  }];
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class Tile_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::tile";
  let genSpecializedAttr = 0;
}

def Tile_RangeKind : Tile_Enum<"RangeKind",
    "whether every pair in the tiles of a range is visible", [
      I32EnumAttrCase<"Full", 0, "full">,
      I32EnumAttrCase<"Partial", 1, "partial">
    ]>;
def Tile_RangeKindAttr : EnumAttr<Tile_Dialect, Tile_RangeKind, "range_kind">;
def Tile_RangeKindArrayAttr
    : TypedArrayAttrBase<Tile_RangeKindAttr, "a list of range kinds">;

def Tile_ReduceKind : Tile_Enum<"ReduceKind", "how elements are combined", [
      I32EnumAttrCase<"Max", 0, "max">,
      I32EnumAttrCase<"Add", 1, "add">
    ]>;
def Tile_ReduceKindAttr
    : EnumAttr<Tile_Dialect, Tile_ReduceKind, "reduce_kind"> {
  let assemblyFormat = "`<` $value `>`";
}

def Tile_CheckKind : Tile_Enum<"CheckKind", "what a size must satisfy", [
      I32EnumAttrCase<"Equal", 0, "equal">,
      I32EnumAttrCase<"AtLeast", 1, "at_least">,
      I32EnumAttrCase<"Multiple", 2, "multiple">,
      I32EnumAttrCase<"AtMost", 3, "at_most">
    ]>;
def Tile_CheckKindAttr : EnumAttr<Tile_Dialect, Tile_CheckKind, "check_kind">;

def Tile_ScheduleAttr : AttrDef<Tile_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "the tile sizes that a kernel was written for";
  let description = [{
    Hints for lowerings and for readers: `rows` is the number of tile rows
    (queries) of one workgroup, `keys` the number of keys of one step of its
    loop. They repeat what the types in the body already say; no lowering may
    depend on them for correctness.

    Example: `#tile.schedule<rows = 128, keys = 64>`
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$keys);
  let assemblyFormat = "`<` struct(params) `>`";
}

//===----------------------------------------------------------------------===//
// Operand constraints
//===----------------------------------------------------------------------===//

// A tile, row value or column value of any element type.
def Tile_AnyTile : FixedVectorOfRank<[2]>;

// A floating-point operand of a matrix product.
def Tile_FloatTile : FixedVectorOfRankAndType<[2], [F16, BF16, F32, F64]>;

// One index for a whole tile, or one per row, column or element.
def Tile_IndexLike
    : AnyTypeOf<[Index, FixedVectorOfRankAndType<[2], [Index]>],
                "index or 2-D vector of index">;

// One mask bit for a whole tile, or one per row, column or element.
def Tile_MaskLike : AnyTypeOf<[I1, FixedVectorOfRankAndType<[2], [I1]>],
                              "i1 or 2-D vector of i1">;

// What a loop can carry from one step to the next.
def Tile_Carried
    : AnyTypeOf<[Tile_AnyTile, AnyFloat, AnySignlessInteger, Index],
                "2-D vector or scalar">;

#endif // ATTN_DIALECT_TILE_IR_TILETYPES
