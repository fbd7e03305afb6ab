// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Integer arithmetic, with carry too, logic and bit fields.

#include "IntegerOperations.h"
#include "VideoOperations.h"

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

//===----------------------------------------------------------------------===//
// Binders of arithmetic
//===----------------------------------------------------------------------===//

/// `Op<T>` for the type of the instruction.
template <template <typename> class Op>
void bind(Binding &b) {
  b.op.handler = forInteger(b.type(), [](auto tag) -> Handler {
    return &elementwise<Op<TypeOf<decltype(tag)>>>;
  });
}

/// A handler that is the same for all types of the form.
template <typename F>
void bindOne(Binding &b) {
  b.op.handler = &elementwise<F>;
}

/// `Op<T>` on halves of 16 bits.
template <template <typename> class Op>
void bindPacked(Binding &b) {
  b.op.handler = b.type() == Type::S16x2
                     ? &halfwise<Packed<Op<int16_t>, int16_t>, true>
                     : &halfwise<Packed<Op<uint16_t>, uint16_t>, true>;
}

template <template <typename> class Op>
void bindWide(Binding &b) {
  switch (b.type()) {
  case Type::U16:
    b.op.handler = &elementwise<Op<uint16_t>>;
    break;
  case Type::S16:
    b.op.handler = &elementwise<Op<int16_t>>;
    break;
  case Type::U32:
    b.op.handler = &elementwise<Op<uint32_t>>;
    break;
  default:
    b.op.handler = &elementwise<Op<int32_t>>;
  }
}

template <template <typename> class Op>
void bindRelu(Binding &b) {
  using Half = WithRelu<Op<int16_t>, int16_t>;
  b.op.handler = b.type() == Type::S32
                     ? &elementwise<WithRelu<Op<int32_t>, int32_t>>
                     : &halfwise<Packed<Half, int16_t>, true>;
}

template <template <typename, bool> class Op>
void bind24(Binding &b) {
  b.op.handler = forFlag(b.has("hi"), [&](auto high) -> Handler {
    if (b.type() == Type::S32)
      return &elementwise<Op<int32_t, high>>;
    return &elementwise<Op<uint32_t, high>>;
  });
}

void bindDot4(Binding &b) {
  b.op.handler = forFlag(isSigned(b.type(0)), [&](auto signedA) {
    return forFlag(isSigned(b.type(1)), [&](auto signedB) -> Handler {
      return &elementwise<DotBytes<signedA, signedB>>;
    });
  });
}

void bindDot2(Binding &b) {
  b.op.handler = forFlag(isSigned(b.type(0)), [&](auto signedA) {
    return forFlag(isSigned(b.type(1)), [&](auto signedB) {
      return forFlag(b.has("hi"), [&](auto high) -> Handler {
        return &elementwise<DotHalves<signedA, signedB, high>>;
      });
    });
  });
}

/// Quotient or remainder; that of a division by zero is undefined data.
template <typename T, bool Remainder>
Outcome divide(Warp &warp, const Operation &op) {
  Lanes<T> a = warp.read<T>(op.operands[1]), b = warp.read<T>(op.operands[2]);
  Lanes<T> result;
  LaneMask where = warp.isDefined(op.operands[1], sizeof(T)) &
                   warp.isDefined(op.operands[2], sizeof(T));
  for (unsigned i = 0; i < kLanes; ++i) {
    result[i] = Divide<T, Remainder>::apply(a[i], b[i]);
    where &= ~(LaneMask(b[i] == 0) << i);
  }
  warp.write<T>(op.operands[0], result, where);
  return Outcome::Next;
}

template <bool Remainder>
void bindDivide(Binding &b) {
  b.op.handler = forInteger(b.type(), [](auto tag) -> Handler {
    return &divide<TypeOf<decltype(tag)>, Remainder>;
  });
}

//===----------------------------------------------------------------------===//
// Carry
//===----------------------------------------------------------------------===//

