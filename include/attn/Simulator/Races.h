// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Races: a shadow of shared memory for each block and one of global memory for
// the launch. A cell of it stands for as many bytes as the narrowest access of
// the program has, and holds the last write and the reads since.

#ifndef ATTN_SIMULATOR_RACES_H
#define ATTN_SIMULATOR_RACES_H

#include "attn/Simulator/Clocks.h"

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>

namespace attn::sim {

struct Allocation;
struct CellCheck;
struct LaunchState;

/// The lanes of a warp that access memory, for the shadow.
struct ShadowAccess {
  Warp &warp;
  const Operation &op;
  /// Who is recorded: the warp, or what its copies are known as.
  Agent agent;
  /// Atomic, volatile, relaxed: two such accesses are no race.
  bool strong = false;
  /// Made by the asynchronous proxy, to which a fence must show what threads
  /// have written.
  bool asyncProxy = false;
  /// The time of copies, which have clocks of their own.
  Time copyTime = 0;
};

/// One side of a race, for the report.
struct Accessor {
  uint32_t site = 0;
  Agent agent = 0;
  unsigned lane = 0;
  /// Several lanes or several blocks have made such accesses.
  bool many = false;
  bool strong = false;
  bool write = false;
  uint32_t block = 0;
  Time time = 0;
  /// The accesses are ordered, but no proxy fence is between them.
  bool missesFence = false;
};

/// The shadow of a few bytes. The fields `writer` and `reader` are packed, see
/// Races.cpp.
struct ShadowCell {
  Time writeTime = 0;
  Time readTime = 0;
  uint64_t writer = 0;
  uint64_t reader = 0;
};

/// The reads of cells that more than one of a kind have made.
class ReadSets {
public:
  struct Read {
    uint32_t block;
    Agent agent;
    bool strong;
    LaneMask lanes;
    Time time;
    uint32_t site;
  };
  uint32_t allocate();
  void release(uint32_t set);
  std::vector<Read> &operator[](uint32_t set) { return sets[set]; }

private:
  std::vector<std::vector<Read>> sets;
  std::vector<uint32_t> unused;
};

struct GlobalCell;

/// Pages of the shadow of global memory that a block has used last.
class PageCache {
public:
  struct Entry {
    uint64_t page = ~uint64_t(0);
    GlobalCell *cells = nullptr;
  };
  Entry &operator[](uint64_t page) {
    return entries[(page ^ page >> kBits) % entries.size()];
  }

private:
  static constexpr unsigned kBits = 6;
  std::array<Entry, 1 << kBits> entries;
};

/// The shadow of the shared memory of a block.
class SharedRaces {
public:
  explicit SharedRaces(Block &block) : block(block) {}

  /// Checks and records that `lanes` read `size` bytes each at `offsets`.
  Outcome read(const ShadowAccess &access, LaneMask lanes,
               const Lanes<uint64_t> &offsets, unsigned size);
  /// Checks, records and carries out that they write what `data` has, `size`
  /// bytes each, `stride` bytes from lane to lane. Without `data` nothing is
  /// written.
  Outcome write(const ShadowAccess &access, LaneMask lanes,
                const Lanes<uint64_t> &offsets, unsigned size,
                const uint8_t *data, unsigned stride);
  /// The same for `size` bytes at `offset`, for asynchronous copies of `lane`.
  Outcome readRange(const ShadowAccess &access, unsigned lane, uint64_t offset,
                    uint64_t size);
  Outcome writeRange(const ShadowAccess &access, unsigned lane, uint64_t offset,
                     uint64_t size);
  /// The 8 bytes at `offset` become an mbarrier object, or cease to be one.
  void setBarrierObject(const ShadowAccess &access, uint64_t offset,
                        bool isObject);

  /// The sets of cells of global memory that only this block has read.
  ReadSets globalReads;
  PageCache globalPages;

private:
  void prepare();
  Outcome report(const ShadowAccess &access, unsigned lane, bool write,
                 uint64_t offset, uint64_t size, const Accessor &other);

  Block &block;
  std::vector<ShadowCell> cells;
  unsigned cellBits = 2;
  ReadSets sets;
};

/// The shadow of global memory, which all blocks share.
class GlobalRaces {
public:
  explicit GlobalRaces(LaunchState &launch);
  ~GlobalRaces();

  Outcome read(const ShadowAccess &access, LaneMask lanes,
               const Lanes<uint64_t> &addresses, unsigned size);
  /// Writes through `pointers` what `data` has, as for shared memory.
  Outcome write(const ShadowAccess &access, LaneMask lanes,
                const Lanes<uint64_t> &addresses, unsigned size,
                const uint8_t *data, unsigned stride,
                const Lanes<uint64_t> &pointers);
  Outcome readRange(const ShadowAccess &access, unsigned lane, uint64_t address,
                    uint64_t size);
  Outcome writeRange(const ShadowAccess &access, unsigned lane,
                     uint64_t address, uint64_t size);

  /// What strong writes have released, by address, for all blocks.
  std::unordered_map<uint64_t, Knowledge> addresses;

private:
  struct Page;
  struct Shadow;
  /// Returns the cells of the page that `address` is in.
  GlobalCell *lookup(uint64_t address);
  GlobalCell *findCell(Block &block, uint64_t address);
  void prepare();
  ReadSets &getSets(const ShadowAccess &access);
  bool readFast(const CellCheck &check, GlobalCell &cell) const;
  bool writeFast(const CellCheck &check, GlobalCell &cell) const;
  bool readCell(const CellCheck &check, GlobalCell &cell, Accessor &other);
  bool writeCell(const CellCheck &check, GlobalCell &cell, bool sameValue,
                 Accessor &other);
  Outcome report(const ShadowAccess &access, unsigned lane, bool write,
                 uint64_t address, uint64_t size, const Accessor &other);

  LaunchState &launch;
  std::once_flag prepared;
  std::vector<std::unique_ptr<Shadow>> shadows;
  const unsigned cellBits;
  /// All blocks run on one thread by turns, so that clocks order them.
  const bool isInterleaved;
  /// Several threads may be at a cell.
  const bool isConcurrent;
  /// Used only where all blocks run on one thread.
  ReadSets sets;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_RACES_H
