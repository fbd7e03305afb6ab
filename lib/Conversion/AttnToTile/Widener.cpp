//===- Widener.cpp - scalar code of a pair to code on tiles ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Widener.h"

#include "attn/Dialect/Attn/Utils/Divisors.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Kernel arguments
//===----------------------------------------------------------------------===//

MemRefType mlir::attn::getKernelMemRefType(RankedTensorType type) {
  SmallVector<int64_t> strides(type.getRank(), ShapedType::kDynamic);
  auto layout =
      StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(type.getShape(), type.getElementType(), layout);
}

KernelArguments::KernelArguments(tile::KernelOp kernel, tile::LaunchOp launch)
    : kernel(kernel), inputs(launch.getInputs()) {
  for (auto [value, argument] :
       llvm::zip_first(inputs, kernel.getKernelArguments()))
    arguments.try_emplace(value, argument);
}

Value KernelArguments::get(OpBuilder &b, Value value) {
  if (Operation *definition = value.getDefiningOp();
      definition && matchPattern(definition, m_Constant()) &&
      !isa<RankedTensorType>(value.getType()))
    return b.clone(*definition)->getResult(0);
  Value &argument = arguments[value];
  if (argument)
    return argument;
  Type type = value.getType();
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    type = getKernelMemRefType(tensor);
  // Inputs come before outputs.
  argument = kernel.getBody().insertArgument(
      kernel.getGridRank() + inputs.size(), type, value.getLoc());
  inputs.push_back(value);
  return argument;
}

Value KernelArguments::addOutput(RankedTensorType type, Location loc) {
  return kernel.getBody().addArgument(getKernelMemRefType(type), loc);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

SmallVector<int64_t> Widener::joinShapes(ValueRange values) {
  SmallVector<int64_t> shape;
  for (Value value : values) {
    auto type = dyn_cast<VectorType>(value.getType());
    if (!type)
      continue;
    if (shape.empty())
      shape.assign(2, 1);
    for (unsigned dim : {0, 1})
      shape[dim] = std::max(shape[dim], type.getDimSize(dim));
  }
  return shape;
}

Value Widener::broadcast(OpBuilder &b, Location loc, Value value,
                         ArrayRef<int64_t> shape) {
  if (shape.empty())
    return value;
  auto type = VectorType::get(shape, getElementTypeOrSelf(value.getType()));
  if (value.getType() == type)
    return value;
  return vector::BroadcastOp::create(b, loc, type, value);
}

//===----------------------------------------------------------------------===//
// Widening
//===----------------------------------------------------------------------===//

void Widener::map(Value scalar, Value tile, bool isVarying) {
  mapping[scalar] = tile;
  if (isVarying)
    varying.insert(scalar);
}

Value Widener::lookup(Value scalar) {
  if (Value tile = mapping.lookup(scalar))
    return tile;
  return arguments.get(outer, scalar);
}

bool Widener::variesIn(Operation &op) const {
  bool varies = false;
  op.walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      varies |= varying.contains(operand);
  });
  return varies;
}

LogicalResult Widener::run(Block &block) {
  for (Operation &op : block)
    if (failed(widen(op)))
      return failure();
  return success();
}

/// Whether a loop divides; the checks of it belong into the loop over keys.
static bool containsDivision(Operation &op) {
  return op.getNumRegions() != 0 &&
         op.walk([](Operation *nested) {
             return WalkResult(failure(getUncertainDivisor(nested) != nullptr));
           }).wasInterrupted();
}

LogicalResult Widener::widen(Operation &op) {
  bool varies = variesIn(op) || (divided && containsDivision(op));
  OpBuilder &b = varies ? inner : outer;
  if (varies)
    for (Value result : op.getResults())
      varying.insert(result);
  if (auto extract = dyn_cast<ExtractOp>(op))
    return widenExtract(extract, b);
  if (isa<scf::ForOp>(op))
    return widenLoop(op, b);
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    Value memory = lookup(dim.getSource());
    Value index = lookup(dim.getIndex());
    mapping[dim.getResult()] =
        memref::DimOp::create(b, op.getLoc(), memory, index);
    return success();
  }
  return widenElementwise(op, b);
}

