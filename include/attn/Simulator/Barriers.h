// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The barriers of a block: the 16 named ones, and mbarriers in shared memory.

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
  /// What the threads that arrived know.
  Knowledge knowledge;
};

/// An mbarrier object.
struct MemoryBarrier {
  uint32_t count = 0;
  uint32_t pending = 0;
  /// Bytes that copies of this phase still have to bring.
  int64_t bytes = 0;
  uint64_t phase = 0;
  /// What arrived in this phase and what the last complete one hands on.
  Knowledge arriving, completed;
  Agent agent = 0;
};

class Barriers {
public:
  static constexpr unsigned kNamed = 16;

  explicit Barriers(Block &block) : block(block) {}

  /// Describes for a deadlock report what `lanes` of `warp`, which wait at
  /// `op`, wait for; empty if they do not wait for a barrier.
  std::string describeWait(const Warp &warp, const Operation &op,
                           LaneMask lanes) const;

  std::array<NamedBarrier, kNamed> named;
  /// By offset in shared memory.
  std::map<uint64_t, MemoryBarrier> objects;

private:
  Block &block;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_BARRIERS_H
