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

/// For each agent the accesses that are known to be over: those of all lanes
/// before one time, and those of some lanes before a later one.
class Clocks {
public:
  /// Adds what `other` knows.
  void join(const Clocks &other);
  /// Adds the accesses of `lanes` of `agent` before `time`.
  void add(Agent agent, LaneMask lanes, Time time);
  /// Whether the access of `lane` of `agent` at `time` is known to be over.
  bool knows(Agent agent, unsigned lane, Time time) const {
    if (agent >= entries.size())
      return false;
    const Entry &entry = entries[agent];
    return time < entry.all || (entry.lanes >> lane & 1 && time < entry.some);
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

/// What one thread knows, or what a barrier or an address hands on.
struct Knowledge {
  /// Accesses of the own block that are over.
  Clocks over;
  /// Those of them that a proxy fence has made visible to asynchronous copies.
  Clocks fenced;
  /// Accesses of other blocks that are over.
  std::map<uint32_t, std::shared_ptr<const Clocks>> foreign;

  void join(const Knowledge &other);
  bool empty() const { return over.empty() && foreign.empty(); }
};

/// The happens-before relation of a block: what each thread knows.
class Ordering {
public:
  explicit Ordering(Block &block) : block(block) {}

  /// Accesses before this time are known to all threads of the block.
  Time floor = 1;
  /// The time of an access that is made now.
  Time now = 1;

  /// Whether `lane` of `warp` knows that an access of its block is over.
  bool knows(const Warp &warp, unsigned lane, Agent agent, unsigned otherLane,
             Time time) const;
  /// Whether it knows so of an access of `otherBlock`.
  bool knowsForeign(const Warp &warp, unsigned lane, uint32_t otherBlock,
                    Agent agent, unsigned otherLane, Time time) const;
  /// Whether an access of its block is visible to an asynchronous copy that
  /// `lane` of `warp` issues.
  bool isFenced(const Warp &warp, unsigned lane, Agent agent,
                unsigned otherLane, Time time) const;

  /// Adds what the `lanes` of `warp` know and did to `to`. Time advances.
  void release(const Warp &warp, LaneMask lanes, Knowledge &to);
  /// Adds `from` to what the `lanes` of `warp` know.
  void acquire(const Warp &warp, LaneMask lanes, const Knowledge &from);
  /// `lanes` of `warp` wait for each other.
  void joinLanes(const Warp &warp, LaneMask lanes);
  /// All threads of the block have waited for each other.
  void joinBlock();
  /// Makes what `lanes` of `warp` know visible to asynchronous copies.
  void fenceProxy(const Warp &warp, LaneMask lanes);

  /// Adds what the `lanes` of `warp` know to `to`, for other blocks.
  void releaseToBlocks(const Warp &warp, LaneMask lanes, Knowledge &to);
  void acquireFromBlocks(const Warp &warp, LaneMask lanes,
                         const Knowledge &from);

private:
  struct WarpState {
    /// What all lanes know, and what single lanes know beyond that.
    Knowledge all;
    std::array<std::unique_ptr<Knowledge>, kLanes> lanes;
    bool hasLanes = false;
  };
  WarpState &state(const Warp &warp);
  const WarpState *lookup(const Warp &warp) const;

  Block &block;
  std::vector<WarpState> warps;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_CLOCKS_H