/// Checks the divisor of `op` if it differs between pairs or between the
/// entries of a list; others are checked before the launch.
void Widener::checkDivisor(Operation &op, Value divisor) {
  bool isTile = isa<VectorType>(divisor.getType());
  if (!divided || (!isTile && !varying.contains(op.getOperand(1))))
    return;
  OpBuilder &b = inner;
  Location loc = op.getLoc();
  auto all = VectorType::get({rows, columns}, b.getIndexType());
  auto splat = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(all, Attribute(b.getIndexAttr(value))));
  };
  Value tile = broadcast(b, loc, castDivisor(b, &op, divisor), all.getShape());
  tile = arith::SelectOp::create(b, loc, divided, tile, splat(1));
  // The smallest is found as the largest of -1 - x, which cannot wrap.
  tile = arith::XOrIOp::create(b, loc, tile, splat(-1));
  auto reduce = [&](Value source, int64_t count) -> Value {
    return tile::ReduceOp::create(b, loc,
                                  VectorType::get({count, 1}, b.getIndexType()),
                                  tile::ReduceKind::Max, source);
  };
  Value columnOfRows = reduce(tile, rows);
  Value row = vector::TransposeOp::create(b, loc, columnOfRows,
                                          ArrayRef<int64_t>{1, 0});
  Value most = vector::ExtractOp::create(b, loc, reduce(row, 1),
                                         ArrayRef<int64_t>{0, 0});
  Value minusOne = arith::ConstantIndexOp::create(b, loc, -1);
  Value least = arith::XOrIOp::create(b, loc, most, minusOne);
  emitDivisorCheck(b, &op, least, divisorName);
}

/// Clones an elementwise op on operands of one common shape.
LogicalResult Widener::widenElementwise(Operation &op, OpBuilder &b) {
  if (op.getNumRegions() != 0 || !isMemoryEffectFree(&op) ||
      (op.getNumOperands() && !OpTrait::hasElementwiseMappableTraits(&op)))
    return op.emitError("expected elementwise arithmetic in a region of "
                        "attention, found ")
           << op.getName();
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(lookup(operand));
  if (getUncertainDivisor(&op)) {
    checkDivisor(op, operands[1]);
    operands[1] = emitSafeDivisor(b, &op, operands[1]);
  }
  SmallVector<int64_t> shape = joinShapes(operands);
  IRMapping cloned;
  for (auto [operand, value] : llvm::zip(op.getOperands(), operands))
    cloned.map(operand, broadcast(b, op.getLoc(), value, shape));
  Operation *clone = b.clone(op, cloned);
  for (auto [result, original] :
       llvm::zip(clone->getResults(), op.getResults())) {
    if (!shape.empty())
      result.setType(VectorType::get(shape, original.getType()));
    mapping[original] = result;
  }
  return success();
}

Value Widener::loadElement(ExtractOp op, OpBuilder &b, ValueRange indices) {
  Location loc = op.getLoc();
  Value memory = arguments.get(outer, op.getSource());
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), inside;
  for (auto [axis, index] : llvm::enumerate(indices)) {
    Value size = memref::DimOp::create(b, loc, memory, axis);
    Value low =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, index, zero);
    Value high =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, index, size);
    Value both = arith::AndIOp::create(b, loc, low, high);
    inside = inside ? Value(arith::AndIOp::create(b, loc, inside, both)) : both;
  }
  if (!inside)
    return memref::LoadOp::create(b, loc, memory, indices);
  Type type = op.getType();
  auto branch = scf::IfOp::create(
      b, loc, inside,
      [&](OpBuilder &then, Location loc) {
        Value value = memref::LoadOp::create(then, loc, memory, indices);
        scf::YieldOp::create(then, loc, value);
      },
      [&](OpBuilder &otherwise, Location loc) {
        Value nothing = arith::ConstantOp::create(otherwise, loc,
                                                  otherwise.getZeroAttr(type));
        scf::YieldOp::create(otherwise, loc, nothing);
      });
  return branch.getResult(0);
}

/// attn.extract becomes tile.load, whose masks keep it inside of the tensor.
LogicalResult Widener::widenExtract(ExtractOp op, OpBuilder &b) {
  Location loc = op.getLoc();
  SmallVector<Value> indices;
  for (Value index : op.getIndices())
    indices.push_back(lookup(index));
  SmallVector<int64_t> shape = joinShapes(indices);
  if (shape.empty()) {
    mapping[op.getResult()] = loadElement(op, b, indices);
    return success();
  }
  Value memory = lookup(op.getSource());
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  SmallVector<Value> valid;
  for (auto [axis, index] : llvm::enumerate(indices)) {
    SmallVector<int64_t> own = joinShapes(index);
    if (own.empty())
      own.assign(2, 1);
    Value size = memref::DimOp::create(b, loc, memory, axis);
    Value position = broadcast(b, loc, index, own);
    bool isIota = index.getDefiningOp<tile::IotaOp>() != nullptr;
    if (!isIota)
      valid.push_back(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                            position,
                                            broadcast(b, loc, zero, own)));
    valid.push_back(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                          position,
                                          broadcast(b, loc, size, own)));
  }
  mapping[op.getResult()] =
      tile::LoadOp::create(b, loc, shape, memory, indices, valid);
  return success();
}

