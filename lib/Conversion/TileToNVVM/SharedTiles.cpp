//===- SharedTiles.cpp - tiles in shared memory ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SharedTiles.h"

#include "../TileToVector/Access.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::tile;

/// Whether the first of consecutive elements is a multiple of `count`.
static bool beginsAtMultiple(ArrayRef<Term> terms, int64_t count) {
  auto isMultiple = [&](Value value) {
    APInt constant;
    return matchPattern(value, m_ConstantInt(&constant)) &&
           constant.getSExtValue() % count == 0;
  };
  return llvm::all_of(terms, [&](const Term &term) {
    auto product = term.value.getDefiningOp<arith::MulIOp>();
    return isMultiple(term.value) || (product && isMultiple(product.getRhs()));
  });
}

static SharedTile describe(LoadOp load, bool isTransposed, int64_t minRows) {
  SharedTile tile;
  VectorType type = load.getResult().getType();
  tile.load = load;
  tile.isTransposed = isTransposed;
  tile.elementBytes = type.getElementTypeBitWidth() / 8;
  tile.rows = type.getDimSize(tile.isTransposed ? 1 : 0);
  tile.columns = type.getDimSize(tile.isTransposed ? 0 : 1);
  tile.paddedRows = llvm::alignTo(std::max(tile.rows, minRows), stripRows);
  tile.paddedColumns = llvm::alignTo(tile.columns, stripRows);

  auto memory = cast<MemRefType>(load.getMemory().getType());
  int64_t along = tile.isTransposed ? 0 : 1;
  std::optional<SmallVector<Term>> last =
      matchIota(load.getIndices().back(), along);
  Level across = tile.isTransposed ? Level::Column : Level::Row;
  auto dependsOnRowOnly = [&](Value value) {
    Level level = getLevel(value);
    return level == Level::Uniform || level == across;
  };
  tile.hasWholeRows =
      memory.isLastDimUnitStride() && last &&
      beginsAtMultiple(*last, chunkBytes / tile.elementBytes) &&
      llvm::all_of(load.getIndices().drop_back(), dependsOnRowOnly) &&
      llvm::all_of(load.getValid(), dependsOnRowOnly);
  return tile;
}

SharedTile mlir::tile::describeRight(LoadOp load) {
  return describe(load, classify(load) == AccessKind::Transposed,
                  /*minRows=*/1);
}

SharedTile mlir::tile::describeLeft(LoadOp load, int64_t minRows) {
  return describe(load, /*isTransposed=*/false, minRows);
}

//===----------------------------------------------------------------------===//
// Addresses
//===----------------------------------------------------------------------===//

Value SharedMemory::constant(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Value SharedMemory::toI32(Value value) {
  return arith::IndexCastOp::create(b, b.getI32Type(), value);
}

void SharedMemory::emitBase(StringRef symbol) {
  base = LLVM::AddressOfOp::create(
      b, LLVM::LLVMPointerType::get(b.getContext(), 3), symbol);
}

void SharedMemory::emitView(Value memory, Value mapped) {
  auto type = cast<MemRefType>(memory.getType());
  auto metadata = memref::ExtractStridedMetadataOp::create(b, mapped);
  Value pointer = memref::ExtractAlignedPointerAsIndexOp::create(b, mapped);
  Value bytes = constant(type.getElementTypeBitWidth() / 8);
  Value offset = arith::MulIOp::create(b, metadata.getOffset(), bytes);
  Value address = arith::AddIOp::create(b, pointer, offset);
  MemoryView view;
  view.strides.assign(metadata.getStrides().begin(),
                      metadata.getStrides().end());
  Value bits = address;
  for (Value stride : ArrayRef(view.strides).drop_back())
    bits =
        arith::OrIOp::create(b, bits, arith::MulIOp::create(b, stride, bytes));
  Value low = arith::AndIOp::create(b, bits, constant(chunkBytes - 1));
  view.isAligned =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, low, constant(0));
  view.address = arith::IndexCastOp::create(b, b.getI64Type(), address);
  views[memory] = view;
}

