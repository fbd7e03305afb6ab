//===- DecomposePositionOps.cpp - rotations to linalg ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces the position ops by elementwise linalg ops and a contraction.
//
//===----------------------------------------------------------------------===//

#include "DecomposeTensorOps.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Returns the constant base^(-2 p / dims) for each pair p.
static Value emitFrequencies(Emitter &e, RotaryTableOp op) {
  SmallVector<double> frequencies;
  int64_t dims = op.getDims();
  for (int64_t p = 0; p < dims / 2; ++p)
    frequencies.push_back(
        std::pow(op.getBase().convertToDouble(), -2.0 * p / dims));
  auto type = RankedTensorType::get({dims / 2}, e.getF64Type());
  return e.make<arith::ConstantOp>(
      DenseElementsAttr::get(type, ArrayRef<double>(frequencies)));
}

/// One loop nest that writes both tables.
SmallVector<Value> mlir::attn::decompose(Emitter &outer, RotaryTableOp op) {
  Emitter e(outer.getLoc(), outer, outer.getF64Type());
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(e, shapes)))
    llvm_unreachable("the shapes of the tables are known");
  unsigned rank = shapes[0].size();
  AffineMap all = e.getMultiDimIdentityMap(rank);
  AffineMap pair =
      AffineMap::get(rank, 0, e.getAffineDimExpr(rank - 1), e.getContext());
  SmallVector<Access> inputs{{emitFrequencies(e, op), pair}};
  if (op.getPositions())
    inputs.push_back({op.getPositions(), e.without(rank, rank - 1)});
  Value offset = op.getOffset() ? e.fromInteger(op.getOffset()) : Value();

  Type element = op.getCos().getType().getElementType();
  SmallVector<Access> outputs(2);
  for (Access &output : outputs)
    output = {e.empty(shapes[0], element), all};
  return e.generic(inputs, outputs, {},
                   [&](Emitter &e, ArrayRef<Value> in, ArrayRef<Value>) {
                     Value position = op.getPositions()
                                          ? in[1]
                                          : Value(e.make<linalg::IndexOp>(0));
                     if (!isa<FloatType>(position.getType()))
                       position = e.fromInteger(position);
                     if (offset)
                       position = e.make<arith::AddFOp>(offset, position);
                     Value angle = e.make<arith::MulFOp>(position, in[0]);
                     return SmallVector<Value>{e.make<math::CosOp>(angle),
                                               e.make<math::SinOp>(angle)};
                   });
}

/// Both halves of each pair are slices: contiguous ones, or every other one.
SmallVector<Value> mlir::attn::decompose(Emitter &e, RotateOp op) {
  Value x = op.getX();
  Type element = getElementTypeOrSelf(x);
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size();
  int64_t rotated = op.getRotated();
  bool interleaved = op.getLayout() == RotaryLayout::Interleaved;

  Sizes half(sizes), first(rank, e.getIndexAttr(0)), second(first);
  Sizes strides(rank, e.getIndexAttr(1));
  half.back() = e.getIndexAttr(rotated / 2);
  second.back() = e.getIndexAttr(interleaved ? 1 : rotated / 2);
  strides.back() = e.getIndexAttr(interleaved ? 2 : 1);
  Value a = e.make<tensor::ExtractSliceOp>(x, first, half, strides);
  Value b = e.make<tensor::ExtractSliceOp>(x, second, half, strides);

  AffineMap all = e.getMultiDimIdentityMap(rank);
  AffineMap table = e.aligned(rank, 0, op.getCos().getType().getShape());
  SmallVector<Access> inputs{
      {a, all}, {b, all}, {op.getCos(), table}, {op.getSin(), table}};
  SmallVector<Access> outputs{{e.empty(half, element), all},
                              {e.empty(half, element), all}};
  SmallVector<Value> results = e.generic(
      inputs, outputs, {}, [](Emitter &e, ArrayRef<Value> in, ArrayRef<Value>) {
        Value a = in[0], b = in[1], cos = in[2], sin = in[3];
        return SmallVector<Value>{
            e.make<arith::SubFOp>(e.make<arith::MulFOp>(a, cos),
                                  e.make<arith::MulFOp>(b, sin)),
            e.make<arith::AddFOp>(e.make<arith::MulFOp>(b, cos),
                                  e.make<arith::MulFOp>(a, sin))};
      });

  bool complete = op.getX().getType().getShape().back() == rotated;
  Value y = complete ? e.empty(sizes, element) : x;
  y = e.make<tensor::InsertSliceOp>(results[0], y, first, half, strides);
  y = e.make<tensor::InsertSliceOp>(results[1], y, second, half, strides);
  return {y};
}

/// A contraction over the features of each block.
SmallVector<Value> mlir::attn::decompose(Emitter &e, RotateBlocksOp op) {
  RankedTensorType x = op.getX().getType(), r = op.getR().getType();
  int64_t rank = x.getRank(), block = r.getShape().back();
  SmallVector<int64_t> shape(x.getShape().drop_back());
  shape.append({r.getDimSize(r.getRank() - 3), block});
  SmallVector<ReassociationIndices> groups;
  for (int64_t axis = 0; axis < rank; ++axis)
    groups.push_back({axis});
  groups.back().push_back(rank);
  Value blocks =
      e.make<tensor::ExpandShapeOp>(x.clone(shape), op.getX(), groups);

  // Loops [.., block, output feature, input feature].
  unsigned loops = rank + 2;
  AffineMap lead = e.aligned(loops, 3, r.getShape().drop_back(3));
  SmallVector<AffineExpr> matrix(lead.getResults());
  for (unsigned loop : {loops - 3, loops - 2, loops - 1})
    matrix.push_back(e.getAffineDimExpr(loop));
  Sizes sizes = e.sizesOf(blocks);
  sizes.push_back(e.getIndexAttr(block));
  Value y = e.reduce(
      sizes, loops - 1, 0,
      {{blocks, e.without(loops, loops - 2)},
       {op.getR(), AffineMap::get(loops, 0, matrix, e.getContext())}},
      [](Emitter &e, Value sum, ArrayRef<Value> in) {
        return e.make<arith::AddFOp>(sum, e.make<arith::MulFOp>(in[1], in[0]));
      });
  y = e.converted(y, x.getElementType());
  return {e.make<tensor::CollapseShapeOp>(x, y, groups)};
}
