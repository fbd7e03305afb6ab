// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches programs: checks what a device would refuse, and runs the blocks of
// the grid on host threads.

#include "attn/Simulator/Launch.h"

#include "attn/Simulator/Block.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <thread>
#include <tuple>

using namespace attn::sim;

namespace {

/// Turns of a gang in which all wait, or poll, before it is a deadlock.
constexpr unsigned kIdleTurns = 3, kPollingTurns = 100000;

Diagnostic refuse(std::string message) { return {{}, std::move(message)}; }

std::string describe(Extent3 extent) {
  return std::to_string(extent.x) + " x " + std::to_string(extent.y) + " x " +
         std::to_string(extent.z);
}

/// Shared memory that a block may ask for: cudaDevAttrMaxSharedMemoryPerBlock
/// Optin.
uint64_t getMaxShared(unsigned target) {
  uint64_t kilobytes = target >= 120                  ? 99
                       : target >= 90                 ? 227
                       : target == 86 || target == 89 ? 99
                       : target == 87 || target == 80 ? 163
                                                      : 96;
  return kilobytes * 1024;
}

Status checkThreads(const Program &program, const LaunchOptions &options) {
  const Extent3 &block = options.block;
  if (block.count() == 0 || options.grid.count() == 0)
    return refuse("the grid or the block is empty");
  if (block.count() > 1024 || block.z > 64)
    return refuse("a block has at most 1024 threads, 64 in z; not " +
                  describe(block));
  if (options.grid.x > 0x7fffffff || options.grid.y > 65535 ||
      options.grid.z > 65535)
    return refuse("a grid has at most 65535 blocks in y and z; not " +
                  describe(options.grid));
  auto product = [](const Function::Extent &extent) {
    return uint64_t(extent.x) * std::max(extent.y, 1u) * std::max(extent.z, 1u);
  };
  const Function::Extent &most = program.maxThreads;
  if (most.x != 0 && block.count() > product(most))
    return refuse("'" + program.name + "' has at most " +
                  std::to_string(product(most)) +
                  " threads in a block (.maxntid); not " + describe(block));
  const Function::Extent &required = program.requiredThreads;
  Extent3 demanded = {required.x, std::max(required.y, 1u),
                      std::max(required.z, 1u)};
  if (required.x != 0 &&
      (block.x != demanded.x || block.y != demanded.y || block.z != demanded.z))
    return refuse("'" + program.name + "' demands blocks of " +
                  describe(demanded) + " threads (.reqntid); not " +
                  describe(block));
  return success();
}

Status checkCluster(const Program &program, LaunchOptions &options) {
  const Function::Extent &required = program.requiredCluster;
  if (required.x != 0) {
    Extent3 demanded = {required.x, std::max(required.y, 1u),
                        std::max(required.z, 1u)};
    if (options.cluster.count() == 1)
      options.cluster = demanded;
    if (options.cluster.x != demanded.x || options.cluster.y != demanded.y ||
        options.cluster.z != demanded.z)
      return refuse("'" + program.name + "' demands clusters of " +
                    describe(demanded) + " blocks; not " +
                    describe(options.cluster));
  }
  const Extent3 &cluster = options.cluster, &grid = options.grid;
  if (cluster.count() == 0 || cluster.count() > 16)
    return refuse("a cluster has 1 to 16 blocks; not " + describe(cluster));
  if (cluster.count() > 1 && program.target < 90)
    return refuse("sm_" + std::to_string(program.target) + " has no clusters");
  if (grid.x % cluster.x || grid.y % cluster.y || grid.z % cluster.z)
    return refuse("a grid of " + describe(grid) +
                  " blocks cannot be divided into clusters of " +
                  describe(cluster));
  return success();
}

Status checkMemory(const Program &program, const LaunchOptions &options,
                   const std::vector<uint8_t> &parameters) {
  constexpr uint64_t maxStatic = 48 * 1024;
  if (program.staticShared > maxStatic)
    return refuse("'" + program.name + "' has " +
                  std::to_string(program.staticShared) +
                  " bytes of static shared memory; the limit is " +
                  std::to_string(maxStatic));
  uint64_t total = program.dynamicShared + options.dynamicShared;
  if (total > getMaxShared(program.target))
    return refuse(std::to_string(total) +
                  " bytes of shared memory; the limit of sm_" +
                  std::to_string(program.target) + " is " +
                  std::to_string(getMaxShared(program.target)));
  if (parameters.size() != program.parameterBytes)
    return refuse(
        "'" + program.name + "' has " + std::to_string(program.parameterBytes) +
        " bytes of parameters, not " + std::to_string(parameters.size()));
  return success();
}

/// Puts the variables of the module into memory, unless an earlier launch has.
void loadGlobals(const Program &program, GlobalMemory &memory) {
  for (const Program::Global &global : program.globals) {
    const Variable &variable = global.variable;
    if (memory.find(global.address, variable.size))
      continue;
    memory.allocate(variable.name, variable.size, 0, global.address);
    Allocation *allocation = memory.find(global.address, variable.size);
    if (!variable.initial.empty())
      std::memcpy(allocation->bytes.get(), variable.initial.data(),
                  variable.initial.size());
    allocation->readOnly = variable.space == Space::Const;
  }
}

/// Runs the clusters of a grid.
class GridRunner {
public:
  explicit GridRunner(LaunchState &launch) : launch(launch) {
    const LaunchOptions &options = launch.options;
    order.resize(options.grid.count() / options.cluster.count());
    std::iota(order.begin(), order.end(), 0);
    if (options.seed != 0) {
      std::mt19937_64 random(options.seed);
      std::shuffle(order.begin(), order.end(), random);
    }
  }

