//===- GridTiles.h - tiles of tokens on grids -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a mask is written over the axes of grids, a tile of queries is a box of
// the grid, and the keys are those of a box that holds all that the tile may
// see, which is walked row by row.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_GRIDTILES_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_GRIDTILES_H

#include "Widener.h"
#include "attn/Dialect/Attn/Utils/Emit.h"

namespace mlir {
namespace attn {

/// The sizes of the grids of queries and of keys of a mask.
struct MaskGrids {
  SmallVector<OpFoldResult> query, key;
  /// How many keys a query sees, if the mask is a neighbourhood.
  std::optional<int64_t> window = {};
};

/// The grids of `mask`, if it reads axes of both other than the outermost: of
/// a mask that does not, runs of tokens are the better tiles. Masks that are
/// moved or put together from pieces have no grid of their own.
std::optional<MaskGrids> findMaskGrids(Value mask);

/// The grids of the tiles of an op over pairs, if it has a mask with grids. A
/// split counts tokens, so that its tiles are runs.
std::optional<MaskGrids> findTileGrids(const PairView &view);

/// The sides of a box of at most `count` positions, which multiply to a divisor
/// of `count`: as equal as can be, and none longer than its axis where that is
/// static.
SmallVector<int64_t> chooseSides(int64_t count, ArrayRef<OpFoldResult> grid);

/// A box of one grid. A position is a number in the box, row by row.
class GridBox {
public:
  /// Values of the box that scalar code over positions takes as arguments.
  using Arguments = SmallVector<std::pair<Value, Value>>;

  /// A grid of the given sizes, of which there are `extent` tokens: both are
  /// known to the surrounding function.
  GridBox(OpBuilder &host, Location loc, ArrayRef<OpFoldResult> grid,
          Value extent);

  unsigned getRank() const { return sizes.size(); }

  /// Emits scalar code at the end of `block`: the token at `position`, whose
  /// axes the emitter is told. A token behind the end is the last one.
  Value emitToken(OpBuilder &b, Block &block, PairEmitter &emitter,
                  Value position, Arguments &arguments) const;
  /// Emits the token at `axes`, of which the emitter is told.
  Value emitTokenAt(OpBuilder &b, PairEmitter &emitter, ArrayRef<Value> axes,
                    bool mayCut) const;
  SmallVector<Value> emitAxes(OpBuilder &b, Block &block, Value position,
                              Arguments &arguments) const;
  /// Whether the token at `axes` of the grid exists, as scalar code.
  Value emitExists(OpBuilder &b, ArrayRef<Value> axes) const;

  /// The tokens at a tile of positions, and which of them exist.
  struct Tokens {
    Value tokens, exist;
  };
  FailureOr<Tokens> emitTokens(OpBuilder &b, KernelArguments &arguments,
                               Value positions) const;

  /// The number of positions of the box.
  Value emitCount(OpBuilder &b) const;

  /// Values of the surrounding function: the sizes of the axes, the first such
  /// that all tokens lie within, and the number of tokens.
  SmallVector<Value> sizes;
  Value extent;
  /// Whether every position of the grid is known to have a token.
  bool isWhole;
  /// Values of the kernel: where the box begins, and its sides. Of queries also
  /// the last positions within the grid.
  SmallVector<Value> first, sides, last;

private:
  Location loc;
};

/// The tiles of one mask.
class GridTiles {
public:
  GridTiles(OpBuilder &host, Location loc, const MaskGrids &grids,
            ArrayRef<int64_t> sides, Value queryExtent, Value keyExtent);

  /// Emits the number of tiles of queries.
  Value emitTileCount(OpBuilder &host) const;
  /// Makes `queries` the tile with the given number.
  void placeQueries(OpBuilder &b, KernelArguments &arguments, Value number);
  /// Makes `keys` a box that holds all keys that `mask` shows to the queries,
  /// at batch and head indices `over` (up to `lastHead`, if it is not null).
  LogicalResult placeKeys(OpBuilder &b, KernelArguments &arguments, Value mask,
                          ValueRange over, Value lastHead);

  GridBox queries, keys;

private:
  Location loc;
  SmallVector<int64_t> sides;
  /// How many tiles each axis has, as values of the surrounding function.
  SmallVector<Value> tiles;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_GRIDTILES_H
