// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on f32, pairs of f32 and f64, and approximations of functions.

#include "Elementwise.h"

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

//===----------------------------------------------------------------------===//
// f32
//===----------------------------------------------------------------------===//

/// What follows each f32 operation: `.ftz`, `.sat`, canonical NaNs.
template <bool Ftz, bool Sat>
ATTN_SIM_INLINE inline float finish(float value) {
  value = flush<Ftz>(value);
  return Sat ? saturate(value) : canonical(value);
}

template <Rounding R>
struct Add {
  ATTN_SIM_INLINE static float compute(float a, float b) {
    if constexpr (R == Rounding::NearestEven)
      return a + b;
    else
      return addRounded<R>(a, b);
  }
};
template <Rounding R>
struct Subtract {
  ATTN_SIM_INLINE static float compute(float a, float b) {
    return Add<R>::compute(a, -b);
  }
};
template <Rounding R>
struct Multiply {
  ATTN_SIM_INLINE static float compute(float a, float b) {
    if constexpr (R == Rounding::NearestEven)
      return a * b;
    else
      return toFloat<R>(double(a) * double(b));
  }
};
template <Rounding R>
struct Fma {
  ATTN_SIM_INLINE static float compute(float a, float b, float c) {
    if constexpr (R == Rounding::NearestEven)
      return std::fma(a, b, c);
    else
      return addRounded<R>(double(a) * double(b), c);
  }
};
/// The quotient of two floats is never as close to a float as the last bit of
/// a double without being one, so that rounding it twice does no harm.
template <Rounding R>
struct Divide {
  ATTN_SIM_INLINE static float compute(float a, float b) {
    if constexpr (R == Rounding::NearestEven)
      return a / b;
    else
      return toFloat<R>(double(a) / double(b));
  }
};
template <Rounding R>
struct Reciprocal {
  ATTN_SIM_INLINE static float compute(float a) {
    return Divide<R>::compute(1.0f, a);
  }
};
/// The same holds for square roots.
template <Rounding R>
struct SquareRoot {
  ATTN_SIM_INLINE static float compute(float a) {
    if constexpr (R == Rounding::NearestEven)
      return std::sqrt(a);
    else
      return toFloat<R>(std::sqrt(double(a)));
  }
};

struct ReciprocalSquareRoot {
  ATTN_SIM_INLINE static float compute(float a) {
    return float(1 / std::sqrt(double(a)));
  }
};
/// Divisors near the end of the range give zero: div.approx multiplies by a
/// reciprocal that is flushed.
struct DivideApproximately {
  ATTN_SIM_INLINE static float compute(float a, float b) {
    float quotient = a / b;
    float product = withSignOf(0.0f, quotient) * withoutSign(a);
    float magnitude = withoutSign(b);
    bool isLarge = magnitude > 0x1p126f && magnitude < INFINITY;
    return isLarge ? product : quotient;
  }
};
struct Exp2 {
  ATTN_SIM_INLINE static float compute(float a) {
    return a != a ? a : float(exp2Double(a));
  }
};
struct Log2 {
  ATTN_SIM_INLINE static float compute(float a) {
    float result = float(log2Double(a));
    result = a == 0 ? -INFINITY : result;
    result = a == INFINITY ? INFINITY : result;
    return a >= 0 ? result : canonicalNan<float>();
  }
};

/// Applies `F::compute` to f32, with what the qualifiers ask for.
template <typename F, bool Ftz, bool Sat = false>
struct Modified {
  ATTN_SIM_INLINE static float apply(float a) {
    return finish<Ftz, Sat>(F::compute(flush<Ftz>(a)));
  }
};
template <typename F, bool Ftz, bool Sat = false>
struct Modified2 {
  ATTN_SIM_INLINE static float apply(float a, float b) {
    return finish<Ftz, Sat>(F::compute(flush<Ftz>(a), flush<Ftz>(b)));
  }
};
template <typename F, bool Ftz, bool Sat = false>
struct Modified3 {
  ATTN_SIM_INLINE static float apply(float a, float b, float c) {
    return finish<Ftz, Sat>(
        F::compute(flush<Ftz>(a), flush<Ftz>(b), flush<Ftz>(c)));
  }
};

