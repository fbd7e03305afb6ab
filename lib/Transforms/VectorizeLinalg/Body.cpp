//===- Body.cpp - the body of a linalg op on vectors ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns scalar ops into vector ops, as late as the values allow.
//
//===----------------------------------------------------------------------===//

#include "Body.h"

#include "LoopNest.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// What can be evaluated
//===----------------------------------------------------------------------===//

/// Returns whether `type` can be the element of a vector.
static bool isElementType(Type type) { return type.isIntOrIndexOrFloat(); }

/// Returns whether all of the operands are defined outside of the body.
static bool isInvariant(Operation &op, Block *body) {
  return llvm::all_of(op.getOperands(), [&](Value operand) {
    return operand.getParentBlock() != body;
  });
}

LogicalResult mlir::attn::checkBody(linalg::LinalgOp op, std::string &reason) {
  Block *body = op.getBlock();
  for (Operation &inner : body->without_terminator()) {
    auto load = dyn_cast<memref::LoadOp>(inner);
    bool supported = isa<linalg::IndexOp, arith::ConstantOp>(inner) ||
                     OpTrait::hasElementwiseMappableTraits(&inner) ||
                     (load && load.getMemRefType().isStrided() &&
                      load.getMemref().getParentBlock() != body) ||
                     (isMemoryEffectFree(&inner) &&
                      inner.getNumRegions() == 0 && isInvariant(inner, body));
    if (!supported || !llvm::all_of(inner.getResultTypes(), isElementType)) {
      reason = "no vector form of " + inner.getName().getStringRef().str();
      return failure();
    }
  }
  if (llvm::all_of(body->getArgumentTypes(), isElementType))
    return success();
  reason = "an element type has no vectors";
  return failure();
}

//===----------------------------------------------------------------------===//
// Dependences
//===----------------------------------------------------------------------===//

BodyEvaluator::BodyEvaluator(OpBuilder &builder, const LoopNest &nest,
                             const Plan &plan, const BlockPosition &position,
                             const BlockShape &shape)
    : nest(nest), plan(plan), position(position), shape(shape),
      lanes(builder, nest.op.getLoc(), plan.lanes) {
  findDependences();
}

void BodyEvaluator::findDependences() {
  linalg::LinalgOp op = nest.op;
  for (BlockArgument argument : op.getBlock()->getArguments()) {
    unsigned index = argument.getArgNumber();
    const OperandAccess &access = nest.operands[index];
    bool output = nest.isOutput(index);
    dependences[argument] = {
        output || (plan.rowLoop && !access.pitches[*plan.rowLoop].is(0)),
        output || !access.pitches[plan.vectorLoop].is(0)};
  }
  for (Operation &inner : op.getBlock()->without_terminator()) {
    Dependence dependence;
    if (auto index = dyn_cast<linalg::IndexOp>(inner))
      dependence = {plan.rowLoop == index.getDim(),
                    plan.vectorLoop == index.getDim()};
    for (Value operand : inner.getOperands()) {
      dependence.row |= getDependence(operand).row;
      dependence.column |= getDependence(operand).column;
    }
    for (Value result : inner.getResults())
      dependences[result] = dependence;
  }
}

BodyEvaluator::Dependence BodyEvaluator::getDependence(Value value) const {
  return dependences.lookup(value);
}

BodyEvaluator::Key BodyEvaluator::getKey(Value value, int64_t row,
                                         int64_t column) const {
  Dependence dependence = getDependence(value);
  return {value, dependence.row ? row : 0, dependence.column ? column : 0};
}

