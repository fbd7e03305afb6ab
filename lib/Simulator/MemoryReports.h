// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Accesses to memory, what is rare about them: reports, and counters of shapes
// not seen before.

#ifndef ATTN_SIMULATOR_MEMORYREPORTS_H
#define ATTN_SIMULATOR_MEMORYREPORTS_H

#include "attn/Simulator/Block.h"

namespace attn::sim {

/// Lanes of a warp that access memory in one space.
struct Access {
  Access(Warp &warp, const Operation &op) : warp(warp), op(op) {}

  Warp &warp;
  const Operation &op;
  /// Shared, Local, Param or Global; Generic before it is resolved.
  Space space = Space::Global;
  LaneMask lanes = 0;
  /// Bytes of each lane, a power of two.
  unsigned size = 4;
  bool isWrite = false;
  /// Atomic, volatile, relaxed: such accesses do not race with each other.
  bool isStrong = false;
  /// Global and generic addresses, or offsets in the window of the space. Lanes
  /// that take no part have the address of one that does.
  Lanes<uint64_t> address;
  /// Where the bytes of each lane are: `base + offset`.
  uint8_t *base = nullptr;
  Lanes<uint64_t> offset;
  /// Memory that nothing writes: it needs no shadow.
  bool isReadOnly = false;

  uint8_t *pointer(unsigned lane) const { return base + offset[lane]; }
};

/// Reports lanes whose address is misaligned, or whose bytes do not lie in
/// memory. Returns Stop; Next if there are none after all.
Outcome reportPlace(const Access &access);
/// Reports addresses that depend on data nobody wrote.
Outcome reportAddress(const Access &access, LaneMask lanes);
/// Reports a read of bytes of shared memory that nobody wrote.
Outcome reportUnwritten(const Access &access, LaneMask lanes);
/// Reports that undefined data of `lanes` is stored in global memory.
Outcome reportStored(const Access &access, LaneMask lanes);
Outcome reportReadOnly(const Access &access);

/// Finds the allocations of lanes that are not all in the same one. False if
/// one is in none.
bool locateApart(Access &access);

/// Fills in the cost of `pattern`, which describes `access`.
void countCost(const Access &access, AccessPattern &pattern);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_MEMORYREPORTS_H
