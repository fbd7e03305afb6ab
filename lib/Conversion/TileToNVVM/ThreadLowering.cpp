//===- ThreadLowering.cpp - one kernel for the threads of a GPU -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ThreadLowering.h"

#include "../TileToVector/Access.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::tile;

ThreadLowering::ThreadLowering(KernelOp kernel, gpu::GPUFuncOp function,
                               KernelSchedule schedule)
    : kernel(kernel), function(function), schedule(schedule),
      b(kernel.getLoc(), function.getContext()),
      threads(getRows(kernel), schedule.warps), shared(b, threads) {}

LogicalResult ThreadLowering::run(StringRef sharedSymbol) {
  if (failed(findOperands()))
    return failure();
  findNeeded();
  b.setInsertionPointToStart(&function.front());
  threads.emit(b);
  shared.emitBase(sharedSymbol);
  // The point of the grid, from the number of the workgroup: the extents are
  // the first arguments, and the last one runs fastest.
  unsigned rank = kernel.getGridRank();
  ArrayRef<BlockArgument> arguments = function.getArguments();
  Value rest = gpu::BlockIdOp::create(b, gpu::Dimension::x);
  for (unsigned axis = rank; axis-- > 0;) {
    Value extent = arguments[axis];
    values.map(kernel.getGridIndices()[axis],
               arith::RemUIOp::create(b, rest, extent));
    rest = arith::DivUIOp::create(b, rest, extent);
  }
  for (auto [from, to] :
       llvm::zip(kernel.getKernelArguments(), arguments.drop_front(rank)))
    values.map(from, to);
  for (Operation *load : rightLoads)
    if (Value memory = cast<LoadOp>(load).getMemory(); !shared.hasView(memory))
      shared.emitView(memory, values.lookup(memory));
  for (Operation *load : leftLoads)
    if (Value memory = cast<LoadOp>(load).getMemory(); !shared.hasView(memory))
      shared.emitView(memory, values.lookup(memory));
  return lowerBlock(kernel.getBody().front());
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value ThreadLowering::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

ArrayRef<Value> ThreadLowering::getFragment(Value value) {
  auto known = fragments.find(value);
  assert(known != fragments.end() && "expected a value that is lowered");
  return known->second;
}

/// What `value`, a scalar or a tile value that broadcasts to `type`, has at
/// scalar `i` of a fragment of that type.
Value ThreadLowering::getScalar(Value value, VectorType type, int64_t i) {
  VectorType from = getTileType(value);
  if (!from)
    return values.lookup(value);
  return getFragment(value)[threads.getSource(from, type, i)];
}

/// All scalars of `tileValues`, one after the other.
SmallVector<Value> ThreadLowering::flatten(ValueRange tileValues) {
  SmallVector<Value> scalars;
  for (Value value : tileValues) {
    if (getTileType(value))
      llvm::append_range(scalars, getFragment(value));
    else
      scalars.push_back(values.lookup(value));
  }
  return scalars;
}

/// Makes `scalars` the scalars of `tileValues`.
void ThreadLowering::bind(ValueRange tileValues, ValueRange scalars) {
  for (Value value : tileValues) {
    VectorType type = getTileType(value);
    if (!type) {
      values.map(value, scalars.front());
      scalars = scalars.drop_front();
      continue;
    }
    int64_t size = threads.getSize(type);
    fragments[value] = Fragment(scalars.take_front(size));
    scalars = scalars.drop_front(size);
  }
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult ThreadLowering::lowerBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(lowerOperation(&op)))
      return failure();
  return success();
}

/// Whether threads execute `op`, or what is in it, as it stands.
static bool hasScalarLowering(Operation *op) {
  if (isa<TileDialect, vector::VectorDialect>(op->getDialect()))
    return false;
  return op->getNumRegions() == 0 || isa<scf::SCFDialect>(op->getDialect());
}

