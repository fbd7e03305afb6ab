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

using namespace mlir;
using namespace mlir::tile;

/// How many rows of memory ahead of the one at hand are asked for.
constexpr int64_t rowsAhead = 64;

/// Finds the elements of a load that is not made a buffer.
StreamedTile KernelLowering::getStreamedTile(LoadOp load, Type element) {
  StreamedTile tile{getMemory(load.getMemory()), {}, 0, 0, element};
  for (auto [axis, index] : llvm::enumerate(load.getIndices())) {
    Value position = stripBroadcasts(index);
    if (auto iota = position.getDefiningOp<IotaOp>()) {
      (iota.getDim() == 0 ? tile.rowAxis : tile.columnAxis) = axis;
      position = iota.getBase();
    }
    tile.first.push_back(values.lookup(position));
  }
  return tile;
}

/// The indices of an element of the tile.
SmallVector<Value> KernelLowering::getStreamedIndices(const StreamedTile &tile,
                                                      Value row, Value column) {
  SmallVector<Value> indices(tile.first);
  for (auto [axis, offset] :
       {std::pair(tile.rowAxis, row), {tile.columnAxis, column}})
    indices[axis] = arith::AddIOp::create(b, indices[axis], offset);
  return indices;
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

/// Asks for the line of an element.
void KernelLowering::prefetch(const StreamedTile &tile, Value row,
                              Value column) {
  memref::PrefetchOp::create(b, tile.memory,
                             getStreamedIndices(tile, row, column),
                             /*isWrite=*/false, /*localityHint=*/3,
                             /*isDataCache=*/true);
}

/// Lowers a product whose right operand has its columns as rows of memory: each
/// element is the sum of a vector of products. Some columns are done together,
/// so that enough sums are on their way.
void KernelLowering::lowerDotOfRows(Buffer lhs, const StreamedTile &rhs,
                                    Buffer from, Buffer to) {
  Type element = to.type.getElementType();
  int64_t lanes = model.getLanes(element.getIntOrFloatBitWidth());
  auto type = VectorType::get(lanes, element);
  int64_t rows = to.type.getDimSize(0);
  int64_t together = rows <= 4 ? 4 : rows <= 8 ? 2 : 1;
  int64_t depth = lhs.type.getDimSize(1);
  auto columns = scf::ForOp::create(b, index(0), index(to.type.getDimSize(1)),
                                    index(together));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(columns.getBody());
  Value column = columns.getInductionVar();

  SmallVector<Value> zeros(rows * together, zero(type));
  auto loop =
      scf::ForOp::create(b, index(0), index(depth), index(lanes), zeros);
  {
    OpBuilder::InsertionGuard inLoop(b);
    b.setInsertionPointToStart(loop.getBody());
    Value k = loop.getInductionVar();
    SmallVector<Value> right, next;
    for (int64_t j = 0; j < together; ++j) {
      prefetch(rhs, k, add(column, j + rowsAhead));
      right.push_back(loadStreamed(rhs, k, add(column, j), lanes));
    }
    for (int64_t i = 0; i < rows; ++i) {
      Value left = loadVector(lhs, index(i), k, lanes);
      for (int64_t j = 0; j < together; ++j)
        next.push_back(vector::FMAOp::create(
            b, left, right[j], loop.getRegionIterArg(i * together + j)));
    }
    scf::YieldOp::create(b, next);
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < together; ++j) {
      Value position = add(column, j);
      Value sum = vector::ReductionOp::create(b, vector::CombiningKind::ADD,
                                              loop.getResult(i * together + j),
                                              arith::FastMathFlags::reassoc);
      if (from)
        sum = arith::AddFOp::create(b, sum,
                                    loadElement(from, index(i), position));
      storeElement(to, index(i), position, sum);
    }
}

void KernelLowering::lowerStreamedDot(LoadOp load, Buffer lhs, Buffer from,
                                      Buffer to) {
  Type element = to.type.getElementType();
  StreamedTile rhs = getStreamedTile(load, element);
  if (classify(load) == AccessKind::Transposed)
    return lowerDotOfRows(lhs, rhs, from, to);
  int64_t lanes = model.getLanes(element.getIntOrFloatBitWidth());
  // Of many rows, only the first block waits for memory.
  bool isFew = to.type.getDimSize(0) <= maxStreamedRows;
  lowerProduct(lhs, from, to, [&](Value k, Value column) {
    if (isFew)
      prefetch(rhs, add(k, rowsAhead), column);
    return loadStreamed(rhs, k, column, lanes);
  });
}
