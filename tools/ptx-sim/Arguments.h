// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments of a kernel as the command line gives them.

#ifndef ATTN_TOOLS_PTXSIM_ARGUMENTS_H
#define ATTN_TOOLS_PTXSIM_ARGUMENTS_H

#include "Npy.h"

#include "attn/Simulator/Launch.h"

namespace attn::sim {

/// An argument: bytes to pass, and the buffer behind them, if there is one.
struct Argument {
  /// As given: `out:f32:64`.
  std::string text;
  std::vector<uint8_t> value;
  bool isBuffer = false;
  uint64_t address = 0;
  /// The type and shape of the buffer; its content is in device memory.
  NpyArray array;
};

/// Parses `text`, argument number `index`, and allocates its buffer.
Result<Argument> makeArgument(const std::string &text, unsigned index,
                              GlobalMemory &memory);

/// Lays the arguments out as the parameters of `program`; says which does not
/// fit.
Result<std::vector<uint8_t>>
layOutParameters(const Program &program,
                 const std::vector<Argument> &arguments);

/// Reads `text`, decimal or `0x...`, of at most `bits` bits, perhaps negative.
bool parseInteger(const std::string &text, unsigned bits, uint64_t &value);

} // namespace attn::sim

#endif // ATTN_TOOLS_PTXSIM_ARGUMENTS_H
