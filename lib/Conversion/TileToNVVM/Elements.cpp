//===- Elements.cpp - single elements of tile values ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elements.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::tile;

Value ElementEmitter::emitScalar(Value value) {
  if (Value known = scalars.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  assert(op && "expected a computed scalar");
  for (Value operand : op->getOperands())
    emitScalar(operand);
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value above : captured)
    emitScalar(above);
  b.clone(*op, scalars);
  return scalars.lookup(value);
}

Value ElementEmitter::emitElement(Value value, Value row, Value column) {
  auto type = dyn_cast<VectorType>(value.getType());
  if (!type)
    return emitScalar(value);
  // Elements along an axis of size 1 are the same.
  if (type.getDimSize(0) == 1)
    row = {};
  if (type.getDimSize(1) == 1)
    column = {};
  Key key{value.getAsOpaquePointer(), row.getAsOpaquePointer(),
          column.getAsOpaquePointer()};
  if (auto known = elements.find(key); known != elements.end())
    return known->second;
  Value element = emitOperation(value.getDefiningOp(), row, column);
  elements[key] = element;
  return element;
}

/// Emits the element of the only result of `op`, which makes a tile value.
Value ElementEmitter::emitOperation(Operation *op, Value row, Value column) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](arith::ConstantOp constant) -> Value {
        auto splat = cast<SplatElementsAttr>(constant.getValue());
        return arith::ConstantOp::create(b, splat.getSplatValue<TypedAttr>());
      })
      .Case([&](IotaOp iota) -> Value {
        Value base = emitScalar(iota.getBase());
        Value step = iota.getDim() == 0 ? row : column;
        return step ? arith::AddIOp::create(b, base, step) : base;
      })
      .Case([&](vector::BroadcastOp broadcast) {
        return emitElement(broadcast.getSource(), row, column);
      })
      .Case([&](LoadOp load) { return emitLoad(load, row, column); })
      .Default([&](Operation *op) {
        IRMapping operands;
        for (Value operand : op->getOperands())
          operands.map(operand, emitElement(operand, row, column));
        Operation *scalar = b.clone(*op, operands);
        scalar->getResult(0).setType(
            getElementTypeOrSelf(op->getResult(0).getType()));
        return scalar->getResult(0);
      });
}

Value ElementEmitter::emitValid(ValueRange masks, Value row, Value column) {
  Value valid;
  for (Value mask : masks) {
    Value holds = emitElement(mask, row, column);
    valid = valid ? arith::AndIOp::create(b, valid, holds) : holds;
  }
  return valid;
}

Value ElementEmitter::emitLoad(LoadOp load, Value row, Value column) {
  SmallVector<Value> indices;
  for (Value index : load.getIndices())
    indices.push_back(emitElement(index, row, column));
  Value memory = emitScalar(load.getMemory());
  Value valid = emitValid(load.getValid(), row, column);
  if (!valid)
    return memref::LoadOp::create(b, memory, indices);
  Type type = load.getResult().getType().getElementType();
  auto branch = scf::IfOp::create(
      b, valid,
      [&](OpBuilder &at, Location loc) {
        Value value = memref::LoadOp::create(at, loc, memory, indices);
        scf::YieldOp::create(at, loc, value);
      },
      [&](OpBuilder &at, Location loc) {
        Value zero = arith::ConstantOp::create(at, loc, at.getZeroAttr(type));
        scf::YieldOp::create(at, loc, zero);
      });
  return branch.getResult(0);
}
