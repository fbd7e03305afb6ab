// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reports of bad addresses and undefined data, and how many bank conflicts and
// sectors the addresses of a warp cost.

#include "MemoryReports.h"

#include "ShadowCells.h"

#include <algorithm>

namespace attn::sim {

//===----------------------------------------------------------------------===//
// Reports
//===----------------------------------------------------------------------===//

/// Says where an address of `access` lies.
static std::string describePlace(const Access &access, uint64_t address) {
  const Block &block = access.warp.block;
  const Program &program = block.launch.program;
  switch (access.space) {
  case Space::Shared:
    return describeShared(program, address) + " of " +
           std::to_string(block.shared.size()) + " bytes";
  case Space::Local:
    return "local memory at " + std::to_string(address) + " of " +
           std::to_string(program.local) + " bytes";
  case Space::Param: {
    for (const Program::Parameter &parameter : program.parameters)
      if (address >= parameter.offset &&
          address < parameter.offset + parameter.size)
        return "parameter '" + parameter.name + "' at " +
               std::to_string(address - parameter.offset) + " of " +
               std::to_string(parameter.size) + " bytes";
    return "parameter memory at " + std::to_string(address) + " of " +
           std::to_string(block.launch.parameters.size()) + " bytes";
  }
  default:
    return block.launch.memory.describe(address);
  }
}

static std::string describeAccess(const Access &access) {
  return std::string(access.isWrite ? "write" : "read") + " of " +
         std::to_string(access.size) + " bytes";
}

/// Whether all bytes of a lane are inside its window or an allocation.
static bool isInside(const Access &access, uint64_t address) {
  Block &block = access.warp.block;
  auto fits = [&](uint64_t size) {
    return address <= size && access.size <= size - address;
  };
  switch (access.space) {
  case Space::Shared:
    return fits(block.shared.size());
  case Space::Local:
    return fits(block.launch.program.local);
  case Space::Param:
    return fits(block.launch.parameters.size());
  default:
    return block.launch.memory.find(address, access.size) != nullptr;
  }
}

Outcome reportPlace(const Access &access) {
  for (LaneMask rest = access.lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    uint64_t address = access.address[lane];
    if (address & (access.size - 1)) {
      access.warp.report(
          Check::Alignment, access.op, bit(lane),
          describeAccess(access) + ": " + describePlace(access, address) +
              " is not a multiple of " + std::to_string(access.size));
      return Outcome::Stop;
    }
    if (!isInside(access, address)) {
      access.warp.report(Check::Bounds, access.op, bit(lane),
                         describeAccess(access) + ": " +
                             describePlace(access, address));
      return Outcome::Stop;
    }
  }
  return Outcome::Next;
}

Outcome reportAddress(const Access &access, LaneMask lanes) {
  return access.warp.report(Check::Undefined, access.op, lanes,
                            describeAccess(access) +
                                ": the address is undefined");
}

Outcome reportUnwritten(const Access &access, LaneMask lanes) {
  unsigned lane = firstLane(lanes);
  return access.warp.report(Check::Undefined, access.op, lanes,
                            describeAccess(access) +
                                ": nobody has written all of " +
                                describePlace(access, access.address[lane]));
}

Outcome reportStored(const Access &access, LaneMask lanes) {
  unsigned lane = firstLane(lanes);
  return access.warp.report(Check::Undefined, access.op, lanes,
                            describeAccess(access) +
                                ": undefined data goes to " +
                                describePlace(access, access.address[lane]));
}

Outcome reportReadOnly(const Access &access) {
  unsigned lane = firstLane(access.lanes);
  access.warp.report(Check::Invalid, access.op, access.lanes,
                     describeAccess(access) + ": " +
                         describePlace(access, access.address[lane]) +
                         " must not be written");
  return Outcome::Stop;
}

//===----------------------------------------------------------------------===//
// Allocations
//===----------------------------------------------------------------------===//

bool locateApart(Access &access) {
  access.base = nullptr;
  access.isReadOnly = true;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    Allocation *allocation =
        access.warp.block.launch.memory.find(access.address[lane], access.size);
    if (!allocation)
      return false;
    uint8_t *pointer =
        allocation->bytes.get() + (access.address[lane] - allocation->address);
    if (!access.base)
      access.base = pointer;
    access.offset[lane] = uint64_t(reinterpret_cast<uintptr_t>(pointer) -
                                   reinterpret_cast<uintptr_t>(access.base));
    access.isReadOnly &= allocation->readOnly;
    if (allocation->readOnly && access.isWrite)
      return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

/// At most 32 different numbers.
struct SmallSet {
  std::array<uint64_t, kLanes> numbers;
  unsigned count = 0;

  void insert(uint64_t number) {
    if (std::find(numbers.begin(), numbers.begin() + count, number) ==
        numbers.begin() + count)
      numbers[count++] = number;
  }
};

/// Passes beyond the first of a shared access: lanes go in groups that move 128
/// bytes; in each, words that differ but lie in the same bank take turns.
static uint32_t countConflicts(const Access &access) {
  unsigned lanesAtOnce = std::min(kLanes, std::max(128u / access.size, 1u));
  unsigned wordsOfLane = std::max(access.size / 4, 1u);
  uint32_t conflicts = 0;
  for (unsigned first = 0; first < kLanes; first += lanesAtOnce) {
    SmallSet words;
    for (unsigned lane = first; lane < first + lanesAtOnce; ++lane)
      for (unsigned i = 0; access.lanes >> lane & 1 && i < wordsOfLane; ++i)
        words.insert(access.address[lane] / 4 + i);
    std::array<uint8_t, 32> banks = {};
    for (unsigned i = 0; i < words.count; ++i)
      ++banks[words.numbers[i] % banks.size()];
    conflicts +=
        std::max<uint32_t>(*std::max_element(banks.begin(), banks.end()), 1) -
        1;
  }
  return conflicts;
}

/// 32-byte sectors of global memory that the lanes touch: accesses are aligned,
/// so that no lane touches two.
static uint32_t countSectors(const Access &access) {
  SmallSet sectors;
  for (LaneMask rest = access.lanes; rest; rest &= rest - 1)
    sectors.insert(access.address[firstLane(rest)] / 32);
  return sectors.count;
}

void countCost(const Access &access, AccessPattern &pattern) {
  pattern.cost = access.space == Space::Shared ? countConflicts(access)
                                               : countSectors(access);
}

} // namespace attn::sim
