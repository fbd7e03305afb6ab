//===- BranchSingleQuery.cpp - a branch for one query ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/PairView.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

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

/// Returns whether `op` computes elements one by one: what kernels take in.
static bool isElementwise(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return op->getNumResults() == 1 && linalgOp &&
         linalgOp.hasPureTensorSemantics() &&
         linalgOp.getNumParallelLoops() == linalgOp.getNumLoops();
}

/// Returns the elementwise ops that make operands of `op` and are for nothing
/// else.
static SmallVector<Operation *> findProducers(AttentionOp op) {
  SmallVector<Operation *> producers;
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    if (producer && operand.hasOneUse() && isElementwise(producer))
      producers.push_back(producer);
  }
  return producers;
}

/// Returns the elementwise ops behind `op`, each the only user of the one
/// before, whose other operands are there before `op`.
static SmallVector<Operation *> findConsumers(AttentionOp op) {
  SmallVector<Operation *> consumers;
  auto isThere = [&](Value value, Value result) {
    Operation *definition = value.getDefiningOp();
    return value == result || !definition ||
           definition->getBlock() != op->getBlock() ||
           definition->isBeforeInBlock(op);
  };
  for (Value result = op.getOut(); result && result.hasOneUse();
       result = consumers.back()->getResult(0)) {
    Operation *user = *result.user_begin();
    if (!isElementwise(user) || user->getBlock() != op->getBlock() ||
        !llvm::all_of(user->getOperands(),
                      [&](Value value) { return isThere(value, result); }))
      break;
    consumers.push_back(user);
  }
  return consumers;
}

namespace {

/// Builds the branches of one op. What kernels take in goes with it: a branch
/// between them would keep it out.
class BranchBuilder {
public:
  BranchBuilder(AttentionOp op, ArrayRef<unsigned> axes)
      : op(op), axes(axes), producers(findProducers(op)),
        consumers(findConsumers(op)) {}

  void build();

private:
  void cloneProducers(OpBuilder &b, IRMapping &values);
  SmallVector<Value> cloneConsumers(OpBuilder &b, IRMapping &values);
  SmallVector<Value> emitSingle(OpBuilder &b);
  SmallVector<Value> emitAny(OpBuilder &b);

  AttentionOp op;
  ArrayRef<unsigned> axes;
  SmallVector<Operation *> producers, consumers;
};

} // namespace

/// Clones `op`, and what its result is written to.
static void cloneWithOutput(OpBuilder &b, Operation *op, IRMapping &values) {
  for (Value init : cast<DestinationStyleOpInterface>(op).getDpsInits())
    if (auto empty = init.getDefiningOp<tensor::EmptyOp>())
      b.clone(*empty, values);
  b.clone(*op, values);
}

void BranchBuilder::cloneProducers(OpBuilder &b, IRMapping &values) {
  for (Operation *producer : producers)
    cloneWithOutput(b, producer, values);
}

/// Clones the consumers; returns what stands for the results of `op`, of which
/// the output is now theirs.
SmallVector<Value> BranchBuilder::cloneConsumers(OpBuilder &b,
                                                 IRMapping &values) {
  for (Operation *consumer : consumers)
    cloneWithOutput(b, consumer, values);
  SmallVector<Value> results;
  for (Value result : op->getResults()) {
    if (result == op.getOut() && !consumers.empty())
      result = consumers.back()->getResult(0);
    results.push_back(values.lookup(result));
  }
  return results;
}

/// Emits `op` on one query.
SmallVector<Value> BranchBuilder::emitSingle(OpBuilder &b) {
  Location loc = op.getLoc();
  unsigned query = PairView::get(op).getCoordinates().query();
  IRMapping values;
  cloneProducers(b, values);
  auto single = cast<AttentionOp>(b.clone(*op, values));
  OpBuilder before(single);
  for (auto [operand, axis] : llvm::zip(single.getLhsMutable(), axes))
    operand.set(tensor::CastOp::create(
        before, loc, getSingleType(operand.get(), axis), operand.get()));
  // The statistics have the axes of the state.
  if (Value out = single.getOut())
    out.setType(getSingleType(out, *findAxis(*op.getOutMap(), query)));
  if (Value stat = single.getStat())
    stat.setType(getSingleType(stat, query));
  for (auto [from, to] : llvm::zip(op->getResults(), single->getResults()))
    values.map(from, tensor::CastOp::create(b, loc, from.getType(), to));
  return cloneConsumers(b, values);
}

/// Emits `op` on any number of queries.
SmallVector<Value> BranchBuilder::emitAny(OpBuilder &b) {
  IRMapping values;
  cloneProducers(b, values);
  b.clone(*op, values);
  return cloneConsumers(b, values);
}

void BranchBuilder::build() {
  OpBuilder b(op);
  auto choice = scf::IfOp::create(
      b, op.getLoc(), emitHasSingleQuery(b, op, axes),
      [&](OpBuilder &inside, Location loc) {
        scf::YieldOp::create(inside, loc, emitSingle(inside));
      },
      [&](OpBuilder &inside, Location loc) {
        scf::YieldOp::create(inside, loc, emitAny(inside));
      });
  for (auto [from, to] : llvm::zip(op->getResults(), choice.getResults())) {
    Value result = from;
    if (from == op.getOut() && !consumers.empty())
      result = consumers.back()->getResult(0);
    result.replaceAllUsesWith(to);
  }
  for (Operation *consumer : llvm::reverse(consumers))
    consumer->erase();
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
        BranchBuilder(op, *axes).build();
  }
};

} // namespace
