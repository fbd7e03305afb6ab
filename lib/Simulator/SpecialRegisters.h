// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Special registers: `%tid.x`, `%laneid`, `%clock64` ... PTX ISA, chapter 10.

#ifndef ATTN_SIMULATOR_SPECIALREGISTERS_H
#define ATTN_SIMULATOR_SPECIALREGISTERS_H

#include "attn/Simulator/Launch.h"

namespace attn::sim {

class Warp;

struct SpecialRegister {
  std::string_view name;
  unsigned bits;
  /// The value in `lane`, when the warp starts; null for clocks, which only
  /// `mov` reads.
  uint64_t (*value)(const Warp &warp, uint32_t lane);
};

/// Returns the special register called `name`, with the percent sign, or null.
const SpecialRegister *lookupSpecialRegister(std::string_view name);

/// Which of the linearised threads of the block is `lane` of `warp`, as an
/// index in three dimensions.
Extent3 getThreadIndex(const Warp &warp, uint32_t lane);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_SPECIALREGISTERS_H
