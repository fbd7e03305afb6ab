// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How instructions reach memory: addresses, bounds, definedness, races,
// counters. Handlers go through these steps:
//
//   Access access = startAccess(warp, op, space, size, ...);
//   readAddress(access, slot, is64Bit, offset);
//   forEachSpace(access, [](Access &part) { locate(part), checkRead(part), ...
//   })

#ifndef ATTN_SIMULATOR_INSTRUCTIONS_MEMORYACCESS_H
#define ATTN_SIMULATOR_INSTRUCTIONS_MEMORYACCESS_H

#include "../MemoryReports.h"

#include "attn/Simulator/InstructionTable.h"

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

ATTN_SIM_INLINE inline unsigned firstOf(LaneMask lanes) {
  return __builtin_ctz(lanes);
}

/// Reads addresses, base plus offset, for all lanes; those that take no part
/// get the address of one that does.
ATTN_SIM_INLINE inline void readAddress(Access &access, Slot base, bool is64Bit,
                                        int64_t offset) {
  Warp &warp = access.warp;
  const Row &low = warp.row(base);
  if (is64Bit) {
    const Row &high = warp.row(base + 1);
    for (unsigned i = 0; i < kLanes; ++i)
      access.address[i] =
          (uint64_t(high.lane[i]) << 32 | low.lane[i]) + uint64_t(offset);
  } else {
    for (unsigned i = 0; i < kLanes; ++i)
      access.address[i] = uint32_t(low.lane[i] + uint32_t(offset));
  }
  if (access.lanes == kAllLanes)
    return;
  uint64_t first = access.address[firstOf(access.lanes)];
  for (unsigned i = 0; i < kLanes; ++i) {
    uint64_t taken = 0 - uint64_t(access.lanes >> i & 1);
    access.address[i] = (access.address[i] & taken) | (first & ~taken);
  }
}

/// Reports an address that is undefined.
ATTN_SIM_INLINE inline Outcome checkAddress(const Access &access, Slot base,
                                            bool is64Bit) {
  LaneMask bad = access.lanes & ~access.warp.isDefined(base, is64Bit ? 8 : 4);
  return bad && access.warp.block.launch.options.checks
             ? reportAddress(access, bad)
             : Outcome::Next;
}

/// Whether the bytes of all lanes lie before `limit` and are aligned.
ATTN_SIM_INLINE inline bool areInside(const Access &access, uint64_t begin,
                                      uint64_t limit) {
  if (limit < access.size)
    return false;
  uint64_t last = limit - access.size, all = 0, outside = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    uint64_t offset = access.address[i] - begin;
    all |= access.address[i];
    outside |= (last - offset) | offset;
  }
  return !(all & (access.size - 1)) && !(outside >> 63);
}

/// Finds the bytes of global memory.
ATTN_SIM_INLINE inline Outcome locateGlobal(Access &access) {
  unsigned lane = firstOf(access.lanes);
  Allocation *allocation =
      access.warp.block.launch.memory.find(access.address[lane], access.size);
  if (!allocation)
    return reportPlace(access);
  if (areInside(access, allocation->address, allocation->size)) {
    access.base = allocation->bytes.get();
    for (unsigned i = 0; i < kLanes; ++i)
      access.offset[i] = access.address[i] - allocation->address;
    access.isReadOnly = allocation->readOnly;
  } else {
    Outcome outcome = reportPlace(access);
    if (outcome != Outcome::Next)
      return outcome;
    if (!locateApart(access))
      return reportReadOnly(access);
  }
  return access.isReadOnly && access.isWrite ? reportReadOnly(access)
                                             : Outcome::Next;
}

