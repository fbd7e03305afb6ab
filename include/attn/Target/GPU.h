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

/// Returns the models, from the oldest to the newest.
llvm::ArrayRef<GPUModel> getGPUModels();

/// Returns the model called `name`; null if there is none.
const GPUModel *lookupGPUModel(llvm::StringRef name);

/// Returns all targets as a sentence lists them: "cpu, sm_80, ... or sm_120a".
std::string listTargets();

} // namespace mlir::attn

#endif // ATTN_TARGET_GPU_H
