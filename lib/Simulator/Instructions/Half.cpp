// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on f16 and bf16, single and in pairs. Values are computed as f32
// or f64, which hold sums and products exactly enough to be rounded once more.

#include "Elementwise.h"

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

enum class Clamp : uint8_t { None, Sat, Relu };

/// Makes subnormal codes zero.
template <typename Format>
ATTN_SIM_INLINE inline uint32_t flushCode(uint32_t code) {
  bool isSubnormal = (code & (Format::sign - 1)) < Format::smallestNormal;
  return isSubnormal ? code & Format::sign : code;
}

/// Operations on codes of 16 bits, as `halfwise` calls them.
template <typename Format, bool Ftz, Clamp C>
struct HalfOperation {
  ATTN_SIM_INLINE static uint32_t prepareCode(uint32_t code) {
    return Ftz ? flushCode<Format>(code) : code;
  }
  ATTN_SIM_INLINE static float prepare(uint32_t code) {
    return decodeFloat<Format>(prepareCode(code));
  }
  template <typename T>
  ATTN_SIM_INLINE static T clamp(T value) {
    return C == Clamp::Sat    ? saturate(value)
           : C == Clamp::Relu ? relu(value)
                              : value;
  }
  ATTN_SIM_INLINE static uint32_t finish(float value) {
    return prepareCode(roundFloat<Format>(clamp(value)));
  }
  ATTN_SIM_INLINE static uint32_t finish(double value) {
    return prepareCode(uint32_t(roundDouble<Format>(clamp(value))));
  }
};

template <typename Format, bool Ftz, Clamp C>
struct Add : HalfOperation<Format, Ftz, C> {
  static constexpr unsigned sources = 2;
  using Base = HalfOperation<Format, Ftz, C>;
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b) {
    return Base::finish(Base::prepare(a) + Base::prepare(b));
  }
};
template <typename Format, bool Ftz, Clamp C>
struct Subtract : HalfOperation<Format, Ftz, C> {
  static constexpr unsigned sources = 2;
  using Base = HalfOperation<Format, Ftz, C>;
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b) {
    return Base::finish(Base::prepare(a) - Base::prepare(b));
  }
};
template <typename Format, bool Ftz, Clamp C>
struct Multiply : HalfOperation<Format, Ftz, C> {
  static constexpr unsigned sources = 2;
  using Base = HalfOperation<Format, Ftz, C>;
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b) {
    return Base::finish(Base::prepare(a) * Base::prepare(b));
  }
};
template <typename Format, bool Ftz, Clamp C>
struct Fma : HalfOperation<Format, Ftz, C> {
  static constexpr unsigned sources = 3;
  using Base = HalfOperation<Format, Ftz, C>;
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    // A product of two f16 is exact in f32; one of bf16 may be out of range.
    using Wide = std::conditional_t<Format::exponentBits == 5, float, double>;
    Wide product = Wide(Base::prepare(a)) * Wide(Base::prepare(b));
    return Base::finish(addToOdd(product, Wide(Base::prepare(c))));
  }
};

/// Signs are changed in the code: the format does not matter.
template <typename Format, bool Ftz, Clamp C>
struct Absolute : HalfOperation<Format, Ftz, C> {
  static constexpr unsigned sources = 1;
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a) {
    return HalfOperation<Format, Ftz, C>::prepareCode(a) & 0x7fff;
  }
};
template <typename Format, bool Ftz, Clamp C>
struct Negate : HalfOperation<Format, Ftz, C> {
  static constexpr unsigned sources = 1;
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a) {
    return HalfOperation<Format, Ftz, C>::prepareCode(a) ^ 0x8000;
  }
};

template <typename Format, bool Ftz, Clamp C>
struct Exp2 : HalfOperation<Format, Ftz, C> {
  static constexpr unsigned sources = 1;
  using Base = HalfOperation<Format, Ftz, C>;
  ATTN_SIM_INLINE static uint32_t apply(uint32_t a) {
    float x = Base::prepare(a);
    return Base::finish(x != x ? x : float(exp2Double(x)));
  }
};

template <bool Max, bool Nan, bool XorSign>
struct Extremum {
  template <typename Format, bool Ftz, Clamp C>
  struct Of : HalfOperation<Format, Ftz, C> {
    static constexpr unsigned sources = 2;
    using Base = HalfOperation<Format, Ftz, C>;
    ATTN_SIM_INLINE static uint32_t apply(uint32_t a, uint32_t b) {
      float x = Base::prepare(a), y = Base::prepare(b);
      if constexpr (XorSign) {
        float result = extremum<Max, Nan>(withoutSign(x), withoutSign(y));
        uint32_t code = Base::finish(result);
        return result != result ? code : code ^ ((a ^ b) & 0x8000);
      }
      return Base::finish(extremum<Max, Nan>(x, y));
    }
  };
};

//===----------------------------------------------------------------------===//
// Binders
//===----------------------------------------------------------------------===//

/// Calls `choose` with the format and whether the type has two.
template <typename F>
Handler forFormat(Type type, F choose) {
  switch (type) {
  case Type::F16:
    return choose(Tag<Float16>(), std::false_type());
  case Type::F16x2:
    return choose(Tag<Float16>(), std::true_type());
  case Type::BF16:
    return choose(Tag<BFloat16>(), std::false_type());
  case Type::BF16x2:
    return choose(Tag<BFloat16>(), std::true_type());
  default:
    return nullptr;
  }
}

