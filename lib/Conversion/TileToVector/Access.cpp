//===- Access.cpp - how tile values vary and memory is walked -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Access.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::tile;

VectorType mlir::tile::getTileType(Value value) {
  auto type = dyn_cast<VectorType>(value.getType());
  return type && type.getRank() == 2 ? type : VectorType();
}

bool mlir::tile::hasRows(Value value) {
  VectorType type = getTileType(value);
  return type && type.getDimSize(0) > 1;
}

Value mlir::tile::stripBroadcasts(Value value) {
  while (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
    value = broadcast.getSource();
  return value;
}

Level mlir::tile::getLevel(Value value) {
  value = stripBroadcasts(value);
  VectorType type = getTileType(value);
  SplatElementsAttr splat;
  if (!type || matchPattern(value, m_Constant(&splat)))
    return Level::Uniform;
  bool varies[] = {type.getDimSize(0) > 1, type.getDimSize(1) > 1};
  if (varies[0])
    return varies[1] ? Level::Mixed : Level::Row;
  return varies[1] ? Level::Column : Level::Uniform;
}

bool mlir::tile::isZero(Value value) {
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_Zero());
}

bool mlir::tile::isRematerialised(Operation *op) {
  if (!op || op->getNumResults() != 1 || !hasRows(op->getResult(0)))
    return false;
  return isa<arith::ConstantOp, vector::BroadcastOp, IotaOp>(op) ||
         getStreamingDot(op);
}

/// What runs along rows of memory is read in whole vectors.
constexpr int64_t streamedColumns = 16;

std::optional<Bound> mlir::tile::matchBound(Value mask) {
  auto compare = stripBroadcasts(mask).getDefiningOp<arith::CmpIOp>();
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::slt)
    return std::nullopt;
  auto iota = stripBroadcasts(compare.getLhs()).getDefiningOp<IotaOp>();
  Value end = stripBroadcasts(compare.getRhs());
  if (!iota || isa<VectorType>(end.getType()))
    return std::nullopt;
  return Bound{iota, end};
}

/// Returns whether the elements of the load lie in rows of whole vectors, of
/// which the first ones exist.
static bool canStream(LoadOp load) {
  VectorType type = getTileType(load.getResult());
  AccessKind kind = classify(load);
  if (type.getElementType().isF16() || !isa<FloatType>(type.getElementType()) ||
      (kind != AccessKind::Contiguous && kind != AccessKind::Transposed))
    return false;
  unsigned along = kind == AccessKind::Contiguous ? 1 : 0;
  for (Value mask : load.getValid()) {
    std::optional<Bound> bound = matchBound(mask);
    if (!bound || bound->position.getDim() == along)
      return false;
  }
  if (type.getDimSize(along) % streamedColumns != 0 ||
      type.getDimSize(1 - along) % 4 != 0)
    return false;
  unsigned iotas = 0;
  for (Value index : load.getIndices()) {
    Value position = stripBroadcasts(index);
    bool isIota = position.getDefiningOp<IotaOp>() != nullptr;
    iotas += isIota;
    if (!isIota && isa<VectorType>(position.getType()))
      return false;
  }
  return iotas == 2;
}

/// Returns whether the rows of the load follow each other in memory, and are so
/// short that a copy would lie in the cache no better.
static bool isPacked(LoadOp load) {
  constexpr int64_t maxRowBits = 256 * 8;
  VectorType type = getTileType(load.getResult());
  auto memory = cast<MemRefType>(load.getMemory().getType());
  int64_t columns = type.getDimSize(1), offset;
  SmallVector<int64_t> strides;
  if (classify(load) != AccessKind::Contiguous ||
      columns * type.getElementTypeBitWidth() > maxRowBits ||
      failed(memory.getStridesAndOffset(strides, offset)))
    return false;
  for (auto [index, stride] : llvm::zip(load.getIndices(), strides))
    if (auto iota = stripBroadcasts(index).getDefiningOp<IotaOp>();
        iota && iota.getDim() == 0 && stride != columns)
      return false;
  return true;
}

LoadOp mlir::tile::getStreamedLoad(DotOp dot) {
  Operation *right = dot.getRhs().getDefiningOp();
  if (!right || right->getBlock() != dot->getBlock() || !right->hasOneUse() ||
      dot.getMask() || dot.getType().getDimSize(1) == 1)
    return {};
  bool isFew = dot.getLhs().getType().getDimSize(0) <= maxStreamedRows;
  if (auto load = dyn_cast<LoadOp>(right); !isFew) {
    bool isInPlace = load && !isPaired(dot) && load.getValid().empty() &&
                     canStream(load) && isPacked(load);
    return isInPlace ? load : LoadOp();
  }
  if (auto widen = dyn_cast<arith::ExtFOp>(right)) {
    right = widen.getIn().getDefiningOp();
    if (!right || right->getBlock() != dot->getBlock() || !right->hasOneUse())
      return {};
  }
  auto load = dyn_cast<LoadOp>(right);
  return load && canStream(load) ? load : LoadOp();
}

