//===- SplitKeys.cpp - attention of few queries in parts of the keys ------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/PairView.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNSPLITKEYSPASS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Returns whether the sink, if there is one, has one number per head.
static bool hasPlainSink(AttentionOp op, const PairCoordinates &c) {
  if (!op.getSink())
    return true;
  return c.numOver() > 0 && op.getSinkMap()->getNumResults() == 1 &&
         op.getSinkMap()->getResult(0) ==
             getAffineDimExpr(c.numOver() - 1, op.getContext());
}

/// Returns whether the output has the axes of the state in order. A state with
/// values has an output.
static bool hasPlainOutput(AttentionOp op, const PairCoordinates &c) {
  if (!op.getOut())
    return !op.getValues();
  AffineMap map = *op.getOutMap();
  SmallVector<unsigned> dims =
      llvm::to_vector(llvm::seq<unsigned>(c.query() + 1));
  dims.push_back(c.inner());
  return map.getNumResults() == dims.size() &&
         llvm::all_of(llvm::zip(map.getResults(), dims), [&](auto pair) {
           return std::get<0>(pair) ==
                  getAffineDimExpr(std::get<1>(pair), op.getContext());
         });
}

/// Returns whether splitting the keys of `op` by `keys` makes more tasks where
/// they are few: at most `maxQueries` queries, and more keys than that.
static bool isWorthSplitting(AttentionOp op, int64_t keys, int64_t maxQueries) {
  PairView view = PairView::get(op);
  PairCoordinates c = view.getCoordinates();
  if (op.getWeight() != Weight::Exp || !view.queryGrid.empty() ||
      !view.keyGrid.empty() || !hasPlainSink(op, c) || !hasPlainOutput(op, c))
    return false;
  int64_t queries = view.getStaticExtent(c.query());
  int64_t extent = view.getStaticExtent(c.key());
  return !ShapedType::isDynamic(queries) && queries <= maxQueries &&
         (ShapedType::isDynamic(extent) || extent > keys);
}

/// Returns the type of a state whose output or statistics are `result`, with
/// the splits along `axis` if `isSplit`.
static RankedTensorType getStateType(Value result, Type element, unsigned axis,
                                     bool isSplit) {
  auto type = cast<RankedTensorType>(result.getType());
  SmallVector<int64_t> shape(type.getShape());
  if (isSplit)
    shape.insert(shape.begin() + axis, ShapedType::kDynamic);
  return RankedTensorType::get(shape, element);
}

/// Returns the states of the parts of the keys of `op`.
static PartialOp emitStates(OpBuilder &b, AttentionOp op, Type acc, Type stat,
                            int64_t keys) {
  return PartialOp::create(
      b, op.getLoc(), acc, stat, stat, op.getLhs(), op.getRhs(), op.getValues(),
      op.getMask(), op.getScale(), op.getBias(), op.getBindings(), op.getGrid(),
      op.getExtents(), op.getBindingInfosAttr(), op.getOverAttr(),
      op.getQueryGridAttr(), op.getKeyGridAttr(), op.getStaticExtentsAttr(),
      op.getLhsMapsAttr(), op.getRhsMapsAttr(), op.getValueMapAttr(),
      op.getBiasMapsAttr(), op.getScaleAttrAttr(), op.getScoreCoordinatesAttr(),
      op.getWeightAttr(), op.getPowerAttr(), op.getNormaliseAttr(),
      b.getI64IntegerAttr(keys));
}

static void splitKeys(AttentionOp op, int64_t keys) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  PairView view = PairView::get(op);
  unsigned axis = view.getCoordinates().query();
  SmallVector<int64_t> shape;
  for (unsigned dim = 0; dim <= axis; ++dim)
    shape.push_back(view.getStaticExtent(dim));
  shape.insert(shape.begin() + axis, ShapedType::kDynamic);
  Type element = view.getStatType();
  RankedTensorType acc;
  if (op.getOut())
    acc = getStateType(op.getOut(), element, axis, /*isSplit=*/true);
  auto stat = RankedTensorType::get(shape, element);
  PartialOp states = emitStates(b, op, acc, stat, keys);
  states.getScore().takeBody(op.getScore());

  auto list = [](Value value) {
    return value ? SmallVector<Value>{value} : SmallVector<Value>();
  };
  auto joined = CombineOp::create(
      b, loc, PartialKind::Exp, list(states.getAcc()), list(states.getMax()),
      list(states.getDen()), b.getI64IntegerAttr(axis));
  ValueRange state = joined.getState();
  Value sum = op.getOut() ? state.front() : Value();
  auto final =
      FinalizeOp::create(b, loc, PartialKind::Exp, sum,
                         state.drop_back().back(), state.back(), op.getSink());
  SmallVector<Value> results;
  if (op.getOut())
    results.push_back(final.getOut());
  if (op.getStat())
    results.push_back(final.getLse());
  for (auto [result, value] : llvm::zip(op->getResults(), results)) {
    Type to = getElementTypeOrSelf(result.getType());
    auto type = cast<RankedTensorType>(value.getType());
    if (to != type.getElementType())
      value = arith::TruncFOp::create(b, loc, type.clone(to), value);
    if (value.getType() != result.getType())
      value = tensor::CastOp::create(b, loc, result.getType(), value);
    result.replaceAllUsesWith(value);
  }
  op.erase();
}

namespace {

/// Splits the keys of attention of few queries.
struct AttnSplitKeysPass final
    : attn::impl::AttnSplitKeysPassBase<AttnSplitKeysPass> {
  using Base::Base;

  void runOnOperation() override {
    if (keys < 1) {
      getOperation()->emitError("attn-split-keys: expected at least 1 key in a "
                                "part, found ")
          << keys.getValue();
      return signalPassFailure();
    }
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      if (isWorthSplitting(op, keys, queries))
        ops.push_back(op);
    });
    for (AttentionOp op : ops)
      splitKeys(op, keys);
  }
};

} // namespace
