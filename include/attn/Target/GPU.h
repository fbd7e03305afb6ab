//===- GPU.h - facts about GPUs ---------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What lowerings must know about a generation of GPUs. No lowering.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_GPU_H
#define ATTN_TARGET_GPU_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MathExtras.h"

#include <string>

namespace mlir::attn {

/// A generation of GPUs that generated code can be written for.
struct GPUModel {
  /// The name of the target, which is also LLVM's and that of ptxas.
  llvm::StringLiteral name;
  /// What LLVM must know beside it: the version of PTX.
  llvm::StringLiteral features;
  /// The most shared memory of a workgroup, in bytes.
  int64_t maxSharedBytes;
};

/// The bytes from row to row of a tile in shared memory: an odd number of
/// chunks of 16 bytes, so that the same chunks of eight rows lie in different
/// banks.
inline int64_t getSharedPitch(int64_t columns, int64_t elementBytes) {
  return (llvm::divideCeil(columns * elementBytes, 16) | 1) * 16;
}

/// Returns the models, from the oldest to the newest.
llvm::ArrayRef<GPUModel> getGPUModels();

/// Returns the model called `name`; null if there is none.
const GPUModel *lookupGPUModel(llvm::StringRef name);

/// Returns all targets as a sentence lists them: "cpu, sm_80, ... or sm_120a".
std::string listTargets();

} // namespace mlir::attn

#endif // ATTN_TARGET_GPU_H
