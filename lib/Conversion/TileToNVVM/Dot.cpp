//===- Dot.cpp - products by mma.sync -------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// m16n8k16 on f16 and bf16 with sums in f32: sm_80 and everything after it. The
// left operand has, in this order, the 8x8 matrices at (row, term) = (0, 0),
// (8, 0), (0, 8), (8, 8); the right one those at terms 0 and 8. A matrix holds
// two neighbouring terms of row (column) g in lane 4 g + t, which is also how
// an accumulator holds two neighbouring columns: weights become a left operand
// in place.
//
//===----------------------------------------------------------------------===//

#include "ThreadLowering.h"

#include "../TileToVector/Access.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::tile;

/// The terms of one instruction.
constexpr int64_t stepTerms = 16;

/// The most terms of a left operand that stays in registers: with 128, products
/// of 16 rows by 64 columns and 128 terms spill.
constexpr int64_t maxTermsInRegisters = 64;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// Issues the copy of a left operand that is loaded.
void ThreadLowering::placeLeft(LoadOp load) {
  PlacedTile left{describeLeft(load, threads.getRows()), Value()};
  int64_t begin = shared.allocate(left.tile.getBytes());
  left.offset = arith::ConstantIntOp::create(b, begin, 32);
  ElementEmitter elements(b, values);
  shared.emitCopy(left.tile, elements, left.offset);
  shared.emitCommit();
  placed[load] = left;
  pendingLeft.push_back(load);
}

/// Reads the left operands that have arrived into registers, unless they are
/// too large.
void ThreadLowering::prepareLeft() {
  for (LoadOp load : pendingLeft) {
    const SharedTile &tile = placed[load].tile;
    if (tile.paddedColumns > maxTermsInRegisters || wideLoads.contains(load))
      continue;
    SmallVector<Value> registers;
    for (int64_t strip = 0; strip < threads.getStrips(); ++strip)
      for (int64_t step = 0; step < tile.paddedColumns / stepTerms; ++step)
        llvm::append_range(registers,
                           emitLeft(load.getResult(), Value(), strip, step));
    leftRegisters[load] = registers;
  }
  pendingLeft.clear();
}

/// The byte, an i32, of the row of a matrix that this lane names for ldmatrix:
/// of four matrices, the first two lie below each other and the others beside
/// them, or, for right operands whose rows are columns of the product, the
/// other way round.
Value ThreadLowering::emitLaneOffset(const PlacedTile &placed, bool isLeft) {
  bool sideBySide = !isLeft && placed.tile.isTransposed;
  auto divide = [&](Value value, int64_t by) -> Value {
    return arith::DivUIOp::create(b, value, index(by));
  };
  auto remainder = [&](Value value, int64_t by) -> Value {
    return arith::RemUIOp::create(b, value, index(by));
  };
  Value row = remainder(threads.lane, 8);
  Value second = remainder(divide(threads.lane, 8), 2);
  Value third = divide(threads.lane, 16);
  Value below = sideBySide ? third : second;
  Value beside = sideBySide ? second : third;
  row =
      arith::AddIOp::create(b, row, arith::MulIOp::create(b, below, index(8)));
  if (isLeft && placed.tile.rows == 1) {
    row = index(0);
  } else if (isLeft) {
    int64_t rowsOfWarp = threads.getStrips() * stripRows;
    row = arith::AddIOp::create(
        b, row, arith::MulIOp::create(b, threads.warp, index(rowsOfWarp)));
  }
  Value bytes = arith::AddIOp::create(
      b, arith::MulIOp::create(b, row, index(placed.tile.getPitch())),
      arith::MulIOp::create(b, beside, index(chunkBytes)));
  return arith::AddIOp::create(
      b, placed.offset, arith::IndexCastOp::create(b, b.getI32Type(), bytes));
}

/// Packs two 16-bit floats into a register, the first in the low half.
Value ThreadLowering::packPair(Value low, Value high) {
  auto type = VectorType::get(2, low.getType());
  Value pair = vector::FromElementsOp::create(b, type, ValueRange{low, high});
  return LLVM::BitcastOp::create(b, b.getI32Type(), pair);
}

/// Whether scalar `i` of a left operand of type `type` is one of `terms` terms;
/// null if all are.
Value ThreadLowering::emitIsTerm(VectorType type, int64_t terms, int64_t i) {
  if (terms % blockColumns == 0)
    return {};
  Value column = threads.emitPosition(b, type, i).second;
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, column,
                               index(terms));
}

/// The four registers of the left operand `lhs`, 0 where `mask` (which may be
/// null) hides it, for a strip of rows and a step of terms.
SmallVector<Value> ThreadLowering::emitLeft(Value lhs, Value mask,
                                            int64_t strip, int64_t step) {
  if (auto load = lhs.getDefiningOp<LoadOp>(); load && !mask) {
    const PlacedTile &left = placed[load];
    int64_t steps = left.tile.paddedColumns / stepTerms;
    if (auto known = leftRegisters.find(load); known != leftRegisters.end())
      return SmallVector<Value>(
          ArrayRef(known->second).slice(4 * (strip * steps + step), 4));
    int64_t row = left.tile.rows == 1 ? 0 : strip * stripRows;
    int64_t bytes =
        row * left.tile.getPitch() + step * stepTerms * left.tile.elementBytes;
    Value address = shared.emitAddress(emitLaneOffset(left, true), bytes);
    return shared.emitMatrices(address, 4, /*isTransposed=*/false);
  }
  VectorType type = withBothAxes(getTileType(lhs));
  int64_t terms = getTileType(lhs).getDimSize(1);
  int64_t blocks = llvm::divideCeil(type.getDimSize(1), blockColumns);
  // What is behind the last term may be anything.
  auto emitTerm = [&](int64_t i) -> Value {
    Value scalar = getScalar(lhs, type, i);
    Value counts = mask ? getScalar(mask, type, i) : Value();
    if (Value exists = emitIsTerm(type, terms, i))
      counts = counts ? arith::AndIOp::create(b, counts, exists) : exists;
    if (!counts)
      return scalar;
    Value zero = arith::ConstantOp::create(
        b, cast<TypedAttr>(b.getZeroAttr(scalar.getType())));
    return arith::SelectOp::create(b, counts, scalar, zero);
  };
  SmallVector<Value> registers;
  for (int64_t block : {2 * step, 2 * step + 1})
    for (int64_t half : {0, 1}) {
      // A last step of half the terms ends with zeros.
      if (block >= blocks) {
        registers.push_back(arith::ConstantIntOp::create(b, 0, 32));
        continue;
      }
      int64_t i = ((strip * blocks + block) * 2 + half) * 2;
      registers.push_back(packPair(emitTerm(i), emitTerm(i + 1)));
    }
  return registers;
}

