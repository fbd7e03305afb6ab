//===- TiledDot.cpp - products of bf16 in tile registers ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tile register holds 16 rows of 64 bytes: 32 terms of a left operand, pairs
// for 16 columns of a right operand, or 16 sums. Of the eight registers, four
// are sums and four are operands. The loop over the depth is unrolled: LLVM
// keeps a tile in a register only within a block.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tile;

/// Makes the elements behind the last one of each row zero, up to the depth of
/// a tile.
void KernelLowering::padLeftForTiles(Buffer lhs) {
  int64_t depth = lhs.type.getDimSize(1), lanes = model.getLanes(32);
  if (depth % tileDepth == 0)
    return;
  Value zeros = zero(VectorType::get(lanes, b.getI16Type()));
  forEachRow(lhs.type.getDimSize(0), [&](Value row) {
    for (int64_t j = llvm::alignDown(depth, lanes);
         j < static_cast<int64_t>(llvm::alignTo(depth, tileDepth));
         j += lanes) {
      SmallVector<bool> isElement;
      for (int64_t lane = 0; lane < lanes; ++lane)
        isElement.push_back(j + lane < depth);
      Value mask = arith::ConstantOp::create(
          b, DenseElementsAttr::get(VectorType::get(lanes, b.getI1Type()),
                                    ArrayRef<bool>(isElement)));
      Value value = loadVector(lhs, row, index(j), lanes);
      storeVector(lhs, row, index(j),
                  arith::SelectOp::create(b, mask, value, zeros));
    }
  });
}

/// Makes the rows behind the last one of a buffer of pairs zero, up to the rows
/// of a tile.
void KernelLowering::padPairsForTiles(Buffer pairs) {
  if (!usesTiles())
    return;
  int64_t rows = pairs.type.getDimSize(0);
  Value zeros = zero(getRowType(pairs.type));
  for (int64_t row = rows;
       row < static_cast<int64_t>(llvm::alignTo(rows, tileRows)); ++row)
    storeRow(pairs, index(row), zeros);
}

/// Returns what loads and stores of tiles take: rows, bytes of a row, the
/// address of the element at `row` and `column`, and the bytes between rows.
SmallVector<Value> KernelLowering::getTileArguments(Buffer buffer, Value row,
                                                    Value column) {
  auto type = cast<MemRefType>(buffer.memory.getType());
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  int64_t stride = type.getDimSize(1) * bytes;
  Value start =
      memref::ExtractAlignedPointerAsIndexOp::create(b, buffer.memory);
  Value rowOffset = arith::MulIOp::create(b, row, index(stride));
  Value columnOffset = arith::MulIOp::create(b, column, index(bytes));
  Value offset = arith::AddIOp::create(b, rowOffset, columnOffset);
  Value address = arith::IndexCastOp::create(
      b, b.getI64Type(), arith::AddIOp::create(b, start, offset));
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  return {arith::ConstantOp::create(b, b.getI16IntegerAttr(tileRows)),
          arith::ConstantOp::create(b, b.getI16IntegerAttr(2 * tileDepth)),
          LLVM::IntToPtrOp::create(b, pointer, address),
          arith::ConstantOp::create(b, b.getI64IntegerAttr(stride))};
}

/// Returns the tile of `buffer` from `row` and `column` on.
Value KernelLowering::loadTile(Buffer buffer, Value row, Value column) {
  auto call = LLVM::CallIntrinsicOp::create(
      b, LLVM::LLVMX86AMXType::get(b.getContext()),
      b.getStringAttr("llvm.x86.tileloadd64.internal"),
      getTileArguments(buffer, row, column));
  return call->getResult(0);
}

/// Stores a tile of sums.
void KernelLowering::storeTile(Buffer buffer, Value row, Value column,
                               Value tile) {
  SmallVector<Value> arguments = getTileArguments(buffer, row, column);
  arguments.push_back(tile);
  LLVM::CallIntrinsicOp::create(
      b, b.getStringAttr("llvm.x86.tilestored64.internal"), arguments);
}

/// Lowers the block of a product with tiles of sums at `rows` and `columns`.
void KernelLowering::lowerBlockInTiles(Buffer lhs, Buffer rhs, Buffer from,
                                       Buffer to, ArrayRef<Value> rows,
                                       ArrayRef<Value> columns) {
  Type type = LLVM::LLVMX86AMXType::get(b.getContext());
  Value height = arith::ConstantOp::create(b, b.getI16IntegerAttr(tileRows));
  Value bytes =
      arith::ConstantOp::create(b, b.getI16IntegerAttr(2 * tileDepth));
  auto call = [&](StringRef name, ValueRange arguments) {
    return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name),
                                         arguments)
        ->getResult(0);
  };
  SmallVector<Value> sums;
  for (Value row : rows)
    for (Value column : columns)
      sums.push_back(from
                         ? loadTile(from, row, column)
                         : call("llvm.x86.tilezero.internal", {height, bytes}));
  int64_t steps = llvm::divideCeil(lhs.type.getDimSize(1), tileDepth);
  for (int64_t step = 0; step < steps; ++step) {
    SmallVector<Value> left, right;
    for (Value row : rows)
      left.push_back(loadTile(lhs, row, index(step * tileDepth)));
    for (Value column : columns)
      right.push_back(loadTile(rhs, index(step * tileRows), column));
    for (auto [i, sum] : llvm::enumerate(sums))
      sum = call("llvm.x86.tdpbf16ps.internal",
                 {height, bytes, bytes, sum, left[i / columns.size()],
                  right[i % columns.size()]});
  }
  for (auto [i, sum] : llvm::enumerate(sums))
    storeTile(to, rows[i / columns.size()], columns[i % columns.size()], sum);
}

/// Lowers the rows of a product of bf16 that fill tiles; returns how many there
/// are.
int64_t KernelLowering::lowerProductInTiles(Buffer lhs, Buffer rhs, Buffer from,
                                            Buffer to) {
  constexpr int64_t block = 2;
  auto split = [&](Value first, int64_t count) {
    SmallVector<Value> starts;
    for (int64_t i = 0; i < count; ++i)
      starts.push_back(add(first, i * tileRows));
    return starts;
  };
  int64_t rows = to.type.getDimSize(0) / tileRows;
  int64_t columns = llvm::divideCeil(to.type.getDimSize(1), tileRows);
  if (rows == 0)
    return 0;
  for (const Run &columnRun : cut(columns, block))
    forEachBlock(b, columnRun, tileRows, [&](Value column) {
      for (const Run &rowRun : cut(rows, block))
        forEachBlock(b, rowRun, tileRows, [&](Value row) {
          lowerBlockInTiles(lhs, rhs, from, to, split(row, rowRun.size),
                            split(column, columnRun.size));
        });
    });
  return rows * tileRows;
}