LogicalResult ThreadLowering::lowerOperation(Operation *op) {
  b.setLoc(op->getLoc());
  if (leftLoads.contains(op))
    placeLeft(cast<LoadOp>(op));
  if (isa<RangesOp, FindRangesOp>(op))
    return success();
  if (isa<ForEachOp, StoreOp>(op))
    return lowerTileOperation(op);
  bool hasTiles = llvm::any_of(op->getResults(), [](Value value) {
    return static_cast<bool>(getTileType(value));
  });
  if (hasTiles)
    return needed.contains(op->getResult(0)) ? lowerTileOperation(op)
                                             : success();
  if (auto extract = dyn_cast<vector::ExtractOp>(op)) {
    values.map(extract.getResult(), getFragment(extract.getSource()).front());
    return success();
  }
  Operation *refused = nullptr;
  op->walk([&](Operation *nested) {
    if (!hasScalarLowering(nested))
      refused = nested;
  });
  if (refused)
    return refused->emitOpError("has no lowering in kernels on GPUs; run the "
                                "program on a CPU");
  b.clone(*op, values);
  return success();
}

/// Lowers an operation on tile values that threads hold.
LogicalResult ThreadLowering::lowerTileOperation(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](ForEachOp loop) { return lowerForEach(loop); })
      .Case([&](DotOp dot) { return lowerDot(dot); })
      .Case([&](StoreOp store) { return lowerStore(store), success(); })
      .Case([&](LoadOp load) { return lowerLoad(load), success(); })
      .Case([&](ReduceOp reduce) { return lowerReduce(reduce), success(); })
      .Case([&](IotaOp iota) { return lowerIota(iota), success(); })
      .Case([&](vector::BroadcastOp broadcast) {
        return lowerBroadcast(broadcast), success();
      })
      .Case([&](arith::ConstantOp constant) -> LogicalResult {
        if (!isa<SplatElementsAttr>(constant.getValue()))
          return op->emitOpError("expected a constant tile whose elements are "
                                 "equal; load others from memory");
        return lowerConstant(constant), success();
      })
      .Default([&](Operation *op) -> LogicalResult {
        if (!OpTrait::hasElementwiseMappableTraits(op))
          return op->emitOpError("has no lowering for tiles on GPUs");
        return lowerElementwise(op), success();
      });
}

void ThreadLowering::lowerConstant(arith::ConstantOp op) {
  auto splat = cast<SplatElementsAttr>(op.getValue());
  Value scalar = arith::ConstantOp::create(b, splat.getSplatValue<TypedAttr>());
  int64_t size = threads.getSize(getTileType(op));
  fragments[op.getResult()] = Fragment(size, scalar);
}

void ThreadLowering::lowerBroadcast(vector::BroadcastOp op) {
  VectorType type = getTileType(op);
  Fragment scalars;
  for (int64_t i = 0; i < threads.getSize(type); ++i)
    scalars.push_back(getScalar(op.getSource(), type, i));
  fragments[op.getResult()] = scalars;
}

void ThreadLowering::lowerIota(IotaOp op) {
  VectorType type = getTileType(op);
  Value base = values.lookup(op.getBase());
  Fragment scalars;
  for (int64_t i = 0; i < threads.getSize(type); ++i) {
    auto [row, column] = threads.emitPosition(b, type, i);
    Value step = row ? row : column;
    scalars.push_back(step ? Value(arith::AddIOp::create(b, base, step))
                           : base);
  }
  fragments[op.getResult()] = scalars;
}

/// The scalar form of an elementwise operation.
Value ThreadLowering::emitMath(Operation *op, ValueRange operands) {
  Type type = getElementTypeOrSelf(op->getResult(0).getType());
  // Weights need no subnormal numbers, and their rounding is that of ex2.
  if (isa<math::Exp2Op>(op) && type.isF32())
    return LLVM::CallIntrinsicOp::create(
               b, type, b.getStringAttr("llvm.nvvm.ex2.approx.ftz.f"), operands)
        .getResult(0);
  IRMapping mapping;
  mapping.map(op->getOperands(), operands);
  Operation *scalar = b.clone(*op, mapping);
  scalar->getResult(0).setType(type);
  return scalar->getResult(0);
}

