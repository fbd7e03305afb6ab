//===- WideDot.cpp - products of f32 and f64 by mma.sync ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// f32: three m16n8k8 of tf32. Each factor is the sum of two tf32 numbers, high
// and low, and low * low is left out:
//
//   a * b ~ low(a) * high(b) + high(a) * low(b) + high(a) * high(b)
//
// f64: four m8n8k4. Both take 8 terms at a time: in lane 4 g + t, scalar s of a
// right operand has column g and a term of t and s; a left operand has, in this
// order, (g, s = 0), (g + 8, s = 0), (g, s = 1), (g + 8, s = 1). What term t
// and s mean is free, as long as both operands agree: t + 4 s for left operands
// in shared memory, 2 t + s for weights, which thus become left operands in
// place.
//
// Matrix units truncate sums. They therefore sum few terms, from zero, and the
// threads, which round, add these sums and the accumulator.
//
//===----------------------------------------------------------------------===//

#include "ThreadLowering.h"

#include "../TileToVector/Access.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::tile;

/// The terms of a step.
constexpr int64_t wideTerms = 8;

/// The steps that the matrix units sum.
constexpr int64_t stepsAtOnce = 4;

/// The blocks of columns that are summed together if the left operand lies in
/// registers: the sums of the others need none yet.
constexpr int64_t blocksAtOnce = 4;

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

/// `value`, or its high and low parts.
ThreadLowering::Factor ThreadLowering::splitFactor(Value value, bool isNarrow) {
  if (!value.getType().isF32())
    return {value, Value()};
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  auto round = [&](Value x) {
    return LLVM::CallIntrinsicOp::create(
               b, i32, b.getStringAttr("llvm.nvvm.f2tf32.rna"), ValueRange(x))
        .getResult(0);
  };
  // f16 and bf16 are parts of tf32.
  if (isNarrow)
    return {LLVM::BitcastOp::create(b, i32, value), Value()};
  Value high = round(value);
  Value rest =
      arith::SubFOp::create(b, value, LLVM::BitcastOp::create(b, f32, high));
  return {high, round(rest)};
}

/// Reads the element at (`row`, `column`), as index, of a tile in shared memory
/// and `bytes` bytes more.
Value ThreadLowering::emitSharedElement(const PlacedTile &placed, Value row,
                                        Value column, int64_t bytes,
                                        Type type) {
  Type element = placed.tile.load.getResult().getType().getElementType();
  int64_t size = placed.tile.elementBytes;
  Value place = arith::AddIOp::create(
      b, arith::MulIOp::create(b, row, index(placed.tile.getPitch())),
      arith::MulIOp::create(b, column, index(size)));
  Value offset = arith::AddIOp::create(
      b, placed.offset, arith::IndexCastOp::create(b, b.getI32Type(), place));
  Value value = LLVM::LoadOp::create(
      b, element, shared.emitAddress(offset, bytes), /*alignment=*/size);
  return element == type ? value : arith::ExtFOp::create(b, type, value);
}

/// The term of this lane in a step: that of s = 0.
Value ThreadLowering::emitLaneTerm(bool inPairs) {
  Value member = arith::RemUIOp::create(b, threads.lane, index(4));
  return inPairs ? arith::MulIOp::create(b, member, index(2)) : member;
}

/// How far the terms of s = 0 and s = 1 are apart.
static int64_t getTermDistance(bool inPairs) { return inPairs ? 1 : 4; }

