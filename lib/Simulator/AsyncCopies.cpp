// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Groups of asynchronous copies and the two times at which their data may move.

#include "attn/Simulator/AsyncCopies.h"

#include "ShadowCells.h"

#include <algorithm>
#include <cstring>

namespace attn::sim {

static void moveData(const AsyncCopy &copy) {
  std::memcpy(copy.to, copy.from, copy.size);
  std::memset(copy.to + copy.size, 0, copy.zeros);
}

AsyncCopies::AsyncCopies(Block &block) : block(block) {}

AsyncCopies::State &AsyncCopies::state(Agent agent) {
  if (agent >= states.size())
    states.resize(agent + 1);
  return states[agent];
}

Time AsyncCopies::now(Agent agent) { return state(agent).time; }

void AsyncCopies::add(Agent agent, unsigned lane, const AsyncCopy &copy) {
  if (block.launch.options.async == AsyncPolicy::Early)
    return moveData(copy);
  pending.push_back({agent, uint8_t(lane), now(agent), copy});
}

void AsyncCopies::move(Agent agent, LaneMask lanes, Time time) {
  auto isOver = [&](const Pending &one) {
    if (one.agent != agent || !(lanes >> one.lane & 1) || one.time >= time)
      return false;
    moveData(one.copy);
    return true;
  };
  pending.erase(std::remove_if(pending.begin(), pending.end(), isOver),
                pending.end());
}

void AsyncCopies::commit(Agent agent, LaneMask lanes) {
  State &of = state(agent);
  of.commits.push_back({lanes, of.time});
  ++of.time;
  // Older groups are waited for with those that follow them.
  constexpr size_t kMaxCommits = 256;
  if (of.commits.size() > 2 * kMaxCommits)
    of.commits.erase(of.commits.begin(), of.commits.end() - kMaxCommits);
}

void AsyncCopies::wait(const Warp &warp, Agent agent, LaneMask lanes,
                       uint32_t count) {
  // Lanes with the same groups wait for the same time.
  State &of = state(agent);
  while (lanes) {
    unsigned lane = firstLane(lanes);
    LaneMask same = lanes;
    uint32_t left = count;
    Time time = 0;
    for (auto it = of.commits.rbegin(); it != of.commits.rend() && !time;
         ++it) {
      LaneMask in = it->lanes & lanes;
      same &= it->lanes >> lane & 1 ? it->lanes : ~it->lanes;
      if (in >> lane & 1 && left-- == 0)
        time = it->time + 1;
    }
    lanes &= ~same;
    if (!time)
      continue;
    block.ordering.acquire(warp, same, agent,
                           !(warp.live & ~same) ? kAllLanes : same, time);
    move(agent, same, time);
  }
}

void AsyncCopies::waitAll(const Warp &warp, Agent agent, LaneMask lanes) {
  State &of = state(agent);
  ++of.time;
  block.ordering.acquire(warp, lanes, agent,
                         !(warp.live & ~lanes) ? kAllLanes : lanes, of.time);
  move(agent, lanes, of.time);
}

void AsyncCopies::attach(Agent agent, LaneMask lanes, Agent waiter,
                         Knowledge &to) {
  State &of = state(agent);
  ++of.time;
  to.over.add(agent, lanes, of.time);
  for (Pending &one : pending)
    if (one.agent == agent && lanes >> one.lane & 1)
      one.agent = waiter;
}

void AsyncCopies::moveAttached(Agent waiter) {
  if (!pending.empty())
    move(waiter, kAllLanes, ~Time(0));
}

void AsyncCopies::finish() {
  for (const Pending &one : pending)
    moveData(one.copy);
  pending.clear();
}

} // namespace attn::sim
