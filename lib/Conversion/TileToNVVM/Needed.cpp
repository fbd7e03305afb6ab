//===- Needed.cpp - which tile values threads hold ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ThreadLowering.h"

#include "../TileToVector/Access.h"

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
    int64_t least = getOperandLoad(dot.getLhs()) ? 1 : 2;
    if (dot.getType().getDimSize(0) < 2 || dot.getType().getDimSize(1) < 2 ||
        type.getDimSize(1) < least) {
      dot.emitOpError("expected at least 2 rows and columns on GPUs; pad the "
                      "operands");
      return WalkResult::interrupt();
    }
    LoadOp right = getOperandLoad(dot.getRhs());
    if (!right || !isa<ForEachOp>(right->getParentOp())) {
      dot.emitOpError(
          "expected a right operand that is loaded in the loop over "
          "keys on GPUs");
      return WalkResult::interrupt();
    }
    rightLoads.insert(right);
    LoadOp left = getOperandLoad(dot.getLhs());
    if (left && left->getParentOp() != kernel) {
      dot.emitOpError("expected a left operand that is loaded before the loop "
                      "over keys on GPUs");
      return WalkResult::interrupt();
    }
    if (left)
      leftLoads.insert(left);
    if (left && isWide(dot))
      wideLoads.insert(left);
    return WalkResult::advance();
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
      if (!getOperandLoad(dot.getLhs()))
        need(dot.getLhs());
      continue;
    }
    needAll(op->getOperands());
  }
}
