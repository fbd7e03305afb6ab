//===- RowLowering.cpp - operations on one row of a tile ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::tile;

void KernelLowering::forEachRow(int64_t rows,
                                llvm::function_ref<void(Value row)> body) {
  if (rows == 1)
    return body(index(0));
  auto loop = scf::ForOp::create(b, index(0), index(rows), index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

/// Returns the row of `value` in `scope`: what the row has computed, a scalar
/// or column value, a constant or broadcast made here, or a row of a buffer.
Value KernelLowering::getInRow(RowScope &scope, Value value) {
  if (Value found = scope.values.lookup(value))
    return found;
  if (Value found = values.lookupOrNull(value))
    return found;
  if (Buffer buffer = buffers.lookup(value))
    return scope.values[value] = loadRow(buffer, scope.row);
  Value made = lowerInRow(scope, value.getDefiningOp());
  scope.values[value] = made;
  return made;
}

/// Returns the elements of a buffer of row values as one axis.
static Value flatten(ImplicitLocOpBuilder &b, Buffer buffer) {
  return memref::CollapseShapeOp::create(
      b, buffer.memory, ArrayRef<ReassociationIndices>{{0, 1}});
}

/// Returns `lanes` rows of a row value from `first` on: a buffer, a constant or
/// the broadcast of a scalar.
Value KernelLowering::loadRowValues(Value value, Value first, int64_t lanes) {
  if (Buffer buffer = buffers.lookup(value)) {
    Value memory = flatten(b, buffer);
    Type stored = cast<MemRefType>(memory.getType()).getElementType();
    Value loaded = vector::LoadOp::create(b, VectorType::get(lanes, stored),
                                          memory, first);
    return fromStored(loaded, buffer.type.getElementType());
  }
  auto type = VectorType::get(lanes, getTileType(value).getElementType());
  if (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
    return vector::BroadcastOp::create(b, type,
                                       values.lookup(broadcast.getSource()));
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  auto elements = cast<DenseElementsAttr>(constant.getValue());
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, elements.getSplatValue<Attribute>()));
}

/// Returns how many row values `step` computes at once.
static int64_t getRowLanes(const Step &step, const attn::CPUModel &model) {
  int64_t width = 32;
  for (Operation *op : step.ops) {
    Type element = getTileType(op->getResult(0)).getElementType();
    width = std::max<int64_t>(
        width, element.isIndex() ? 64 : element.getIntOrFloatBitWidth());
  }
  return model.getLanes(width);
}

/// Lowers a step of row values to a loop over vectors of them. Buffers of row
/// values are as long as whole vectors.
void KernelLowering::lowerRowValues(const Step &step, const Schedule &schedule,
                                    const Targets &targets) {
  auto stored = getStored(step, schedule, targets);
  int64_t lanes = getRowLanes(step, model);
  auto loop = scf::ForOp::create(b, index(0), index(step.rows), index(lanes));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value first = loop.getInductionVar();
    IRMapping rows;
    for (Operation *op : step.ops) {
      b.setLoc(op->getLoc());
      for (Value operand : op->getOperands())
        if (!rows.contains(operand))
          rows.map(operand, loadRowValues(operand, first, lanes));
      Operation *clone = b.clone(*op, rows);
      Type element = getTileType(op->getResult(0)).getElementType();
      clone->getResult(0).setType(VectorType::get(lanes, element));
    }
    for (auto [value, buffer] : stored)
      vector::StoreOp::create(b, toStored(rows.lookup(value)),
                              flatten(b, buffer), first);
  }
  for (auto [value, buffer] : stored)
    buffers[value] = buffer;
}

/// Lowers `op` for one row; returns its result in that row, if it has one.
Value KernelLowering::lowerInRow(RowScope &scope, Operation *op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return lowerConstant(constant);
  if (auto broadcast = dyn_cast<vector::BroadcastOp>(op))
    return lowerBroadcast(scope, broadcast);
  if (auto iota = dyn_cast<IotaOp>(op))
    return lowerIota(scope, iota);
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return lowerReduce(scope, reduce);
  if (auto load = dyn_cast<LoadOp>(op))
    return lowerLoadInRow(scope, load);
  if (auto store = dyn_cast<StoreOp>(op)) {
    lowerStoreInRow(scope, store);
    return Value();
  }

  if (isa<arith::ExtFOp>(op))
    return lowerExtF(getInRow(scope, op->getOperand(0)),
                     getTileType(op->getResult(0)).getElementType());
  if (isa<arith::TruncFOp>(op))
    return lowerTruncF(getInRow(scope, op->getOperand(0)),
                       getTileType(op->getResult(0)).getElementType());

  // The same operation on the rows of its operands.
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, getInRow(scope, operand));
  Operation *inRow = b.clone(*op, mapping);
  inRow->getResult(0).setType(getRowType(getTileType(op->getResult(0))));
  return inRow->getResult(0);
}

