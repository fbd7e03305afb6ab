//===- Divisors.cpp - divisors must be positive ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Utils/Divisors.h"

#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether `op` divides integers without a sign.
static bool isUnsigned(Operation *op) {
  return isa<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(op);
}

Value mlir::attn::getUncertainDivisor(Operation *op) {
  if (!isUnsigned(op) && !isa<arith::FloorDivSIOp, arith::CeilDivSIOp,
                              arith::DivSIOp, arith::RemSIOp>(op))
    return {};
  APInt value;
  Value divisor = op->getOperand(1);
  if (matchPattern(divisor, m_ConstantInt(&value)) &&
      value.isStrictlyPositive())
    return {};
  return divisor;
}

Value mlir::attn::castDivisor(OpBuilder &b, Operation *division,
                              Value divisor) {
  if (getElementTypeOrSelf(divisor.getType()).isIndex())
    return divisor;
  Type type = b.getIndexType();
  if (auto vector = dyn_cast<VectorType>(divisor.getType()))
    type = vector.clone(type);
  if (isUnsigned(division))
    return arith::IndexCastUIOp::create(b, division->getLoc(), type, divisor);
  return arith::IndexCastOp::create(b, division->getLoc(), type, divisor);
}

Value mlir::attn::emitSafeDivisor(OpBuilder &b, Operation *division,
                                  Value divisor) {
  Location loc = division->getLoc();
  Value least =
      arith::ConstantOp::create(b, loc, b.getOneAttr(divisor.getType()));
  if (isUnsigned(division))
    return arith::MaxUIOp::create(b, loc, divisor, least);
  return arith::MaxSIOp::create(b, loc, divisor, least);
}

void mlir::attn::emitDivisorCheck(OpBuilder &b, Operation *division,
                                  Value divisor, StringRef name) {
  StringRef what =
      division->getOperand(1).getType().isIndex() ? "index" : "integer";
  Location loc = division->getLoc();
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  tile::CheckOp::create(b, loc, tile::CheckKind::AtLeast, divisor, one,
                        b.getStringAttr(name + ": divisor of an " + what));
}

//===----------------------------------------------------------------------===//
// Divisors in the body of a linalg op
//===----------------------------------------------------------------------===//

/// Adds the ops in `body` that compute `value` to `slice`, in order. Fails if
/// they depend on the element.
static LogicalResult collectUniform(Block *body, Value value,
                                    llvm::SetVector<Operation *> &slice) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return success(cast<BlockArgument>(value).getOwner() != body);
  if (!body->findAncestorOpInBlock(*op) || slice.contains(op))
    return success();
  if (isa<linalg::IndexOp>(op) || op->getNumRegions() || op->getBlock() != body)
    return failure();
  for (Value operand : op->getOperands())
    if (failed(collectUniform(body, operand, slice)))
      return failure();
  slice.insert(op);
  return success();
}

/// Emits whether the loops of `op` run at all.
static Value emitIsAny(OpBuilder &b, linalg::LinalgOp op) {
  Location loc = op.getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value any = arith::ConstantOp::create(b, loc, b.getBoolAttr(true));
  for (const Range &range : op.createLoopRanges(b, loc)) {
    Value size = getValueOrCreateConstantIndexOp(b, loc, range.size);
    Value some =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, size, zero);
    any = arith::AndIOp::create(b, loc, any, some);
  }
  return any;
}

