// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asynchronous copies between global and shared memory: those of threads
// (cp.async) and in bulk.

#include "Elementwise.h"
#include "MemoryAccess.h"

using namespace attn::sim;
using namespace attn::sim::ATTN_SIM_VARIANT;

namespace {

constexpr LaneMask bit(unsigned lane) { return LaneMask(1) << lane; }

/// What cp.async does, in operand 5.
struct CopyForm {
  uint32_t size : 8;
  uint32_t isTarget64 : 1;
  uint32_t isSource64 : 1;
  /// Operand 2 is the size of the source, or a predicate that says to ignore
  /// it.
  uint32_t hasSize : 1;
  uint32_t hasIgnore : 1;
};

CopyForm getForm(const Operation &op) {
  CopyForm form;
  std::memcpy(&form, &op.operands[5], sizeof(form));
  return form;
}

Agent copyAgent(const Warp &warp) { return Agent(kCopyAgents + warp.index); }
Agent groupAgent(const Warp &warp) { return Agent(kGroupAgents + warp.index); }

//===----------------------------------------------------------------------===//
// cp.async
//===----------------------------------------------------------------------===//

/// How many bytes each lane reads. Stop after a report.
Outcome readSizes(Warp &warp, const Operation &op, const CopyForm &form,
                  Lanes<uint32_t> &sizes) {
  sizes.fill(form.size);
  Slot slot = op.operands[2];
  LaneMask undefined = 0;
  if (form.hasIgnore) {
    undefined = warp.active & ~warp.definedPredicate(slot);
    for (unsigned i = 0; i < kLanes; ++i)
      if (warp.predicate(slot) >> i & 1)
        sizes[i] = 0;
  } else if (form.hasSize) {
    undefined = warp.active & ~warp.isDefined(slot, 4);
    sizes = warp.read<uint32_t>(slot);
  }
  if (undefined && warp.block.launch.options.checks &&
      warp.report(Check::Undefined, op, undefined,
                  "the size of the source is undefined") == Outcome::Stop)
    return Outcome::Stop;
  for (unsigned i = 0; i < kLanes; ++i)
    if (warp.active >> i & 1 && sizes[i] > form.size) {
      warp.report(Check::Invalid, op, bit(i),
                  "a source of " + std::to_string(sizes[i]) + " bytes for " +
                      std::to_string(form.size));
      return Outcome::Stop;
    }
  return Outcome::Next;
}

/// How the copies of a warp are recorded in the shadow of memory.
ShadowAccess shadowOfCopies(Warp &warp, const Operation &op) {
  ShadowAccess shadow = {warp, op, copyAgent(warp)};
  shadow.copyTime = warp.block.copies.now(shadow.agent);
  return shadow;
}

/// Finds the source of lanes that read less than the whole: their bytes need
/// not be a power of two.
Outcome locatePart(Warp &warp, const Operation &op, unsigned lane,
                   uint64_t address, const CopyForm &form, uint32_t size,
                   const uint8_t *&from) {
  Access bytes(warp, op);
  bytes.space = Space::Global;
  bytes.lanes = bit(lane);
  bytes.size = form.size;
  bytes.address.fill(address);
  if (address & (form.size - 1))
    return reportPlace(bytes);
  bytes.size = 1;
  for (uint32_t i = 0; i < size; ++i, ++bytes.address[lane]) {
    bytes.address.fill(address + i);
    if (locate(bytes) != Outcome::Next)
      return Outcome::Stop;
    if (i == 0)
      from = bytes.pointer(lane);
  }
  if (!warp.block.launch.options.checks || bytes.isReadOnly)
    return Outcome::Next;
  return warp.block.launch.globalRaces.readRange(shadowOfCopies(warp, op), lane,
                                                 address, size);
}

/// Finds the sources of all lanes.
Outcome locateSources(Warp &warp, const Operation &op, const CopyForm &form,
                      const Lanes<uint32_t> &sizes,
                      Lanes<const uint8_t *> &from) {
  Access source(warp, op);
  source.space = Space::Global;
  source.size = form.size;
  for (unsigned i = 0; i < kLanes; ++i)
    if (warp.active >> i & 1 && sizes[i] == form.size)
      source.lanes |= bit(i);
  LaneMask parts = warp.active & ~source.lanes;
  if (source.lanes) {
    readAddress(source, op.operands[1], form.isSource64, op.immediate2);
    if (checkAddress(source, op.operands[1], form.isSource64) ==
            Outcome::Stop ||
        locate(source) != Outcome::Next)
      return Outcome::Stop;
    countAccess(source);
    if (warp.block.launch.options.checks && !source.isReadOnly &&
        warp.block.launch.globalRaces.read(shadowOfCopies(warp, op),
                                           source.lanes, source.address,
                                           source.size) == Outcome::Stop)
      return Outcome::Stop;
    for (unsigned i = 0; i < kLanes; ++i)
      from[i] = source.pointer(i);
  }
  if (!parts)
    return Outcome::Next;
  source.lanes = parts;
  readAddress(source, op.operands[1], form.isSource64, op.immediate2);
  for (LaneMask rest = parts; rest; rest &= rest - 1) {
    unsigned lane = firstOf(rest);
    if (sizes[lane] == 0)
      from[lane] = nullptr;
    else if (locatePart(warp, op, lane, source.address[lane], form, sizes[lane],
                        from[lane]) == Outcome::Stop)
      return Outcome::Stop;
  }
  return Outcome::Next;
}

/// Operands: target in shared memory, source in global memory, and how much of
/// it.
Outcome copy(Warp &warp, const Operation &op) {
  CopyForm form = getForm(op);
  Block &block = warp.block;
  Lanes<uint32_t> sizes;
  Lanes<const uint8_t *> from;
  if (readSizes(warp, op, form, sizes) == Outcome::Stop ||
      locateSources(warp, op, form, sizes, from) == Outcome::Stop)
    return Outcome::Stop;
  Access target(warp, op);
  target.space = Space::Shared;
  target.lanes = warp.active;
  target.size = form.size;
  target.isWrite = true;
  readAddress(target, op.operands[0], form.isTarget64, op.immediate);
  if (checkAddress(target, op.operands[0], form.isTarget64) == Outcome::Stop ||
      locate(target) != Outcome::Next)
    return Outcome::Stop;
  Agent agent = copyAgent(warp);
  if (block.launch.options.checks) {
    mark(block.definedShared, target, 0, target.size, target.lanes, 0);
    if (block.races.write(shadowOfCopies(warp, op), target.lanes,
                          target.address, target.size, nullptr,
                          0) == Outcome::Stop)
      return Outcome::Stop;
  }
  for (LaneMask rest = target.lanes; rest; rest &= rest - 1) {
    unsigned lane = firstOf(rest);
    block.copies.add(agent, lane,
                     {target.pointer(lane), from[lane], sizes[lane],
                      form.size - sizes[lane]});
  }
  return Outcome::Next;
}

Outcome commitCopies(Warp &warp, const Operation &op) {
  warp.block.copies.commit(copyAgent(warp), warp.active);
  return Outcome::Next;
}

Outcome waitForCopies(Warp &warp, const Operation &op) {
  warp.block.copies.wait(warp, copyAgent(warp), warp.active,
                         uint32_t(op.immediate));
  return Outcome::Next;
}

Outcome waitForAllCopies(Warp &warp, const Operation &op) {
  warp.block.copies.waitAll(warp, copyAgent(warp), warp.active);
  return Outcome::Next;
}

/// Operand 0 is the address of an mbarrier. With `CountsArrival` each lane
/// arrives at it; otherwise its arrival is added to those that are awaited.
template <bool CountsArrival, bool Is64Bit>
Outcome arriveAfterCopies(Warp &warp, const Operation &op) {
  Access access(warp, op);
  access.space = Space(op.immediate2);
  access.lanes = warp.active;
  access.size = 8;
  readAddress(access, op.operands[0], Is64Bit, op.immediate);
  if (checkAddress(access, op.operands[0], Is64Bit) == Outcome::Stop)
    return Outcome::Stop;
  return forEachSpace(access, [&](Access &part) {
    if (locate(part) != Outcome::Next)
      return Outcome::Stop;
    Block &block = warp.block;
    for (LaneMask rest = part.lanes; rest; rest &= rest - 1) {
      unsigned lane = firstOf(rest);
      MemoryBarrier *barrier =
          block.barriers.find(warp, op, lane, part.address[lane]);
      if (!barrier)
        return Outcome::Stop;
      block.copies.attach(copyAgent(warp), bit(lane), barrier->agent,
                          barrier->arriving);
      if (CountsArrival &&
          block.barriers.arrive(warp, op, bit(lane), *barrier, 1,
                                /*releases=*/false,
                                /*mayComplete=*/true) == Outcome::Stop)
        return Outcome::Stop;
    }
    return Outcome::Next;
  });
}

//===----------------------------------------------------------------------===//
// Bulk copies
//===----------------------------------------------------------------------===//

/// The addresses of a bulk copy; the list has their offsets, low half first.
struct BulkOperand {
  uint64_t address;
  Space space;
};

/// Reads address `index` for `lane`, which is in `space` or generic.
BulkOperand readBulk(Warp &warp, const Operation &op, unsigned index,
                     unsigned lane, Space space) {
  const Slot *list = &warp.program.slots[op.list + index * 3];
  Access access(warp, op);
  access.lanes = bit(lane);
  int64_t offset = int64_t(uint64_t(list[1]) << 32 | list[0]);
  readAddress(access, list[2] & ~kNegated, list[2] & kNegated, offset);
  BulkOperand result = {access.address[lane], space};
  if (result.address >= kParamWindow)
    result.space = resolveAddress(result.address);
  return result;
}

/// Finds `size` bytes at `place`, 16 at a time.
Outcome locateBulk(Warp &warp, const Operation &op, unsigned lane,
                   const BulkOperand &place, uint32_t size, bool isWrite,
                   uint8_t *&bytes) {
  Access access(warp, op);
  access.space = place.space;
  access.lanes = bit(lane);
  access.size = 16;
  access.isWrite = isWrite;
  LaneMask unwritten = 0;
  for (uint32_t done = 0; done < size; done += 16) {
    access.address.fill(place.address + done);
    if (locate(access) != Outcome::Next)
      return Outcome::Stop;
    if (done == 0)
      bytes = access.pointer(lane);
    if (access.space != Space::Shared || !warp.block.launch.options.checks)
      continue;
    if (isWrite)
      mark(warp.block.definedShared, access, 0, 16, bit(lane), 0);
    else if (!unwritten)
      unwritten =
          bit(lane) & ~areMarked(warp.block.definedShared, access, 0, 16);
    if (unwritten && reportUnwritten(access, unwritten) == Outcome::Stop)
      return Outcome::Stop;
  }
  return Outcome::Next;
}

/// Records a bulk copy in the shadow of the memory of `place`.
Outcome recordBulk(const ShadowAccess &shadow, unsigned lane,
                   const BulkOperand &place, uint32_t size, bool isWrite) {
  Block &block = shadow.warp.block;
  if (!block.launch.options.checks)
    return Outcome::Next;
  GlobalRaces &global = block.launch.globalRaces;
  if (place.space == Space::Shared)
    return isWrite ? block.races.writeRange(shadow, lane, place.address, size)
                   : block.races.readRange(shadow, lane, place.address, size);
  return isWrite ? global.writeRange(shadow, lane, place.address, size)
                 : global.readRange(shadow, lane, place.address, size);
}

/// Copies for one lane. The copy is known as `agent`.
Outcome copyBulkLane(Warp &warp, const Operation &op, unsigned lane,
                     const BulkOperand &to, const BulkOperand &from,
                     uint32_t size, Agent agent) {
  Block &block = warp.block;
  if (size % 16 != 0) {
    warp.report(Check::Invalid, op, bit(lane),
                "a bulk copy of " + std::to_string(size) +
                    " bytes, which is not a multiple of 16");
    return Outcome::Stop;
  }
  if (size == 0)
    return Outcome::Next;
  uint8_t *target = nullptr, *source = nullptr;
  if (locateBulk(warp, op, lane, from, size, false, source) == Outcome::Stop ||
      locateBulk(warp, op, lane, to, size, true, target) == Outcome::Stop)
    return Outcome::Stop;
  ShadowAccess shadow = {warp, op, agent};
  shadow.asyncProxy = true;
  shadow.copyTime = block.copies.now(agent);
  if (recordBulk(shadow, lane, from, size, false) == Outcome::Stop ||
      recordBulk(shadow, lane, to, size, true) == Outcome::Stop)
    return Outcome::Stop;
  block.copies.add(agent, lane, {target, source, size, 0});
  warp.counters(op).bytes += size;
  return Outcome::Next;
}

/// Operands: target, source, size, mbarrier.
Outcome copyBulkToShared(Warp &warp, const Operation &op) {
  Block &block = warp.block;
  for (LaneMask rest = warp.active; rest; rest &= rest - 1) {
    unsigned lane = firstOf(rest);
    BulkOperand to = readBulk(warp, op, 0, lane, Space::Shared);
    BulkOperand from = readBulk(warp, op, 1, lane, Space::Global);
    BulkOperand object = readBulk(warp, op, 2, lane, Space::Shared);
    uint32_t size = warp.row(op.operands[2]).lane[lane];
    MemoryBarrier *barrier =
        block.barriers.find(warp, op, lane, object.address);
    if (!barrier || copyBulkLane(warp, op, lane, to, from, size,
                                 barrier->agent) == Outcome::Stop)
      return Outcome::Stop;
    block.copies.advance(barrier->agent);
    barrier->arriving.over.add(barrier->agent, kAllLanes,
                               block.copies.now(barrier->agent));
    block.barriers.expect(*barrier, -int64_t(size));
  }
  return Outcome::Next;
}

/// Operands: target, source, size.
Outcome copyBulkToGlobal(Warp &warp, const Operation &op) {
  for (LaneMask rest = warp.active; rest; rest &= rest - 1) {
    unsigned lane = firstOf(rest);
    if (copyBulkLane(warp, op, lane, readBulk(warp, op, 0, lane, Space::Global),
                     readBulk(warp, op, 1, lane, Space::Shared),
                     warp.row(op.operands[2]).lane[lane],
                     groupAgent(warp)) == Outcome::Stop)
      return Outcome::Stop;
  }
  return Outcome::Next;
}

Outcome commitBulk(Warp &warp, const Operation &op) {
  warp.block.copies.commit(groupAgent(warp), warp.active);
  return Outcome::Next;
}

Outcome waitForBulk(Warp &warp, const Operation &op) {
  warp.block.copies.wait(warp, groupAgent(warp), warp.active,
                         uint32_t(op.immediate));
  return Outcome::Next;
}

Outcome prefetchBulk(Warp &warp, const Operation &op) { return Outcome::Next; }

//===----------------------------------------------------------------------===//
// Binders
//===----------------------------------------------------------------------===//

void bindCopy(Binding &binding) {
  CopyForm form = {};
  int64_t size = binding.immediates[0];
  bool isFit = size == 16 || ((size == 4 || size == 8) && !binding.has("cg"));
  if (!isFit)
    binding.error = std::string(binding.has("cg") ? "cp.async.cg copies 16"
                                                  : "cp.async copies 4, 8 or "
                                                    "16") +
                    " bytes, not " + std::to_string(size);
  form.size = uint32_t(size) & 0xff;
  form.isTarget64 = binding.bits[0] == 64;
  form.isSource64 = binding.bits[1] == 64;
  // A cache policy alone stands where the size would.
  bool isPolicy = binding.has("L2::cache_hint") && binding.bits[2] == 64;
  bool hasThird = binding.op.operands[2] != kNone && !isPolicy;
  // Of a number the width is not known either.
  bool isNumber = binding.op.operands[2] & kConstant;
  form.hasIgnore = hasThird && binding.bits[2] == 0 && !isNumber;
  form.hasSize = hasThird && !form.hasIgnore;
  std::memcpy(&binding.op.operands[5], &form, sizeof(form));
  noteWidth(binding, Space::Shared, form.size);
  binding.op.handler = copy;
}

template <Handler Function>
void bindPlain(Binding &binding) {
  if (!binding.immediates.empty()) {
    binding.op.immediate = binding.immediates[0];
    if (binding.op.immediate < 0)
      binding.error = "the number of groups is negative";
  }
  binding.op.handler = Function;
}

void bindArrive(Binding &binding) {
  bool counts = binding.has("noinc"), is64Bit = binding.bits[0] == 64;
  binding.op.immediate2 = int64_t(binding.space);
  if (counts)
    binding.op.handler = is64Bit ? arriveAfterCopies<true, true>
                                 : arriveAfterCopies<true, false>;
  else
    binding.op.handler = is64Bit ? arriveAfterCopies<false, true>
                                 : arriveAfterCopies<false, false>;
}

/// Lists addresses: offset and slot of each; the slot has kNegated set if the
/// base has 64 bits.
template <Handler Function>
void bindBulk(Binding &binding) {
  std::vector<Slot> &slots = binding.program.slots;
  binding.op.list = uint32_t(slots.size());
  for (unsigned i = 0; i < binding.instruction.operands.size(); ++i) {
    const Operand &operand = binding.instruction.operands[i];
    if (operand.kind != Operand::Kind::Address)
      continue;
    int64_t offset = operand.offset;
    if (operand.parts[0].kind == Operand::Kind::Variable)
      offset += operand.parts[0].offset;
    slots.push_back(uint32_t(offset));
    slots.push_back(uint32_t(uint64_t(offset) >> 32));
    slots.push_back(binding.op.operands[i] |
                    (binding.bits[i] == 64 ? kNegated : 0));
  }
  binding.op.handler = Function;
}

} // namespace

