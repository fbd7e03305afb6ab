//===- BranchSingleQuery.cpp - a branch for one query ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/PairView.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNBRANCHSINGLEQUERYPASS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Returns the position of the coordinate `dim` among the results of `map`.
static std::optional<unsigned> findAxis(AffineMap map, unsigned dim) {
  for (auto [axis, expr] : llvm::enumerate(map.getResults()))
    if (expr == getAffineDimExpr(dim, map.getContext()))
      return axis;
  return std::nullopt;
}

/// Returns whether `value`, if there is one, has a dynamic size along `axis`.
static bool isDynamicAlong(Value value, std::optional<unsigned> axis) {
  return !value ||
         (axis && cast<RankedTensorType>(value.getType()).isDynamicDim(*axis));
}

/// Returns the axis of queries of each left operand, or nothing if one query
/// is no case of its own: there is no dot product or no such axis, it is
/// static, or the keys are the queries.
static std::optional<SmallVector<unsigned>> findQueryAxes(AttentionOp op) {
  PairView view = PairView::get(op);
  unsigned query = view.getCoordinates().query();
  if (op.getWeight() != Weight::Exp || !view.queryGrid.empty() ||
      !view.keyGrid.empty() || view.hasExtentClause(query) ||
      !ShapedType::isDynamic(view.getStaticExtent(query)) ||
      (op.getOut() &&
       !isDynamicAlong(op.getOut(), findAxis(*op.getOutMap(), query))) ||
      !isDynamicAlong(op.getStat(), query))
    return std::nullopt;
  SmallVector<unsigned> axes;
  for (auto [n, tensor] : llvm::enumerate(view.lhs)) {
    auto axis = findAxis(PairView::getMap(view.lhsMaps, n), query);
    if (!axis || llvm::is_contained(view.rhs, tensor))
      return std::nullopt;
    axes.push_back(*axis);
  }
  if (axes.empty())
    return std::nullopt;
  return axes;
}

/// Returns the type of `value` with one element along `axis`.
static RankedTensorType getSingleType(Value value, unsigned axis) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = 1;
  return type.clone(shape);
}

/// Returns whether all left operands have one query.
static Value emitHasSingleQuery(OpBuilder &b, AttentionOp op,
                                ArrayRef<unsigned> axes) {
  Location loc = op.getLoc();
  Value one = arith::ConstantIndexOp::create(b, loc, 1), all;
  for (auto [tensor, axis] : llvm::zip(op.getLhs(), axes)) {
    Value size = tensor::DimOp::create(b, loc, tensor, axis);
    Value single =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, size, one);
    all = all ? Value(arith::AndIOp::create(b, loc, all, single)) : single;
  }
  return all;
}

/// Emits `op` on one query; returns its results with the types of `op`.
static SmallVector<Value> emitSingleQuery(OpBuilder &b, AttentionOp op,
                                          ArrayRef<unsigned> axes) {
  Location loc = op.getLoc();
  unsigned query = PairView::get(op).getCoordinates().query();
  auto single = cast<AttentionOp>(b.clone(*op));
  OpBuilder before(single);
  for (auto [operand, axis] : llvm::zip(single.getLhsMutable(), axes))
    operand.set(tensor::CastOp::create(
        before, loc, getSingleType(operand.get(), axis), operand.get()));
  // The statistics have the axes of the state.
  if (Value out = single.getOut())
    out.setType(getSingleType(out, *findAxis(*op.getOutMap(), query)));
  if (Value stat = single.getStat())
    stat.setType(getSingleType(stat, query));
  SmallVector<Value> results;
  for (auto [result, type] :
       llvm::zip(single->getResults(), op->getResultTypes()))
    results.push_back(tensor::CastOp::create(b, loc, type, result));
  return results;
}

static void branch(AttentionOp op, ArrayRef<unsigned> axes) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  auto choice = scf::IfOp::create(
      b, loc, emitHasSingleQuery(b, op, axes),
      [&](OpBuilder &inside, Location loc) {
        scf::YieldOp::create(inside, loc, emitSingleQuery(inside, op, axes));
      },
      [&](OpBuilder &inside, Location loc) {
        scf::YieldOp::create(inside, loc, inside.clone(*op)->getResults());
      });
  op->replaceAllUsesWith(choice);
  op.erase();
}

namespace {

/// Gives attention of a dynamic number of queries a branch for one.
struct AttnBranchSingleQueryPass final
    : attn::impl::AttnBranchSingleQueryPassBase<AttnBranchSingleQueryPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) { ops.push_back(op); });
    for (AttentionOp op : ops)
      if (std::optional<SmallVector<unsigned>> axes = findQueryAxes(op))
        branch(op, *axes);
  }
};

} // namespace
