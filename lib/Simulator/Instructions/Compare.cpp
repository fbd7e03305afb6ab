// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comparison and selection: setp, set, selp, slct.

#include "Elementwise.h"

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

//===----------------------------------------------------------------------===//
// Comparison of one lane
//===----------------------------------------------------------------------===//

/// Those that end in u hold for NaNs too.
enum class Compare : uint8_t {
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  Equ,
  Neu,
  Ltu,
  Leu,
  Gtu,
  Geu,
  Num,
  Nan,
};

template <Compare C, typename T>
ATTN_SIM_INLINE inline bool compare(T a, T b) {
  switch (C) {
  case Compare::Eq:
    return a == b;
  case Compare::Ne:
    return (a < b) | (a > b);
  case Compare::Lt:
    return a < b;
  case Compare::Le:
    return a <= b;
  case Compare::Gt:
    return a > b;
  case Compare::Ge:
    return a >= b;
  case Compare::Equ:
    return !((a < b) | (a > b));
  case Compare::Neu:
    return !(a == b);
  case Compare::Ltu:
    return !(a >= b);
  case Compare::Leu:
    return !(a > b);
  case Compare::Gtu:
    return !(a <= b);
  case Compare::Geu:
    return !(a < b);
  case Compare::Num:
    return (a == a) & (b == b);
  case Compare::Nan:
    return (a != a) | (b != b);
  }
}

/// What the bits of an operand mean.
template <typename T>
struct Plain {
  using Raw = T;
  ATTN_SIM_INLINE static T value(T raw) { return raw; }
};
struct Flushed {
  using Raw = float;
  ATTN_SIM_INLINE static float value(float raw) { return flush(raw); }
};
template <typename Format, bool Ftz>
struct Half {
  using Raw = uint16_t;
  ATTN_SIM_INLINE static float value(uint32_t raw) {
    bool isSubnormal = (raw & (Format::sign - 1)) < Format::smallestNormal;
    return decodeFloat<Format>(Ftz && isSubnormal ? raw & Format::sign : raw);
  }
};

/// The lanes for which the comparison of the first two sources holds.
template <Compare C, typename Source>
ATTN_SIM_INLINE inline LaneMask compareLanes(Warp &warp, Slot slotA,
                                             Slot slotB) {
  using Raw = typename Source::Raw;
  Lanes<Raw> a = warp.read<Raw>(slotA), b = warp.read<Raw>(slotB);
  Lanes<uint32_t> result;
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] = compare<C>(Source::value(a[i]), Source::value(b[i]));
  return toMask(result);
}

/// The same for the halves of 32 bits from bit `Shift` on.
template <Compare C, typename Source, unsigned Shift>
ATTN_SIM_INLINE inline LaneMask compareHalves(Warp &warp, Slot slotA,
                                              Slot slotB) {
  const Row &a = warp.row(slotA), &b = warp.row(slotB);
  Lanes<uint32_t> result;
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] = compare<C>(Source::value(a.lane[i] >> Shift & 0xffff),
                           Source::value(b.lane[i] >> Shift & 0xffff));
  return toMask(result);
}

//===----------------------------------------------------------------------===//
// setp and set
//===----------------------------------------------------------------------===//

/// How the result is combined with a predicate: `Operation::immediate`.
enum Combine : int64_t { kNoCombine = -1, kAnd, kOr, kXor };

/// Lanes, and which of them are defined.
struct Predicate {
  LaneMask values, where;
};

/// Combines `test` with the predicate in operand `index`.
ATTN_SIM_INLINE inline Predicate combine(Warp &warp, const Operation &op,
                                         unsigned index, Predicate test) {
  if (op.immediate == kNoCombine)
    return test;
  LaneMask other = warp.predicate(op.operands[index]);
  LaneMask defined = warp.definedPredicate(op.operands[index]);
  LaneMask both = test.where & defined;
  if (op.immediate == kAnd)
    return {test.values & other,
            both | (test.where & ~test.values) | (defined & ~other)};
  if (op.immediate == kOr)
    return {test.values | other,
            both | (test.where & test.values) | (defined & other)};
  return {test.values ^ other, both};
}

/// setp p|q: q is made from the complement of the comparison.
template <Compare C, typename Source>
struct SetPredicate {
  static Outcome handler(Warp &warp, const Operation &op) {
    constexpr unsigned bytes = sizeof(typename Source::Raw);
    LaneMask test =
        compareLanes<C, Source>(warp, op.operands[2], op.operands[3]);
    LaneMask where = warp.isDefined(op.operands[2], bytes) &
                     warp.isDefined(op.operands[3], bytes);
    Predicate p = combine(warp, op, 4, {test, where});
    Predicate q = combine(warp, op, 4, {~test, where});
    writeOptional(warp, op.operands[0], p.values, p.where);
    writeOptional(warp, op.operands[1], q.values, q.where);
    return Outcome::Next;
  }
};