  void run() {
    unsigned threads = launch.options.threads;
    if (threads == 0)
      threads = std::max(1u, std::thread::hardware_concurrency());
    if (launch.program.interleavesBlocks)
      threads = 1;
    threads = unsigned(std::min<uint64_t>(threads, order.size()));
    std::vector<std::vector<SiteCounters>> counters(
        threads, std::vector<SiteCounters>(launch.program.sites.size()));
    std::vector<std::thread> workers;
    for (unsigned i = 1; i < threads; ++i)
      workers.emplace_back([this, &counters, i] { runGang(counters[i]); });
    runGang(counters[0]);
    for (std::thread &worker : workers)
      worker.join();
    launch.result.counters = std::move(counters[0]);
    for (unsigned i = 1; i < threads; ++i)
      addCounters(counters[i]);
  }

private:
  /// How many clusters have their turns on one host thread.
  size_t getResidentClusters() const {
    if (!launch.program.interleavesBlocks)
      return 1;
    // As many as a large device holds, in at most 2 GB.
    const Program &program = launch.program;
    uint64_t threads = launch.options.block.count();
    uint64_t perMultiprocessor = std::clamp<uint64_t>(2048 / threads, 1, 32);
    uint64_t warps = (threads + kLanes - 1) / kLanes;
    uint64_t bytes =
        4096 + launch.options.dynamicShared + program.dynamicShared +
        warps * (program.rows * sizeof(Row) + program.local * kLanes);
    uint64_t blocks = std::min<uint64_t>(132 * perMultiprocessor,
                                         (uint64_t(2) << 30) / bytes);
    return std::max<uint64_t>(1, blocks / launch.options.cluster.count());
  }

  /// Returns the next cluster of the grid, or null.
  std::unique_ptr<Cluster> start(std::vector<SiteCounters> &counters) {
    uint64_t place = next.fetch_add(1);
    if (place >= order.size())
      return nullptr;
    const Extent3 &grid = launch.options.grid, &size = launch.options.cluster;
    uint64_t number = order[place];
    uint32_t columns = grid.x / size.x, rows = grid.y / size.y;
    Extent3 first = {uint32_t(number % columns) * size.x,
                     uint32_t(number / columns % rows) * size.y,
                     uint32_t(number / columns / rows) * size.z};
    auto cluster = std::make_unique<Cluster>();
    for (uint32_t z = first.z; z < first.z + size.z; ++z)
      for (uint32_t y = first.y; y < first.y + size.y; ++y)
        for (uint32_t x = first.x; x < first.x + size.x; ++x)
          cluster->blocks.push_back(std::make_unique<Block>(
              launch, *cluster, Extent3{x, y, z},
              uint32_t(x + uint64_t(grid.x) * (y + uint64_t(grid.y) * z)),
              counters));
    return cluster;
  }