/// Binds `Wrapper<Op<rounding>, ftz, sat>` on f32, or f32x2 without `.sat`.
template <template <typename, bool, bool> class Wrapper,
          template <Rounding> class Op>
void bindFloat(Binding &b) {
  b.op.handler = forRounding(b, [&](auto rounding) {
    return forFlag(b.has("ftz"), [&](auto ftz) -> Handler {
      using F = Op<rounding>;
      if (b.type() == Type::F32x2)
        return &elementwisePair<Wrapper<F, ftz, false>>;
      return b.has("sat") ? &elementwise<Wrapper<F, ftz, true>>
                          : &elementwise<Wrapper<F, ftz, false>>;
    });
  });
}

/// Binds an operation without rounding.
template <template <typename, bool, bool> class Wrapper, typename F>
void bindSimple(Binding &b) {
  b.op.handler = forFlag(b.has("ftz"), [](auto ftz) -> Handler {
    return &elementwise<Wrapper<F, ftz, false>>;
  });
}

/// A function computed by the host's library, flushed as qualifiers say.
template <FloatFunction Function, bool Ftz>
Outcome libraryFunction(Warp &warp, const Operation &op) {
  Lanes<float> a = warp.read<float>(op.operands[1]), result;
  for (unsigned i = 0; i < kLanes; ++i)
    a[i] = flush<Ftz>(a[i]);
  computeFunction(Function, kLanes, a.data(), result.data());
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] = flush<Ftz>(result[i]);
  warp.write<float>(op.operands[0], result, warp.isDefined(op.operands[1], 4));
  return Outcome::Next;
}
template <FloatFunction Function>
void bindLibrary(Binding &b) {
  b.op.handler = forFlag(b.has("ftz"), [](auto ftz) -> Handler {
    return &libraryFunction<Function, ftz>;
  });
}

//===----------------------------------------------------------------------===//
// f32 with a 16-bit operand
//===----------------------------------------------------------------------===//

/// a + c, where a has 16 bits.
template <typename Format, Rounding R, bool Minus, bool Sat>
struct AddMixed {
  ATTN_SIM_INLINE static float apply(uint16_t a, float c) {
    return finish<false, Sat>(
        Add<R>::compute(decodeFloat<Format>(a), Minus ? -c : c));
  }
};
template <typename Format, Rounding R, bool Sat>
struct FmaMixed {
  ATTN_SIM_INLINE static float apply(uint16_t a, uint16_t b, float c) {
    return finish<false, Sat>(
        Fma<R>::compute(decodeFloat<Format>(a), decodeFloat<Format>(b), c));
  }
};

template <bool Minus>
void bindAddMixed(Binding &b) {
  b.op.handler = forRounding(b, [&](auto rounding) {
    return forFlag(b.has("sat"), [&](auto sat) -> Handler {
      if (b.type(1) == Type::F16)
        return &elementwise<AddMixed<Float16, rounding, Minus, sat>>;
      return &elementwise<AddMixed<BFloat16, rounding, Minus, sat>>;
    });
  });
}
void bindFmaMixed(Binding &b) {
  b.op.handler = forRounding(b, [&](auto rounding) {
    return forFlag(b.has("sat"), [&](auto sat) -> Handler {
      if (b.type(1) == Type::F16)
        return &elementwise<FmaMixed<Float16, rounding, sat>>;
      return &elementwise<FmaMixed<BFloat16, rounding, sat>>;
    });
  });
}

//===----------------------------------------------------------------------===//
// f64
//===----------------------------------------------------------------------===//

