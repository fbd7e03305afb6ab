//===- Needed.cpp - which tile values threads hold ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ThreadLowering.h"

#include "../TileToVector/Access.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::tile;

int64_t mlir::tile::getRows(KernelOp kernel) {
  int64_t rows = 1;
  auto include = [&](Value value) {
    if (VectorType type = getTileType(value))
      rows = std::max(rows, type.getDimSize(0));
  };
  kernel.walk([&](Operation *op) {
    if (auto dot = dyn_cast<DotOp>(op))
      include(dot.getResult());
    else if (auto store = dyn_cast<StoreOp>(op))
      include(store.getValue());
    else if (auto reduce = dyn_cast<ReduceOp>(op))
      include(reduce.getSource());
  });
  return rows;
}

bool mlir::tile::isWide(DotOp dot) {
  Type element = dot.getLhs().getType().getElementType();
  return element.isF32() || element.isF64();
}

LoadOp mlir::tile::getOperandLoad(Value operand) {
  if (auto widened = operand.getDefiningOp<arith::ExtFOp>())
    operand = widened.getIn();
  return operand.getDefiningOp<LoadOp>();
}

/// Whether threads can compute single elements of `value`, of a loop or outside
/// of it: from positions and loads alone.
static bool hasElements(Value value, DenseSet<Value> &seen) {
  if (!seen.insert(value).second)
    return true;
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument) {
    auto loop = dyn_cast<ForEachOp>(argument.getOwner()->getParentOp());
    return !loop || argument.getArgNumber() < 2;
  }
  Operation *op = value.getDefiningOp();
  bool isKnown = !getTileType(value) ||
                 isa<IotaOp, LoadOp, vector::BroadcastOp>(op) ||
                 OpTrait::hasElementwiseMappableTraits(op);
  SplatElementsAttr splat;
  if (op->hasTrait<OpTrait::ConstantLike>() && getTileType(value))
    isKnown = matchPattern(op, m_Constant(&splat));
  return isKnown && !isa<vector::ExtractOp, ForEachOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return hasElements(operand, seen);
         });
}

/// Checks what threads must compute to copy the operand `load` of `dot`.
static LogicalResult checkCopy(DotOp dot, LoadOp load) {
  DenseSet<Value> seen;
  if (llvm::all_of(load->getOperands(),
                   [&](Value operand) { return hasElements(operand, seen); }))
    return success();
  dot.emitOpError("expected operands at positions that follow from indices and "
                  "loads on GPUs");
  return failure();
}

/// Finds the loads that go to shared memory.
LogicalResult ThreadLowering::findOperands() {
  WalkResult result = kernel.walk([&](DotOp dot) {
    VectorType type = dot.getLhs().getType();
    Type element = type.getElementType();
    if (!element.isBF16() && !element.isF16() && !isWide(dot)) {
      dot.emitOpError(
          "expected operands of f16, bf16, f32 or f64 on GPUs, found ")
          << type;
      return WalkResult::interrupt();
    }
    // Rows and columns of one element are statistics there.
    int64_t least = getOperandLoad(dot.getLhs()) ? 1 : 2;
    if (isWide(dot) &&
        (dot.getType().getDimSize(0) < 2 || dot.getType().getDimSize(1) < 2 ||
         type.getDimSize(1) < least)) {
      dot.emitOpError("of f32 and f64 expected at least 2 rows and columns on "
                      "GPUs; pad the operands");
      return WalkResult::interrupt();
    }
    LoadOp right = getOperandLoad(dot.getRhs());
    if (!right) {
      dot.emitOpError("expected a right operand that is loaded on GPUs");
      return WalkResult::interrupt();
    }
    if (right->getParentOp() != dot->getParentOp() ||
        !isa<ForEachOp>(dot->getParentOp())) {
      dot.emitOpError(
          "expected a right operand that is loaded in the same step "
          "of a loop on GPUs");
      return WalkResult::interrupt();
    }
    rightLoads.insert(right);
    LoadOp left = getOperandLoad(dot.getLhs());
    if (left && dot.getMask())
      left = {};
    if (left && left->getParentOp() != kernel) {
      dot.emitOpError("expected a left operand that is loaded outside of loops "
                      "on GPUs");
      return WalkResult::interrupt();
    }
    if (left)
      leftLoads.insert(left);
    if (left && isWide(dot))
      wideLoads.insert(left);
    return WalkResult(failure(failed(checkCopy(dot, right)) ||
                              (left && failed(checkCopy(dot, left)))));
  });
  return failure(result.wasInterrupted());
}

/// Finds the tile values that reach a store, a product, a reduction or what a
/// loop carries. The indices and masks of what goes to shared memory do not.
void ThreadLowering::findNeeded() {
  SmallVector<Value> worklist;
  auto need = [&](Value value) {
    if (value && getTileType(value) && needed.insert(value).second)
      worklist.push_back(value);
  };
  auto needAll = [&](ValueRange range) { llvm::for_each(range, need); };
  kernel.walk([&](StoreOp store) { needAll(store->getOperands()); });
  kernel.walk([&](ForEachOp loop) {
    needAll(loop.getInitial());
    for (Region *region : {&loop.getFull(), &loop.getPartial()})
      if (!region->empty())
        needAll(region->front().getTerminator()->getOperands());
  });
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || isa<ForEachOp>(op))
      continue;
    if (auto dot = dyn_cast<DotOp>(op)) {
      need(dot.getAcc());
      need(dot.getMask());
      if (dot.getMask() || !getOperandLoad(dot.getLhs()))
        need(dot.getLhs());
      continue;
    }
    needAll(op->getOperands());
  }
}
