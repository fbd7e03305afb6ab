// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix products of a warp: mma and wmma.

#include "MatrixArithmetic.h"

#include "attn/Simulator/Block.h"
#include "attn/Simulator/InstructionTable.h"

#include <deque>
#include <mutex>

using namespace attn::sim;
using namespace attn::sim::ATTN_SIM_VARIANT;

namespace {

/// What a product is made of; `Operation::immediate` points to it.
struct ProductForm {
  MatrixShape shape;
  const FragmentLayout *a = nullptr;
  const FragmentLayout *b = nullptr;
  const FragmentLayout *c = nullptr;
  const FragmentLayout *d = nullptr;
  SumModel model;
  /// Integer sums are clamped instead of wrapping.
  bool saturates = false;
  /// Of multiply-adds of double.
  Rounding rounding = Rounding::NearestEven;
  /// Registers of d, a, b and c, in the order of the list.
  unsigned counts[4] = {};
};

const ProductForm &getForm(const Operation &op) {
  return *reinterpret_cast<const ProductForm *>(op.immediate);
}

/// The registers of a product.
struct ProductSlots {
  const Slot *d, *a, *b, *c;
};

ATTN_SIM_INLINE inline ProductSlots
getSlots(const Warp &warp, const Operation &op, const ProductForm &form) {
  const Slot *d = &warp.program.slots[op.list];
  const Slot *a = d + form.counts[0], *b = a + form.counts[1];
  return {d, a, b, b + form.counts[2]};
}

//===----------------------------------------------------------------------===//
// Definedness
//===----------------------------------------------------------------------===//

/// Whether the bits of element `i` of a register are defined, by lane.
template <typename Element>
LaneMask isElementDefined(const Warp &warp, Slot slot, unsigned i) {
  Defined defined = warp.defined(slot);
  if constexpr (Element::bits == 64)
    return defined.both() & warp.defined(slot + 1).both();
  else if constexpr (Element::bits == 32)
    return defined.both();
  else
    return i * Element::bits < 16 ? defined.low : defined.high;
}

/// Marks positions of a matrix whose element is undefined.
template <typename Element>
void findUndefined(const Warp &warp, const Slot *slots,
                   const FragmentLayout &layout, uint8_t *undefined) {
  for (unsigned e = 0; e < layout.elements(); ++e) {
    unsigned i = e % Element::perRegister;
    LaneMask bad =
        ~isElementDefined<Element>(warp, slots[e / Element::perRegister], i);
    for (; bad; bad &= bad - 1)
      undefined[layout.positions[e][__builtin_ctz(bad)]] = 1;
  }
}

/// Whether all rows of `count` registers are.
template <unsigned Rows>
ATTN_SIM_INLINE inline bool areDefined(const Warp &warp, const Slot *slots,
                                       unsigned count) {
  LaneMask all = kAllLanes;
  for (unsigned i = 0; i < count; ++i)
    for (unsigned row = 0; row < Rows; ++row)
      all &= warp.defined(slots[i] + row).both();
  return all == kAllLanes;
}

/// Spreads undefined elements of a to their rows of c and those of b to their
/// columns.
void spreadUndefined(const MatrixShape &shape, const uint8_t *a,
                     const uint8_t *b, uint8_t *c) {
  for (unsigned product = 0; product < shape.count; ++product) {
    for (unsigned m = 0; m < shape.m; ++m)
      for (unsigned n = 0; n < shape.n; ++n)
        for (unsigned k = 0; k < shape.k; ++k)
          c[m * shape.n + n] |= a[m * shape.k + k] | b[k * shape.n + n];
    a += shape.m * shape.k;
    b += shape.k * shape.n;
    c += shape.m * shape.n;
  }
}

/// Positions of c, marked where the result is undefined.
struct UndefinedResults {
  uint8_t positions[kMatrixSize];
  bool any = false;
};

template <typename A, typename B, typename C>
void findUndefinedResults(const Warp &warp, const ProductForm &form,
                          const ProductSlots &slots, UndefinedResults &result) {
  constexpr unsigned rows = A::bits == 64 ? 2 : 1;
  if (areDefined<rows>(warp, slots.a,
                       form.counts[1] + form.counts[2] + form.counts[3]))
    return;
  uint8_t a[kMatrixSize] = {}, b[kMatrixSize] = {};
  std::memset(result.positions, 0, sizeof(result.positions));
  findUndefined<A>(warp, slots.a, *form.a, a);
  findUndefined<B>(warp, slots.b, *form.b, b);
  findUndefined<C>(warp, slots.c, *form.c, result.positions);
  spreadUndefined(form.shape, a, b, result.positions);
  result.any = true;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// The lanes whose element at `positions` is defined.
inline LaneMask getDefined(const UndefinedResults &undefined,
                           const std::array<uint16_t, kLanes> &positions) {
  LaneMask result = kAllLanes;
  if (undefined.any)
    for (unsigned i = 0; i < kLanes; ++i)
      result &= ~(LaneMask(undefined.positions[positions[i]]) << i);
  return result;
}

/// Writes the fragment of d, whose elements `encode` makes bits of.
template <typename Element, typename T, typename Encode>
ATTN_SIM_INLINE inline void
packFragment(Warp &warp, const Slot *slots, unsigned count,
             const FragmentLayout &layout, const Matrix<T> &matrix,
             const UndefinedResults &undefined, Encode encode) {
  constexpr unsigned perRegister = Element::perRegister;
  for (unsigned r = 0; r < count; ++r) {
    Row row = {};
    Defined where;
    for (unsigned i = 0; i < perRegister; ++i) {
      const auto &positions = layout.positions[r * perRegister + i];
      Lanes<T> values;
      collect(matrix.values, positions, values);
      for (unsigned lane = 0; lane < kLanes; ++lane)
        row.lane[lane] |= encode(values[lane]) << (i * Element::bits & 31);
      LaneMask defined = getDefined(undefined, positions);
      if (perRegister == 1 || i == 0)
        where.low = defined;
      if (perRegister == 1 || i == 1)
        where.high = defined;
    }
    warp.writeRow(slots[r], row, where);
  }
}

/// Writes the fragment of a product of doubles.
void packDoubles(Warp &warp, const Slot *slots, const FragmentLayout &layout,
                 const Matrix<double> &matrix,
                 const UndefinedResults &undefined) {
  for (unsigned e = 0; e < layout.elements(); ++e) {
    Lanes<double> values;
    collect(matrix.values, layout.positions[e], values);
    for (double &value : values)
      value = canonical(value);
    warp.write(slots[e], values, getDefined(undefined, layout.positions[e]));
  }
}

//===----------------------------------------------------------------------===//
// Handlers
//===----------------------------------------------------------------------===//

/// Waits for all lanes and counts.
ATTN_SIM_INLINE inline Outcome startProduct(Warp &warp, const Operation &op,
                                            const MatrixShape &shape) {
  if (Outcome outcome = awaitFullWarp(warp, op); outcome != Outcome::Next)
    return outcome;
  warp.counters(op).flops += 2ull * shape.count * shape.m * shape.n * shape.k;
  return Outcome::Next;
}

/// d = a * b + c on floating-point elements of at most 32 bits.
template <typename A, typename B, typename C, typename D>
Outcome multiplyFloats(Warp &warp, const Operation &op) {
  const ProductForm &form = getForm(op);
  Outcome outcome = startProduct(warp, op, form.shape);
  if (outcome != Outcome::Next)
    return outcome;
  ProductSlots slots = getSlots(warp, op, form);
  Matrix<double> a, b, c;
  MagnitudeRange rangeA, rangeB, rangeC;
  unpackFloats<A>(warp, slots.a, *form.a, a, rangeA);
  unpackFloats<B>(warp, slots.b, *form.b, b, rangeB);
  unpackFloats<C>(warp, slots.c, *form.c, c, rangeC);
  UndefinedResults undefined;
  findUndefinedResults<A, B, C>(warp, form, slots, undefined);
  bool isExact = warp.block.launch.options.matrix == MatrixPolicy::Exact;
  bool isEasy = areSumsExact<A, B, C>(rangeA, rangeB, rangeC, form.shape);
  forEachProduct(a.values, b.values, c.values, form.shape,
                 [&](const double *a, const double *b, double *c) {
                   if (isExact)
                     multiplyExactly(a, b, c, form.shape, isEasy);
                   else
                     multiplyAsHardware<A, B, C, D>(a, b, c, form.shape,
                                                    form.model);
                 });
  packFragment<D>(warp, slots.d, form.counts[0], *form.d, c, undefined,
                  D::encode);
  return Outcome::Next;
}

/// d = a * b + c on double.
Outcome multiplyDoubles(Warp &warp, const Operation &op) {
  const ProductForm &form = getForm(op);
  Outcome outcome = startProduct(warp, op, form.shape);
  if (outcome != Outcome::Next)
    return outcome;
  ProductSlots slots = getSlots(warp, op, form);
  Matrix<double> a, b, c;
  unpackDoubles(warp, slots.a, *form.a, a);
  unpackDoubles(warp, slots.b, *form.b, b);
  unpackDoubles(warp, slots.c, *form.c, c);
  UndefinedResults undefined;
  findUndefinedResults<ElementF64, ElementF64, ElementF64>(warp, form, slots,
                                                           undefined);
  multiplyDoubleMatrices(a.values, b.values, c.values, form.shape,
                         form.rounding);
  packDoubles(warp, slots.d, *form.d, c, undefined);
  return Outcome::Next;
}

/// d = a * b + c with sums of 32 bits.
template <typename A, typename B, typename Multiply>
Outcome multiplyIntegers(Warp &warp, const Operation &op) {
  const ProductForm &form = getForm(op);
  Outcome outcome = startProduct(warp, op, form.shape);
  if (outcome != Outcome::Next)
    return outcome;
  ProductSlots slots = getSlots(warp, op, form);
  Matrix<int32_t> a, b, c;
  unpackIntegers<A>(warp, slots.a, *form.a, a);
  unpackIntegers<B>(warp, slots.b, *form.b, b);
  unpackIntegers<ElementS32>(warp, slots.c, *form.c, c);
  UndefinedResults undefined;
  findUndefinedResults<A, B, ElementS32>(warp, form, slots, undefined);
  multiplyIntegerMatrices<Multiply>(a.values, b.values, c.values, form.shape,
                                    form.saturates);
  packFragment<ElementS32>(warp, slots.d, form.counts[0], *form.d, c, undefined,
                           [](int32_t value) { return uint32_t(value); });
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Binders
//===----------------------------------------------------------------------===//

/// Keeps a form as long as programs may refer to it.
int64_t keepForm(const ProductForm &form) {
  static std::mutex mutex;
  static std::deque<ProductForm> forms;
  std::lock_guard<std::mutex> lock(mutex);
  forms.push_back(form);
  return int64_t(reinterpret_cast<intptr_t>(&forms.back()));
}

/// The layout of elements of `type`. Single bits are taken as words.
MatrixFamily getFamily(Type type) {
  switch (getBits(type)) {
  case 64:
    return MatrixFamily::Bits64;
  case 16:
    return MatrixFamily::Bits16;
  case 8:
    return MatrixFamily::Bits8;
  case 4:
    return MatrixFamily::Bits4;
  default:
    return MatrixFamily::Bits32;
  }
}

/// The qualifier that names the shape.
MatrixShape getShape(const Binding &binding) {
  for (const std::string &name : binding.instruction.qualifiers)
    if (name.size() > 3 && name[0] == 'm' && name[1] >= '0' && name[1] <= '9')
      return parseMatrixShape(name);
  return {};
}

/// How many registers hold a fragment.
unsigned countRegisters(const FragmentLayout &layout, Type type) {
  unsigned bits = getBits(type);
  return bits >= 32 || bits == 1 ? layout.elements()
                                 : layout.elements() * bits / 32;
}

/// The types of a product. Forms with f16 factors name only those of d and c.
struct ProductTypes {
  Type d, a, b, c;
};

ProductTypes getTypes(const Binding &binding) {
  if (binding.types.size() == 2)
    return {binding.type(0), Type::F16, Type::F16, binding.type(1)};
  return {binding.type(0), binding.type(1), binding.type(2), binding.type(3)};
}

/// Checks the numbers of registers and keeps the form.
void setForm(Binding &binding, ProductForm &form) {
  const char *const names[] = {"d", "a", "b", "c"};
  ProductTypes types = getTypes(binding);
  form.counts[0] = countRegisters(*form.d, types.d);
  form.counts[1] = countRegisters(*form.a, types.a);
  form.counts[2] = countRegisters(*form.b, types.b);
  form.counts[3] = countRegisters(*form.c, types.c);
  // Fragments of f16 factors hold elements twice, or four times.
  if (binding.instruction.opcode == "wmma" && types.a == Type::F16)
    form.counts[1] = form.counts[2] = 8;
  for (unsigned i = 0; i < 4 && binding.error.empty(); ++i)
    if (binding.lengths[i] != form.counts[i])
      binding.error = "expected " + std::to_string(form.counts[i]) +
                      " registers of " + names[i] + ", found " +
                      std::to_string(binding.lengths[i]);
  form.model = getSumModel(types.a, binding.target);
  form.saturates = binding.has("satfinite");
  constexpr Rounding roundings[] = {Rounding::Zero, Rounding::Down,
                                    Rounding::Up};
  if (int i = binding.choose({"rz", "rm", "rp"}); i >= 0)
    form.rounding = roundings[i];
  binding.op.immediate = keepForm(form);
}

/// Finds the layouts of a product.
void bindLayouts(Binding &binding) {
  ProductForm form;
  form.shape = getShape(binding);
  ProductTypes types = getTypes(binding);
  if (types.a == Type::B1)
    form.shape.k /= 32;
  form.a = &getFragmentLayout(MatrixOperand::A, getFamily(types.a), form.shape);
  form.b = &getFragmentLayout(MatrixOperand::B, getFamily(types.b), form.shape);
  form.c = &getFragmentLayout(MatrixOperand::C, getFamily(types.c), form.shape);
  form.d = &getFragmentLayout(MatrixOperand::C, getFamily(types.d), form.shape);
  setForm(binding, form);
}

/// Chooses by the types of the sums, which are c and d.
template <typename A, typename B>
Handler chooseSums(const ProductTypes &types) {
  if (types.c == Type::F16)
    return types.d == Type::F16 ? multiplyFloats<A, B, ElementF16, ElementF16>
                                : multiplyFloats<A, B, ElementF16, ElementF32>;
  return types.d == Type::F16 ? multiplyFloats<A, B, ElementF32, ElementF16>
                              : multiplyFloats<A, B, ElementF32, ElementF32>;
}

Handler chooseFloats(const ProductTypes &types) {
  switch (types.a) {
  case Type::F16:
    return chooseSums<ElementF16, ElementF16>(types);
  case Type::BF16:
    return multiplyFloats<ElementBF16, ElementBF16, ElementF32, ElementF32>;
  case Type::TF32:
    return multiplyFloats<ElementTF32, ElementTF32, ElementF32, ElementF32>;
  case Type::E4M3:
    return types.b == Type::E4M3 ? chooseSums<ElementE4M3, ElementE4M3>(types)
                                 : chooseSums<ElementE4M3, ElementE5M2>(types);
  case Type::E5M2:
    return types.b == Type::E4M3 ? chooseSums<ElementE5M2, ElementE4M3>(types)
                                 : chooseSums<ElementE5M2, ElementE5M2>(types);
  default:
    return multiplyDoubles;
  }
}

template <unsigned Bits>
Handler chooseIntegers(const ProductTypes &types) {
  using Signed = IntegerElement<Bits, true>;
  using Unsigned = IntegerElement<Bits, false>;
  if (isSigned(types.a))
    return isSigned(types.b)
               ? multiplyIntegers<Signed, Signed, MultiplyElements>
               : multiplyIntegers<Signed, Unsigned, MultiplyElements>;
  return isSigned(types.b)
             ? multiplyIntegers<Unsigned, Signed, MultiplyElements>
             : multiplyIntegers<Unsigned, Unsigned, MultiplyElements>;
}

void bindFloats(Binding &binding) {
  bindLayouts(binding);
  binding.op.handler = chooseFloats(getTypes(binding));
}

void bindIntegers(Binding &binding) {
  bindLayouts(binding);
  ProductTypes types = getTypes(binding);
  binding.op.handler = getBits(types.a) == 8 ? chooseIntegers<8>(types)
                                             : chooseIntegers<4>(types);
}

void bindBits(Binding &binding) {
  bindLayouts(binding);
  binding.op.handler = binding.has("xor")
                           ? multiplyIntegers<ElementS32, ElementS32, CountXor>
                           : multiplyIntegers<ElementS32, ElementS32, CountAnd>;
}

/// The form for sm_70: four products, each of which two groups of four lanes
/// compute.
void bindVolta(Binding &binding) {
  ProductForm form;
  form.shape = getShape(binding);
  form.shape.count = 4;
  ProductTypes types = getTypes(binding);
  const auto &names = binding.instruction.qualifiers;
  auto isRow = [&](unsigned i) { return names[i] == "row"; };
  auto choose = [](bool first, MatrixFamily a, MatrixFamily b) {
    return first ? a : b;
  };
  using Family = MatrixFamily;
  // sync.aligned.m8n8k4.alayout.blayout
  form.a = &getFragmentLayout(
      MatrixOperand::A, choose(isRow(3), Family::VoltaRow, Family::VoltaColumn),
      form.shape);
  form.b = &getFragmentLayout(
      MatrixOperand::B, choose(isRow(4), Family::VoltaRow, Family::VoltaColumn),
      form.shape);
  auto getSums = [&](Type type) {
    return &getFragmentLayout(
        MatrixOperand::C,
        choose(type == Type::F16, Family::VoltaHalf, Family::VoltaSingle),
        form.shape);
  };
  form.c = getSums(types.c);
  form.d = getSums(types.d);
  setForm(binding, form);
  binding.op.handler = chooseFloats(types);
}

} // namespace

#define OPERANDS " {d:b32}, {a:b32}, {b:b32}, {c:b32}"
#define DOUBLES " {d:b64}, {a:b64}, {b:b64}, {c:b64}"
#define ROUNDING "[.{rn|rz|rm|rp}]"
#define WMMA_SHAPE ".{m16n16k16|m8n32k16|m32n8k16}"
#define LAYOUTS ".{row|col}.{row|col}"

void attn::sim::ATTN_SIM_VARIANT::addMatrixForms(FormList &forms) {
  constexpr auto kind = InstructionClass::Matrix;
  const Form list[] = {
      {"mma.sync.aligned.m8n8k4" LAYOUTS
       ".{f16|f32}.f16.f16.{f16|f32}" OPERANDS,
       kind, bindVolta, 70},
      {"mma.sync.aligned.m16n8k8.row.col.{f16.f16.f16.f16|f32.f16.f16."
       "f32}" OPERANDS,
       kind, bindFloats, 75},
      {"mma.sync.aligned.m16n8k16.row.col.{f16.f16.f16.f16|f32.f16.f16.f32|"
       "f32.f16.f16.f16|f16.f16.f16.f32}" OPERANDS,
       kind, bindFloats, 80},
      {"mma.sync.aligned.{m16n8k8|m16n8k16}.row.col.f32.bf16.bf16.f32" OPERANDS,
       kind, bindFloats, 80},
      {"mma.sync.aligned.{m16n8k4|m16n8k8}.row.col.f32.tf32.tf32.f32" OPERANDS,
       kind, bindFloats, 80},
      {"mma.sync.aligned[.kind::f8f6f4].{m16n8k16|m16n8k32}.row.col[.kind::"
       "f8f6f4].{f16|f32}."
       "{e4m3|e5m2}.{e4m3|e5m2}.{f16|f32}" OPERANDS,
       kind, bindFloats, 89},
      {"mma.sync.aligned.m8n8k4.row.col" ROUNDING
       ".f64.f64.f64.f64" ROUNDING DOUBLES,
       kind, bindFloats, 80},
      {"mma.sync.aligned.{m16n8k4|m16n8k8|m16n8k16}.row.col" ROUNDING
       ".f64.f64.f64.f64" ROUNDING DOUBLES,
       kind, bindFloats, 90},
      {"mma.sync.aligned.m8n8k16.row.col[.satfinite].s32.{s8|u8}.{s8|u8}."
       "s32" OPERANDS,
       kind, bindIntegers, 75},
      {"mma.sync.aligned.{m16n8k16|m16n8k32}.row.col[.satfinite].s32.{s8|u8}."
       "{s8|u8}.s32" OPERANDS,
       kind, bindIntegers, 80},
      {"mma.sync.aligned.m8n8k32.row.col[.satfinite].s32.{s4|u4}.{s4|u4}."
       "s32" OPERANDS,
       kind, bindIntegers, 75},
      {"mma.sync.aligned.{m16n8k32|m16n8k64}.row.col[.satfinite].s32.{s4|u4}."
       "{s4|u4}.s32" OPERANDS,
       kind, bindIntegers, 80},
      {"mma.sync.aligned.m8n8k128.row.col.s32.b1.b1.s32.{xor|and}."
       "popc" OPERANDS,
       kind, bindBits, 75},
      {"mma.sync.aligned.{m16n8k128|m16n8k256}.row.col.s32.b1.b1.s32."
       "{xor|and}.popc" OPERANDS,
       kind, bindBits, 80},
      {"mma.{xor|and}.popc.sync.aligned.m8n8k128.row.col.s32.b1.b1."
       "s32" OPERANDS,
       kind, bindBits, 75},
      {"mma.{xor|and}.popc.sync.aligned.{m16n8k128|m16n8k256}.row.col.s32.b1."
       "b1.s32" OPERANDS,
       kind, bindBits, 80},
      {"wmma.mma.sync.aligned" LAYOUTS WMMA_SHAPE
       ".{f16|f32}.{f16|f32}" OPERANDS,
       kind, bindFloats, 70},
      {"wmma.mma.sync.aligned" LAYOUTS WMMA_SHAPE ".f32.bf16.bf16.f32" OPERANDS,
       kind, bindFloats, 80},
      {"wmma.mma.sync.aligned" LAYOUTS ".m16n16k8.f32.tf32.tf32.f32" OPERANDS,
       kind, bindFloats, 80},
      {"wmma.mma.sync.aligned" LAYOUTS ".m8n8k4" ROUNDING
       ".f64.f64.f64.f64" ROUNDING DOUBLES,
       kind, bindFloats, 80},
      {"wmma.mma.sync.aligned" LAYOUTS WMMA_SHAPE
       ".s32.{s8.s8|u8.u8}.s32[.satfinite]" OPERANDS,
       kind, bindIntegers, 72},
      {"wmma.mma.sync.aligned.row.col.m8n8k32.s32.{s4.s4|u4.u4}.s32"
       "[.satfinite]" OPERANDS,
       kind, bindIntegers, 75},
      {"wmma.mma.{xor|and}.popc.sync.aligned.row.col.m8n8k128.s32.b1.b1."
       "s32" OPERANDS,
       kind, bindBits, 75},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
