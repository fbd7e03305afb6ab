// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cvt: between integers, between floating-point formats, and from one to the
// other.

#include "Elementwise.h"

#include <limits>

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

/// Qualifiers that handlers test when they run, in `Operation::immediate`. The
/// bits of the destination's register are in `Operation::immediate2`.
enum Flags : int64_t { kSat = 1, kFtz = 2, kRelu = 4 };

void setFlags(Binding &b) {
  b.op.immediate = (b.has("sat") ? kSat : 0) | (b.has("ftz") ? kFtz : 0) |
                   (b.has("relu") ? kRelu : 0);
  b.op.immediate2 = b.bits[0];
}

//===----------------------------------------------------------------------===//
// Floating-point types as sources and destinations
//===----------------------------------------------------------------------===//

/// f16 and bf16, as codes.
template <typename F>
struct HalfType {
  using Raw = uint16_t;
  using Format = F;
  static constexpr bool isSingle = false;
  ATTN_SIM_INLINE static float value(uint16_t raw) {
    return decodeFloat<Format>(raw);
  }
  template <Rounding R, typename T>
  ATTN_SIM_INLINE static uint16_t encode(T value) {
    if constexpr (sizeof(T) == 8)
      return uint16_t(roundDouble<Format, R>(value));
    else
      return uint16_t(roundFloat<Format, R>(value));
  }
};

struct SingleType {
  using Raw = float;
  using Format = Float32;
  static constexpr bool isSingle = true;
  ATTN_SIM_INLINE static float value(float raw) { return raw; }
  template <Rounding R, typename T>
  ATTN_SIM_INLINE static float encode(T value) {
    return canonical(toFloat<R>(value));
  }
};

struct DoubleType {
  using Raw = double;
  using Format = Float64;
  static constexpr bool isSingle = false;
  ATTN_SIM_INLINE static double value(double raw) { return raw; }
  template <Rounding R, typename T>
  ATTN_SIM_INLINE static double encode(T value) {
    return canonical(double(value));
  }
};

template <typename F>
Handler forFloat(Type type, F choose) {
  switch (type) {
  case Type::F16:
    return choose(Tag<HalfType<Float16>>());
  case Type::BF16:
    return choose(Tag<HalfType<BFloat16>>());
  case Type::F32:
    return choose(Tag<SingleType>());
  case Type::F64:
    return choose(Tag<DoubleType>());
  default:
    return nullptr;
  }
}

/// Calls `choose` with the direction of `.rni`, `.rzi`, `.rmi` or `.rpi`.
template <typename F>
Handler forIntegralRounding(const Binding &b, F choose) {
  switch (b.choose({"rzi", "rmi", "rpi"})) {
  case 0:
    return choose(RoundingTag<Rounding::Zero>());
  case 1:
    return choose(RoundingTag<Rounding::Down>());
  case 2:
    return choose(RoundingTag<Rounding::Up>());
  default:
    return choose(RoundingTag<Rounding::NearestEven>());
  }
}

template <Rounding R, typename T>
ATTN_SIM_INLINE inline T roundIntegral(T value) {
  if constexpr (R == Rounding::Zero)
    return std::trunc(value);
  else if constexpr (R == Rounding::Down)
    return std::floor(value);
  else if constexpr (R == Rounding::Up)
    return std::ceil(value);
  else
    return std::nearbyint(value);
}

//===----------------------------------------------------------------------===//
// To integers
//===----------------------------------------------------------------------===//

template <typename Container, typename T>
ATTN_SIM_INLINE inline void writeAs(Warp &warp, Slot slot,
                                    const Lanes<T> &values, LaneMask where) {
  Lanes<Container> extended;
  for (unsigned i = 0; i < kLanes; ++i)
    extended[i] = Container(values[i]);
  warp.write<Container>(slot, extended, where);
}

/// Writes integers to a register of `bits` bits, which may be wider.
template <typename T>
ATTN_SIM_INLINE inline void writeExtended(Warp &warp, Slot slot, int64_t bits,
                                          const Lanes<T> &values,
                                          LaneMask where) {
  constexpr bool isSigned = std::is_signed_v<T>;
  if (sizeof(T) < 8 && bits == 64)
    writeAs<std::conditional_t<isSigned, int64_t, uint64_t>>(warp, slot, values,
                                                             where);
  else if (sizeof(T) < 4 && bits == 32)
    writeAs<std::conditional_t<isSigned, int32_t, uint32_t>>(warp, slot, values,
                                                             where);
  else if (sizeof(T) < 2 && bits == 16)
    writeAs<std::conditional_t<isSigned, int16_t, uint16_t>>(warp, slot, values,
                                                             where);
  else
    warp.write<T>(slot, values, where);
}