enum class Product : uint8_t { None, Low, High };

/// d = a + b, a - b or the low or high half of a * b, plus c; with the carry
/// flag as what is added or borrowed and as what is set.
template <typename T, Product P, bool Subtract, bool In, bool Out>
Outcome withCarry(Warp &warp, const Operation &op) {
  constexpr unsigned count = P == Product::None ? 2 : 3;
  Lanes<T> a = warp.read<T>(op.operands[1]), b = warp.read<T>(op.operands[2]);
  LaneMask where = warp.isDefined(op.operands[1], sizeof(T)) &
                   warp.isDefined(op.operands[2], sizeof(T));
  if constexpr (count == 3) {
    Lanes<T> c = warp.read<T>(op.operands[3]);
    where &= warp.isDefined(op.operands[3], sizeof(T));
    for (unsigned i = 0; i < kLanes; ++i)
      a[i] = P == Product::Low ? multiplyLow(a[i], b[i])
                               : multiplyHigh(a[i], b[i]);
    b = c;
  }
  LaneMask in = In ? warp.predicate(kCarry) : 0;
  if (In)
    where &= warp.definedPredicate(kCarry);

  using U = UnsignedOf<T>;
  Lanes<T> result;
  Lanes<uint32_t> carry;
  for (unsigned i = 0; i < kLanes; ++i) {
    U x = U(a[i]), y = U(b[i]), more = U(in >> i & 1);
    U first = Subtract ? x - y : x + y;
    U second = Subtract ? first - more : first + more;
    carry[i] =
        Subtract ? (x < y) | (first < more) : (first < x) | (second < first);
    result[i] = T(second);
  }
  warp.write<T>(op.operands[0], result, where);
  if (Out)
    warp.writePredicate(kCarry, toMask(carry), where);
  return Outcome::Next;
}

/// `In`: the opcode ends in c.
template <bool Subtract, bool In>
void bindCarry(Binding &b) {
  b.op.handler = forInteger(b.type(), [&](auto tag) {
    return forFlag(b.has("cc"), [&](auto out) -> Handler {
      using T = TypeOf<decltype(tag)>;
      if constexpr (sizeof(T) < 4)
        return nullptr;
      else
        return &withCarry<T, Product::None, Subtract, In, out>;
    });
  });
}

template <bool In>
void bindMultiplyCarry(Binding &b) {
  b.op.handler = forInteger(b.type(), [&](auto tag) {
    return forFlag(b.has("cc"), [&](auto out) -> Handler {
      using T = TypeOf<decltype(tag)>;
      if constexpr (sizeof(T) < 4)
        return nullptr;
      else if (b.has("hi"))
        return &withCarry<T, Product::High, false, In, out>;
      else
        return &withCarry<T, Product::Low, false, In, out>;
    });
  });
}

//===----------------------------------------------------------------------===//
// Logic
//===----------------------------------------------------------------------===//

enum class Logic : uint8_t { And, Or, Xor, Not };

template <Logic L, typename T>
ATTN_SIM_INLINE inline T applyLogic(T a, T b) {
  switch (L) {
  case Logic::And:
    return a & b;
  case Logic::Or:
    return a | b;
  case Logic::Xor:
    return a ^ b;
  case Logic::Not:
    return ~a;
  }
}

/// Lanes where `half` of both rows decides the result by itself: zeros for
/// and, ones for or.
template <Logic L>
LaneMask getDecided(const Row &row, unsigned shift, LaneMask defined) {
  constexpr uint32_t decisive = L == Logic::And ? 0 : 0xffff;
  LaneMask mask = 0;
  for (unsigned i = 0; i < kLanes; ++i)
    mask |= LaneMask((row.lane[i] >> shift & 0xffff) == decisive) << i;
  return mask & defined;
}

