//===- VectorizeLinalg.cpp - linalg ops to loops over vectors -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vectorises the linalg ops of a function, and makes scalar loops of the rest.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "attn/Transforms/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNVECTORIZELINALGPASS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Returns whether `op` does more than a few scalar operations.
static bool isLarge(linalg::LinalgOp op) {
  int64_t product = 1;
  for (int64_t size : op.getStaticLoopRanges()) {
    if (ShapedType::isDynamic(size))
      return true;
    product *= size;
  }
  return product > 16;
}

/// Emits vector loops for `op` before it. On failure nothing was emitted, and
/// `reason` says why.
static LogicalResult vectorize(RewriterBase &rewriter, linalg::LinalgOp op,
                               unsigned vectorBits, std::string &reason) {
  if (!op.hasPureBufferSemantics()) {
    reason = "it works on tensors";
    return failure();
  }
  if (failed(checkAccesses(op, reason)) || failed(checkBody(op, reason)))
    return failure();
  LoopNest nest = buildLoopNest(rewriter, op);
  std::optional<Plan> plan = choosePlan(nest, vectorBits);
  if (!plan) {
    reason = "no loop is parallel or a reduction with a neutral element";
    return failure();
  }
  Emitter(rewriter, nest, *plan).emit();
  return success();
}

namespace {

/// Turns the linalg ops of a function into loops over vectors.
struct AttnVectorizeLinalgPass final
    : attn::impl::AttnVectorizeLinalgPassBase<AttnVectorizeLinalgPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops)
      if (failed(convert(op)))
        return signalPassFailure();
  }

private:
  /// Replaces `op` by loops, over vectors if possible.
  LogicalResult convert(linalg::LinalgOp op) {
    IRRewriter rewriter(op);
    std::string reason;
    if (succeeded(vectorize(rewriter, op, vectorBits, reason))) {
      ++numVectorized;
    } else {
      ++numScalar;
      if (isLarge(op))
        op.emitRemark("runs as scalar loops: ") << reason;
      if (failed(linalg::linalgOpToLoops(rewriter, op)))
        return op.emitError("has no form as loops");
    }
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace
