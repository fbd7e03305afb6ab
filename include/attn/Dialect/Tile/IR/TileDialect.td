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
  let description = [{
    A tile program is the work of one workgroup: loops over tiles of keys with
    elementwise arithmetic, matrix products, row reductions, loads and stores.

    Its values are builtin 2-D vectors. `vector<MxNxT>` is a tile,
    `vector<Mx1xT>` a *row value* (one element per tile row) and
    `vector<1xNxT>` a *column value* (one element per tile column). A value that
    is the same for the whole tile is a scalar. `arith` and `math` on these
    vectors are the elementwise language; every broadcast is an explicit
    `vector.broadcast`, which repeats scalars and dimensions of size one.

    Where a kernel runs, in which registers its tiles live and how memory is
    staged is decided by the lowerings, not said here.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["arith::ArithDialect", "vector::VectorDialect"];
}

#endif // ATTN_DIALECT_TILE_IR_TILEDIALECT
