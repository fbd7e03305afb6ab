//===- Lanes.cpp - values of all lanes, and memory ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emits vector ops of rank 1.
//
//===----------------------------------------------------------------------===//

#include "Lanes.h"

#include "LoopNest.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

Value LaneBuilder::createConstant(TypedAttr attribute) {
  auto elements =
      DenseElementsAttr::get(getType(attribute.getType()), attribute);
  return arith::ConstantOp::create(builder, loc, elements);
}

Value LaneBuilder::createZero(Type elementType) {
  return createConstant(builder.getZeroAttr(elementType));
}

Value LaneBuilder::toVector(Lanes lanes) {
  if (lanes.kind == Lanes::Vector)
    return lanes.value;
  VectorType type = getType(lanes.value.getType());
  Value base = vector::BroadcastOp::create(builder, loc, type, lanes.value);
  if (lanes.kind == Lanes::Uniform)
    return base;
  Value step = createSteps(1);
  if (type != step.getType())
    step = arith::IndexCastOp::create(builder, loc, type, step);
  return arith::AddIOp::create(builder, loc, base, step);
}

Value LaneBuilder::createMask(LinearIndex count) {
  VectorType type = getType(builder.getI1Type());
  if (!count.dynamic)
    return vector::ConstantMaskOp::create(
        builder, loc, type, ArrayRef<int64_t>{std::min(count.constant, lanes)});
  // Masks are compared in 32 bits.
  Value limited = arith::MinSIOp::create(builder, loc, math.materialize(count),
                                         math.materialize(lanes));
  return vector::CreateMaskOp::create(builder, loc, type, limited);
}

Value LaneBuilder::getMask(Value mask) {
  return mask ? mask : createMask(lanes);
}

Value LaneBuilder::createSteps(LinearIndex pitch) {
  Value step =
      vector::StepOp::create(builder, loc, getType(builder.getIndexType()));
  if (pitch.is(1))
    return step;
  Value factor = toVector({Lanes::Uniform, math.materialize(pitch)});
  return arith::MulIOp::create(builder, loc, step, factor);
}

Value LaneBuilder::fromMemory(Value value, Type elementType) {
  Type type =
      isa<VectorType>(value.getType()) ? getType(elementType) : elementType;
  if (type == value.getType())
    return value;
  if (!elementType.isInteger(1))
    return arith::BitcastOp::create(builder, loc, type, value);
  Value zero = arith::ConstantOp::create(builder, loc,
                                         builder.getZeroAttr(value.getType()));
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, value,
                               zero);
}

Value LaneBuilder::toMemory(Value value) {
  Type elementType = getElementTypeOrSelf(value.getType());
  Type storage = getStorageType(elementType);
  if (storage == elementType)
    return value;
  if (isa<VectorType>(value.getType()))
    storage = getType(storage);
  if (!elementType.isInteger(1))
    return arith::BitcastOp::create(builder, loc, storage, value);
  return arith::ExtUIOp::create(builder, loc, storage, value);
}

Value LaneBuilder::loadScalar(Value flat, LinearIndex address,
                              Type elementType) {
  Value value = memref::LoadOp::create(builder, loc, flat,
                                       ValueRange{math.materialize(address)});
  return fromMemory(value, elementType);
}

Value LaneBuilder::load(Value flat, LinearIndex address, LinearIndex pitch,
                        Type elementType, Value mask) {
  VectorType type = getType(getStorageType(elementType));
  Value index = math.materialize(address);
  Value value;
  if (!pitch.is(1))
    value = vector::GatherOp::create(
        builder, loc, type, flat, ValueRange{index}, createSteps(pitch),
        getMask(mask), createZero(type.getElementType()));
  else if (mask)
    value = vector::MaskedLoadOp::create(builder, loc, type, flat,
                                         ValueRange{index}, mask,
                                         createZero(type.getElementType()));
  else
    value = vector::LoadOp::create(builder, loc, type, flat, ValueRange{index});
  return fromMemory(value, elementType);
}

Value LaneBuilder::gather(Value flat, Value indices, Type elementType,
                          Value mask) {
  VectorType type = getType(getStorageType(elementType));
  Value value = vector::GatherOp::create(
      builder, loc, type, flat, ValueRange{math.materialize(0)}, indices,
      getMask(mask), createZero(type.getElementType()));
  return fromMemory(value, elementType);
}

void LaneBuilder::storeScalar(Value flat, LinearIndex address, Value value) {
  memref::StoreOp::create(builder, loc, toMemory(value), flat,
                          ValueRange{math.materialize(address)});
}

void LaneBuilder::store(Value flat, LinearIndex address, LinearIndex pitch,
                        Value value, Value mask) {
  Value index = math.materialize(address);
  value = toMemory(value);
  if (!pitch.is(1))
    vector::ScatterOp::create(builder, loc, /*resultType=*/Type(), flat,
                              ValueRange{index}, createSteps(pitch),
                              getMask(mask), value);
  else if (mask)
    vector::MaskedStoreOp::create(builder, loc, flat, ValueRange{index}, mask,
                                  value);
  else
    vector::StoreOp::create(builder, loc, value, flat, ValueRange{index});
}

void LaneBuilder::transpose(MutableArrayRef<Value> vectors) {
  // Swaps the off-diagonal blocks of every pair of rows that are `distance`
  // apart, for distances 1, 2, 4, ..
  for (int64_t distance = 1; distance < lanes; distance *= 2) {
    SmallVector<int64_t> upper(lanes), lower(lanes);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      bool odd = lane & distance;
      upper[lane] = odd ? lanes + lane - distance : lane;
      lower[lane] = odd ? lanes + lane : lane + distance;
    }
    for (int64_t row = 0; row < lanes; ++row) {
      if (row & distance)
        continue;
      Value first = vectors[row], second = vectors[row + distance];
      vectors[row] =
          vector::ShuffleOp::create(builder, loc, first, second, upper);
      vectors[row + distance] =
          vector::ShuffleOp::create(builder, loc, first, second, lower);
    }
  }
}

Value LaneBuilder::reduce(Operation *combiner, Value value) {
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    auto low = llvm::to_vector(llvm::seq<int64_t>(0, half));
    auto high = llvm::to_vector(llvm::seq<int64_t>(half, 2 * half));
    Value first = vector::ShuffleOp::create(builder, loc, value, value, low);
    Value second = vector::ShuffleOp::create(builder, loc, value, value, high);
    value = cloneWith(builder, combiner, {first, second}, first.getType())
                ->getResult(0);
  }
  return vector::ExtractOp::create(builder, loc, value, int64_t(0));
}

Operation *mlir::attn::cloneWith(OpBuilder &builder, Operation *op,
                                 ValueRange operands, TypeRange resultTypes) {
  Operation *clone = builder.clone(*op);
  clone->setOperands(operands);
  for (auto [result, type] : llvm::zip_equal(clone->getResults(), resultTypes))
    result.setType(type);
  if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(clone)) {
    auto interface = cast<arith::ArithFastMathInterface>(clone);
    auto flags = interface.getFastMathFlagsAttr().getValue() |
                 arith::FastMathFlags::contract;
    clone->setAttr(interface.getFastMathAttrName(),
                   arith::FastMathFlagsAttr::get(op->getContext(), flags));
  }
  return clone;
}
