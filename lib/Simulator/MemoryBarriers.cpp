// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mbarriers: phases that end when all arrivals and all bytes are there.

#include "ShadowCells.h"

#include "attn/Simulator/Barriers.h"

namespace attn::sim {

/// The most arrivals that a phase can have, and the most bytes.
static constexpr uint32_t kMaxCount = (1u << 20) - 1;

static std::string describe(uint64_t offset, const Warp &warp) {
  return "mbarrier in " + describeShared(warp.program, offset);
}

MemoryBarrier *Barriers::find(Warp &warp, const Operation &op, unsigned lane,
                              uint64_t offset) {
  auto found = objects.find(offset);
  if (found == objects.end()) {
    warp.report(Check::Invalid, op, bit(lane),
                "no " + describe(offset, warp) + " has been initialised");
    return nullptr;
  }
  MemoryBarrier &barrier = found->second;
  bool isKnown =
      (barrier.maker == warp.index && barrier.makerLane == bit(lane)) ||
      barrier.made < block.ordering.floor ||
      block.ordering.knows(warp, bit(lane), barrier.maker, barrier.makerLane,
                           barrier.made);
  if (!isKnown && block.launch.options.checks) {
    warp.report(Check::Race, op, bit(lane),
                "the use of the " + describe(offset, warp) +
                    " is not ordered with its initialisation");
    // Once is enough.
    barrier.made = 0;
  }
  return &barrier;
}

Outcome Barriers::init(Warp &warp, const Operation &op, unsigned lane,
                       uint64_t offset, uint32_t count) {
  if (count == 0 || count > kMaxCount) {
    warp.report(Check::Invalid, op, bit(lane),
                "an mbarrier for " + std::to_string(count) + " arrivals");
    return Outcome::Stop;
  }
  if (objects.count(offset)) {
    warp.report(Check::Invalid, op, bit(lane),
                "the " + describe(offset, warp) +
                    " has been initialised already and not invalidated");
    return Outcome::Stop;
  }
  ShadowAccess access = {warp, op, Agent(kWarpAgents + warp.index)};
  if (block.launch.options.checks) {
    if (block.races.writeRange(access, lane, offset, 8) == Outcome::Stop)
      return Outcome::Stop;
    block.races.setBarrierObject(access, offset, true);
  }
  MemoryBarrier &barrier = objects[offset];
  barrier.count = count;
  barrier.pending = count;
  barrier.agent = block.ordering.newBarrierAgent();
  barrier.maker = warp.index;
  barrier.makerLane = bit(lane);
  barrier.made = block.ordering.now;
  return Outcome::Next;
}

Outcome Barriers::invalidate(Warp &warp, const Operation &op, unsigned lane,
                             uint64_t offset) {
  if (!find(warp, op, lane, offset))
    return Outcome::Stop;
  objects.erase(offset);
  if (block.launch.options.checks)
    block.races.setBarrierObject({warp, op, Agent(kWarpAgents + warp.index)},
                                 offset, false);
  return Outcome::Next;
}

Outcome Barriers::arrive(Warp &warp, const Operation &op, LaneMask lanes,
                         MemoryBarrier &barrier, uint32_t count, bool releases,
                         bool mayComplete) {
  if (releases && block.launch.options.checks)
    block.ordering.release(warp, lanes, barrier.arriving);
  for (LaneMask rest = lanes; rest; rest &= rest - 1) {
    bool isTooMuch =
        count > barrier.pending || (!mayComplete && count == barrier.pending);
    if (isTooMuch) {
      warp.report(Check::Barrier, op, rest,
                  std::to_string(count) +
                      " arrivals at an mbarrier that waits for " +
                      std::to_string(barrier.pending) + " of " +
                      std::to_string(barrier.count));
      return Outcome::Stop;
    }
    barrier.pending -= count;
    tryComplete(barrier);
  }
  return Outcome::Next;
}

void Barriers::expect(MemoryBarrier &barrier, int64_t bytes) {
  barrier.bytes += bytes;
  tryComplete(barrier);
}

void Barriers::tryComplete(MemoryBarrier &barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0)
    return;
  ++barrier.phase;
  barrier.pending = barrier.count;
  barrier.completed.join(barrier.arriving);
  barrier.arriving.clear();
}

} // namespace attn::sim
