//===- MaskedDot.cpp - products that leave terms out ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A masked term adds nothing, even to NaN. The matrix unit multiplies it by 0,
// which does, unless the right operand has an infinity or NaN there. Threads
// look for those; if there are any, scalar code sums the terms one by one.
//
//===----------------------------------------------------------------------===//

#include "ThreadLowering.h"

#include "../TileToVector/Access.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::tile;

/// The terms that a warp has in its scratch memory at a time.
constexpr int64_t scratchTerms = 16;

/// The bytes of a warp's scratch memory: a strip of rows of 16-bit weights.
constexpr int64_t scratchBytes = stripRows * scratchTerms * 2;

/// What stands for a masked weight: a NaN that no rounding makes.
constexpr int64_t maskedWeight = 0xffff;

/// Whether one of the 16-bit floats in `right` is infinite or NaN: an i1, the
/// same for all threads of the workgroup, which wait for each other here.
Value ThreadLowering::emitHasNonFinite(const PlacedTile &right) {
  const SharedTile &tile = right.tile;
  bool isBF16 = tile.load.getResult().getType().getElementType().isBF16();
  // Adding the lowest bit of the exponent to an exponent of ones carries into
  // the bit of the sign.
  Value exponent =
      arith::ConstantIntOp::create(b, isBF16 ? 0x7f807f80 : 0x7c007c00, 32);
  Value one =
      arith::ConstantIntOp::create(b, isBF16 ? 0x00800080 : 0x04000400, 32);
  Value zero = arith::ConstantIntOp::create(b, 0, 32);
  int64_t chunks = tile.paddedColumns * tile.elementBytes / chunkBytes;
  auto loop =
      scf::ForOp::create(b, threads.thread, index(tile.paddedRows * chunks),
                         index(threads.getThreads()), zero);
  {
    ImplicitLocOpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value id = loop.getInductionVar();
    Value row = arith::DivUIOp::create(b, id, index(chunks));
    Value chunk = arith::RemUIOp::create(b, id, index(chunks));
    Value bytes = arith::AddIOp::create(
        b, arith::MulIOp::create(b, row, index(tile.getPitch())),
        arith::MulIOp::create(b, chunk, index(chunkBytes)));
    Value address = shared.emitAddress(arith::AddIOp::create(
        b, right.offset, arith::IndexCastOp::create(b, b.getI32Type(), bytes)));
    Value pairs = LLVM::LoadOp::create(
        b, VectorType::get(chunkBytes / 4, b.getI32Type()), address,
        /*alignment=*/chunkBytes);
    Value found = loop.getRegionIterArgs()[0];
    for (int64_t i = 0; i < chunkBytes / 4; ++i) {
      Value pair = vector::ExtractOp::create(b, pairs, i);
      Value test = arith::AddIOp::create(
          b, arith::AndIOp::create(b, pair, exponent), one);
      found = arith::OrIOp::create(b, found, test);
    }
    scf::YieldOp::create(b, found);
  }
  Value signs = arith::ConstantIntOp::create(b, 0x80008000, 32);
  Value bits = arith::AndIOp::create(b, loop.getResult(0), signs);
  Value mine = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bits, zero);
  auto reduction = NVVM::BarrierReductionAttr::get(b.getContext(),
                                                   NVVM::BarrierReduction::OR);
  Value any = NVVM::BarrierOp::create(
                  b, TypeRange(b.getI32Type()), Value(), Value(), reduction,
                  arith::ExtUIOp::create(b, b.getI32Type(), mine))
                  .getResult(0);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, any, zero);
}

/// The address of the weight at `row` and `term` (null: 0) of this warp's
/// scratch memory.
Value ThreadLowering::emitScratchAddress(Value row, Value term) {
  Value bytes = arith::MulIOp::create(b, threads.warp, index(scratchBytes));
  bytes = arith::AddIOp::create(
      b, bytes, arith::MulIOp::create(b, row, index(scratchTerms * 2)));
  if (term)
    bytes = arith::AddIOp::create(b, bytes,
                                  arith::MulIOp::create(b, term, index(2)));
  bytes = arith::AddIOp::create(b, bytes, index(scratchBegin));
  return shared.emitAddress(
      arith::IndexCastOp::create(b, b.getI32Type(), bytes));
}

