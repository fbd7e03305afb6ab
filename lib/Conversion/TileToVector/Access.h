//===- Access.h - how tile values vary and memory is walked -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Classifies values by what they depend on, and loads and stores by the order
// in which they walk memory.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETOVECTOR_ACCESS_H
#define ATTN_LIB_CONVERSION_TILETOVECTOR_ACCESS_H

#include "attn/Dialect/Tile/IR/Tile.h"

namespace mlir::tile {

/// What a value depends on: nothing, the row, the column, or both.
enum class Level { Uniform, Row, Column, Mixed };

/// Returns the type of `value` if it is a tile, a row or a column value.
VectorType getTileType(Value value);

/// Returns whether `value` has more than one row, and so lives in memory
/// between steps.
bool hasRows(Value value);

/// Returns what `value` repeats, or `value`.
Value stripBroadcasts(Value value);

/// Returns what `value` depends on, as far as its type and broadcasts tell.
Level getLevel(Value value);

/// Returns whether `value` is a constant tile of zeros.
bool isZero(Value value);

/// The most rows of a product whose time is that of reading its right operand.
inline constexpr int64_t maxStreamedRows = 16;

/// If `op` makes the right operand of a product that reads it from memory,
/// returns the product: `op` is the load, or widens it. Products of few rows do
/// so, and those of many if the operand lies in memory as it would in a buffer.
DotOp getStreamingDot(Operation *op);

/// Returns the load that `dot` reads from memory, or null.
LoadOp getStreamedLoad(DotOp dot);

/// Returns whether `dot`, in the form that is lowered, multiplies bf16: two
/// terms at a time.
bool isPaired(DotOp dot);

/// If the tile of `load` is read row by row or column by column, and is only
/// the right operand of a product of bf16, returns the product.
DotOp getPairingDot(LoadOp load);

/// Returns whether values of `op` are computed again wherever they are used,
/// because that costs less than keeping them.
bool isRematerialised(Operation *op);

/// One summand of an index.
struct Term {
  Value value;
  bool negative;
};

/// If `index` is `iota(dim)` plus summands that do not vary along `dim`,
/// returns the summands, the base of the iota among them.
std::optional<SmallVector<Term>> matchIota(Value index, int64_t dim);

/// A condition that tokens before `end`, a scalar, meet.
struct Bound {
  IotaOp position;
  Value end;
};

/// If `mask` is `iota < end`, returns its parts.
std::optional<Bound> matchBound(Value mask);

/// How a load or store walks memory.
enum class AccessKind {
  /// One element per row.
  Scalar,
  /// A row is consecutive in memory.
  Contiguous,
  /// A column is consecutive in memory.
  Transposed,
  /// Neither is known.
  General
};

AccessKind classify(LoadOp op);
AccessKind classify(StoreOp op);

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETOVECTOR_ACCESS_H
