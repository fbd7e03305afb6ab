//===- TileSizes.h - the tiles of an attention kernel -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_TILESIZES_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_TILESIZES_H

#include "GridTiles.h"

namespace mlir {
namespace attn {

/// Sizes of the tiles of one kernel; 0: to be chosen.
struct TileSizes {
  int64_t queries = 0, keys = 0;
};

/// What bounds tiles on GPUs.
struct GPULimits {
  /// The shared memory of a workgroup; 0: tiles are for a cache.
  int64_t sharedBytes = 0;
  /// The features of values that a workgroup sums.
  int64_t valueFeatures = 0;
};

struct TileChoice {
  TileSizes sizes;
  /// Whether there are so few rows that their time is that of reading keys and
  /// values.
  bool hasFewRows = false;
  /// How many heads share the rows of a tile of queries: all that read the same
  /// keys, so that these are loaded once.
  int64_t packedHeads = 1;
};

/// Chooses what `options` leaves open. The choice depends on static sizes only.
/// With `grids` a tile of queries is to be a box.
TileChoice chooseTile(const PairView &view, TileSizes options, GPULimits gpu,
                      const std::optional<MaskGrids> &grids);

} // namespace attn
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_TILESIZES_H