/// Finds the bytes of an access whose space is known. Stop if an address is
/// bad.
ATTN_SIM_INLINE inline Outcome locate(Access &access) {
  Warp &warp = access.warp;
  Block &block = warp.block;
  uint64_t limit = 0;
  switch (access.space) {
  case Space::Shared:
    access.base = block.shared.data();
    limit = block.shared.size();
    break;
  case Space::Local:
    access.base = warp.local.data();
    limit = warp.program.local;
    break;
  case Space::Param:
    access.base = const_cast<uint8_t *>(block.launch.parameters.data());
    access.isReadOnly = true;
    limit = block.launch.parameters.size();
    if (access.isWrite)
      return reportReadOnly(access);
    break;
  default:
    return locateGlobal(access);
  }
  if (!areInside(access, 0, limit))
    return reportPlace(access);
  access.offset = access.address;
  if (access.space == Space::Local)
    for (unsigned i = 0; i < kLanes; ++i)
      access.offset[i] += i * limit;
  return Outcome::Next;
}

/// Counts bytes, bank conflicts and sectors.
ATTN_SIM_INLINE inline void countAccess(const Access &access) {
  SiteCounters &counters = access.warp.counters(access.op);
  counters.bytes += uint64_t(__builtin_popcount(access.lanes)) * access.size;
  bool isShared = access.space == Space::Shared;
  if (!isShared && access.space != Space::Global)
    return;
  AccessPattern &pattern =
      access.warp.block
          .patterns[access.op.site % access.warp.block.patterns.size()];
  uint64_t first = access.address[0];
  uint64_t phase = first & (isShared ? 3 : 31);
  uint32_t different = 0;
  for (unsigned i = 0; i < kLanes; ++i)
    different |= uint32_t(access.address[i] - first) ^ pattern.differences[i];
  if (different || pattern.site != access.op.site || pattern.phase != phase ||
      pattern.lanes != access.lanes) {
    pattern.site = access.op.site;
    pattern.phase = phase;
    pattern.lanes = access.lanes;
    for (unsigned i = 0; i < kLanes; ++i)
      pattern.differences[i] = uint32_t(access.address[i] - first);
    countCost(access, pattern);
  }
  (isShared ? counters.bankConflicts : counters.sectors) += pattern.cost;
}

/// One bit for each lane of which all bytes are marked in `bits`.
ATTN_SIM_INLINE inline LaneMask areMarked(const std::vector<uint8_t> &bits,
                                          const Access &access, unsigned skip,
                                          unsigned size) {
  // Up to 8 bytes are in one byte of `bits`, since accesses are aligned.
  unsigned step = size < 8 ? size : 8;
  uint8_t all = uint8_t((1u << step) - 1);
  Lanes<uint8_t> marked;
  marked.fill(all);
  for (unsigned done = 0; done < size; done += step)
    for (unsigned i = 0; i < kLanes; ++i) {
      uint64_t at = access.offset[i] + skip + done;
      marked[i] &= bits[at >> 3] >> (at & 7);
    }
  LaneMask result = 0;
  for (unsigned i = 0; i < kLanes; ++i)
    result |= LaneMask(marked[i] == all) << i;
  return result;
}

/// Marks the bytes of the lanes of `set` in `bits`, and takes the marks from
/// those of `clear`.
ATTN_SIM_INLINE inline void mark(std::vector<uint8_t> &bits,
                                 const Access &access, unsigned skip,
                                 unsigned size, LaneMask set, LaneMask clear) {
  unsigned step = size < 8 ? size : 8;
  uint8_t all = uint8_t((1u << step) - 1);
  for (unsigned done = 0; done < size; done += step)
    for (LaneMask rest = set | clear; rest; rest &= rest - 1) {
      unsigned i = firstOf(rest);
      uint64_t at = access.offset[i] + skip + done;
      uint8_t these = uint8_t(all << (at & 7));
      if (set >> i & 1)
        bits[at >> 3] |= these;
      else
        bits[at >> 3] &= uint8_t(~these);
    }
}

/// Checks a located read: definedness of shared memory, and races.
ATTN_SIM_INLINE inline Outcome checkRead(const Access &access) {
  Warp &warp = access.warp;
  Block &block = warp.block;
  if (!block.launch.options.checks || access.isReadOnly)
    return Outcome::Next;
  ShadowAccess shadow = {warp, access.op, Agent(kWarpAgents + warp.index),
                         access.isStrong};
  if (access.space == Space::Global)
    return block.launch.globalRaces.read(shadow, access.lanes, access.address,
                                         access.size);
  if (access.space != Space::Shared)
    return Outcome::Next;
  LaneMask unwritten =
      access.lanes & ~areMarked(block.definedShared, access, 0, access.size);
  if (unwritten && reportUnwritten(access, unwritten) == Outcome::Stop)
    return Outcome::Stop;
  return block.races.read(shadow, access.lanes, access.address, access.size);
}

