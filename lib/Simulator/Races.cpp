// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks accesses against the shadow: how one cell is checked, and the shadow
// of shared memory.

#include "attn/Simulator/Races.h"

#include "ShadowCells.h"
#include "attn/Simulator/Block.h"

#include <algorithm>
#include <cstring>

namespace attn::sim {

//===----------------------------------------------------------------------===//
// Sets of reads
//===----------------------------------------------------------------------===//

uint32_t ReadSets::allocate() {
  if (unused.empty()) {
    sets.emplace_back();
    return sets.size() - 1;
  }
  uint32_t set = unused.back();
  unused.pop_back();
  return set;
}

void ReadSets::release(uint32_t set) {
  sets[set].clear();
  unused.push_back(set);
}

//===----------------------------------------------------------------------===//
// One cell
//===----------------------------------------------------------------------===//

bool CellCheck::orderedAfter(uint32_t block, Agent agent, LaneMask lanes,
                             Time time) const {
  if (block != access.warp.block.number)
    return ordering.knowsForeign(access.warp, bit(lane), block, agent, lanes,
                                 time);
  if (agent == access.warp.index && lanes == bit(lane))
    return true;
  if (!isAsync(agent) && time < ordering.floor)
    return true;
  return ordering.knows(access.warp, bit(lane), agent, lanes, time);
}

bool CellCheck::isVisible(uint32_t block, Agent agent, LaneMask lanes,
                          Time time) const {
  return !access.asyncProxy || isAsync(agent) ||
         block != access.warp.block.number ||
         ordering.isFenced(access.warp, bit(lane), agent, lanes, time);
}

bool CellCheck::isAfterWrite(ShadowCell &cell, uint32_t writeBlock,
                             Accessor &other) const {
  if (!cell.writeTime)
    return true;
  Writer writer = Writer::unpack(cell.writer);
  Time time = cell.writeTime & ~kAsyncTime;
  bool over = orderedAfter(writeBlock, writer.agent, bit(writer.lane), time);
  if (over && isVisible(writeBlock, writer.agent, bit(writer.lane), time)) {
    // What every thread knows need not be looked up again.
    if (isAsync(writer.agent) && writeBlock == access.warp.block.number &&
        ordering.isCommon(writer.agent, bit(writer.lane), time))
      cell.writeTime = 0;
    return true;
  }
  if (!over && writer.strong && access.strong)
    return true;
  other = {writer.site,    writer.agent, writer.lane, false, writer.strong,
           /*write=*/true, writeBlock,   time,        over};
  return false;
}

bool CellCheck::isAfterReads(const ShadowCell &cell, uint32_t readBlock,
                             Accessor &other) const {
  if (!cell.readTime)
    return true;
  if (access.strong && access.warp.program.hasCompareAndSwap)
    return true;
  Reader reader = Reader::unpack(cell.reader);
  auto conflicts = [&](uint32_t block, Agent agent, LaneMask lanes,
                       bool strong) {
    return !(strong && access.strong) &&
           !orderedAfter(block, agent, lanes, cell.readTime);
  };
  if (reader.isSet) {
    for (const ReadSets::Read &read : sets[reader.warps])
      if (!(read.strong && access.strong) &&
          !orderedAfter(read.block, read.agent, read.lanes, read.time)) {
        other = {read.site,  read.agent,  firstLane(read.lanes),
                 false,      read.strong, /*write=*/false,
                 read.block, read.time};
        return false;
      }
    return true;
  }
  LaneMask lanes = reader.many ? kAllLanes : bit(reader.lane);
  for (Agent warp = 0; warp < kLanes; ++warp)
    if (reader.warps >> warp & 1 &&
        conflicts(readBlock, reader.agent(warp), lanes, reader.strong)) {
      other = {reader.site, reader.agent(warp), reader.lane,
               reader.many, reader.strong,      false,
               readBlock,   cell.readTime};
      return false;
    }
  return true;
}

void CellCheck::forgetReads(ShadowCell &cell) const {
  Reader reader = Reader::unpack(cell.reader);
  if (cell.readTime && reader.isSet)
    sets.release(reader.warps);
  cell.readTime = 0;
  cell.reader = 0;
}

void CellCheck::recordRead(ShadowCell &cell, uint32_t readBlock) const {
  uint32_t block = access.warp.block.number;
  Reader reader = Reader::unpack(cell.reader);
  const bool isOne = !isAsync(access.agent) || isLaneCopy(access.agent);
  if (cell.readTime && !reader.isSet && isOne) {
    LaneMask lanes = reader.many ? kAllLanes : bit(reader.lane);
    bool own = readBlock == block && reader.strong == access.strong &&
               reader.isCopy == isLaneCopy(access.agent) &&
               reader.warps == bit(access.warp.index);
    // What copies of other lanes wait for is not known to this one.
    if (reader.isCopy && reader.lane != lane)
      own &= cell.readTime == time;
    // Reads that come before this one, and so before what comes after it.
    bool older = true;
    for (unsigned warp = 0; warp < kLanes && older; ++warp)
      if (reader.warps >> warp & 1)
        older =
            orderedAfter(readBlock, reader.agent(warp), lanes, cell.readTime);
    if (older) {
      cell.readTime = 0;
    } else if (own && !(reader.isCopy && reader.many)) {
      reader.many |= reader.lane != lane;
      cell.readTime = time;
      cell.reader = reader.pack();
      return;
    }
  }
  if (!cell.readTime && isOne) {
    cell.readTime = time;
    cell.reader = Reader::of(access, lane).pack();
    return;
  }
  addToSet(cell, readBlock);
}

void CellCheck::addToSet(ShadowCell &cell, uint32_t readBlock) const {
  // Beyond this many reads a later write is checked only against the first.
  constexpr size_t kMaxReads = 64;
  Reader reader = Reader::unpack(cell.reader);
  if (!cell.readTime || !reader.isSet) {
    uint32_t set = sets.allocate();
    for (Agent warp = 0; cell.readTime && warp < kLanes; ++warp)
      if (reader.warps >> warp & 1)
        sets[set].push_back({readBlock, reader.agent(warp), reader.strong,
                             reader.many ? kAllLanes : bit(reader.lane),
                             cell.readTime, reader.site});
    reader = Reader();
    reader.isSet = true;
    reader.warps = set;
    cell.reader = reader.pack();
  }
  std::vector<ReadSets::Read> &reads = sets[reader.warps];
  uint32_t block = access.warp.block.number;
  for (ReadSets::Read &read : reads)
    if (read.block == block && read.agent == access.agent &&
        read.strong == access.strong) {
      read.lanes |= bit(lane);
      read.time = time;
      cell.readTime = ordering.now;
      return;
    }
  if (reads.size() < kMaxReads)
    reads.push_back(
        {block, access.agent, access.strong, bit(lane), time, access.op.site});
  cell.readTime = ordering.now;
}

void CellCheck::recordWrite(ShadowCell &cell) const {
  forgetReads(cell);
  cell.writeTime = writeTime;
  cell.writer =
      Writer{access.op.site, access.agent, uint8_t(lane), access.strong}.pack();
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

void SharedRaces::prepare() {
  cellBits = block.launch.program.sharedCellBits;
  cells.resize((block.shared.size() >> cellBits) + 1);
}

/// Checks and records the read of `cell`.
static inline bool readCell(const CellCheck &check, ShadowCell &cell,
                            Accessor &other) {
  uint32_t block = check.access.warp.block.number;
  bool fine = check.isOldWrite(cell) ||
              check.isAfterWrite(cell, block, other) ||
              check.mayReadAtomic(other);
  if (!check.recordReadFast(cell))
    check.recordRead(cell, block);
  return fine;
}

Outcome SharedRaces::read(const ShadowAccess &access, LaneMask lanes,
                          const Lanes<uint64_t> &offsets, unsigned size) {
  if (cells.empty())
    prepare();
  CellCheck check(access, sets);
  unsigned count = std::max(size >> cellBits, 1u);
  Accessor other, found;
  unsigned racing = kLanes;
  for (LaneMask rest = lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    check.lane = lane;
    ShadowCell *cell = &cells[offsets[lane] >> cellBits];
    for (unsigned i = 0; i < count; ++i) {
      if (!readCell(check, cell[i], found) && racing == kLanes) {
        racing = lane;
        other = found;
      }
    }
  }
  if (racing == kLanes)
    return Outcome::Next;
  return report(access, racing, false, offsets[racing], size, other);
}

/// Checks and records the write of `cell`. To write again what is there already
/// harms no other write.
static inline bool writeCell(const CellCheck &check, ShadowCell &cell,
                             bool sameValue, Accessor &other) {
  if (check.isOldWrite(cell) && check.areOldReads(cell)) {
    cell.writeTime = check.writeTime;
    cell.writer = check.firstWriter | Writer::atLane(check.lane);
    return true;
  }
  uint32_t block = check.access.warp.block.number;
  bool afterWrite = check.isAfterWrite(cell, block, other);
  if (!afterWrite && sameValue)
    return check.isAfterReads(cell, block, other);
  bool fine = afterWrite && check.isAfterReads(cell, block, other);
  check.recordWrite(cell);
  return fine;
}

Outcome SharedRaces::write(const ShadowAccess &access, LaneMask lanes,
                           const Lanes<uint64_t> &offsets, unsigned size,
                           const uint8_t *data, unsigned stride) {
  if (cells.empty())
    prepare();
  CellCheck check(access, sets);
  unsigned count = std::max(size >> cellBits, 1u);
  unsigned bytes = size / count;
  Accessor other, found;
  unsigned racing = kLanes;
  for (LaneMask rest = lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    check.lane = lane;
    ShadowCell *cell = &cells[offsets[lane] >> cellBits];
    uint8_t *to = &block.shared[offsets[lane]];
    const uint8_t *from = data + lane * stride;
    for (unsigned i = 0; i < count; ++i) {
      bool same = data && !check.isOldWrite(cell[i]) &&
                  !std::memcmp(to + i * bytes, from + i * bytes, bytes);
      if (!writeCell(check, cell[i], same, found) && racing == kLanes) {
        racing = lane;
        other = found;
      }
    }
    if (data)
      copyElement(to, from, size);
  }
  if (racing == kLanes)
    return Outcome::Next;
  return report(access, racing, true, offsets[racing], size, other);
}

Outcome SharedRaces::readRange(const ShadowAccess &access, unsigned lane,
                               uint64_t offset, uint64_t size) {
  if (cells.empty())
    prepare();
  CellCheck check(access, sets, lane);
  Accessor other, found;
  bool races = false;
  uint64_t end = (offset + size - 1) >> cellBits;
  for (uint64_t i = offset >> cellBits; size && i <= end; ++i) {
    if (!check.isAfterWrite(cells[i], block.number, found) && !races) {
      races = true;
      other = found;
    }
    check.recordRead(cells[i], block.number);
  }
  return races ? report(access, lane, false, offset, size, other)
               : Outcome::Next;
}

Outcome SharedRaces::writeRange(const ShadowAccess &access, unsigned lane,
                                uint64_t offset, uint64_t size) {
  if (cells.empty())
    prepare();
  CellCheck check(access, sets, lane);
  Accessor other, found;
  bool races = false;
  uint64_t end = (offset + size - 1) >> cellBits;
  for (uint64_t i = offset >> cellBits; size && i <= end; ++i) {
    bool fine = check.isAfterWrite(cells[i], block.number, found) &&
                check.isAfterReads(cells[i], block.number, found);
    if (!fine && !races) {
      races = true;
      other = found;
    }
    check.recordWrite(cells[i]);
  }
  return races ? report(access, lane, true, offset, size, other)
               : Outcome::Next;
}

void SharedRaces::setBarrierObject(const ShadowAccess &access, uint64_t offset,
                                   bool isObject) {
  if (cells.empty())
    prepare();
  for (uint64_t i = offset >> cellBits; i <= (offset + 7) >> cellBits; ++i) {
    CellCheck(access, sets).forgetReads(cells[i]);
    cells[i] = ShadowCell();
    if (!isObject)
      continue;
    cells[i].writeTime = ~Time(0);
    cells[i].writer = Writer{access.op.site, kBarrierObject, 0, false}.pack();
  }
}

Outcome SharedRaces::report(const ShadowAccess &access, unsigned lane,
                            bool write, uint64_t offset, uint64_t size,
                            const Accessor &other) {
  return reportRace(access, lane, write, size,
                    describeShared(block.launch.program, offset), other);
}

} // namespace attn::sim