Value BodyEvaluator::getMask(int64_t column) const {
  return column + 1 == shape.columns ? shape.mask : Value();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

LinearIndex BodyEvaluator::getAddress(unsigned index, int64_t row,
                                      int64_t column) {
  const OperandAccess &access = nest.operands[index];
  LinearIndex address = position.addresses[index];
  if (plan.rowLoop)
    address = lanes.math.add(
        address, lanes.math.multiply(access.pitches[*plan.rowLoop], row));
  return lanes.math.add(address,
                        lanes.math.multiply(access.pitches[plan.vectorLoop],
                                            column * plan.lanes));
}

Lanes BodyEvaluator::loadInput(unsigned index, int64_t row, int64_t column) {
  const OperandAccess &access = nest.operands[index];
  if (!access.flat)
    return {Lanes::Uniform, nest.op->getOperand(index)};
  LinearIndex pitch = access.pitches[plan.vectorLoop];
  if (pitch.is(0))
    return {Lanes::Uniform,
            lanes.loadScalar(access.flat, getAddress(index, row, column),
                             access.elementType)};
  if (plan.transposed[index] && shape.rows == plan.lanes && !getMask(column))
    return {Lanes::Vector, loadTransposed(index, row, column)};
  return {Lanes::Vector,
          lanes.load(access.flat, getAddress(index, row, column), pitch,
                     access.elementType, getMask(column))};
}

Value BodyEvaluator::loadTransposed(unsigned index, int64_t row,
                                    int64_t column) {
  // Vector l holds what lane l of every row needs.
  const OperandAccess &access = nest.operands[index];
  LinearIndex pitch = access.pitches[plan.vectorLoop];
  SmallVector<Value> vectors;
  for (int64_t lane = 0; lane < plan.lanes; ++lane) {
    LinearIndex address = lanes.math.add(getAddress(index, 0, column),
                                         lanes.math.multiply(pitch, lane));
    vectors.push_back(
        lanes.load(access.flat, address, 1, access.elementType, Value()));
  }
  lanes.transpose(vectors);
  BlockArgument argument = nest.op.getBlock()->getArgument(index);
  for (auto [other, vector] : llvm::enumerate(vectors))
    cache[getKey(argument, other, column)] = {Lanes::Vector, vector};
  return vectors[row];
}

Value BodyEvaluator::loadOutput(unsigned index, int64_t row, int64_t column) {
  unsigned operand = nest.op.getNumDpsInputs() + index;
  const OperandAccess &access = nest.operands[operand];
  return lanes.load(access.flat, getAddress(operand, row, column),
                    access.pitches[plan.vectorLoop], access.elementType,
                    getMask(column));
}

void BodyEvaluator::storeOutput(unsigned index, int64_t row, int64_t column,
                                Value value) {
  unsigned operand = nest.op.getNumDpsInputs() + index;
  const OperandAccess &access = nest.operands[operand];
  lanes.store(access.flat, getAddress(operand, row, column),
              access.pitches[plan.vectorLoop], value, getMask(column));
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

SmallVector<Value> BodyEvaluator::evaluate(int64_t row, int64_t column,
                                           ValueRange accumulators) {
  linalg::LinalgOp op = nest.op;
  for (auto [argument, value] :
       llvm::zip_equal(op.getRegionOutputArgs(), accumulators))
    cache[getKey(argument, row, column)] = {Lanes::Vector, value};
  for (Operation &inner : op.getBlock()->without_terminator()) {
    Key key = getKey(inner.getResult(0), row, column);
    if (!cache.contains(key)) {
      Lanes result = evaluateOp(&inner, row, column);
      cache[key] = result;
    }
  }
  SmallVector<Value> results;
  for (Value value : op.getBlock()->getTerminator()->getOperands())
    results.push_back(lanes.toVector(getLanes(value, row, column)));
  return results;
}

Lanes BodyEvaluator::getLanes(Value value, int64_t row, int64_t column) {
  Block *body = nest.op.getBlock();
  if (value.getParentBlock() != body)
    return {Lanes::Uniform, value};
  Key key = getKey(value, row, column);
  auto found = cache.find(key);
  if (found != cache.end())
    return found->second;
  // All else is in the cache already: only inputs are loaded when needed.
  Lanes result =
      loadInput(cast<BlockArgument>(value).getArgNumber(), row, column);
  cache[key] = result;
  return result;
}

Lanes BodyEvaluator::evaluateIndex(linalg::IndexOp op, int64_t row,
                                   int64_t column) {
  unsigned loop = op.getDim();
  LinearIndex index = position.indices[loop];
  if (plan.rowLoop == loop)
    index = lanes.math.add(index, row);
  if (plan.vectorLoop != loop)
    return {Lanes::Uniform, lanes.math.materialize(index)};
  index = lanes.math.add(index, column * plan.lanes);
  return {Lanes::Step, lanes.math.materialize(index)};
}

Lanes BodyEvaluator::evaluateLoad(Operation *op, ArrayRef<Lanes> indices,
                                  int64_t column) {
  auto load = cast<memref::LoadOp>(op);
  Type elementType = load.getMemRefType().getElementType();
  Value flat = flatten(lanes.builder, lanes.loc, load.getMemref());
  auto [offset, strides] =
      getStrides(lanes.builder, lanes.loc, load.getMemref());
  LinearIndex address = offset;
  LinearIndex pitch = 0;
  Value varying;
  for (auto [index, stride] : llvm::zip_equal(indices, strides)) {
    if (index.kind == Lanes::Vector) {
      Value factor =
          lanes.toVector({Lanes::Uniform, lanes.math.materialize(stride)});
      Value term = stride.is(1)
                       ? index.value
                       : arith::MulIOp::create(lanes.builder, lanes.loc,
                                               index.value, factor)
                             .getResult();
      varying = varying ? arith::AddIOp::create(lanes.builder, lanes.loc,
                                                varying, term)
                              .getResult()
                        : term;
      continue;
    }
    if (index.kind == Lanes::Step)
      pitch = lanes.math.add(pitch, stride);
    address = lanes.math.add(address, lanes.math.multiply(index.value, stride));
  }
  if (!varying && pitch.is(0))
    return {Lanes::Uniform, lanes.loadScalar(flat, address, elementType)};
  if (!varying)
    return {Lanes::Vector,
            lanes.load(flat, address, pitch, elementType, getMask(column))};
  Value base =
      lanes.toVector({Lanes::Uniform, lanes.math.materialize(address)});
  varying = arith::AddIOp::create(lanes.builder, lanes.loc, varying, base);
  if (!pitch.is(0)) {
    Value step = vector::StepOp::create(
        lanes.builder, lanes.loc, lanes.getType(lanes.builder.getIndexType()));
    Value factor =
        lanes.toVector({Lanes::Uniform, lanes.math.materialize(pitch)});
    step = arith::MulIOp::create(lanes.builder, lanes.loc, step, factor);
    varying = arith::AddIOp::create(lanes.builder, lanes.loc, varying, step);
  }
  return {Lanes::Vector,
          lanes.gather(flat, varying, elementType, getMask(column))};
}

std::optional<Lanes> BodyEvaluator::evaluateStep(Operation *op,
                                                 ArrayRef<Lanes> operands) {
  auto is = [&](unsigned index, Lanes::Kind kind) {
    return operands[index].kind == kind;
  };
  bool keeps = isa<arith::IndexCastOp>(op) ? is(0, Lanes::Step)
               : isa<arith::AddIOp>(op)
                   ? (is(0, Lanes::Step) && is(1, Lanes::Uniform)) ||
                         (is(0, Lanes::Uniform) && is(1, Lanes::Step))
               : isa<arith::SubIOp>(op)
                   ? is(0, Lanes::Step) && is(1, Lanes::Uniform)
                   : false;
  if (!keeps)
    return std::nullopt;
  SmallVector<Value> values = llvm::map_to_vector(
      operands, [](const Lanes &lanes) { return lanes.value; });
  Operation *clone = cloneWith(lanes.builder, op, values, op->getResultTypes());
  return Lanes{Lanes::Step, clone->getResult(0)};
}

Value BodyEvaluator::getSafeDivisor(Value divisor, Value mask) {
  // Lanes that do not exist hold zeros, and division by zero is a trap.
  auto type = cast<VectorType>(divisor.getType());
  Value one =
      lanes.createConstant(lanes.builder.getOneAttr(type.getElementType()));
  return arith::SelectOp::create(lanes.builder, lanes.loc, mask, divisor, one);
}

Lanes BodyEvaluator::evaluateOp(Operation *op, int64_t row, int64_t column) {
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return evaluateIndex(index, row, column);
  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back(isa<BaseMemRefType>(operand.getType())
                           ? Lanes{Lanes::Uniform, operand}
                           : getLanes(operand, row, column));
  if (isa<memref::LoadOp>(op))
    return evaluateLoad(op, ArrayRef(operands).drop_front(), column);
  if (llvm::all_of(operands, [](const Lanes &operand) {
        return operand.kind == Lanes::Uniform;
      })) {
    SmallVector<Value> values = llvm::map_to_vector(
        operands, [](const Lanes &lanes) { return lanes.value; });
    Operation *clone =
        cloneWith(lanes.builder, op, values, op->getResultTypes());
    return {Lanes::Uniform, clone->getResult(0)};
  }
  if (std::optional<Lanes> step = evaluateStep(op, operands))
    return *step;

  SmallVector<Value> values = llvm::map_to_vector(
      operands, [&](Lanes operand) { return lanes.toVector(operand); });
  Value mask = getMask(column);
  if (mask &&
      isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
          arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp>(op))
    values[1] = getSafeDivisor(values[1], mask);
  VectorType type = lanes.getType(op->getResult(0).getType());
  Operation *clone = cloneWith(lanes.builder, op, values, TypeRange(type));
  return {Lanes::Vector, clone->getResult(0)};
}
