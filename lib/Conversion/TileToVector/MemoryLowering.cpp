//===- MemoryLowering.cpp - loads and stores of whole tiles ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles whose columns are consecutive in memory are transposed in registers;
// what has no known structure is read and written element by element.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tile;

//===----------------------------------------------------------------------===//
// Transposition in registers
//===----------------------------------------------------------------------===//

/// The number of elements in a 128-bit lane, within which shuffles are cheap.
static int64_t getLaneSize(Value vector) {
  return 128 / cast<VectorType>(vector.getType()).getElementTypeBitWidth();
}

/// Interleaves the lower (or `high`er) halves of each lane of two vectors, in
/// pieces of `piece` elements: a0 b0 a1 b1 | a4 b4 a5 b5 for pieces of 1.
static Value interleaveInLanes(OpBuilder &b, Location loc, Value lhs, Value rhs,
                               int64_t piece, bool high) {
  int64_t size = cast<VectorType>(lhs.getType()).getDimSize(0);
  int64_t lane = getLaneSize(lhs);
  SmallVector<int64_t> mask;
  for (int64_t begin = 0; begin < size; begin += lane)
    for (int64_t i = 0; i < lane / 2; i += piece)
      for (int64_t offset : {int64_t(0), size})
        for (int64_t j = 0; j < piece; ++j)
          mask.push_back(begin + (high ? lane / 2 : 0) + i + j + offset);
  return vector::ShuffleOp::create(b, loc, lhs, rhs, mask);
}

/// Returns the even (or `odd`) lanes of two vectors, those of `lhs` first.
static Value takeLanes(OpBuilder &b, Location loc, Value lhs, Value rhs,
                       bool odd) {
  int64_t size = cast<VectorType>(lhs.getType()).getDimSize(0);
  int64_t lane = getLaneSize(lhs);
  SmallVector<int64_t> mask;
  for (int64_t begin = odd ? lane : 0; begin < 2 * size; begin += 2 * lane)
    for (int64_t j = 0; j < lane; ++j)
      mask.push_back(begin + j);
  return vector::ShuffleOp::create(b, loc, lhs, rhs, mask);
}

/// Transposes each lane of as many vectors as a lane has elements.
static SmallVector<Value> transposeInLanes(OpBuilder &b, Location loc,
                                           ArrayRef<Value> rows) {
  auto pair = [&](Value lhs, Value rhs, int64_t piece) {
    return std::pair(interleaveInLanes(b, loc, lhs, rhs, piece, false),
                     interleaveInLanes(b, loc, lhs, rhs, piece, true));
  };
  auto [low, high] = pair(rows[0], rows[1], 1);
  if (rows.size() == 2)
    return {low, high};
  auto [low2, high2] = pair(rows[2], rows[3], 1);
  auto [column0, column1] = pair(low, low2, 2);
  auto [column2, column3] = pair(high, high2, 2);
  return {column0, column1, column2, column3};
}

/// Transposes a square of lanes: element i of the result holds the lanes i of
/// all vectors.
static SmallVector<Value> transposeLanes(OpBuilder &b, Location loc,
                                         ArrayRef<Value> vectors) {
  if (vectors.size() == 1)
    return {vectors.front()};
  SmallVector<Value> result(vectors.size());
  for (bool odd : {false, true}) {
    SmallVector<Value> half;
    for (size_t i = 0; i < vectors.size(); i += 2)
      half.push_back(takeLanes(b, loc, vectors[i], vectors[i + 1], odd));
    for (auto [i, value] : llvm::enumerate(transposeLanes(b, loc, half)))
      result[2 * i + odd] = value;
  }
  return result;
}