/// Binds `Op` for the type, `.ftz` and, if `MayClamp`, `.sat` or `.relu`.
template <template <typename, bool, Clamp> class Op, bool MayClamp>
void bind(Binding &b) {
  b.op.handler = forFormat(b.type(), [&](auto format, auto packed) {
    return forFlag(b.has("ftz"), [&](auto ftz) -> Handler {
      using Format = TypeOf<decltype(format)>;
      if constexpr (MayClamp) {
        if (b.has("sat"))
          return &halfwise<Op<Format, ftz, Clamp::Sat>, packed>;
        if (b.has("relu"))
          return &halfwise<Op<Format, ftz, Clamp::Relu>, packed>;
      }
      return &halfwise<Op<Format, ftz, Clamp::None>, packed>;
    });
  });
}

template <bool Max>
void bindExtremum(Binding &b) {
  bool nan = b.has("NaN"), xorSign = b.has("xorsign");
  if (nan && xorSign)
    bind<Extremum<Max, true, true>::template Of, false>(b);
  else if (nan)
    bind<Extremum<Max, true, false>::template Of, false>(b);
  else if (xorSign)
    bind<Extremum<Max, false, true>::template Of, false>(b);
  else
    bind<Extremum<Max, false, false>::template Of, false>(b);
}

/// tanh of each half, computed by the host's library.
template <typename Format, bool Packed>
Outcome tanhHalf(Warp &warp, const Operation &op) {
  const Row &a = warp.row(op.operands[1]);
  Row result = {};
  for (unsigned shift = 0; shift < (Packed ? 32 : 16); shift += 16) {
    Lanes<float> values, tanh;
    for (unsigned i = 0; i < kLanes; ++i)
      values[i] = decodeFloat<Format>(a.lane[i] >> shift & 0xffff);
    computeFunction(FloatFunction::Tanh, kLanes, values.data(), tanh.data());
    for (unsigned i = 0; i < kLanes; ++i)
      result.lane[i] |= roundFloat<Format>(tanh[i]) << shift;
  }
  Defined where = warp.defined(op.operands[1]);
  if (!Packed)
    where.high = where.low;
  warp.writeRow(op.operands[0], result, where);
  return Outcome::Next;
}
void bindTanh(Binding &b) {
  b.op.handler = forFormat(b.type(), [](auto format, auto packed) -> Handler {
    return &tanhHalf<TypeOf<decltype(format)>, packed>;
  });
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

#define F16 "{f16|f16x2}"
#define BF16 "{bf16|bf16x2}"

constexpr auto kHalf = InstructionClass::Half;
constexpr auto kSpecial = InstructionClass::Special;

const Form kForms[] = {
    {"add[.rn][.ftz][.sat]." F16 " d, a, b", kHalf, bind<Add, true>},
    {"add[.rn]." BF16 " d, a, b", kHalf, bind<Add, false>, 90},
    {"sub[.rn][.ftz][.sat]." F16 " d, a, b", kHalf, bind<Subtract, true>},
    {"sub[.rn]." BF16 " d, a, b", kHalf, bind<Subtract, false>, 90},
    {"mul[.rn][.ftz][.sat]." F16 " d, a, b", kHalf, bind<Multiply, true>},
    {"mul[.rn]." BF16 " d, a, b", kHalf, bind<Multiply, false>, 90},
    {"fma.rn[.ftz][.{sat|relu}]." F16 " d, a, b, c", kHalf, bind<Fma, true>},
    {"fma.rn[.relu]." BF16 " d, a, b, c", kHalf, bind<Fma, true>},
    {"abs[.ftz]." F16 " d, a", kHalf, bind<Absolute, false>},
    {"abs." BF16 " d, a", kHalf, bind<Absolute, false>},
    {"neg[.ftz]." F16 " d, a", kHalf, bind<Negate, false>},
    {"neg." BF16 " d, a", kHalf, bind<Negate, false>},
    {"min[.ftz][.NaN][.xorsign.abs]." F16 " d, a, b", kHalf,
     bindExtremum<false>},
    {"max[.ftz][.NaN][.xorsign.abs]." F16 " d, a, b", kHalf,
     bindExtremum<true>},
    {"min[.NaN][.xorsign.abs]." BF16 " d, a, b", kHalf, bindExtremum<false>},
    {"max[.NaN][.xorsign.abs]." BF16 " d, a, b", kHalf, bindExtremum<true>},
    {"ex2.approx." F16 " d, a", kSpecial, bind<Exp2, false>},
    {"ex2.approx.ftz." BF16 " d, a", kSpecial, bind<Exp2, false>, 90},
    {"tanh.approx." F16 " d, a", kSpecial, bindTanh},
    {"tanh.approx." BF16 " d, a", kSpecial, bindTanh, 90},
};

} // namespace

void addHalfForms(FormList &forms) {
  forms.insert(forms.end(), std::begin(kForms), std::end(kForms));
}

} // namespace attn::sim::ATTN_SIM_VARIANT