void mlir::attn::emitBodyDivisorChecks(OpBuilder &b, linalg::LinalgOp op,
                                       StringRef name) {
  Block *body = op.getBlock();
  SmallVector<Operation *> divisions;
  body->walk([&](Operation *division) {
    if (getUncertainDivisor(division))
      divisions.push_back(division);
  });
  if (divisions.empty())
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  Value any;
  IRMapping mapping;
  for (Operation *division : divisions) {
    Value divisor = getUncertainDivisor(division);
    llvm::SetVector<Operation *> slice;
    bool isUniform = succeeded(collectUniform(body, divisor, slice));
    b.setInsertionPoint(isUniform ? op.getOperation() : division);
    if (isUniform && !any)
      any = emitIsAny(b, op);
    for (Operation *step : slice)
      if (isUniform && !mapping.contains(step->getResult(0)))
        b.clone(*step, mapping);
    Value found = castDivisor(
        b, division, isUniform ? mapping.lookupOrDefault(divisor) : divisor);
    if (isUniform) {
      Value one = arith::ConstantIndexOp::create(b, op.getLoc(), 1);
      found = arith::SelectOp::create(b, op.getLoc(), any, found, one);
    }
    emitDivisorCheck(b, division, found, name);
    b.setInsertionPoint(division);
    division->setOperand(1, emitSafeDivisor(b, division, divisor));
  }
}

/// Whether `map` divides by a symbol.
static bool dividesBySymbol(AffineMap map) {
  bool divides = false;
  map.walkExprs([&](AffineExpr expr) {
    auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
    divides |= binary && expr.getKind() != AffineExprKind::Add &&
               expr.getKind() != AffineExprKind::Mul &&
               !isa<AffineConstantExpr>(binary.getRHS());
  });
  return divides;
}

void mlir::attn::emitDividedPositions(PairScratch &scratch,
                                      const PairView &view, ValueRange dims,
                                      ValueRange bindings) {
  SmallVector<AffineMap> maps;
  for (ArrayAttr list : {view.lhsMaps, view.rhsMaps})
    llvm::append_range(maps, list.getAsValueRange<AffineMapAttr>());
  if (view.values)
    maps.push_back(view.valueMap);
  for (AffineMap map : maps)
    if (dividesBySymbol(map))
      scratch.emitter.emitIndices(map, dims, bindings);
}

//===----------------------------------------------------------------------===//
// Divisors that all pairs share
//===----------------------------------------------------------------------===//

namespace {

/// Finds and checks the uniform divisors of one op over pairs.
class UniformDivisors {
public:
  UniformDivisors(const PairView &view)
      : view(view), c(view.getCoordinates()), loc(view.op->getLoc()),
        scratch(view.op->getContext(), loc, c) {}

  LogicalResult emit(OpBuilder &b);

private:
  LogicalResult emitScratch();
  void emitObserve(ObserveOp op, ValueRange dims, ValueRange bindings);
  bool isInScratch(Operation *op) {
    return op && scratch.block.findAncestorOpInBlock(*op);
  }
  bool isUniform(Value value);
  bool isUniformArgument(BlockArgument argument);
  void collect(Value divisor);
  void emitNest(OpBuilder &b);
  void emitBody(OpBuilder &b, ValueRange indices);

  const PairView &view;
  PairCoordinates c;
  Location loc;
  PairScratch scratch;
  DenseMap<Value, bool> uniform;
  /// The divisions, and the ops that compute their divisors, in order.
  SmallVector<Operation *> divisions;
  llvm::SetVector<Operation *> slice;
  llvm::SmallDenseSet<Value> usedOver;
};

} // namespace

/// Emits all scalar code of a pair.
LogicalResult UniformDivisors::emitScratch() {
  PairEmitter &emitter = scratch.emitter;
  if (view.mask &&
      !emitter.emitMask(view.mask, scratch.over, scratch.query, scratch.key))
    return failure();
  SmallVector<Value> dims = scratch.getDims(view);
  SmallVector<Value> bindings =
      emitter.emitBindings(view.bindingInfos, view.bindings, dims);
  SmallVector<Value> dots;
  for (size_t n = 0; n < view.lhs.size(); ++n)
    dots.push_back(scratch.block.addArgument(view.getStatType(), loc));
  Value score = emitter.emitScore(view, dots, dims, bindings);
  if (view.weightRegion && view.weight != Weight::Exp)
    emitter.emitWeight(view, score);
  emitDividedPositions(scratch, view, dims, bindings);
  if (auto op = dyn_cast<ObserveOp>(view.op))
    emitObserve(op, dims, bindings);
  return success();
}