/// `value` as an integer, clamped to its range with `Sat`.
template <typename D, bool Sat, typename S>
ATTN_SIM_INLINE inline D convertInteger(S value) {
  if constexpr (Sat) {
    using Limits = std::numeric_limits<D>;
    if constexpr (std::is_signed_v<S>) {
      int64_t wide = value,
              low = std::is_signed_v<D> ? int64_t(Limits::min()) : 0;
      uint64_t high = Limits::max();
      return wide < low                          ? D(low)
             : wide > 0 && uint64_t(wide) > high ? D(high)
                                                 : D(value);
    } else {
      uint64_t high = Limits::max();
      return uint64_t(value) > high ? D(high) : D(value);
    }
  }
  return D(value);
}

template <typename D, typename S, bool Sat>
Outcome integerToInteger(Warp &warp, const Operation &op) {
  Lanes<S> a = warp.read<S>(op.operands[1]);
  Lanes<D> result;
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] = convertInteger<D, Sat>(a[i]);
  writeExtended(warp, op.operands[0], op.immediate2, result,
                warp.isDefined(op.operands[1], sizeof(S)));
  return Outcome::Next;
}

/// `value`, which is integral or infinite, clamped to the range of T.
template <typename T>
ATTN_SIM_INLINE inline T clampDouble(double value) {
  using Limits = std::numeric_limits<T>;
  if constexpr (sizeof(T) == 8) {
    constexpr double kHalf = 0x1p63;
    constexpr double low = std::is_signed_v<T> ? -kHalf : 0;
    constexpr double high = std::is_signed_v<T> ? kHalf : 2 * kHalf;
    double inside = value >= low && value < high ? value : 0;
    bool isUpper = inside >= kHalf;
    T result = T(uint64_t(int64_t(isUpper ? inside - kHalf : inside)) ^
                 uint64_t(isUpper) << 63);
    result = value < low ? Limits::min() : result;
    return value >= high ? Limits::max() : result;
  } else {
    // Through s32, for which all processors have vector conversions.
    constexpr double offset =
        sizeof(T) == 4 && !std::is_signed_v<T> ? 0x1p31 : 0;
    constexpr double low = Limits::min(), high = Limits::max();
    value = value > low ? value : low;
    value = value < high ? value : high;
    return T(uint32_t(int32_t(value - offset)) + uint32_t(offset));
  }
}

/// NaN becomes zero, but the highest bit alone if one side has 64 bits.
template <typename T, typename Source>
constexpr T kFromNan =
    sizeof(T) == 8 || sizeof(typename Source::Raw) == 8
        ? T(std::make_unsigned_t<T>(1) << (8 * sizeof(T) - 1))
        : T(0);

