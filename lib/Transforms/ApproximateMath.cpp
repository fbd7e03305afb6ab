//===- ApproximateMath.cpp - math functions as arithmetic -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces math functions of f32, which would become one library call per
// element, by polynomials.
//
//===----------------------------------------------------------------------===//

#include "attn/Transforms/ApproximateMath.h"
#include "attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNAPPROXIMATEMATHPASS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Marks a logarithm of numbers that are not denormal.
static constexpr StringLiteral kNormalAttrName = "attn.normal";

/// Marks a function that the C library computes.
static constexpr StringLiteral kLibraryAttrName = "attn.library";

namespace {

/// Arithmetic on f32 scalars or vectors of one type.
class Arithmetic {
public:
  Arithmetic(OpBuilder &builder, Location loc, Type type)
      : b(loc, builder), type(type) {}

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
/// error of 2e-9 before rounding. At the ends x is an integer, p(f) = 1, and
/// adding n to its exponent gives infinity, or 0; what is less than the
/// smallest normal number is off by less than that number.
struct ExpandExp2 final : OpRewritePattern<math::Exp2Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "only f32 has an expansion");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    using Predicate = arith::CmpFPredicate;
    // A NaN fails both comparisons and stays.
    Value lowest = a.constant(-127.0f), highest = a.constant(128.0f);
    Value x = op.getOperand();
    x = a.select(Predicate::OGT, lowest, x, lowest, x);
    x = a.select(Predicate::OLT, highest, x, highest, x);
    Value shift = a.constant(roundingShift);
    Value shifted = a.add(x, shift);
    Value f = a.sub(x, a.sub(shifted, shift));
    Value p =
        a.polynomial(f, {1.0f, 0.6931471824645996f, 0.24022647738456726f,
                         0.055503323674201965f, 0.00961843691766262f,
                         0.0013398873852565885f, 0.00015353361959569156f});
    rewriter.replaceOp(op, a.scale(p, shifted));
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

/// Returns `value`, of type f32 or a vector of it, with elements of type
/// `element`.
template <typename Cast>
static Value castElements(OpBuilder &builder, Location loc, Value value,
                          Type element) {
  Type type = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(element);
  return Cast::create(builder, loc, type, value);
}

/// log(x) of a denormal x is log(2^23 x) - log(2^23). The logarithm of a normal
/// number is left to upstream's pattern.
template <typename Op>
struct ScaleLog final : OpRewritePattern<Op> {
  ScaleLog(MLIRContext *context, float shift)
      : OpRewritePattern<Op>(context, /*benefit=*/2), shift(shift) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32() ||
        op->hasAttr(kNormalAttrName))
      return rewriter.notifyMatchFailure(op, "not a logarithm of any f32");
    Location loc = op.getLoc();
    Arithmetic a(rewriter, loc, op.getType());
    Value x = op.getOperand();
    using Predicate = arith::CmpFPredicate;
    Value smallest = a.constant(std::numeric_limits<float>::min());
    Value scaled =
        arith::MulFOp::create(rewriter, loc, x, a.constant(8388608.0f));
    auto log = Op::create(rewriter, loc,
                          a.select(Predicate::OLT, x, smallest, scaled, x));
    log->setAttr(kNormalAttrName, rewriter.getUnitAttr());
    Value correction = a.select(Predicate::OLT, x, smallest, a.constant(-shift),
                                a.constant(0.0f));
    rewriter.replaceOp(op, a.add(log, correction));
    return success();
  }

private:
  float shift;
};