void UniformDivisors::emitObserve(ObserveOp op, ValueRange dims,
                                  ValueRange bindings) {
  Region &region = op.getObserveRegion();
  SmallVector<Value> arguments{
      scratch.block.addArgument(region.getArgument(0).getType(), loc)};
  llvm::append_range(arguments, bindings);
  for (int64_t dim : op.getObserveCoordinates())
    arguments.push_back(dims[dim]);
  scratch.emitter.inlineRegion(region, arguments);
  for (AffineMap map : op.getIntoMaps().getAsValueRange<AffineMapAttr>())
    if (dividesBySymbol(map))
      scratch.emitter.emitIndices(map, dims, bindings);
}

bool UniformDivisors::isUniformArgument(BlockArgument argument) {
  if (argument.getOwner() == &scratch.block)
    return argument.getArgNumber() < c.numOver();
  return !isInScratch(argument.getOwner()->getParentOp());
}

bool UniformDivisors::isUniform(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return isUniformArgument(argument);
  Operation *op = value.getDefiningOp();
  if (!isInScratch(op))
    return true;
  if (auto known = uniform.find(value); known != uniform.end())
    return known->second;
  bool result =
      op->getNumRegions() == 0 &&
      llvm::all_of(op->getOperands(), [&](Value v) { return isUniform(v); });
  return uniform[value] = result;
}

/// Adds the ops that compute the uniform value `value`.
void UniformDivisors::collect(Value value) {
  if (llvm::is_contained(scratch.over, value))
    usedOver.insert(value);
  Operation *op = value.getDefiningOp();
  if (!isInScratch(op) || slice.contains(op))
    return;
  for (Value operand : op->getOperands())
    collect(operand);
  slice.insert(op);
}

/// Emits the checks at one point of the `over` letters.
void UniformDivisors::emitBody(OpBuilder &b, ValueRange indices) {
  StringRef name = view.op->getName().getStringRef();
  IRMapping mapping;
  mapping.map(scratch.over, indices);
  llvm::SmallDenseSet<Value> checked;
  auto check = [&](Operation *division) {
    Value divisor = getUncertainDivisor(division);
    if (!divisor || !checked.insert(divisor).second)
      return;
    Value found = castDivisor(b, division, mapping.lookupOrDefault(divisor));
    emitDivisorCheck(b, division, found, name);
  };
  for (Operation *op : slice) {
    check(op);
    Operation *clone = b.clone(*op, mapping);
    if (!getUncertainDivisor(clone))
      continue;
    OpBuilder before(clone);
    clone->setOperand(1, emitSafeDivisor(before, clone, clone->getOperand(1)));
  }
  for (Operation *division : divisions)
    check(division);
}

/// Emits loops over the letters that divisors depend on. A loop over any other
/// coordinate runs once if there is anything.
void UniformDivisors::emitNest(OpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  SmallVector<Value> ends, indices;
  auto addEnd = [&](unsigned dim, bool isUsed) {
    Value extent = emitExtent(b, view, dim);
    ends.push_back(isUsed ? extent
                          : Value(arith::MinSIOp::create(b, loc, extent, one)));
  };
  addEnd(c.query(), false);
  addEnd(c.key(), false);
  for (auto [dim, letter] : llvm::enumerate(scratch.over))
    addEnd(dim, usedOver.contains(letter));
  for (Value end : ends) {
    auto loop = scf::ForOp::create(b, loc, zero, end, one);
    indices.push_back(loop.getInductionVar());
    b.setInsertionPointToStart(loop.getBody());
  }
  emitBody(b, ValueRange(indices).drop_front(2));
}

LogicalResult UniformDivisors::emit(OpBuilder &b) {
  if (failed(emitScratch()))
    return failure();
  scratch.block.walk([&](Operation *op) {
    Value divisor = getUncertainDivisor(op);
    if (!divisor || !isUniform(divisor))
      return;
    divisions.push_back(op);
    collect(divisor);
  });
  if (!divisions.empty())
    emitNest(b);
  return success();
}

LogicalResult mlir::attn::emitUniformDivisorChecks(OpBuilder &b,
                                                   const PairView &view) {
  return UniformDivisors(view).emit(b);
}
