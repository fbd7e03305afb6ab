// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A block of threads: its warps, its shared memory, its barriers. A set of
// blocks that one host thread runs in turn is a gang: one block, a cluster, or
// the whole grid if blocks may wait for each other.

#ifndef ATTN_SIMULATOR_BLOCK_H
#define ATTN_SIMULATOR_BLOCK_H

#include "attn/Simulator/AccessPattern.h"
#include "attn/Simulator/AsyncCopies.h"
#include "attn/Simulator/Barriers.h"
#include "attn/Simulator/Clocks.h"
#include "attn/Simulator/Races.h"
#include "attn/Simulator/Warp.h"

#include <atomic>
#include <memory>
#include <mutex>

namespace attn::sim {

class Block;

/// What all blocks of a launch share.
struct LaunchState {
  LaunchState(const Program &program, GlobalMemory &memory,
              const LaunchOptions &options,
              const std::vector<uint8_t> &parameters)
      : program(program), memory(memory), options(options),
        parameters(parameters), globalRaces(*this) {}

  const Program &program;
  GlobalMemory &memory;
  const LaunchOptions &options;
  /// The parameter window: the parameters of the entry.
  const std::vector<uint8_t> &parameters;
  /// Races on global memory between blocks.
  GlobalRaces globalRaces;
  /// `%globaltimer` and `%clock64`: advance with instructions and yields.
  std::atomic<uint64_t> clock = 0;
  /// Warp instructions that have been executed.
  std::atomic<uint64_t> instructions = 0;
  /// A check has ended the launch.
  std::atomic<bool> stopped = false;

  /// Adds a report or, where the same check has fired at the same place, counts
  /// it. True if the launch must not go on.
  bool report(Check check, Location where, const std::string &message);

  LaunchResult result;
  std::mutex reportMutex;
};

/// Blocks that reach each other's shared memory; those of a cluster, by rank.
struct Cluster {
  std::vector<std::unique_ptr<Block>> blocks;

  bool isDone() const;
};

class Block {
public:
  /// `counters` are those of the host thread that runs the block.
  Block(LaunchState &launch, Cluster &cluster, Extent3 index, uint32_t number,
        std::vector<SiteCounters> &counters);

  /// Shared memory, static then dynamic, and one bit a byte for what has been
  /// written.
  std::vector<uint8_t> shared;
  std::vector<uint8_t> definedShared;

  LaunchState &launch;
  /// `%ctaid`, and the number of the block in the grid.
  const Extent3 index;
  const uint32_t number;
  Cluster &cluster;
  /// The number of the block in its cluster.
  const uint32_t rank;
  std::vector<SiteCounters> &counters;
  std::vector<std::unique_ptr<Warp>> warps;

  Ordering ordering;
  Barriers barriers;
  SharedRaces races;
  AsyncCopies copies;
  /// By number of the site, modulo their count.
  std::array<AccessPattern, 256> patterns;

  /// Runs every warp that can move for a while.
  Progress run();
  bool isDone() const;
  /// One line for each fragment that waits: where, and for what.
  std::string describeWaits() const;

private:
  /// The order in which warps have their turns.
  std::vector<uint32_t> order;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_BLOCK_H
