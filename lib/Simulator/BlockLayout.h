// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order in which basic blocks are laid out.

#ifndef ATTN_SIMULATOR_BLOCKLAYOUT_H
#define ATTN_SIMULATOR_BLOCKLAYOUT_H

#include "attn/Simulator/Program.h"

namespace attn::sim {

/// An operation before blocks are laid out; targets are indices of such
/// operations.
struct FlowOperation {
  Operation op;
  std::vector<uint32_t> targets;
  /// The next operation may follow.
  bool fallsThrough = true;
};

/// Lays the operations that can be reached from the first one out as
/// `program.code`: in topological order, the blocks of a loop together, before
/// what follows the loop. So of two groups of lanes the one that is behind has
/// the smaller index. `jump` is the handler of `bra`, for blocks whose
/// successor lies elsewhere.
void layOutBlocks(std::vector<FlowOperation> flow, Handler jump,
                  Program &program);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_BLOCKLAYOUT_H
