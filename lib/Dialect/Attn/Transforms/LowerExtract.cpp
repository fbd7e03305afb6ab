//===- LowerExtract.cpp - guarded reads of tensors ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns attn.extract into a read that happens only inside of the tensor.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "attn/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Rewrites `attn.extract` into `scf.if` around `tensor.extract`.
struct LowerExtract final : OpRewritePattern<ExtractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExtractOp op,
                                PatternRewriter &rewriter) const override {
    TypedAttr zero = rewriter.getZeroAttr(op.getType());
    if (!zero)
      return rewriter.notifyMatchFailure(op, "the type has no zero");
    Location loc = op.getLoc();
    Value inside = emitInside(op, rewriter);
    auto guarded = scf::IfOp::create(rewriter, loc, op.getType(), inside,
                                     /*withElseRegion=*/true);
    rewriter.setInsertionPointToStart(guarded.thenBlock());
    Value element = tensor::ExtractOp::create(rewriter, loc, op.getSource(),
                                              op.getIndices());
    scf::YieldOp::create(rewriter, loc, element);
    rewriter.setInsertionPointToStart(guarded.elseBlock());
    Value none = arith::ConstantOp::create(rewriter, loc, zero);
    scf::YieldOp::create(rewriter, loc, none);
    rewriter.replaceOp(op, guarded);
    return success();
  }

private:
  /// Returns whether all indices are positions of the tensor.
  Value emitInside(ExtractOp op, PatternRewriter &rewriter) const {
    using P = arith::CmpIPredicate;
    Location loc = op.getLoc();
    Value inside = arith::ConstantIntOp::create(rewriter, loc, 1, 1);
    Value zero = arith::ConstantIndexOp::create(rewriter, loc, 0);
    for (auto [axis, index] : llvm::enumerate(op.getIndices())) {
      Value size = tensor::DimOp::create(rewriter, loc, op.getSource(), axis);
      Value holds[] = {
          arith::CmpIOp::create(rewriter, loc, P::sge, index, zero),
          arith::CmpIOp::create(rewriter, loc, P::slt, index, size)};
      for (Value condition : holds)
        inside = arith::AndIOp::create(rewriter, loc, inside, condition);
    }
    return inside;
  }
};

} // namespace

void mlir::attn::populateLowerExtractPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerExtract>(patterns.getContext());
}
