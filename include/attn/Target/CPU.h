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

/// The units for products of bf16 that are faster than those of f32.
enum class BF16Dots {
  None,
  /// Pairs of terms per lane of a vector (AVX512-BF16).
  Pairs,
  /// Tiles of 16 rows of 32 terms (AMX-BF16). AVX512-BF16 is there as well.
  Tiles,
};

/// A class of CPUs that generated code can be written for.
struct CPUModel {
  /// The name, which is also LLVM's name of the processor.
  llvm::StringLiteral name;
  /// The width of a vector register.
  unsigned vectorBits;
  /// The number of vector registers.
  unsigned registers;
  /// The units for products of bf16. With any, rounding vectors to bf16 is an
  /// instruction.
  BF16Dots bf16Dots;

  /// Returns whether there are units for products of bf16.
  bool hasBF16Dots() const { return bf16Dots != BF16Dots::None; }

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
