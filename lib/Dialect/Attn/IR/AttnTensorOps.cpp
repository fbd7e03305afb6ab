//===- AttnTensorOps.cpp - what surrounds attention -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers, types and folds of attn.norm, attn.linear_map and attn.expm.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"

#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// NormOp
//===----------------------------------------------------------------------===//

LogicalResult NormOp::verify() {
  RankedTensorType x = getX().getType();
  if (x.getRank() < 1)
    return emitOpError("expected x of rank 1 or more, found rank 0"); // C1
  int64_t features = x.getShape().back();
  for (auto [vector, name] :
       {std::pair(getGain(), "gain"), std::pair(getOffset(), "offset")}) {
    if (!vector)
      continue;
    if (vector.getType().getRank() != 1)
      return emitOpError("expected ") << name << " of rank 1, found rank "
                                      << vector.getType().getRank(); // C2
    int64_t size = vector.getType().getDimSize(0);
    if (failed(verifyCompatibleDims({features, size})))
      return emitOpError("expected ")
             << name << " of the size of the last axis of x (" << features
             << "), found " << size; // C2
  }
  if (!(getEpsilon() >= 0))
    return emitOpError("expected eps of 0 or more, found ")
           << getEpsilon(); // C3
  return success();
}

LogicalResult
NormOp::reifyResultShapes(OpBuilder &builder,
                          ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  reifiedReturnShapes.push_back(
      tensor::getMixedSizes(builder, getLoc(), getX()));
  return success();
}

//===----------------------------------------------------------------------===//
// SoftmaxOp
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::verify() {
  if (cast<RankedTensorType>(getX().getType()).getRank() < 1)
    return emitOpError("expected x of rank 1 or more, found rank 0"); // C1
  return success();
}

LogicalResult
SoftmaxOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  reifiedReturnShapes.push_back(
      tensor::getMixedSizes(builder, getLoc(), getX()));
  return success();
}

//===----------------------------------------------------------------------===//
// LinearMapOp
//===----------------------------------------------------------------------===//

/// The largest number of weights that an op may stand for.
static constexpr int64_t maxWeights = int64_t(1) << 24;

/// Returns the row of adaptive pooling for output `i`.
static void addPoolRow(int64_t from, int64_t to, int64_t i,
                       SmallVectorImpl<float> &weights) {
  int64_t begin = i * from / to;
  int64_t end = ((i + 1) * from + to - 1) / to;
  for (int64_t n = 0; n < from; ++n)
    weights.push_back(n >= begin && n < end ? 1.0 / double(end - begin) : 0.0);
}

/// Appends the row of bilinear interpolation for output `i`.
static void addResizeRow(int64_t from, int64_t to, int64_t i, bool halfPixel,
                         SmallVectorImpl<float> &weights) {
  double source = 0;
  if (halfPixel)
    source = std::clamp((i + 0.5) * from / to - 0.5, 0.0, double(from - 1));
  else if (to > 1)
    source = double(i * (from - 1)) / double(to - 1);
  for (int64_t n = 0; n < from; ++n)
    weights.push_back(std::max(0.0, 1 - std::abs(source - double(n))));
}

LogicalResult
LinearMapOp::inferReturnTypes(MLIRContext *context, std::optional<Location>,
                              Adaptor adaptor,
                              SmallVectorImpl<Type> &inferredReturnTypes) {
  inferredReturnTypes.push_back(
      RankedTensorType::get({static_cast<int64_t>(adaptor.getTo()),
                             static_cast<int64_t>(adaptor.getFrom())},
                            Float32Type::get(context)));
  return success();
}

LogicalResult LinearMapOp::verify() {
  if (getHalfPixel() && getKind() != LinearMapKind::ResizeBilinear)
    return emitOpError("expected half_pixel with resize_bilinear, found ")
           << stringifyLinearMapKind(getKind()); // C1
  int64_t from = getFrom(), to = getTo();
  if (from > maxWeights / to)
    return emitOpError("expected at most ")
           << maxWeights << " weights, found " << to << " x " << from; // C2
  return success();
}

OpFoldResult LinearMapOp::fold(FoldAdaptor) {
  int64_t from = getFrom(), to = getTo();
  if (from > maxWeights / to)
    return {};
  SmallVector<float> weights;
  weights.reserve(from * to);
  for (int64_t i = 0; i < to; ++i) {
    if (getKind() == LinearMapKind::PoolAdaptive)
      addPoolRow(from, to, i, weights);
    else
      addResizeRow(from, to, i, getHalfPixel(), weights);
  }
  return DenseElementsAttr::get(getType(), ArrayRef<float>(weights));
}

//===----------------------------------------------------------------------===//
// ExpmOp
//===----------------------------------------------------------------------===//

LogicalResult ExpmOp::verify() {
  RankedTensorType x = getX().getType();
  if (x.getRank() < 2)
    return emitOpError("expected x of rank 2 or more, found rank ")
           << x.getRank(); // C1
  ArrayRef<int64_t> matrix = x.getShape().take_back(2);
  if (matrix[0] != matrix[1] || ShapedType::isDynamic(matrix[0]) ||
      matrix[0] > 64)
    return emitOpError("expected matrices of one static size up to 64, found ")
           << x; // C2
  return success();
}

LogicalResult
ExpmOp::reifyResultShapes(OpBuilder &builder,
                          ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  reifiedReturnShapes.push_back(
      tensor::getMixedSizes(builder, getLoc(), getX()));
  return success();
}
