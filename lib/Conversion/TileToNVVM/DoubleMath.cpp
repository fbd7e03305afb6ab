//===- DoubleMath.cpp - functions of f64 on GPUs --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GPUs have no instruction for these, and kernels call no library.
//
//===----------------------------------------------------------------------===//

#include "DoubleMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"

#include <limits>

using namespace mlir;
using namespace mlir::tile;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// ln 2 in two parts: the product of the first with an exponent is exact.
static constexpr double ln2High = 0x1.62e42fee00000p-1,
                        ln2Low = 0x1.a39ef35793c76p-33;

namespace {

/// Arithmetic on f64 and on its bits.
class Doubles {
public:
  Doubles(OpBuilder &builder, Location loc) : b(loc, builder) {}

  Value constant(double value) {
    return arith::ConstantOp::create(b, b.getF64FloatAttr(value));
  }
  Value integer(int64_t value) {
    return arith::ConstantOp::create(b, b.getI64IntegerAttr(value));
  }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, x, y, z);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value toBits(Value x) {
    return arith::BitcastOp::create(b, b.getI64Type(), x);
  }
  Value fromBits(Value x) {
    return arith::BitcastOp::create(b, b.getF64Type(), x);
  }
  Value addBits(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value subBits(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value shiftLeft(Value x, int64_t by) {
    return arith::ShLIOp::create(b, x, integer(by));
  }
  Value shiftRight(Value x, int64_t by) {
    return arith::ShRSIOp::create(b, x, integer(by));
  }
  Value toFloat(Value x) {
    return arith::SIToFPOp::create(b, b.getF64Type(), x);
  }
  Value select(arith::CmpFPredicate predicate, Value x, double y, Value yes,
               Value no) {
    Value holds = arith::CmpFOp::create(b, predicate, x, constant(y));
    return arith::SelectOp::create(b, holds, yes, no);
  }

  /// Evaluates the polynomial whose coefficient `i` of `count` is `get(i)`.
  Value polynomial(Value x, int count, function_ref<double(int)> get) {
    Value sum = constant(get(count - 1));
    for (int i = count - 2; i >= 0; --i)
      sum = fma(sum, x, constant(get(i)));
    return sum;
  }

private:
  ImplicitLocOpBuilder b;
};

/// exp(x) = 2^n p(r), n = round(x / ln 2), r = x - n ln 2. Results below the
/// smallest normal number are 0.
struct ExpandDoubleExp final : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF64())
      return rewriter.notifyMatchFailure(op, "only f64 is expanded here");
    using Predicate = arith::CmpFPredicate;
    Doubles d(rewriter, op.getLoc());
    Value x = op.getOperand();
    // Adding this number rounds to an integer, which is then in the low bits.
    Value shift = d.constant(0x1.8p52);
    Value shifted = d.fma(x, d.constant(0x1.71547652b82fep0), shift);
    Value n = d.sub(shifted, shift);
    Value r = d.fma(n, d.constant(-ln2High), x);
    r = d.fma(n, d.constant(-ln2Low), r);
    Value p = d.polynomial(r, 14, [](int i) {
      double factorial = 1.0;
      for (; i > 1; --i)
        factorial *= i;
      return 1.0 / factorial;
    });
    Value bits = d.addBits(d.toBits(p), d.shiftLeft(d.toBits(shifted), 52));
    Value value = d.fromBits(bits);
    value = d.select(Predicate::OLT, x, -708.0, d.constant(0.0), value);
    value = d.select(Predicate::OGT, x, 709.78, d.constant(infinity), value);
    rewriter.replaceOp(op, d.select(Predicate::UNO, x, 0.0, x, value));
    return success();
  }
};

/// log(x) = e ln 2 + 2 atanh((m - 1) / (m + 1)) for x = 2^e m and m between
/// sqrt(1/2) and sqrt(2).
struct ExpandDoubleLog final : OpRewritePattern<math::LogOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::LogOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF64())
      return rewriter.notifyMatchFailure(op, "only f64 is expanded here");
    using Predicate = arith::CmpFPredicate;
    Doubles d(rewriter, op.getLoc());
    Value x = op.getOperand();
    // Subnormal numbers are made normal ones.
    constexpr double smallest = std::numeric_limits<double>::min();
    Value normal =
        d.select(Predicate::OLT, x, smallest, d.mul(x, d.constant(0x1p54)), x);
    Value correction = d.select(Predicate::OLT, x, smallest, d.constant(-54.0),
                                d.constant(0.0));
    Value bits = d.toBits(normal);
    // The bits of sqrt(1/2).
    Value e = d.shiftRight(d.subBits(bits, d.integer(0x3fe6a09e667f3bcd)), 52);
    Value m = d.fromBits(d.subBits(bits, d.shiftLeft(e, 52)));
    Value exponent = d.add(d.toFloat(e), correction);
    Value one = d.constant(1.0);
    Value f = d.div(d.sub(m, one), d.add(m, one));
    Value p =
        d.polynomial(d.mul(f, f), 12, [](int i) { return 2.0 / (2 * i + 1); });
    Value value = d.fma(exponent, d.constant(ln2Low), d.mul(f, p));
    value = d.fma(exponent, d.constant(ln2High), value);
    value = d.select(Predicate::OEQ, x, 0.0, d.constant(-infinity), value);
    value = d.select(Predicate::OEQ, x, infinity, x, value);
    // Of what is negative, and of NaN.
    Value none = d.constant(std::numeric_limits<double>::quiet_NaN());
    rewriter.replaceOp(op, d.select(Predicate::ULT, x, 0.0, none, value));
    return success();
  }
};

} // namespace

void mlir::tile::populateDoubleMathPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandDoubleExp, ExpandDoubleLog>(patterns.getContext());
}

LogicalResult mlir::tile::checkDoubleMath(gpu::GPUFuncOp function) {
  WalkResult result = function.walk([](Operation *op) {
    if (!isa_and_nonnull<math::MathDialect>(op->getDialect()) ||
        op->getNumResults() == 0 || !op->getResult(0).getType().isF64() ||
        isa<math::FmaOp, math::SqrtOp, math::AbsFOp, math::CeilOp,
            math::FloorOp, math::TruncOp, math::RoundEvenOp, math::CopySignOp>(
            op))
      return WalkResult::advance();
    op->emitOpError("of f64 has no lowering on GPUs; compute it in f32");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
