//===- PairView.h - one view of all ops over pairs --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What attn.attention, attn.partial and attn.observe have in common.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_PAIRVIEW_H
#define ATTN_DIALECT_ATTN_IR_PAIRVIEW_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Attn/IR/Coordinates.h"

namespace mlir {
namespace attn {

/// Marks an extent that is not given by an `extents` clause.
inline constexpr int64_t kNoExtent = -1;

/// An axis of an operand, which diagnostics call `name`.
struct OperandAxis {
  Value tensor;
  unsigned axis;
  std::string name;
};

/// The clauses of an op over pairs.
struct PairView {
  /// The view of `op`, which must be one of the three ops over pairs.
  static PairView get(Operation *op);

  PairCoordinates getCoordinates() const {
    return PairCoordinates(over, queryGrid.size(), keyGrid.size());
  }
  /// f64 if the first dot product (else the value, else a bias) is f64, else
  /// f32.
  Type getStatType() const;
  /// The map at `position` of a list of maps.
  static AffineMap getMap(ArrayAttr maps, unsigned position) {
    return cast<AffineMapAttr>(maps[position]).getValue();
  }
  /// The type of the argument that binding `position` has in regions.
  Type getBindingType(unsigned position) const;
  /// The operand of binding `position`, or null for expressions.
  Value getBindingOperand(unsigned position) const;

  /// The axes of operands whose position is the plain coordinate `dim`, the
  /// ones that define its extent first. Grouped operands (dots and values on
  /// the last letter of `over`) come last, after `numDefining` others.
  SmallVector<OperandAxis> findAxes(unsigned dim, unsigned &numDefining) const;
  /// The extent of `dim` if it is static, else ShapedType::kDynamic.
  int64_t getStaticExtent(unsigned dim) const;
  /// True if a grid or an `extents` clause gives the extent of `dim`.
  bool hasExtentClause(unsigned dim) const;

  Operation *op;
  ValueRange lhs, rhs;
  Value values, mask, scale;
  ValueRange bias, bindings, grid, extents;
  ArrayAttr bindingInfos, over, lhsMaps, rhsMaps, biasMaps;
  AffineMap valueMap;
  std::optional<double> scaleAttr;
  ArrayRef<int64_t> queryGrid, keyGrid, staticExtents, scoreCoordinates;
  Region *score = nullptr, *weightRegion = nullptr;
  Weight weight = Weight::Exp;
  int64_t power = 1;
  Normalise normalise = Normalise::Sum;
  /// Further operands with a map: the sink and the LSE.
  SmallVector<std::pair<Value, AffineMap>> further;
};

/// Emits the extent of the coordinate `dim` of an op over pairs as an index
/// value, from its grid, its `extents` clause, or an operand.
Value emitExtent(OpBuilder &builder, const PairView &view, unsigned dim);

} // namespace attn
} // namespace mlir

#endif // ATTN_DIALECT_ATTN_IR_PAIRVIEW_H
