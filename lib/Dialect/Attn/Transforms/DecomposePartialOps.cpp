//===- DecomposePartialOps.cpp - partial states to linalg -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces the ops on partial states by reductions and elementwise linalg ops.
//
//===----------------------------------------------------------------------===//

#include "DecomposeTensorOps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// A partial state; components that its kind lacks are null.
struct State {
  Value acc, max, den;
};

} // namespace

/// Returns the product of `weight` and `value`, and 0 for a max of -inf.
static Value emitWeighted(Emitter &e, Value value, Value weight, Value max) {
  return e.make<arith::SelectOp>(e.isEqual(max, -infinity), e.constant(0),
                                 e.make<arith::MulFOp>(weight, value));
}

/// Returns the sum of tensors of one shape, in order.
static Value emitSum(Emitter &e, ArrayRef<Value> terms) {
  Sizes sizes = e.sizesOf(terms.front());
  AffineMap all = e.getMultiDimIdentityMap(sizes.size());
  SmallVector<Access> inputs;
  for (Value term : terms)
    inputs.push_back({term, all});
  return e.map(sizes, inputs, [](Emitter &e, ArrayRef<Value> in) {
    Value sum = in.front();
    for (Value term : in.drop_front())
      sum = e.make<arith::AddFOp>(sum, term);
    return sum;
  });
}

/// Returns the sum of `terms` times `weights`; a term has the axes of its
/// weight, and at most one more.
static Value emitWeightedSum(Emitter &e, ArrayRef<Value> terms,
                             ArrayRef<Value> weights, ArrayRef<Value> maxes) {
  Sizes sizes = e.sizesOf(terms.front());
  unsigned rank = sizes.size();
  unsigned rows = cast<RankedTensorType>(maxes[0].getType()).getRank();
  AffineMap row = e.getMultiDimIdentityMap(rank).getMajorSubMap(rows);
  SmallVector<Access> inputs;
  for (auto [term, weight, max] : llvm::zip(terms, weights, maxes))
    inputs.append(
        {{term, e.getMultiDimIdentityMap(rank)}, {weight, row}, {max, row}});
  return e.map(sizes, inputs, [](Emitter &e, ArrayRef<Value> in) {
    Value sum;
    for (; !in.empty(); in = in.drop_front(3)) {
      Value term = emitWeighted(e, in[0], in[1], in[2]);
      sum = sum ? Value(e.make<arith::AddFOp>(sum, term)) : term;
    }
    return sum;
  });
}

/// Joins exp states of one shape; the result is in the type of the emitter.
static State emitJoinedExp(Emitter &e, ArrayRef<State> states) {
  SmallVector<Value> accs, maxes, dens;
  for (const State &state : states) {
    accs.push_back(state.acc);
    maxes.push_back(state.max);
    dens.push_back(state.den);
  }
  Sizes sizes = e.sizesOf(maxes.front());
  AffineMap all = e.getMultiDimIdentityMap(sizes.size());
  SmallVector<Access> inputs;
  for (Value max : maxes)
    inputs.push_back({max, all});
  Value joint = e.map(sizes, inputs, [](Emitter &e, ArrayRef<Value> in) {
    Value max = in.front();
    for (Value other : in.drop_front())
      max = e.make<arith::MaximumFOp>(max, other);
    return max;
  });
  SmallVector<Value> weights;
  for (Value max : maxes)
    weights.push_back(e.map(sizes, {{max, all}, {joint, all}},
                            [](Emitter &e, ArrayRef<Value> in) {
                              return e.exponential(in[0], in[1]);
                            }));
  Value acc;
  if (states.front().acc)
    acc = emitWeightedSum(e, accs, weights, maxes);
  return {acc, joint, emitWeightedSum(e, dens, weights, maxes)};
}

/// Joins states of one shape; the result is in the type of the emitter.
static State emitJoined(Emitter &e, ArrayRef<State> states) {
  if (states.front().max)
    return emitJoinedExp(e, states);
  State joined;
  for (Value State::*component : {&State::acc, &State::den}) {
    if (!(states.front().*component))
      continue;
    SmallVector<Value> terms;
    for (const State &state : states)
      terms.push_back(state.*component);
    joined.*component = emitSum(e, terms);
  }
  return joined;
}

/// Returns the sum along `axis` of `terms` times `weights`, which may be null.
static Value emitSumAlong(Emitter &e, Value terms, unsigned axis, Value weights,
                          Value maxes) {
  Sizes sizes = e.sizesOf(terms);
  AffineMap all = e.getMultiDimIdentityMap(sizes.size());
  SmallVector<Access> inputs{{terms, all}};
  if (weights) {
    AffineMap row =
        all.getMajorSubMap(cast<RankedTensorType>(weights.getType()).getRank());
    inputs.append({{weights, row}, {maxes, row}});
  }
  return e.reduce(
      sizes, axis, 0, inputs, [&](Emitter &e, Value sum, ArrayRef<Value> in) {
        Value term = weights ? emitWeighted(e, in[0], in[1], in[2]) : in[0];
        return e.make<arith::AddFOp>(sum, term);
      });
}

