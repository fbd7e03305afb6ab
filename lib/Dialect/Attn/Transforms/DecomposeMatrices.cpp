//===- DecomposeMatrices.cpp - matrices to linalg -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces attn.linear_map by a constant, and attn.expm by loops of products.
//
//===----------------------------------------------------------------------===//

#include "DecomposeTensorOps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

/// The weights as a constant.
SmallVector<Value> mlir::attn::decompose(Emitter &e, LinearMapOp op) {
  SmallVector<OpFoldResult> weights;
  if (failed(op->fold({}, weights)))
    llvm_unreachable("a verified linear map has constant weights");
  auto elements = cast<TypedAttr>(cast<Attribute>(weights.front()));
  return {e.make<arith::ConstantOp>(elements)};
}

/// Returns the product of two square matrices.
static Value emitProduct(Emitter &e, Value lhs, Value rhs) {
  Value zero = e.filled(e.sizesOf(lhs), 0);
  return linalg::MatmulOp::create(e, zero.getType(), ValueRange{lhs, rhs},
                                  ValueRange{zero})
      .getResult(0);
}

/// Returns the identity plus `matrix / divisor`.
static Value emitIdentityPlus(Emitter &e, Value matrix, Value divisor) {
  AffineMap all = e.getMultiDimIdentityMap(2);
  return e.map(
      e.sizesOf(matrix), {{matrix, all}}, [&](Emitter &e, ArrayRef<Value> in) {
        Value row = e.make<linalg::IndexOp>(0);
        Value column = e.make<linalg::IndexOp>(1);
        Value diagonal =
            e.make<arith::CmpIOp>(arith::CmpIPredicate::eq, row, column);
        Value one =
            e.make<arith::SelectOp>(diagonal, e.constant(1), e.constant(0));
        return e.make<arith::AddFOp>(one,
                                     e.make<arith::DivFOp>(in[0], divisor));
      });
}

/// Returns the largest absolute column sum of `matrix`, NaN if it has a NaN.
static Value emitColumnNorm(Emitter &e, Value matrix) {
  Sizes sizes = e.sizesOf(matrix);
  Value sums =
      e.reduce(sizes, 0, 0, {{matrix, e.getMultiDimIdentityMap(2)}},
               [](Emitter &e, Value sum, ArrayRef<Value> in) {
                 return e.make<arith::AddFOp>(sum, e.make<math::AbsFOp>(in[0]));
               });
  Value norm = e.reduce({sizes[1]}, 0, 0, {{sums, e.getMultiDimIdentityMap(1)}},
                        [](Emitter &e, Value max, ArrayRef<Value> in) {
                          return e.make<arith::MaximumFOp>(max, in[0]);
                        });
  return e.make<tensor::ExtractOp>(norm, ValueRange());
}

/// Returns how often `norm` must be halved to be 1/2 or less, and the power of
/// two that does it. An infinite norm ends with a power of 0, NaN at once.
static std::pair<Value, Value> emitHalvings(Emitter &e, Value norm) {
  Value none = e.indexConstant(0), one = e.constant(1);
  auto loop = scf::WhileOp::create(
      e, TypeRange{none.getType(), one.getType()}, ValueRange{none, one},
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        Emitter inner(loc, builder, e.getType());
        Value scaled = inner.make<arith::MulFOp>(norm, state[1]);
        Value more = inner.make<arith::CmpFOp>(arith::CmpFPredicate::OGT,
                                               scaled, inner.constant(0.5));
        scf::ConditionOp::create(inner, more, state);
      },
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        Emitter inner(loc, builder, e.getType());
        Value count =
            inner.make<arith::AddIOp>(state[0], inner.indexConstant(1));
        Value power = inner.make<arith::MulFOp>(state[1], inner.constant(0.5));
        scf::YieldOp::create(inner, ValueRange{count, power});
      });
  return {loop.getResult(0), loop.getResult(1)};
}

/// Returns the exponential of one matrix: scaling, Taylor series, squaring.
static Value emitExponential(Emitter &e, Value matrix) {
  constexpr int64_t terms = 14;
  Value count, power;
  std::tie(count, power) = emitHalvings(e, emitColumnNorm(e, matrix));
  AffineMap all = e.getMultiDimIdentityMap(2);
  Value scaled = e.map(e.sizesOf(matrix), {{matrix, all}},
                       [&](Emitter &e, ArrayRef<Value> in) {
                         return e.make<arith::MulFOp>(in[0], power);
                       });

  // Horner: 1 + A/1 (1 + A/2 (1 + ... (1 + A/14))).
  Value sum = emitIdentityPlus(e, scaled, e.constant(terms));
  Value zero = e.indexConstant(0), one = e.indexConstant(1);
  auto series = scf::ForOp::create(
      e, one, e.indexConstant(terms), one, ValueRange{sum},
      [&](OpBuilder &builder, Location loc, Value step, ValueRange state) {
        Emitter inner(loc, builder, e.getType());
        Value divisor = inner.fromInteger(
            inner.make<arith::SubIOp>(inner.indexConstant(terms), step));
        Value product = emitProduct(inner, scaled, state[0]);
        scf::YieldOp::create(inner, emitIdentityPlus(inner, product, divisor));
      });
  auto squared = scf::ForOp::create(
      e, zero, count, one, series.getResults(),
      [&](OpBuilder &builder, Location loc, Value, ValueRange state) {
        Emitter inner(loc, builder, e.getType());
        scf::YieldOp::create(inner, emitProduct(inner, state[0], state[0]));
      });
  return squared.getResult(0);
}

/// A loop over the matrices.
SmallVector<Value> mlir::attn::decompose(Emitter &outer, ExpmOp op) {
  Value x = op.getX();
  RankedTensorType type = op.getX().getType();
  Sizes sizes = outer.sizesOf(x);
  unsigned leading = sizes.size() - 2;
  SmallVector<Value> begins(leading, outer.indexConstant(0));
  SmallVector<Value> steps(leading, outer.indexConstant(1));
  SmallVector<Value> ends;
  for (OpFoldResult size : ArrayRef(sizes).drop_back(2))
    ends.push_back(outer.toIndex(size));
  Type f64 = outer.getF64Type();
  auto matrixType = RankedTensorType::get(type.getShape().take_back(2),
                                          type.getElementType());
  SmallVector<OpFoldResult> strides(sizes.size(), outer.getIndexAttr(1));

  Value init = outer.empty(sizes, type.getElementType());
  auto body = [&](OpBuilder &builder, Location loc, ValueRange ivs,
                  ValueRange state) -> scf::ValueVector {
    Emitter e(loc, builder, f64);
    SmallVector<OpFoldResult> offsets(ivs.begin(), ivs.end());
    offsets.append(2, e.getIndexAttr(0));
    SmallVector<OpFoldResult> extents(leading, e.getIndexAttr(1));
    llvm::append_range(extents, ArrayRef(sizes).take_back(2));
    Value matrix = e.make<tensor::ExtractSliceOp>(matrixType, x, offsets,
                                                  extents, strides);
    Value result = emitExponential(e, e.converted(matrix, f64));
    result = e.converted(result, type.getElementType());
    return {e.make<tensor::InsertSliceOp>(result, state[0], offsets, extents,
                                          strides)};
  };
  return llvm::to_vector_of<Value>(scf::buildLoopNest(outer, outer.getLoc(),
                                                      begins, ends, steps,
                                                      ValueRange{init}, body)
                                       .results);
}
