//===- VerifyKernel.cpp - what the lowering of kernels accepts ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

using namespace mlir;
using namespace mlir::tile;

/// Verifies an operation on vectors that is not of the tile dialect.
static LogicalResult verifyVectorOperation(Operation *op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (hasRows(constant) && !isa<SplatElementsAttr>(constant.getValue()))
      return op->emitOpError("expected a constant tile whose elements are "
                             "equal; load others from memory");
    return success();
  }
  if (auto extract = dyn_cast<vector::ExtractOp>(op)) {
    if (extract.getSourceVectorType().getNumElements() != 1 ||
        isa<VectorType>(extract.getType()))
      return op->emitOpError("expected to extract the element of a 1x1 "
                             "vector, found ")
             << extract.getSourceVectorType();
    return success();
  }
  if (isa<vector::BroadcastOp, vector::TransposeOp>(op) ||
      OpTrait::hasElementwiseMappableTraits(op))
    return success();
  return op->emitOpError("has no lowering for tiles on CPUs");
}

/// Verifies one operation of a kernel.
static LogicalResult verifyOperation(Operation *op) {
  if (auto forEach = dyn_cast<ForEachOp>(op))
    if (!forEach.getRanges().getDefiningOp<RangesOp>() &&
        !forEach.getRanges().getDefiningOp<FindRangesOp>())
      return op->emitOpError("expected ranges made by tile.ranges or "
                             "tile.find_ranges on CPUs");
  SmallVector<Type> types(op->getOperandTypes());
  llvm::append_range(types, op->getResultTypes());
  bool hasVectors = false;
  for (Type type : types) {
    auto vector = dyn_cast<VectorType>(type);
    if (vector && (vector.getRank() != 2 || vector.isScalable()))
      return op->emitOpError("expected 2-D vectors in a kernel, found ")
             << type;
    hasVectors |= static_cast<bool>(vector);
  }
  if (isa<scf::ForOp, scf::IfOp, scf::YieldOp>(op) ||
      isa_and_nonnull<TileDialect>(op->getDialect()))
    return success();

  if (hasVectors)
    return verifyVectorOperation(op);
  if (op->getNumRegions())
    return op->emitOpError("has no lowering in kernels on CPUs");
  return success();
}

LogicalResult mlir::tile::verifyKernel(KernelOp kernel) {
  WalkResult result = kernel.getBody().walk([](Operation *op) {
    return failed(verifyOperation(op)) ? WalkResult::interrupt()
                                       : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}