/// Returns a row of a constant tile, or a constant column value padded with
/// its last element.
Value KernelLowering::lowerConstant(arith::ConstantOp op) {
  auto elements = cast<DenseElementsAttr>(op.getValue());
  if (elements.getElementType().isBF16())
    elements = elements.bitcast(b.getI16Type());
  auto vectorType =
      dyn_cast<VectorType>(getRowType(getTileType(op.getResult())));
  if (!vectorType)
    return arith::ConstantOp::create(
        b, cast<TypedAttr>(*elements.getValues<Attribute>().begin()));
  if (elements.isSplat())
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(vectorType,
                                  elements.getSplatValue<Attribute>()));
  SmallVector<Attribute> padded(elements.getValues<Attribute>());
  padded.resize(vectorType.getDimSize(0), padded.back());
  return arith::ConstantOp::create(b,
                                   DenseElementsAttr::get(vectorType, padded));
}

/// Returns `type`, a scalar or vector, with elements of type `element`.
static Type withElements(Type type, Type element) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? Type(vector.clone(element)) : element;
}

/// Returns a scalar or vector of integers of type `type`.
static Value createIntegers(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  TypedAttr attribute = b.getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, Attribute(attribute));
  return arith::ConstantOp::create(b, attribute);
}

/// Widens the elements of a row to `element`; i16 holds a bf16, which is the
/// upper half of an f32.
Value KernelLowering::lowerExtF(Value value, Type element) {
  Type type = value.getType();
  if (getElementTypeOrSelf(type).isInteger(16)) {
    Type i32 = withElements(type, b.getI32Type());
    Value wide = arith::ExtUIOp::create(b, i32, value);
    wide = arith::ShLIOp::create(b, wide, createIntegers(b, i32, 16));
    value =
        arith::BitcastOp::create(b, withElements(type, b.getF32Type()), wide);
  }
  if (getElementTypeOrSelf(value.getType()) == element)
    return value;
  return arith::ExtFOp::create(b, withElements(type, element), value);
}

/// Rounds a vector to bf16 by the instruction for that. Patterns would turn an
/// `arith.truncf` into arithmetic on integers.
static Value roundVector(ImplicitLocOpBuilder &b, Value value) {
  auto type = cast<VectorType>(value.getType());
  if (type.getElementType().isF64())
    value = arith::TruncFOp::create(b, type.clone(b.getF32Type()), value);
  return LLVM::FPTruncOp::create(b, type.clone(b.getBF16Type()), value);
}

/// Narrows the elements of a row to `element`, a bf16 to an i16: the upper half
/// of the f32 after rounding to nearest even, or a quiet NaN.
Value KernelLowering::lowerTruncF(Value value, Type element) {
  Type type = value.getType();
  if (!element.isBF16())
    return arith::TruncFOp::create(b, withElements(type, element), value);
  if (model.hasBF16Dots() && isa<VectorType>(type))
    return vector::BitCastOp::create(
        b, cast<VectorType>(type).clone(b.getI16Type()), roundVector(b, value));
  if (getElementTypeOrSelf(type).isF64())
    value =
        arith::TruncFOp::create(b, withElements(type, b.getF32Type()), value);
  Type i32 = withElements(type, b.getI32Type());
  Type i16 = withElements(type, b.getI16Type());
  Value bits = arith::BitcastOp::create(b, i32, value);
  Value shift = createIntegers(b, i32, 16);
  Value last = arith::ShRUIOp::create(b, bits, shift);
  last = arith::AndIOp::create(b, last, createIntegers(b, i32, 1));
  Value bias = arith::AddIOp::create(b, last, createIntegers(b, i32, 0x7fff));
  Value rounded = arith::AddIOp::create(b, bits, bias);
  rounded = arith::ShRUIOp::create(b, rounded, shift);
  Value isNaN =
      arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, value, value);
  rounded = arith::SelectOp::create(b, isNaN, createIntegers(b, i32, 0x7fc0),
                                    rounded);
  return arith::TruncIOp::create(b, i16, rounded);
}

