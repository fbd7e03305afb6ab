// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The barriers of a block: the 16 that instructions name by number, the barrier
// of its cluster, and mbarriers, which are objects in shared memory.

#ifndef ATTN_SIMULATOR_BARRIERS_H
#define ATTN_SIMULATOR_BARRIERS_H

#include "attn/Simulator/Clocks.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace attn::sim {

/// A barrier that bar and barrier.cta name by number.
struct NamedBarrier {
  /// Threads that must arrive; 0: all of the block that have not exited.
  uint32_t expected = 0;
  uint32_t arrived = 0;
  /// How often it has been completed.
  uint32_t phase = 0;
  /// Those that wait in it, by warp.
  std::vector<LaneMask> waiting;
  /// What the threads know that have arrived without waiting, and what complete
  /// phases hand on.
  Knowledge arriving, completed;
  /// bar.red: how many predicates are true, and those of the last phase.
  bool isReduction = false;
  uint32_t trueCount = 0, lastTrueCount = 0, lastCount = 0;
  bool allDefined = true, lastDefined = true;
};

/// How threads arrive at a named barrier.
struct Arrival {
  uint32_t id = 0;
  /// Threads that the barrier is for; 0: all.
  uint32_t count = 0;
  /// All threads of the warp arrive, and count as 32.
  bool isAligned = true;
  /// bar.red: the predicates.
  bool isReduction = false;
  LaneMask predicate = 0, defined = kAllLanes;
};

/// An mbarrier object.
struct MemoryBarrier {
  /// Arrivals of each phase, and those that are missing in this one.
  uint32_t count = 0;
  int64_t pending = 0;
  /// Bytes that copies of this phase have yet to bring.
  int64_t bytes = 0;
  uint64_t phase = 0;
  /// What was known by those that arrived in this phase, and what complete ones
  /// hand on.
  Knowledge arriving, completed;
  /// What copies that complete on it are known as.
  Agent agent = 0;
  /// Who made it, and when: others must know that.
  Agent maker = 0;
  LaneMask makerLane = 0;
  Time made = 0;
};

class Barriers {
public:
  static constexpr unsigned kNamed = 16;

  explicit Barriers(Block &block) : block(block) {}

  /// \name Named barriers
  /// @{

  /// Whether all threads of `warp` are at an aligned operation: false if others
  /// may still come. Reports those that have run on and exited instead; threads
  /// that only return may be missing.
  bool isWhole(Warp &warp, const Operation &op);

  /// The active lanes of `warp` arrive, once, and wait. Wait until all others
  /// have arrived.
  Outcome sync(Warp &warp, const Operation &op, const Arrival &arrival);
  /// They arrive and do not wait.
  Outcome arrive(Warp &warp, const Operation &op, const Arrival &arrival);
  const NamedBarrier &get(uint32_t id) const { return named[id]; }
  /// @}

  /// \name The barrier of the cluster
  /// @{
  Outcome arriveInCluster(Warp &warp, const Operation &op);
  Outcome waitForCluster(Warp &warp, const Operation &op);
  /// @}

  /// \name mbarriers
  /// @{

  /// The object at `offset` that `lane` uses, or null after a report.
  MemoryBarrier *find(Warp &warp, const Operation &op, unsigned lane,
                      uint64_t offset);
  Outcome init(Warp &warp, const Operation &op, unsigned lane, uint64_t offset,
               uint32_t count);
  Outcome invalidate(Warp &warp, const Operation &op, unsigned lane,
                     uint64_t offset);
  /// `count` arrivals of each of `lanes`, which release what they know if
  /// `releases`.
  Outcome arrive(Warp &warp, const Operation &op, LaneMask lanes,
                 MemoryBarrier &barrier, uint32_t count, bool releases,
                 bool mayComplete);
  /// Adds to, with a negative number takes from, the bytes to be awaited.
  void expect(MemoryBarrier &barrier, int64_t bytes);
  /// Begins the next phase if all have arrived.
  void tryComplete(MemoryBarrier &barrier);
  /// @}

  /// Describes for a deadlock report what `lanes` of `warp`, which wait at
  /// `op`, wait for; empty if they do not wait for a barrier.
  std::string describeWait(const Warp &warp, const Operation &op,
                           LaneMask lanes) const;

private:
  /// What lanes of a warp wait for.
  struct Waits {
    LaneMask lanes = 0;
    /// Those that an aligned operation waits for.
    LaneMask missing = 0;
    Lanes<uint8_t> id = {};
    Lanes<uint32_t> phase = {};
  };

  Outcome check(Warp &warp, const Operation &op, const Arrival &arrival);
  void count(Warp &warp, LaneMask lanes, const Arrival &arrival);
  bool isFull(const NamedBarrier &barrier) const;
  void tryComplete(NamedBarrier &barrier);
  void complete(NamedBarrier &barrier);
  Waits &waitsOf(const Warp &warp);
  bool isClusterFull() const;

  Block &block;
  std::array<NamedBarrier, kNamed> named;
  std::vector<Waits> waits;
  /// By offset in shared memory.
  std::map<uint64_t, MemoryBarrier> objects;
  /// Lanes, by warp, that have arrived at the barrier of the cluster.
  std::vector<LaneMask> inCluster;
  uint32_t clusterPhase = 0;
  std::vector<Lanes<uint32_t>> clusterWaits;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_BARRIERS_H