/// The registers of the right operand for a step of terms and `count` (1 or 2)
/// blocks of columns from `block` on, two for each.
SmallVector<Value> ThreadLowering::emitRight(const PlacedTile &right,
                                             int64_t step, int64_t block,
                                             int64_t count) {
  const SharedTile &tile = right.tile;
  int64_t row = step * stepTerms, column = block * blockColumns;
  if (tile.isTransposed)
    std::swap(row, column);
  int64_t bytes = row * tile.getPitch() + column * tile.elementBytes;
  Value address = shared.emitAddress(emitLaneOffset(right, false), bytes);
  return shared.emitMatrices(address, 2 * count, !tile.isTransposed);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// initial + lhs * rhs, 16 terms at a time: for each, pairs of blocks of
/// columns.
Fragment ThreadLowering::emitProduct(DotOp dot, ArrayRef<Value> initial) {
  VectorType type = withBothAxes(dot.getType());
  const PlacedTile &right = placed[dot.getRhs().getDefiningOp()];
  int64_t blocks = llvm::divideCeil(type.getDimSize(1), blockColumns);
  int64_t steps =
      llvm::divideCeil(dot.getLhs().getType().getDimSize(1), stepTerms);
  Fragment acc(initial);
  auto element = dot.getLhs().getType().getElementType().isBF16()
                     ? NVVM::MMATypes::bf16
                     : NVVM::MMATypes::f16;
  // Registers of f16 have a type of their own there.
  auto toOperands = [&](ArrayRef<Value> registers) {
    SmallVector<Value> operands(registers);
    if (element == NVVM::MMATypes::f16)
      for (Value &operand : operands)
        operand = LLVM::BitcastOp::create(b, VectorType::get(2, b.getF16Type()),
                                          operand);
    return operands;
  };
  Type f32 = b.getF32Type();
  Type result =
      LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
  for (int64_t step = 0; step < steps; ++step) {
    SmallVector<SmallVector<Value>> left;
    for (int64_t strip = 0; strip < threads.getStrips(); ++strip)
      left.push_back(
          toOperands(emitLeft(dot.getLhs(), dot.getMask(), strip, step)));
    for (int64_t block = 0; block < blocks; block += 2) {
      int64_t count = std::min<int64_t>(2, blocks - block);
      SmallVector<Value> loaded =
          toOperands(emitRight(right, step, block, count));
      for (int64_t strip = 0; strip < threads.getStrips(); ++strip)
        for (int64_t n = 0; n < count; ++n) {
          int64_t first = 4 * (strip * blocks + block + n);
          ArrayRef<Value> sums = ArrayRef(acc).slice(first, 4);
          Value product = NVVM::MmaOp::create(
              b, result, left[strip], ArrayRef(loaded).slice(2 * n, 2), sums,
              {stripRows, blockColumns, stepTerms}, std::nullopt, std::nullopt,
              std::array{element, element},
              std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
          for (int64_t i = 0; i < 4; ++i)
            acc[first + i] = LLVM::ExtractValueOp::create(b, product, i);
        }
    }
  }
  return acc;
}

/// The instruction has rows and columns where a product has one: those of the
/// left operand are all the same then, and those of the right one are zeros.
LogicalResult ThreadLowering::lowerDot(DotOp dot) {
  if (isWide(dot))
    return lowerWideDot(dot), success();
  VectorType type = dot.getType(), padded = withBothAxes(type);
  Fragment acc;
  for (int64_t i = 0; i < threads.getSize(padded); ++i)
    acc.push_back(getScalar(dot.getAcc(), padded, i));
  acc = dot.getMask() ? emitMaskedProduct(dot, acc) : emitProduct(dot, acc);
  Fragment result;
  for (int64_t i = 0; i < threads.getSize(type); ++i)
    result.push_back(acc[threads.getSource(padded, type, i)]);
  // The first lane of each group has the first column.
  if (type.getDimSize(1) == 1) {
    Value ofGroup = arith::RemUIOp::create(b, threads.lane, index(4));
    Value first = arith::SubIOp::create(b, threads.lane, ofGroup);
    first = arith::IndexCastOp::create(b, b.getI32Type(), first);
    Value width = arith::ConstantIntOp::create(b, warpLanes, 32);
    for (Value &scalar : result)
      scalar =
          gpu::ShuffleOp::create(b, scalar, first, width, gpu::ShuffleMode::IDX)
              .getShuffleResult();
  }
  fragments[dot.getResult()] = result;
  return success();
}
