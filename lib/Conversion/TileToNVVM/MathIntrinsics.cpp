//===- MathIntrinsics.cpp - math operations that GPUs have ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream turns these into calls of libdevice, a library that need not be
// installed. LLVM has them as intrinsics, which become one or two instructions.
//
//===----------------------------------------------------------------------===//

#include "MathIntrinsics.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::tile;

namespace {

/// Replaces an operation by a call of the LLVM intrinsic of that name.
template <typename Op>
struct CallIntrinsic final : OpRewritePattern<Op> {
  CallIntrinsic(MLIRContext *context, StringRef intrinsic)
      : OpRewritePattern<Op>(context), intrinsic(intrinsic) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Type type = op->getResult(0).getType();
    if (!type.isF32() && !type.isF64())
      return rewriter.notifyMatchFailure(op, "not f32 or f64");
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, type, rewriter.getStringAttr(intrinsic), op->getOperands());
    return success();
  }

  StringRef intrinsic;
};

} // namespace

void mlir::tile::populateMathIntrinsicPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<CallIntrinsic<math::AbsFOp>>(context, "llvm.fabs");
  patterns.add<CallIntrinsic<math::CeilOp>>(context, "llvm.ceil");
  patterns.add<CallIntrinsic<math::CopySignOp>>(context, "llvm.copysign");
  patterns.add<CallIntrinsic<math::FloorOp>>(context, "llvm.floor");
  patterns.add<CallIntrinsic<math::RoundEvenOp>>(context, "llvm.roundeven");
  patterns.add<CallIntrinsic<math::SqrtOp>>(context, "llvm.sqrt");
  patterns.add<CallIntrinsic<math::TruncOp>>(context, "llvm.trunc");
}

LogicalResult mlir::tile::checkMath(Operation *function) {
  WalkResult result = function->walk([](Operation *op) {
    bool isCall = isa<math::MathDialect>(op->getDialect()) &&
                  !isa<math::AbsIOp, math::CountLeadingZerosOp, math::CtPopOp,
                       math::CountTrailingZerosOp, math::FmaOp>(op);
    if (!isCall && !isa<arith::RemFOp>(op))
      return WalkResult::advance();
    op->emitOpError("of ") << op->getResult(0).getType()
                           << " has no instruction on GPUs; write it by other "
                              "operations, or run on a CPU";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
