// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asynchronous copies between global and shared memory: when their data moves,
// and how threads wait for them.

#ifndef ATTN_SIMULATOR_ASYNCCOPIES_H
#define ATTN_SIMULATOR_ASYNCCOPIES_H

#include "attn/Simulator/Clocks.h"

#include <vector>

namespace attn::sim {

/// The data of one copy.
struct AsyncCopy {
  uint8_t *to = nullptr;
  const uint8_t *from = nullptr;
  /// Bytes that are copied, and zeros after them.
  uint32_t size = 0;
  uint32_t zeros = 0;
};

/// The copies of a block. What waits for them is cp.async.wait_group and the
/// like, by warp and lane, or an mbarrier, by its agent.
class AsyncCopies {
public:
  explicit AsyncCopies(Block &block);

  /// The time of copies that `agent` makes now: it counts its groups.
  Time now(Agent agent);
  /// A later copy of `agent` gets a later time.
  void advance(Agent agent) { ++state(agent).time; }
  /// Begins a copy of `lane` of `agent`. With AsyncPolicy::Early its data moves
  /// at once.
  void add(Agent agent, unsigned lane, const AsyncCopy &copy);

  /// The copies that `lanes` of `agent` have made since the last time are a
  /// group.
  void commit(Agent agent, LaneMask lanes);
  /// `lanes` of `warp` wait until at most `count` of their last groups are in
  /// flight.
  void wait(const Warp &warp, Agent agent, LaneMask lanes, uint32_t count);
  /// They wait for all copies, in groups or not.
  void waitAll(const Warp &warp, Agent agent, LaneMask lanes);
  /// An mbarrier is told of the copies that `lanes` of `agent` have made: who
  /// waits for it, `waiter`, waits for them.
  void attach(Agent agent, LaneMask lanes, Agent waiter, Knowledge &to);
  /// Moves the data of what completes on an mbarrier.
  void moveAttached(Agent waiter);

  /// Moves the data of all copies that are still in flight: the block has
  /// ended.
  void finish();

private:
  struct Pending {
    Agent agent;
    uint8_t lane;
    Time time;
    AsyncCopy copy;
  };
  struct Commit {
    LaneMask lanes;
    Time time;
  };
  struct State {
    Time time = 1;
    std::vector<Commit> commits;
  };
  State &state(Agent agent);
  /// Moves the data of copies of `lanes` of `agent` before `time`.
  void move(Agent agent, LaneMask lanes, Time time);

  Block &block;
  std::vector<State> states;
  /// In the order of issue; empty unless data moves late.
  std::vector<Pending> pending;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_ASYNCCOPIES_H
