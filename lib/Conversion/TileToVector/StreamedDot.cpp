//===- StreamedDot.cpp - products of few rows that read memory once -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A product of few rows takes no longer than reading its right operand, so this
// is read where it lies, in order, and asked for ahead of time.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tile;

/// How many rows of memory ahead of the one at hand are asked for. Processors
/// ask for more themselves, and asking for much more than this is slower.
constexpr int64_t rowsAhead = 4;

/// The bytes of memory that stay in the first-level cache while all rows of a
/// product use them.
constexpr int64_t cachedBytes = 16 * 1024;

/// Finds the elements of a load that is not made a buffer. The masks of the
/// load are bounds on one axis.
StreamedTile KernelLowering::getStreamedTile(LoadOp load, Type element) {
  Value memory = getMemory(load.getMemory());
  VectorType type = getTileType(load.getResult());
  int64_t rank = load.getIndices().size();
  SmallVector<OpFoldResult> first, sizes(rank, b.getIndexAttr(1)),
      strides(rank, b.getIndexAttr(1));
  int64_t axes[2];
  for (auto [axis, index] : llvm::enumerate(load.getIndices())) {
    Value position = stripBroadcasts(index);
    if (auto iota = position.getDefiningOp<IotaOp>()) {
      axes[iota.getDim()] = axis;
      sizes[axis] = b.getIndexAttr(type.getDimSize(iota.getDim()));
      position = iota.getBase();
    }
    first.push_back(values.lookup(position));
  }
  // A window: what its place is made of is computed once.
  bool areColumnsOuter = axes[1] < axes[0];
  SmallVector<int64_t> shape(type.getShape());
  if (areColumnsOuter)
    std::swap(shape[0], shape[1]);
  auto window = memref::SubViewOp::inferRankReducedResultType(
      shape, cast<MemRefType>(memory.getType()), first, sizes, strides);
  StreamedTile tile{memref::SubViewOp::create(b, cast<MemRefType>(window),
                                              memory, first, sizes, strides),
                    areColumnsOuter,
                    element,
                    {}};
  for (Value mask : load.getValid()) {
    std::optional<Bound> bound = matchBound(mask);
    Value count = arith::SubIOp::create(
        b, values.lookup(bound->end), values.lookup(bound->position.getBase()));
    tile.count =
        tile.count ? arith::MinSIOp::create(b, tile.count, count) : count;
  }
  return tile;
}

/// The indices of an element of the tile.
static SmallVector<Value> getStreamedIndices(const StreamedTile &tile,
                                             Value row, Value column) {
  if (tile.areColumnsOuter)
    return {column, row};
  return {row, column};
}

/// Loads `lanes` elements that follow each other in memory.
Value KernelLowering::loadStreamed(const StreamedTile &tile, Value row,
                                   Value column, int64_t lanes) {
  Type stored = cast<MemRefType>(tile.memory.getType()).getElementType();
  Value loaded =
      vector::LoadOp::create(b, VectorType::get(lanes, stored), tile.memory,
                             getStreamedIndices(tile, row, column));
  return lowerExtF(loaded, tile.element);
}

/// Returns the number of the row (or column) of the tile that is read for
/// `number`: itself, or the last one that exists.
Value KernelLowering::getExisting(const StreamedTile &tile, Value number) {
  if (!tile.count)
    return number;
  Value last = arith::SubIOp::create(b, tile.count, index(1));
  return arith::MinSIOp::create(b, number, last);
}

/// Returns `value`, or zero if the row (or column) `number` does not exist.
Value KernelLowering::zeroUnlessExisting(const StreamedTile &tile, Value number,
                                         Value value) {
  if (!tile.count)
    return value;
  Value exists =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, number, tile.count);
  return arith::SelectOp::create(b, exists, value, zero(value.getType()));
}

/// Asks for the line of an element.
void KernelLowering::prefetch(const StreamedTile &tile, Value row,
                              Value column) {
  memref::PrefetchOp::create(b, tile.memory,
                             getStreamedIndices(tile, row, column),
                             /*isWrite=*/false, /*localityHint=*/3,
                             /*isDataCache=*/true);
}

/// Adds to `sums`, of all rows and some `columns` of a product, what `steps`
/// vectors from position `first` on give.
void KernelLowering::addProductsOfRows(Buffer lhs, const StreamedTile &rhs,
                                       ArrayRef<Value> columns, Value first,
                                       int64_t steps,
                                       SmallVectorImpl<Value> &sums) {
  auto type = cast<VectorType>(sums.front().getType());
  int64_t lanes = type.getDimSize(0), together = columns.size();
  int64_t rows = lhs.type.getDimSize(0);
  for (int64_t step = 0; step < steps; ++step) {
    Value k = add(first, step * lanes);
    SmallVector<Value> right;
    for (Value column : columns) {
      prefetch(rhs, k, add(column, rowsAhead));
      right.push_back(loadStreamed(rhs, k, column, lanes));
    }
    for (int64_t i = 0; i < rows; ++i) {
      Value left = loadVector(lhs, index(i), k, lanes);
      for (int64_t j = 0; j < together; ++j) {
        Value &sum = sums[i * together + j];
        sum = vector::FMAOp::create(b, left, right[j], sum);
      }
    }
  }
}