void ThreadLowering::lowerElementwise(Operation *op) {
  if (auto truncate = dyn_cast<arith::TruncFOp>(op))
    if (getTileType(truncate).getDimSize(1) > 1)
      return lowerTruncation(truncate);
  VectorType type = getTileType(op->getResult(0));
  Fragment scalars;
  // Scalars that come from the same operands are the same.
  std::map<SmallVector<const void *>, Value> known;
  for (int64_t i = 0; i < threads.getSize(type); ++i) {
    SmallVector<Value> operands;
    SmallVector<const void *> key;
    for (Value operand : op->getOperands()) {
      operands.push_back(getScalar(operand, type, i));
      key.push_back(operands.back().getAsOpaquePointer());
    }
    Value &scalar = known[key];
    if (!scalar)
      scalar = emitMath(op, operands);
    scalars.push_back(scalar);
  }
  fragments[op->getResult(0)] = scalars;
}

/// Rounds two columns at a time: one instruction.
void ThreadLowering::lowerTruncation(arith::TruncFOp op) {
  Type narrow = getTileType(op).getElementType();
  ArrayRef<Value> wide = getFragment(op.getIn());
  Fragment scalars;
  for (size_t i = 0; i < wide.size(); i += 2) {
    Value pair = vector::FromElementsOp::create(
        b, VectorType::get(2, wide[i].getType()), wide.slice(i, 2));
    Value rounded =
        arith::TruncFOp::create(b, VectorType::get(2, narrow), pair);
    for (int64_t k : {0, 1})
      scalars.push_back(vector::ExtractOp::create(b, rounded, k));
  }
  fragments[op.getResult()] = scalars;
}

/// What the thread has whose lane differs from this one's by the bit
/// `distance`. Shuffles move 32 bits.
Value ThreadLowering::emitShuffle(Value value, int64_t distance) {
  auto shuffle = [&](Value word) {
    return gpu::ShuffleOp::create(b, word, distance, warpLanes,
                                  gpu::ShuffleMode::XOR)
        .getShuffleResult();
  };
  Type type = value.getType();
  if (!type.isF64())
    return shuffle(value);
  auto words = VectorType::get(2, b.getI32Type());
  Value pair = LLVM::BitcastOp::create(b, words, value);
  SmallVector<Value> moved;
  for (int64_t i : {0, 1})
    moved.push_back(shuffle(vector::ExtractOp::create(b, pair, i)));
  pair = vector::FromElementsOp::create(b, words, moved);
  return LLVM::BitcastOp::create(b, type, pair);
}

/// Combines the columns that a thread holds, then the four threads of a row.
void ThreadLowering::lowerReduce(ReduceOp op) {
  VectorType from = getTileType(op.getSource()), to = getTileType(op);
  Type element = from.getElementType();
  bool isFloat = isa<FloatType>(element);
  auto combine = [&](Value lhs, Value rhs) -> Value {
    if (op.getKind() == ReduceKind::Max)
      return isFloat ? Value(arith::MaxNumFOp::create(b, lhs, rhs))
                     : Value(arith::MaxSIOp::create(b, lhs, rhs));
    return isFloat ? Value(arith::AddFOp::create(b, lhs, rhs))
                   : Value(arith::AddIOp::create(b, lhs, rhs));
  };
  SmallVector<SmallVector<Value>> terms(threads.getSize(to));
  for (auto [i, scalar] : llvm::enumerate(getFragment(op.getSource())))
    terms[threads.getSource(to, from, i)].push_back(scalar);
  Fragment scalars;
  for (SmallVector<Value> &row : terms) {
    // A tree, so that neighbours do not wait for each other.
    for (; row.size() > 1; row.resize(llvm::divideCeil(row.size(), 2)))
      for (size_t i = 0, half = row.size() / 2; i < half; ++i)
        row[i] = combine(row[i], row[row.size() - 1 - i]);
    Value sum = row.front();
    for (int64_t distance : {1, 2})
      sum = combine(sum, emitShuffle(sum, distance));
    scalars.push_back(sum);
  }
  fragments[op.getResult()] = scalars;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Whether scalar `i` lies within a tile of type `type`; null if all do.
Value ThreadLowering::emitBounds(VectorType type, int64_t i) {
  auto [row, column] = threads.emitPosition(b, type, i);
  Value in;
  auto require = [&](Value position, int64_t bound) {
    Value holds = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, position,
                                        index(bound));
    in = in ? arith::AndIOp::create(b, in, holds) : holds;
  };
  if (row && threads.getRows() > type.getDimSize(0))
    require(row, type.getDimSize(0));
  if (column && type.getDimSize(1) % blockColumns != 0)
    require(column, type.getDimSize(1));
  return in;
}