/// Carries out a located write of `data`, `stride` bytes from lane to lane, and
/// checks races. What is undefined in shared and local memory is up to the
/// caller.
ATTN_SIM_INLINE inline Outcome write(const Access &access, const uint8_t *data,
                                     unsigned stride) {
  Warp &warp = access.warp;
  Block &block = warp.block;
  if (block.launch.options.checks && access.space != Space::Local) {
    ShadowAccess shadow = {warp, access.op, Agent(kWarpAgents + warp.index),
                           access.isStrong};
    if (access.space == Space::Shared)
      return block.races.write(shadow, access.lanes, access.address,
                               access.size, data, stride);
    Lanes<uint64_t> pointers;
    for (unsigned i = 0; i < kLanes; ++i)
      pointers[i] = uint64_t(reinterpret_cast<uintptr_t>(access.pointer(i)));
    return block.launch.globalRaces.write(shadow, access.lanes, access.address,
                                          access.size, data, stride, pointers);
  }
  for (LaneMask rest = access.lanes; rest; rest &= rest - 1) {
    unsigned lane = firstOf(rest);
    std::memcpy(access.pointer(lane), data + lane * stride, access.size);
  }
  return Outcome::Next;
}

/// The space of a generic address, which becomes an offset in its window.
ATTN_SIM_INLINE inline Space resolveAddress(uint64_t &address) {
  struct {
    Space space;
    uint64_t begin;
  } const windows[] = {{Space::Shared, kSharedWindow},
                       {Space::Local, kLocalWindow},
                       {Space::Param, kParamWindow}};
  for (const auto &window : windows)
    if (address - window.begin < kWindowSize) {
      address -= window.begin;
      return window.space;
    }
  return Space::Global;
}

/// Calls `function` with `access`, once for each space that its generic
/// addresses lie in, until it returns something else than Next.
template <typename Function>
ATTN_SIM_INLINE inline Outcome forEachSpace(Access &access, Function function) {
  if (access.space == Space::Const)
    access.space = Space::Global;
  if (access.space != Space::Generic)
    return function(access);
  Warp &warp = access.warp;
  const LaneMask active = warp.active;
  const Lanes<uint64_t> addresses = access.address;
  Outcome outcome = Outcome::Next;
  for (LaneMask rest = access.lanes; rest && outcome == Outcome::Next;) {
    access.address = addresses;
    uint64_t first = addresses[firstOf(rest)];
    access.space = resolveAddress(first);
    access.lanes = 0;
    for (unsigned i = 0; i < kLanes; ++i)
      if (rest >> i & 1 && resolveAddress(access.address[i]) == access.space)
        access.lanes |= LaneMask(1) << i;
      else
        access.address[i] = first;
    rest &= ~access.lanes;
    warp.active = access.lanes;
    outcome = function(access);
  }
  warp.active = active;
  return outcome;
}

/// Makes races as precise as accesses of `bytes` bytes to `space` need.
ATTN_SIM_INLINE inline void noteWidth(Binding &binding, Space space,
                                      unsigned bytes) {
  uint8_t bits = bytes == 1 ? 0 : bytes == 2 ? 1 : 2;
  Program &program = binding.program;
  if ((space == Space::Shared || space == Space::Generic) &&
      bits < program.sharedCellBits)
    program.sharedCellBits = bits;
  if ((space == Space::Global || space == Space::Generic) &&
      bits < program.globalCellBits)
    program.globalCellBits = bits;
}

} // namespace
} // namespace attn::sim::ATTN_SIM_VARIANT

#endif // ATTN_SIMULATOR_INSTRUCTIONS_MEMORYACCESS_H