  /// Takes clusters of the grid until there are none.
  void runGang(std::vector<SiteCounters> &counters) {
    const size_t capacity = getResidentClusters();
    std::vector<std::unique_ptr<Cluster>> gang;
    unsigned idle = 0, polling = 0;
    while (!launch.stopped) {
      while (gang.size() < capacity) {
        std::unique_ptr<Cluster> cluster = start(counters);
        if (!cluster)
          break;
        gang.push_back(std::move(cluster));
      }
      if (gang.empty())
        return;
      Progress progress = Progress::None;
      for (const auto &cluster : gang)
        for (const auto &block : cluster->blocks)
          if (!launch.stopped)
            progress = std::max(progress, block->run());
      retire(gang);
      idle = progress == Progress::None ? idle + 1 : 0;
      polling = progress == Progress::Some ? 0 : polling + 1;
      if (!gang.empty() && (idle == kIdleTurns || polling == kPollingTurns))
        reportDeadlock(gang, idle == kIdleTurns);
      checkLimit(gang);
    }
  }

  /// Ends the clusters that are done.
  void retire(std::vector<std::unique_ptr<Cluster>> &gang) {
    auto isDone = [](const std::unique_ptr<Cluster> &cluster) {
      if (!cluster->isDone())
        return false;
      for (const auto &block : cluster->blocks)
        block->copies.finish();
      return true;
    };
    gang.erase(std::remove_if(gang.begin(), gang.end(), isDone), gang.end());
  }

  /// The operation at which some thread of the gang stands.
  Location findPlace(const std::vector<std::unique_ptr<Cluster>> &gang) const {
    for (const auto &cluster : gang)
      for (const auto &block : cluster->blocks)
        for (const auto &warp : block->warps)
          for (const Fragment &fragment : warp->fragments)
            return launch.program.sites[launch.program.code[fragment.pc].site]
                .where;
    return {};
  }

  void reportDeadlock(const std::vector<std::unique_ptr<Cluster>> &gang,
                      bool isWaiting) {
    std::string message = isWaiting ? "all threads wait"
                                    : "all threads wait or ask again and again";
    for (const auto &cluster : gang)
      for (const auto &block : cluster->blocks)
        if (message.size() < 4000)
          message += block->describeWaits();
    launch.report(Check::Deadlock, findPlace(gang), message);
    launch.stopped = true;
  }

  void checkLimit(const std::vector<std::unique_ptr<Cluster>> &gang) {
    uint64_t limit = launch.options.instructionLimit;
    if (limit == 0 || launch.instructions < limit || launch.stopped)
      return;
    launch.report(Check::Limit, findPlace(gang),
                  "more than " + std::to_string(limit) + " warp instructions");
    launch.stopped = true;
  }

  void addCounters(const std::vector<SiteCounters> &other) {
    for (size_t i = 0; i < other.size(); ++i) {
      SiteCounters &sum = launch.result.counters[i];
      sum.warps += other[i].warps;
      sum.threads += other[i].threads;
      sum.bytes += other[i].bytes;
      sum.bankConflicts += other[i].bankConflicts;
      sum.sectors += other[i].sectors;
      sum.flops += other[i].flops;
      sum.waits += other[i].waits;
    }
  }

  LaunchState &launch;
  /// The clusters in the order in which they start.
  std::vector<uint64_t> order;
  std::atomic<uint64_t> next = 0;
};

} // namespace

Result<LaunchResult> attn::sim::launch(const Program &program,
                                       GlobalMemory &memory,
                                       const std::vector<uint8_t> &parameters,
                                       const LaunchOptions &givenOptions) {
  LaunchOptions options = givenOptions;
  if (Status status = checkThreads(program, options); !status)
    return status.error();
  if (Status status = checkCluster(program, options); !status)
    return status.error();
  if (Status status = checkMemory(program, options, parameters); !status)
    return status.error();
  loadGlobals(program, memory);
  LaunchState state(program, memory, options, parameters);
  GridRunner(state).run();
  std::sort(state.result.reports.begin(), state.result.reports.end(),
            [](const Report &a, const Report &b) {
              return std::make_tuple(a.where.line, a.where.column, a.check) <
                     std::make_tuple(b.where.line, b.where.column, b.check);
            });
  return std::move(state.result);
}
