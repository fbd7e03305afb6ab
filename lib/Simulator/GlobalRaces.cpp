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
struct GlobalRaces::Cell {
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
  explicit Page(size_t count) : cells(new Cell[count]()) {}
  std::unique_ptr<Cell[]> cells;
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

GlobalRaces::GlobalRaces(LaunchState &launch) : launch(launch) {}
GlobalRaces::~GlobalRaces() = default;

void GlobalRaces::prepare() {
  cellBits = launch.program.globalCellBits;
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

GlobalRaces::Cell *GlobalRaces::lookup(uint64_t address) {
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
  return &page->cells[(address & kPageMask) >> cellBits];
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

bool GlobalRaces::readCell(const ShadowAccess &access, unsigned lane,
                           Cell &shadow, Accessor &other) {
  constexpr auto relaxed = std::memory_order_relaxed;
  uint32_t me = access.warp.block.number + 1;
  uint32_t writeBlock = shadow.writeBlock.load(relaxed);
  uint32_t readBlock = shadow.readBlock.load(relaxed);
  if (!writeBlock && readBlock == kManyBlocks)
    return true;
  bool interleaved = launch.program.interleavesBlocks;
  CellCheck check(
      access, interleaved ? sets : access.warp.block.races.globalReads, lane);
  ShadowCell cell = shadow.load();
  if (interleaved) {
    bool fine = !writeBlock ||
                check.isAfterWrite(cell, writeBlock - 1, other) ||
                check.mayReadAtomic(other);
    check.recordRead(cell, readBlock - 1);
    shadow.readBlock.store(me, relaxed);
    shadow.storeRead(cell);
    return fine;
  }
  if (readBlock != kManyBlocks && readBlock != me) {
    uint32_t next = readBlock ? kManyBlocks : me;
    // A write of another block that has seen no read sees to it that this read
    // sees the write.
    shadow.readBlock.store(next, std::memory_order_seq_cst);
    writeBlock = shadow.writeBlock.load(std::memory_order_seq_cst);
    cell.readTime = cell.reader = 0;
    readBlock = next;
  }
  if (writeBlock && writeBlock != me) {
    other = describeWriter(cell, writeBlock);
    return other.strong && access.strong;
  }
  bool fine = !writeBlock || check.isOldWrite(cell) ||
              check.isAfterWrite(cell, me - 1, other);
  if (readBlock == me) {
    if (!check.recordReadFast(cell))
      check.recordRead(cell, me - 1);
    shadow.storeRead(cell);
  }
  return fine;
}

bool GlobalRaces::writeCell(const ShadowAccess &access, unsigned lane,
                            Cell &shadow, bool sameValue, Accessor &other) {
  constexpr auto relaxed = std::memory_order_relaxed;
  uint32_t me = access.warp.block.number + 1;
  uint32_t writeBlock = shadow.writeBlock.load(relaxed);
  uint32_t readBlock = shadow.readBlock.load(relaxed);
  bool interleaved = launch.program.interleavesBlocks;
  CellCheck check(
      access, interleaved ? sets : access.warp.block.races.globalReads, lane);
  ShadowCell cell = shadow.load();
  if (!interleaved && writeBlock != me) {
    writeBlock = shadow.writeBlock.exchange(me, std::memory_order_seq_cst);
    readBlock = shadow.readBlock.load(std::memory_order_seq_cst);
  }
  bool fine = true, afterWrite = true;
  if (!interleaved && writeBlock && writeBlock != me) {
    other = describeWriter(cell, writeBlock);
    afterWrite = other.strong && access.strong;
  } else if (writeBlock) {
    afterWrite = check.isAfterWrite(cell, writeBlock - 1, other);
  }
  fine = afterWrite || sameValue;
  if (fine && !interleaved && readBlock && readBlock != me) {
    Reader reader = Reader::unpack(cell.reader);
    other = {reader.site, Agent(reader.warps ? firstLane(reader.warps) : 0),
             reader.lane, true, reader.strong};
    other.block = readBlock == kManyBlocks ? me - 1 : readBlock - 1;
    fine = reader.strong && access.strong;
  } else if (fine && readBlock) {
    fine = check.isAfterReads(cell, readBlock - 1, other);
  }
  if (!afterWrite && sameValue)
    return fine;
  if (!interleaved && readBlock != me)
    cell.readTime = cell.reader = 0;
  check.recordWrite(cell);
  shadow.writeBlock.store(me, relaxed);
  shadow.storeRead(cell);
  shadow.storeWrite(cell);
  return fine;
}

Outcome GlobalRaces::read(const ShadowAccess &access, LaneMask lanes,
                          const Lanes<uint64_t> &addresses, unsigned size) {
  Accessor other, found;
  unsigned racing = kLanes;
  uint64_t page = ~uint64_t(0);
  Cell *cells = nullptr;
  for (LaneMask rest = lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    uint64_t address = addresses[lane];
    if ((address & ~kPageMask) != page) {
      page = address & ~kPageMask;
      cells = lookup(address) - ((address & kPageMask) >> cellBits);
    }
    Cell *cell = cells + ((address & kPageMask) >> cellBits);
    unsigned count = std::max(size >> cellBits, 1u);
    for (unsigned i = 0; i < count; ++i) {
      if (!readCell(access, lane, cell[i], found) && racing == kLanes) {
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
  Accessor other, found;
  unsigned racing = kLanes;
  for (LaneMask rest = lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    Cell *cell = lookup(addresses[lane]);
    unsigned count = std::max(size >> cellBits, 1u);
    unsigned bytes = size / count;
    auto *to = reinterpret_cast<uint8_t *>(uintptr_t(pointers[lane]));
    const uint8_t *from = data + lane * stride;
    for (unsigned i = 0; i < count; ++i) {
      bool same = data && !std::memcmp(to + i * bytes, from + i * bytes, bytes);
      if (!writeCell(access, lane, cell[i], same, found) && racing == kLanes) {
        racing = lane;
        other = found;
      }
    }
    if (data)
      std::memcpy(to, from, size);
  }
  if (racing == kLanes)
    return Outcome::Next;
  return report(access, racing, true, addresses[racing], size, other);
}

Outcome GlobalRaces::readRange(const ShadowAccess &access, unsigned lane,
                               uint64_t address, uint64_t size) {
  Accessor other, found;
  bool races = false;
  uint64_t step = uint64_t(1) << cellBits;
  for (uint64_t at = address & ~(step - 1); at < address + size; at += step)
    if (!readCell(access, lane, *lookup(std::max(at, address)), found) &&
        !races) {
      races = true;
      other = found;
    }
  return races ? report(access, lane, false, address, size, other)
               : Outcome::Next;
}

Outcome GlobalRaces::writeRange(const ShadowAccess &access, unsigned lane,
                                uint64_t address, uint64_t size) {
  Accessor other, found;
  bool races = false;
  uint64_t step = uint64_t(1) << cellBits;
  for (uint64_t at = address & ~(step - 1); at < address + size; at += step)
    if (!writeCell(access, lane, *lookup(std::max(at, address)), false,
                   found) &&
        !races) {
      races = true;
      other = found;
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
