//===- PairedDot.cpp - products of bf16, two terms at a time --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The instruction adds two products of bf16 to each f32 of a vector. Its right
// operand holds, per column, an element of row 2k and the one of row 2k + 1
// below it; a buffer of such pairs has elements of type i32. Its left operand
// is two neighbours of a row, in all lanes.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tile;

/// Returns the constant vector of type `type` with all elements `value`.
static Value splat(ImplicitLocOpBuilder &b, VectorType type, int64_t value) {
  Attribute element = b.getIntegerAttr(type.getElementType(), value);
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, element));
}

/// Returns the integers `value`, a vector, as `count` elements of type
/// `element`.
static Value bitcast(ImplicitLocOpBuilder &b, Value value, int64_t count,
                     Type element) {
  return vector::BitCastOp::create(b, VectorType::get(count, element), value);
}

/// Cuts a buffer for the pairs of rows of a tile of type `type`.
Buffer KernelLowering::allocatePairs(VectorType type, int64_t extraRows) {
  int64_t pairs = llvm::divideCeil(type.getDimSize(0), 2);
  if (usesTiles())
    extraRows = llvm::alignTo(pairs, tileRows) - pairs;
  return allocate(VectorType::get({pairs, type.getDimSize(1)}, b.getI32Type()),
                  extraRows);
}

/// Fills `target` with pairs of the `rows` rows that `read` returns. A row
/// without another one is paired with zeros.
void KernelLowering::fillPairs(Buffer target, int64_t rows,
                               llvm::function_ref<Value(Value row)> read) {
  auto widen = [&](Value row) -> Value {
    auto type = cast<VectorType>(row.getType());
    return arith::ExtUIOp::create(b, type.clone(b.getI32Type()), row);
  };
  if (rows > 1)
    forEachRow(rows / 2, [&](Value pair) {
      Value row = arith::MulIOp::create(b, pair, index(2));
      Value first = widen(read(row)), second = widen(read(add(row, 1)));
      auto type = cast<VectorType>(second.getType());
      second = arith::ShLIOp::create(b, second, splat(b, type, 16));
      storeRow(target, pair, arith::OrIOp::create(b, first, second));
    });
  if (rows % 2)
    storeRow(target, index(rows / 2), widen(read(index(rows - 1))));
  padPairsForTiles(target);
}

/// Lowers a load whose tile is only the right operand of a product of pairs.
void KernelLowering::lowerPairedLoad(LoadOp op) {
  VectorType type = getTileType(op.getResult());
  if (classify(op) == AccessKind::Transposed)
    return lowerTransposedPairs(op);
  Buffer target = allocatePairs(type);
  fillPairs(target, type.getDimSize(0), [&](Value row) {
    RowScope scope;
    scope.row = row;
    return lowerLoadInRow(scope, op);
  });
  setValue(op.getResult(), target);
}

/// Lowers such a load of columns that are consecutive in memory, so that pairs
/// lie there already: they are transposed as integers.
void KernelLowering::lowerTransposedPairs(LoadOp op) {
  VectorType type = getTileType(op.getResult());
  int64_t size = model.getLanes(32);
  int64_t pairs = llvm::divideCeil(type.getDimSize(0), 2);
  Buffer target = allocatePairs(type, llvm::alignTo(pairs, size) - pairs);
  lowerColumns(op, 2 * size, [&](const ColumnLoads &loads) {
    fillTransposed(target, pairs, loads.columns, [&](Value pair, Value column) {
      Value row = arith::MulIOp::create(b, pair, index(2));
      return bitcast(b, loadColumn(loads, row, column), size, b.getI32Type());
    });
  });
  padPairsForTiles(target);
  setValue(op.getResult(), target);
}

/// Returns the buffer of pairs of `value`, the right operand of a product.
Buffer KernelLowering::getPairs(Value value) {
  Buffer buffer = getBuffer(value);
  if (buffer.type.getElementType().isInteger(32))
    return buffer;
  Buffer target = allocatePairs(buffer.type);
  fillPairs(target, buffer.type.getDimSize(0),
            [&](Value row) { return loadRow(buffer, row); });
  return target;
}

