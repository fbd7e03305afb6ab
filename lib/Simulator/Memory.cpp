// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Allocations of device memory.

#include "attn/Simulator/Memory.h"

#include <algorithm>
#include <cstring>

using namespace attn::sim;

/// Bytes between allocations, and what their addresses are multiples of.
static constexpr uint64_t kRedZone = 4096, kAlignment = 256;

Space attn::sim::getSpace(uint64_t address) {
  auto isIn = [&](uint64_t window) { return address - window < kWindowSize; };
  if (isIn(kSharedWindow))
    return Space::Shared;
  if (isIn(kLocalWindow))
    return Space::Local;
  return isIn(kParamWindow) ? Space::Param : Space::Global;
}

/// The first allocation that begins after `address`.
template <typename List>
static auto findAfter(List &allocations, uint64_t address) {
  return std::upper_bound(
      allocations.begin(), allocations.end(), address,
      [](uint64_t at, const auto &entry) { return at < entry->address; });
}

uint64_t GlobalMemory::allocate(std::string name, uint64_t size, uint8_t fill,
                                uint64_t address) {
  auto entry = std::make_unique<Allocation>();
  if (address == 0) {
    address = next;
    next =
        (address + size + kRedZone + kAlignment - 1) / kAlignment * kAlignment;
  }
  entry->name = std::move(name);
  entry->address = address;
  entry->size = size;
  entry->bytes = std::make_unique<uint8_t[]>(size);
  std::memset(entry->bytes.get(), fill, size);
  allocations.insert(findAfter(allocations, address), std::move(entry));
  return address;
}

bool GlobalMemory::free(uint64_t address) {
  for (auto entry = allocations.begin(); entry != allocations.end(); ++entry)
    if ((*entry)->address == address) {
      allocations.erase(entry);
      return true;
    }
  return false;
}

Allocation *GlobalMemory::find(uint64_t address, uint64_t size) {
  auto after = findAfter(allocations, address);
  if (after == allocations.begin())
    return nullptr;
  Allocation *entry = std::prev(after)->get();
  uint64_t offset = address - entry->address;
  return offset <= entry->size && size <= entry->size - offset ? entry
                                                               : nullptr;
}

static std::string quote(const Allocation &entry) {
  return "'" + entry.name + "' (" + std::to_string(entry.size) + " bytes)";
}

std::string GlobalMemory::describe(uint64_t address) const {
  // Nobody means an allocation that is further away.
  constexpr uint64_t limit = uint64_t(1) << 20;
  auto after = findAfter(allocations, address);
  if (after != allocations.begin()) {
    const Allocation &entry = **std::prev(after);
    uint64_t offset = address - entry.address;
    if (offset < entry.size)
      return std::to_string(offset) + " bytes into " + quote(entry);
    if (offset - entry.size < limit)
      return std::to_string(offset - entry.size) + " bytes after the end of " +
             quote(entry);
  }
  if (after != allocations.end() && (*after)->address - address < limit)
    return std::to_string((*after)->address - address) +
           " bytes before the begin of " + quote(**after);
  return "in no allocation";
}
