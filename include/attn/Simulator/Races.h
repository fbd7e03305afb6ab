// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Races: a shadow of shared memory for each block and one of global memory for
// the launch. A cell stands for as many bytes as the narrowest access of the
// program has, and holds the last write and the reads since.

#ifndef ATTN_SIMULATOR_RACES_H
#define ATTN_SIMULATOR_RACES_H

#include "attn/Simulator/Clocks.h"

#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>

namespace attn::sim {

struct LaunchState;

/// Who made an access, in 64 bits.
struct Accessor {
  uint32_t site = 0;
  Agent agent = 0;
  uint8_t lane = 0;
  /// Atomic, volatile, relaxed: two such accesses are no race.
  bool strong = false;
};

/// The lanes of one access, as races see it.
struct AccessKind {
  bool write = false;
  bool strong = false;
  /// Bytes of a lane.
  unsigned size = 4;
};

/// A read, beyond the one that a cell has room for.
struct ReadRecord {
  Accessor who;
  Time time = 0;
};

/// The shadow of the shared memory of a block.
class SharedRaces {
public:
  explicit SharedRaces(Block &block) : block(block) {}

  /// Prepares a shadow of `size` bytes with cells of 2^`cellBits` bytes.
  void reset(uint64_t size, unsigned cellBits);

private:
  Block &block;
};

/// The shadow of global memory. Blocks on several host threads share it.
class GlobalRaces {
public:
  explicit GlobalRaces(LaunchState &launch) : launch(launch) {}

private:
  LaunchState &launch;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_RACES_H