/// setp p|q of pairs: p is made from the low, q from the high halves.
template <Compare C, typename Source>
struct SetPredicateOfPairs {
  static Outcome handler(Warp &warp, const Operation &op) {
    Slot a = op.operands[2], b = op.operands[3];
    Defined where = warp.defined(a) & warp.defined(b);
    LaneMask low = compareHalves<C, Source, 0>(warp, a, b);
    LaneMask high = compareHalves<C, Source, 16>(warp, a, b);
    Predicate p = combine(warp, op, 4, {low, where.low});
    Predicate q = combine(warp, op, 4, {high, where.high});
    writeOptional(warp, op.operands[0], p.values, p.where);
    writeOptional(warp, op.operands[1], q.values, q.where);
    return Outcome::Next;
  }
};

/// set: `Operation::immediate2` is written where the result is true.
template <Compare C, typename Source>
struct Set {
  static Outcome handler(Warp &warp, const Operation &op) {
    constexpr unsigned bytes = sizeof(typename Source::Raw);
    LaneMask test =
        compareLanes<C, Source>(warp, op.operands[1], op.operands[2]);
    LaneMask where = warp.isDefined(op.operands[1], bytes) &
                     warp.isDefined(op.operands[2], bytes);
    Predicate p = combine(warp, op, 3, {test, where});
    Row result;
    for (unsigned i = 0; i < kLanes; ++i)
      result.lane[i] = p.values >> i & 1 ? uint32_t(op.immediate2) : 0;
    warp.writeRow(op.operands[0], result, {p.where, p.where});
    return Outcome::Next;
  }
};

template <Compare C, typename Source>
struct SetPairs {
  static Outcome handler(Warp &warp, const Operation &op) {
    Slot a = op.operands[1], b = op.operands[2];
    Defined where = warp.defined(a) & warp.defined(b);
    LaneMask low = compareHalves<C, Source, 0>(warp, a, b);
    LaneMask high = compareHalves<C, Source, 16>(warp, a, b);
    Predicate p = combine(warp, op, 3, {low, where.low});
    Predicate q = combine(warp, op, 3, {high, where.high});
    const uint32_t yes = uint32_t(op.immediate2) & 0xffff;
    Row result;
    for (unsigned i = 0; i < kLanes; ++i)
      result.lane[i] =
          (p.values >> i & 1 ? yes : 0) | (q.values >> i & 1 ? yes << 16 : 0);
    warp.writeRow(op.operands[0], result, {p.where, q.where});
    return Outcome::Next;
  }
};

//===----------------------------------------------------------------------===//
// Binders of comparisons
//===----------------------------------------------------------------------===//

/// The handlers of `Form` on integers, in the order of `Compare`.
template <template <Compare, typename> class Form, typename Source>
constexpr Handler kIntegerCompare[] = {
    &Form<Compare::Eq, Source>::handler, &Form<Compare::Ne, Source>::handler,
    &Form<Compare::Lt, Source>::handler, &Form<Compare::Le, Source>::handler,
    &Form<Compare::Gt, Source>::handler, &Form<Compare::Ge, Source>::handler,
};
template <template <Compare, typename> class Form, typename Source>
constexpr Handler kFloatCompare[] = {
    &Form<Compare::Eq, Source>::handler,  &Form<Compare::Ne, Source>::handler,
    &Form<Compare::Lt, Source>::handler,  &Form<Compare::Le, Source>::handler,
    &Form<Compare::Gt, Source>::handler,  &Form<Compare::Ge, Source>::handler,
    &Form<Compare::Equ, Source>::handler, &Form<Compare::Neu, Source>::handler,
    &Form<Compare::Ltu, Source>::handler, &Form<Compare::Leu, Source>::handler,
    &Form<Compare::Gtu, Source>::handler, &Form<Compare::Geu, Source>::handler,
    &Form<Compare::Num, Source>::handler, &Form<Compare::Nan, Source>::handler,
};

