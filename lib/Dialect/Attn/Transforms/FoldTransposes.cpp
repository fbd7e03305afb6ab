//===- FoldTransposes.cpp - transposes become maps of attention -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNFOLDTRANSPOSESPASS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The map that reads the input of `transpose` where `map` reads its result.
static AffineMap readInput(linalg::TransposeOp transpose, AffineMap map) {
  SmallVector<AffineExpr> positions(map.getNumResults());
  for (auto [axis, from] : llvm::enumerate(transpose.getPermutation()))
    positions[from] = map.getResult(axis);
  return AffineMap::get(map.getNumDims(), map.getNumSymbols(), positions,
                        map.getContext());
}

/// Reads through a transpose in `operand`, if it is one.
static bool fold(OpOperand &operand, AffineMap &map) {
  auto transpose = operand.get().getDefiningOp<linalg::TransposeOp>();
  if (!transpose)
    return false;
  map = readInput(transpose, map);
  operand.set(transpose.getInput());
  return true;
}

/// Reads through the transposes in `operands`, which have the maps `maps`.
static bool fold(MutableOperandRange operands, ArrayAttr maps,
                 llvm::function_ref<void(ArrayAttr)> set) {
  SmallVector<Attribute> folded(maps.begin(), maps.end());
  bool changed = false;
  for (auto [n, attribute] : llvm::enumerate(folded)) {
    AffineMap map = cast<AffineMapAttr>(attribute).getValue();
    if (!fold(operands[n], map))
      continue;
    attribute = AffineMapAttr::get(map);
    changed = true;
  }
  if (changed)
    set(ArrayAttr::get(maps.getContext(), folded));
  return changed;
}

namespace {

/// Operands are read as they lie in memory.
template <typename OpTy>
struct FoldOperands final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    bool changed = false;
    rewriter.startOpModification(op);
    changed |= fold(op.getLhsMutable(), op.getLhsMaps(),
                    [&](ArrayAttr maps) { op.setLhsMapsAttr(maps); });
    changed |= fold(op.getRhsMutable(), op.getRhsMaps(),
                    [&](ArrayAttr maps) { op.setRhsMapsAttr(maps); });
    changed |= fold(op.getBiasMutable(), op.getBiasMaps(),
                    [&](ArrayAttr maps) { op.setBiasMapsAttr(maps); });
    if constexpr (!std::is_same_v<OpTy, ObserveOp>)
      changed |= foldValues(op);
    if (!changed) {
      rewriter.cancelOpModification(op);
      return rewriter.notifyMatchFailure(op, "no operand is a transpose");
    }
    rewriter.finalizeOpModification(op);
    return success();
  }

private:
  static bool foldValues(OpTy op) {
    if (!op.getValues())
      return false;
    AffineMap map = *op.getValueMap();
    if (!fold(op.getValuesMutable()[0], map))
      return false;
    op.setValueMapAttr(AffineMapAttr::get(map));
    return true;
  }
};

/// An output that is only transposed is written as that wants it.
struct FoldOutput final : OpRewritePattern<linalg::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::TransposeOp transpose,
                                PatternRewriter &rewriter) const override {
    auto op = transpose.getInput().getDefiningOp<AttentionOp>();
    if (!op || transpose.getInput() != op.getOut() || !op.getOut().hasOneUse())
      return rewriter.notifyMatchFailure(
          transpose, "not the only use of the output of attention");
    SmallVector<AffineExpr> positions;
    for (int64_t from : transpose.getPermutation())
      positions.push_back(op.getOutMap()->getResult(from));
    AffineMap map = AffineMap::get(op.getOutMap()->getNumDims(),
                                   op.getOutMap()->getNumSymbols(), positions,
                                   op.getContext());
    rewriter.modifyOpInPlace(op, [&] {
      op.setOutMapAttr(AffineMapAttr::get(map));
      op.getOut().setType(
          cast<RankedTensorType>(transpose.getResult()[0].getType()));
    });
    rewriter.replaceOp(transpose, op.getOut());
    return success();
  }
};

struct AttnFoldTransposesPass final
    : attn::impl::AttnFoldTransposesPassBase<AttnFoldTransposesPass> {
  using AttnFoldTransposesPassBase::AttnFoldTransposesPassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldOperands<AttentionOp>, FoldOperands<PartialOp>,
                 FoldOperands<ObserveOp>, FoldOutput>(&getContext());
    GreedyRewriteConfig config;
    config.enableFolding(false);
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