Value SharedMemory::emitAddress(Value offset, int64_t constant) {
  Type pointer = base.getType();
  Value address = LLVM::GEPOp::create(b, pointer, b.getI8Type(), base, offset);
  if (constant == 0)
    return address;
  return LLVM::GEPOp::create(b, pointer, b.getI8Type(), address,
                             LLVM::GEPArg(constant));
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// The row and the column of the tile at a place in shared memory.
static std::pair<Value, Value> getTilePosition(const SharedTile &tile,
                                               Value row, Value column) {
  return tile.isTransposed ? std::pair(column, row) : std::pair(row, column);
}

void SharedMemory::emitChunks(const SharedTile &tile, ElementEmitter &elements,
                              Value offset) {
  const MemoryView &view = views.find(tile.load.getMemory())->second;
  int64_t chunkElements = chunkBytes / tile.elementBytes;
  int64_t chunks = tile.paddedColumns / chunkElements;
  int64_t total = tile.paddedRows * chunks;
  for (int64_t first = 0; first < total; first += threads.getThreads()) {
    ImplicitLocOpBuilder::InsertionGuard guard(b);
    Value id = arith::AddIOp::create(b, threads.thread, constant(first));
    if (first + threads.getThreads() > total) {
      Value in = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, id,
                                       constant(total));
      auto branch = scf::IfOp::create(b, in, /*withElseRegion=*/false);
      b.setInsertionPointToStart(branch.thenBlock());
    }
    ElementEmitter here(elements);
    Value row = arith::DivUIOp::create(b, id, constant(chunks));
    Value chunk = arith::RemUIOp::create(b, id, constant(chunks));
    Value column = arith::MulIOp::create(b, chunk, constant(chunkElements));
    auto [r, c] = getTilePosition(tile, row, column);
    Value element = constant(0);
    for (auto [index, stride] :
         llvm::zip(tile.load.getIndices(), view.strides)) {
      Value scaled =
          arith::MulIOp::create(b, here.emitElement(index, r, c), stride);
      element = arith::AddIOp::create(b, element, scaled);
    }
    Value bytes =
        arith::MulIOp::create(b, element, constant(tile.elementBytes));
    Value address = arith::AddIOp::create(
        b, view.address, arith::IndexCastOp::create(b, b.getI64Type(), bytes));
    Value from = LLVM::IntToPtrOp::create(
        b, LLVM::LLVMPointerType::get(b.getContext(), 1), address);
    Value place = arith::AddIOp::create(
        b, arith::MulIOp::create(b, row, constant(tile.getPitch())),
        arith::MulIOp::create(b, chunk, constant(chunkBytes)));
    Value to = emitAddress(arith::AddIOp::create(b, offset, toI32(place)));

    // What does not exist is zero.
    Value valid = here.emitValid(tile.load.getValid(), r, c);
    if (tile.rows != tile.paddedRows) {
      Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, row,
                                           constant(tile.rows));
      valid = valid ? arith::AndIOp::create(b, valid, exists) : exists;
    }
    Value count;
    if (valid || tile.columns != tile.paddedColumns) {
      count = constant(chunkBytes);
      if (tile.columns != tile.paddedColumns) {
        Value left = arith::SubIOp::create(b, constant(tile.columns), column);
        left = arith::MaxSIOp::create(b, left, constant(0));
        left = arith::MulIOp::create(b, left, constant(tile.elementBytes));
        count = arith::MinSIOp::create(b, left, count);
      }
      if (valid)
        count = arith::SelectOp::create(b, valid, count, constant(0));
      count = toI32(count);
    }
    NVVM::CpAsyncOp::create(b, to, from, chunkBytes,
                            NVVM::LoadCacheModifierKind::CG, count);
  }
}

void SharedMemory::emitElements(const SharedTile &tile,
                                ElementEmitter &elements, Value offset) {
  int64_t total = tile.paddedRows * tile.paddedColumns;
  auto loop = scf::ForOp::create(b, threads.thread, constant(total),
                                 constant(threads.getThreads()));
  ImplicitLocOpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  ElementEmitter here(elements);
  Value id = loop.getInductionVar();
  Value row = arith::DivUIOp::create(b, id, constant(tile.paddedColumns));
  Value column = arith::RemUIOp::create(b, id, constant(tile.paddedColumns));
  auto isBelow = [&](Value value, int64_t bound) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, value,
                                 constant(bound));
  };
  Value exists = arith::AndIOp::create(b, isBelow(row, tile.rows),
                                       isBelow(column, tile.columns));
  Type type = tile.load.getResult().getType().getElementType();
  auto [r, c] = getTilePosition(tile, row, column);
  auto branch = scf::IfOp::create(b, TypeRange(type), exists,
                                  /*withElseRegion=*/true);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, ElementEmitter(here).emitLoad(tile.load, r, c));
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, Value(arith::ConstantOp::create(
                              b, cast<TypedAttr>(b.getZeroAttr(type)))));
  b.setInsertionPointAfter(branch);
  Value place = arith::AddIOp::create(
      b, arith::MulIOp::create(b, row, constant(tile.getPitch())),
      arith::MulIOp::create(b, column, constant(tile.elementBytes)));
  Value to = emitAddress(arith::AddIOp::create(b, offset, toI32(place)));
  LLVM::StoreOp::create(b, branch.getResult(0), to);
}

void SharedMemory::emitCopy(const SharedTile &tile, ElementEmitter &elements,
                            Value offset) {
  if (!tile.hasWholeRows)
    return emitElements(tile, elements, offset);
  const MemoryView &view = views.find(tile.load.getMemory())->second;
  auto branch = scf::IfOp::create(b, view.isAligned, /*withElseRegion=*/true);
  ImplicitLocOpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  ElementEmitter chunks(elements);
  emitChunks(tile, chunks, offset);
  b.setInsertionPointToStart(branch.elseBlock());
  ElementEmitter single(elements);
  emitElements(tile, single, offset);
}

void SharedMemory::emitCommit() { NVVM::CpAsyncCommitGroupOp::create(b); }

void SharedMemory::emitWait(int64_t pending) {
  NVVM::CpAsyncWaitGroupOp::create(b, pending);
  NVVM::Barrier0Op::create(b);
}

SmallVector<Value> SharedMemory::emitMatrices(Value address, int64_t count,
                                              bool isTransposed) {
  Type i32 = b.getI32Type();
  Type result = i32;
  if (count > 1)
    result = LLVM::LLVMStructType::getLiteral(b.getContext(),
                                              SmallVector<Type>(count, i32));
  auto shape = NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8);
  Value loaded = NVVM::LdMatrixOp::create(b, result, address, count,
                                          isTransposed ? NVVM::MMALayout::col
                                                       : NVVM::MMALayout::row,
                                          shape, NVVM::LdStMatrixEltType::B16);
  if (count == 1)
    return {loaded};
  SmallVector<Value> matrices;
  for (int64_t i = 0; i < count; ++i)
    matrices.push_back(LLVM::ExtractValueOp::create(b, loaded, i));
  return matrices;
}
