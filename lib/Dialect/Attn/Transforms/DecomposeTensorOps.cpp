//===- DecomposeTensorOps.cpp - tensor ops to linalg ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites the ops without named coordinates into linalg on tensors.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "DecomposeTensorOps.h"

#include "attn/Dialect/Attn/Utils/Checks.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNDECOMPOSETENSOROPSPASS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Rewrites an op into what its `decompose` builds.
template <typename OpTy>
struct DecomposeOp final : OpRewritePattern<OpTy> {
  DecomposeOp(MLIRContext *context, bool wide)
      : OpRewritePattern<OpTy>(context), wide(wide) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    auto isF64 = [](Type type) { return getElementTypeOrSelf(type).isF64(); };
    Type type = rewriter.getF32Type();
    if (wide || llvm::any_of(op->getOperandTypes(), isF64))
      type = rewriter.getF64Type();
    emitOperandChecks(rewriter, op);
    Emitter emitter(op.getLoc(), rewriter, type);
    rewriter.replaceOp(op, decompose(emitter, op));
    return success();
  }

private:
  bool wide;
};

/// Applies the patterns once to each op; folds nothing.
struct AttnDecomposeTensorOpsPass final
    : attn::impl::AttnDecomposeTensorOpsPassBase<AttnDecomposeTensorOpsPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateDecomposeTensorOpsPatterns(patterns, wide);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace

void mlir::attn::populateDecomposeTensorOpsPatterns(RewritePatternSet &patterns,
                                                    bool wide) {
  patterns.add<
      DecomposeOp<CombineOp>, DecomposeOp<ExpmOp>, DecomposeOp<FinalizeOp>,
      DecomposeOp<LinearMapOp>, DecomposeOp<MergeOp>, DecomposeOp<NormOp>,
      DecomposeOp<PrefixOp>, DecomposeOp<SoftmaxOp>, DecomposeOp<RotaryTableOp>,
      DecomposeOp<RotateBlocksOp>, DecomposeOp<RotateOp>, DecomposeOp<TopkOp>>(
      patterns.getContext(), wide);
}
