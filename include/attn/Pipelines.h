//===- Pipelines.h - lists of passes with names -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pipelines that take functions on tensors to the LLVM dialect.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PIPELINES_H
#define ATTN_PIPELINES_H

#include "mlir/Pass/PassOptions.h"

namespace mlir {
class OpPassManager;
namespace attn {

/// Options of the pipeline `attn-to-cpu`.
struct AttnToCPUOptions : PassPipelineOptions<AttnToCPUOptions> {
  PassOptions::Option<std::string> target{
      *this, "target",
      llvm::cl::desc(
          "the CPU model: x86-64-v3 (AVX2), x86-64-v4 (AVX-512), znver4 "
          "(AVX-512 with bf16 products), sapphirerapids (and AMX) or host"),
      llvm::cl::init("host")};
  PassOptions::Option<bool> bf16Rounding{
      *this, "bf16-rounding",
      llvm::cl::desc("the processor has instructions that round to bf16"),
      llvm::cl::init(false)};
};

/// Adds `attn-to-cpu`: functions on tensors become vector code in the LLVM
/// dialect that calls the runtime library for memory, threads and failures.
void buildAttnToCPUPipeline(OpPassManager &pm, const AttnToCPUOptions &options);

/// Adds `attn-reference`: the same functions become the simplest loops that
/// compute what the ops say, in the LLVM dialect. Every other path is tested
/// against this one, so nothing here reorders or fuses arithmetic.
void buildAttnReferencePipeline(OpPassManager &pm);

/// What `tile-to-llvm-cpu` can be told.
struct TileToLLVMCPUOptions : PassPipelineOptions<TileToLLVMCPUOptions> {
  PassOptions::Option<std::string> target{
      *this, "target",
      llvm::cl::desc("the CPU model: x86-64-v3, x86-64-v4, znver4, "
                     "sapphirerapids or host"),
      llvm::cl::init("host")};
};

/// Adds the passes from a bufferised module with tile programs to the LLVM
/// dialect. What remains on the host may use `memref`, `scf`, `arith`, `math`,
/// `vector`, `index`, `affine` and `func`.
void buildTileToLLVMCPUPipeline(OpPassManager &manager,
                                const TileToLLVMCPUOptions &options);

/// What `attn-to-gpu` can be told.
struct AttnToGPUOptions : PassPipelineOptions<AttnToGPUOptions> {
  PassOptions::Option<std::string> target{
      *this, "target",
      llvm::cl::desc("the GPU: sm_80, sm_86, sm_89, sm_90a, sm_100a, sm_120a"),
      llvm::cl::init("sm_80")};
  PassOptions::Option<bool> kernelsOnly{
      *this, "kernels-only",
      llvm::cl::desc("stop at kernels in the NVVM dialect"),
      llvm::cl::init(false)};
};

/// Adds `attn-to-gpu`: functions on tensors become host code, in the LLVM
/// dialect, that launches kernels through the runtime library and holds them as
/// PTX.
void buildAttnToGPUPipeline(OpPassManager &pm, const AttnToGPUOptions &options);

/// Registers the pipelines by name for the tools that parse pass pipelines.
void registerPipelines();

} // namespace attn
} // namespace mlir

#endif // ATTN_PIPELINES_H
