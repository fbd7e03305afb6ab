//===- LinearIndex.h - index arithmetic with constants apart ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of a run-time index and a constant, so that what is known stays known.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LINEARINDEX_H
#define ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LINEARINDEX_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace mlir::attn {

/// An index `dynamic + constant`; `dynamic` may be null.
struct LinearIndex {
  LinearIndex(int64_t constant = 0) : constant(constant) {}
  LinearIndex(Value dynamic, int64_t constant = 0)
      : dynamic(dynamic), constant(constant) {}

  /// Returns the index that `value` is.
  static LinearIndex get(OpFoldResult value) {
    if (std::optional<int64_t> constant = getConstantIntValue(value))
      return *constant;
    return cast<Value>(value);
  }

  /// Returns whether the index is known to be `value`.
  bool is(int64_t value) const { return !dynamic && constant == value; }

  Value dynamic;
  int64_t constant;
};

/// Builds arithmetic on linear indices.
class IndexMath {
public:
  IndexMath(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  /// Returns `value` as an SSA value.
  Value materialize(LinearIndex value) {
    if (!value.dynamic)
      return arith::ConstantIndexOp::create(builder, loc, value.constant);
    if (value.constant == 0)
      return value.dynamic;
    return arith::AddIOp::create(builder, loc, value.dynamic,
                                 materialize(value.constant));
  }

  /// Returns `lhs + rhs`.
  LinearIndex add(LinearIndex lhs, LinearIndex rhs) {
    int64_t constant = lhs.constant + rhs.constant;
    if (!lhs.dynamic || !rhs.dynamic)
      return LinearIndex(lhs.dynamic ? lhs.dynamic : rhs.dynamic, constant);
    return LinearIndex(
        arith::AddIOp::create(builder, loc, lhs.dynamic, rhs.dynamic),
        constant);
  }

  /// Returns `lhs * rhs`.
  LinearIndex multiply(LinearIndex lhs, LinearIndex rhs) {
    if (lhs.dynamic && rhs.dynamic)
      return arith::MulIOp::create(builder, loc, materialize(lhs),
                                   materialize(rhs))
          .getResult();
    if (!lhs.dynamic)
      std::swap(lhs, rhs);
    if (!lhs.dynamic || rhs.is(0))
      return lhs.constant * rhs.constant;
    if (rhs.is(1))
      return lhs;
    Value product = arith::MulIOp::create(builder, loc, lhs.dynamic,
                                          materialize(rhs.constant));
    return LinearIndex(product, lhs.constant * rhs.constant);
  }

private:
  OpBuilder &builder;
  Location loc;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_VECTORIZELINALG_LINEARINDEX_H
