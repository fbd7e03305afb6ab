// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A block of threads: its warps, its shared memory, its barriers. A set of
// blocks that one host thread runs in turn is a gang: one block, a cluster, or
// the whole grid if blocks may wait for each other.

#ifndef ATTN_SIMULATOR_BLOCK_H
#define ATTN_SIMULATOR_BLOCK_H

#include "attn/Simulator/AsyncCopies.h"
#include "attn/Simulator/Barriers.h"
#include "attn/Simulator/Clocks.h"
#include "attn/Simulator/Races.h"
#include "attn/Simulator/Warp.h"

#include <memory>

namespace attn::sim {

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
  uint64_t clock = 0;
  LaunchResult result;
  bool stopped = false;
};

class Block {
public:
  Block(LaunchState &launch, Extent3 index, uint32_t number);

  /// Shared memory, static then dynamic, and one bit a byte for what has been
  /// written.
  std::vector<uint8_t> shared;
  std::vector<uint8_t> definedShared;

  LaunchState &launch;
  /// `%ctaid`, and the number of the block in the grid.
  const Extent3 index;
  const uint32_t number;
  std::vector<std::unique_ptr<Warp>> warps;

  Ordering ordering;
  Barriers barriers;
  SharedRaces races;
  AsyncCopies copies;

  /// Runs every warp that can move for a while; false if none could.
  bool run();
  bool isDone() const;
  /// One line for each fragment that waits: where, and for what.
  std::string describeWaits() const;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_BLOCK_H
