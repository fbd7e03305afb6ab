//===- DotLowering.cpp - matrix products ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A product is cut into blocks whose accumulators stay in registers.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tile;

namespace {

/// The sizes of the block of a product that is kept in registers: rows, and
/// vectors of columns.
struct BlockShape {
  int64_t rows, vectors;
};

} // namespace

/// Returns the block for a product of `rows` rows and `vectors` vectors of
/// columns: rows * vectors accumulators, the vectors of the right operand and
/// one element of the left one must fit the registers.
static BlockShape chooseBlock(const attn::CPUModel &model, int64_t rows,
                              int64_t vectors) {
  int64_t registers = model.registers;
  int64_t preferred = registers >= 32 ? 4 : 2;
  BlockShape block;
  block.vectors = std::min(vectors, preferred);
  block.rows =
      std::min<int64_t>((registers - block.vectors - 1) / block.vectors, 14);
  if (rows >= block.rows)
    return block;
  block.rows = rows;
  block.vectors = std::min({vectors, (registers - 1) / (rows + 1), int64_t(8)});
  return block;
}

SmallVector<Run> tile::cut(int64_t extent, int64_t size) {
  int64_t whole = extent / size, rest = extent % size;
  if (rest == 0)
    return {{0, whole, size}};
  if (whole == 0)
    return {{0, 1, rest}};
  SmallVector<Run> runs;
  if (whole > 1)
    runs.push_back({0, whole - 1, size});
  int64_t begin = (whole - 1) * size, left = rest + size;
  int64_t larger = (left + 1) / 2, smaller = left / 2;
  if (larger == smaller) {
    runs.push_back({begin, 2, larger});
    return runs;
  }
  runs.push_back({begin, 1, larger});
  runs.push_back({begin + larger, 1, smaller});
  return runs;
}

void tile::forEachBlock(ImplicitLocOpBuilder &b, const Run &run, int64_t scale,
                        llvm::function_ref<void(Value)> body) {
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value * scale);
  };
  if (run.count == 1)
    return body(index(run.begin));
  auto loop = scf::ForOp::create(b, index(run.begin),
                                 index(run.begin + run.count * run.size),
                                 index(run.size));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

/// Returns the number of vectors in a row of `buffer`.
static int64_t getVectors(const attn::CPUModel &model, Buffer buffer) {
  int64_t lanes =
      model.getLanes(buffer.type.getElementType().getIntOrFloatBitWidth());
  return llvm::divideCeil(buffer.type.getDimSize(1), lanes);
}

/// Lowers `to = from + lhs * rhs`; a `from` without memory is zero.
void KernelLowering::lowerProduct(Buffer lhs, Buffer rhs, Buffer from,
                                  Buffer to) {
  int64_t lanes =
      model.getLanes(to.type.getElementType().getIntOrFloatBitWidth());
  int64_t firstRow = lhs.type.getElementType().isBF16() && usesTiles()
                         ? lowerProductInTiles(lhs, rhs, from, to)
                         : 0;
  auto read = [&](Value k, Value column) {
    return loadVector(rhs, k, column, lanes);
  };
  if (firstRow < to.type.getDimSize(0))
    lowerProduct(lhs, from, to, read, firstRow);
}

/// The same for the rows from `firstRow` on, with vectors of the right operand
/// made by `right`.
void KernelLowering::lowerProduct(Buffer lhs, Buffer from, Buffer to,
                                  VectorReader right, int64_t firstRow) {
  int64_t rows = to.type.getDimSize(0) - firstRow;
  int64_t vectors = getVectors(model, to);
  int64_t lanes =
      model.getLanes(to.type.getElementType().getIntOrFloatBitWidth());
  BlockShape block = chooseBlock(model, rows, vectors);
  int64_t steps = lhs.type.getDimSize(1);
  if (lhs.type.getElementType().isBF16())
    steps = llvm::divideCeil(steps, 2);
  for (const Run &columnRun : cut(vectors, block.vectors))
    forEachBlock(b, columnRun, lanes, [&](Value column) {
      for (const Run &rowRun : cut(rows, block.rows))
        forEachBlock(b, rowRun, 1, [&](Value row) {
          lowerBlockOfProduct(lhs, from, to, right, add(row, firstRow), column,
                              rowRun.size, columnRun.size, index(0), steps);
        });
    });
}