/// Makes the element behind the last one of each row zero, so that it forms a
/// pair if there is an odd number of them.
void KernelLowering::padLeft(Buffer lhs) {
  int64_t depth = lhs.type.getDimSize(1);
  if (usesTiles())
    return padLeftForTiles(lhs);
  if (depth % 2 == 0)
    return;
  forEachRow(lhs.type.getDimSize(0), [&](Value row) {
    storeElement(lhs, row, index(depth), zero(b.getI16Type()));
  });
}

/// Returns a pair of neighbours of a row of the left operand, in all lanes.
Value KernelLowering::loadLeftPair(Buffer lhs, Value row, Value pair) {
  Value column = arith::MulIOp::create(b, pair, index(2));
  Value both = bitcast(b, loadVector(lhs, row, column, 2), 1, b.getI32Type());
  return vector::BroadcastOp::create(
      b, VectorType::get(model.getLanes(32), b.getI32Type()),
      vector::ExtractOp::create(b, both, ArrayRef<int64_t>{0}));
}

/// Returns `acc` plus the products of both halves of pairs.
Value KernelLowering::multiplyPairs(Value lhs, Value rhs, Value acc) {
  int64_t lanes = 2 * model.getLanes(32);
  Value left = bitcast(b, lhs, lanes, b.getBF16Type());
  Value right = bitcast(b, rhs, lanes, b.getBF16Type());
  auto name = b.getStringAttr("llvm.x86.avx512bf16.dpbf16ps.512");
  auto call = LLVM::CallIntrinsicOp::create(b, acc.getType(), name,
                                            ValueRange{acc, left, right});
  return call->getResult(0);
}

/// Returns row `k` of the right operand in f32: one half of each pair.
Value KernelLowering::loadRowOfPairs(Buffer rhs, Value k) {
  Value two = index(2);
  Value pairs = loadRow(rhs, arith::DivUIOp::create(b, k, two));
  auto type = cast<VectorType>(pairs.getType());
  Value isSecond = arith::CmpIOp::create(
      b, arith::CmpIPredicate::ne, arith::RemUIOp::create(b, k, two), index(0));
  Value first = arith::ShLIOp::create(b, pairs, splat(b, type, 16));
  Value second =
      arith::AndIOp::create(b, pairs, splat(b, type, int32_t(0xffff0000)));
  Value bits = arith::SelectOp::create(b, isSecond, second, first);
  return arith::BitcastOp::create(b, type.clone(b.getF32Type()), bits);
}

/// Returns whether some element of a buffer of pairs is NaN or infinite:
/// without their signs, these are the largest integers.
Value KernelLowering::hasNonFinitePair(Buffer buffer) {
  constexpr int64_t magnitude = 0x7fff, largestFinite = 0x7f7f;
  int64_t lanes = model.getLanes(32);
  auto type = VectorType::get(2 * lanes, b.getI16Type());
  Value largest = zero(type), mask = splat(b, type, magnitude);
  auto loop = scf::ForOp::create(b, index(0), index(buffer.type.getDimSize(0)),
                                 index(1), largest);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value row = loop.getInductionVar();
    largest = loop.getRegionIterArg(0);
    for (int64_t j = 0; j < buffer.type.getDimSize(1); j += lanes) {
      Value pairs = loadVector(buffer, row, index(j), lanes);
      Value bits = bitcast(b, pairs, 2 * lanes, b.getI16Type());
      bits = arith::AndIOp::create(b, bits, mask);
      largest = arith::MaxUIOp::create(b, largest, bits);
    }
    scf::YieldOp::create(b, largest);
  }
  Value isNonFinite =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, loop.getResult(0),
                            splat(b, type, largestFinite));
  return vector::ReductionOp::create(b, vector::CombiningKind::OR, isNonFinite);
}
