// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads and writes arrays in numpy's .npy format.

#ifndef ATTN_TOOLS_PTXSIM_NPY_H
#define ATTN_TOOLS_PTXSIM_NPY_H

#include "attn/Simulator/Result.h"

#include <cstdint>
#include <vector>

namespace attn::sim {

/// An array, in row-major order.
struct NpyArray {
  /// The element type as numpy writes it: `<f4`.
  std::string descr;
  std::vector<uint64_t> shape;
  std::vector<uint8_t> bytes;
};

/// Reads a whole file.
Result<std::vector<uint8_t>> readFile(const std::string &path);
Status writeFile(const std::string &path, const std::vector<uint8_t> &bytes);

Result<NpyArray> readNpy(const std::string &path);
Status writeNpy(const std::string &path, const NpyArray &array);

} // namespace attn::sim

#endif // ATTN_TOOLS_PTXSIM_NPY_H