/// Joins the states that lie along `axis` of one state.
static State emitJoinedAlong(Emitter &e, const State &state, unsigned axis) {
  Value weights, joint;
  if (state.max) {
    Sizes sizes = e.sizesOf(state.max);
    AffineMap all = e.getMultiDimIdentityMap(sizes.size());
    joint = e.reduce(sizes, axis, -infinity, {{state.max, all}},
                     [](Emitter &e, Value max, ArrayRef<Value> in) {
                       return e.make<arith::MaximumFOp>(max, in[0]);
                     });
    weights =
        e.map(sizes, {{state.max, all}, {joint, e.without(sizes.size(), axis)}},
              [](Emitter &e, ArrayRef<Value> in) {
                return e.exponential(in[0], in[1]);
              });
  }
  State joined{{}, joint, {}};
  if (state.acc)
    joined.acc = emitSumAlong(e, state.acc, axis, weights, state.max);
  if (state.den)
    joined.den = emitSumAlong(e, state.den, axis, weights, state.max);
  return joined;
}

/// Returns the present components of `state`, with the element type `to`.
static SmallVector<Value> toValues(Emitter &e, const State &state, Type to) {
  SmallVector<Value> values;
  for (Value value : {state.acc, state.max, state.den})
    if (value)
      values.push_back(e.converted(value, to));
  return values;
}

/// Returns the state whose components are `values` where those of `like` are
/// present.
static State fromValues(ValueRange values, const State &like) {
  State state;
  for (Value State::*component : {&State::acc, &State::max, &State::den})
    if (like.*component) {
      state.*component = values.front();
      values = values.drop_front();
    }
  return state;
}

/// Maximum, weights, and weighted sums.
SmallVector<Value> mlir::attn::decompose(Emitter &e, CombineOp op) {
  auto get = [](OperandRange values, size_t i) {
    return i < values.size() ? values[i] : Value();
  };
  SmallVector<State> states;
  for (size_t i = 0, count = op.getNumStates(); i < count; ++i)
    states.push_back(
        {get(op.getAccs(), i), get(op.getMaxes(), i), get(op.getDens(), i)});
  State joined = op.getAxis()
                     ? emitJoinedAlong(e, states.front(), *op.getAxis())
                     : emitJoined(e, states);
  return toValues(e, joined, getElementTypeOrSelf(op->getResult(0)));
}

namespace {

/// The positions of the slices of a tensor along one axis.
struct SliceAlong {
  unsigned axis;
  Sizes offsets, sizes, strides;

  SliceAlong(Emitter &e, Value tensor, unsigned axis, OpFoldResult index)
      : axis(axis), sizes(e.sizesOf(tensor)) {
    offsets.assign(sizes.size(), e.getIndexAttr(0));
    strides.assign(sizes.size(), e.getIndexAttr(1));
    offsets[axis] = index;
    sizes[axis] = e.getIndexAttr(1);
  }

  /// The slice of `tensor`, without the axis.
  Value extract(Emitter &e, Value tensor) const {
    auto type = cast<RankedTensorType>(tensor.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + axis);
    return e.make<tensor::ExtractSliceOp>(type.clone(shape), tensor, offsets,
                                          sizes, strides);
  }

  /// `tensor` with `slice` in its place.
  Value insert(Emitter &e, Value slice, Value tensor) const {
    return e.make<tensor::InsertSliceOp>(slice, tensor, offsets, sizes,
                                         strides);
  }
};

} // namespace

/// A loop along the axis that carries the results and the state so far.
SmallVector<Value> mlir::attn::decompose(Emitter &outer, PrefixOp op) {
  unsigned axis = op.getAxis();
  Type element = getElementTypeOrSelf(op->getResult(0));
  State all{op.getAcc(), op.getMax(), op.getDen()};
  SmallVector<Value> init;
  for (Value operand : op.getOperands())
    init.push_back(outer.empty(outer.sizesOf(operand), element));
  for (Value operand : op.getOperands()) {
    Sizes sizes = outer.sizesOf(operand);
    sizes.erase(sizes.begin() + axis);
    init.push_back(outer.filled(sizes, operand == all.max ? -infinity : 0));
  }
  size_t count = op->getNumOperands();
  Value end = outer.toIndex(outer.sizesOf(op->getOperand(0))[axis]);

  auto loop = scf::ForOp::create(
      outer, outer.indexConstant(0), end, outer.indexConstant(1), init,
      [&](OpBuilder &builder, Location loc, Value index, ValueRange carried) {
        Emitter e(loc, builder, outer.getType());
        SmallVector<SliceAlong> slices;
        SmallVector<Value> next;
        for (Value operand : op.getOperands()) {
          slices.emplace_back(e, operand, axis, index);
          next.push_back(slices.back().extract(e, operand));
        }
        State states[] = {fromValues(carried.drop_front(count), all),
                          fromValues(next, all)};
        State joined = emitJoined(e, states);
        SmallVector<Value> results;
        for (auto [slice, value, result] :
             llvm::zip(slices, toValues(e, joined, element), carried))
          results.push_back(slice.insert(e, value, result));
        llvm::append_range(results, toValues(e, joined, e.getType()));
        scf::YieldOp::create(e, results);
      });
  return llvm::to_vector_of<Value>(loop.getResults().take_front(count));
}