template <DoubleOperation O>
ATTN_SIM_INLINE inline double computeNearest(double a, double b, double c) {
  switch (O) {
  case DoubleOperation::Add:
    return a + b;
  case DoubleOperation::Multiply:
    return a * b;
  case DoubleOperation::Fma:
    return std::fma(a, b, c);
  case DoubleOperation::Divide:
    return a / b;
  case DoubleOperation::Sqrt:
    return std::sqrt(a);
  }
}

/// What to do to the operands before: subtraction negates the second,
/// reciprocals have a first operand of one.
enum class DoubleForm : uint8_t { Plain, Subtract, Reciprocal };

template <DoubleOperation O, DoubleForm F, Rounding R>
Outcome doubleOperation(Warp &warp, const Operation &op) {
  constexpr unsigned sources =
      O == DoubleOperation::Fma                                   ? 3
      : O == DoubleOperation::Sqrt || F == DoubleForm::Reciprocal ? 1
                                                                  : 2;
  Lanes<double> a = warp.read<double>(op.operands[1]), b = a, c = a;
  LaneMask where = warp.isDefined(op.operands[1], 8);
  if constexpr (sources > 1) {
    b = warp.read<double>(op.operands[2]);
    where &= warp.isDefined(op.operands[2], 8);
  }
  if constexpr (sources > 2) {
    c = warp.read<double>(op.operands[3]);
    where &= warp.isDefined(op.operands[3], 8);
  }
  if constexpr (F == DoubleForm::Subtract)
    for (double &value : b)
      value = -value;
  if constexpr (F == DoubleForm::Reciprocal)
    a.fill(1.0);

  Lanes<double> result;
  if constexpr (R == Rounding::NearestEven)
    for (unsigned i = 0; i < kLanes; ++i)
      result[i] = canonical(computeNearest<O>(a[i], b[i], c[i]));
  else
    computeDirected(O, R, kLanes, a.data(), b.data(), c.data(), result.data());
  warp.write<double>(op.operands[0], result, where);
  return Outcome::Next;
}

template <DoubleOperation O, DoubleForm F = DoubleForm::Plain>
void bindDouble(Binding &b) {
  b.op.handler = forRounding(b, [](auto rounding) -> Handler {
    return &doubleOperation<O, F, rounding>;
  });
}

/// Makes subnormal doubles zero.
ATTN_SIM_INLINE inline double flushDouble(double value) {
  return withoutSign(value) < 0x1p-1022 ? withSignOf(0.0, value) : value;
}
/// Keeps the upper 32 bits: approximations of f64 look at no more.
ATTN_SIM_INLINE inline double upperWord(double value) {
  return bitsAs<double>(bitsAs<uint64_t>(value) >> 32 << 32);
}

/// rcp.approx.ftz.f64: correct in the upper 32 bits.
struct ReciprocalApproximate {
  ATTN_SIM_INLINE static double apply(double a) {
    double result = 1.0 / upperWord(flushDouble(a));
    return canonical(upperWord(flushDouble(result)));
  }
};
template <bool Ftz>
struct ReciprocalSquareRootDouble {
  ATTN_SIM_INLINE static double apply(double a) {
    a = Ftz ? upperWord(flushDouble(a)) : a;
    double result = 1.0 / std::sqrt(a);
    return canonical(Ftz ? upperWord(result) : result);
  }
};

//===----------------------------------------------------------------------===//
// Signs, minimum and maximum, classes
//===----------------------------------------------------------------------===//

template <typename T, bool Ftz>
struct Absolute {
  ATTN_SIM_INLINE static T apply(T a) {
    if constexpr (Ftz)
      a = flush(a);
    return withoutSign(a);
  }
};
template <typename T, bool Ftz>
struct Negate {
  ATTN_SIM_INLINE static T apply(T a) {
    if constexpr (Ftz)
      a = flush(a);
    return -a;
  }
};
template <template <typename, bool> class Op>
void bindSign(Binding &b) {
  b.op.handler = b.type() == Type::F64 ? &elementwise<Op<double, false>>
                 : b.has("ftz")        ? &elementwise<Op<float, true>>
                                       : &elementwise<Op<float, false>>;
}