template <template <Compare, typename> class Form>
Handler chooseInteger(const Binding &b, Type type) {
  int which = b.choose({"eq", "ne", "lt", "le", "gt", "ge"});
  if (which < 0)
    which = 2 + b.choose({"lo", "ls", "hi", "hs"});
  return forInteger(type, [&](auto tag) -> Handler {
    using T = TypeOf<decltype(tag)>;
    if constexpr (sizeof(T) == 1)
      return nullptr;
    else
      return kIntegerCompare<Form, Plain<T>>[which];
  });
}

template <template <Compare, typename> class Form>
Handler chooseFloat(const Binding &b, Type type) {
  int which = b.choose({"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu",
                        "leu", "gtu", "geu", "num", "nan"});
  bool ftz = b.has("ftz");
  switch (type) {
  case Type::F64:
    return kFloatCompare<Form, Plain<double>>[which];
  case Type::F32:
    return ftz ? kFloatCompare<Form, Flushed>[which]
               : kFloatCompare<Form, Plain<float>>[which];
  case Type::F16:
  case Type::F16x2:
    return ftz ? kFloatCompare<Form, Half<Float16, true>>[which]
               : kFloatCompare<Form, Half<Float16, false>>[which];
  default:
    return kFloatCompare<Form, Half<BFloat16, false>>[which];
  }
}

/// The predicate to combine with is operand `index`, if there is one.
void setCombine(Binding &b, unsigned index) {
  b.op.immediate = b.choose({"and", "or", "xor"});
  if ((b.op.immediate == kNoCombine) != (b.op.operands[index] == kNone))
    b.error = "expected a predicate as last operand with .and, .or and .xor, "
              "and only with them";
}

/// What `set` writes where its result is true.
int64_t getTrue(Type type) {
  switch (type) {
  case Type::F32:
    return 0x3f800000;
  case Type::F16:
  case Type::F16x2:
    return 0x3c00;
  case Type::BF16:
  case Type::BF16x2:
    return 0x3f80;
  default:
    return getBits(type) == 16 ? 0xffff : 0xffffffff;
  }
}

void bindSetpInteger(Binding &b) {
  setCombine(b, 4);
  b.op.handler = chooseInteger<SetPredicate>(b, b.type());
}
void bindSetpFloat(Binding &b) {
  setCombine(b, 4);
  b.op.handler = chooseFloat<SetPredicate>(b, b.type());
}
void bindSetpPairs(Binding &b) {
  setCombine(b, 4);
  b.op.handler = chooseFloat<SetPredicateOfPairs>(b, b.type());
}
void bindSetInteger(Binding &b) {
  setCombine(b, 3);
  b.op.immediate2 = getTrue(b.type(0));
  b.op.handler = chooseInteger<Set>(b, b.type(1));
}
void bindSetFloat(Binding &b) {
  setCombine(b, 3);
  b.op.immediate2 = getTrue(b.type(0));
  b.op.handler = chooseFloat<Set>(b, b.type(1));
}
void bindSetPairs(Binding &b) {
  setCombine(b, 3);
  b.op.immediate2 = getTrue(b.type(0));
  b.op.handler = chooseFloat<SetPairs>(b, b.type(1));
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

/// Row `row` of d = values ? a : b.
ATTN_SIM_INLINE inline void selectRow(Warp &warp, const Operation &op,
                                      unsigned row, Predicate choice) {
  Slot slotA = op.operands[1] + row, slotB = op.operands[2] + row;
  const Row &a = warp.row(slotA), &b = warp.row(slotB);
  Defined definedA = warp.defined(slotA), definedB = warp.defined(slotB);
  const LaneMask values = choice.values;
  Row result;
  for (unsigned i = 0; i < kLanes; ++i) {
    uint32_t taken = 0u - (values >> i & 1);
    result.lane[i] = (a.lane[i] & taken) | (b.lane[i] & ~taken);
  }
  auto select = [&](LaneMask x, LaneMask y) {
    return ((x & values) | (y & ~values)) & choice.where;
  };
  warp.writeRow(op.operands[0] + row, result,
                {select(definedA.low, definedB.low),
                 select(definedA.high, definedB.high)});
}

template <unsigned Rows>
Outcome selectPredicate(Warp &warp, const Operation &op) {
  Predicate choice = {warp.predicate(op.operands[3]),
                      warp.definedPredicate(op.operands[3])};
  for (unsigned row = 0; row < Rows; ++row)
    selectRow(warp, op, row, choice);
  return Outcome::Next;
}

/// slct: a where c is zero or more. NaN is not.
template <unsigned Rows, typename T, bool Ftz>
Outcome selectSign(Warp &warp, const Operation &op) {
  Lanes<T> c = warp.read<T>(op.operands[3]);
  Lanes<uint32_t> result;
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] = (Ftz ? T(flush(float(c[i]))) : c[i]) >= T(0);
  Predicate choice = {toMask(result), warp.isDefined(op.operands[3], 4)};
  for (unsigned row = 0; row < Rows; ++row)
    selectRow(warp, op, row, choice);
  return Outcome::Next;
}