template <typename D, typename Source, Rounding R>
Outcome floatToInteger(Warp &warp, const Operation &op) {
  using Raw = typename Source::Raw;
  Lanes<Raw> a = warp.read<Raw>(op.operands[1]);
  Lanes<D> result;
  const bool ftz = op.immediate & kFtz;
  for (unsigned i = 0; i < kLanes; ++i) {
    auto value = Source::value(a[i]);
    if constexpr (Source::isSingle)
      value = ftz ? flush(value) : value;
    D converted = clampDouble<D>(roundIntegral<R>(double(value)));
    result[i] = value != value ? kFromNan<D, Source> : converted;
  }
  writeExtended(warp, op.operands[0], op.immediate2, result,
                warp.isDefined(op.operands[1], sizeof(Raw)));
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// To floating point
//===----------------------------------------------------------------------===//

/// An integer as a number of the format of `D`, rounded once.
template <typename D, Rounding R, typename T>
ATTN_SIM_INLINE inline auto roundedInteger(T value) {
  constexpr unsigned bits = 8 * sizeof(T);
  constexpr unsigned precision = D::Format::mantissaBits + 1;
  constexpr bool nearest = R == Rounding::NearestEven;
  if constexpr (D::isSingle && (bits <= 16 || nearest)) {
    return float(value);
  } else if constexpr (bits <= 32 || (precision == 53 && nearest)) {
    return double(value);
  } else {
    bool negative = value < T(0);
    uint64_t magnitude = negative ? 0 - uint64_t(value) : uint64_t(value);
    return roundInteger<precision, R>(magnitude, negative);
  }
}

template <typename D, typename S, Rounding R>
Outcome integerToFloat(Warp &warp, const Operation &op) {
  using Raw = typename D::Raw;
  Lanes<S> a = warp.read<S>(op.operands[1]);
  Lanes<Raw> result;
  const bool sat = op.immediate & kSat;
  for (unsigned i = 0; i < kLanes; ++i) {
    auto value = roundedInteger<D, R>(a[i]);
    result[i] = D::template encode<R>(sat ? saturate(value) : value);
  }
  warp.write<Raw>(op.operands[0], result,
                  warp.isDefined(op.operands[1], sizeof(S)));
  return Outcome::Next;
}

/// Rounds to the format of `D`, or if `Integral` to an integer.
template <typename D, typename S, Rounding R, bool Integral>
Outcome floatToFloat(Warp &warp, const Operation &op) {
  Lanes<typename S::Raw> a = warp.read<typename S::Raw>(op.operands[1]);
  Lanes<typename D::Raw> result;
  const bool sat = op.immediate & kSat, ftz = op.immediate & kFtz;
  for (unsigned i = 0; i < kLanes; ++i) {
    auto value = S::value(a[i]);
    if constexpr (S::isSingle)
      value = ftz ? flush(value) : value;
    if constexpr (Integral)
      value = roundIntegral<R>(value);
    value = sat ? saturate(value) : value;
    result[i] = D::template encode<R>(value);
    if constexpr (D::isSingle)
      result[i] = ftz ? flush(result[i]) : result[i];
  }
  warp.write<typename D::Raw>(
      op.operands[0], result,
      warp.isDefined(op.operands[1], sizeof(typename S::Raw)));
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// From f32 to formats of tensor operations
//===----------------------------------------------------------------------===//

/// TF32 is held in the upper 19 bits of its register.
template <typename Format>
constexpr unsigned kCodeShift = std::is_same_v<Format, TFloat32> ? 13 : 0;

template <typename Format, Rounding R, bool Finite>
ATTN_SIM_INLINE inline uint32_t narrow(float value, bool relus) {
  value = relus ? relu(value) : value;
  return roundFloat<Format, R, Finite>(value) << kCodeShift<Format>;
}

/// One f32 to f16, bf16 or tf32, with `.relu` and `.satfinite`.
template <typename Format, Rounding R, bool Finite>
Outcome narrowOne(Warp &warp, const Operation &op) {
  Lanes<float> a = warp.read<float>(op.operands[1]);
  Row result;
  for (unsigned i = 0; i < kLanes; ++i)
    result.lane[i] = narrow<Format, R, Finite>(a[i], op.immediate & kRelu);
  LaneMask where = warp.isDefined(op.operands[1], 4);
  warp.writeRow(op.operands[0], result, {where, where});
  return Outcome::Next;
}

/// Two f32 to f16x2 or bf16x2: the first operand is the upper half.
template <typename Format, Rounding R, bool Finite>
Outcome narrowTwo(Warp &warp, const Operation &op) {
  Lanes<float> a = warp.read<float>(op.operands[1]);
  Lanes<float> b = warp.read<float>(op.operands[2]);
  const bool relus = op.immediate & kRelu;
  Row result;
  for (unsigned i = 0; i < kLanes; ++i)
    result.lane[i] = narrow<Format, R, Finite>(a[i], relus) << 16 |
                     narrow<Format, R, Finite>(b[i], relus);
  warp.writeRow(
      op.operands[0], result,
      {warp.isDefined(op.operands[2], 4), warp.isDefined(op.operands[1], 4)});
  return Outcome::Next;
}

/// Two f32 to two codes of 8 bits, which saturate.
template <typename Format>
Outcome narrowToBytes(Warp &warp, const Operation &op) {
  Lanes<float> a = warp.read<float>(op.operands[1]);
  Lanes<float> b = warp.read<float>(op.operands[2]);
  const bool relus = op.immediate & kRelu;
  Lanes<uint16_t> result;
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] =
        uint16_t(narrow<Format, Rounding::NearestEven, true>(a[i], relus) << 8 |
                 narrow<Format, Rounding::NearestEven, true>(b[i], relus));
  warp.write<uint16_t>(op.operands[0], result,
                       warp.isDefined(op.operands[1], 4) &
                           warp.isDefined(op.operands[2], 4));
  return Outcome::Next;
}

/// f16x2 to two codes of 8 bits.
template <typename Format>
Outcome halvesToBytes(Warp &warp, const Operation &op) {
  const Row &a = warp.row(op.operands[1]);
  const bool relus = op.immediate & kRelu;
  Lanes<uint16_t> result;
  for (unsigned i = 0; i < kLanes; ++i) {
    float low = decodeFloat<Float16>(a.lane[i] & 0xffff);
    float high = decodeFloat<Float16>(a.lane[i] >> 16);
    result[i] =
        uint16_t(narrow<Format, Rounding::NearestEven, true>(high, relus) << 8 |
                 narrow<Format, Rounding::NearestEven, true>(low, relus));
  }
  warp.write<uint16_t>(op.operands[0], result,
                       warp.isDefined(op.operands[1], 4));
  return Outcome::Next;
}

/// Two codes of 8 bits to f16x2.
template <typename Format>
Outcome bytesToHalves(Warp &warp, const Operation &op) {
  const Row &a = warp.row(op.operands[1]);
  const bool relus = op.immediate & kRelu;
  Row result;
  for (unsigned i = 0; i < kLanes; ++i) {
    float low = decodeFloat<Format>(a.lane[i] & 0xff);
    float high = decodeFloat<Format>(a.lane[i] >> 8 & 0xff);
    result.lane[i] = narrow<Float16, Rounding::NearestEven, false>(high, relus)
                         << 16 |
                     narrow<Float16, Rounding::NearestEven, false>(low, relus);
  }
  LaneMask where = warp.isDefined(op.operands[1], 2);
  warp.writeRow(op.operands[0], result, {where, where});
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// cvt.pack
//===----------------------------------------------------------------------===//

/// Saturates two s32 to `Bits` bits each and puts them below what is left of
/// `c`, if there is one. The first is the upper one.
template <unsigned Bits, bool Signed>
Outcome packIntegers(Warp &warp, const Operation &op) {
  constexpr int32_t low = Signed ? -(1 << (Bits - 1)) : 0;
  constexpr int32_t high = Signed ? (1 << (Bits - 1)) - 1 : (1 << Bits) - 1;
  constexpr uint32_t mask = (uint32_t(1) << Bits) - 1;
  Lanes<int32_t> a = warp.read<int32_t>(op.operands[1]);
  Lanes<int32_t> b = warp.read<int32_t>(op.operands[2]);
  Lanes<uint32_t> result = {};
  LaneMask where =
      warp.isDefined(op.operands[1], 4) & warp.isDefined(op.operands[2], 4);
  if constexpr (Bits < 16) {
    result = warp.read<uint32_t>(op.operands[3]);
    where &= warp.isDefined(op.operands[3], 4);
  }
  for (unsigned i = 0; i < kLanes; ++i) {
    int32_t x = a[i] < low ? low : a[i] > high ? high : a[i];
    int32_t y = b[i] < low ? low : b[i] > high ? high : b[i];
    uint32_t rest = Bits < 16 ? result[i] << (2 * Bits % 32) : 0;
    result[i] = rest | (uint32_t(x) & mask) << Bits | (uint32_t(y) & mask);
  }
  warp.write<uint32_t>(op.operands[0], result, where);
  return Outcome::Next;
}

void bindPack(Binding &b) {
  constexpr Handler handlers[] = {
      &packIntegers<16, false>, &packIntegers<16, true>,
      &packIntegers<8, false>,  &packIntegers<8, true>,
      &packIntegers<4, false>,  &packIntegers<4, true>,
      &packIntegers<2, false>,  &packIntegers<2, true>,
  };
  b.op.handler =
      handlers[b.choose({"u16", "s16", "u8", "s8", "u4", "s4", "u2", "s2"})];
}

//===----------------------------------------------------------------------===//
// Binders
//===----------------------------------------------------------------------===//

void bindIntegerToInteger(Binding &b) {
  setFlags(b);
  b.op.handler = forInteger(b.type(0), [&](auto to) {
    return forInteger(b.type(1), [&](auto from) {
      return forFlag(b.has("sat"), [](auto sat) -> Handler {
        return &integerToInteger<TypeOf<decltype(to)>, TypeOf<decltype(from)>,
                                 sat>;
      });
    });
  });
}

void bindFloatToInteger(Binding &b) {
  setFlags(b);
  b.op.handler = forInteger(b.type(0), [&](auto to) {
    return forFloat(b.type(1), [&](auto from) {
      return forIntegralRounding(b, [](auto rounding) -> Handler {
        return &floatToInteger<TypeOf<decltype(to)>, TypeOf<decltype(from)>,
                               rounding>;
      });
    });
  });
}

/// Registers wider than a floating-point type have no meaning.
void checkFloatRegister(Binding &b) {
  if (b.bits[0] == 64 && getBits(b.type(0)) != 64)
    b.error = "the destination must be a register of " +
              std::to_string(getBits(b.type(0))) + " bits";
}

void bindIntegerToFloat(Binding &b) {
  setFlags(b);
  checkFloatRegister(b);
  b.op.handler = forFloat(b.type(0), [&](auto to) {
    return forInteger(b.type(1), [&](auto from) {
      return forRounding(b, [](auto rounding) -> Handler {
        return &integerToFloat<TypeOf<decltype(to)>, TypeOf<decltype(from)>,
                               rounding>;
      });
    });
  });
}

/// Between different formats; rounding only counts towards a narrower one.
void bindFloatToFloat(Binding &b) {
  setFlags(b);
  checkFloatRegister(b);
  b.op.handler = forFloat(b.type(0), [&](auto to) {
    return forFloat(b.type(1), [&](auto from) {
      return forRounding(b, [](auto rounding) -> Handler {
        return &floatToFloat<TypeOf<decltype(to)>, TypeOf<decltype(from)>,
                             rounding, false>;
      });
    });
  });
}

/// Within a format.
void bindIntegral(Binding &b) {
  setFlags(b);
  checkFloatRegister(b);
  b.op.handler = forFloat(b.type(0), [&](auto type) {
    return forIntegralRounding(b, [](auto rounding) -> Handler {
      using T = TypeOf<decltype(type)>;
      return &floatToFloat<T, T, rounding, true>;
    });
  });
}

template <template <typename, Rounding, bool> class Select>
Handler chooseNarrow(const Binding &b) {
  bool finite = b.has("satfinite"), toZero = b.has("rz");
  auto forFormat = [&](auto format) -> Handler {
    using Format = TypeOf<decltype(format)>;
    if (toZero)
      return finite ? Select<Format, Rounding::Zero, true>::handler
                    : Select<Format, Rounding::Zero, false>::handler;
    if (b.has("rna"))
      return finite ? Select<Format, Rounding::NearestAway, true>::handler
                    : Select<Format, Rounding::NearestAway, false>::handler;
    return finite ? Select<Format, Rounding::NearestEven, true>::handler
                  : Select<Format, Rounding::NearestEven, false>::handler;
  };
  switch (b.type(0)) {
  case Type::TF32:
    return forFormat(Tag<TFloat32>());
  case Type::F16:
  case Type::F16x2:
    return forFormat(Tag<Float16>());
  default:
    return forFormat(Tag<BFloat16>());
  }
}

template <typename Format, Rounding R, bool Finite>
struct SelectOne {
  static constexpr Handler handler = &narrowOne<Format, R, Finite>;
};
template <typename Format, Rounding R, bool Finite>
struct SelectTwo {
  static constexpr Handler handler = &narrowTwo<Format, R, Finite>;
};
void bindNarrowOne(Binding &b) {
  setFlags(b);
  checkFloatRegister(b);
  b.op.handler = chooseNarrow<SelectOne>(b);
}
void bindNarrowTwo(Binding &b) {
  setFlags(b);
  b.op.handler = chooseNarrow<SelectTwo>(b);
}

void bindNarrowToBytes(Binding &b) {
  setFlags(b);
  b.op.handler = b.type(0) == Type::E4M3x2 ? &narrowToBytes<FloatE4M3>
                                           : &narrowToBytes<FloatE5M2>;
}
void bindHalvesToBytes(Binding &b) {
  setFlags(b);
  b.op.handler = b.type(0) == Type::E4M3x2 ? &halvesToBytes<FloatE4M3>
                                           : &halvesToBytes<FloatE5M2>;
}
void bindBytesToHalves(Binding &b) {
  setFlags(b);
  b.op.handler = b.type(1) == Type::E4M3x2 ? &bytesToHalves<FloatE4M3>
                                           : &bytesToHalves<FloatE5M2>;
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

#define INTEGERS "{u8|u16|u32|u64|s8|s16|s32|s64}"
#define FLOATS "{f16|bf16|f32|f64}"

constexpr auto kConvert = InstructionClass::Convert;

const Form kForms[] = {
    {"cvt[.sat]." INTEGERS "." INTEGERS " d:t0, a:t1", kConvert,
     bindIntegerToInteger},
    {"cvt.{rni|rzi|rmi|rpi}[.ftz][.sat]." INTEGERS "." FLOATS " d:t0, a:t1",
     kConvert, bindFloatToInteger},
    {"cvt.{rn|rz|rm|rp}[.ftz][.sat]." FLOATS "." INTEGERS " d:t0, a:t1",
     kConvert, bindIntegerToFloat},
    // To a narrower format.
    {"cvt.{rn|rz|rm|rp}[.ftz][.sat].f32.f64 d:t0, a:t1", kConvert,
     bindFloatToFloat},
    {"cvt.{rn|rz|rm|rp}[.ftz][.sat].{f16|bf16}.{f32|f64} d:t0, a:t1", kConvert,
     bindFloatToFloat},
    {"cvt.{rn|rz|rm|rp}[.sat].f16.bf16 d:t0, a:t1", kConvert, bindFloatToFloat},
    {"cvt.{rn|rz|rm|rp}[.sat].bf16.f16 d:t0, a:t1", kConvert, bindFloatToFloat},
    // To a wider one, or the same.
    {"cvt[.ftz][.sat].{f32|f64}.{f16|bf16|f32} d:t0, a:t1", kConvert,
     bindFloatToFloat},
    {"cvt[.sat].f64.f64 d:t0, a:t1", kConvert, bindFloatToFloat},
    {"cvt[.sat].f16.f16 d:t0, a:t1", kConvert, bindFloatToFloat},
    {"cvt[.sat].bf16.bf16 d:t0, a:t1", kConvert, bindFloatToFloat},
    {"cvt.{rni|rzi|rmi|rpi}[.ftz][.sat].f32.f32 d:t0, a:t1", kConvert,
     bindIntegral},
    {"cvt.{rni|rzi|rmi|rpi}[.sat].f64.f64 d:t0, a:t1", kConvert, bindIntegral},
    {"cvt.{rni|rzi|rmi|rpi}[.sat].f16.f16 d:t0, a:t1", kConvert, bindIntegral},
    {"cvt.{rni|rzi|rmi|rpi}[.sat].bf16.bf16 d:t0, a:t1", kConvert,
     bindIntegral},
    // To the operands of tensor operations.
    {"cvt.{rn|rz}[.relu][.satfinite].{f16|bf16}.f32 d:t0, a:t1", kConvert,
     bindNarrowOne, 80},
    {"cvt.{rn|rz}[.relu][.satfinite].{f16x2|bf16x2}.f32 d:t0, a:t1, b:t1",
     kConvert, bindNarrowTwo, 80},
    {"cvt.rna[.satfinite].tf32.f32 d:b32, a:t1", kConvert, bindNarrowOne, 80},
    {"cvt.{rn|rz}[.satfinite][.relu].tf32.f32 d:b32, a:t1", kConvert,
     bindNarrowOne, 90},
    {"cvt.rn.satfinite[.relu].{e4m3x2|e5m2x2}.f32 d:b16, a:t1, b:t1", kConvert,
     bindNarrowToBytes, 89},
    {"cvt.rn.satfinite[.relu].{e4m3x2|e5m2x2}.f16x2 d:b16, a:t1", kConvert,
     bindHalvesToBytes, 89},
    {"cvt.rn[.relu].f16x2.{e4m3x2|e5m2x2} d:t0, a:b16", kConvert,
     bindBytesToHalves, 89},
    {"cvt.pack.sat.{u16|s16}.s32 d:b32, a:s32, b:s32", kConvert, bindPack},
    {"cvt.pack.sat.{u2|s2|u4|s4|u8|s8}.s32.b32 d:b32, a:s32, b:s32, c:b32",
     kConvert, bindPack},
};

} // namespace

void addConvertForms(FormList &forms) {
  forms.insert(forms.end(), std::begin(kForms), std::end(kForms));
}

} // namespace attn::sim::ATTN_SIM_VARIANT
