// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vector clocks: sets of accesses that are over, and the edges of the
// happens-before relation that add to them.

#include "attn/Simulator/Clocks.h"

#include "attn/Simulator/Block.h"

#include <algorithm>

namespace attn::sim {

//===----------------------------------------------------------------------===//
// Sets of accesses
//===----------------------------------------------------------------------===//

void Clocks::join(const Clocks &other) {
  if (entries.size() < other.entries.size())
    entries.resize(other.entries.size());
  for (size_t i = 0; i < other.entries.size(); ++i) {
    Entry &entry = entries[i];
    const Entry &add = other.entries[i];
    entry.all = std::max(entry.all, add.all);
    // One later time is kept for the lanes of both: it may claim too much for
    // lanes that synchronise apart from each other.
    entry.some = std::max(entry.some, add.some);
    entry.lanes |= add.lanes;
    if (entry.some <= entry.all)
      entry.some = entry.lanes = 0;
    else if (entry.lanes == kAllLanes)
      entry.all = entry.some;
  }
}

void Clocks::add(Agent agent, LaneMask lanes, Time time) {
  if (agent >= entries.size())
    entries.resize(agent + 1);
  Entry &entry = entries[agent];
  if (time <= entry.all)
    return;
  if (lanes == kAllLanes) {
    entry.all = time;
    if (entry.some <= time)
      entry.some = entry.lanes = 0;
    return;
  }
  entry.some = std::max(entry.some, time);
  entry.lanes |= lanes;
  if (entry.lanes == kAllLanes)
    entry.all = entry.some;
}

void Knowledge::join(const Knowledge &other) {
  over.join(other.over);
  fenced.join(other.fenced);
  for (const auto &[block, clocks] : other.foreign) {
    std::shared_ptr<const Clocks> &mine = foreign[block];
    if (mine == clocks)
      continue;
    if (!mine) {
      mine = clocks;
      continue;
    }
    auto both = std::make_shared<Clocks>(*mine);
    both->join(*clocks);
    mine = both;
  }
}

void Knowledge::clear() {
  over.clear();
  fenced.clear();
  foreign.clear();
}

//===----------------------------------------------------------------------===//
// What threads know
//===----------------------------------------------------------------------===//

/// Lanes that stand for all those of the warp that are left stand for all: a
/// warp may have fewer than 32, and lanes that have exited do nothing more.
static LaneMask widen(const Warp &warp, LaneMask lanes) {
  return warp.live & ~lanes ? lanes : kAllLanes;
}

Ordering::Ordering(Block &block) : block(block) {}

Ordering::WarpState &Ordering::state(const Warp &warp) {
  if (warp.index >= warps.size())
    warps.resize(std::max<size_t>(warp.index + 1, block.warps.size()));
  return warps[warp.index];
}

template <typename Test>
bool Ordering::allKnow(const Warp &warp, LaneMask lanes, Test test) const {
  if (test(common))
    return true;
  if (warp.index >= warps.size())
    return false;
  const WarpState &state = warps[warp.index];
  if (test(state.all))
    return true;
  if (lanes & ~state.hasLanes)
    return false;
  for (unsigned lane = 0; lane < kLanes; ++lane)
    if (lanes >> lane & 1 && !test(*state.lanes[lane]))
      return false;
  return true;
}

bool Ordering::knows(const Warp &warp, LaneMask lanes, Agent agent,
                     LaneMask others, Time time) const {
  return allKnow(warp, lanes, [&](const Knowledge &known) {
    return known.over.knows(agent, others, time);
  });
}

bool Ordering::isFenced(const Warp &warp, LaneMask lanes, Agent agent,
                        LaneMask others, Time time) const {
  return allKnow(warp, lanes, [&](const Knowledge &known) {
    return known.fenced.knows(agent, others, time);
  });
}

bool Ordering::knowsForeign(const Warp &warp, LaneMask lanes,
                            uint32_t otherBlock, Agent agent, LaneMask others,
                            Time time) const {
  return allKnow(warp, lanes, [&](const Knowledge &known) {
    auto found = known.foreign.find(otherBlock);
    return found != known.foreign.end() &&
           found->second->knows(agent, others, time);
  });
}

//===----------------------------------------------------------------------===//
// Edges
//===----------------------------------------------------------------------===//

void Ordering::release(const Warp &warp, LaneMask lanes, Knowledge &to) {
  WarpState &from = state(warp);
  to.join(from.all);
  for (unsigned lane = 0; lane < kLanes; ++lane)
    if (from.hasLanes & lanes & LaneMask(1) << lane)
      to.join(*from.lanes[lane]);
  ++now;
  to.over.add(kWarpAgents + warp.index, widen(warp, lanes), now);
}

void Ordering::acquire(const Warp &warp, LaneMask lanes,
                       const Knowledge &from) {
  if (from.empty())
    return;
  WarpState &to = state(warp);
  if (!(warp.live & ~lanes)) {
    to.all.join(from);
    return;
  }
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (!(lanes >> lane & 1))
      continue;
    if (!to.lanes[lane])
      to.lanes[lane] = std::make_unique<Knowledge>();
    to.lanes[lane]->join(from);
    to.hasLanes |= LaneMask(1) << lane;
  }
}