/// `a` gives the sign, `b` the magnitude.
template <typename T>
struct CopySign {
  ATTN_SIM_INLINE static T apply(T a, T b) { return withSignOf(b, a); }
};
void bindCopySign(Binding &b) {
  b.op.handler = b.type() == Type::F64 ? &elementwise<CopySign<double>>
                                       : &elementwise<CopySign<float>>;
}

template <bool Max, bool Nan, bool Ftz>
struct Extremum {
  ATTN_SIM_INLINE static float apply(float a, float b) {
    return extremum<Max, Nan>(flush<Ftz>(a), flush<Ftz>(b));
  }
};
/// The extremum of the magnitudes with the sign of the product.
template <bool Max, bool Nan, bool Ftz>
struct ExtremumXorSign {
  ATTN_SIM_INLINE static float apply(float a, float b) {
    float result = extremum<Max, Nan>(withoutSign(flush<Ftz>(a)),
                                      withoutSign(flush<Ftz>(b)));
    uint32_t sign = (bitsAs<uint32_t>(a) ^ bitsAs<uint32_t>(b)) & Float32::sign;
    uint32_t bits = bitsAs<uint32_t>(result);
    return bitsAs<float>(result != result ? bits : bits ^ sign);
  }
};
template <bool Max, bool Nan, bool Ftz, bool Magnitude>
struct Extremum3 {
  ATTN_SIM_INLINE static float prepare(float a) {
    return Magnitude ? withoutSign(flush<Ftz>(a)) : flush<Ftz>(a);
  }
  ATTN_SIM_INLINE static float apply(float a, float b, float c) {
    return extremum<Max, Nan>(extremum<Max, Nan>(prepare(a), prepare(b)),
                              prepare(c));
  }
};
template <bool Max>
struct ExtremumDouble {
  ATTN_SIM_INLINE static double apply(double a, double b) {
    return extremum<Max, false>(a, b);
  }
};

template <bool Max>
void bindExtremum(Binding &b) {
  b.op.handler = forFlag(b.has("NaN"), [&](auto nan) {
    return forFlag(b.has("ftz"), [&](auto ftz) -> Handler {
      if (b.has("xorsign"))
        return &elementwise<ExtremumXorSign<Max, nan, ftz>>;
      return &elementwise<Extremum<Max, nan, ftz>>;
    });
  });
}
template <bool Max>
void bindExtremum3(Binding &b) {
  b.op.handler = forFlag(b.has("NaN"), [&](auto nan) {
    return forFlag(b.has("ftz"), [&](auto ftz) -> Handler {
      if (b.has("abs"))
        return &elementwise<Extremum3<Max, nan, ftz, true>>;
      return &elementwise<Extremum3<Max, nan, ftz, false>>;
    });
  });
}
template <bool Max>
void bindExtremumDouble(Binding &b) {
  b.op.handler = &elementwise<ExtremumDouble<Max>>;
}

enum class FloatClass : uint8_t {
  Finite,
  Infinite,
  Number,
  NotANumber,
  Normal,
  Subnormal,
};

template <FloatClass C, typename T>
ATTN_SIM_INLINE inline bool isOfClass(T value) {
  using Format = FormatOf<T>;
  BitsOf<T> magnitude = bitsAs<BitsOf<T>>(withoutSign(value));
  switch (C) {
  case FloatClass::Finite:
    return magnitude < Format::infinity;
  case FloatClass::Infinite:
    return magnitude == Format::infinity;
  case FloatClass::Number:
    return magnitude <= Format::infinity;
  case FloatClass::NotANumber:
    return magnitude > Format::infinity;
  case FloatClass::Normal:
    return magnitude >= Format::smallestNormal && magnitude < Format::infinity;
  case FloatClass::Subnormal:
    return magnitude && magnitude < Format::smallestNormal;
  }
}