void bindSelp(Binding &b) {
  b.op.handler =
      getBits(b.type()) == 64 ? &selectPredicate<2> : &selectPredicate<1>;
}

template <unsigned Rows>
Handler chooseSlct(const Binding &b) {
  if (b.type(1) == Type::S32)
    return &selectSign<Rows, int32_t, false>;
  return b.has("ftz") ? &selectSign<Rows, float, true>
                      : &selectSign<Rows, float, false>;
}
void bindSlct(Binding &b) {
  b.op.handler = getBits(b.type(0)) == 64 ? chooseSlct<2>(b) : chooseSlct<1>(b);
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

#define SIGNED ".{eq|ne|lt|le|gt|ge}"
#define UNSIGNED ".{eq|ne|lt|le|gt|ge|lo|ls|hi|hs}"
#define FLOAT                                                                  \
  ".{eq|ne|lt|le|gt|ge|equ|neu|ltu|leu|gtu|geu|num|nan}[.{and|or|xor}]"
#define COMBINE "[.{and|or|xor}]"

constexpr auto kCompare = InstructionClass::Compare;

const Form kForms[] = {
    {"setp.{eq|ne}" COMBINE ".{b16|b32|b64} d:pred|p, a, b[, c:pred]", kCompare,
     bindSetpInteger},
    {"setp" SIGNED COMBINE ".{s16|s32|s64} d:pred|p, a, b[, c:pred]", kCompare,
     bindSetpInteger},
    {"setp" UNSIGNED COMBINE ".{u16|u32|u64} d:pred|p, a, b[, c:pred]",
     kCompare, bindSetpInteger},
    {"setp" FLOAT "[.ftz].{f32|f16} d:pred|p, a, b[, c:pred]", kCompare,
     bindSetpFloat},
    {"setp" FLOAT ".{f64|bf16} d:pred|p, a, b[, c:pred]", kCompare,
     bindSetpFloat},
    {"setp" FLOAT "[.ftz].f16x2 d:pred|p, a, b[, c:pred]", kCompare,
     bindSetpPairs},
    {"setp" FLOAT ".bf16x2 d:pred|p, a, b[, c:pred]", kCompare, bindSetpPairs},
    {"set.{eq|ne}" COMBINE ".{u32|s32|f32|f16|bf16}.{b16|b32|b64} "
     "d:t0, a, b[, c:pred]",
     kCompare, bindSetInteger},
    {"set" SIGNED COMBINE ".{u32|s32|f32|f16|bf16}.{s16|s32|s64} "
     "d:t0, a, b[, c:pred]",
     kCompare, bindSetInteger},
    {"set" UNSIGNED COMBINE ".{u32|s32|f32|f16|bf16}.{u16|u32|u64} "
     "d:t0, a, b[, c:pred]",
     kCompare, bindSetInteger},
    {"set" FLOAT "[.ftz].{u32|s32|f32|u16|s16|f16|bf16}.{f16|f32|f64|bf16} "
     "d:t0, a, b[, c:pred]",
     kCompare, bindSetFloat},
    {"set" FLOAT "[.ftz].{f16x2|u32|s32}.f16x2 d:t0, a, b[, c:pred]", kCompare,
     bindSetPairs},
    {"set" FLOAT ".{bf16x2|u32|s32}.bf16x2 d:t0, a, b[, c:pred]", kCompare,
     bindSetPairs},
    {"selp.{b16|b32|b64|u16|u32|u64|s16|s32|s64|f16|bf16|f32|f64} "
     "d, a, b, c:pred",
     kCompare, bindSelp},
    {"slct.{b16|b32|b64|u16|u32|u64|s16|s32|s64|f32|f64}.s32 "
     "d:t0, a:t0, b:t0, c:t1",
     kCompare, bindSlct},
    {"slct[.ftz].{b16|b32|b64|u16|u32|u64|s16|s32|s64|f32|f64}.f32 "
     "d:t0, a:t0, b:t0, c:t1",
     kCompare, bindSlct},
};

} // namespace

void addCompareForms(FormList &forms) {
  forms.insert(forms.end(), std::begin(kForms), std::end(kForms));
}

} // namespace attn::sim::ATTN_SIM_VARIANT