void Ordering::acquire(const Warp &warp, LaneMask lanes, Agent agent,
                       LaneMask others, Time time) {
  Knowledge one;
  one.over.add(agent, others, time);
  acquire(warp, lanes, one);
}

void Ordering::joinLanes(const Warp &warp, LaneMask lanes) {
  WarpState &to = state(warp);
  if (!to.hasLanes && !(warp.live & ~lanes)) {
    ++now;
    to.all.over.add(kWarpAgents + warp.index, kAllLanes, now);
    return;
  }
  Knowledge together;
  release(warp, lanes, together);
  acquire(warp, lanes, together);
}

void Ordering::joinBlock(const Knowledge &more) {
  common.join(more);
  for (WarpState &warp : warps) {
    common.join(warp.all);
    warp.all.clear();
    for (unsigned lane = 0; warp.hasLanes && lane < kLanes; ++lane) {
      if (warp.lanes[lane])
        common.join(*warp.lanes[lane]);
      warp.lanes[lane].reset();
    }
    warp.hasLanes = 0;
  }
  floor = ++now;
}

void Ordering::fenceProxy(const Warp &warp, LaneMask lanes) {
  Knowledge known;
  release(warp, lanes, known);
  known.over.join(common.over);
  // What all threads know includes what each warp did before.
  for (const std::unique_ptr<Warp> &other : block.warps)
    known.over.add(kWarpAgents + other->index, kAllLanes, floor);
  Knowledge fenced;
  fenced.fenced = known.over;
  acquire(warp, lanes, fenced);
}

//===----------------------------------------------------------------------===//
// Atomic accesses
//===----------------------------------------------------------------------===//

void Ordering::shareWithBlocks(Knowledge &knowledge) const {
  auto own = std::make_shared<Clocks>(knowledge.over);
  own->join(common.over);
  for (const std::unique_ptr<Warp> &warp : block.warps)
    own->add(kWarpAgents + warp->index, kAllLanes, floor);
  knowledge.over.clear();
  knowledge.fenced.clear();
  Knowledge others;
  others.foreign = common.foreign;
  others.foreign[block.number] = own;
  knowledge.join(others);
}

void Ordering::fence(const Warp &warp, LaneMask lanes) {
  WarpState &of = state(warp);
  anyFence = true;
  if (!of.found.empty()) {
    acquire(warp, lanes, of.found);
    of.found.clear();
  }
  release(warp, lanes, of.atFence);
}

void Ordering::writeStrong(const Warp &warp, LaneMask lanes, uint64_t address,
                           bool releases, bool forBlocks,
                           std::unordered_map<uint64_t, Knowledge> &addresses) {
  WarpState &of = state(warp);
  if (!releases && of.atFence.empty())
    return;
  Knowledge given;
  if (releases)
    release(warp, lanes, given);
  else
    given = of.atFence;
  if (forBlocks)
    shareWithBlocks(given);
  addresses[address].join(given);
}

void Ordering::readStrong(
    const Warp &warp, LaneMask lanes, uint64_t address, bool acquires,
    const std::unordered_map<uint64_t, Knowledge> &addresses) {
  auto found = addresses.find(address);
  if (found == addresses.end())
    return;
  Knowledge taken = found->second;
  auto own = taken.foreign.find(block.number);
  if (own != taken.foreign.end()) {
    taken.over.join(*own->second);
    taken.foreign.erase(own);
  }
  if (acquires)
    acquire(warp, lanes, taken);
  else
    state(warp).found.join(taken);
}

} // namespace attn::sim