/// One row of a logic operation. Halves are defined each by itself: packed
/// values are taken apart with masks.
template <Logic L>
ATTN_SIM_INLINE inline void logicRow(Warp &warp, const Operation &op,
                                     unsigned row) {
  Slot slotA = op.operands[1] + row;
  Slot slotB = L == Logic::Not ? slotA : op.operands[2] + row;
  const Row &a = warp.row(slotA), &b = warp.row(slotB);
  Defined definedA = warp.defined(slotA), definedB = warp.defined(slotB);
  Defined where = definedA & definedB;
  if (L <= Logic::Or && (where.both() & warp.active) != warp.active) {
    where.low |=
        getDecided<L>(a, 0, definedA.low) | getDecided<L>(b, 0, definedB.low);
    where.high |= getDecided<L>(a, 16, definedA.high) |
                  getDecided<L>(b, 16, definedB.high);
  }
  Row result;
  for (unsigned i = 0; i < kLanes; ++i)
    result.lane[i] = applyLogic<L>(a.lane[i], b.lane[i]);
  warp.writeRow(op.operands[0] + row, result, where);
}

template <Logic L, unsigned Rows>
Outcome logic(Warp &warp, const Operation &op) {
  for (unsigned row = 0; row < Rows; ++row)
    logicRow<L>(warp, op, row);
  return Outcome::Next;
}

/// 16 bits, whose upper halves stay zero.
template <Logic L>
struct Logic16 {
  ATTN_SIM_INLINE static uint16_t apply(uint16_t a, uint16_t b) {
    return applyLogic<L>(uint32_t(a), uint32_t(b));
  }
};
struct Not16 {
  ATTN_SIM_INLINE static uint16_t apply(uint16_t a) { return uint16_t(~a); }
};

template <Logic L>
Outcome logicPredicate(Warp &warp, const Operation &op) {
  Slot slotB = L == Logic::Not ? op.operands[1] : op.operands[2];
  LaneMask a = warp.predicate(op.operands[1]), b = warp.predicate(slotB);
  LaneMask definedA = warp.definedPredicate(op.operands[1]);
  LaneMask definedB = warp.definedPredicate(slotB);
  LaneMask where = definedA & definedB;
  if (L == Logic::And)
    where |= (definedA & ~a) | (definedB & ~b);
  if (L == Logic::Or)
    where |= (definedA & a) | (definedB & b);
  warp.writePredicate(op.operands[0], applyLogic<L>(a, b), where);
  return Outcome::Next;
}

template <Logic L>
void bindLogic(Binding &b) {
  switch (b.type()) {
  case Type::Pred:
    b.op.handler = &logicPredicate<L>;
    break;
  case Type::B16:
    if constexpr (L == Logic::Not)
      b.op.handler = &elementwise<Not16>;
    else
      b.op.handler = &elementwise<Logic16<L>>;
    break;
  case Type::B32:
    b.op.handler = &logic<L, 1>;
    break;
  default:
    b.op.handler = &logic<L, 2>;
  }
}

template <typename T>
struct IsZero {
  ATTN_SIM_INLINE static T apply(T a) { return a == 0; }
};

/// Any function of three bits, given as the table of its results.
ATTN_SIM_INLINE inline Row lookUp(const Row &a, const Row &b, const Row &c,
                                  uint32_t table) {
  Row result = {};
  for (unsigned term = 0; term < 8; ++term) {
    if (!(table >> term & 1))
      continue;
    uint32_t flipA = term & 4 ? 0 : ~0u, flipB = term & 2 ? 0 : ~0u;
    uint32_t flipC = term & 1 ? 0 : ~0u;
    for (unsigned i = 0; i < kLanes; ++i)
      result.lane[i] |=
          (a.lane[i] ^ flipA) & (b.lane[i] ^ flipB) & (c.lane[i] ^ flipC);
  }
  return result;
}