/// Lowers a product whose right operand has its columns as rows of memory: each
/// element is the sum of a vector of products. Columns from different parts of
/// the operand are done together, so that memory is read at several places and
/// enough sums are on their way.
void KernelLowering::lowerDotOfRows(Buffer lhs, const StreamedTile &rhs,
                                    Buffer from, Buffer to) {
  // Longer rows of memory are read in a loop.
  constexpr int64_t maxSteps = 16;
  Type element = to.type.getElementType();
  int64_t lanes = model.getLanes(element.getIntOrFloatBitWidth());
  auto type = VectorType::get(lanes, element);
  int64_t rows = to.type.getDimSize(0);
  int64_t together = rows <= 2 ? 4 : rows <= 8 ? 2 : 1;
  int64_t part = to.type.getDimSize(1) / together;
  auto loop = scf::ForOp::create(b, index(0), index(part), index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> numbers, columns;
  for (int64_t j = 0; j < together; ++j) {
    numbers.push_back(add(loop.getInductionVar(), j * part));
    columns.push_back(getExisting(rhs, numbers.back()));
  }

  SmallVector<Value> sums(rows * together, zero(type));
  for (const Run &run : cut(lhs.type.getDimSize(1) / lanes, maxSteps)) {
    if (run.count == 1) {
      addProductsOfRows(lhs, rhs, columns, index(run.begin * lanes), run.size,
                        sums);
      continue;
    }
    auto steps =
        scf::ForOp::create(b, index(run.begin * lanes),
                           index((run.begin + run.count * run.size) * lanes),
                           index(run.size * lanes), sums);
    OpBuilder::InsertionGuard inLoop(b);
    b.setInsertionPointToStart(steps.getBody());
    sums.assign(steps.getRegionIterArgs().begin(),
                steps.getRegionIterArgs().end());
    addProductsOfRows(lhs, rhs, columns, steps.getInductionVar(), run.size,
                      sums);
    scf::YieldOp::create(b, sums);
    sums.assign(steps.result_begin(), steps.result_end());
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < together; ++j) {
      Value sum = vector::ReductionOp::create(b, vector::CombiningKind::ADD,
                                              sums[i * together + j],
                                              arith::FastMathFlags::reassoc);
      sum = zeroUnlessExisting(rhs, numbers[j], sum);
      if (from)
        sum = arith::AddFOp::create(b, sum,
                                    loadElement(from, index(i), numbers[j]));
      storeElement(to, index(i), numbers[j], sum);
    }
}

/// Makes `to` a copy of `from`, or zero if `from` has no memory.
void KernelLowering::copyOrClear(Buffer from, Buffer to) {
  if (from.memory == to.memory)
    return;
  forEachRow(to.type.getDimSize(0), [&](Value row) {
    storeRow(to, row, from ? loadRow(from, row) : zero(getRowType(to.type)));
  });
}

/// Lowers a product of few rows whose right operand lies row by row. Blocks
/// have as many columns as they can, since memory is read in order then, and as
/// many terms as stay in the cache while all rows use them.
void KernelLowering::lowerProductOfFewRows(Buffer lhs, const StreamedTile &rhs,
                                           Buffer from, Buffer to) {
  Type element = to.type.getElementType();
  int64_t lanes = model.getLanes(element.getIntOrFloatBitWidth());
  int64_t rows = to.type.getDimSize(0), depth = lhs.type.getDimSize(1);
  int64_t all = llvm::divideCeil(to.type.getDimSize(1), lanes);
  int64_t vectors = std::min<int64_t>(all, 8);
  int64_t block =
      std::clamp<int64_t>((model.registers - 1 - vectors) / vectors, 1, rows);
  int64_t bytes = all * lanes * element.getIntOrFloatBitWidth() / 8;
  int64_t terms = std::min(std::max<int64_t>(cachedBytes / bytes, 8), depth);
  copyOrClear(from, to);
  auto read = [&](Value k, Value column) {
    Value vector = loadStreamed(rhs, getExisting(rhs, k), column, lanes);
    return zeroUnlessExisting(rhs, k, vector);
  };
  for (const Run &termRun : cut(depth, terms))
    forEachBlock(b, termRun, 1, [&](Value first) {
      for (const Run &columnRun : cut(all, vectors))
        forEachBlock(b, columnRun, lanes, [&](Value column) {
          for (const Run &rowRun : cut(rows, block))
            forEachBlock(b, rowRun, 1, [&](Value row) {
              lowerBlockOfProduct(lhs, to, to, read, row, column, rowRun.size,
                                  columnRun.size, first, termRun.size);
            });
        });
    });
}

void KernelLowering::lowerStreamedDot(LoadOp load, Buffer lhs, Buffer from,
                                      Buffer to) {
  StreamedTile rhs = getStreamedTile(load, to.type.getElementType());
  if (to.type.getDimSize(0) > maxStreamedRows) {
    int64_t lanes =
        model.getLanes(to.type.getElementType().getIntOrFloatBitWidth());
    return lowerProduct(lhs, from, to, [&](Value k, Value column) {
      return loadStreamed(rhs, k, column, lanes);
    });
  }
  OpBuilder::InsertionGuard guard(b);
  if (rhs.count) {
    // Where nothing exists, nothing may be read.
    Value any = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, rhs.count,
                                      index(0));
    auto branch = scf::IfOp::create(b, any, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.elseBlock());
    copyOrClear(from, to);
    b.setInsertionPointToStart(branch.thenBlock());
  }
  if (classify(load) == AccessKind::Transposed)
    lowerDotOfRows(lhs, rhs, from, to);
  else
    lowerProductOfFewRows(lhs, rhs, from, to);
}