DotOp mlir::tile::getStreamingDot(Operation *op) {
  if (!isa<LoadOp, arith::ExtFOp>(op) || !op->hasOneUse())
    return {};
  Operation *user = *op->user_begin();
  if (isa<arith::ExtFOp>(user) && user->hasOneUse())
    user = *user->user_begin();
  auto dot = dyn_cast<DotOp>(user);
  LoadOp load = dot ? getStreamedLoad(dot) : LoadOp();
  bool isPart = load && (op == load || op->getOperand(0) == load.getResult());
  return isPart ? dot : DotOp();
}

bool mlir::tile::isPaired(DotOp dot) {
  return dot.getLhs().getType().getElementType().isBF16();
}

DotOp mlir::tile::getPairingDot(LoadOp load) {
  AccessKind kind = classify(load);
  if (!load->hasOneUse() ||
      (kind != AccessKind::Contiguous && kind != AccessKind::Transposed))
    return {};
  auto dot = dyn_cast<DotOp>(*load->user_begin());
  return dot && isPaired(dot) && dot.getRhs() == load.getResult() ? dot
                                                                  : DotOp();
}

std::optional<SmallVector<Term>> mlir::tile::matchIota(Value index,
                                                       int64_t dim) {
  index = stripBroadcasts(index);
  if (auto iota = index.getDefiningOp<IotaOp>()) {
    if (static_cast<int64_t>(iota.getDim()) != dim)
      return std::nullopt;
    return SmallVector<Term>{{iota.getBase(), /*negative=*/false}};
  }

  // Along columns a row may have its own summand; along rows nothing may.
  auto isConstantAlong = [&](Value value) {
    Level level = getLevel(value);
    return level == Level::Uniform || (dim == 1 && level == Level::Row);
  };
  auto extend = [&](Value inner, Value summand, bool negative) {
    std::optional<SmallVector<Term>> terms;
    if (isConstantAlong(summand))
      terms = matchIota(inner, dim);
    if (terms)
      terms->push_back({summand, negative});
    return terms;
  };
  if (auto add = index.getDefiningOp<arith::AddIOp>()) {
    if (auto terms = extend(add.getLhs(), add.getRhs(), false))
      return terms;
    return extend(add.getRhs(), add.getLhs(), false);
  }
  if (auto sub = index.getDefiningOp<arith::SubIOp>())
    return extend(sub.getLhs(), sub.getRhs(), true);
  return std::nullopt;
}

/// Returns whether the elements along the last dimension are known to be next
/// to each other.
static bool hasContiguousRows(MemRefType memory) {
  return memory.getRank() > 0 && memory.isLastDimUnitStride();
}

/// Returns whether no value of `values` depends on more than `level` does.
static bool allAtMost(ValueRange values, Level level) {
  return llvm::all_of(values, [&](Value value) {
    Level found = getLevel(value);
    return found == Level::Uniform || found == level;
  });
}

/// Returns whether each row of the tile is consecutive in memory.
static bool isContiguous(MemRefType memory, ValueRange indices) {
  return hasContiguousRows(memory) &&
         allAtMost(indices.drop_back(), Level::Row) &&
         matchIota(indices.back(), 1);
}

AccessKind mlir::tile::classify(LoadOp op) {
  VectorType type = getTileType(op.getResult());
  auto memory = cast<MemRefType>(op.getMemory().getType());
  ValueRange indices = op.getIndices();
  if (type.getDimSize(1) == 1)
    return AccessKind::Scalar;
  if (isContiguous(memory, indices))
    return AccessKind::Contiguous;

  bool separable = llvm::all_of(
      op.getValid(), [](Value mask) { return getLevel(mask) != Level::Mixed; });
  if (type.getDimSize(0) > 1 && separable && hasContiguousRows(memory) &&
      isa<FloatType>(type.getElementType()) &&
      allAtMost(indices.drop_back(), Level::Column) &&
      matchIota(indices.back(), 0))
    return AccessKind::Transposed;
  return AccessKind::General;
}

AccessKind mlir::tile::classify(StoreOp op) {
  VectorType type = getTileType(op.getValue());
  if (type.getDimSize(1) == 1)
    return AccessKind::Scalar;
  if (isContiguous(cast<MemRefType>(op.getMemory().getType()), op.getIndices()))
    return AccessKind::Contiguous;
  return AccessKind::General;
}
