//===- CPU.h - facts about CPUs ---------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What lowerings must know about a CPU: its vector registers and its units for
// products. No lowering.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_CPU_H
#define ATTN_TARGET_CPU_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::attn {

/// A class of CPUs that generated code can be written for.
struct CPUModel {
  /// The name, which is also LLVM's name of the processor.
  llvm::StringLiteral name;
  /// The width of a vector register.
  unsigned vectorBits;
  /// The number of vector registers.
  unsigned registers;
  /// Whether products of bf16 pairs (AVX512-BF16) are faster than those of f32.
  /// Rounding vectors to bf16 is an instruction then, too.
  bool bf16Dots;

  /// The number of elements of `elementBits` bits in a vector register.
  int64_t getLanes(unsigned elementBits) const {
    return vectorBits / elementBits;
  }
};

/// Returns the models, from the least to the most capable.
llvm::ArrayRef<CPUModel> getCPUModels();

/// Returns the model called `name`, or the host's for "host"; null if there is
/// none.
const CPUModel *lookupCPUModel(llvm::StringRef name);

/// Returns the most capable model whose code this machine can run.
const CPUModel &getHostCPUModel();

} // namespace mlir::attn

#endif // ATTN_TARGET_CPU_H