namespace {

/// What a row of an exp state is divided by, relative to another maximum.
struct Denominator {
  Value total; // den * scale + e^(sink - the other maximum)
  Value scale; // e^(max - the other maximum)
  Value lse;
};

} // namespace

/// Returns the denominator of each row, with `sink` if it is not null.
static Denominator emitDenominator(Emitter &e, const State &state, Value sink,
                                   Type lseType) {
  Sizes sizes = e.sizesOf(state.max);
  unsigned rank = sizes.size();
  AffineMap all = e.getMultiDimIdentityMap(rank);
  SmallVector<Access> inputs{{state.max, all}, {state.den, all}};
  if (sink)
    inputs.push_back(
        {sink, AffineMap::get(rank, 0, e.getAffineDimExpr(rank - 2),
                              e.getContext())});
  SmallVector<Access> outputs{{e.empty(sizes), all},
                              {e.empty(sizes), all},
                              {e.empty(sizes, lseType), all}};
  auto body = [&](Emitter &e, ArrayRef<Value> in, ArrayRef<Value>) {
    Value max = in[0], joint = max, scale = e.constant(1);
    if (sink) {
      joint = e.make<arith::MaximumFOp>(max, in[2]);
      scale = e.exponential(max, joint);
    }
    Value total = emitWeighted(e, in[1], scale, max);
    if (sink)
      total = e.make<arith::AddFOp>(total, e.exponential(in[2], joint));
    Value lse = e.make<arith::AddFOp>(joint, e.make<math::LogOp>(total));
    lse = e.make<arith::SelectOp>(e.isEqual(total, 0), e.constant(-infinity),
                                  lse);
    return SmallVector<Value>{total, scale, lse};
  };
  SmallVector<Value> rows = e.generic(inputs, outputs, {}, body);
  return {rows[0], rows[1], rows[2]};
}

/// Returns the outputs of an exp state: out, of type `outType`, unless there is
/// no acc, and lse.
static SmallVector<Value> emitFinalExp(Emitter &e, const State &state,
                                       Value sink, Type outType, Type lseType) {
  Denominator rows = emitDenominator(e, state, sink, lseType);
  if (!state.acc)
    return {rows.lse};
  Sizes sizes = e.sizesOf(state.acc);
  unsigned rank = sizes.size();
  AffineMap row = e.without(rank, rank - 1);
  auto divide = [](Emitter &e, ArrayRef<Value> in) {
    Value acc = emitWeighted(e, in[0], in[2], in[3]);
    return e.make<arith::SelectOp>(e.isEqual(in[1], 0), e.constant(0),
                                   e.make<arith::DivFOp>(acc, in[1]));
  };
  Value out = e.map(sizes,
                    {{state.acc, e.getMultiDimIdentityMap(rank)},
                     {rows.total, row},
                     {rows.scale, row},
                     {state.max, row}},
                    divide, outType);
  return {out, rows.lse};
}

/// The quotient by the row sums, where 0 / 0 is 0.
static Value emitFinalSum(Emitter &e, const State &state, Type outType) {
  Sizes sizes = e.sizesOf(state.acc);
  unsigned rank = sizes.size();
  auto divide = [](Emitter &e, ArrayRef<Value> in) {
    Value undefined =
        e.make<arith::AndIOp>(e.isEqual(in[0], 0), e.isEqual(in[1], 0));
    return e.make<arith::SelectOp>(undefined, e.constant(0),
                                   e.make<arith::DivFOp>(in[0], in[1]));
  };
  return e.map(sizes,
               {{state.acc, e.getMultiDimIdentityMap(rank)},
                {state.den, e.without(rank, rank - 1)}},
               divide, outType);
}

/// Denominators, then quotients.
SmallVector<Value> mlir::attn::decompose(Emitter &e, FinalizeOp op) {
  State state{op.getAcc(), op.getMax(), op.getDen()};
  Type element = getElementTypeOrSelf(op->getOperand(0));
  switch (op.getKind()) {
  case PartialKind::Exp:
    return emitFinalExp(e, state, op.getSink(), element, element);
  case PartialKind::Sum:
    return {emitFinalSum(e, state, element)};
  case PartialKind::None:
    return {op.getAcc()};
  }
  llvm_unreachable("unknown kind of partial state");
}

/// An output is a partial state with its lse as maximum and a denominator of 1.
SmallVector<Value> mlir::attn::decompose(Emitter &e, MergeOp op) {
  Value ones = e.filled(e.sizesOf(op.getLses().front()), 1);
  SmallVector<State> states;
  for (auto [out, lse] : llvm::zip(op.getOuts(), op.getLses()))
    states.push_back({out, lse, ones});
  State joined = op.getAxis()
                     ? emitJoinedAlong(e, states.front(), *op.getAxis())
                     : emitJoined(e, states);
  return emitFinalExp(e, joined, /*sink=*/Value(),
                      getElementTypeOrSelf(op.getOut()),
                      getElementTypeOrSelf(op.getLse()));
}