void ThreadLowering::lowerLoad(LoadOp op) {
  VectorType type = getTileType(op.getResult());
  Type element = type.getElementType();
  Value memory = values.lookup(op.getMemory());
  Fragment scalars;
  for (int64_t i = 0; i < threads.getSize(type); ++i) {
    SmallVector<Value> indices;
    for (Value index : op.getIndices())
      indices.push_back(getScalar(index, type, i));
    Value valid = emitBounds(type, i);
    for (Value mask : op.getValid()) {
      Value holds = getScalar(mask, type, i);
      valid = valid ? arith::AndIOp::create(b, valid, holds) : holds;
    }
    if (!valid) {
      scalars.push_back(memref::LoadOp::create(b, memory, indices));
      continue;
    }
    auto branch = scf::IfOp::create(b, TypeRange(element), valid,
                                    /*withElseRegion=*/true);
    ImplicitLocOpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Value loaded = memref::LoadOp::create(b, memory, indices);
    scf::YieldOp::create(b, loaded);
    b.setInsertionPointToStart(branch.elseBlock());
    Value zero =
        arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(element)));
    scf::YieldOp::create(b, zero);
    scalars.push_back(branch.getResult(0));
  }
  fragments[op.getResult()] = scalars;
}

/// Stores what the thread holds. Of row values the first lane of each group
/// stores, of column values and scalars the lanes of the first rows.
void ThreadLowering::lowerStore(StoreOp op) {
  VectorType type = getTileType(op.getValue());
  Value memory = values.lookup(op.getMemory());
  auto isZero = [&](Value value) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, value, index(0));
  };
  Value stores;
  if (type.getDimSize(0) == 1 && type.getDimSize(1) == 1)
    stores = isZero(threads.thread);
  else if (type.getDimSize(1) == 1)
    stores = isZero(arith::RemUIOp::create(b, threads.lane, index(4)));
  else if (type.getDimSize(0) == 1)
    stores = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, threads.thread,
                                   index(4));
  ImplicitLocOpBuilder::InsertionGuard guard(b);
  if (stores) {
    auto branch = scf::IfOp::create(b, stores, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
  }
  for (int64_t i = 0; i < threads.getSize(type); ++i) {
    Value valid = emitBounds(type, i);
    for (Value mask : op.getValid()) {
      Value holds = getScalar(mask, type, i);
      valid = valid ? arith::AndIOp::create(b, valid, holds) : holds;
    }
    SmallVector<Value> indices;
    for (Value index : op.getIndices())
      indices.push_back(getScalar(index, type, i));
    ImplicitLocOpBuilder::InsertionGuard inBranch(b);
    if (valid) {
      auto branch = scf::IfOp::create(b, valid, /*withElseRegion=*/false);
      b.setInsertionPointToStart(branch.thenBlock());
    }
    memref::StoreOp::create(b, getFragment(op.getValue())[i], memory, indices);
  }
}