/// Returns the transpose of the square whose rows are `rows`.
SmallVector<Value> KernelLowering::transpose(ArrayRef<Value> rows) {
  int64_t lane = getLaneSize(rows.front());
  int64_t lanes = rows.size() / lane;
  // For each position in a lane, the vectors of that position.
  SmallVector<SmallVector<Value>> byPosition(lane);
  for (int64_t i = 0; i < lanes; ++i)
    for (auto [position, vector] : llvm::enumerate(
             transposeInLanes(b, b.getLoc(), rows.slice(i * lane, lane))))
      byPosition[position].push_back(vector);
  SmallVector<Value> result(rows.size());
  for (auto [position, vectors] : llvm::enumerate(byPosition))
    for (auto [i, row] :
         llvm::enumerate(transposeLanes(b, b.getLoc(), vectors)))
      result[i * lane + position] = row;
  return result;
}

/// Fills the `rows` x `columns` tile `target`: `load` returns a vector of
/// consecutive rows, from `row` on, of the column `column`.
void KernelLowering::fillTransposed(
    Buffer target, int64_t rows, int64_t columns,
    llvm::function_ref<Value(Value row, Value column)> load) {
  Type element = target.type.getElementType();
  int64_t size = model.getLanes(element.getIntOrFloatBitWidth());
  auto columnLoop =
      scf::ForOp::create(b, index(0), index(columns), index(size));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(columnLoop.getBody());
  auto rowLoop = scf::ForOp::create(b, index(0), index(rows), index(size));
  b.setInsertionPointToStart(rowLoop.getBody());

  SmallVector<Value> block;
  for (int64_t j = 0; j < size; ++j)
    block.push_back(
        load(rowLoop.getInductionVar(), add(columnLoop.getInductionVar(), j)));
  for (auto [i, row] : llvm::enumerate(transpose(block)))
    storeVector(target, add(rowLoop.getInductionVar(), i),
                columnLoop.getInductionVar(), row);
}

/// Returns the sum of values that are the same for the whole tile.
Value KernelLowering::sumTerms(ArrayRef<Term> terms) {
  Value sum;
  for (const Term &term : terms) {
    Value summand = getElementReader(term.value)(index(0), index(0));
    if (term.negative)
      sum = arith::SubIOp::create(b, sum, summand);
    else
      sum = sum ? arith::AddIOp::create(b, sum, summand) : summand;
  }
  return sum;
}

/// Prepares the loads of `size` elements of a column of `op` at a time.
KernelLowering::ColumnLoads KernelLowering::prepareColumnLoads(LoadOp op,
                                                               int64_t size) {
  VectorType type = getTileType(op.getResult());
  ColumnLoads loads;
  loads.rows = type.getDimSize(0);
  loads.columns = type.getDimSize(1);
  loads.memory = getMemory(op.getMemory());
  Type element = cast<MemRefType>(loads.memory.getType()).getElementType();
  loads.type = VectorType::get(size, element);
  loads.together =
      model.getLanes(std::max(element.getIntOrFloatBitWidth(), 32u));
  loads.first = sumTerms(*matchIota(op.getIndices().back(), 0));
  for (Value value : op.getIndices().drop_back())
    loads.indices.push_back(getElementReader(value));
  for (Value mask : op.getValid()) {
    if (getLevel(mask) == Level::Row)
      loads.rowMasks.push_back(getBuffer(stripBroadcasts(mask)));
    else
      loads.columnMasks.push_back(getElementReader(mask));
  }
  return loads;
}

/// Loads elements of `column` from `row` on, those that are valid; `column` is
/// valid itself.
Value KernelLowering::loadInColumn(const ColumnLoads &loads, Value row,
                                   Value column) {
  SmallVector<Value> position;
  for (const ElementReader &reader : loads.indices)
    position.push_back(reader(index(0), column));
  position.push_back(arith::AddIOp::create(b, loads.first, row));

  int64_t size = loads.type.getDimSize(0);
  Value lanes;
  if (loads.rows % size) {
    auto type = VectorType::get(size, b.getIndexType());
    Value left = vector::BroadcastOp::create(
        b, type, arith::SubIOp::create(b, index(loads.rows), row));
    lanes = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, getSteps(size),
                                  left);
  }
  for (const Buffer &mask : loads.rowMasks)
    lanes = both(lanes, loadVector(mask, row, index(0), size));
  if (!lanes)
    return vector::LoadOp::create(b, loads.type, loads.memory, position);
  return vector::MaskedLoadOp::create(b, loads.type, loads.memory, position,
                                      lanes, zero(loads.type));
}