/// Lowers `steps` steps, from `first` on, of the block of a product at `row`
/// and `column`: all accumulators are carried by the loop over k, which reads
/// each vector of the right operand once and each element of `lhs` into all
/// lanes. A step of a product of bf16 is a pair of terms.
void KernelLowering::lowerBlockOfProduct(Buffer lhs, Buffer from, Buffer to,
                                         VectorReader read, Value row,
                                         Value column, int64_t rows,
                                         int64_t vectors, Value first,
                                         int64_t steps) {
  Type element = to.type.getElementType();
  int64_t lanes = model.getLanes(element.getIntOrFloatBitWidth());
  auto type = VectorType::get(lanes, element);
  SmallVector<Value> rowIndices, columnIndices, accumulators;
  for (int64_t i = 0; i < rows; ++i)
    rowIndices.push_back(add(row, i));
  for (int64_t j = 0; j < vectors; ++j)
    columnIndices.push_back(add(column, j * lanes));
  for (Value i : rowIndices)
    for (Value j : columnIndices)
      accumulators.push_back(from ? loadVector(from, i, j, lanes) : zero(type));

  auto loop =
      scf::ForOp::create(b, first, add(first, steps), index(1), accumulators);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value k = loop.getInductionVar();
    SmallVector<Value> right, next;
    for (Value j : columnIndices)
      right.push_back(read(k, j));
    for (int64_t i = 0; i < rows; ++i) {
      Value left = loadLeft(lhs, rowIndices[i], k);
      for (int64_t j = 0; j < vectors; ++j)
        next.push_back(multiplyAdd(left, right[j],
                                   loop.getRegionIterArg(i * vectors + j)));
    }
    scf::YieldOp::create(b, next);
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < vectors; ++j)
      storeVector(to, rowIndices[i], columnIndices[j],
                  loop.getResult(i * vectors + j));
}

/// Returns what a step multiplies the vectors of the right operand with.
Value KernelLowering::loadLeft(Buffer lhs, Value row, Value step) {
  Type element = lhs.type.getElementType();
  if (element.isBF16())
    return loadLeftPair(lhs, row, step);
  int64_t lanes = model.getLanes(element.getIntOrFloatBitWidth());
  return vector::BroadcastOp::create(b, VectorType::get(lanes, element),
                                     loadElement(lhs, row, step));
}

/// Returns `acc + lhs * rhs`, with vectors of one step.
Value KernelLowering::multiplyAdd(Value lhs, Value rhs, Value acc) {
  if (lhs.getType() != acc.getType())
    return multiplyPairs(lhs, rhs, acc);
  return vector::FMAOp::create(b, lhs, rhs, acc);
}

/// Lowers a product of which only the terms with a true `mask` are summed.
void KernelLowering::lowerExactProduct(Buffer lhs, Buffer rhs, Buffer from,
                                       Buffer to, Buffer mask) {
  int64_t depth = lhs.type.getDimSize(1);
  bool paired = lhs.type.getElementType().isBF16();
  Type rowType = getRowType(to.type);
  forEachRow(to.type.getDimSize(0), [&](Value row) {
    Value initial = from ? loadRow(from, row) : zero(rowType);
    auto loop =
        scf::ForOp::create(b, index(0), index(depth), index(1), initial);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value k = loop.getInductionVar();
      Value sum = loop.getRegionIterArg(0);
      auto branch = scf::IfOp::create(b, rowType, loadElement(mask, row, k),
                                      /*addThenBlock=*/true,
                                      /*addElseBlock=*/true);
      scf::YieldOp::create(b, branch.getResults());
      b.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(b, sum);
      b.setInsertionPointToStart(branch.thenBlock());
      Value element =
          lowerExtF(loadElement(lhs, row, k), to.type.getElementType());
      Value left = vector::BroadcastOp::create(b, rowType, element);
      Value right = paired ? loadRowOfPairs(rhs, k) : loadRow(rhs, k);
      Value next = vector::FMAOp::create(b, left, right, sum);
      scf::YieldOp::create(b, next);
    }
    storeRow(to, row, loop.getResult(0));
  });
}

