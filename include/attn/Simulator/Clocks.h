// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every thread knows to have happened before: vector clocks. Races and
// asynchronous copies are judged by them.

#ifndef ATTN_SIMULATOR_CLOCKS_H
#define ATTN_SIMULATOR_CLOCKS_H

#include "attn/Simulator/Program.h"

#include <array>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace attn::sim {

class Block;
class Warp;

/// A time of a block: it advances with every release, of any warp.
using Time = uint32_t;

/// What accesses memory: each warp of a block, the cp.async copies of each
/// warp, the bulk copies that a warp has put into groups, and the bulk copies
/// that complete on one mbarrier.
using Agent = uint16_t;
constexpr Agent kWarpAgents = 0;
constexpr Agent kCopyAgents = 32;
constexpr Agent kGroupAgents = 64;
constexpr Agent kBarrierAgents = 96;
/// The objects of mbarriers belong to no one.
constexpr Agent kBarrierObject = 0xffff;

inline bool isAsync(Agent agent) { return agent >= kCopyAgents; }

/// A set of accesses of one block that are over: for each agent those of all
/// lanes before one time, and those of some lanes before a later one.
class Clocks {
public:
  /// Adds what `other` knows.
  void join(const Clocks &other);
  /// Adds the accesses of `lanes` of `agent` before `time`.
  void add(Agent agent, LaneMask lanes, Time time);
  /// Whether the accesses of `lanes` of `agent` at `time` are in the set.
  bool knows(Agent agent, LaneMask lanes, Time time) const {
    if (agent >= entries.size())
      return false;
    const Entry &entry = entries[agent];
    return time < entry.all || (!(lanes & ~entry.lanes) && time < entry.some);
  }
  void clear() { entries.clear(); }
  bool empty() const { return entries.empty(); }

private:
  struct Entry {
    Time all = 0;
    Time some = 0;
    LaneMask lanes = 0;
  };
  std::vector<Entry> entries;
};

/// What a thread knows, or what a barrier or an address hands on.
struct Knowledge {
  /// Accesses of the own block that are over.
  Clocks over;
  /// Those that a proxy fence has made visible to asynchronous copies.
  Clocks fenced;
  /// Accesses of other blocks that are over.
  std::map<uint32_t, std::shared_ptr<const Clocks>> foreign;

  void join(const Knowledge &other);
  void clear();
  bool empty() const {
    return over.empty() && fenced.empty() && foreign.empty();
  }
};

/// The happens-before relation of a block: what each thread knows.
class Ordering {
public:
  explicit Ordering(Block &block);

  /// Plain accesses of warps before this time are known to all threads of the
  /// block.
  Time floor = 1;
  /// The time of an access that is made now.
  Time now = 1;

  /// Whether all of `lanes` of `warp` know that the accesses of `others` of
  /// `agent` at `time` are over.
  bool knows(const Warp &warp, LaneMask lanes, Agent agent, LaneMask others,
             Time time) const;
  /// Whether they know so of an access that another block has made.
  bool knowsForeign(const Warp &warp, LaneMask lanes, uint32_t otherBlock,
                    Agent agent, LaneMask others, Time time) const;
  /// Whether an access of the block is visible to an asynchronous copy that
  /// `lanes` of `warp` issue.
  bool isFenced(const Warp &warp, LaneMask lanes, Agent agent, LaneMask others,
                Time time) const;
  /// Whether all threads of the block know of the access.
  bool isCommon(Agent agent, LaneMask others, Time time) const {
    return common.over.knows(agent, others, time);
  }

  /// \name Edges inside the block
  /// @{

  /// Adds what `lanes` of `warp` know and did to `to`. Time advances.
  void release(const Warp &warp, LaneMask lanes, Knowledge &to);
  /// Adds `from` to what `lanes` of `warp` know.
  void acquire(const Warp &warp, LaneMask lanes, const Knowledge &from);
  /// `lanes` of `warp` know that the accesses of `others` of `agent` up to now
  /// are over.
  void acquire(const Warp &warp, LaneMask lanes, Agent agent, LaneMask others,
               Time time);
  /// `lanes` of `warp` have waited for each other.
  void joinLanes(const Warp &warp, LaneMask lanes);
  /// All threads of the block have waited for each other; `more` is what they
  /// know besides.
  void joinBlock(const Knowledge &more);
  /// Makes what `lanes` of `warp` know visible to asynchronous copies.
  void fenceProxy(const Warp &warp, LaneMask lanes);
  /// @}

  /// \name Atomic accesses: edges through an address
  /// @{

  /// A fence: later strong writes of `lanes` release what they know now, and
  /// they acquire what earlier strong reads have found.
  void fence(const Warp &warp, LaneMask lanes);
  /// A strong write of `lanes` to `address` in `addresses`, which releases
  /// either all or what was known at the last fence.
  void writeStrong(const Warp &warp, LaneMask lanes, uint64_t address,
                   bool release, bool forBlocks,
                   std::unordered_map<uint64_t, Knowledge> &addresses);
  /// A strong read, which acquires at once or at the next fence.
  void readStrong(const Warp &warp, LaneMask lanes, uint64_t address,
                  bool acquire,
                  const std::unordered_map<uint64_t, Knowledge> &addresses);
  /// Whether a thread of the block has made a fence.
  bool hasFences() const { return anyFence; }
  /// What strong writes to shared memory have released, by offset.
  std::unordered_map<uint64_t, Knowledge> addresses;
  /// @}

  /// Returns the agent of the next mbarrier.
  Agent newBarrierAgent() { return nextAgent++; }

private:
  struct WarpState {
    /// What all lanes know, and what single lanes know beyond that.
    Knowledge all;
    std::array<std::unique_ptr<Knowledge>, kLanes> lanes;
    LaneMask hasLanes = 0;
    /// What was known at the last fence, and what strong reads have found that
    /// the next fence acquires.
    Knowledge atFence, found;
  };
  WarpState &state(const Warp &warp);
  /// Calls `test` with what each of `lanes` knows until it holds for one of the
  /// pieces of each lane.
  template <typename Test>
  bool allKnow(const Warp &warp, LaneMask lanes, Test test) const;
  /// Turns what is known of the own block into what others know of it.
  void shareWithBlocks(Knowledge &knowledge) const;

  Block &block;
  bool anyFence = false;
  /// What all threads know.
  Knowledge common;
  std::vector<WarpState> warps;
  Agent nextAgent = kBarrierAgents;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_CLOCKS_H
