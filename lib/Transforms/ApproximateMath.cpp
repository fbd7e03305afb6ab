//===- ApproximateMath.cpp - math functions of vectors --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Computes math functions of f32 vectors by polynomials instead of libm calls.
//
//===----------------------------------------------------------------------===//

#include "attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNAPPROXIMATEMATHPASS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Marks functions that libm has to compute.
static constexpr StringLiteral kExactAttrName = "attn.exact";

namespace {

/// Builds arithmetic on vectors of f32 and of their bits.
class VectorMath {
public:
  VectorMath(OpBuilder &builder, Location loc, VectorType type)
      : b(loc, builder), type(type) {}

  Value constant(float value) {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, b.getF32FloatAttr(value)));
  }
  Value integer(int32_t value) {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(getBitsType(), b.getI32IntegerAttr(value)));
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value subtract(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value multiply(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, x, y, z);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, condition, x, y);
  }
  Value less(Value x, Value y) {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y);
  }
  Value bits(Value x) { return arith::BitcastOp::create(b, getBitsType(), x); }
  Value fromBits(Value x) { return arith::BitcastOp::create(b, type, x); }

  /// Returns c[0] + c[1] x + c[2] x^2 + ..
  Value polynomial(ArrayRef<float> coefficients, Value x) {
    Value sum = constant(coefficients.back());
    for (float coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, constant(coefficient));
    return sum;
  }

  /// Returns x rounded to an integer, in the low bits of the first result, and
  /// as a number in the second. |x| must be below 2^22.
  std::pair<Value, Value> round(Value x) {
    // Adding 1.5 * 2^23 leaves no room for a fraction.
    Value magic = constant(12582912.0f);
    Value shifted = add(x, magic);
    return {bits(shifted), subtract(shifted, magic)};
  }

  ImplicitLocOpBuilder b;

private:
  VectorType getBitsType() { return type.clone(b.getI32Type()); }

  VectorType type;
};

/// Matches a function of f32 vectors that is not marked as exact.
template <typename Op>
struct ApproximatePattern : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const final {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || !type.getElementType().isF32() || op->hasAttr(kExactAttrName))
      return rewriter.notifyMatchFailure(op, "not a vector of f32");
    VectorMath m(rewriter, op.getLoc(), type);
    rewriter.replaceOp(op, approximate(m, op));
    return success();
  }

  /// Returns the value of the function.
  virtual Value approximate(VectorMath &m, Op op) const = 0;
};

/// 2^x = 2^n (1 + f p(f)) with n = round(x), f = x - n.
struct ApproximateExp2 final : ApproximatePattern<math::Exp2Op> {
  using ApproximatePattern::ApproximatePattern;

  Value approximate(VectorMath &m, math::Exp2Op op) const override {
    Value x = op.getOperand();
    // Beyond these the result is 0 or infinite; a NaN stays one.
    Value low = m.constant(-151.0f), high = m.constant(129.0f);
    Value clamped = m.select(m.less(x, low), low, x);
    clamped = m.select(m.less(high, clamped), high, clamped);
    auto [shifted, n] = m.round(clamped);
    Value f = m.subtract(clamped, n);
    Value p = m.polynomial({1.0f, 0.6931471824645996f, 0.24022650718688965f,
                            0.055503569543361664f, 0.009618030861020088f,
                            0.0013390866806730628f, 0.0001546973071526736f},
                           f);
    // Two factors, because 2^n alone may overflow or be denormal.
    Value integer = arith::SubIOp::create(m.b, shifted, m.integer(0x4b400000));
    Value half = arith::ShRSIOp::create(m.b, integer, m.integer(1));
    Value rest = arith::SubIOp::create(m.b, integer, half);
    return m.multiply(m.multiply(p, power(m, half)), power(m, rest));
  }

private:
  /// Returns 2^n for n in [-126, 127].
  static Value power(VectorMath &m, Value n) {
    Value biased = arith::AddIOp::create(m.b, n, m.integer(127));
    return m.fromBits(arith::ShLIOp::create(m.b, biased, m.integer(23)));
  }
};

/// log(x) of a denormal x is log(2^23 x) - 23 log(2).
struct ScaleLog final : ApproximatePattern<math::LogOp> {
  using ApproximatePattern::ApproximatePattern;