#define PREFETCH "[.L2::cache_hint][.{L2::64B|L2::128B|L2::256B}]"

void attn::sim::ATTN_SIM_VARIANT::addAsyncForms(FormList &forms) {
  constexpr auto kind = InstructionClass::AsyncCopy;
  const Form list[] = {
      {"cp.async.{ca|cg}.{shared|shared::cta}.global" PREFETCH
       " [a], [b], #n[, c:any, e:b64]",
       kind, bindCopy, 80},
      {"cp.async.commit_group", kind, bindPlain<commitCopies>, 80},
      {"cp.async.wait_group #n", kind, bindPlain<waitForCopies>, 80},
      {"cp.async.wait_all", kind, bindPlain<waitForAllCopies>, 80},
      {"cp.async.mbarrier.arrive[.noinc][.{shared|shared::cta}].b64 [a]", kind,
       bindArrive, 80},
      {"cp.async.bulk.{shared::cluster|shared::cta}.global."
       "mbarrier::complete_tx::bytes[.L2::cache_hint] [a], [b], c:u32, "
       "[m][, e:b64]",
       kind, bindBulk<copyBulkToShared>, 90},
      {"cp.async.bulk.global.shared::cta.bulk_group[.L2::cache_hint] [a], [b], "
       "c:u32[, e:b64]",
       kind, bindBulk<copyBulkToGlobal>, 90},
      {"cp.async.bulk.prefetch.L2.global[.L2::cache_hint] [a], c:u32[, e:b64]",
       kind, bindPlain<prefetchBulk>, 90},
      {"cp.async.bulk.commit_group", kind, bindPlain<commitBulk>, 90},
      {"cp.async.bulk.wait_group[.read] #n", kind, bindPlain<waitForBulk>, 90},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
