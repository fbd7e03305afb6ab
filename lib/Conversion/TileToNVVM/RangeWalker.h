//===- RangeWalker.h - the tiles of a list of ranges, one by one -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETONVVM_RANGEWALKER_H
#define ATTN_LIB_CONVERSION_TILETONVVM_RANGEWALKER_H

#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::tile {

/// A place in a list of ranges. A walk that is done has no key before its end.
struct Cursor {
  /// Where to look for the range behind this one.
  Value next;
  /// The first key of the tile, and the end of its range.
  Value key, end;
  /// Whether the range is full: an i1.
  Value full;

  SmallVector<Value> getValues() const { return {next, key, end, full}; }
  static Cursor get(ValueRange values) {
    return {values[0], values[1], values[2], values[3]};
  }
  static constexpr unsigned size = 4;
};

/// Emits the walk over the tiles of a `tile.for_each` as a pure function from
/// one place to the next, so that copies can be some tiles ahead of products.
/// All threads of a workgroup walk alike.
class RangeWalker {
public:
  /// Emits what all steps share. `values` maps the scalars outside of the loop.
  RangeWalker(ImplicitLocOpBuilder &b, ForEachOp loop, const IRMapping &values);

  Cursor emitFirst();
  Cursor emitNext(const Cursor &cursor);
  Value emitIsDone(const Cursor &cursor);

private:
  Value index(int64_t value);
  Cursor select(Value condition, const Cursor &yes, const Cursor &no);
  Cursor emitFind(Value first);
  Value emitLargestGroup(Value first);

  ImplicitLocOpBuilder &b;
  int64_t step;
  /// Of a list of ranges: the first range that is not empty from each on.
  SmallVector<Cursor> starts;
  /// Of bisection: its op, its values, and the number of tiles.
  FindRangesOp found;
  IRMapping values;
  Value tiles;
};

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_RANGEWALKER_H