/// lop3: the destination may come with a predicate, whether any bit is set.
/// `First` is the operand of `a`.
template <unsigned First>
ATTN_SIM_INLINE inline Row lop3Row(Warp &warp, const Operation &op,
                                   Defined &where) {
  const Slot *s = &op.operands[First];
  where = warp.defined(s[0]) & warp.defined(s[1]) & warp.defined(s[2]);
  return lookUp(warp.row(s[0]), warp.row(s[1]), warp.row(s[2]),
                uint32_t(op.immediate));
}

Outcome lop3(Warp &warp, const Operation &op) {
  Defined where;
  Row result = lop3Row<1>(warp, op, where);
  warp.writeRow(op.operands[0], result, where);
  return Outcome::Next;
}

template <bool Or>
Outcome lop3Predicate(Warp &warp, const Operation &op) {
  Defined where;
  Row result = lop3Row<2>(warp, op, where);
  LaneMask combined = warp.predicate(op.operands[5]);
  LaneMask set = toMask(result.lane);
  LaneMask defined = where.both() & warp.definedPredicate(op.operands[5]);
  if (op.operands[0] != kNone)
    warp.writeRow(op.operands[0], result, where);
  writeOptional(warp, op.operands[1], Or ? set | combined : set & combined,
                defined);
  return Outcome::Next;
}

void bindLop3(Binding &b) {
  b.op.immediate = b.immediates[0];
  if (b.op.immediate < 0 || b.op.immediate > 255)
    b.error = "the table of lop3 must be a number from 0 to 255";
  b.op.handler = &lop3;
}
void bindLop3Predicate(Binding &b) {
  bindLop3(b);
  b.op.handler = b.has("or") ? &lop3Predicate<true> : &lop3Predicate<false>;
}

//===----------------------------------------------------------------------===//
// Shifts and bit fields
//===----------------------------------------------------------------------===//

/// Which halves of a shifted word are defined, lane by lane: packed values are
/// taken apart by shifts of 16.
template <bool Left>
ATTN_SIM_INLINE inline Defined shiftDefined(Defined a, const Row &counts,
                                            LaneMask defined) {
  if (a.both() == kAllLanes)
    return {defined, defined};
  LaneMask whole = 0, far = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    whole |= LaneMask(counts.lane[i] == 0) << i;
    far |= LaneMask(counts.lane[i] >= 16) << i;
  }
  LaneMask from = Left ? a.low : a.high, to = Left ? a.high : a.low;
  LaneMask moved = (far & from) | (whole & to) | (a.both() & ~far & ~whole);
  LaneMask rest = far | from;
  return Left ? Defined{rest & defined, moved & defined}
              : Defined{moved & defined, rest & defined};
}

/// shl, shr of 32 bits. A signed shift copies the sign into a half that
/// otherwise is known.
template <typename T, bool Left>
Outcome shift32(Warp &warp, const Operation &op) {
  const Row &a = warp.row(op.operands[1]), &counts = warp.row(op.operands[2]);
  Row result;
  for (unsigned i = 0; i < kLanes; ++i)
    result.lane[i] = uint32_t(Left ? shiftLeft(T(a.lane[i]), counts.lane[i])
                                   : shiftRight(T(a.lane[i]), counts.lane[i]));
  Defined source = warp.defined(op.operands[1]);
  Defined where =
      shiftDefined<Left>(source, counts, warp.defined(op.operands[2]).both());
  if (std::is_signed_v<T> && !Left)
    where.high &= source.high;
  warp.writeRow(op.operands[0], result, where);
  return Outcome::Next;
}

template <typename T>
struct ShiftLeft {
  ATTN_SIM_INLINE static T apply(T a, uint32_t count) {
    return shiftLeft(a, count);
  }
};
template <typename T>
struct ShiftRight {
  ATTN_SIM_INLINE static T apply(T a, uint32_t count) {
    return shiftRight(a, count);
  }
};

