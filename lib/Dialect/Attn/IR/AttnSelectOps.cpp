//===- AttnSelectOps.cpp - choosing some of many --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifier and types of attn.topk.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"

#include <limits>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// TopkOp
//===----------------------------------------------------------------------===//

LogicalResult
TopkOp::inferReturnTypes(MLIRContext *context, std::optional<Location>,
                         Adaptor adaptor,
                         SmallVectorImpl<Type> &inferredReturnTypes) {
  auto x = cast<RankedTensorType>(adaptor.getX().getType());
  auto shape = llvm::to_vector(x.getShape());
  if (!shape.empty())
    shape.back() = adaptor.getK();
  inferredReturnTypes.push_back(x.clone(shape));
  inferredReturnTypes.push_back(x.clone(shape, IntegerType::get(context, 32)));
  if (adaptor.getKeep())
    inferredReturnTypes.push_back(x.clone(IntegerType::get(context, 1)));
  return success();
}

LogicalResult TopkOp::verify() {
  RankedTensorType x = getX().getType();
  if (x.getRank() < 1)
    return emitOpError("expected x of rank 1 or more, found rank 0"); // C1
  int64_t size = x.getShape().back();
  if (!ShapedType::isDynamic(size) &&
      size > std::numeric_limits<int32_t>::max())
    return emitOpError("expected at most 2^31 - 1 candidates, found ")
           << size; // C2
  return success();
}

LogicalResult
TopkOp::reifyResultShapes(OpBuilder &builder,
                          ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, getLoc(), getX());
  SmallVector<OpFoldResult> taken(sizes);
  taken.back() = builder.getIndexAttr(getK());
  reifiedReturnShapes.assign(2, taken);
  if (getKeep())
    reifiedReturnShapes.push_back(sizes);
  return success();
}
