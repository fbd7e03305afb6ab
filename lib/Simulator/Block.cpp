// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives the warps of a block their turns.

#include "attn/Simulator/Block.h"

#include <algorithm>
#include <random>

using namespace attn::sim;

/// Operations that a warp may do before the next has its turn.
static constexpr unsigned kTurn = 1000;

bool LaunchState::report(Check check, Location where,
                         const std::string &message) {
  std::lock_guard<std::mutex> lock(reportMutex);
  bool isFatal = check == Check::Bounds || check == Check::Alignment ||
                 check == Check::Invalid || check == Check::Trap ||
                 check == Check::Deadlock || check == Check::Limit;
  for (Report &report : result.reports)
    if (report.check == check && report.where.line == where.line &&
        report.where.column == where.column) {
      ++report.count;
      return isFatal;
    }
  result.reports.push_back({check, where, message});
  return isFatal || result.reports.size() >= options.maxReports;
}

bool Cluster::isDone() const {
  return std::all_of(blocks.begin(), blocks.end(),
                     [](const auto &block) { return block->isDone(); });
}

Block::Block(LaunchState &launch, Cluster &cluster, Extent3 index,
             uint32_t number, std::vector<SiteCounters> &counters)
    : launch(launch), index(index), number(number), cluster(cluster),
      rank(uint32_t(cluster.blocks.size())), counters(counters),
      ordering(*this), barriers(*this), races(*this), copies(*this) {
  const Program &program = launch.program;
  uint64_t size = launch.options.dynamicShared == 0
                      ? program.staticShared
                      : program.dynamicShared + launch.options.dynamicShared;
  shared.resize(size);
  definedShared.resize((size + 7) / 8);
  uint64_t count = (launch.options.block.count() + kLanes - 1) / kLanes;
  for (uint32_t i = 0; i < count; ++i) {
    warps.push_back(std::make_unique<Warp>(*this, program, i));
    order.push_back(i);
  }
  if (launch.options.seed != 0) {
    std::mt19937_64 random(launch.options.seed * 0x9e3779b97f4a7c15 + number);
    std::shuffle(order.begin(), order.end(), random);
  }
}

Progress Block::run() {
  Progress progress = Progress::None;
  for (uint32_t number : order)
    if (Warp &warp = *warps[number]; !warp.fragments.empty())
      progress = std::max(progress, warp.run(kTurn));
  return progress;
}

bool Block::isDone() const {
  return std::all_of(warps.begin(), warps.end(),
                     [](const auto &warp) { return warp->fragments.empty(); });
}

std::string Block::describeWaits() const {
  std::string result;
  const Program &program = launch.program;
  for (const auto &warp : warps)
    for (const Fragment &fragment : warp->fragments) {
      const Operation &op = program.code[fragment.pc];
      const Site &site = program.sites[op.site];
      char lanes[16];
      std::snprintf(lanes, sizeof lanes, "0x%08x", fragment.lanes);
      result += "\n  block (" + std::to_string(index.x) + ", " +
                std::to_string(index.y) + ", " + std::to_string(index.z) +
                "), warp " + std::to_string(warp->index) + ", lanes " + lanes +
                ": '" + site.text + "' in line " +
                std::to_string(site.where.line);
      std::string what = barriers.describeWait(*warp, op, fragment.lanes);
      if (!what.empty())
        result += ": " + what;
    }
  return result;
}