void bindShiftLeft(Binding &b) {
  b.op.handler = b.type() == Type::B16   ? &elementwise<ShiftLeft<uint16_t>>
                 : b.type() == Type::B32 ? &shift32<uint32_t, true>
                                         : &elementwise<ShiftLeft<uint64_t>>;
}
void bindShiftRight(Binding &b) {
  b.op.handler = forInteger(b.type(), [](auto tag) -> Handler {
    using T = TypeOf<decltype(tag)>;
    if constexpr (sizeof(T) == 4)
      return &shift32<T, false>;
    else
      return &elementwise<ShiftRight<T>>;
  });
}

void bindFunnelShift(Binding &b) {
  b.op.handler = forFlag(b.has("l"), [&](auto left) {
    return forFlag(b.has("wrap"), [&](auto wrap) -> Handler {
      return &elementwise<FunnelShift<left, wrap>>;
    });
  });
}

template <bool ShiftAmount>
void bindFindHighest(Binding &b) {
  b.op.handler = forInteger(b.type(), [](auto tag) -> Handler {
    return &elementwise<FindHighest<TypeOf<decltype(tag)>, ShiftAmount>>;
  });
}

void bindExtendField(Binding &b) {
  b.op.handler = forFlag(b.has("wrap"), [&](auto wrap) -> Handler {
    if (b.type() == Type::S32)
      return &elementwise<ExtendField<int32_t, wrap>>;
    return &elementwise<ExtendField<uint32_t, wrap>>;
  });
}

void bindMakeMask(Binding &b) {
  b.op.handler = b.has("wrap") ? &elementwise<MakeMask<true>>
                               : &elementwise<MakeMask<false>>;
}

//===----------------------------------------------------------------------===//
// prmt
//===----------------------------------------------------------------------===//

/// Which of the eight bytes of (b, a) each byte of the result is, four bits a
/// byte; the fourth bit asks for copies of the sign.
enum class Permute : uint8_t { Index, F4E, B4E, RC8, ECL, ECR, RC16 };

template <Permute P>
ATTN_SIM_INLINE inline uint32_t getSelectors(uint32_t control) {
  uint32_t i = control & 3, result = 0;
  for (uint32_t byte = 0; byte < 4; ++byte) {
    uint32_t from = 0;
    switch (P) {
    case Permute::Index:
      return control;
    case Permute::F4E:
      from = i + byte;
      break;
    case Permute::B4E:
      from = (i - byte) & 7;
      break;
    case Permute::RC8:
      from = i;
      break;
    case Permute::ECL:
      from = byte > i ? byte : i;
      break;
    case Permute::ECR:
      from = byte < i ? byte : i;
      break;
    case Permute::RC16:
      from = (i & 1) * 2 + (byte & 1);
      break;
    }
    result |= from << 4 * byte;
  }
  return result;
}

/// Lanes where the two bytes of the result that `selectors` names come from
/// halves that are defined.
LaneMask permuteDefined(const Row &selectors, unsigned shift, Defined a,
                        Defined b) {
  const LaneMask halves[4] = {a.low, a.high, b.low, b.high};
  LaneMask result = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    uint32_t pair = selectors.lane[i] >> shift;
    result |= halves[pair >> 1 & 3] & halves[pair >> 5 & 3] & LaneMask(1) << i;
  }
  return result;
}

