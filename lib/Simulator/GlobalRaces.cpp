// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shadow of global memory. Blocks that cannot wait for each other may run
// on several threads: whatever two of them do to the same bytes is unordered,
// so that a cell need only know that another block was there. Blocks that can
// wait run on one thread and are told apart by their clocks.

#include "ShadowCells.h"

#include <algorithm>
#include <cstring>

namespace attn::sim {

/// Stands for several blocks; block n is n + 1, 0 is none.
static constexpr uint32_t kManyBlocks = ~uint32_t(0);

/// A cell that blocks on several threads may touch. Where they do without being
/// ordered, any mixture of their values is reported or harmless.
struct GlobalCell {
  std::atomic<uint32_t> writeBlock, readBlock;
  std::atomic<Time> writeTime, readTime;
  std::atomic<uint64_t> writer, reader;

  ShadowCell load() const {
    ShadowCell cell;
    cell.writeTime = writeTime.load(std::memory_order_relaxed);
    cell.readTime = readTime.load(std::memory_order_relaxed);
    cell.writer = writer.load(std::memory_order_relaxed);
    cell.reader = reader.load(std::memory_order_relaxed);
    return cell;
  }
  void storeRead(const ShadowCell &cell) {
    readTime.store(cell.readTime, std::memory_order_relaxed);
    reader.store(cell.reader, std::memory_order_relaxed);
  }
  void storeWrite(const ShadowCell &cell) {
    writeTime.store(cell.writeTime, std::memory_order_relaxed);
    writer.store(cell.writer, std::memory_order_relaxed);
  }
};

static constexpr unsigned kPageBits = 12;
static constexpr uint64_t kPageMask = (uint64_t(1) << kPageBits) - 1;

struct GlobalRaces::Page {
  explicit Page(size_t count) : cells(new GlobalCell[count]()) {}
  std::unique_ptr<GlobalCell[]> cells;
};

/// The shadow of one or more allocations: those that share a page.
struct GlobalRaces::Shadow {
  uint64_t firstPage = 0;
  std::unique_ptr<std::atomic<Page *>[]> pages;
  size_t pageCount = 0;

