// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix products of a warp: mma.

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

ATTN_SIM_INLINE inline bool areDefined(const Warp &warp, const Slot *slots,
                                       unsigned count) {
  LaneMask all = kAllLanes;
  for (unsigned i = 0; i < count; ++i)
    all &= warp.defined(slots[i]).both();
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
  uint8_t positions[kMatrixSize] = {};
  bool any = false;
};

template <typename A, typename B, typename C>
void findUndefinedResults(const Warp &warp, const ProductForm &form,
                          const ProductSlots &slots, UndefinedResults &result) {
  uint8_t a[kMatrixSize] = {}, b[kMatrixSize] = {};
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

/// Writes the fragment of d.
template <typename Element>
ATTN_SIM_INLINE inline void
packFloats(Warp &warp, const Slot *slots, unsigned count,
           const FragmentLayout &layout, const Matrix<double> &matrix,
           const UndefinedResults &undefined) {
  constexpr unsigned perRegister = Element::perRegister;
  for (unsigned r = 0; r < count; ++r) {
    Row row = {};
    Defined where;
    for (unsigned i = 0; i < perRegister; ++i) {
      const auto &positions =
          layout.positions[(r * perRegister + i) % layout.elements()];
      Lanes<double> values;
      for (unsigned lane = 0; lane < kLanes; ++lane)
        values[lane] = matrix.values[positions[lane]];
      for (unsigned lane = 0; lane < kLanes; ++lane)
        row.lane[lane] |= Element::encode(values[lane])
                          << (i * Element::bits & 31);
      LaneMask defined = getDefined(undefined, positions);
      if (perRegister == 1 || i == 0)
        where.low = defined;
      if (perRegister == 1 || i == 1)
        where.high = defined;
    }
    warp.writeRow(slots[r], row, where);
  }
}

//===----------------------------------------------------------------------===//
// Handlers
//===----------------------------------------------------------------------===//

/// Waits for all lanes and counts.
ATTN_SIM_INLINE inline Outcome startProduct(Warp &warp, const Operation &op,
                                            const MatrixShape &shape) {
  if (!warp.haveArrived(op, kAllLanes))
    return Outcome::Wait;
  if (warp.active != kAllLanes)
    return Outcome::Stop;
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
  bool isEasy = areSumsExact<A, B, C>(rangeA, rangeB, rangeC, form.shape);
  UndefinedResults undefined;
  if (!areDefined(warp, slots.a,
                  form.counts[1] + form.counts[2] + form.counts[3]))
    findUndefinedResults<A, B, C>(warp, form, slots, undefined);
  multiplyExactly(a.values, b.values, c.values, form.shape, isEasy);
  packFloats<D>(warp, slots.d, form.counts[0], *form.c, c, undefined);
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

MatrixFamily getFamily(Type type) {
  switch (getBits(type)) {
  case 64:
    return MatrixFamily::Bits64;
  case 32:
    return MatrixFamily::Bits32;
  case 16:
    return MatrixFamily::Bits16;
  case 8:
    return MatrixFamily::Bits8;
  default:
    return MatrixFamily::Bits4;
  }
}

/// The qualifier that names the shape.
MatrixShape getShape(const Binding &binding) {
  for (const std::string &name : binding.instruction.qualifiers)
    if (name.size() > 3 && name[0] == 'm' && name[1] >= '0' && name[1] <= '9')
      return parseMatrixShape(name);
  return {};
}

unsigned countRegisters(const FragmentLayout &layout, Type type) {
  unsigned bits = layout.elements() * getBits(type);
  return getBits(type) == 64 ? layout.elements() : (bits + 31) / 32;
}

void setForm(Binding &binding, ProductForm &form) {
  const char *const names[] = {"d", "a", "b", "c"};
  for (unsigned i = 0; i < 4 && binding.error.empty(); ++i)
    if (binding.lengths[i] != form.counts[i])
      binding.error = "expected " + std::to_string(form.counts[i]) +
                      " registers of " + names[i] + ", found " +
                      std::to_string(binding.lengths[i]);
  binding.op.immediate = keepForm(form);
}

/// Finds the layouts of a product with the types d, a, b, c.
ProductForm describeProduct(const Binding &binding) {
  ProductForm form;
  form.shape = getShape(binding);
  Type d = binding.type(0), a = binding.type(1), b = binding.type(2),
       c = binding.type(3);
  form.a = &getFragmentLayout(MatrixOperand::A, getFamily(a), form.shape);
  form.b = &getFragmentLayout(MatrixOperand::B, getFamily(b), form.shape);
  form.c = &getFragmentLayout(MatrixOperand::C, getFamily(c), form.shape);
  form.counts[0] = countRegisters(*form.c, d);
  form.counts[1] = countRegisters(*form.a, a);
  form.counts[2] = countRegisters(*form.b, b);
  form.counts[3] = countRegisters(*form.c, c);
  return form;
}

/// Chooses by the types of the sums, which are c and d.
template <typename A, typename B>
Handler chooseSums(Type c, Type d) {
  if (c == Type::F16)
    return d == Type::F16 ? multiplyFloats<A, B, ElementF16, ElementF16>
                          : multiplyFloats<A, B, ElementF16, ElementF32>;
  return d == Type::F16 ? multiplyFloats<A, B, ElementF32, ElementF16>
                        : multiplyFloats<A, B, ElementF32, ElementF32>;
}

void bindHalf(Binding &binding) {
  ProductForm form = describeProduct(binding);
  setForm(binding, form);
  binding.op.handler =
      binding.type(1) == Type::F16
          ? chooseSums<ElementF16, ElementF16>(binding.type(3), binding.type(0))
          : multiplyFloats<ElementBF16, ElementBF16, ElementF32, ElementF32>;
}

} // namespace

void attn::sim::ATTN_SIM_VARIANT::addMatrixForms(FormList &forms) {
  constexpr auto kind = InstructionClass::Matrix;
  const Form list[] = {
      {"mma.sync.aligned.{m16n8k8|m16n8k16}.row.col.{f16|f32}.f16.f16."
       "{f16|f32} {d:b32}, {a:b32}, {b:b32}, {c:b32}",
       kind, bindHalf, 75},
      {"mma.sync.aligned.{m16n8k8|m16n8k16}.row.col.f32.bf16.bf16.f32 {d:b32}, "
       "{a:b32}, {b:b32}, {c:b32}",
       kind, bindHalf, 80},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