/// Loads elements of `column` from `row` on, or zeros if the column is not
/// valid.
Value KernelLowering::loadColumn(const ColumnLoads &loads, Value row,
                                 Value column) {
  Value valid;
  for (const ElementReader &reader : loads.columnMasks)
    valid = both(valid, reader(index(0), column));
  if (loads.columns % loads.together)
    valid = both(valid, arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                              column, index(loads.columns)));
  if (!valid)
    return loadInColumn(loads, row, column);
  auto branch = scf::IfOp::create(b, loads.type, valid, /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, loadInColumn(loads, row, column));
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, zero(loads.type));
  return branch.getResult(0);
}

/// Returns whether all columns of the load are valid, as a scalar condition, or
/// null if its masks are not bounds on positions.
Value KernelLowering::areColumnsValid(LoadOp op) {
  Value all;
  for (Value mask : op.getValid()) {
    if (getLevel(mask) == Level::Row)
      continue;
    std::optional<Bound> bound = matchBound(mask);
    if (!bound)
      return {};
    IotaOp iota = bound->position;
    Value last = add(values.lookup(iota.getBase()),
                     iota.getType().getDimSize(iota.getDim()) - 1);
    all = both(all, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, last,
                                          values.lookup(bound->end)));
  }
  return all;
}

/// Lowers a load of `size` elements of a column at a time: `fill` stores what
/// it is given to load.
void KernelLowering::lowerColumns(
    LoadOp op, int64_t size,
    llvm::function_ref<void(const ColumnLoads &)> fill) {
  ColumnLoads loads = prepareColumnLoads(op, size);
  Value all = areColumnsValid(op);
  if (!all)
    return fill(loads);
  // Most tiles have all columns, and need no branch for each.
  auto branch = scf::IfOp::create(b, all, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.elseBlock());
  fill(loads);
  b.setInsertionPointToStart(branch.thenBlock());
  loads.columnMasks.clear();
  fill(loads);
}

/// Lowers a load whose columns are consecutive in memory. Elements are widened
/// on the way if nothing but that is done with them.
void KernelLowering::lowerTransposedLoad(LoadOp op) {
  Type element = getTileType(op.getResult()).getElementType();
  Value result = op.getResult();
  if (result.hasOneUse())
    if (auto widen = dyn_cast<arith::ExtFOp>(*result.user_begin()))
      result = widen.getResult();
  VectorType resultType = getTileType(result);
  // Elements of less than 32 bits are transposed as f32.
  Type moved = resultType.getElementType();
  if (moved.getIntOrFloatBitWidth() < 32)
    moved = b.getF32Type();
  int64_t size = model.getLanes(moved.getIntOrFloatBitWidth());
  int64_t rows = resultType.getDimSize(0);
  Buffer target =
      allocate(resultType.clone(moved), llvm::alignTo(rows, size) - rows);
  lowerColumns(op, size, [&](const ColumnLoads &loads) {
    fillTransposed(
        target, loads.rows, loads.columns, [&](Value row, Value column) {
          Value loaded = loadColumn(loads, row, column);
          return moved == element ? loaded : lowerExtF(loaded, moved);
        });
  });
  if (moved == resultType.getElementType())
    return setValue(result, target);

  Buffer narrow = allocate(resultType);
  forEachRow(rows, [&](Value row) {
    storeRow(narrow, row,
             lowerTruncF(loadRow(target, row), resultType.getElementType()));
  });
  setValue(result, narrow);
}