Value KernelLowering::lowerBroadcast(RowScope &scope, vector::BroadcastOp op) {
  Value source = getInRow(scope, op.getSource());
  Type type = getRowType(getTileType(op.getResult()));
  if (source.getType().isBF16())
    source = arith::BitcastOp::create(b, b.getI16Type(), source);
  if (source.getType() == type)
    return source;
  return vector::BroadcastOp::create(b, type, source);
}

/// Returns the constant vector 0, 1, 2, ...
Value KernelLowering::getSteps(int64_t lanes) {
  auto steps = llvm::to_vector(llvm::seq(int64_t(0), lanes));
  return arith::ConstantOp::create(
      b, DenseIntElementsAttr::get(VectorType::get(lanes, b.getIndexType()),
                                   steps));
}

Value KernelLowering::lowerIota(RowScope &scope, IotaOp op) {
  Value base = values.lookup(op.getBase());
  auto type = dyn_cast<VectorType>(getRowType(getTileType(op.getResult())));
  if (!type)
    return scope.row ? arith::AddIOp::create(b, base, scope.row) : base;
  Value steps = getSteps(type.getDimSize(0));
  Value bases = vector::BroadcastOp::create(b, type, base);
  return arith::AddIOp::create(b, bases, steps);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// Returns the element that changes nothing when combined with others.
static TypedAttr getNeutral(OpBuilder &b, ReduceKind kind, Type type) {
  if (kind == ReduceKind::Add)
    return b.getZeroAttr(type);
  if (auto floatType = dyn_cast<FloatType>(type))
    return b.getFloatAttr(type, APFloat::getInf(floatType.getFloatSemantics(),
                                                /*Negative=*/true));
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return b.getIntegerAttr(type, APInt::getSignedMinValue(width));
}

/// Combines two values. The maximum of floats is a comparison and a choice,
/// which is one instruction; if one is NaN the result is `rhs`.
Value KernelLowering::combine(ReduceKind kind, Value lhs, Value rhs) {
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(lhs.getType()));
  if (kind == ReduceKind::Add) {
    if (isFloat)
      return arith::AddFOp::create(b, lhs, rhs);
    return arith::AddIOp::create(b, lhs, rhs);
  }
  if (!isFloat)
    return arith::MaxSIOp::create(b, lhs, rhs);
  Value greater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, lhs, rhs);
  return arith::SelectOp::create(b, greater, lhs, rhs);
}

/// Returns a constant mask that is true in the first `size` lanes.
static Value createTailMask(ImplicitLocOpBuilder &b, int64_t lanes,
                            int64_t size) {
  SmallVector<bool> mask(lanes, false);
  std::fill_n(mask.begin(), size, true);
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(VectorType::get(lanes, b.getI1Type()), mask));
}

/// Combines the elements of a row: registers pairwise, then halves of the last
/// one. The order depends on the shape only.
Value KernelLowering::lowerReduce(RowScope &scope, ReduceOp op) {
  Value row = getInRow(scope, op.getSource());
  auto type = dyn_cast<VectorType>(row.getType());
  if (!type)
    return row;
  ReduceKind kind = op.getKind();
  int64_t lanes = type.getDimSize(0);
  int64_t size = getTileType(op.getSource()).getDimSize(1);
  if (size != lanes) {
    TypedAttr neutral = getNeutral(b, kind, type.getElementType());
    Value padding = arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, Attribute(neutral)));
    row = arith::SelectOp::create(b, createTailMask(b, lanes, size), row,
                                  padding);
  }

  auto slice = [&](Value vector, int64_t offset, int64_t length) -> Value {
    auto lanesOfSlice = llvm::to_vector(llvm::seq(offset, offset + length));
    return vector::ShuffleOp::create(b, vector, vector, lanesOfSlice);
  };
  int64_t width = model.getLanes(32);
  SmallVector<Value> parts;
  for (int64_t i = 0; i < lanes; i += width)
    parts.push_back(lanes == width ? row : slice(row, i, width));
  for (; parts.size() > 1; parts.resize((parts.size() + 1) / 2))
    for (size_t i = 0, half = (parts.size() + 1) / 2; i + half < parts.size();
         ++i)
      parts[i] = combine(kind, parts[i], parts[i + half]);
  Value rest = parts.front();
  for (width /= 2; width >= 1; width /= 2)
    rest = combine(kind, slice(rest, 0, width), slice(rest, width, width));
  return vector::ExtractOp::create(b, rest, ArrayRef<int64_t>{0});
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

