//===- RunnerOptions.h - the command line of attn-run -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the user of attn-run asked for.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNNER_RUNNEROPTIONS_H
#define ATTN_RUNNER_RUNNEROPTIONS_H

#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::attn {

/// How the simulator runs kernels.
struct SimulatorOptions {
  uint64_t seed = 0;
  bool hardwareSums = false;
  bool lateCopies = false;
  bool checks = true;
  /// The file of PTX to run instead of the compiled kernels, if there is one.
  std::string ptx;
  /// The file for the PTX of the compiled kernels, if there is one.
  std::string dump;
  /// Warp instructions after which a launch fails; 0: never.
  uint64_t limit = 0;
};

/// The command line of attn-run.
struct RunnerOptions {
  std::string inputFile;
  std::string entry;
  std::string target = "cpu";
  /// Where kernels run; empty: nowhere.
  std::string device;
  SimulatorOptions simulator;
  std::string cpu = "native";
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  bool reference = false;
  bool check = false;
  /// The largest relative error that --check accepts, if it was stated.
  std::optional<double> tolerance;
  bool time = false;
  int repeat = 10;
  int threads = 0;
  /// The numbers of queries and keys for which a mask is drawn, if one is, the
  /// sides of its tiles, its batch indices, and the file for an SVG.
  std::optional<std::pair<int64_t, int64_t>> draw;
  std::pair<int64_t, int64_t> drawTile = {64, 64};
  /// Whether pairs are drawn, by the tiles that attention takes: boxes on
  /// grids.
  bool drawPairs = false;
  std::vector<int64_t> drawAt;
  std::string drawOutput;
};

/// Parses the command line; prints the help and ends the process if that is
/// what was asked for. The error is one sentence.
llvm::Expected<RunnerOptions> parseRunnerOptions(int argc, char **argv);

} // namespace mlir::attn

#endif // ATTN_RUNNER_RUNNEROPTIONS_H
