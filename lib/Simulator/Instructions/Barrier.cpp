// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Barriers, fences and mbarriers.

#include "Elementwise.h"
#include "MemoryAccess.h"

using namespace attn::sim;
using namespace attn::sim::ATTN_SIM_VARIANT;

namespace {

//===----------------------------------------------------------------------===//
// Named barriers
//===----------------------------------------------------------------------===//

/// Reads a number that all active lanes must have the same value of. False
/// after a report.
bool readUniform(Warp &warp, const Operation &op, Slot slot, const char *what,
                 uint32_t &value) {
  LaneMask undefined = warp.active & ~warp.isDefined(slot, 4);
  if (undefined && warp.block.launch.options.checks) {
    warp.report(Check::Undefined, op, undefined,
                std::string(what) + " is undefined");
    return false;
  }
  const Row &row = warp.row(slot);
  value = row.lane[firstOf(warp.active)];
  for (unsigned i = 0; i < kLanes; ++i)
    if (warp.active >> i & 1 && row.lane[i] != value) {
      warp.report(Check::Barrier, op, LaneMask(1) << i,
                  std::string("threads of a warp disagree about ") + what);
      return false;
    }
  return true;
}

/// Operand `first` is the number of a barrier, the next one how many threads it
/// is for; kNone for all. `immediate` is whether it is aligned.
Outcome readArrival(Warp &warp, const Operation &op, unsigned first,
                    Arrival &arrival) {
  arrival.isAligned = op.immediate != 0;
  if (arrival.isAligned && !warp.block.barriers.isWhole(warp, op))
    return Outcome::Wait;
  if (!readUniform(warp, op, op.operands[first], "the barrier", arrival.id))
    return Outcome::Stop;
  Slot count = op.operands[first + 1];
  if (count == kNone)
    return Outcome::Next;
  if (!readUniform(warp, op, count, "the number of threads", arrival.count))
    return Outcome::Stop;
  if (arrival.count == 0) {
    warp.report(Check::Barrier, op, warp.active, "a barrier for 0 threads");
    return Outcome::Stop;
  }
  return Outcome::Next;
}

Outcome syncThreads(Warp &warp, const Operation &op) {
  Arrival arrival;
  Outcome outcome = readArrival(warp, op, 0, arrival);
  return outcome == Outcome::Next ? warp.block.barriers.sync(warp, op, arrival)
                                  : outcome;
}

Outcome arriveThreads(Warp &warp, const Operation &op) {
  Arrival arrival;
  Outcome outcome = readArrival(warp, op, 0, arrival);
  return outcome == Outcome::Next
             ? warp.block.barriers.arrive(warp, op, arrival)
             : outcome;
}

enum class Reduction : uint8_t { Count, And, Or };

/// Operands: result, barrier, number of threads, predicate.
template <Reduction Kind>
Outcome reduceThreads(Warp &warp, const Operation &op) {
  Arrival arrival;
  Outcome outcome = readArrival(warp, op, 1, arrival);
  if (outcome != Outcome::Next)
    return outcome;
  arrival.isReduction = true;
  arrival.predicate = warp.predicate(op.operands[3]);
  arrival.defined = warp.definedPredicate(op.operands[3]);
  outcome = warp.block.barriers.sync(warp, op, arrival);
  if (outcome != Outcome::Next)
    return outcome;
  const NamedBarrier &barrier = warp.block.barriers.get(arrival.id);
  LaneMask where = barrier.lastDefined ? kAllLanes : 0;
  if constexpr (Kind == Reduction::Count) {
    Lanes<uint32_t> result;
    result.fill(barrier.lastTrueCount);
    warp.write(op.operands[0], result, where);
  } else {
    bool value = Kind == Reduction::And
                     ? barrier.lastTrueCount == barrier.lastCount
                     : barrier.lastTrueCount != 0;
    warp.writePredicate(op.operands[0], value ? kAllLanes : 0, where);
  }
  return Outcome::Next;
}

/// Operand 0 is the mask of the lanes that wait for each other.
Outcome syncLanes(Warp &warp, const Operation &op) {
  uint32_t mask = 0;
  LaneMask left = warp.active;
  const Row &masks = warp.row(op.operands[0]);
  // Lanes may name different masks, each its own.
  for (LaneMask rest = left; rest;) {
    mask = masks.lane[firstOf(rest)];
    LaneMask same = 0;
    for (unsigned i = 0; i < kLanes; ++i)
      if (rest >> i & 1 && masks.lane[i] == mask)
        same |= LaneMask(1) << i;
    if (same & ~mask) {
      warp.report(Check::Barrier, op, same & ~mask,
                  "threads are not in the mask that they wait with");
      return Outcome::Stop;
    }
    if (!warp.haveArrived(op, mask))
      return Outcome::Wait;
    rest &= ~same;
  }
  if (!warp.block.launch.options.checks)
    return Outcome::Next;
  for (LaneMask rest = left; rest;) {
    mask = masks.lane[firstOf(rest)];
    warp.block.ordering.joinLanes(warp, mask & warp.active);
    rest &= ~mask;
  }
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Fences
//===----------------------------------------------------------------------===//

Outcome fence(Warp &warp, const Operation &op) {
  if (warp.block.launch.options.checks)
    warp.block.ordering.fence(warp, warp.active);
  return Outcome::Next;
}

Outcome fenceProxy(Warp &warp, const Operation &op) {
  if (warp.block.launch.options.checks)
    warp.block.ordering.fenceProxy(warp, warp.active);
  return Outcome::Next;
}

/// Fences that order what is modelled as ordered.
Outcome fenceNothing(Warp &warp, const Operation &op) { return Outcome::Next; }

Outcome arriveInCluster(Warp &warp, const Operation &op) {
  if (op.immediate && !warp.haveArrived(op, warp.live))
    return Outcome::Wait;
  return warp.block.barriers.arriveInCluster(warp, op);
}

Outcome waitForCluster(Warp &warp, const Operation &op) {
  if (op.immediate && !warp.haveArrived(op, warp.live))
    return Outcome::Wait;
  return warp.block.barriers.waitForCluster(warp, op);
}

//===----------------------------------------------------------------------===//
// mbarriers
//===----------------------------------------------------------------------===//

/// What an mbarrier instruction does, in `Operation::immediate2`.
struct ObjectForm {
  bool is64Bit = false;
  Space space = Space::Generic;
  /// Releases or acquires: not `.relaxed`.
  bool isOrdered = true;
  bool expects = false;
  bool mayComplete = true;
  bool drops = false;
  bool hasParity = false;
  uint8_t unused = 0;
};
static_assert(sizeof(ObjectForm) == sizeof(int64_t));

ObjectForm getForm(const Operation &op) {
  ObjectForm form;
  std::memcpy(&form, &op.immediate2, sizeof(form));
  return form;
}

/// The state of an mbarrier that arrive returns: the phase, and arrivals that
/// are missing.
uint64_t packState(const MemoryBarrier &barrier) {
  return barrier.phase << 24 | uint64_t(barrier.pending);
}

/// Calls `function` with each mbarrier that active lanes name and the mask of
/// those lanes. Operand `operand` is the address.
template <typename Function>
Outcome forEachObject(Warp &warp, const Operation &op, unsigned operand,
                      Function function) {
  ObjectForm form = getForm(op);
  Access access(warp, op);
  access.space = form.space;
  access.lanes = warp.active;
  access.size = 8;
  readAddress(access, op.operands[operand], form.is64Bit, op.immediate);
  if (checkAddress(access, op.operands[operand], form.is64Bit) == Outcome::Stop)
    return Outcome::Stop;
  return forEachSpace(access, [&](Access &part) {
    if (part.space != Space::Shared) {
      warp.report(Check::Invalid, op, part.lanes,
                  "the mbarrier is not in shared memory");
      return Outcome::Stop;
    }
    if (locate(part) != Outcome::Next)
      return Outcome::Stop;
    for (LaneMask rest = part.lanes; rest;) {
      uint64_t offset = part.address[firstOf(rest)];
      LaneMask same = 0;
      for (unsigned i = 0; i < kLanes; ++i)
        if (rest >> i & 1 && part.address[i] == offset)
          same |= LaneMask(1) << i;
      rest &= ~same;
      if (function(same, offset) == Outcome::Stop)
        return Outcome::Stop;
    }
    return Outcome::Next;
  });
}

/// Operands: address, count.
Outcome initObject(Warp &warp, const Operation &op) {
  return forEachObject(warp, op, 0, [&](LaneMask lanes, uint64_t offset) {
    unsigned lane = firstOf(lanes);
    return warp.block.barriers.init(warp, op, lane, offset,
                                    warp.row(op.operands[1]).lane[lane]);
  });
}

Outcome invalidateObject(Warp &warp, const Operation &op) {
  return forEachObject(warp, op, 0, [&](LaneMask lanes, uint64_t offset) {
    return warp.block.barriers.invalidate(warp, op, firstOf(lanes), offset);
  });
}

/// Operands: state or kNone, address, and how many arrivals or bytes.
Outcome arriveAtObject(Warp &warp, const Operation &op) {
  ObjectForm form = getForm(op);
  Lanes<uint64_t> states = {};
  Outcome outcome =
      forEachObject(warp, op, 1, [&](LaneMask lanes, uint64_t offset) {
        Barriers &barriers = warp.block.barriers;
        for (LaneMask rest = lanes; rest; rest &= rest - 1) {
          unsigned lane = firstOf(rest);
          MemoryBarrier *barrier = barriers.find(warp, op, lane, offset);
          if (!barrier)
            return Outcome::Stop;
          uint32_t number =
              op.operands[2] == kNone ? 1 : warp.row(op.operands[2]).lane[lane];
          states[lane] = packState(*barrier);
          // Bytes first: the arrival may be what ends the phase.
          if (form.expects)
            barrier->bytes += number;
          if (form.drops)
            barrier->count -= form.expects ? 1 : number;
          if (barriers.arrive(warp, op, LaneMask(1) << lane, *barrier,
                              form.expects ? 1 : number, form.isOrdered,
                              form.mayComplete) == Outcome::Stop)
            return Outcome::Stop;
        }
        return Outcome::Next;
      });
  if (outcome == Outcome::Next && op.operands[0] != kNone)
    warp.write(op.operands[0], states, kAllLanes);
  return outcome;
}

/// Operands: address, bytes. `Sign` is -1 to complete them.
template <int Sign>
Outcome expectBytes(Warp &warp, const Operation &op) {
  return forEachObject(warp, op, 0, [&](LaneMask lanes, uint64_t offset) {
    for (LaneMask rest = lanes; rest; rest &= rest - 1) {
      unsigned lane = firstOf(rest);
      MemoryBarrier *barrier = warp.block.barriers.find(warp, op, lane, offset);
      if (!barrier)
        return Outcome::Stop;
      warp.block.barriers.expect(
          *barrier, Sign * int64_t(warp.row(op.operands[1]).lane[lane]));
    }
    return Outcome::Next;
  });
}

/// Operands: result, address, state or parity. A wait that fails lets others
/// run.
Outcome waitForObject(Warp &warp, const Operation &op) {
  ObjectForm form = getForm(op);
  LaneMask done = 0;
  Slot slot = op.operands[2];
  LaneMask undefined =
      warp.active & ~warp.isDefined(slot, form.hasParity ? 4 : 8);
  if (undefined && warp.block.launch.options.checks &&
      warp.report(Check::Undefined, op, undefined, "the phase is undefined") ==
          Outcome::Stop)
    return Outcome::Stop;
  Lanes<uint32_t> parity = warp.read<uint32_t>(slot);
  Lanes<uint64_t> state = {};
  if (!form.hasParity)
    state = warp.read<uint64_t>(slot);
  Outcome outcome =
      forEachObject(warp, op, 1, [&](LaneMask lanes, uint64_t offset) {
        Block &block = warp.block;
        MemoryBarrier *barrier =
            block.barriers.find(warp, op, firstOf(lanes), offset);
        if (!barrier)
          return Outcome::Stop;
        LaneMask over = 0;
        for (LaneMask rest = lanes; rest; rest &= rest - 1) {
          unsigned lane = firstOf(rest);
          bool isOver = form.hasParity
                            ? (barrier->phase & 1) != (parity[lane] & 1)
                            : barrier->phase > state[lane] >> 24;
          over |= LaneMask(isOver) << lane;
        }
        if (over)
          block.copies.moveAttached(barrier->agent);
        if (over && form.isOrdered && block.launch.options.checks)
          block.ordering.acquire(warp, over, barrier->completed);
        done |= over;
        return Outcome::Next;
      });
  if (outcome != Outcome::Next)
    return outcome;
  warp.writePredicate(op.operands[0], done, kAllLanes);
  return warp.active & ~done ? Outcome::Yield : Outcome::Next;
}

/// The arrivals that a state says are missing.
Outcome countPending(Warp &warp, const Operation &op) {
  Lanes<uint64_t> states = warp.read<uint64_t>(op.operands[1]);
  Lanes<uint32_t> result;
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] = states[i] & 0xffffff;
  warp.write(op.operands[0], result, warp.isDefined(op.operands[1], 8));
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Binders
//===----------------------------------------------------------------------===//

/// Whether all threads of a warp must be there.
void setAligned(Binding &binding) {
  binding.op.immediate =
      binding.instruction.opcode == "bar" || binding.has("aligned");
}

void bindSync(Binding &binding) {
  setAligned(binding);
  binding.op.handler = syncThreads;
}
void bindArrive(Binding &binding) {
  setAligned(binding);
  binding.op.handler = arriveThreads;
}

void bindReduction(Binding &binding) {
  setAligned(binding);
  auto &operands = binding.op.operands;
  if (operands[3] == kNone) {
    operands[3] = operands[2];
    operands[2] = kNone;
  }
  switch (binding.choose({"popc", "and", "or"})) {
  case 0:
    binding.op.handler = reduceThreads<Reduction::Count>;
    break;
  case 1:
    binding.op.handler = reduceThreads<Reduction::And>;
    break;
  default:
    binding.op.handler = reduceThreads<Reduction::Or>;
  }
}

void bindSyncLanes(Binding &binding) { binding.op.handler = syncLanes; }
void bindFence(Binding &binding) { binding.op.handler = fence; }
void bindFenceProxy(Binding &binding) {
  binding.op.handler = binding.has("async") ? fenceProxy : fenceNothing;
}
void bindFenceNothing(Binding &binding) { binding.op.handler = fenceNothing; }

void bindCluster(Binding &binding) {
  binding.op.immediate = binding.has("aligned");
  binding.op.handler = binding.has("arrive") ? arriveInCluster : waitForCluster;
}

/// Notes the address, operand `operand`, and what is the same for all.
ObjectForm describe(Binding &binding, unsigned operand) {
  ObjectForm form;
  form.is64Bit = binding.bits[operand] == 64;
  form.space = binding.space;
  form.isOrdered = !binding.has("relaxed");
  form.expects = binding.has("expect_tx");
  form.mayComplete = !binding.has("noComplete");
  form.drops = binding.instruction.qualifiers[0] == "arrive_drop";
  form.hasParity = binding.has("parity");
  return form;
}

template <Handler Function, unsigned Operand>
void bindObject(Binding &binding) {
  ObjectForm form = describe(binding, Operand);
  std::memcpy(&binding.op.immediate2, &form, sizeof(form));
  binding.op.handler = Function;
}

void bindCountPending(Binding &binding) { binding.op.handler = countPending; }

constexpr auto kind = InstructionClass::Barrier;

void addNamedForms(FormList &forms) {
  const Form list[] = {
      {"bar[.cta].sync a:u32[, b:u32]", kind, bindSync},
      {"bar[.cta].arrive a:u32, b:u32", kind, bindArrive},
      {"bar[.cta].red.popc.u32 d, a:u32, c:pred", kind, bindReduction},
      {"bar[.cta].red.popc.u32 d, a:u32, b:u32, c:pred", kind, bindReduction},
      {"bar[.cta].red.{and|or}.pred d, a:u32, c:pred", kind, bindReduction},
      {"bar[.cta].red.{and|or}.pred d, a:u32, b:u32, c:pred", kind,
       bindReduction},
      {"barrier[.cta].sync[.aligned] a:u32[, b:u32]", kind, bindSync},
      {"barrier[.cta].arrive[.aligned] a:u32, b:u32", kind, bindArrive},
      {"barrier[.cta].red.popc[.aligned].u32 d, a:u32, c:pred", kind,
       bindReduction},
      {"barrier[.cta].red.popc[.aligned].u32 d, a:u32, b:u32, c:pred", kind,
       bindReduction},
      {"barrier[.cta].red.{and|or}[.aligned].pred d, a:u32, c:pred", kind,
       bindReduction},
      {"barrier[.cta].red.{and|or}[.aligned].pred d, a:u32, b:u32, c:pred",
       kind, bindReduction},
      {"bar.warp.sync a:b32", kind, bindSyncLanes},
      {"barrier.cluster.arrive[.{release|relaxed}][.aligned]", kind,
       bindCluster, 90},
      {"barrier.cluster.wait[.acquire][.aligned]", kind, bindCluster, 90},
      {"membar.{cta|gl|sys}", kind, bindFence},
      {"fence[.{sc|acq_rel|acquire|release}].{cta|cluster|gpu|sys}", kind,
       bindFence, 70},
      {"membar.proxy.{alias|async}", kind, bindFenceProxy},
      {"fence.proxy.{alias|async}[.{global|shared::cta|shared::cluster}]", kind,
       bindFenceProxy, 70},
      {"fence.mbarrier_init.release.cluster", kind, bindFenceNothing, 90},
      {"fence.proxy.tensormap::generic.release.{cta|cluster|gpu|sys}", kind,
       bindFenceNothing, 90},
      {"fence.proxy.tensormap::generic.acquire.{cta|cluster|gpu|sys} [a], #n",
       kind, bindFenceNothing, 90},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}

} // namespace

#define SHARED "[.{shared|shared::cta|shared::cluster}].b64"
#define SCOPE "[.{cta|cluster}]"

void attn::sim::ATTN_SIM_VARIANT::addBarrierForms(FormList &forms) {
  addNamedForms(forms);
  const Form list[] = {
      {"mbarrier.init" SHARED " [a], b:u32", kind, bindObject<initObject, 0>,
       80},
      {"mbarrier.inval" SHARED " [a]", kind, bindObject<invalidateObject, 0>,
       80},
      {"mbarrier.{arrive|arrive_drop}[.noComplete][.{release|relaxed}"
       "]" SCOPE SHARED " d?, [a][, b:u32]",
       kind, bindObject<arriveAtObject, 1>, 80},
      {"mbarrier.{arrive|arrive_drop}.expect_tx[.{release|relaxed}"
       "]" SCOPE SHARED " d?, [a], b:u32",
       kind, bindObject<arriveAtObject, 1>, 90},
      {"mbarrier.expect_tx[.relaxed]" SCOPE SHARED " [a], b:u32", kind,
       bindObject<expectBytes<1>, 0>, 90},
      {"mbarrier.complete_tx[.relaxed]" SCOPE SHARED " [a], b:u32", kind,
       bindObject<expectBytes<-1>, 0>, 90},
      {"mbarrier.test_wait[.{acquire|relaxed}]" SCOPE SHARED
       " d:pred, [a], b:b64",
       kind, bindObject<waitForObject, 1>, 80},
      {"mbarrier.test_wait.parity[.{acquire|relaxed}]" SCOPE SHARED
       " d:pred, [a], b:u32",
       kind, bindObject<waitForObject, 1>, 80},
      {"mbarrier.try_wait[.{acquire|relaxed}]" SCOPE SHARED
       " d:pred, [a], b:b64[, c:u32]",
       kind, bindObject<waitForObject, 1>, 90},
      {"mbarrier.try_wait.parity[.{acquire|relaxed}]" SCOPE SHARED
       " d:pred, [a], b:u32[, c:u32]",
       kind, bindObject<waitForObject, 1>, 90},
      {"mbarrier.pending_count.b64 d:u32, a:b64", kind, bindCountPending, 80},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