/// Lowers the transposition of a tile: from buffer to buffer.
void KernelLowering::lowerTranspose(vector::TransposeOp op) {
  VectorType type = getTileType(op.getResult());
  Buffer source = getBuffer(op.getVector());
  Buffer target = allocate(type);
  auto rows =
      scf::ForOp::create(b, index(0), index(type.getDimSize(0)), index(1));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(rows.getBody());
    auto columns =
        scf::ForOp::create(b, index(0), index(type.getDimSize(1)), index(1));
    b.setInsertionPointToStart(columns.getBody());
    Value r = rows.getInductionVar(), c = columns.getInductionVar();
    storeElement(target, r, c, loadElement(source, c, r));
  }
  setValue(op.getResult(), target);
}

//===----------------------------------------------------------------------===//
// Element by element
//===----------------------------------------------------------------------===//

/// Returns a function that makes the element of `value` at a row and a column.
KernelLowering::ElementReader KernelLowering::getElementReader(Value value) {
  value = stripBroadcasts(value);
  VectorType type = getTileType(value);
  if (!type) {
    Value scalar = values.lookup(value);
    return [=](Value, Value) { return scalar; };
  }
  if (auto iota = value.getDefiningOp<IotaOp>()) {
    Value base = values.lookup(iota.getBase());
    bool alongRows = iota.getDim() == 0;
    return [=](Value row, Value column) -> Value {
      return arith::AddIOp::create(b, base, alongRows ? row : column);
    };
  }
  Buffer buffer = getBuffer(value);
  bool hasManyRows = type.getDimSize(0) > 1;
  bool hasManyColumns = type.getDimSize(1) > 1;
  return [=](Value row, Value column) -> Value {
    return loadElement(buffer, hasManyRows ? row : index(0),
                       hasManyColumns ? column : index(0));
  };
}

/// Runs `access` with the row, the column, the memory and its indices at each
/// valid element of a tile of type `type`.
void KernelLowering::lowerGeneralAccess(
    Value memory, ValueRange indices, ValueRange valid, VectorType type,
    llvm::function_ref<void(Value, Value, Value, ValueRange)> access) {
  SmallVector<ElementReader> indexReaders, maskReaders;
  for (Value value : indices)
    indexReaders.push_back(getElementReader(value));
  for (Value value : valid)
    maskReaders.push_back(getElementReader(value));
  forEachRow(type.getDimSize(0), [&](Value row) {
    auto loop =
        scf::ForOp::create(b, index(0), index(type.getDimSize(1)), index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value column = loop.getInductionVar();
    Value mask;
    for (const ElementReader &reader : maskReaders)
      mask = both(mask, reader(row, column));
    if (mask) {
      auto branch = scf::IfOp::create(b, mask, /*withElseRegion=*/false);
      b.setInsertionPointToStart(branch.thenBlock());
    }
    SmallVector<Value> position;
    for (const ElementReader &reader : indexReaders)
      position.push_back(reader(row, column));
    access(row, column, getMemory(memory), position);
  });
}

/// Lowers a load of no known structure: zeros, and then the valid elements.
void KernelLowering::lowerGeneralLoad(LoadOp op) {
  VectorType type = getTileType(op.getResult());
  Buffer target = allocate(type);
  if (!op.getValid().empty())
    forEachRow(type.getDimSize(0), [&](Value row) {
      storeRow(target, row, zero(getRowType(type)));
    });
  lowerGeneralAccess(
      op.getMemory(), op.getIndices(), op.getValid(), type,
      [&](Value row, Value column, Value memory, ValueRange position) {
        Value loaded = memref::LoadOp::create(b, memory, position);
        storeElement(target, row, column,
                     fromStored(loaded, type.getElementType()));
      });
  setValue(op.getResult(), target);
}

/// Lowers a store of no known structure.
void KernelLowering::lowerGeneralStore(StoreOp op) {
  Buffer source = getBuffer(op.getValue());
  lowerGeneralAccess(
      op.getMemory(), op.getIndices(), op.getValid(), source.type,
      [&](Value row, Value column, Value memory, ValueRange position) {
        Value value = loadElement(source, row, column);
        memref::StoreOp::create(b, toStored(value), memory, position);
      });
}