/// Lowers a product with a single column.
void KernelLowering::lowerProductWithColumn(Buffer lhs, Buffer rhs, Buffer from,
                                            Buffer to, Buffer mask) {
  int64_t depth = lhs.type.getDimSize(1);
  Type element = to.type.getElementType();
  forEachRow(to.type.getDimSize(0), [&](Value row) {
    Value initial = from ? loadElement(from, row, index(0)) : zero(element);
    auto loop =
        scf::ForOp::create(b, index(0), index(depth), index(1), initial);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value k = loop.getInductionVar();
      Value sum = loop.getRegionIterArg(0);
      Value product = arith::MulFOp::create(b, loadElement(lhs, row, k),
                                            loadElement(rhs, k, index(0)));
      Value next = arith::AddFOp::create(b, sum, product);
      if (mask)
        next = arith::SelectOp::create(b, loadElement(mask, row, k), next, sum);
      scf::YieldOp::create(b, next);
    }
    storeElement(to, row, index(0), loop.getResult(0));
  });
}

/// Returns whether some element of `buffer` is NaN or infinite: 0 times it is
/// NaN, and so is every sum of that.
Value KernelLowering::hasNonFinite(Buffer buffer) {
  Type element = buffer.type.getElementType();
  if (element.isInteger())
    return hasNonFinitePair(buffer);
  int64_t lanes = model.getLanes(element.getIntOrFloatBitWidth());
  auto type = VectorType::get(lanes, element);
  int64_t vectors = getVectors(model, buffer);
  int64_t chains = std::min<int64_t>(vectors, 8);
  Value zeros = zero(type);
  auto loop = scf::ForOp::create(b, index(0), index(buffer.type.getDimSize(0)),
                                 index(1), SmallVector<Value>(chains, zeros));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> sums(loop.getRegionIterArgs());
    for (int64_t j = 0; j < vectors; ++j) {
      Value vector =
          loadVector(buffer, loop.getInductionVar(), index(j * lanes), lanes);
      Value &sum = sums[j % chains];
      sum = vector::FMAOp::create(b, vector, zeros, sum);
    }
    scf::YieldOp::create(b, sums);
  }
  Value sum = loop.getResult(0);
  for (Value other : loop.getResults().drop_front())
    sum = arith::AddFOp::create(b, sum, other);
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, sum, sum);
  return vector::ReductionOp::create(b, vector::CombiningKind::OR, isNaN);
}

/// Returns whether the accumulator of `op` is needed by nothing else, so that
/// the product may take its place.
static bool ownsAccumulator(DotOp op, const Schedule &schedule) {
  Value acc = op.getAcc();
  Operation *def = acc.getDefiningOp();
  return hasRows(acc) && def && def->getBlock() == op->getBlock() &&
         !isRematerialised(def) && schedule.getUsers(acc).size() == 1 &&
         op.getLhs() != acc && op.getRhs() != acc;
}

void KernelLowering::lowerDot(DotOp op, const Schedule &schedule,
                              const Targets &targets) {
  LoadOp streamed = getStreamedLoad(op);
  Buffer lhs = getBuffer(op.getLhs());
  Buffer rhs = streamed       ? Buffer()
               : isPaired(op) ? getPairs(op.getRhs())
                              : getBuffer(op.getRhs());
  if (isPaired(op))
    padLeft(lhs);
  Buffer from = isZero(op.getAcc()) ? Buffer() : getBuffer(op.getAcc());
  Buffer mask = op.getMask() ? getBuffer(op.getMask()) : Buffer();
  Buffer to = targets.lookup(op.getResult());
  if (!to && from && ownsAccumulator(op, schedule))
    to = from;
  if (!to) {
    to = allocate(getTileType(op.getResult()));
    products.insert(op.getResult());
  }

  if (streamed) {
    lowerStreamedDot(streamed, lhs, from, to);
  } else if (to.type.getDimSize(1) == 1) {
    lowerProductWithColumn(lhs, rhs, from, to, mask);
  } else if (!mask) {
    lowerProduct(lhs, rhs, from, to);
  } else {
    auto branch = scf::IfOp::create(b, hasNonFinite(rhs),
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    lowerExactProduct(lhs, rhs, from, to, mask);
    b.setInsertionPointToStart(branch.elseBlock());
    lowerProduct(lhs, rhs, from, to);
  }
  setValue(op.getResult(), to);
}