template <Permute P>
Outcome permute(Warp &warp, const Operation &op) {
  const Row &a = warp.row(op.operands[1]), &b = warp.row(op.operands[2]);
  const Row &control = warp.row(op.operands[3]);
  Row selectors, result;
  for (unsigned i = 0; i < kLanes; ++i) {
    uint32_t selector = getSelectors<P>(control.lane[i]), word = 0;
    for (unsigned byte = 0; byte < 4; ++byte) {
      uint32_t which = selector >> 4 * byte;
      uint32_t source = which & 4 ? b.lane[i] : a.lane[i];
      uint32_t value = source >> 8 * (which & 3) & 0xff;
      uint32_t sign = value & 0x80 ? 0xff : 0;
      word |= (which & 8 ? sign : value) << 8 * byte;
    }
    selectors.lane[i] = selector;
    result.lane[i] = word;
  }
  Defined definedA = warp.defined(op.operands[1]);
  Defined definedB = warp.defined(op.operands[2]);
  LaneMask where = warp.defined(op.operands[3]).both();
  Defined halves = {where, where};
  if ((definedA.both() & definedB.both()) != kAllLanes) {
    halves.low &= permuteDefined(selectors, 0, definedA, definedB);
    halves.high &= permuteDefined(selectors, 8, definedA, definedB);
  }
  warp.writeRow(op.operands[0], result, halves);
  return Outcome::Next;
}

