//===- OutlineParallelLoops.cpp - functions of parallel loops -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves the bodies of parallel loops to functions that threads can call.
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/OutlineParallelCalls.h"
#include "attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNOUTLINEPARALLELLOOPSPASS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Returns whether the iterations of `op` are numbered from 0 and give nothing.
static bool isTaskLoop(scf::ParallelOp op) {
  return op.getNumLoops() == 1 && op.getNumResults() == 0 &&
         matchPattern(op.getLowerBound()[0], m_Zero()) &&
         matchPattern(op.getStep()[0], m_One()) &&
         !op->getParentOfType<scf::ParallelOp>();
}

/// Gives the region its own copies of the constants that it uses.
static void cloneConstants(scf::ParallelOp op) {
  llvm::SetVector<Value> used;
  getUsedValuesDefinedAbove(op.getRegion(), used);
  OpBuilder builder = OpBuilder::atBlockBegin(op.getBody());
  for (Value value : used)
    if (Operation *constant = value.getDefiningOp();
        constant && constant->hasTrait<OpTrait::ConstantLike>())
      replaceAllUsesInRegionWith(value, builder.clone(*constant)->getResult(0),
                                 op.getRegion());
}

/// Replaces `op` by a parallel call of a new function.
static void outline(scf::ParallelOp op, SymbolTable &symbols) {
  cloneConstants(op);
  llvm::SetVector<Value> used;
  getUsedValuesDefinedAbove(op.getRegion(), used);
  Location loc = op.getLoc();
  OpBuilder builder(op);
  SmallVector<Value> operands = {op.getUpperBound()[0]};
  llvm::append_range(operands, used);

  auto parent = op->getParentOfType<func::FuncOp>();
  auto type =
      builder.getFunctionType(ValueRange(operands).getTypes(), TypeRange());
  auto function =
      func::FuncOp::create(loc, (parent.getName() + "_loop").str(), type);
  function.setPrivate();
  symbols.insert(function, std::next(parent->getIterator()));
  Block *entry = function.addEntryBlock();
  for (auto [value, argument] :
       llvm::zip_equal(used, entry->getArguments().drop_front()))
    replaceAllUsesInRegionWith(value, argument, op.getRegion());
  op.getInductionVars()[0].replaceAllUsesWith(entry->getArgument(0));
  op.getBody()->getTerminator()->erase();
  entry->getOperations().splice(entry->end(), op.getBody()->getOperations());
  OpBuilder end = OpBuilder::atBlockEnd(entry);
  func::ReturnOp::create(end, loc);

  auto call = func::CallOp::create(builder, loc, function, operands);
  call->setAttr(getParallelCallAttrName(), builder.getUnitAttr());
  call->setAttr(getAliasingCallAttrName(), builder.getUnitAttr());
  op.erase();
}

namespace {

/// Outlines the parallel loops of a module.
struct AttnOutlineParallelLoopsPass final
    : attn::impl::AttnOutlineParallelLoopsPassBase<
          AttnOutlineParallelLoopsPass> {
  void runOnOperation() override {
    SmallVector<scf::ParallelOp> loops;
    getOperation().walk([&](scf::ParallelOp op) {
      if (isTaskLoop(op) && op->getParentOfType<func::FuncOp>())
        loops.push_back(op);
    });
    SymbolTable symbols(getOperation());
    for (scf::ParallelOp loop : loops)
      outline(loop, symbols);
  }
};

} // namespace
