//===- DecomposeSelectOps.cpp - selection to loops ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces attn.topk by loops over rows, rounds and candidates.
//
//===----------------------------------------------------------------------===//

#include "DecomposeTensorOps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The selection of a row: in each round, the first element in the order that
/// follows the one taken before it.
struct TopkRow {
  TopkOp op;
  Value size;     // number of candidates
  ValueRange row; // position of the row

  /// The position of element `index` in the row.
  SmallVector<Value> at(Value index) const {
    SmallVector<Value> position(row);
    position.push_back(index);
    return position;
  }

  std::pair<Value, Value> findNext(Emitter &e, Value last, Value lastIndex);
  scf::ValueVector takeOne(Emitter &e, Value round, ValueRange state);
};

} // namespace

/// Returns the value and index of the first element after (`last`,
/// `lastIndex`), and index -1 if there is none.
std::pair<Value, Value> TopkRow::findNext(Emitter &e, Value last,
                                          Value lastIndex) {
  auto before =
      op.getLeast() ? arith::CmpFPredicate::OLT : arith::CmpFPredicate::OGT;
  Value none = e.indexConstant(-1);
  auto loop = scf::ForOp::create(
      e, e.indexConstant(0), size, e.indexConstant(1), ValueRange{last, none},
      [&](OpBuilder &builder, Location loc, Value index, ValueRange best) {
        Emitter in(loc, builder, e.getType());
        Value element = in.make<tensor::ExtractOp>(op.getX(), at(index));
        element = in.convert(element, e.getType());
        // False for NaN.
        Value eligible = in.make<arith::CmpFOp>(
            arith::CmpFPredicate::OGT, element, in.constant(-infinity));
        Value later = in.make<arith::CmpFOp>(before, last, element);
        Value tied =
            in.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, element, last);
        Value behind =
            in.make<arith::CmpIOp>(arith::CmpIPredicate::sgt, index, lastIndex);
        later =
            in.make<arith::OrIOp>(later, in.make<arith::AndIOp>(tied, behind));
        Value first =
            in.make<arith::CmpIOp>(arith::CmpIPredicate::eq, best[1], none);
        Value better = in.make<arith::OrIOp>(
            first, in.make<arith::CmpFOp>(before, element, best[0]));
        Value take = in.make<arith::AndIOp>(
            eligible, in.make<arith::AndIOp>(later, better));
        scf::YieldOp::create(
            in, ValueRange{in.make<arith::SelectOp>(take, element, best[0]),
                           in.make<arith::SelectOp>(take, index, best[1])});
      });
  return {loop.getResult(0), loop.getResult(1)};
}

/// Takes one element: from (last, last index, values, indices[, kept]) to the
/// same after the round.
scf::ValueVector TopkRow::takeOne(Emitter &e, Value round, ValueRange state) {
  Value value, index;
  std::tie(value, index) = findNext(e, state[0], state[1]);
  Value found = e.make<arith::CmpIOp>(arith::CmpIPredicate::sge, index,
                                      e.indexConstant(0));
  Value shown = e.make<arith::SelectOp>(found, value, e.constant(0));
  shown = e.convert(shown, getElementTypeOrSelf(op.getX()));
  Value narrow = e.make<arith::IndexCastOp>(e.getI32Type(), index);
  scf::ValueVector next{value, e.make<arith::SelectOp>(found, index, state[1]),
                        e.make<tensor::InsertOp>(shown, state[2], at(round)),
                        e.make<tensor::InsertOp>(narrow, state[3], at(round))};
  if (!op.getKeep())
    return next;
  auto mark = scf::IfOp::create(
      e, found,
      [&](OpBuilder &builder, Location loc) {
        Emitter in(loc, builder, e.getType());
        Value yes = in.make<arith::ConstantOp>(in.getBoolAttr(true));
        scf::YieldOp::create(
            in, in.make<tensor::InsertOp>(yes, state[4], at(index)));
      },
      [&](OpBuilder &builder, Location loc) {
        scf::YieldOp::create(builder, loc, state[4]);
      });
  next.push_back(mark.getResult(0));
  return next;
}

/// Returns a tensor filled with the constant `value`.
static Value emitFilled(Emitter &e, const Sizes &sizes, TypedAttr value) {
  return linalg::FillOp::create(e, e.make<arith::ConstantOp>(value),
                                e.empty(sizes, value.getType()))
      .getResult(0);
}

/// Loops over rows, rounds and candidates.
SmallVector<Value> mlir::attn::decompose(Emitter &outer, TopkOp op) {
  Sizes sizes = outer.sizesOf(op.getX());
  Value size = outer.toIndex(sizes.back());
  Sizes taken(sizes);
  taken.back() = outer.getIndexAttr(op.getK());
  Type element = getElementTypeOrSelf(op.getX());
  SmallVector<Value> init{
      outer.filled(taken, 0, element),
      emitFilled(outer, taken, outer.getI32IntegerAttr(-1))};
  if (op.getKeep())
    init.push_back(emitFilled(outer, sizes, outer.getBoolAttr(false)));

  Value zero = outer.indexConstant(0), one = outer.indexConstant(1);
  Value rounds = outer.indexConstant(op.getK());
  SmallVector<Value> ends;
  for (OpFoldResult end : ArrayRef(sizes).drop_back())
    ends.push_back(outer.toIndex(end));
  SmallVector<Value> begins(ends.size(), zero), steps(ends.size(), one);

  auto selectRow = [&](OpBuilder &builder, Location loc, ValueRange row,
                       ValueRange tensors) -> scf::ValueVector {
    Emitter e(loc, builder, outer.getType());
    SmallVector<Value> state{e.constant(op.getLeast() ? -infinity : infinity),
                             e.indexConstant(-1)};
    llvm::append_range(state, tensors);
    auto loop = scf::ForOp::create(
        e, zero, rounds, one, state,
        [&](OpBuilder &builder, Location loc, Value round, ValueRange state) {
          Emitter in(loc, builder, e.getType());
          TopkRow topk{op, size, row};
          scf::YieldOp::create(in, topk.takeOne(in, round, state));
        });
    return llvm::to_vector_of<Value>(loop.getResults().drop_front(2));
  };
  return llvm::to_vector_of<Value>(scf::buildLoopNest(outer, outer.getLoc(),
                                                      begins, ends, steps, init,
                                                      selectRow)
                                       .results);
}
