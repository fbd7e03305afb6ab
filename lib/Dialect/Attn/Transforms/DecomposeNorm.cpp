//===- DecomposeNorm.cpp - norms and softmax to linalg --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces attn.norm and attn.softmax by reductions and a quotient.
//
//===----------------------------------------------------------------------===//

#include "DecomposeTensorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns the root that `op` divides each vector by; `mean` is null if it is
/// not subtracted.
static Value emitRoot(Emitter &e, NormOp op, Value mean, Value count) {
  Value x = op.getX();
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size(), last = rank - 1;
  SmallVector<Access> inputs{{x, e.getMultiDimIdentityMap(rank)}};
  if (mean)
    inputs.push_back({mean, e.without(rank, last)});
  Value squares = e.reduce(
      sizes, last, 0, inputs, [&](Emitter &e, Value sum, ArrayRef<Value> in) {
        Value v = mean ? e.make<arith::SubFOp>(in[0], in[1]) : in[0];
        return e.make<arith::AddFOp>(sum, e.make<arith::MulFOp>(v, v));
      });
  sizes.pop_back();
  return e.map(sizes, {{squares, e.getMultiDimIdentityMap(last)}},
               [&](Emitter &e, ArrayRef<Value> in) {
                 Value s = in[0];
                 if (op.getKind() != NormKind::L2)
                   s = e.make<arith::DivFOp>(s, count);
                 s = e.make<arith::AddFOp>(s, e.constant(op.getEpsilon()));
                 return e.make<math::SqrtOp>(s);
               });
}

/// Returns the means along the last axis of `x`, which has `count` elements.
static Value emitMean(Emitter &e, Value x, Value count) {
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size(), last = rank - 1;
  Value sums = e.reduce(sizes, last, 0, {{x, e.getMultiDimIdentityMap(rank)}},
                        [](Emitter &e, Value sum, ArrayRef<Value> in) {
                          return e.make<arith::AddFOp>(sum, in[0]);
                        });
  sizes.pop_back();
  return e.map(sizes, {{sums, e.getMultiDimIdentityMap(last)}},
               [&](Emitter &e, ArrayRef<Value> in) {
                 return e.make<arith::DivFOp>(in[0], count);
               });
}

/// Two or three passes over each vector: mean, sum of squares, quotient.
SmallVector<Value> mlir::attn::decompose(Emitter &e, NormOp op) {
  Value x = op.getX();
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size();
  Value count = e.fromInteger(e.toIndex(sizes.back()));
  Value mean;
  if (op.getKind() == NormKind::Layer)
    mean = emitMean(e, x, count);
  Value root = emitRoot(e, op, mean, count);

  AffineMap row = e.without(rank, rank - 1);
  AffineMap feature =
      AffineMap::get(rank, 0, e.getAffineDimExpr(rank - 1), e.getContext());
  SmallVector<Access> inputs{{x, e.getMultiDimIdentityMap(rank)}, {root, row}};
  if (mean)
    inputs.push_back({mean, row});
  for (Value vector : {op.getGain(), op.getOffset()})
    if (vector)
      inputs.push_back({vector, feature});
  auto body = [&](Emitter &e, ArrayRef<Value> in) {
    Value v = in[0], r = in[1];
    in = in.drop_front(2);
    if (mean)
      v = e.make<arith::SubFOp>(v, in.consume_front());
    v = e.make<arith::SelectOp>(e.isEqual(r, 0), e.constant(0),
                                e.make<arith::DivFOp>(v, r));
    if (op.getGain())
      v = e.make<arith::MulFOp>(v, in.consume_front());
    if (op.getOffset())
      v = e.make<arith::AddFOp>(v, in.consume_front());
    return v;
  };
  return {e.map(sizes, inputs, body, getElementTypeOrSelf(x))};
}

/// Three passes over each vector: maximum, sum of exponentials, quotient.
SmallVector<Value> mlir::attn::decompose(Emitter &e, SoftmaxOp op) {
  Value x = op.getX();
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size(), last = rank - 1;
  AffineMap all = e.getMultiDimIdentityMap(rank), row = e.without(rank, last);
  double lowest = -std::numeric_limits<double>::infinity();
  Value max = e.reduce(sizes, last, lowest, {{x, all}},
                       [](Emitter &e, Value max, ArrayRef<Value> in) {
                         return e.make<arith::MaximumFOp>(max, in[0]);
                       });
  // A vector of -inf is compared with 0, so that its exponentials are 0.
  auto power = [=](Emitter &e, Value x, Value max) {
    Value reference =
        e.make<arith::SelectOp>(e.isEqual(max, lowest), e.constant(0), max);
    return e.make<math::ExpOp>(e.make<arith::SubFOp>(x, reference));
  };
  Value sum =
      e.reduce(sizes, last, 0, {{x, all}, {max, row}},
               [=](Emitter &e, Value sum, ArrayRef<Value> in) {
                 return e.make<arith::AddFOp>(sum, power(e, in[0], in[1]));
               });
  auto quotient = [=](Emitter &e, ArrayRef<Value> in) {
    Value share = e.make<arith::DivFOp>(power(e, in[0], in[1]), in[2]);
    return e.make<arith::SelectOp>(e.isEqual(in[2], 0), e.constant(0), share);
  };
  return {e.map(sizes, {{x, all}, {max, row}, {sum, row}}, quotient,
                getElementTypeOrSelf(x))};
}
