// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the addresses of memory instructions cost: bank conflicts and sectors.

#ifndef ATTN_SIMULATOR_ACCESSPATTERN_H
#define ATTN_SIMULATOR_ACCESSPATTERN_H

#include "attn/Simulator/Program.h"

namespace attn::sim {

/// What the addresses of an instruction have cost. Addresses that are shifted
/// by whole words of shared or sectors of global memory cost the same, and the
/// next ones mostly are.
struct AccessPattern {
  uint32_t site = ~uint32_t(0);
  LaneMask lanes = 0;
  /// The first address, modulo a word or a sector.
  uint64_t phase = 0;
  /// Bank conflicts of shared, sectors of global memory.
  uint32_t cost = 0;
  /// What the addresses of lanes exceed that of the first by, modulo 2^32.
  Lanes<uint32_t> differences = {};
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_ACCESSPATTERN_H
