// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How one cell of the shadow is packed and checked, for shared and for global
// memory.

#ifndef ATTN_LIB_SIMULATOR_SHADOWCELLS_H
#define ATTN_LIB_SIMULATOR_SHADOWCELLS_H

#include "attn/Simulator/Block.h"
#include "attn/Simulator/Races.h"

#include <cstring>

namespace attn::sim {

/// In `writeTime`: the writer is a copy. Such a write is not over with the next
/// barrier but with a wait for the copy, so that no time is past it.
constexpr Time kAsyncTime = Time(1) << 31;

inline LaneMask bit(unsigned lane) { return LaneMask(1) << lane; }
inline unsigned firstLane(LaneMask lanes) { return __builtin_ctz(lanes); }

/// Whether `agent` is what the cp.async copies of a warp are known as.
inline bool isLaneCopy(Agent agent) {
  return agent >= kCopyAgents && agent < kGroupAgents;
}

/// The last write of a cell.
struct Writer {
  uint32_t site = 0;
  Agent agent = 0;
  uint8_t lane = 0;
  bool strong = false;

  static constexpr uint64_t kWho = 0xffffff;
  static uint64_t atLane(unsigned lane) { return uint64_t(lane) << 16; }
  uint64_t pack() const {
    return uint64_t(site) << 32 | uint64_t(strong) << 24 | atLane(lane) | agent;
  }
  static Writer unpack(uint64_t bits) {
    return {uint32_t(bits >> 32), Agent(bits), uint8_t(bits >> 16),
            bool(bits >> 24 & 1)};
  }
};

/// The reads of a cell since: those of some warps at the same time by the same
/// lane or by many, those of the cp.async copies of a warp, or a set with all
/// of them.
struct Reader {
  /// The warps, or the index of the set.
  uint32_t warps = 0;
  uint32_t site = 0;
  uint8_t lane = 0;
  bool many = false;
  bool strong = false;
  bool isSet = false;
  bool isCopy = false;

  static constexpr uint64_t kLane = uint64_t(31) << 32;
  static constexpr uint64_t kMany = uint64_t(1) << 37;
  static constexpr uint64_t kStrong = uint64_t(1) << 38;
  static constexpr uint64_t kSet = uint64_t(1) << 39;
  static constexpr uint64_t kCopy = uint64_t(1) << 40;
  /// Reads that differ here are not counted together.
  static constexpr uint64_t kKind = kStrong | kSet | kCopy;
  static uint64_t atLane(unsigned lane) { return uint64_t(lane) << 32; }
  uint64_t pack() const {
    return uint64_t(site) << 41 | (isCopy ? kCopy : 0) | (isSet ? kSet : 0) |
           (strong ? kStrong : 0) | (many ? kMany : 0) | atLane(lane) | warps;
  }
  static Reader unpack(uint64_t bits) {
    return {uint32_t(bits),     uint32_t(bits >> 41), uint8_t(bits >> 32 & 31),
            bool(bits & kMany), bool(bits & kStrong), bool(bits & kSet),
            bool(bits & kCopy)};
  }
  static Reader of(const ShadowAccess &access, unsigned lane) {
    return {
        bit(access.warp.index), access.op.site, uint8_t(lane),           false,
        access.strong,          false,          isLaneCopy(access.agent)};
  }
  /// Who has read, of the warp `warp`.
  Agent agent(unsigned warp) const {
    return Agent(warp + (isCopy ? kCopyAgents : kWarpAgents));
  }
};

/// Checks the access of one lane to one cell.
struct CellCheck {
  CellCheck(const ShadowAccess &access, ReadSets &sets, unsigned lane = 0)
      : access(access), ordering(access.warp.block.ordering), sets(sets),
        lane(lane), block(access.warp.block.number + 1),
        time(isAsync(access.agent) ? access.copyTime : ordering.now),
        writeTime(time | (isAsync(access.agent) ? kAsyncTime : 0)),
        firstReader(Reader::of(access, 0).pack()),
        firstWriter(
            Writer{access.op.site, access.agent, 0, access.strong}.pack()) {}

  const ShadowAccess &access;
  Ordering &ordering;
  ReadSets &sets;
  unsigned lane;
  /// The block as cells of global memory name it: its number, plus one.
  const uint32_t block;
  /// The time of the access, and how a write of it is recorded.
  const Time time, writeTime;
  /// The packed accessors of lane 0.
  const uint64_t firstReader, firstWriter;

  /// Whether the last write is older than a barrier of the block, or made by
  /// the lane itself: the common cases.
  bool isOldWrite(const ShadowCell &cell) const {
    uint64_t mine = firstWriter | Writer::atLane(lane);
    if (access.asyncProxy)
      return !cell.writeTime;
    return cell.writeTime < ordering.floor ||
           (!isAsync(access.agent) && !((cell.writer ^ mine) & Writer::kWho));
  }
  /// Whether all reads are older than a barrier of the block.
  bool areOldReads(const ShadowCell &cell) const {
    return cell.readTime < ordering.floor &&
           !(cell.reader & (Reader::kSet | Reader::kCopy));
  }
  /// Records a read of a warp, or of its cp.async copies, in the common cases;
  /// false if it is none of them.
  bool recordReadFast(ShadowCell &cell) const {
    uint64_t mine = firstReader | Reader::atLane(lane);
    if (areOldReads(cell)) {
      cell.readTime = time;
      cell.reader = mine;
      return true;
    }
    uint64_t difference = cell.reader ^ mine;
    if (cell.readTime != time || (difference & Reader::kKind) ||
        (mine & Reader::kCopy))
      return false;
    cell.reader |= uint32_t(mine);
    if (difference & Reader::kLane)
      cell.reader |= Reader::kMany;
    return true;
  }

  /// Whether the last write comes before the access. Otherwise `other` is that
  /// write.
  bool isAfterWrite(ShadowCell &cell, uint32_t writeBlock,
                    Accessor &other) const;
  /// Whether a read need not come after the atomic `other`.
  bool mayReadAtomic(const Accessor &other) const {
    return other.strong && access.warp.program.hasCompareAndSwap;
  }
  /// Whether all reads come before it.
  bool isAfterReads(const ShadowCell &cell, uint32_t readBlock,
                    Accessor &other) const;
  void recordRead(ShadowCell &cell, uint32_t readBlock) const;
  void recordWrite(ShadowCell &cell) const;
  void forgetReads(ShadowCell &cell) const;

private:
  bool orderedAfter(uint32_t block, Agent agent, LaneMask lanes,
                    Time time) const;
  bool isVisible(uint32_t block, Agent agent, LaneMask lanes, Time time) const;
  void addToSet(ShadowCell &cell, uint32_t readBlock) const;
};

/// Copies what one lane stores, mostly a power of two.
inline void copyElement(uint8_t *to, const uint8_t *from, unsigned size) {
  switch (size) {
  case 4:
    std::memcpy(to, from, 4);
    break;
  case 8:
    std::memcpy(to, from, 8);
    break;
  case 16:
    std::memcpy(to, from, 16);
    break;
  default:
    std::memcpy(to, from, size);
  }
}

/// Reports that the access of `lane` to `size` bytes at `place` races with
/// `other`.
Outcome reportRace(const ShadowAccess &access, unsigned lane, bool write,
                   uint64_t size, const std::string &place,
                   const Accessor &other);

/// `shared memory at 36 ('tile' + 4)`.
std::string describeShared(const Program &program, uint64_t offset);

} // namespace attn::sim

#endif // ATTN_LIB_SIMULATOR_SHADOWCELLS_H
