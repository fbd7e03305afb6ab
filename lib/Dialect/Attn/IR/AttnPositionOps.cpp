//===- AttnPositionOps.cpp - positions as rotations -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers and shapes of attn.rotary_table, attn.rotate, attn.rotate_blocks.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

/// Verifies that the sizes of `shape`, aligned with the last ones of `target`,
/// are 1 or equal to them; `name` and `targetName` are what they belong to.
static LogicalResult verifyBroadcast(Operation *op, ArrayRef<int64_t> shape,
                                     ArrayRef<int64_t> target, StringRef name,
                                     StringRef targetName) {
  size_t first = target.size() - shape.size();
  for (auto [axis, size] : llvm::enumerate(shape)) {
    int64_t expected = target[first + axis];
    if (size != 1 && failed(verifyCompatibleDims({size, expected})))
      return op->emitOpError("expected axis ")
             << axis << " of " << name << " to have size 1 or that of axis "
             << first + axis << " of " << targetName << " (" << expected
             << "), found " << size;
  }
  return success();
}

/// Verifies that the last axis of `x` is there and has a static size.
static LogicalResult verifyStaticFeatures(Operation *op, RankedTensorType x) {
  if (x.getRank() < 1 || x.isDynamicDim(x.getRank() - 1))
    return op->emitOpError("expected x with a static last axis, found ") << x;
  return success();
}

//===----------------------------------------------------------------------===//
// RotaryTableOp
//===----------------------------------------------------------------------===//

LogicalResult RotaryTableOp::verify() {
  if (!getLength() == !getPositions())
    return emitOpError("expected one of length and positions, found ")
           << (getLength() ? "both" : "none"); // C1
  int64_t dims = getDims();
  if (dims < 1 || dims % 2)
    return emitOpError("expected dims that are even and positive, found ")
           << dims; // C2
  if (!(getBase().convertToDouble() > 0))
    return emitOpError("expected a positive base, found ")
           << getBase().convertToDouble(); // C3
  RankedTensorType table = getCos().getType();
  if (table.getRank() < 1 || table.getShape().back() != dims / 2)
    return emitOpError("expected tables whose last axis is half of dims (")
           << dims / 2 << "), found " << table; // C4
  ArrayRef<int64_t> tokens = table.getShape().drop_back();
  if (getLength() && tokens.size() != 1)
    return emitOpError("expected tables of rank 2, found ") << table; // C5
  if (!getPositions())
    return success();
  RankedTensorType positions = getPositions().getType();
  if (!positions.getElementType().isIntOrIndexOrFloat())
    return emitOpError("expected positions of integers or floats, found ")
           << positions; // C5
  if (tokens != positions.getShape())
    return emitOpError("expected tables of the shape of positions ")
           << positions << " and one more axis, found " << table; // C5
  return success();
}

LogicalResult RotaryTableOp::reifyResultShapes(
    OpBuilder &builder, ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  RankedTensorType table = getCos().getType();
  SmallVector<OpFoldResult> sizes;
  if (getPositions())
    sizes = tensor::getMixedSizes(builder, getLoc(), getPositions());
  else if (table.isDynamicDim(0))
    sizes.push_back(getLength());
  else
    sizes.push_back(builder.getIndexAttr(table.getDimSize(0)));
  sizes.push_back(builder.getIndexAttr(getDims() / 2));
  reifiedReturnShapes.assign(2, sizes);
  return success();
}

//===----------------------------------------------------------------------===//
// RotateOp
//===----------------------------------------------------------------------===//

LogicalResult RotateOp::verify() {
  RankedTensorType x = getX().getType(), table = getCos().getType();
  if (failed(verifyStaticFeatures(*this, x))) // C1
    return failure();
  int64_t features = x.getShape().back(), rotated = getRotated();
  if (rotated < 1 || rotated % 2 || rotated > features)
    return emitOpError("expected an even number of rotated features from 2 to "
                       "the last axis of x (")
           << features << "), found " << rotated; // C2
  if (table.getRank() < 1 || table.getRank() > x.getRank())
    return emitOpError("expected cos of rank from 1 to that of x (")
           << x.getRank() << "), found rank " << table.getRank(); // C3
  int64_t pairs = table.getShape().back();
  if (pairs != rotated / 2)
    return emitOpError("expected the last axis of cos to be half of the "
                       "rotated features (")
           << rotated / 2 << "), found " << pairs; // C4
  return verifyBroadcast(*this, table.getShape().drop_back(),
                         x.getShape().drop_back(), "cos", "x"); // C5
}

LogicalResult
RotateOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  reifiedReturnShapes.push_back(
      tensor::getMixedSizes(builder, getLoc(), getX()));
  return success();
}

//===----------------------------------------------------------------------===//
// RotateBlocksOp
//===----------------------------------------------------------------------===//

LogicalResult RotateBlocksOp::verify() {
  RankedTensorType x = getX().getType(), r = getR().getType();
  if (failed(verifyStaticFeatures(*this, x))) // C1
    return failure();
  if (r.getRank() < 3 || r.getRank() > x.getRank() + 2)
    return emitOpError("expected r of rank from 3 to two more than that of x (")
           << x.getRank() + 2 << "), found rank " << r.getRank(); // C2
  int64_t features = x.getShape().back();
  ArrayRef<int64_t> blocks = r.getShape().take_back(3);
  if (ShapedType::isDynamicShape(blocks) || blocks[1] != blocks[2] ||
      blocks[0] * blocks[1] != features)
    return emitOpError("expected r to end in square blocks that cover the last "
                       "axis of x (")
           << features << "), found " << r; // C3
  return verifyBroadcast(*this, r.getShape().drop_back(3),
                         x.getShape().drop_back(), "r", "x"); // C4
}

LogicalResult RotateBlocksOp::reifyResultShapes(
    OpBuilder &builder, ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  reifiedReturnShapes.push_back(
      tensor::getMixedSizes(builder, getLoc(), getX()));
  return success();
}