/// Writes the weights of a strip and a step of terms to the scratch memory.
void ThreadLowering::emitScratchStores(DotOp dot, int64_t strip, int64_t step) {
  VectorType type = withBothAxes(dot.getLhs().getType());
  int64_t terms = dot.getLhs().getType().getDimSize(1);
  int64_t blocks = llvm::divideCeil(type.getDimSize(1), blockColumns);
  Value masked = arith::ConstantIntOp::create(b, maskedWeight, 16);
  for (int64_t block : {2 * step, 2 * step + 1})
    for (int64_t half : {0, 1})
      for (int64_t element : {0, 1}) {
        auto [row, column] = threads.emitStripPosition(
            b, half, (block % 2) * blockColumns + element);
        Value bits = masked;
        if (block < blocks) {
          int64_t i = ((strip * blocks + block) * 2 + half) * 2 + element;
          bits = arith::BitcastOp::create(b, b.getI16Type(),
                                          getScalar(dot.getLhs(), type, i));
          Value holds = getScalar(dot.getMask(), type, i);
          if (Value exists = emitIsTerm(type, terms, i))
            holds = arith::AndIOp::create(b, holds, exists);
          bits = arith::SelectOp::create(b, holds, bits, masked);
        }
        LLVM::StoreOp::create(b, bits, emitScratchAddress(row, column));
      }
}

/// Adds the terms of the scratch memory, one by one, to `sums`: the scalars of
/// a strip.
Fragment ThreadLowering::emitScratchTerms(DotOp dot, int64_t step,
                                          ArrayRef<Value> sums) {
  const PlacedTile &right = placed[dot.getRhs().getDefiningOp()];
  const SharedTile &tile = right.tile;
  Type element = tile.load.getResult().getType().getElementType();
  auto loop =
      scf::ForOp::create(b, index(0), index(scratchTerms), index(1), sums);
  ImplicitLocOpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value term = loop.getInductionVar();
  Value masked = arith::ConstantIntOp::create(b, maskedWeight, 16);
  SmallVector<Value, 2> weights, holds;
  for (int64_t half : {0, 1}) {
    auto [row, column] = threads.emitStripPosition(b, half, 0);
    Value bits =
        LLVM::LoadOp::create(b, b.getI16Type(), emitScratchAddress(row, term));
    holds.push_back(
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bits, masked));
    Value weight = arith::BitcastOp::create(b, element, bits);
    weights.push_back(arith::ExtFOp::create(b, b.getF32Type(), weight));
  }
  Value row = arith::AddIOp::create(b, term, index(step * scratchTerms));
  Fragment next;
  for (auto [i, sum] : llvm::enumerate(loop.getRegionIterArgs())) {
    int64_t half = i / 2 % 2;
    auto [none, column] =
        threads.emitStripPosition(b, half, (i / 4) * blockColumns + i % 2);
    Value r = row, c = column;
    if (tile.isTransposed)
      std::swap(r, c);
    Value bytes = arith::AddIOp::create(
        b, arith::MulIOp::create(b, r, index(tile.getPitch())),
        arith::MulIOp::create(b, c, index(tile.elementBytes)));
    Value address = shared.emitAddress(arith::AddIOp::create(
        b, right.offset, arith::IndexCastOp::create(b, b.getI32Type(), bytes)));
    Value narrow = LLVM::LoadOp::create(b, element, address);
    Value value = arith::ExtFOp::create(b, b.getF32Type(), narrow);
    Value added = math::FmaOp::create(b, weights[half], value, sum);
    next.push_back(arith::SelectOp::create(b, holds[half], added, sum));
  }
  scf::YieldOp::create(b, next);
  return Fragment(loop.getResults());
}

/// acc += lhs * rhs over the terms that the mask shows, in order.
Fragment ThreadLowering::emitShownTerms(DotOp dot, ArrayRef<Value> acc) {
  int64_t steps =
      llvm::divideCeil(dot.getLhs().getType().getDimSize(1), scratchTerms);
  int64_t size = acc.size() / threads.getStrips();
  Value all = arith::ConstantIntOp::create(b, -1, 32);
  Fragment result;
  for (int64_t strip = 0; strip < threads.getStrips(); ++strip) {
    Fragment sums(acc.slice(strip * size, size));
    for (int64_t step = 0; step < steps; ++step) {
      NVVM::SyncWarpOp::create(b, all);
      emitScratchStores(dot, strip, step);
      NVVM::SyncWarpOp::create(b, all);
      sums = emitScratchTerms(dot, step, sums);
    }
    llvm::append_range(result, sums);
  }
  return result;
}

/// A product that leaves masked terms out.
Fragment ThreadLowering::emitMaskedProduct(DotOp dot, ArrayRef<Value> acc) {
  if (scratchBegin < 0)
    scratchBegin = shared.allocate(threads.getWarps() * scratchBytes);
  const PlacedTile &right = placed[dot.getRhs().getDefiningOp()];
  Value isSpecial = emitHasNonFinite(right);
  auto branch =
      scf::IfOp::create(b, TypeRange(ValueRange(acc).getTypes()), isSpecial,
                        /*addThenBlock=*/true, /*addElseBlock=*/true);
  for (bool special : {true, false}) {
    ImplicitLocOpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(special ? branch.thenBlock()
                                       : branch.elseBlock());
    scf::YieldOp::create(b, special ? emitShownTerms(dot, acc)
                                    : emitProduct(dot, acc));
  }
  return Fragment(branch.getResults());
}
