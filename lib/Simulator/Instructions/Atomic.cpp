// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Atomic operations on memory, with and without a result. Lanes take turns in
// their order.

#include "Elementwise.h"
#include "MemoryAccess.h"

using namespace attn::sim;
using namespace attn::sim::ATTN_SIM_VARIANT;

namespace {

//===----------------------------------------------------------------------===//
// What is done to one element
//===----------------------------------------------------------------------===//

/// The new value from the old one and one operand; for cas, from two.
using Combine = uint64_t (*)(uint64_t old, uint64_t b, uint64_t c);

template <typename T>
uint64_t addIntegers(uint64_t old, uint64_t b, uint64_t) {
  return T(T(old) + T(b));
}
template <typename T>
uint64_t minimum(uint64_t old, uint64_t b, uint64_t) {
  return uint64_t(std::min(T(old), T(b)));
}
template <typename T>
uint64_t maximum(uint64_t old, uint64_t b, uint64_t) {
  return uint64_t(std::max(T(old), T(b)));
}
uint64_t increment(uint64_t old, uint64_t b, uint64_t) {
  return uint32_t(old) >= uint32_t(b) ? 0 : old + 1;
}
uint64_t decrement(uint64_t old, uint64_t b, uint64_t) {
  return uint32_t(old) == 0 || uint32_t(old) > uint32_t(b) ? b : old - 1;
}
uint64_t bitAnd(uint64_t old, uint64_t b, uint64_t) { return old & b; }
uint64_t bitOr(uint64_t old, uint64_t b, uint64_t) { return old | b; }
uint64_t bitXor(uint64_t old, uint64_t b, uint64_t) { return old ^ b; }
uint64_t exchange(uint64_t, uint64_t b, uint64_t) { return b; }
uint64_t compareAndSwap(uint64_t old, uint64_t b, uint64_t c) {
  return old == b ? c : old;
}

/// Global memory flushes subnormal numbers, shared memory does not.
template <bool Ftz>
uint64_t addFloats(uint64_t old, uint64_t b, uint64_t) {
  float x = flush<Ftz>(bitsAs<float>(uint32_t(old)));
  float y = flush<Ftz>(bitsAs<float>(uint32_t(b)));
  return bitsAs<uint32_t>(flush<Ftz>(canonical(x + y)));
}
uint64_t addDoubles(uint64_t old, uint64_t b, uint64_t) {
  return bitsAs<uint64_t>(canonical(bitsAs<double>(old) + bitsAs<double>(b)));
}

enum class HalfKind : uint8_t { Add, Min, Max };

/// One or two codes of 16 bits.
template <typename Format, HalfKind Kind, bool Packed>
uint64_t combineHalves(uint64_t old, uint64_t b, uint64_t) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < (Packed ? 32 : 16); shift += 16) {
    float x = decodeFloat<Format>(uint32_t(old >> shift) & 0xffff);
    float y = decodeFloat<Format>(uint32_t(b >> shift) & 0xffff);
    float value = Kind == HalfKind::Add   ? x + y
                  : Kind == HalfKind::Min ? extremum<false, false>(x, y)
                                          : extremum<true, false>(x, y);
    result |= uint64_t(roundFloat<Format>(value)) << shift;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

/// What an atomic does beside its address, in `Operation::immediate2`. The list
/// has `count` results, as many operands, and for cas as many again.
struct AtomicForm {
  uint8_t elementBytes = 4;
  uint8_t count = 1;
  Space space = Space::Generic;
  bool is64Bit = true;
  bool acquires = false;
  bool releases = false;
  /// Index into `kCombines`.
  uint8_t combine = 0;
  bool hasThird = false;
};
static_assert(sizeof(AtomicForm) == sizeof(int64_t));

constexpr Combine kCombines[] = {
    addIntegers<uint32_t>,
    addIntegers<uint64_t>,
    minimum<uint32_t>,
    minimum<int32_t>,
    minimum<uint64_t>,
    minimum<int64_t>,
    maximum<uint32_t>,
    maximum<int32_t>,
    maximum<uint64_t>,
    maximum<int64_t>,
    increment,
    decrement,
    bitAnd,
    bitOr,
    bitXor,
    exchange,
    compareAndSwap,
    addFloats<false>,
    addFloats<true>,
    addDoubles,
    combineHalves<Float16, HalfKind::Add, false>,
    combineHalves<Float16, HalfKind::Add, true>,
    combineHalves<Float16, HalfKind::Min, false>,
    combineHalves<Float16, HalfKind::Min, true>,
    combineHalves<Float16, HalfKind::Max, false>,
    combineHalves<Float16, HalfKind::Max, true>,
    combineHalves<BFloat16, HalfKind::Add, false>,
    combineHalves<BFloat16, HalfKind::Add, true>,
    combineHalves<BFloat16, HalfKind::Min, false>,
    combineHalves<BFloat16, HalfKind::Min, true>,
    combineHalves<BFloat16, HalfKind::Max, false>,
    combineHalves<BFloat16, HalfKind::Max, true>,
};

/// The values of an operand, or of both halves of one of 128 bits.
struct Element {
  Lanes<uint64_t> low, high;
};

void readElement(const Warp &warp, Slot slot, unsigned bytes,
                 Element &element) {
  element.low = {};
  element.high = {};
  if (slot == kNone)
    return;
  if (bytes >= 8) {
    element.low = warp.read<uint64_t>(slot);
    if (bytes == 16)
      element.high = warp.read<uint64_t>(slot + 2);
    return;
  }
  const Row &row = warp.row(slot);
  for (unsigned i = 0; i < kLanes; ++i)
    element.low[i] = bytes == 2 ? row.lane[i] & 0xffff : row.lane[i];
}

void writeElement(Warp &warp, Slot slot, unsigned bytes,
                  const Element &element) {
  if (slot == kNone)
    return;
  if (bytes >= 8) {
    warp.write(slot, element.low, kAllLanes);
    if (bytes == 16)
      warp.write(slot + 2, element.high, kAllLanes);
    return;
  }
  Row row;
  for (unsigned i = 0; i < kLanes; ++i)
    row.lane[i] = uint32_t(element.low[i]);
  warp.writeRow(slot, row, Defined());
}

/// Reports operands that nobody wrote.
Outcome checkOperands(Warp &warp, const Operation &op, const AtomicForm &form) {
  if (!warp.block.launch.options.checks)
    return Outcome::Next;
  const Slot *list = &warp.program.slots[op.list];
  LaneMask undefined = 0;
  for (unsigned i = form.count; i < form.count * (form.hasThird ? 3u : 2u);
       ++i) {
    LaneMask defined =
        warp.isDefined(list[i], std::min<unsigned>(form.elementBytes, 8));
    if (form.elementBytes == 16)
      defined &= warp.isDefined(list[i] + 2, 8);
    undefined |= warp.active & ~defined;
  }
  return undefined ? warp.report(Check::Undefined, op, undefined,
                                 "undefined data in an atomic operation")
                   : Outcome::Next;
}

/// Checks the access and passes on what its threads know.
Outcome checkAtomic(const Access &access, const AtomicForm &form) {
  Warp &warp = access.warp;
  Block &block = warp.block;
  if (access.space != Space::Shared && access.space != Space::Global) {
    warp.report(Check::Invalid, access.op, access.lanes,
                "an atomic operation on memory that is neither global nor "
                "shared");
    return Outcome::Stop;
  }
  if (!block.launch.options.checks)
    return Outcome::Next;
  bool isGlobal = access.space == Space::Global;
  auto &addresses =
      isGlobal ? block.launch.globalRaces.addresses : block.ordering.addresses;
  if (form.acquires || form.releases || !addresses.empty() ||
      block.ordering.hasFences())
    for (LaneMask rest = access.lanes; rest; rest &= rest - 1) {
      LaneMask lane = rest & -rest;
      uint64_t address = access.address[firstOf(rest)];
      block.ordering.readStrong(warp, lane, address, form.acquires, addresses);
      block.ordering.writeStrong(warp, lane, address, form.releases, isGlobal,
                                 addresses);
    }
  ShadowAccess shadow = {warp, access.op, Agent(kWarpAgents + warp.index),
                         /*strong=*/true};
  if (!isGlobal) {
    LaneMask unwritten =
        access.lanes & ~areMarked(block.definedShared, access, 0, access.size);
    if (unwritten && reportUnwritten(access, unwritten) == Outcome::Stop)
      return Outcome::Stop;
    return block.races.write(shadow, access.lanes, access.address, access.size,
                             nullptr, 0);
  }
  return block.launch.globalRaces.write(shadow, access.lanes, access.address,
                                        access.size, nullptr, 0,
                                        access.address);
}

/// Carries out element `index` for all lanes.
void combineElement(const Access &access, const AtomicForm &form,
                    unsigned index) {
  const Slot *list = &access.warp.program.slots[access.op.list];
  const unsigned bytes = form.elementBytes, part = std::min(bytes, 8u);
  Element b, c, old = {};
  readElement(access.warp, list[form.count + index], bytes, b);
  readElement(access.warp, form.hasThird ? list[2 * form.count + index] : kNone,
              bytes, c);
  Combine combine = kCombines[form.combine];
  for (LaneMask rest = access.lanes; rest; rest &= rest - 1) {
    unsigned lane = firstOf(rest);
    uint8_t *at = access.pointer(lane) + index * bytes;
    std::memcpy(&old.low[lane], at, part);
    uint64_t low = combine(old.low[lane], b.low[lane], c.low[lane]);
    if (bytes == 16) {
      std::memcpy(&old.high[lane], at + 8, 8);
      bool isEqual =
          old.low[lane] == b.low[lane] && old.high[lane] == b.high[lane];
      const Element &from = form.hasThird ? c : b;
      if (form.hasThird && !isEqual)
        continue;
      low = from.low[lane];
      std::memcpy(at + 8, &from.high[lane], 8);
    }
    std::memcpy(at, &low, part);
  }
  writeElement(access.warp, list[index], bytes, old);
}

/// Operand 0 is the address.
Outcome atomic(Warp &warp, const Operation &op) {
  AtomicForm form;
  std::memcpy(&form, &op.immediate2, sizeof(form));
  Access access(warp, op);
  access.space = form.space;
  access.lanes = warp.active;
  access.size = form.elementBytes * form.count;
  access.isWrite = true;
  access.isStrong = true;
  readAddress(access, op.operands[0], form.is64Bit, op.immediate);
  if (checkAddress(access, op.operands[0], form.is64Bit) == Outcome::Stop ||
      checkOperands(warp, op, form) == Outcome::Stop)
    return Outcome::Stop;
  return forEachSpace(access, [&](Access &part) {
    if (locate(part) != Outcome::Next)
      return Outcome::Stop;
    countAccess(part);
    if (checkAtomic(part, form) == Outcome::Stop)
      return Outcome::Stop;
    for (unsigned i = 0; i < form.count; ++i)
      combineElement(part, form, i);
    return Outcome::Next;
  });
}

//===----------------------------------------------------------------------===//
// Binders
//===----------------------------------------------------------------------===//

template <typename Format, bool Packed>
Combine chooseHalves(int operation) {
  return operation == 0   ? combineHalves<Format, HalfKind::Add, Packed>
         : operation == 1 ? combineHalves<Format, HalfKind::Min, Packed>
                          : combineHalves<Format, HalfKind::Max, Packed>;
}

/// The function for an operation on `type`.
Combine chooseCombine(const Binding &binding, Type type) {
  bool isWide = getBits(type) == 64;
  int operation = binding.choose(
      {"add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas"});
  switch (type) {
  case Type::F16:
    return chooseHalves<Float16, false>(operation);
  case Type::F16x2:
    return chooseHalves<Float16, true>(operation);
  case Type::BF16:
    return chooseHalves<BFloat16, false>(operation);
  case Type::BF16x2:
    return chooseHalves<BFloat16, true>(operation);
  case Type::F32:
    return binding.space == Space::Shared ? addFloats<false> : addFloats<true>;
  case Type::F64:
    return addDoubles;
  default:
    break;
  }
  bool sign = isSigned(type);
  const Combine choices[] = {
      isWide ? addIntegers<uint64_t> : addIntegers<uint32_t>,
      isWide ? (sign ? minimum<int64_t> : minimum<uint64_t>)
             : (sign ? minimum<int32_t> : minimum<uint32_t>),
      isWide ? (sign ? maximum<int64_t> : maximum<uint64_t>)
             : (sign ? maximum<int32_t> : maximum<uint32_t>),
      increment,
      decrement,
      bitAnd,
      bitOr,
      bitXor,
      exchange,
      compareAndSwap};
  return choices[operation];
}

/// Puts the registers into a list: results, operands, for cas the new values.
void listRegisters(Binding &binding, bool hasResult, AtomicForm &form) {
  Operation &op = binding.op;
  std::vector<Slot> &slots = binding.program.slots;
  unsigned address = hasResult ? 1 : 0;
  if (!binding.lengths.empty()) {
    // Vectors are in the list already; those of red without results.
    form.count = uint8_t(binding.lengths[0]);
    address = 0;
    if (!hasResult) {
      std::vector<Slot> sources(slots.begin() + op.list,
                                slots.begin() + op.list + form.count);
      op.list = uint32_t(slots.size());
      slots.insert(slots.end(), form.count, kNone);
      slots.insert(slots.end(), sources.begin(), sources.end());
    }
  } else {
    op.list = uint32_t(slots.size());
    slots.push_back(hasResult ? op.operands[0] : kNone);
    slots.push_back(op.operands[address + 1]);
    if (binding.has("cas")) {
      slots.push_back(op.operands[address + 2]);
      form.hasThird = true;
    }
  }
  form.is64Bit = binding.bits[address] == 64;
  op.operands[0] = op.operands[address];
}

void bindAtomic(Binding &binding) {
  AtomicForm form;
  Type type = binding.types.back();
  form.elementBytes = uint8_t(getBits(type) / 8);
  form.space = binding.space;
  form.acquires = binding.has("acquire") || binding.has("acq_rel");
  form.releases = binding.has("release") || binding.has("acq_rel");
  listRegisters(binding, binding.instruction.opcode == "atom", form);
  int vector = binding.choose({"v2", "v4", "v8"});
  if (vector >= 0 && form.count != 2u << vector)
    binding.error = "expected " + std::to_string(2u << vector) +
                    " registers, found " + std::to_string(form.count);
  else if (form.count * form.elementBytes > 16)
    binding.error = "a vector has at most 16 bytes";
  Combine combine = chooseCombine(binding, type);
  for (unsigned i = 0; i < std::size(kCombines); ++i)
    if (kCombines[i] == combine)
      form.combine = uint8_t(i);
  noteWidth(binding, form.space, form.elementBytes);
  if (form.space == Space::Global || form.space == Space::Generic)
    binding.program.interleavesBlocks = true;
  binding.program.hasCompareAndSwap |= form.hasThird;
  std::memcpy(&binding.op.immediate2, &form, sizeof(form));
  binding.op.handler = atomic;
}

} // namespace