/// The four factors of the left operand for a strip of rows and a step.
SmallVector<ThreadLowering::Factor>
ThreadLowering::emitWideLeft(Value lhs, int64_t strip, int64_t step) {
  Type type = getTileType(lhs).getElementType();
  SmallVector<Factor> factors;
  if (LoadOp load = getOperandLoad(lhs)) {
    const PlacedTile &left = placed[load];
    int64_t bytes = strip * stripRows * left.tile.getPitch() +
                    step * wideTerms * left.tile.elementBytes;
    if (canReadMatrices(left)) {
      Value address = shared.emitAddress(emitLaneOffset(left, true), bytes);
      for (Value word : shared.emitMatrices(address, 4, /*isTransposed=*/false))
        factors.push_back(
            splitFactor(LLVM::BitcastOp::create(b, type, word), false));
      return factors;
    }
    int64_t rowsOfWarp = threads.getStrips() * stripRows;
    Value row = arith::AddIOp::create(
        b, arith::DivUIOp::create(b, threads.lane, index(4)),
        arith::MulIOp::create(b, threads.warp, index(rowsOfWarp)));
    for (int64_t s : {0, 1})
      for (int64_t half : {0, 1}) {
        int64_t further = half * 8 * left.tile.getPitch() +
                          s * getTermDistance(false) * left.tile.elementBytes;
        Value value = emitSharedElement(left, row, emitLaneTerm(false),
                                        bytes + further, type);
        factors.push_back(splitFactor(value, left.tile.elementBytes == 2));
      }
    return factors;
  }
  VectorType tile = getTileType(lhs);
  ArrayRef<Value> elements = getFragment(lhs);
  int64_t blocks = llvm::divideCeil(tile.getDimSize(1), blockColumns);
  for (int64_t s : {0, 1})
    for (int64_t half : {0, 1}) {
      int64_t i = ((strip * blocks + step) * 2 + half) * 2 + s;
      Value value = elements[i];
      // What is behind the last column may be anything.
      if (tile.getDimSize(1) % blockColumns != 0 && step + 1 == blocks) {
        Value zero =
            arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(type)));
        Value exists = arith::CmpIOp::create(
            b, arith::CmpIPredicate::ult,
            threads.emitPosition(b, tile, i).second, index(tile.getDimSize(1)));
        value = arith::SelectOp::create(b, exists, value, zero);
      }
      factors.push_back(splitFactor(value, false));
    }
  return factors;
}

/// Whether ldmatrix delivers the factors: rows of four f32.
bool ThreadLowering::canReadMatrices(const PlacedTile &placed) {
  return placed.tile.load.getResult().getType().getElementType().isF32();
}

