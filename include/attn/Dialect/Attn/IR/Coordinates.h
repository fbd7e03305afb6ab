//===- Coordinates.h - named coordinates of attn ops ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order in which the coordinates of an op are dimensions of its maps.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_COORDINATES_H
#define ATTN_DIALECT_ATTN_IR_COORDINATES_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace mlir {
namespace attn {

/// The coordinates of an op over pairs of a query and a key, as dimensions of
/// its maps: the letters of `over`, `i`, the axes of the query grid, `j`, the
/// axes of the key grid, the entry of a list (masks only), the inner axis.
struct PairCoordinates {
  PairCoordinates(ArrayAttr over, unsigned queryAxes, unsigned keyAxes,
                  StringRef entry = "");

  unsigned numOver() const { return over; }
  unsigned query() const { return over; }
  unsigned queryAxis(unsigned axis) const { return over + 1 + axis; }
  unsigned key() const { return over + 1 + queryAxes; }
  unsigned keyAxis(unsigned axis) const { return key() + 1 + axis; }
  unsigned entry() const { return key() + 1 + keyAxes; }
  unsigned inner() const { return entry() + (hasEntry ? 1 : 0); }
  unsigned size() const { return inner() + 1; }

  /// True if `dim` is `i` or an axis of the query grid.
  bool isQuery(unsigned dim) const { return dim >= query() && dim < key(); }
  /// True if `dim` is `j` or an axis of the key grid.
  bool isKey(unsigned dim) const { return dim >= key() && dim < entry(); }

  /// True if `expr` depends on a query (key) coordinate.
  bool dependsOnQuery(AffineExpr expr) const;
  bool dependsOnKey(AffineExpr expr) const;

  /// The names of all dimensions in order; the inner axis is ":".
  ArrayRef<std::string> getNames() const { return names; }

  unsigned over, queryAxes, keyAxes;
  bool hasEntry;
  SmallVector<std::string> names;
};

/// The largest product of extents: index arithmetic on tokens cannot wrap.
inline constexpr int64_t kMaxExtent = (int64_t{1} << 62) - 1;

/// The product of sizes that are not negative, of which dynamic ones count as
/// 1, or nothing if it is larger than kMaxExtent.
std::optional<int64_t> multiplyExtents(ArrayRef<int64_t> sizes);

/// Emits `arith` ops on index values that compute `expr`. Division and
/// remainder floor; a remainder is written as `x - (x floordiv m) * m`, so that
/// `floordiv` is the only division of the dialect's index arithmetic.
Value emitIndexExpr(OpBuilder &builder, Location loc, AffineExpr expr,
                    ValueRange dims, ValueRange symbols);

/// Prints `expr` with the names of its dimensions and symbols.
void printIndexExpr(raw_ostream &os, AffineExpr expr,
                    ArrayRef<std::string> dims, ArrayRef<std::string> symbols);

} // namespace attn
} // namespace mlir

#endif // ATTN_DIALECT_ATTN_IR_COORDINATES_H
