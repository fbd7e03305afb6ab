// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The sentences of race reports: both accesses, with thread, line and place.

#include "ShadowCells.h"

namespace attn::sim {

static std::string describeExtent(uint32_t x, uint32_t y, uint32_t z) {
  return "(" + std::to_string(x) + ", " + std::to_string(y) + ", " +
         std::to_string(z) + ")";
}

/// The thread at `lane` of the warp `index` of a block of `block` threads.
static std::string describeLane(const Extent3 &block, uint32_t index,
                                unsigned lane) {
  uint32_t thread = index * kLanes + lane;
  return "thread " + describeExtent(thread % block.x,
                                    thread / block.x % block.y,
                                    thread / block.x / block.y);
}

std::string describeShared(const Program &program, uint64_t offset) {
  std::string place = "shared memory at " + std::to_string(offset);
  for (const Program::SharedVariable &variable : program.sharedVariables)
    if (offset >= variable.offset && offset < variable.offset + variable.size)
      return place + " ('" + variable.name + "' + " +
             std::to_string(offset - variable.offset) + ")";
  if (offset >= program.dynamicShared)
    place +=
        " (dynamic + " + std::to_string(offset - program.dynamicShared) + ")";
  return place;
}

/// `the write by thread (1, 0, 0) at k.ptx:7 (st.shared.b32)`.
static std::string describeOther(const ShadowAccess &access,
                                 const Accessor &other) {
  const Block &block = access.warp.block;
  const Program &program = block.launch.program;
  const Site &site = program.sites[other.site];
  std::string text = other.write ? "the write by " : "the read by ";
  if (other.agent >= kBarrierAgents)
    text += "a bulk copy";
  else if (isAsync(other.agent))
    text += "an asynchronous copy of " +
            describeLane(block.launch.options.block, other.agent % kLanes,
                         other.lane);
  else if (other.many)
    text += "threads of warp " + std::to_string(other.agent);
  else
    text += describeLane(block.launch.options.block, other.agent, other.lane);
  if (other.block != block.number) {
    const Extent3 &grid = block.launch.options.grid;
    text += " of block " + describeExtent(other.block % grid.x,
                                          other.block / grid.x % grid.y,
                                          other.block / grid.x / grid.y);
  }
  return text + " at " + program.file + ":" + std::to_string(site.where.line) +
         " (" + site.text + ")";
}

Outcome reportRace(const ShadowAccess &access, unsigned lane, bool write,
                   uint64_t size, const std::string &place,
                   const Accessor &other) {
  std::string what = std::string(isAsync(access.agent) ? "copy: " : "") +
                     (write ? "write" : "read") + " of " +
                     std::to_string(size) + " bytes of " + place;
  if (other.agent == kBarrierObject)
    return access.warp.report(Check::Invalid, access.op, bit(lane),
                              what + ", which lies in an mbarrier object");
  std::string with = describeOther(access, other);
  if (other.missesFence)
    return access.warp.report(Check::Async, access.op, bit(lane),
                              what + " has no proxy fence between it and " +
                                  with);
  if (isAsync(other.agent))
    return access.warp.report(Check::Async, access.op, bit(lane),
                              what + " does not wait for " + with +
                                  " to complete");
  return access.warp.report(Check::Race, access.op, bit(lane),
                            what + " is not ordered with " + with);
}

} // namespace attn::sim