/// sin(x) and cos(x): x = n pi/2 + r in f64, which is exact enough as long as
/// n has 51 bits, and then a polynomial of sin(r) or cos(r) in f32. Larger
/// arguments are left to the C library.
template <typename Op>
struct ExpandSinCos final : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32() ||
        op->hasAttr(kLibraryAttrName))
      return rewriter.notifyMatchFailure(op, "not a sine of any f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value x = op.getOperand();
    auto branch = scf::IfOp::create(b, x.getType(), isAnyLarge(b, x),
                                    /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    auto exact = Op::create(b, x);
    exact->setAttr(kLibraryAttrName, b.getUnitAttr());
    scf::YieldOp::create(b, exact.getResult());
    b.setInsertionPointToStart(branch.elseBlock());
    auto [r, quadrant] = reduce(b, op.getLoc(), x);
    scf::YieldOp::create(b, evaluate(b, op.getLoc(), r, quadrant));
    rewriter.replaceOp(op, branch);
    return success();
  }

private:
  /// Returns whether an element of `x` is too large for the reduction.
  static Value isAnyLarge(ImplicitLocOpBuilder &b, Value x) {
    Value limit = arith::ConstantOp::create(b, b.getF32FloatAttr(0x1p51f));
    auto type = dyn_cast<VectorType>(x.getType());
    if (type)
      limit = vector::BroadcastOp::create(b, type, limit);
    // Not "less than": NaN takes either way.
    Value large = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE,
                                        math::AbsFOp::create(b, x), limit);
    if (!type)
      return large;
    auto flat = VectorType::get(type.getNumElements(), b.getI1Type());
    if (flat != large.getType())
      large = vector::ShapeCastOp::create(b, flat, large);
    return vector::ReductionOp::create(b, vector::CombiningKind::OR, large);
  }

  /// Returns x - n pi/2, in f32, and n modulo 2^32.
  static std::pair<Value, Value> reduce(OpBuilder &builder, Location loc,
                                        Value x) {
    x = castElements<arith::ExtFOp>(builder, loc, x, builder.getF64Type());
    Arithmetic wide(builder, loc, x.getType());
    Value shift = wide.constant(builder.getF64FloatAttr(6755399441055744.0));
    Value shifted = wide.fma(
        x, wide.constant(builder.getF64FloatAttr(0.63661977236758134308)),
        shift);
    Value n = wide.sub(shifted, shift);
    Value r = wide.fma(
        n, wide.constant(builder.getF64FloatAttr(-1.57079632679489655800)), x);
    r = wide.fma(
        n, wide.constant(builder.getF64FloatAttr(-6.12323399573676603587e-17)),
        r);
    r = castElements<arith::TruncFOp>(builder, loc, r, builder.getF32Type());
    Value bits = castElements<arith::BitcastOp>(builder, loc, shifted,
                                                builder.getI64Type());
    Value quadrant =
        castElements<arith::TruncIOp>(builder, loc, bits, builder.getI32Type());
    return {r, quadrant};
  }

  /// Returns sin or cos of `r` plus `quadrant` right angles.
  static Value evaluate(OpBuilder &builder, Location loc, Value r,
                        Value quadrant) {
    Arithmetic a(builder, loc, r.getType());
    auto integer = [&](int32_t value) {
      return a.constant(builder.getI32IntegerAttr(value));
    };
    if (std::is_same_v<Op, math::CosOp>)
      quadrant = arith::AddIOp::create(builder, loc, quadrant, integer(1));
    Value r2 = arith::MulFOp::create(builder, loc, r, r);
    Value r3 = arith::MulFOp::create(builder, loc, r2, r);
    Value sin =
        a.fma(a.polynomial(r2, {-0.16666655242443085f, 0.008332155644893646f,
                                -0.0001951463200384751f}),
              r3, r);
    Value cos =
        a.polynomial(r2, {1.0f, -0.5f, 0.04166664555668831f,
                          -0.0013887309469282627f, 2.443241282890085e-05f});
    auto hasBit = [&](int32_t bit) -> Value {
      Value masked =
          arith::AndIOp::create(builder, loc, quadrant, integer(bit));
      return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                   masked, integer(0));
    };
    Value value = arith::SelectOp::create(builder, loc, hasBit(1), cos, sin);
    Value negative = arith::NegFOp::create(builder, loc, value);
    return arith::SelectOp::create(builder, loc, hasBit(2), negative, value);
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
    RewritePatternSet patterns(&getContext());
    populateApproximateMathPatterns(patterns);
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    (void)applyOpPatternsGreedily(functions, std::move(patterns), config);
  }
};

} // namespace

void mlir::attn::populateApproximateMathPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandExp, ExpandExp2, ExpandSinCos<math::CosOp>,
               ExpandSinCos<math::SinOp>, WidenMath>(context);
  patterns.add<ScaleLog<math::LogOp>>(context, 15.942385f);
  patterns.add<ScaleLog<math::Log2Op>>(context, 23.0f);
  // Those of upstream's approximations that are good to a few ulp everywhere.
  populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
    name.consume_front("math.");
    return llvm::is_contained(
        {"acos", "asin", "erf", "expm1", "log", "log1p", "log2", "tanh"}, name);
  });
}