#define SEM "[.{relaxed|acquire|release|acq_rel}]"
#define SCOPE "[.{cta|cluster|gpu|sys}]"
#define SPACE "[.{global|shared|shared::cta|shared::cluster}]"
#define HINT "[.L2::cache_hint]"

// The orders of qualifiers that compilers write.
#define ORDERS(OPCODE, OPERATION, REST, OPERANDS, TARGET)                      \
  {OPCODE SEM SCOPE SPACE "." OPERATION REST OPERANDS,                         \
   InstructionClass::Atomic, bindAtomic, TARGET},                              \
      {OPCODE SPACE SCOPE SEM "." OPERATION REST OPERANDS,                     \
       InstructionClass::Atomic, bindAtomic, TARGET},                          \
      {OPCODE SPACE SEM SCOPE "." OPERATION REST OPERANDS,                     \
       InstructionClass::Atomic, bindAtomic, TARGET},                          \
      {OPCODE SPACE "." OPERATION SEM SCOPE REST OPERANDS,                     \
       InstructionClass::Atomic, bindAtomic, TARGET},
#define BOTH(OPERATION, REST, TARGET)                                          \
  ORDERS("atom", OPERATION, HINT REST, " d?, [a], b[, e:b64]", TARGET)         \
  ORDERS("red", OPERATION, HINT REST, " [a], b[, e:b64]", TARGET)