void bindPermute(Binding &b) {
  constexpr Handler handlers[] = {
      &permute<Permute::F4E>, &permute<Permute::B4E>, &permute<Permute::RC8>,
      &permute<Permute::ECL>, &permute<Permute::ECR>, &permute<Permute::RC16>,
  };
  int mode = b.choose({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  b.op.handler = mode < 0 ? &permute<Permute::Index> : handlers[mode];
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

#define INTEGERS "{u16|u32|u64|s16|s32|s64}"
#define WORDS "{u32|u64|s32|s64}"

constexpr auto kInteger = InstructionClass::Integer;

const Form kArithmetic[] = {
    {"add." INTEGERS " d, a, b", kInteger, bind<Add>},
    {"add.{u16x2|s16x2} d, a, b", kInteger, bindPacked<Add>, 90},
    {"add.sat.s32 d, a, b", kInteger, bindOne<AddSaturated>},
    {"sub." INTEGERS " d, a, b", kInteger, bind<Subtract>},
    {"sub.sat.s32 d, a, b", kInteger, bindOne<SubtractSaturated>},
    {"mul.lo." INTEGERS " d, a, b", kInteger, bind<MultiplyLow>},
    {"mul.hi." INTEGERS " d, a, b", kInteger, bind<MultiplyHigh>},
    {"mul.wide.{u16|s16|u32|s32} d:2x, a, b", kInteger, bindWide<MultiplyWide>},
    {"mad.lo." INTEGERS " d, a, b, c", kInteger, bind<MultiplyAddLow>},
    {"mad.hi." INTEGERS " d, a, b, c", kInteger, bind<MultiplyAddHigh>},
    {"mad.wide.{u16|s16|u32|s32} d:2x, a, b, c:2x", kInteger,
     bindWide<MultiplyAddWide>},
    {"mad.hi.sat.s32 d, a, b, c", kInteger, bindOne<MultiplyAddHighSaturated>},
    {"mul24.{hi|lo}.{u32|s32} d, a, b", kInteger, bind24<Multiply24>},
    {"mad24.{hi|lo}.{u32|s32} d, a, b, c", kInteger, bind24<MultiplyAdd24>},
    {"mad24.hi.sat.s32 d, a, b, c", kInteger,
     bindOne<MultiplyAdd24HighSaturated>},
    {"sad." INTEGERS " d, a, b, c", kInteger, bind<SumOfDifference>},
    {"div." INTEGERS " d, a, b", kInteger, bindDivide<false>},
    {"rem." INTEGERS " d, a, b", kInteger, bindDivide<true>},
    {"neg.{s16|s32|s64} d, a", kInteger, bind<Negate>},
    {"abs.{s16|s32|s64} d, a", kInteger, bind<Absolute>},
    {"min." INTEGERS " d, a, b", kInteger, bind<Minimum>},
    {"max." INTEGERS " d, a, b", kInteger, bind<Maximum>},
    {"min.{u16x2|s16x2} d, a, b", kInteger, bindPacked<Minimum>, 90},
    {"max.{u16x2|s16x2} d, a, b", kInteger, bindPacked<Maximum>, 90},
    {"min.relu.{s16x2|s32} d, a, b", kInteger, bindRelu<Minimum>, 90},
    {"max.relu.{s16x2|s32} d, a, b", kInteger, bindRelu<Maximum>, 90},
    {"dp4a.{u32|s32}.{u32|s32} d, a, b, c", kInteger, bindDot4},
    {"dp2a.{lo|hi}.{u32|s32}.{u32|s32} d, a, b, c", kInteger, bindDot2},
    {"add.cc." WORDS " d, a, b", kInteger, bindCarry<false, false>},
    {"addc[.cc]." WORDS " d, a, b", kInteger, bindCarry<false, true>},
    {"sub.cc." WORDS " d, a, b", kInteger, bindCarry<true, false>},
    {"subc[.cc]." WORDS " d, a, b", kInteger, bindCarry<true, true>},
    {"mad.{lo|hi}.cc." WORDS " d, a, b, c", kInteger, bindMultiplyCarry<false>},
    {"madc.{lo|hi}[.cc]." WORDS " d, a, b, c", kInteger,
     bindMultiplyCarry<true>},
};

const Form kLogic[] = {
    {"and.{pred|b16|b32|b64} d, a, b", kInteger, bindLogic<Logic::And>},
    {"or.{pred|b16|b32|b64} d, a, b", kInteger, bindLogic<Logic::Or>},
    {"xor.{pred|b16|b32|b64} d, a, b", kInteger, bindLogic<Logic::Xor>},
    {"not.{pred|b16|b32|b64} d, a", kInteger, bindLogic<Logic::Not>},
    {"cnot.{b16|b32|b64} d, a", kInteger, bind<IsZero>},
    {"lop3.b32 d, a, b, c, #n", kInteger, bindLop3},
    {"lop3.{or|and}.b32 d?|p, a, b, c, #n, q:pred", kInteger,
     bindLop3Predicate},
    {"shl.{b16|b32|b64} d, a, b:u32", kInteger, bindShiftLeft},
    {"shr.{b16|b32|b64|u16|u32|u64|s16|s32|s64} d, a, b:u32", kInteger,
     bindShiftRight},
    {"shf.{l|r}.{clamp|wrap}.b32 d, a, b, c:u32", kInteger, bindFunnelShift},
    {"popc.{b32|b64} d:u32, a", kInteger, bind<CountOnes>},
    {"clz.{b32|b64} d:u32, a", kInteger, bind<CountLeadingZeros>},
    {"bfind." WORDS " d:u32, a", kInteger, bindFindHighest<false>},
    {"bfind.shiftamt." WORDS " d:u32, a", kInteger, bindFindHighest<true>},
    {"brev.{b32|b64} d, a", kInteger, bind<ReverseBits>},
    {"bfe." WORDS " d, a, b:u32, c:u32", kInteger, bind<ExtractField>},
    {"bfi.{b32|b64} d, a, b, c:u32, e:u32", kInteger, bind<InsertField>},
    {"szext.{clamp|wrap}.{u32|s32} d, a, b:u32", kInteger, bindExtendField},
    {"bmsk.{clamp|wrap}.b32 d, a, b", kInteger, bindMakeMask},
    {"fns.b32 d, a, b, c:s32", kInteger, bindOne<FindNthSet>},
    {"prmt.b32[.{f4e|b4e|rc8|ecl|ecr|rc16}] d, a, b, c", kInteger, bindPermute},
};

} // namespace

void addIntegerForms(FormList &forms) {
  forms.insert(forms.end(), std::begin(kArithmetic), std::end(kArithmetic));
  forms.insert(forms.end(), std::begin(kLogic), std::end(kLogic));
  forms.insert(forms.end(), std::begin(kVideo), std::end(kVideo));
}

} // namespace attn::sim::ATTN_SIM_VARIANT
