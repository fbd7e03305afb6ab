// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Named barriers and the barrier of a cluster: who has arrived, when they are
// full, and what their threads then know.

#include "attn/Simulator/Barriers.h"

#include "attn/Simulator/Block.h"

#include <algorithm>

namespace attn::sim {

static unsigned countLanes(LaneMask lanes) {
  return unsigned(__builtin_popcount(lanes));
}

Barriers::Waits &Barriers::waitsOf(const Warp &warp) {
  if (waits.empty())
    waits.resize(block.warps.size());
  return waits[warp.index];
}

//===----------------------------------------------------------------------===//
// Named barriers
//===----------------------------------------------------------------------===//

/// Whether the operation at `pc` is the end of a thread.
static bool isExit(const Program &program, uint32_t pc) {
  const Operation *op = &program.code[pc];
  if (op->site == program.jumpSite)
    op = &program.code[size_t(op->immediate)];
  const std::string &text = program.sites[op->site].text;
  return text.rfind("ret", 0) == 0 || text.rfind("exit", 0) == 0;
}

bool Barriers::isWhole(Warp &warp, const Operation &op) {
  Waits &mine = waitsOf(warp);
  if (!warp.haveArrived(op, warp.live)) {
    for (const Fragment &fragment : warp.fragments)
      if (!isExit(warp.program, fragment.pc))
        mine.missing |= fragment.lanes & ~warp.active;
    return false;
  }
  LaneMask gone = mine.missing & ~warp.live;
  mine.missing = 0;
  if (gone)
    warp.report(Check::Barrier, op, gone,
                "threads of the warp have gone on without the others");
  return true;
}

/// Reports an arrival that does not fit the barrier or those before it.
Outcome Barriers::check(Warp &warp, const Operation &op,
                        const Arrival &arrival) {
  auto stop = [&](const std::string &message) {
    warp.report(Check::Barrier, op, warp.active, message);
    return Outcome::Stop;
  };
  if (arrival.id >= kNamed)
    return stop("barrier " + std::to_string(arrival.id) + " of " +
                std::to_string(kNamed));
  std::string name = "barrier " + std::to_string(arrival.id);
  if (arrival.count % kLanes != 0)
    return stop(name + " is for " + std::to_string(arrival.count) +
                " threads, which is not a multiple of 32");
  const NamedBarrier &barrier = named[arrival.id];
  bool isEmpty = barrier.arrived == 0;
  if (!isEmpty && barrier.expected != arrival.count) {
    auto describe = [](uint32_t count) {
      return count ? std::to_string(count) + " threads"
                   : std::string("all threads");
    };
    return stop(name + " is for " + describe(arrival.count) +
                " here, but for " + describe(barrier.expected) +
                " where others have arrived");
  }
  if (!isEmpty && barrier.isReduction != arrival.isReduction)
    return stop(name + " is a reduction for some of its threads only");
  return Outcome::Next;
}

/// Counts lanes that arrive.
void Barriers::count(Warp &warp, LaneMask lanes, const Arrival &arrival) {
  NamedBarrier &barrier = named[arrival.id];
  if (barrier.arrived == 0) {
    barrier.expected = arrival.count;
    barrier.isReduction = arrival.isReduction;
    barrier.trueCount = 0;
    barrier.allDefined = true;
  }
  barrier.arrived += arrival.isAligned ? kLanes : countLanes(lanes);
  barrier.trueCount += countLanes(arrival.predicate & lanes);
  barrier.allDefined &= !(lanes & ~arrival.defined);
}

bool Barriers::isFull(const NamedBarrier &barrier) const {
  if (barrier.expected)
    return barrier.arrived >= barrier.expected;
  for (size_t i = 0; i < block.warps.size(); ++i)
    if (block.warps[i]->live & ~barrier.waiting[i])
      return false;
  return barrier.arrived > 0;
}

/// Lets the threads of a full barrier go on.
void Barriers::complete(NamedBarrier &barrier) {
  bool isWholeBlock = true;
  uint32_t lanes = 0;
  for (size_t i = 0; i < block.warps.size(); ++i) {
    isWholeBlock &= !(block.warps[i]->live & ~barrier.waiting[i]);
    lanes += countLanes(barrier.waiting[i]);
  }
  // Those that wait have done nothing since they arrived: only now need it be
  // said what they knew, and time passes once for all.
  if (isWholeBlock) {
    block.ordering.joinBlock(barrier.arriving);
  } else {
    for (size_t i = 0; i < block.warps.size(); ++i)
      if (barrier.waiting[i])
        block.ordering.release(*block.warps[i], barrier.waiting[i],
                               barrier.arriving);
    barrier.completed.join(barrier.arriving);
  }
  barrier.arriving.clear();
  barrier.waiting.assign(block.warps.size(), 0);
  barrier.lastTrueCount = barrier.trueCount;
  barrier.lastDefined = barrier.allDefined;
  barrier.lastCount = lanes;
  barrier.arrived = 0;
  ++barrier.phase;
}

void Barriers::tryComplete(NamedBarrier &barrier) {
  if (isFull(barrier))
    complete(barrier);
}

Outcome Barriers::sync(Warp &warp, const Operation &op,
                       const Arrival &arrival) {
  Waits &mine = waitsOf(warp);
  LaneMask fresh = warp.active & ~mine.lanes;
  if (fresh) {
    if (check(warp, op, arrival) == Outcome::Stop)
      return Outcome::Stop;
    NamedBarrier &barrier = named[arrival.id];
    barrier.waiting.resize(block.warps.size());
    count(warp, fresh, arrival);
    barrier.waiting[warp.index] |= fresh;
    for (unsigned i = 0; i < kLanes; ++i)
      if (fresh >> i & 1) {
        mine.id[i] = uint8_t(arrival.id);
        mine.phase[i] = barrier.phase;
      }
    mine.lanes |= fresh;
  }
  tryComplete(named[mine.id[__builtin_ctz(warp.active)]]);
  for (unsigned i = 0; i < kLanes; ++i)
    if (warp.active >> i & 1 && named[mine.id[i]].phase == mine.phase[i])
      return Outcome::Wait;
  mine.lanes &= ~warp.active;
  block.ordering.acquire(warp, warp.active, named[arrival.id].completed);
  return Outcome::Next;
}

Outcome Barriers::arrive(Warp &warp, const Operation &op,
                         const Arrival &arrival) {
  if (check(warp, op, arrival) == Outcome::Stop)
    return Outcome::Stop;
  NamedBarrier &barrier = named[arrival.id];
  barrier.waiting.resize(block.warps.size());
  count(warp, warp.active, arrival);
  block.ordering.release(warp, warp.active, barrier.arriving);
  tryComplete(barrier);
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// The barrier of the cluster
//===----------------------------------------------------------------------===//

bool Barriers::isClusterFull() const {
  for (const std::unique_ptr<Block> &other : block.cluster.blocks)
    for (size_t i = 0; i < other->warps.size(); ++i) {
      const std::vector<LaneMask> &arrived = other->barriers.inCluster;
      if (other->warps[i]->live & ~(i < arrived.size() ? arrived[i] : 0))
        return false;
    }
  return true;
}

Outcome Barriers::arriveInCluster(Warp &warp, const Operation &op) {
  inCluster.resize(block.warps.size());
  clusterWaits.resize(block.warps.size());
  if (warp.active & inCluster[warp.index]) {
    warp.report(Check::Barrier, op, warp.active & inCluster[warp.index],
                "arrives twice at the barrier of the cluster");
    return Outcome::Stop;
  }
  inCluster[warp.index] |= warp.active;
  for (unsigned i = 0; i < kLanes; ++i)
    if (warp.active >> i & 1)
      clusterWaits[warp.index][i] = clusterPhase + 1;
  return Outcome::Next;
}

Outcome Barriers::waitForCluster(Warp &warp, const Operation &op) {
  clusterWaits.resize(block.warps.size());
  if (isClusterFull())
    for (const std::unique_ptr<Block> &other : block.cluster.blocks) {
      Barriers &barriers = other->barriers;
      barriers.inCluster.assign(other->warps.size(), 0);
      ++barriers.clusterPhase;
      other->ordering.joinBlock(Knowledge());
    }
  for (unsigned i = 0; i < kLanes; ++i) {
    if (!(warp.active >> i & 1))
      continue;
    if (clusterWaits[warp.index][i] == 0) {
      warp.report(Check::Barrier, op, LaneMask(1) << i,
                  "waits for the barrier of the cluster without arriving");
      return Outcome::Stop;
    }
    if (clusterWaits[warp.index][i] > clusterPhase)
      return Outcome::Wait;
  }
  for (unsigned i = 0; i < kLanes; ++i)
    if (warp.active >> i & 1)
      clusterWaits[warp.index][i] = 0;
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Deadlocks
//===----------------------------------------------------------------------===//

std::string Barriers::describeWait(const Warp &warp, const Operation &op,
                                   LaneMask lanes) const {
  if (warp.index >= waits.size())
    return "";
  const Waits &mine = waits[warp.index];
  LaneMask waiting = lanes & mine.lanes;
  if (!waiting)
    return "";
  uint32_t id = mine.id[__builtin_ctz(waiting)];
  const NamedBarrier &barrier = named[id];
  uint32_t expected = barrier.expected;
  if (!expected)
    for (const std::unique_ptr<Warp> &other : block.warps)
      expected += countLanes(other->live);
  return "barrier " + std::to_string(id) + ", phase " +
         std::to_string(barrier.phase) + ": " +
         std::to_string(barrier.arrived) + " of " + std::to_string(expected) +
         " threads have arrived";
}

} // namespace attn::sim
