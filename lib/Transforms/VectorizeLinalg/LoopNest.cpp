//===- LoopNest.cpp - the loops and accesses of a linalg op ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Derives from indexing maps and strides how loops move through buffers.
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

/// Adds `scale * expr` to coefficients of loops and a constant. Fails if the
/// expression is not linear.
static LogicalResult addLinear(AffineExpr expr, int64_t scale,
                               SmallVectorImpl<int64_t> &coefficients,
                               int64_t &constant) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    coefficients[dim.getPosition()] += scale;
    return success();
  }
  if (auto value = dyn_cast<AffineConstantExpr>(expr)) {
    constant += scale * value.getValue();
    return success();
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return failure();
  if (expr.getKind() == AffineExprKind::Add)
    return success(
        succeeded(addLinear(binary.getLHS(), scale, coefficients, constant)) &&
        succeeded(addLinear(binary.getRHS(), scale, coefficients, constant)));
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() != AffineExprKind::Mul || !factor)
    return failure();
  return addLinear(binary.getLHS(), scale * factor.getValue(), coefficients,
                   constant);
}

LogicalResult mlir::attn::checkAccesses(linalg::LinalgOp op,
                                        std::string &reason) {
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type) {
      if (op.isDpsInit(&operand) || isa<ShapedType>(operand.get().getType())) {
        reason = "an operand is not a buffer";
        return failure();
      }
      continue;
    }
    if (!type.isStrided() || type.getMemorySpace()) {
      reason = "a buffer has no strides or is in another memory space";
      return failure();
    }
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<int64_t> coefficients(map.getNumDims(), 0);
    int64_t constant = 0;
    for (AffineExpr expr : map.getResults())
      if (failed(addLinear(expr, 1, coefficients, constant))) {
        reason = "an index is not linear in the loops";
        return failure();
      }
  }
  return success();
}

Type mlir::attn::getStorageType(Type elementType) {
  if (elementType.isInteger(1))
    return IntegerType::get(elementType.getContext(), 8);
  if (elementType.isF16() || elementType.isBF16())
    return IntegerType::get(elementType.getContext(), 16);
  return elementType;
}

/// Returns the elements of a buffer as integers of `storageType`. Upstream has
/// no op that reinterprets elements, so this goes through the descriptor.
static Value viewBits(OpBuilder &builder, Location loc, Value memref,
                      Type storageType) {
  auto type = MemRefType::get({ShapedType::kDynamic}, storageType);
  MLIRContext *context = builder.getContext();
  Type i64 = builder.getI64Type();
  auto pointerType = LLVM::LLVMPointerType::get(context);
  auto array = LLVM::LLVMArrayType::get(i64, 1);
  auto descriptorType = LLVM::LLVMStructType::getLiteral(
      context, {pointerType, pointerType, i64, array, array});
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, memref);
  Value word = arith::IndexCastOp::create(builder, loc, i64, address);
  Value pointer = LLVM::IntToPtrOp::create(builder, loc, pointerType, word);
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(builder, loc, i64,
                                    builder.getI64IntegerAttr(value));
  };
  Value descriptor = LLVM::PoisonOp::create(builder, loc, descriptorType);
  auto insert = [&](Value value, ArrayRef<int64_t> position) {
    descriptor =
        LLVM::InsertValueOp::create(builder, loc, descriptor, value, position);
  };
  insert(pointer, {0});
  insert(pointer, {1});
  insert(constant(0), {2});
  insert(constant(std::numeric_limits<int32_t>::max()), {3, 0});
  insert(constant(1), {4, 0});
  return UnrealizedConversionCastOp::create(builder, loc, type, descriptor)
      .getResult(0);
}

Value mlir::attn::flatten(OpBuilder &builder, Location loc, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  Type storageType = getStorageType(type.getElementType());
  if (storageType != type.getElementType())
    return viewBits(builder, loc, memref, storageType);
  auto metadata =
      memref::ExtractStridedMetadataOp::create(builder, loc, memref);
  auto flatType =
      MemRefType::get({ShapedType::kDynamic}, type.getElementType());
  // One past the last element: the last index of each axis, times its stride.
  IndexMath math(builder, loc);
  LinearIndex size =
      math.add(LinearIndex::get(metadata.getConstifiedMixedOffset()), 1);
  for (auto [extent, stride] :
       llvm::zip_equal(metadata.getConstifiedMixedSizes(),
                       metadata.getConstifiedMixedStrides())) {
    LinearIndex last = math.add(LinearIndex::get(extent), -1);
    size = math.add(size, math.multiply(last, LinearIndex::get(stride)));
  }
  if (!size.dynamic)
    size.constant = std::max<int64_t>(size.constant, 0);
  return memref::ReinterpretCastOp::create(
      builder, loc, flatType, metadata.getBaseBuffer(),
      /*offset=*/OpFoldResult(builder.getIndexAttr(0)),
      /*sizes=*/ArrayRef<OpFoldResult>{math.materialize(size)},
      /*strides=*/ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
}

std::pair<LinearIndex, SmallVector<LinearIndex>>
mlir::attn::getStrides(OpBuilder &builder, Location loc, Value memref) {
  auto metadata =
      memref::ExtractStridedMetadataOp::create(builder, loc, memref);
  SmallVector<LinearIndex> strides;
  for (OpFoldResult stride : metadata.getConstifiedMixedStrides())
    strides.push_back(LinearIndex::get(stride));
  return {LinearIndex::get(metadata.getConstifiedMixedOffset()), strides};
}

/// Builds the access of `operand`.
static OperandAccess buildAccess(OpBuilder &builder, linalg::LinalgOp op,
                                 OpOperand &operand) {
  Location loc = op.getLoc();
  Value memref = operand.get();
  OperandAccess access;
  access.elementType = getElementTypeOrSelf(memref.getType());
  access.pitches.resize(op.getNumLoops());
  if (!isa<MemRefType>(memref.getType()))
    return access;
  access.flat = flatten(builder, loc, memref);
  auto [offset, strides] = getStrides(builder, loc, memref);
  access.start = offset;
  IndexMath math(builder, loc);
  AffineMap map = op.getMatchingIndexingMap(&operand);
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), strides)) {
    SmallVector<int64_t> coefficients(op.getNumLoops(), 0);
    int64_t constant = 0;
    (void)addLinear(expr, 1, coefficients, constant);
    access.start = math.add(access.start, math.multiply(stride, constant));
    for (auto [pitch, coefficient] :
         llvm::zip_equal(access.pitches, coefficients))
      pitch = math.add(pitch, math.multiply(stride, coefficient));
  }
  return access;
}

LoopNest mlir::attn::buildLoopNest(OpBuilder &builder, linalg::LinalgOp op) {
  LoopNest nest;
  nest.op = op;
  for (Range range : op.createLoopRanges(builder, op.getLoc()))
    nest.sizes.push_back(LinearIndex::get(range.size));
  nest.kinds = op.getIteratorTypesArray();
  for (OpOperand &operand : op->getOpOperands())
    nest.operands.push_back(buildAccess(builder, op, operand));
  return nest;
}
