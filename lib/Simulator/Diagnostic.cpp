// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How diagnostics are printed.

#include "attn/Simulator/Result.h"

using namespace attn::sim;

std::string Diagnostic::str(std::string_view file) const {
  std::string text(file);
  if (where.line)
    text +=
        ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
  return text + ": error: " + message;
}
