//===- Fragments.h - how the threads of a workgroup hold tiles --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each warp has some 16-row strips of every tile. Within a strip, elements lie
// as mma.sync leaves its accumulators: with lane = 4 g + t, a block of 16 rows
// and 8 columns has, in this order,
//
//   (g, 2t)  (g, 2t + 1)  (g + 8, 2t)  (g + 8, 2t + 1)
//
// A row value has (g) and (g + 8) of each strip, the same in the four lanes of
// a group; a column value has (2t) and (2t + 1) of each 8 columns, the same in
// all rows. What is behind the last row or column of a tile may be anything.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETONVVM_FRAGMENTS_H
#define ATTN_LIB_CONVERSION_TILETONVVM_FRAGMENTS_H

#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::tile {

/// The rows and columns of a matrix instruction's accumulator.
constexpr int64_t stripRows = 16, blockColumns = 8;
constexpr int64_t warpLanes = 32;

/// The scalars that a thread holds of one tile value.
using Fragment = SmallVector<Value>;

/// How the rows of a workgroup are shared by its warps, and where a thread is.
class ThreadGrid {
public:
  /// `rows` rows for `warps` warps.
  ThreadGrid(int64_t rows, int64_t warps)
      : warps(warps), strips(llvm::divideCeil(rows, stripRows * warps)) {}

  int64_t getWarps() const { return warps; }
  int64_t getThreads() const { return warps * warpLanes; }
  /// The strips of each warp.
  int64_t getStrips() const { return strips; }
  /// The rows that the threads have, those behind the last row included.
  int64_t getRows() const { return strips * warps * stripRows; }

  /// Emits the coordinates of the thread.
  void emit(ImplicitLocOpBuilder &b);

  /// The number of scalars that a value of type `type` has in each thread.
  int64_t getSize(VectorType type) const;
  /// The row and the column of scalar `i` of a value of type `type`; null along
  /// an axis of size 1.
  std::pair<Value, Value> emitPosition(ImplicitLocOpBuilder &b, VectorType type,
                                       int64_t i) const;
  /// The index, in the fragment of a value of type `from`, of what is repeated
  /// at scalar `i` of type `to`.
  int64_t getSource(VectorType from, VectorType to, int64_t i) const;

  /// The row, within a strip, of the `half`-th scalar of a row value, and the
  /// column `offset` behind the first one of the thread.
  std::pair<Value, Value> emitStripPosition(ImplicitLocOpBuilder &b,
                                            int64_t half, int64_t offset) const;

  /// `%tid.x`, its lane, its warp, as index.
  Value thread, lane, warp;

private:
  int64_t warps, strips;
  /// The row of scalar 0, the column of scalar 0; the lane's group of four.
  Value firstRow, firstColumn, group;
};

/// `type` with axes of size 1 made as large as a block: its fragments have one
/// scalar for each element of the accumulators of a product.
VectorType withBothAxes(VectorType type);

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_FRAGMENTS_H
