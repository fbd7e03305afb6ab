//===- Pipelines.h - named lists of passes ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PIPELINES_H
#define ATTN_PIPELINES_H

#include "mlir/Pass/PassOptions.h"

namespace mlir {
class OpPassManager;

namespace attn {

/// What `tile-to-llvm-cpu` can be told.
struct TileToLLVMCPUOptions : PassPipelineOptions<TileToLLVMCPUOptions> {
  PassOptions::Option<std::string> target{
      *this, "target",
      llvm::cl::desc("the CPU model: x86-64-v3, x86-64-v4 or host"),
      llvm::cl::init("host")};
};

/// Adds the passes from a bufferised module with tile programs to the LLVM
/// dialect. What remains on the host may use `memref`, `scf`, `arith`, `math`,
/// `vector`, `index`, `affine` and `func`.
void buildTileToLLVMCPUPipeline(OpPassManager &manager,
                                const TileToLLVMCPUOptions &options);

/// Registers every named pipeline.
void registerPipelines();

} // namespace attn
} // namespace mlir

#endif // ATTN_PIPELINES_H
