//===- FuseLinalg.cpp - elementwise producers move to their consumers -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Decides which elementwise ops are fused.
//
//===----------------------------------------------------------------------===//

#include "attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNFUSELINALGPASS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The most ops that the body of a fused op may have.
static constexpr unsigned kMaxBodySize = 96;
/// The most operands that a fused op may have; each needs address registers.
static constexpr unsigned kMaxOperands = 12;
/// Arithmetic that may be repeated for every read of an element.
static constexpr unsigned kMaxRepeatedOps = 2;

/// Returns the number of ops in the body of `op`.
static unsigned getBodySize(linalg::LinalgOp op) {
  return op.getBlock()->getOperations().size();
}

/// Returns whether the body of `op` is so cheap that it may be repeated.
static bool isCheap(linalg::GenericOp op) {
  unsigned cost = 0;
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (isa<arith::ConstantOp, CastOpInterface, linalg::IndexOp>(inner))
      continue;
    if (!isa<arith::ArithDialect>(inner.getDialect()) ||
        isa<arith::DivFOp, arith::RemFOp, arith::DivSIOp, arith::RemSIOp>(
            inner))
      return false;
    ++cost;
  }
  return cost <= kMaxRepeatedOps;
}

/// Returns whether the producer of `operand` should move into its user.
static bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !consumer || !producer->hasOneUse())
    return false;
  if (getBodySize(producer) + getBodySize(consumer) > kMaxBodySize ||
      producer->getNumOperands() + consumer->getNumOperands() > kMaxOperands)
    return false;
  AffineMap map = consumer.getMatchingIndexingMap(operand);
  return map.isPermutation() || isCheap(producer);
}

namespace {

/// Fuses elementwise ops of the functions of a module.
struct AttnFuseLinalgPass final
    : attn::impl::AttnFuseLinalgPassBase<AttnFuseLinalgPass> {
  void runOnOperation() override {
    generalize();
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::DimOp::getCanonicalizationPatterns(patterns, &getContext());
    (void)applyPatternsGreedily(getOperation(), std::move(patterns));
  }

private:
  /// Gives named ops the general form, which is what fusion works on.
  void generalize() {
    SmallVector<linalg::LinalgOp> named;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::FillOp, linalg::GenericOp>(op.getOperation()))
        named.push_back(op);
    });
    for (linalg::LinalgOp op : named) {
      IRRewriter rewriter(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
  }
};

} // namespace