/// Returns the indices of the first element of a row; if the row is
/// `contiguous`, its last index is an iota.
SmallVector<Value> KernelLowering::getRowIndices(RowScope &scope,
                                                 ValueRange indices,
                                                 bool contiguous) {
  auto getScalar = [&](Value value) -> Value {
    Value stripped = stripBroadcasts(value);
    Value found = getInRow(scope, stripped);
    if (!isa<VectorType>(found.getType()))
      return found;
    // A constant tile: every element is the same.
    return vector::ExtractOp::create(b, found, ArrayRef<int64_t>{0});
  };
  SmallVector<Value> result;
  for (Value value : contiguous ? indices.drop_back() : indices)
    result.push_back(getScalar(value));
  if (!contiguous)
    return result;
  Value last;
  SmallVector<Term> terms = *matchIota(indices.back(), 1);
  for (const Term &term : terms) {
    Value summand = getScalar(term.value);
    if (term.negative)
      last = arith::SubIOp::create(b, last, summand);
    else
      last = last ? arith::AddIOp::create(b, last, summand) : summand;
  }
  result.push_back(last);
  return result;
}

/// Splits the condition of an access to a row into a scalar and a vector, each
/// null if there is none. Lanes behind the last column are never valid.
void KernelLowering::splitMasks(RowScope &scope, ValueRange valid,
                                VectorType type, Value &rowMask,
                                Value &columnMask) {
  for (Value mask : valid) {
    Value found = getInRow(scope, stripBroadcasts(mask));
    Value &part = isa<VectorType>(found.getType()) ? columnMask : rowMask;
    part = both(part, found);
  }
  int64_t columns = type.getDimSize(1);
  int64_t lanes = getPaddedColumns(columns);
  if (columns != lanes)
    columnMask = both(columnMask, createTailMask(b, lanes, columns));
}

Value KernelLowering::lowerLoadInRow(RowScope &scope, LoadOp op) {
  VectorType type = getTileType(op.getResult());
  Type rowType = getRowType(type);
  bool contiguous = classify(op) == AccessKind::Contiguous;
  SmallVector<Value> indices =
      getRowIndices(scope, op.getIndices(), contiguous);
  Value memory = getMemory(op.getMemory());
  Value rowMask, columnMask;
  splitMasks(scope, op.getValid(), type, rowMask, columnMask);

  auto load = [&]() -> Value {
    Value loaded;
    Type stored = withElements(
        rowType, cast<MemRefType>(memory.getType()).getElementType());
    if (!contiguous)
      loaded = memref::LoadOp::create(b, memory, indices);
    else if (!columnMask)
      loaded =
          vector::LoadOp::create(b, cast<VectorType>(stored), memory, indices);
    else
      loaded = vector::MaskedLoadOp::create(b, cast<VectorType>(stored), memory,
                                            indices, columnMask, zero(stored));
    return fromStored(loaded, type.getElementType());
  };
  if (!rowMask)
    return load();
  auto branch = scf::IfOp::create(b, rowType, rowMask, /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, load());
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, zero(rowType));
  return branch.getResult(0);
}

void KernelLowering::lowerStoreInRow(RowScope &scope, StoreOp op) {
  VectorType type = getTileType(op.getValue());
  bool contiguous = classify(op) == AccessKind::Contiguous;
  Value value = toStored(getInRow(scope, op.getValue()));
  SmallVector<Value> indices =
      getRowIndices(scope, op.getIndices(), contiguous);
  Value memory = getMemory(op.getMemory());
  Value rowMask, columnMask;
  splitMasks(scope, op.getValid(), type, rowMask, columnMask);

  OpBuilder::InsertionGuard guard(b);
  if (rowMask) {
    auto branch = scf::IfOp::create(b, rowMask, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
  }
  if (!contiguous)
    memref::StoreOp::create(b, value, memory, indices);
  else if (columnMask)
    vector::MaskedStoreOp::create(b, memory, indices, columnMask, value);
  else
    vector::StoreOp::create(b, value, memory, indices);
}
