//===- Inputs.h - arrays from the command line ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns what --input says into arrays.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_RUNNER_INPUTS_H
#define ATTN_LIB_RUNNER_INPUTS_H

#include "attn/Compiler/Signature.h"
#include "attn/Runner/Array.h"

namespace mlir::attn {

/// Returns the array that `source` describes for parameter `index`: the path of
/// a file, "random:SEED[:DISTRIBUTION][@SHAPE]", or "value:NUMBER".
llvm::Expected<Array> makeInput(const Signature &signature, size_t index,
                                StringRef source);

} // namespace mlir::attn

#endif // ATTN_LIB_RUNNER_INPUTS_H
