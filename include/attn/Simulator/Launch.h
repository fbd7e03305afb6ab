// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launching a decoded program on a grid, and what comes out: reports of checks,
// counters.

#ifndef ATTN_SIMULATOR_LAUNCH_H
#define ATTN_SIMULATOR_LAUNCH_H

#include "attn/Simulator/Memory.h"
#include "attn/Simulator/Program.h"

#include <map>

namespace attn::sim {

struct Extent3 {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

/// How the sum inside a matrix multiply-add is carried out, which PTX leaves
/// open. `Exact`: as if with unlimited precision, rounded once. `Hardware`:
/// products aligned to the largest exponent and truncated, a model of
/// what was measured on GPUs (arXiv 2512.07004).
enum class MatrixPolicy : uint8_t { Exact, Hardware };

/// When the data of an asynchronous copy moves: at issue, or at the last moment
/// at which it must have.
enum class AsyncPolicy : uint8_t { Early, Late };

struct LaunchOptions {
  Extent3 grid, block, cluster;
  uint64_t dynamicShared = 0;
  /// Decides the order in which warps and blocks run.
  uint64_t seed = 0;
  MatrixPolicy matrix = MatrixPolicy::Exact;
  AsyncPolicy async = AsyncPolicy::Early;
  /// Races, definedness, asynchronous results. Bounds, alignment, deadlocks and
  /// barriers are checked always.
  bool checks = true;
  /// How many host threads take blocks; 0: as many as there are cores.
  unsigned threads = 1;
  /// Reports after which the launch stops.
  unsigned maxReports = 20;
  /// Warp instructions after which a launch is given up; 0: never.
  uint64_t instructionLimit = 0;
};

/// The kinds of checks, with the names that reports begin with.
enum class Check : uint8_t {
  /// `race`: two accesses to the same byte, one a write, that nothing orders.
  Race,
  /// `out of bounds`
  Bounds,
  /// `misaligned`
  Alignment,
  /// `undefined`: data that nobody wrote reaches a result, an address, a
  /// branch.
  Undefined,
  /// `asynchronous`: the result of an asynchronous operation is used, or its
  /// source changed, before a wait.
  Async,
  /// `barrier`: threads that take part in a barrier do not match.
  Barrier,
  /// `deadlock`
  Deadlock,
  /// `trap`: the program stopped itself.
  Trap,
  /// `invalid`: what PTX forbids and only a run shows.
  Invalid,
  /// `limit`: the instruction limit.
  Limit,
};

/// A check that fired.
struct Report {
  Check check;
  Location where;
  /// One or more sentences: what, which threads and block, at what address.
  std::string message;
  /// How often it fired at this place; only the first is described.
  uint64_t count = 1;

  /// `file:line: race: message`.
  std::string str(std::string_view file) const;
};

/// What one site did, summed over the grid.
struct SiteCounters {
  /// Warps, and threads, that executed it.
  uint64_t warps = 0;
  uint64_t threads = 0;
  /// Bytes moved by loads, stores, atomics and copies.
  uint64_t bytes = 0;
  /// Shared memory: further passes because of bank conflicts.
  uint64_t bankConflicts = 0;
  /// Global memory: 32-byte sectors touched.
  uint64_t sectors = 0;
  /// Multiply-adds of tensor instructions times two.
  uint64_t flops = 0;
  /// Times that it had to wait.
  uint64_t waits = 0;
};

struct LaunchResult {
  std::vector<Report> reports;
  /// One for each site of the program.
  std::vector<SiteCounters> counters;

  bool clean() const { return reports.empty(); }
};

/// Runs `program` with the parameter block `parameters` on `memory`. Errors are
/// launches that a device refuses: too many threads, too much shared memory,
/// parameters of the wrong size.
Result<LaunchResult> launch(const Program &program, GlobalMemory &memory,
                            const std::vector<uint8_t> &parameters,
                            const LaunchOptions &options);

/// The counters as a JSON object: totals by class and space, and each site.
std::string toJson(const Program &program, const LaunchResult &result);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_LAUNCH_H