#define VECTORS(OPERATION, REST, TARGET)                                       \
  ORDERS("atom", OPERATION, HINT REST, " {d}, [a], {b}[, e:b64]", TARGET)      \
  ORDERS("red", OPERATION, HINT REST, " [a], {b}[, e:b64]", TARGET)

void attn::sim::ATTN_SIM_VARIANT::addAtomicForms(FormList &forms) {
  const Form list[] = {
      BOTH("add", ".{u32|s32|u64|f32|f64}", 0)
          BOTH("{min|max}", ".{u32|s32|u64|s64}", 0)
              BOTH("{inc|dec}", ".u32", 0) BOTH("{and|or|xor}", ".{b32|b64}", 0)
                  BOTH("add.noftz", ".{f16|f16x2|bf16|bf16x2}", 70)
                      ORDERS("atom", "exch", HINT ".{b32|b64|b128}",
                             " d?, [a], b[, e:b64]", 0)
                          ORDERS("atom", "cas", HINT ".{b16|b32|b64|b128}",
                                 " d?, [a], b, c[, e:b64]", 0)
                              VECTORS("add", ".{v2|v4}.f32", 90)
                                  VECTORS("{add|min|max}.noftz",
                                          ".{v2|v4|v8}.{f16|bf16}", 90)
                                      VECTORS("{add|min|max}.noftz",
                                              ".{v2|v4}.{f16x2|bf16x2}", 90)};
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