/// The factors of the right operand for a step and `count` (1 or 2) blocks of
/// columns from `block` on, two for each.
SmallVector<ThreadLowering::Factor>
ThreadLowering::emitWideRight(const PlacedTile &right, Type type, int64_t step,
                              int64_t block, int64_t count, bool inPairs) {
  const SharedTile &tile = right.tile;
  SmallVector<Factor> factors;
  auto getBytes = [&](int64_t term, int64_t column) {
    return tile.isTransposed
               ? column * tile.getPitch() + term * tile.elementBytes
               : term * tile.getPitch() + column * tile.elementBytes;
  };
  if (tile.isTransposed && !inPairs && canReadMatrices(right)) {
    Value address =
        shared.emitAddress(emitLaneOffset(right, false),
                           getBytes(step * wideTerms, block * blockColumns));
    for (Value word :
         shared.emitMatrices(address, 2 * count, /*isTransposed=*/false))
      factors.push_back(
          splitFactor(LLVM::BitcastOp::create(b, type, word), false));
    return factors;
  }
  Value term = emitLaneTerm(inPairs);
  Value column = arith::DivUIOp::create(b, threads.lane, index(4));
  if (tile.isTransposed)
    std::swap(term, column);
  for (int64_t n = 0; n < count; ++n)
    for (int64_t s : {0, 1}) {
      int64_t bytes = getBytes(step * wideTerms + s * getTermDistance(inPairs),
                               (block + n) * blockColumns);
      Value value = emitSharedElement(right, term, column, bytes, type);
      factors.push_back(splitFactor(value, tile.elementBytes == 2));
    }
  return factors;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// sums += left * right, by one instruction on `rows` rows.
static void emitMma(ImplicitLocOpBuilder &b, MutableArrayRef<Value> sums,
                    ArrayRef<Value> left, ArrayRef<Value> right, int64_t rows,
                    int64_t terms, NVVM::MMATypes element) {
  Type result = LLVM::LLVMStructType::getLiteral(
      b.getContext(), SmallVector<Type>(sums.size(), sums.front().getType()));
  Value product = NVVM::MmaOp::create(
      b, result, left, right, sums, {rows, blockColumns, terms}, std::nullopt,
      std::nullopt, std::array{element, element},
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  for (size_t i = 0; i < sums.size(); ++i)
    sums[i] = LLVM::ExtractValueOp::create(b, product, i);
}

/// sums += left * right for a strip of rows, a block of columns and some steps:
/// small products first, which lose less while sums are small.
void ThreadLowering::emitWideProduct(MutableArrayRef<Value> sums,
                                     ArrayRef<SmallVector<Factor>> left,
                                     ArrayRef<SmallVector<Factor>> right) {
  if (sums.front().getType().isF64()) {
    for (auto [a, other] : llvm::zip(left, right))
      for (int64_t half : {0, 1})
        for (int64_t s : {0, 1})
          emitMma(b, sums.slice(2 * half, 2), a[2 * s + half].high,
                  other[s].high,
                  /*rows=*/8, /*terms=*/4, NVVM::MMATypes::f64);
    return;
  }
  auto multiply = [&](bool leftLow, bool rightLow) {
    auto getParts = [](ArrayRef<Factor> factors, bool low) {
      SmallVector<Value> parts;
      for (const Factor &factor : factors)
        parts.push_back(low ? factor.low : factor.high);
      return parts;
    };
    for (auto [a, other] : llvm::zip(left, right))
      if ((!leftLow || a.front().low) && (!rightLow || other.front().low))
        emitMma(b, sums, getParts(a, leftLow), getParts(other, rightLow),
                stripRows, wideTerms, NVVM::MMATypes::tf32);
  };
  multiply(/*leftLow=*/true, /*rightLow=*/false);
  multiply(/*leftLow=*/false, /*rightLow=*/true);
  multiply(/*leftLow=*/false, /*rightLow=*/false);
}

/// Adds what the threads hold of the product's accumulator to `sum`, scalar `i`
/// of the product. An accumulator that is scaled is so by the same instruction.
Value ThreadLowering::emitAccumulate(DotOp dot, int64_t i, Value sum) {
  Value acc = dot.getAcc();
  if (isZero(acc))
    return sum;
  auto scaled = acc.getDefiningOp<arith::MulFOp>();
  if (scaled && scaled->hasOneUse())
    return math::FmaOp::create(b, getScalar(scaled.getLhs(), dot.getType(), i),
                               getScalar(scaled.getRhs(), dot.getType(), i),
                               sum);
  return arith::AddFOp::create(b, getFragment(acc)[i], sum);
}

/// Adds lhs * rhs for the blocks of columns from `begin` to `end` and the steps
/// of terms from `first` to `last` to `sums`: the matrix units sum from zero.
void ThreadLowering::emitWidePart(DotOp dot, Fragment &sums, int64_t begin,
                                  int64_t end, int64_t first, int64_t last) {
  Type element = dot.getType().getElementType();
  const PlacedTile &right = placed[getOperandLoad(dot.getRhs())];
  bool inPairs = !getOperandLoad(dot.getLhs());
  int64_t strips = threads.getStrips();
  int64_t blocks = llvm::divideCeil(dot.getType().getDimSize(1), blockColumns);
  Value zero =
      arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(element)));
  SmallVector<SmallVector<SmallVector<Factor>>> left(strips);
  for (int64_t strip = 0; strip < strips; ++strip)
    for (int64_t step = first; step < last; ++step)
      left[strip].push_back(emitWideLeft(dot.getLhs(), strip, step));
  for (int64_t block = begin; block < end; block += 2) {
    int64_t count = std::min<int64_t>(2, end - block);
    SmallVector<SmallVector<SmallVector<Factor>>> loaded(count);
    for (int64_t step = first; step < last; ++step) {
      SmallVector<Factor> factors =
          emitWideRight(right, element, step, block, count, inPairs);
      for (int64_t n = 0; n < count; ++n)
        loaded[n].emplace_back(ArrayRef(factors).slice(2 * n, 2));
    }
    for (int64_t strip = 0; strip < strips; ++strip)
      for (int64_t n = 0; n < count; ++n) {
        SmallVector<Value> part(4, zero);
        emitWideProduct(part, left[strip], loaded[n]);
        for (int64_t i = 0; i < 4; ++i) {
          Value &sum = sums[4 * (strip * blocks + block + n) + i];
          sum = sum ? arith::AddFOp::create(b, sum, part[i]) : part[i];
        }
      }
  }
}

/// acc + lhs * rhs of f32 or f64.
void ThreadLowering::lowerWideDot(DotOp dot) {
  VectorType type = dot.getType();
  int64_t blocks = llvm::divideCeil(type.getDimSize(1), blockColumns);
  int64_t steps =
      llvm::divideCeil(dot.getLhs().getType().getDimSize(1), wideTerms);
  int64_t group = getOperandLoad(dot.getLhs()) ? blocks : blocksAtOnce;
  Fragment sums(threads.getSize(type));
  for (int64_t begin = 0; begin < blocks; begin += group)
    for (int64_t first = 0; first < steps; first += stepsAtOnce)
      emitWidePart(dot, sums, begin, std::min(begin + group, blocks), first,
                   std::min(first + stepsAtOnce, steps));
  for (auto [i, sum] : llvm::enumerate(sums))
    sum = emitAccumulate(dot, i, sum);
  fragments[dot.getResult()] = sums;
}