  ~Shadow() {
    for (size_t i = 0; i < pageCount; ++i)
      delete pages[i].load();
  }
};

GlobalRaces::GlobalRaces(LaunchState &launch)
    : launch(launch), cellBits(launch.program.globalCellBits),
      isInterleaved(launch.program.interleavesBlocks),
      isConcurrent(!isInterleaved && launch.options.threads != 1) {}
GlobalRaces::~GlobalRaces() = default;

void GlobalRaces::prepare() {
  for (const auto &allocation : launch.memory.getAllocations()) {
    uint64_t first = allocation->address >> kPageBits;
    uint64_t end = ((allocation->address + allocation->size) >> kPageBits) + 1;
    if (!shadows.empty() &&
        first < shadows.back()->firstPage + shadows.back()->pageCount) {
      shadows.back()->pageCount = end - shadows.back()->firstPage;
      continue;
    }
    shadows.push_back(std::make_unique<Shadow>());
    shadows.back()->firstPage = first;
    shadows.back()->pageCount = end - first;
  }
  for (auto &shadow : shadows)
    shadow->pages.reset(new std::atomic<Page *>[shadow->pageCount]());
}

GlobalCell *GlobalRaces::lookup(uint64_t address) {
  std::call_once(prepared, [&] { prepare(); });
  auto after = std::upper_bound(
      shadows.begin(), shadows.end(), address >> kPageBits,
      [](uint64_t a, const auto &shadow) { return a < shadow->firstPage; });
  Shadow &shadow = **std::prev(after);
  std::atomic<Page *> &slot =
      shadow.pages[(address >> kPageBits) - shadow.firstPage];
  Page *page = slot.load(std::memory_order_acquire);
  if (!page) {
    auto fresh = std::make_unique<Page>(size_t(1) << (kPageBits - cellBits));
    if (slot.compare_exchange_strong(page, fresh.get()))
      page = fresh.release();
  }
  return page->cells.get();
}

/// Returns the cell of `address`; the others of its page are around it.
inline GlobalCell *GlobalRaces::findCell(Block &block, uint64_t address) {
  uint64_t page = address >> kPageBits;
  PageCache::Entry &entry = block.races.globalPages[page];
  if (entry.page != page)
    entry = {page, lookup(address)};
  return entry.cells + ((address & kPageMask) >> cellBits);
}

/// Where the sets of reads are that cells name.
inline ReadSets &GlobalRaces::getSets(const ShadowAccess &access) {
  return isInterleaved ? sets : access.warp.block.races.globalReads;
}

/// Says that another block has made the access that `cell` knows last.
static Accessor describeWriter(const ShadowCell &cell, uint32_t block) {
  Writer writer = Writer::unpack(cell.writer);
  Accessor other;
  other.site = writer.site;
  other.agent = writer.agent;
  other.lane = writer.lane;
  other.strong = writer.strong;
  other.write = true;
  other.block = block - 1;
  return other;
}

/// Records a read in the common cases: nobody but this block has used the cell,
/// and a barrier is between its write and the read. False if it is none of
/// them.
inline bool GlobalRaces::readFast(const CellCheck &check,
                                  GlobalCell &shadow) const {
  constexpr auto relaxed = std::memory_order_relaxed;
  uint32_t writeBlock = shadow.writeBlock.load(relaxed);
  uint32_t readBlock = shadow.readBlock.load(relaxed);
  if (readBlock == kManyBlocks && !writeBlock)
    return true;
  bool isMine = readBlock == check.block || (!readBlock && !isConcurrent);
  if (!isMine || (writeBlock && writeBlock != check.block))
    return false;
  ShadowCell cell = shadow.load();
  if ((writeBlock && !check.isOldWrite(cell)) || !check.recordReadFast(cell))
    return false;
  shadow.readBlock.store(check.block, relaxed);
  shadow.storeRead(cell);
  return true;
}

/// Records a write in the same cases.
inline bool GlobalRaces::writeFast(const CellCheck &check,
                                   GlobalCell &shadow) const {
  constexpr auto relaxed = std::memory_order_relaxed;
  uint32_t writeBlock = shadow.writeBlock.load(relaxed);
  uint32_t readBlock = shadow.readBlock.load(relaxed);
  bool isMine = writeBlock == check.block || (!writeBlock && !isConcurrent);
  if (!isMine || (readBlock && readBlock != check.block))
    return false;
  ShadowCell cell = shadow.load();
  if ((writeBlock && !check.isOldWrite(cell)) || !check.areOldReads(cell))
    return false;
  cell.writeTime = check.writeTime;
  cell.writer = check.firstWriter | Writer::atLane(check.lane);
  shadow.writeBlock.store(check.block, relaxed);
  shadow.storeWrite(cell);
  return true;
}

bool GlobalRaces::readCell(const CellCheck &check, GlobalCell &shadow,
                           Accessor &other) {
  constexpr auto relaxed = std::memory_order_relaxed;
  const uint32_t me = check.block;
  uint32_t writeBlock = shadow.writeBlock.load(relaxed);
  uint32_t readBlock = shadow.readBlock.load(relaxed);
  ShadowCell cell = shadow.load();
  if (isInterleaved) {
    bool fine = !writeBlock ||
                check.isAfterWrite(cell, writeBlock - 1, other) ||
                check.mayReadAtomic(other);
    check.recordRead(cell, readBlock - 1);
    shadow.readBlock.store(me, relaxed);
    shadow.storeRead(cell);
    return fine;
  }
  if (readBlock != kManyBlocks && readBlock != me) {
    // A write of another block that has seen no read sees to it that this read
    // sees the write.
    readBlock = shadow.readBlock.exchange(readBlock ? kManyBlocks : me,
                                          std::memory_order_seq_cst);
    if (readBlock)
      shadow.readBlock.store(kManyBlocks, std::memory_order_seq_cst);
    writeBlock = shadow.writeBlock.load(std::memory_order_seq_cst);
    cell.readTime = cell.reader = 0;
    readBlock = readBlock ? kManyBlocks : me;
  }
  if (writeBlock && writeBlock != me) {
    other = describeWriter(cell, writeBlock);
    return other.strong && check.access.strong;
  }
  bool fine = !writeBlock || check.isOldWrite(cell) ||
              check.isAfterWrite(cell, me - 1, other);
  if (readBlock == me) {
    check.recordRead(cell, me - 1);
    shadow.storeRead(cell);
  }
  return fine;
}

bool GlobalRaces::writeCell(const CellCheck &check, GlobalCell &shadow,
                            bool sameValue, Accessor &other) {
  constexpr auto relaxed = std::memory_order_relaxed;
  const uint32_t me = check.block;
  const bool strong = check.access.strong;
  uint32_t writeBlock = shadow.writeBlock.load(relaxed);
  uint32_t readBlock = shadow.readBlock.load(relaxed);
  ShadowCell cell = shadow.load();
  if (!isInterleaved && writeBlock != me) {
    writeBlock = shadow.writeBlock.exchange(me, std::memory_order_seq_cst);
    readBlock = shadow.readBlock.load(std::memory_order_seq_cst);
  }
  bool fine = true, afterWrite = true;
  if (!isInterleaved && writeBlock && writeBlock != me) {
    other = describeWriter(cell, writeBlock);
    afterWrite = other.strong && strong;
  } else if (writeBlock) {
    afterWrite = check.isAfterWrite(cell, writeBlock - 1, other);
  }
  fine = afterWrite || sameValue;
  if (fine && !isInterleaved && readBlock && readBlock != me) {
    Reader reader = Reader::unpack(cell.reader);
    other = {reader.site,
             reader.agent(reader.warps ? firstLane(reader.warps) : 0),
             reader.lane, true, reader.strong};
    other.block = readBlock == kManyBlocks ? me - 1 : readBlock - 1;
    fine = reader.strong && strong;
  } else if (fine && readBlock) {
    fine = check.isAfterReads(cell, readBlock - 1, other);
  }
  if (!afterWrite && sameValue)
    return fine;
  if (!isInterleaved && readBlock != me)
    cell.readTime = cell.reader = 0;
  check.recordWrite(cell);
  shadow.writeBlock.store(me, relaxed);
  shadow.storeRead(cell);
  shadow.storeWrite(cell);
  return fine;
}

Outcome GlobalRaces::read(const ShadowAccess &access, LaneMask lanes,
                          const Lanes<uint64_t> &addresses, unsigned size) {
  CellCheck check(access, getSets(access));
  const unsigned count = std::max(size >> cellBits, 1u);
  Accessor other, found;
  unsigned racing = kLanes;
  for (LaneMask rest = lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    check.lane = lane;
    GlobalCell *cell = findCell(access.warp.block, addresses[lane]);
    for (unsigned i = 0; i < count; ++i) {
      if (!readFast(check, cell[i]) && !readCell(check, cell[i], found) &&
          racing == kLanes) {
        racing = lane;
        other = found;
      }
    }
  }
  if (racing == kLanes)
    return Outcome::Next;
  return report(access, racing, false, addresses[racing], size, other);
}

Outcome GlobalRaces::write(const ShadowAccess &access, LaneMask lanes,
                           const Lanes<uint64_t> &addresses, unsigned size,
                           const uint8_t *data, unsigned stride,
                           const Lanes<uint64_t> &pointers) {
  CellCheck check(access, getSets(access));
  const unsigned count = std::max(size >> cellBits, 1u), bytes = size / count;
  Accessor other, found;
  unsigned racing = kLanes;
  for (LaneMask rest = lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    check.lane = lane;
    GlobalCell *cell = findCell(access.warp.block, addresses[lane]);
    auto *to = reinterpret_cast<uint8_t *>(uintptr_t(pointers[lane]));
    const uint8_t *from = data + lane * stride;
    for (unsigned i = 0; i < count; ++i) {
      if (writeFast(check, cell[i]))
        continue;
      bool same = data && !std::memcmp(to + i * bytes, from + i * bytes, bytes);
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
  return report(access, racing, true, addresses[racing], size, other);
}

Outcome GlobalRaces::readRange(const ShadowAccess &access, unsigned lane,
                               uint64_t address, uint64_t size) {
  CellCheck check(access, getSets(access), lane);
  Accessor other, found;
  bool races = false;
  const uint64_t step = uint64_t(1) << cellBits;
  for (uint64_t at = address & ~(step - 1); at < address + size; at += step) {
    GlobalCell *cell = findCell(access.warp.block, std::max(at, address));
    if (!readCell(check, *cell, found) && !races) {
      races = true;
      other = found;
    }
  }
  return races ? report(access, lane, false, address, size, other)
               : Outcome::Next;
}

Outcome GlobalRaces::writeRange(const ShadowAccess &access, unsigned lane,
                                uint64_t address, uint64_t size) {
  CellCheck check(access, getSets(access), lane);
  Accessor other, found;
  bool races = false;
  const uint64_t step = uint64_t(1) << cellBits;
  for (uint64_t at = address & ~(step - 1); at < address + size; at += step) {
    GlobalCell *cell = findCell(access.warp.block, std::max(at, address));
    if (!writeCell(check, *cell, false, found) && !races) {
      races = true;
      other = found;
    }
  }
  return races ? report(access, lane, true, address, size, other)
               : Outcome::Next;
}

Outcome GlobalRaces::report(const ShadowAccess &access, unsigned lane,
                            bool write, uint64_t address, uint64_t size,
                            const Accessor &other) {
  return reportRace(access, lane, write, size, launch.memory.describe(address),
                    other);
}

} // namespace attn::sim
