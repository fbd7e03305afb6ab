// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of special registers.

#include "SpecialRegisters.h"

#include "attn/Simulator/Block.h"

using namespace attn::sim;

namespace {

const LaunchOptions &options(const Warp &warp) {
  return warp.block.launch.options;
}

Extent3 divide(Extent3 a, Extent3 b) {
  return {a.x / b.x, a.y / b.y, a.z / b.z};
}
Extent3 remainder(Extent3 a, Extent3 b) {
  return {a.x % b.x, a.y % b.y, a.z % b.z};
}

Extent3 getClusterIndex(const Warp &warp) {
  return divide(warp.block.index, options(warp).cluster);
}
Extent3 getIndexInCluster(const Warp &warp) {
  return remainder(warp.block.index, options(warp).cluster);
}
Extent3 getClusterCount(const Warp &warp) {
  return divide(options(warp).grid, options(warp).cluster);
}

uint64_t getWarpCount(const Warp &warp) {
  return (options(warp).block.count() + kLanes - 1) / kLanes;
}

uint64_t getSharedSize(const Warp &warp) { return warp.block.shared.size(); }

// The components of a vector of three; `.w` is 0.
#define ATTN_SIM_VECTOR(NAME, VALUE)                                           \
  {"%" NAME ".x", 32,                                                          \
   [](const Warp &warp, uint32_t lane) -> uint64_t { return (VALUE).x; }},     \
      {"%" NAME ".y", 32,                                                      \
       [](const Warp &warp, uint32_t lane) -> uint64_t { return (VALUE).y; }}, \
      {"%" NAME ".z", 32,                                                      \
       [](const Warp &warp, uint32_t lane) -> uint64_t { return (VALUE).z; }}, \
  {                                                                            \
    "%" NAME ".w", 32,                                                         \
        [](const Warp &warp, uint32_t lane) -> uint64_t { return 0; }          \
  }
#define ATTN_SIM_SCALAR(NAME, BITS, VALUE)                                     \
  {NAME, BITS,                                                                 \
   [](const Warp &warp, uint32_t lane) -> uint64_t { return VALUE; }}

const SpecialRegister kSpecials[] = {
    ATTN_SIM_VECTOR("tid", getThreadIndex(warp, lane)),
    ATTN_SIM_VECTOR("ntid", options(warp).block),
    ATTN_SIM_VECTOR("ctaid", warp.block.index),
    ATTN_SIM_VECTOR("nctaid", options(warp).grid),
    ATTN_SIM_VECTOR("clusterid", getClusterIndex(warp)),
    ATTN_SIM_VECTOR("nclusterid", getClusterCount(warp)),
    ATTN_SIM_VECTOR("cluster_ctaid", getIndexInCluster(warp)),
    ATTN_SIM_VECTOR("cluster_nctaid", options(warp).cluster),
    ATTN_SIM_SCALAR("%cluster_ctarank", 32, warp.block.rank),
    ATTN_SIM_SCALAR("%cluster_nctarank", 32, options(warp).cluster.count()),
    ATTN_SIM_SCALAR("%laneid", 32, lane),
    ATTN_SIM_SCALAR("%warpid", 32, warp.index),
    ATTN_SIM_SCALAR("%nwarpid", 32, getWarpCount(warp)),
    ATTN_SIM_SCALAR("%smid", 32, 0),
    ATTN_SIM_SCALAR("%nsmid", 32, 1),
    ATTN_SIM_SCALAR("%gridid", 64, 1),
    ATTN_SIM_SCALAR("%lanemask_eq", 32, uint32_t(1) << lane),
    ATTN_SIM_SCALAR("%lanemask_lt", 32, (uint32_t(1) << lane) - 1),
    ATTN_SIM_SCALAR("%lanemask_le", 32, ~uint32_t(0) >> (31 - lane)),
    ATTN_SIM_SCALAR("%lanemask_ge", 32, ~uint32_t(0) << lane),
    ATTN_SIM_SCALAR("%lanemask_gt", 32, ~uint32_t(0) << lane << 1),
    ATTN_SIM_SCALAR("%dynamic_smem_size", 32, options(warp).dynamicShared),
    ATTN_SIM_SCALAR("%total_smem_size", 32, getSharedSize(warp)),
    ATTN_SIM_SCALAR("%aggr_smem_size", 32, getSharedSize(warp)),
    ATTN_SIM_SCALAR("WARP_SZ", 32, kLanes),
    {"%clock", 32, nullptr},
    {"%clock_hi", 32, nullptr},
    {"%clock64", 64, nullptr},
    {"%globaltimer", 64, nullptr},
    {"%globaltimer_lo", 32, nullptr},
    {"%globaltimer_hi", 32, nullptr},
};

#undef ATTN_SIM_VECTOR
#undef ATTN_SIM_SCALAR

} // namespace

const SpecialRegister *attn::sim::lookupSpecialRegister(std::string_view name) {
  for (const SpecialRegister &special : kSpecials)
    if (special.name == name)
      return &special;
  return nullptr;
}

Extent3 attn::sim::getThreadIndex(const Warp &warp, uint32_t lane) {
  Extent3 block = options(warp).block;
  uint32_t thread = warp.index * kLanes + lane;
  return {thread % block.x, thread / block.x % block.y,
          thread / block.x / block.y};
}
