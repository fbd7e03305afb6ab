//===- AttnCanonicalize.cpp - simpler forms of the same meaning -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonicalisation of attention and of masks.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// A scale that is a constant becomes an attribute.
struct ScaleToAttribute final : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    FloatAttr scale;
    if (!op.getScale() || !matchPattern(op.getScale(), m_Constant(&scale)))
      return rewriter.notifyMatchFailure(op, "the scale is no constant");
    rewriter.modifyOpInPlace(op, [&] {
      op.getScaleMutable().clear();
      op.setScaleAttrAttr(rewriter.getF64FloatAttr(scale.getValueAsDouble()));
    });
    return success();
  }
};

/// A scale of 1 is no scale.
struct DropUnitScale final : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<APFloat> scale = op.getScaleAttr();
    if (!scale || !scale->isExactlyValue(1.0))
      return rewriter.notifyMatchFailure(op, "the scale is not 1");
    rewriter.modifyOpInPlace(op, [&] { op.removeScaleAttrAttr(); });
    return success();
  }
};

/// An offset of 0 is no offset.
struct DropZeroOffset final : OpRewritePattern<MaskOffsetOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MaskOffsetOp op,
                                PatternRewriter &rewriter) const override {
    auto isZero = [](Value offset) {
      return offset && matchPattern(offset, m_Zero());
    };
    if (!isZero(op.getQueryOffset()) && !isZero(op.getKeyOffset()))
      return rewriter.notifyMatchFailure(op, "no offset is 0");
    rewriter.modifyOpInPlace(op, [&] {
      if (isZero(op.getQueryOffset()))
        op.getQueryOffsetMutable().clear();
      if (isZero(op.getKeyOffset()))
        op.getKeyOffsetMutable().clear();
    });
    return success();
  }
};

/// mask.offset(mask.offset(m, a), b) is mask.offset(m, a + b).
struct MergeOffsets final : OpRewritePattern<MaskOffsetOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MaskOffsetOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getMask().getDefiningOp<MaskOffsetOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "the mask is no offset");
    if (!op.getOverOffsets().empty() && !inner.getOverOffsets().empty())
      return rewriter.notifyMatchFailure(op, "both shift batch coordinates");
    SmallVector<Value> over(op.getOverOffsets());
    over.append(inner.getOverOffsets().begin(), inner.getOverOffsets().end());
    auto add = [&](Value lhs, Value rhs) -> Value {
      if (!lhs || !rhs)
        return lhs ? lhs : rhs;
      return arith::AddIOp::create(rewriter, op.getLoc(), lhs, rhs);
    };
    Value query = add(inner.getQueryOffset(), op.getQueryOffset());
    Value key = add(inner.getKeyOffset(), op.getKeyOffset());
    rewriter.replaceOpWithNewOp<MaskOffsetOp>(op, op.getType(), inner.getMask(),
                                              query, key, over);
    return success();
  }
};

} // namespace

void AttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<DropUnitScale, ScaleToAttribute>(context);
}

void MaskOffsetOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                               MLIRContext *context) {
  patterns.add<DropZeroOffset, MergeOffsets>(context);
}
