//===- ExpandMath.cpp - math functions as vector arithmetic ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace {

/// Arithmetic on f32 scalars or vectors of one type.
class Arithmetic {
public:
  Arithmetic(PatternRewriter &rewriter, Location loc, Type type)
      : b(loc, rewriter), type(type) {}

  Value constant(float value) { return constant(b.getF32FloatAttr(value)); }
  Value constant(TypedAttr value) {
    Type wanted = clone(value.getType());
    if (auto shaped = dyn_cast<ShapedType>(wanted))
      value = DenseElementsAttr::get(shaped, Attribute(value));
    return arith::ConstantOp::create(b, value);
  }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, x, y, z);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value select(arith::CmpFPredicate predicate, Value x, Value y, Value yes,
               Value no) {
    Value isSo = arith::CmpFOp::create(b, predicate, x, y);
    return arith::SelectOp::create(b, isSo, yes, no);
  }

  /// Evaluates the polynomial with the given coefficients, constant first.
  Value polynomial(Value x, ArrayRef<float> coefficients) {
    Value sum = constant(coefficients.back());
    for (float coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, constant(coefficient));
    return sum;
  }

  /// Returns `x` * 2^n, for the integer n in the low bits of `shifted`, by
  /// adding n to the exponent.
  Value scale(Value x, Value shifted) {
    Type i32 = clone(b.getI32Type());
    Value n =
        arith::ShLIOp::create(b, arith::BitcastOp::create(b, i32, shifted),
                              constant(b.getI32IntegerAttr(23)));
    Value bits = arith::BitcastOp::create(b, i32, x);
    return arith::BitcastOp::create(b, type, arith::AddIOp::create(b, bits, n));
  }

  /// Returns the exponential `value` of `x`, corrected outside of the range in
  /// which it is a normal number: 0 below, infinity above, NaN for NaN.
  Value limit(Value x, Value value, float lowest, float highest) {
    using Predicate = arith::CmpFPredicate;
    Value infinity = constant(std::numeric_limits<float>::infinity());
    Value zero = constant(0.0f);
    value = select(Predicate::OGT, x, constant(highest), infinity, value);
    Value below = select(Predicate::OGT, zero, x, zero, x);
    return select(Predicate::OGE, x, constant(lowest), value, below);
  }

private:
  Type clone(Type element) {
    auto vector = dyn_cast<VectorType>(type);
    return vector ? Type(vector.clone(element)) : element;
  }

  ImplicitLocOpBuilder b;
  Type type;
};

/// Adding this number rounds to an integer, which is then in the low bits.
constexpr float roundingShift = 12582912.0f; // 1.5 * 2^23

/// exp2(x) = 2^n p(f), n = round(x), f = x - n. The polynomial has a relative
/// error of 2e-9 before rounding.
struct ExpandExp2 final : OpRewritePattern<math::Exp2Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "only f32 has an expansion");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    Value x = op.getOperand();
    Value shift = a.constant(roundingShift);
    Value shifted = a.add(x, shift);
    Value f = a.sub(x, a.sub(shifted, shift));
    Value p =
        a.polynomial(f, {1.0f, 0.6931471824645996f, 0.24022647738456726f,
                         0.055503323674201965f, 0.00961843691766262f,
                         0.0013398873852565885f, 0.00015353361959569156f});
    rewriter.replaceOp(
        op, a.limit(x, a.scale(p, shifted), -126.0f, 127.99999237060547f));
    return success();
  }
};

/// exp(x) = 2^n p(f), n = round(x / ln 2), f = x - n ln 2, where ln 2 is the
/// sum of a number with few bits, whose product with n is exact, and a rest.
struct ExpandExp final : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "only f32 has an expansion");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    Value x = op.getOperand();
    Value shift = a.constant(roundingShift);
    Value shifted = a.fma(x, a.constant(1.44269504088896341f), shift);
    Value n = a.sub(shifted, shift);
    Value f = a.fma(n, a.constant(-0.693359375f), x);
    f = a.fma(n, a.constant(2.12194440e-4f), f);
    Value p = a.polynomial(f, {1.0f, 1.0f, 0.4999999403953552f,
                               0.16666431725025177f, 0.04166800156235695f,
                               0.008374162949621677f, 0.001384364441037178f});
    rewriter.replaceOp(
        op, a.limit(x, a.scale(p, shifted), -87.33654475f, 88.72283173f));
    return success();
  }
};

/// Computes a function of f16 or bf16 in f32.
struct WidenMath final : RewritePattern {
  WidenMath(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    auto isHalf = [](Type type) {
      Type element = getElementTypeOrSelf(type);
      return element.isF16() || element.isBF16();
    };
    if (!isa_and_nonnull<math::MathDialect>(op->getDialect()) ||
        op->getNumResults() != 1 || !isHalf(op->getResultTypes().front()) ||
        !llvm::all_of(op->getOperandTypes(), isHalf))
      return rewriter.notifyMatchFailure(op, "not a function of f16 or bf16");
    Type type = op->getResultTypes().front();
    Type wide = rewriter.getF32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      wide = vector.clone(wide);
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand,
                  arith::ExtFOp::create(rewriter, op->getLoc(), wide, operand));
    Operation *inWide = rewriter.clone(*op, mapping);
    inWide->getResult(0).setType(wide);
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, type,
                                                 inWide->getResult(0));
    return success();
  }
};

} // namespace

void mlir::tile::populateExpandMathPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandExp, ExpandExp2>(patterns.getContext(), /*benefit=*/2);
  patterns.add<WidenMath>(patterns.getContext());
  populateMathPolynomialApproximationPatterns(patterns);
  arith::populateExpandBFloat16Patterns(patterns);
}