  Value approximate(VectorMath &m, math::LogOp op) const override {
    Value x = op.getOperand();
    Value tiny = m.less(x, m.constant(1.17549435e-38f));
    Value scaled = m.multiply(x, m.constant(8388608.0f));
    auto log = math::LogOp::create(m.b, m.select(tiny, scaled, x));
    log->setAttr(kExactAttrName, m.b.getUnitAttr());
    Value shift = m.select(tiny, m.constant(-15.942385f), m.constant(0.0f));
    return m.add(log, shift);
  }
};

/// sin or cos by a remainder of pi / 2 and two polynomials. Arguments so large
/// that the remainder would be off go to libm.
template <typename Op, int32_t quadrantOfZero>
struct ApproximateSine final : ApproximatePattern<Op> {
  using ApproximatePattern<Op>::ApproximatePattern;

  Value approximate(VectorMath &m, Op op) const override {
    Value x = op.getOperand();
    // Not "less than": NaN takes either way.
    Value large = arith::CmpFOp::create(m.b, arith::CmpFPredicate::OGT,
                                        math::AbsFOp::create(m.b, x),
                                        m.constant(100000.0f));
    auto type = cast<VectorType>(large.getType());
    auto flatType =
        VectorType::get({type.getNumElements()}, type.getElementType());
    if (flatType != type)
      large = vector::ShapeCastOp::create(m.b, flatType, large);
    Value any =
        vector::ReductionOp::create(m.b, vector::CombiningKind::OR, large);
    auto branch = scf::IfOp::create(m.b, x.getType(), any, true);
    {
      OpBuilder::InsertionGuard guard(m.b);
      m.b.setInsertionPointToStart(branch.thenBlock());
      auto exact = Op::create(m.b, x);
      exact->setAttr(kExactAttrName, m.b.getUnitAttr());
      scf::YieldOp::create(m.b, exact.getResult());
      m.b.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(m.b, evaluate(m, x));
    }
    return branch.getResult(0);
  }

private:
  static Value evaluate(VectorMath &m, Value x) {
    auto [shifted, n] = m.round(m.multiply(x, m.constant(0.636619772f)));
    // pi / 2 in three parts.
    Value r = m.fma(n, m.constant(-1.57079637f), x);
    r = m.fma(n, m.constant(4.37113883e-8f), r);
    r = m.fma(n, m.constant(1.71512451e-15f), r);
    Value z = m.multiply(r, r);
    Value cube = m.multiply(r, z);
    Value sine =
        m.fma(m.polynomial({-1.66666647e-1f, 8.33275136e-3f, -1.95879e-4f}, z),
              cube, r);
    Value cosine = m.fma(
        m.polynomial({4.16666458e-2f, -1.38883017e-3f, 2.45477863e-5f}, z),
        m.multiply(z, z), m.fma(z, m.constant(-0.5f), m.constant(1.0f)));
    Value quadrant =
        arith::AddIOp::create(m.b, shifted, m.integer(quadrantOfZero));
    Value odd = arith::CmpIOp::create(
        m.b, arith::CmpIPredicate::ne,
        arith::AndIOp::create(m.b, quadrant, m.integer(1)), m.integer(0));
    Value result = m.bits(m.select(odd, cosine, sine));
    Value negative = arith::AndIOp::create(m.b, quadrant, m.integer(2));
    Value sign = arith::ShLIOp::create(m.b, negative, m.integer(30));
    return m.fromBits(arith::XOrIOp::create(m.b, result, sign));
  }
};

/// Rewrites math functions of vectors into arithmetic.
struct AttnApproximateMathPass final
    : attn::impl::AttnApproximateMathPassBase<AttnApproximateMathPass> {
  void runOnOperation() override {
    SmallVector<Operation *> functions;
    getOperation()->walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()) &&
          isa<VectorType>(op->getResult(0).getType()))
        functions.push_back(op);
    });
    if (functions.empty())
      return;
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    populateMathPolynomialApproximationPatterns(patterns, isUpstream);
    patterns.add<ApproximateExp2, ScaleLog, ApproximateSine<math::SinOp, 0>,
                 ApproximateSine<math::CosOp, 1>>(context, /*benefit=*/2);
    populateMathF32ExpansionPatterns(
        patterns, [](StringRef) { return true; }, /*benefit=*/3);
    (void)applyOpPatternsGreedily(functions, std::move(patterns));
  }

private:
  /// Returns whether upstream's polynomial for the op `name` is good enough.
  /// Its sine loses digits quickly as arguments grow; for 1 / sqrt there are
  /// exact instructions.
  static bool isUpstream(StringRef name) {
    return name != math::RsqrtOp::getOperationName() &&
           name != math::SinOp::getOperationName() &&
           name != math::CosOp::getOperationName();
  }
};

} // namespace