/// Emits `bound`, which the ops of `slice` compute, at one row and column.
Value Widener::emitAt(OpBuilder &b, Value bound, ArrayRef<Operation *> slice,
                      Value row, Value column) {
  Widener single(b, b, arguments, 1, 1);
  // Only what the slice reads: a tile of keys need not be defined here.
  llvm::SetVector<Value> read;
  read.insert(bound);
  for (Operation *op : slice)
    read.insert(op->operand_begin(), op->operand_end());
  for (Value scalar : read) {
    Value tile = mapping.lookup(scalar);
    if (!tile || !isa<BlockArgument>(scalar))
      continue;
    Value at = tile;
    if (RowElement element = elements.lookup(scalar))
      at = element(b, row);
    else if (auto iota = tile.getDefiningOp<tile::IotaOp>())
      at = arith::AddIOp::create(b, iota.getLoc(), iota.getBase(),
                                 iota.getDim() == 0 ? row : column);
    single.mapping[scalar] = at;
  }
  for (Operation *op : slice)
    if (failed(single.widen(*op)))
      return {};
  return single.lookup(bound);
}

/// The largest value that a loop bound takes in the tile, as a scalar. A bound
/// that differs between pairs is evaluated for each of them.
Value Widener::getLoopBound(Value bound, Operation &loop, OpBuilder &b) {
  Value wide = lookup(bound);
  auto type = dyn_cast<VectorType>(wide.getType());
  if (!type)
    return wide;
  SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.filter = [&](Operation *op) {
    return op->getBlock() == loop.getBlock();
  };
  (void)getBackwardSlice(bound, &slice, options);
  if (Operation *definition = bound.getDefiningOp())
    slice.insert(definition);

  Location loc = loop.getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value lastRow = arith::ConstantIndexOp::create(b, loc, type.getDimSize(0));
  Value lastColumn = arith::ConstantIndexOp::create(b, loc, type.getDimSize(1));
  auto perRow = scf::ForOp::create(b, loc, zero, lastRow, one, zero);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(perRow.getBody());
  auto perColumn = scf::ForOp::create(b, loc, zero, lastColumn, one,
                                      perRow.getRegionIterArg(0));
  scf::YieldOp::create(b, loc, perColumn.getResult(0));
  b.setInsertionPointToStart(perColumn.getBody());
  Value value = emitAt(b, bound, slice.getArrayRef(), perRow.getInductionVar(),
                       perColumn.getInductionVar());
  if (!value)
    return {};
  Value most =
      arith::MaxSIOp::create(b, loc, perColumn.getRegionIterArg(0), value);
  scf::YieldOp::create(b, loc, most);
  return perRow.getResult(0);
}

/// A loop over the entries of a list, with carried tiles.
LogicalResult Widener::widenLoop(Operation &op, OpBuilder &b) {
  auto loop = cast<scf::ForOp>(op);
  Location loc = op.getLoc();
  Value begin = lookup(loop.getLowerBound());
  Value end = getLoopBound(loop.getUpperBound(), op, b);
  if (!end)
    return failure();
  // A bound that differs between pairs is a bound on each of their lists:
  // entries behind the end of a list must not count.
  Value bounds = lookup(loop.getUpperBound());
  bool isUniform = bounds == end;
  Value ranges =
      tile::RangesOp::create(b, loc, begin, end, tile::RangeKind::Full);
  SmallVector<Value> initial;
  for (Value value : loop.getInitArgs())
    initial.push_back(broadcast(b, loc, lookup(value), {rows, columns}));
  bool ok = true;
  auto body = [&](OpBuilder &nested, Location loc, Value position, Value,
                  ValueRange carried) {
    Widener inside(nested, nested, arguments, rows, columns);
    inside.mapping = mapping;
    inside.map(loop.getInductionVar(), position, /*isVarying=*/true);
    for (auto [scalar, tile] : llvm::zip(loop.getRegionIterArgs(), carried))
      inside.map(scalar, tile, /*isVarying=*/true);
    SmallVector<int64_t> all{rows, columns};
    Value exists;
    if (!isUniform)
      exists =
          arith::CmpIOp::create(nested, loc, arith::CmpIPredicate::slt,
                                inside.broadcast(nested, loc, position, all),
                                inside.broadcast(nested, loc, bounds, all));
    if (divided && containsDivision(op)) {
      Value where = divided;
      if (exists)
        where = arith::AndIOp::create(nested, loc, where, exists);
      inside.checkDivisors(where, divisorName);
    }
    for (Operation &nestedOp : loop.getBody()->without_terminator())
      ok &= succeeded(inside.widen(nestedOp));
    SmallVector<Value> yielded(carried);
    for (auto [n, value] :
         llvm::enumerate(loop.getBody()->getTerminator()->getOperands())) {
      if (!ok)
        break;
      yielded[n] = inside.broadcast(nested, loc, inside.lookup(value), all);
      if (isUniform)
        continue;
      yielded[n] =
          arith::SelectOp::create(nested, loc, exists, yielded[n], carried[n]);
    }
    tile::YieldOp::create(nested, loc, yielded);
  };
  auto forEach =
      tile::ForEachOp::create(b, loc, ranges, 1, initial, body, nullptr);
  for (auto [result, wide] : llvm::zip(loop.getResults(), forEach.getResults()))
    mapping[result] = wide;
  return success(ok);
}
