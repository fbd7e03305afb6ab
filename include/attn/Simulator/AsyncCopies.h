// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asynchronous copies between global and shared memory, and how threads wait
// for them.

#ifndef ATTN_SIMULATOR_ASYNCCOPIES_H
#define ATTN_SIMULATOR_ASYNCCOPIES_H

#include "attn/Simulator/Clocks.h"

#include <vector>

namespace attn::sim {

class AsyncCopies {
public:
  explicit AsyncCopies(Block &block) : block(block) {}

  /// Moves the data of all copies that are still in flight: the block has
  /// ended.
  void finish();

private:
  Block &block;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_ASYNCCOPIES_H