template <FloatClass C, typename T>
Outcome testClass(Warp &warp, const Operation &op) {
  Lanes<T> a = warp.read<T>(op.operands[1]);
  Lanes<uint32_t> result;
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] = isOfClass<C>(a[i]);
  warp.writePredicate(op.operands[0], toMask(result),
                      warp.isDefined(op.operands[1], sizeof(T)));
  return Outcome::Next;
}

template <typename T>
constexpr Handler kTestClass[] = {
    &testClass<FloatClass::Finite, T>, &testClass<FloatClass::Infinite, T>,
    &testClass<FloatClass::Number, T>, &testClass<FloatClass::NotANumber, T>,
    &testClass<FloatClass::Normal, T>, &testClass<FloatClass::Subnormal, T>,
};
void bindTestClass(Binding &b) {
  int which = b.choose(
      {"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  b.op.handler = b.type() == Type::F64 ? kTestClass<double>[which]
                                       : kTestClass<float>[which];
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

#define RND "[.{rn|rz|rm|rp}]"
#define MUST_RND ".{rn|rz|rm|rp}"

constexpr auto kFloat = InstructionClass::Float;
constexpr auto kDouble = InstructionClass::Double;
constexpr auto kSpecial = InstructionClass::Special;

const Form kSingle[] = {
    {"add" RND "[.ftz][.sat].f32 d, a, b", kFloat, bindFloat<Modified2, Add>},
    {"sub" RND "[.ftz][.sat].f32 d, a, b", kFloat,
     bindFloat<Modified2, Subtract>},
    {"mul" RND "[.ftz][.sat].f32 d, a, b", kFloat,
     bindFloat<Modified2, Multiply>},
    {"fma" MUST_RND "[.ftz][.sat].f32 d, a, b, c", kFloat,
     bindFloat<Modified3, Fma>},
    {"mad" RND "[.ftz][.sat].f32 d, a, b, c", kFloat,
     bindFloat<Modified3, Fma>},
    {"add" RND "[.ftz].f32x2 d, a, b", kFloat, bindFloat<Modified2, Add>, 100},
    {"sub" RND "[.ftz].f32x2 d, a, b", kFloat, bindFloat<Modified2, Subtract>,
     100},
    {"mul" RND "[.ftz].f32x2 d, a, b", kFloat, bindFloat<Modified2, Multiply>,
     100},
    {"fma" MUST_RND "[.ftz].f32x2 d, a, b, c", kFloat,
     bindFloat<Modified3, Fma>, 100},
    {"add" RND "[.sat].f32.{f16|bf16} d:f32, a, c:f32", kFloat,
     bindAddMixed<false>, 100},
    {"sub" RND "[.sat].f32.{f16|bf16} d:f32, a, c:f32", kFloat,
     bindAddMixed<true>, 100},
    {"fma" MUST_RND "[.sat].f32.{f16|bf16} d:f32, a, b, c:f32", kFloat,
     bindFmaMixed, 100},
    {"div" MUST_RND "[.ftz].f32 d, a, b", kFloat, bindFloat<Modified2, Divide>},
    {"div.approx[.ftz].f32 d, a, b", kSpecial,
     bindSimple<Modified2, DivideApproximately>},
    {"div.full[.ftz].f32 d, a, b", kSpecial, bindFloat<Modified2, Divide>},
    {"rcp" MUST_RND "[.ftz].f32 d, a", kFloat, bindFloat<Modified, Reciprocal>},
    {"rcp.approx[.ftz].f32 d, a", kSpecial, bindFloat<Modified, Reciprocal>},
    {"sqrt" MUST_RND "[.ftz].f32 d, a", kFloat,
     bindFloat<Modified, SquareRoot>},
    {"sqrt.approx[.ftz].f32 d, a", kSpecial, bindFloat<Modified, SquareRoot>},
    {"rsqrt.approx[.ftz].f32 d, a", kSpecial,
     bindSimple<Modified, ReciprocalSquareRoot>},
    {"ex2.approx[.ftz].f32 d, a", kSpecial, bindSimple<Modified, Exp2>},
    {"lg2.approx[.ftz].f32 d, a", kSpecial, bindSimple<Modified, Log2>},
    {"sin.approx[.ftz].f32 d, a", kSpecial, bindLibrary<FloatFunction::Sine>},
    {"cos.approx[.ftz].f32 d, a", kSpecial, bindLibrary<FloatFunction::Cosine>},
    {"tanh.approx.f32 d, a", kSpecial, bindLibrary<FloatFunction::Tanh>},
};

const Form kEither[] = {
    {"abs[.ftz].f32 d, a", kFloat, bindSign<Absolute>},
    {"abs.f64 d, a", kDouble, bindSign<Absolute>},
    {"neg[.ftz].f32 d, a", kFloat, bindSign<Negate>},
    {"neg.f64 d, a", kDouble, bindSign<Negate>},
    {"copysign.f32 d, a, b", kFloat, bindCopySign},
    {"copysign.f64 d, a, b", kDouble, bindCopySign},
    {"min[.ftz][.NaN][.xorsign.abs].f32 d, a, b", kFloat, bindExtremum<false>},
    {"max[.ftz][.NaN][.xorsign.abs].f32 d, a, b", kFloat, bindExtremum<true>},
    {"min[.ftz][.NaN][.abs].f32 d, a, b, c", kFloat, bindExtremum3<false>, 100},
    {"max[.ftz][.NaN][.abs].f32 d, a, b, c", kFloat, bindExtremum3<true>, 100},
    {"min.f64 d, a, b", kDouble, bindExtremumDouble<false>},
    {"max.f64 d, a, b", kDouble, bindExtremumDouble<true>},
    {"testp.{finite|infinite|number|notanumber|normal|subnormal}.{f32|f64} "
     "d:pred, a",
     kFloat, bindTestClass},
};

template <typename F>
void bindOne(Binding &b) {
  b.op.handler = &elementwise<F>;
}
void bindReciprocalSquareRootDouble(Binding &b) {
  b.op.handler = b.has("ftz") ? &elementwise<ReciprocalSquareRootDouble<true>>
                              : &elementwise<ReciprocalSquareRootDouble<false>>;
}

const Form kDoubles[] = {
    {"add" RND ".f64 d, a, b", kDouble, bindDouble<DoubleOperation::Add>},
    {"sub" RND ".f64 d, a, b", kDouble,
     bindDouble<DoubleOperation::Add, DoubleForm::Subtract>},
    {"mul" RND ".f64 d, a, b", kDouble, bindDouble<DoubleOperation::Multiply>},
    {"fma" MUST_RND ".f64 d, a, b, c", kDouble,
     bindDouble<DoubleOperation::Fma>},
    {"mad" MUST_RND ".f64 d, a, b, c", kDouble,
     bindDouble<DoubleOperation::Fma>},
    {"div" MUST_RND ".f64 d, a, b", kDouble,
     bindDouble<DoubleOperation::Divide>},
    {"sqrt" MUST_RND ".f64 d, a", kDouble, bindDouble<DoubleOperation::Sqrt>},
    {"rcp" MUST_RND ".f64 d, a", kDouble,
     bindDouble<DoubleOperation::Divide, DoubleForm::Reciprocal>},
    {"rcp.approx.ftz.f64 d, a", kDouble, bindOne<ReciprocalApproximate>},
    {"rsqrt.approx[.ftz].f64 d, a", kDouble, bindReciprocalSquareRootDouble},
};

} // namespace

void addFloatForms(FormList &forms) {
  forms.insert(forms.end(), std::begin(kSingle), std::end(kSingle));
  forms.insert(forms.end(), std::begin(kEither), std::end(kEither));
  forms.insert(forms.end(), std::begin(kDoubles), std::end(kDoubles));
}

} // namespace attn::sim::ATTN_SIM_VARIANT
