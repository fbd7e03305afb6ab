// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Device memory: one generic address space of windows, in which every
// allocation has a name and a red zone on both sides.

#ifndef ATTN_SIMULATOR_MEMORY_H
#define ATTN_SIMULATOR_MEMORY_H

#include "attn/Simulator/Module.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace attn::sim {

/// Where the windows of the generic address space begin. A shared, local or
/// param address is an offset in its window; global and constant addresses are
/// generic ones. A block's shared window has one part for each rank of its
/// cluster.
constexpr uint64_t kBufferWindow = 0x0000'1000'0000'0000;
constexpr uint64_t kModuleWindow = 0x0000'7b00'0000'0000;
constexpr uint64_t kParamWindow = 0x0000'7d00'0000'0000;
constexpr uint64_t kLocalWindow = 0x0000'7e00'0000'0000;
constexpr uint64_t kSharedWindow = 0x0000'7f00'0000'0000;
constexpr uint64_t kWindowSize = 0x0000'0100'0000'0000;
constexpr uint64_t kSharedWindowOfRank = 1 << 24;

/// Returns the space that the generic `address` lies in: Shared, Local, Param
/// or Global.
Space getSpace(uint64_t address);

/// A buffer or a variable in global or constant memory.
struct Allocation {
  std::string name;
  uint64_t address = 0;
  uint64_t size = 0;
  bool readOnly = false;
  std::unique_ptr<uint8_t[]> bytes;
};

/// All global and constant memory of a device.
class GlobalMemory {
public:
  /// Adds an allocation of `size` bytes, all `fill`, called `name` in reports,
  /// and returns its address, a multiple of 256. With `address`, it lies there
  /// and must not overlap another.
  uint64_t allocate(std::string name, uint64_t size, uint8_t fill = 0,
                    uint64_t address = 0);
  /// Frees the allocation at `address`; false if none begins there.
  bool free(uint64_t address);

  /// Returns the allocation that contains all of the `size` bytes at `address`,
  /// or null.
  Allocation *find(uint64_t address, uint64_t size);
  /// Describes where `address` lies for a report: `4 bytes after the end of
  /// 'argument 2' (1024 bytes)`, `in no allocation`.
  std::string describe(uint64_t address) const;

  /// All allocations, by address.
  const std::vector<std::unique_ptr<Allocation>> &getAllocations() const {
    return allocations;
  }

private:
  /// Sorted by address.
  std::vector<std::unique_ptr<Allocation>> allocations;
  uint64_t next = kBufferWindow;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_MEMORY_H
