// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads and stores of all spaces, and hints about caches.

#include "Elementwise.h"
#include "MemoryAccess.h"

using namespace attn::sim;
using namespace attn::sim::ATTN_SIM_VARIANT;

namespace {

/// What a load or store does beyond its address, in `Operation::immediate2`.
struct AccessForm {
  uint8_t count = 1;
  uint8_t elementBytes = 4;
  Space space = Space::Generic;
  bool is64Bit = true;
  bool isStrong = false;
  /// Acquire or release.
  bool isOrdered = false;
  /// For all blocks, not only the own one.
  bool isForBlocks = false;
  uint8_t registerBytes = 4;
};
static_assert(sizeof(AccessForm) == sizeof(int64_t));

ATTN_SIM_INLINE inline AccessForm getForm(const Operation &op) {
  AccessForm form;
  std::memcpy(&form, &op.immediate2, sizeof(form));
  return form;
}

/// Begins the access of `op`, whose first operand is the address.
ATTN_SIM_INLINE inline void start(Access &access, const AccessForm &form) {
  access.space = form.space;
  access.lanes = access.warp.active;
  access.size = form.count * form.elementBytes;
  access.isStrong = form.isStrong;
  readAddress(access, access.op.operands[0], form.is64Bit, access.op.immediate);
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

/// Carries what is defined from local memory to a register of `rows` rows.
ATTN_SIM_INLINE inline void carryDefined(const Access &access, Slot slot,
                                         unsigned skip, unsigned bytes,
                                         unsigned rows) {
  Warp &warp = access.warp;
  LaneMask high = 0;
  for (unsigned row = 0; row < rows; ++row) {
    Defined &defined = warp.definedRows[slot + row];
    LaneMask low = high;
    if (row * 4 < bytes) {
      low = areMarked(warp.definedLocal, access, skip + row * 4,
                      std::min(bytes, 2u));
      high = bytes < 4
                 ? low
                 : areMarked(warp.definedLocal, access, skip + row * 4 + 2, 2);
    }
    defined.low = (defined.low & ~access.lanes) | (low & access.lanes);
    defined.high = (defined.high & ~access.lanes) | (high & access.lanes);
  }
}

/// Loads one element of type T into a register of type R.
template <typename T, typename R>
ATTN_SIM_INLINE inline void loadElement(const Access &access, Slot slot,
                                        unsigned skip) {
  const uint8_t *base = access.base + skip;
  Lanes<R> values;
  for (unsigned i = 0; i < kLanes; ++i) {
    T value;
    std::memcpy(&value, base + access.offset[i], sizeof(T));
    values[i] = R(value);
  }
  access.warp.write<R>(slot, values, kAllLanes);
  if (access.space == Space::Local)
    carryDefined(access, slot, skip, sizeof(T), sizeof(R) == 8 ? 2 : 1);
}

/// A strong load acquires what writes to its address have released.
void acquireAfterLoad(const Access &access, const AccessForm &form) {
  Block &block = access.warp.block;
  if (!block.launch.options.checks ||
      (access.space != Space::Global && access.space != Space::Shared))
    return;
  auto &addresses = access.space == Space::Global
                        ? block.launch.globalRaces.addresses
                        : block.ordering.addresses;
  if (addresses.empty())
    return;
  for (unsigned i = 0; i < kLanes; ++i)
    if (access.lanes >> i & 1)
      block.ordering.readStrong(access.warp, LaneMask(1) << i,
                                access.address[i], form.isOrdered, addresses);
}

/// Loads elements of type T into registers of type R, which are in the list.
template <typename T, typename R>
Outcome load(Warp &warp, const Operation &op) {
  AccessForm form = getForm(op);
  Access access(warp, op);
  start(access, form);
  if (checkAddress(access, op.operands[0], form.is64Bit) == Outcome::Stop)
    return Outcome::Stop;
  const Slot *slots = &warp.program.slots[op.list];
  return forEachSpace(access, [&](Access &part) ATTN_SIM_INLINE {
    if (locate(part) != Outcome::Next)
      return Outcome::Stop;
    countAccess(part);
    if (form.isStrong)
      acquireAfterLoad(part, form);
    if (checkRead(part) == Outcome::Stop)
      return Outcome::Stop;
    for (unsigned i = 0; i < form.count; ++i)
      if (slots[i] != kNone)
        loadElement<T, R>(part, slots[i], i * sizeof(T));
    return Outcome::Next;
  });
}

/// Loads elements of 128 bits.
Outcome loadWide(Warp &warp, const Operation &op) {
  AccessForm form = getForm(op);
  Access access(warp, op);
  start(access, form);
  if (checkAddress(access, op.operands[0], form.is64Bit) == Outcome::Stop)
    return Outcome::Stop;
  const Slot *slots = &warp.program.slots[op.list];
  return forEachSpace(access, [&](Access &part) {
    if (locate(part) != Outcome::Next)
      return Outcome::Stop;
    countAccess(part);
    if (checkRead(part) == Outcome::Stop)
      return Outcome::Stop;
    for (unsigned i = 0; i < 2u * form.count; ++i)
      if (slots[i / 2] != kNone)
        loadElement<uint64_t, uint64_t>(part, slots[i / 2] + i % 2 * 2, i * 8);
    return Outcome::Next;
  });
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

/// Bytes from lane to lane of the data of a store.
constexpr unsigned kStride = 32;
struct alignas(64) StoreData {
  uint8_t bytes[kLanes * kStride];
};

/// The lanes whose element is defined, all of it.
ATTN_SIM_INLINE inline LaneMask isElementDefined(const Warp &warp, Slot slot,
                                                 unsigned bytes) {
  return bytes == 16 ? warp.isDefined(slot, 8) & warp.isDefined(slot + 2, 8)
                     : warp.isDefined(slot, bytes);
}

template <typename T>
ATTN_SIM_INLINE inline void storeElement(const Warp &warp, Slot slot,
                                         StoreData &data, unsigned skip) {
  Lanes<T> values = warp.read<T>(slot);
  for (unsigned i = 0; i < kLanes; ++i)
    std::memcpy(data.bytes + i * kStride + skip, &values[i], sizeof(T));
}

/// Marks what a store has written; halves of registers by themselves.
ATTN_SIM_INLINE inline void markStored(const Access &access,
                                       std::vector<uint8_t> &bits,
                                       const Slot *slots, unsigned count,
                                       unsigned bytes) {
  LaneMask all = kAllLanes;
  for (unsigned i = 0; i < count; ++i)
    all &= isElementDefined(access.warp, slots[i], bytes);
  if (!(access.lanes & ~all)) {
    mark(bits, access, 0, access.size, access.lanes, 0);
    return;
  }
  unsigned step = std::min(bytes, 2u);
  for (unsigned i = 0; i < count; ++i)
    for (unsigned done = 0; done < bytes; done += step) {
      Defined defined = access.warp.defined(slots[i] + done / 4);
      LaneMask where = done % 4 == 0 ? defined.low : defined.high;
      mark(bits, access, i * bytes + done, step, access.lanes & where,
           access.lanes & ~where);
    }
}

/// Checks and marks what of the data of a store is defined.
ATTN_SIM_INLINE inline Outcome
checkStored(const Access &access, const AccessForm &form, const Slot *slots) {
  Block &block = access.warp.block;
  if (!block.launch.options.checks)
    return Outcome::Next;
  if (access.space == Space::Shared) {
    markStored(access, block.definedShared, slots, form.count,
               form.elementBytes);
  } else if (access.space == Space::Local) {
    markStored(access, access.warp.definedLocal, slots, form.count,
               form.elementBytes);
  } else {
    LaneMask bad = 0;
    for (unsigned i = 0; i < form.count; ++i)
      bad |= access.lanes &
             ~isElementDefined(access.warp, slots[i], form.elementBytes);
    if (bad)
      return reportStored(access, bad);
  }
  return Outcome::Next;
}

/// A strong store releases, all or what was known at the last fence.
void releaseBeforeStore(const Access &access, const AccessForm &form) {
  Block &block = access.warp.block;
  if (!block.launch.options.checks ||
      (access.space != Space::Global && access.space != Space::Shared))
    return;
  bool isGlobal = access.space == Space::Global;
  auto &addresses =
      isGlobal ? block.launch.globalRaces.addresses : block.ordering.addresses;
  for (unsigned i = 0; i < kLanes; ++i)
    if (access.lanes >> i & 1)
      block.ordering.writeStrong(access.warp, LaneMask(1) << i,
                                 access.address[i], form.isOrdered, isGlobal,
                                 addresses);
}

/// Stores elements of type T from registers, which are in the list.
template <typename T>
Outcome store(Warp &warp, const Operation &op) {
  AccessForm form = getForm(op);
  Access access(warp, op);
  access.isWrite = true;
  start(access, form);
  if (checkAddress(access, op.operands[0], form.is64Bit) == Outcome::Stop)
    return Outcome::Stop;
  const Slot *slots = &warp.program.slots[op.list];
  StoreData data;
  for (unsigned i = 0; i < form.count; ++i)
    for (unsigned skip = 0; skip < form.elementBytes; skip += sizeof(T))
      storeElement<T>(warp, slots[i] + skip / 4, data,
                      i * form.elementBytes + skip);
  return forEachSpace(access, [&](Access &part) ATTN_SIM_INLINE {
    if (locate(part) != Outcome::Next)
      return Outcome::Stop;
    countAccess(part);
    if (checkStored(part, form, slots) == Outcome::Stop)
      return Outcome::Stop;
    Outcome outcome = write(part, data.bytes, kStride);
    if (form.isStrong)
      releaseBeforeStore(part, form);
    return outcome;
  });
}

//===----------------------------------------------------------------------===//
// Hints
//===----------------------------------------------------------------------===//

/// Prefetches do nothing, even at addresses that are out of bounds.
template <bool Is64Bit>
Outcome prefetch(Warp &warp, const Operation &op) {
  Access access(warp, op);
  access.lanes = warp.active;
  readAddress(access, op.operands[0], Is64Bit, op.immediate);
  return checkAddress(access, op.operands[0], Is64Bit);
}

/// discard, applypriority: of 128 bytes, which must be there.
Outcome touchLine(Warp &warp, const Operation &op) {
  Access access(warp, op);
  access.lanes = warp.active;
  access.size = 128;
  access.space = Space::Generic;
  access.isWrite = true;
  readAddress(access, op.operands[0], true, op.immediate);
  if (checkAddress(access, op.operands[0], true) == Outcome::Stop)
    return Outcome::Stop;
  return forEachSpace(access, [](Access &part) { return locate(part); });
}

/// A cache policy is a number without meaning here.
Outcome createPolicy(Warp &warp, const Operation &op) {
  warp.write<uint64_t>(op.operands[0], Lanes<uint64_t>(), kAllLanes);
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Binders
//===----------------------------------------------------------------------===//

/// Describes the access of `binding` for its handler.
AccessForm describe(Binding &binding) {
  AccessForm form;
  Type type = binding.types.back();
  form.elementBytes = uint8_t(std::max(getBits(type) / 8, 1u));
  form.count = uint8_t(binding.lengths.empty() ? 1 : binding.lengths[0]);
  form.space = binding.space;
  form.is64Bit = binding.bits[0] == 64;
  form.isStrong =
      binding.choose({"volatile", "relaxed", "acquire", "release"}) >= 0;
  form.isOrdered = binding.has("acquire") || binding.has("release");
  form.isForBlocks = !binding.has("cta");
  int vector = binding.choose({"v2", "v4", "v8"});
  unsigned expected = vector < 0 ? 1 : 2u << vector;
  if (form.count != expected)
    binding.error = "expected " + std::to_string(expected) +
                    " registers, found " + std::to_string(form.count);
  else if (form.count * form.elementBytes > 32 ||
           (form.count == 8 && form.elementBytes != 4))
    binding.error = "a vector has at most 32 bytes";
  else if (form.count * form.elementBytes == 32 && binding.target < 100)
    binding.error = "vectors of 32 bytes need sm_100";
  noteWidth(binding, form.space, form.elementBytes);
  if (form.isStrong &&
      (form.space == Space::Global || form.space == Space::Generic))
    binding.program.interleavesBlocks = true;
  return form;
}

void setForm(Binding &binding, const AccessForm &form) {
  std::memcpy(&binding.op.immediate2, &form, sizeof(form));
}

/// The load of T into the registers of the binding, which may be wider.
template <typename T>
Handler chooseLoad(const Binding &binding) {
  unsigned bits = 0;
  for (unsigned i = 0; i < binding.listBits.size(); ++i)
    bits = std::max(bits, binding.listBits[i]);
  constexpr bool isSigned = std::is_signed_v<T>;
  if (bits > 32)
    return load<T, std::conditional_t<isSigned, int64_t, uint64_t>>;
  if constexpr (sizeof(T) <= 4) {
    if (bits == 32)
      return load<T, std::conditional_t<isSigned, int32_t, uint32_t>>;
  }
  if constexpr (sizeof(T) <= 2)
    return load<T, std::conditional_t<isSigned, int16_t, uint16_t>>;
  return load<T, T>;
}

void bindLoad(Binding &binding) {
  AccessForm form = describe(binding);
  setForm(binding, form);
  Type type = binding.types.back();
  switch (form.elementBytes) {
  case 1:
    binding.op.handler = isSigned(type) ? chooseLoad<int8_t>(binding)
                                        : chooseLoad<uint8_t>(binding);
    break;
  case 2:
    binding.op.handler = isSigned(type) ? chooseLoad<int16_t>(binding)
                                        : chooseLoad<uint16_t>(binding);
    break;
  case 4:
    binding.op.handler = isSigned(type) ? chooseLoad<int32_t>(binding)
                                        : chooseLoad<uint32_t>(binding);
    break;
  case 8:
    binding.op.handler = chooseLoad<uint64_t>(binding);
    break;
  default:
    binding.op.handler = loadWide;
  }
}

void bindStore(Binding &binding) {
  AccessForm form = describe(binding);
  setForm(binding, form);
  switch (form.elementBytes) {
  case 1:
    binding.op.handler = store<uint8_t>;
    break;
  case 2:
    binding.op.handler = store<uint16_t>;
    break;
  case 4:
    binding.op.handler = store<uint32_t>;
    break;
  default:
    binding.op.handler = store<uint64_t>;
  }
}

void bindPrefetch(Binding &binding) {
  binding.op.handler = binding.bits[0] == 64 ? prefetch<true> : prefetch<false>;
}

void bindLine(Binding &binding) {
  if (binding.immediates[0] != 128)
    binding.error =
        "expected the size 128, found " + std::to_string(binding.immediates[0]);
  binding.op.handler = touchLine;
}

void bindPolicy(Binding &binding) { binding.op.handler = createPolicy; }

} // namespace

#define SPACE                                                                  \
  "[.{global|shared|shared::cta|shared::cluster|local|param|param::entry|"     \
  "param::func|const}]"
#define SCOPE "[.{cta|cluster|gpu|sys}]"
#define HINTS                                                                  \
  "[.{L1::evict_normal|L1::evict_unchanged|L1::evict_first|L1::evict_last|"    \
  "L1::no_allocate}]"                                                          \
  "[.{L2::evict_normal|L2::evict_first|L2::evict_last}]"                       \
  "[.L2::cache_hint][.{L2::64B|L2::128B|L2::256B}]"
#define TYPE                                                                   \
  ".{b8|b16|b32|b64|b128|u8|u16|u32|u64|s8|s16|s32|s64|f16|bf16|f16x2|bf16x2|" \
  "f32|f64}"

void attn::sim::ATTN_SIM_VARIANT::addMemoryForms(FormList &forms) {
  constexpr auto load = InstructionClass::Load;
  constexpr auto store = InstructionClass::Store;
  const Form list[] = {
      {"ld[.weak]" SPACE "[.{ca|cg|cs|lu|cv}][.nc]" HINTS "[.{v2|v4|v8}]" TYPE
       " {d}, [a][, c:b64]",
       load, bindLoad},
      {"ld.volatile" SPACE "[.{L2::64B|L2::128B|L2::256B}][.{v2|v4}]" TYPE
       " {d}, [a]",
       load, bindLoad},
      {"ld[.mmio].{relaxed|acquire}" SCOPE SPACE HINTS "[.{v2|v4|v8}]" TYPE
       " {d}, [a][, c:b64]",
       load, bindLoad, 70},
      {"ld.{global|shared}" SCOPE ".{relaxed|acquire}[.{v2|v4}]" TYPE
       " {d}, [a]",
       load, bindLoad, 70},
      {"ldu[.global][.{v2|v4}]" TYPE " {d}, [a]", load, bindLoad},
      {"st[.weak]" SPACE "[.{wb|cg|cs|wt}]" HINTS "[.{v2|v4|v8}]" TYPE
       " [a], {b}[, c:b64]",
       store, bindStore},
      {"st.volatile" SPACE "[.{v2|v4}]" TYPE " [a], {b}", store, bindStore},
      {"st[.mmio].{relaxed|release}" SCOPE SPACE HINTS "[.{v2|v4|v8}]" TYPE
       " [a], {b}[, c:b64]",
       store, bindStore, 70},
      {"st.{global|shared}" SCOPE ".{relaxed|release}[.{v2|v4}]" TYPE
       " [a], {b}",
       store, bindStore, 70},
      {"prefetch[.{global|local}].{L1|L2} [a]", load, bindPrefetch},
      {"prefetch.global.{L2::evict_last|L2::evict_normal} [a]", load,
       bindPrefetch, 80},
      {"prefetchu.L1 [a]", load, bindPrefetch},
      {"prefetch[.{param|const}].tensormap [a]", load, bindPrefetch, 90},
      {"discard[.global].L2 [a], #n", store, bindLine, 80},
      {"applypriority[.global].L2::evict_normal [a], #n", load, bindLine, 80},
      {"createpolicy.fractional.{L2::evict_last|L2::evict_normal|"
       "L2::evict_first|L2::evict_unchanged}[.{L2::evict_first|"
       "L2::evict_unchanged}].b64 d[, a:f32]",
       InstructionClass::Move, bindPolicy, 80},
      {"createpolicy.range[.global].{L2::evict_last|L2::evict_normal|"
       "L2::evict_first|L2::evict_unchanged}[.{L2::evict_first|"
       "L2::evict_unchanged}].b64 d, [a], b:u32, c:u32",
       InstructionClass::Move, bindPolicy, 80},
      {"createpolicy.cvt.L2.b64 d, a", InstructionClass::Move, bindPolicy, 80},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
