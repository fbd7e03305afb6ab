//===- PipelineParts.h - what pipelines have in common ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_PIPELINES_PIPELINEPARTS_H
#define ATTN_LIB_PIPELINES_PIPELINEPARTS_H

namespace mlir {
class OpPassManager;
namespace attn {

/// Adds the passes that give tensor programs their meaning in simple ops: sizes
/// are checked, and half-precision sums are f32.
void addTensorPasses(OpPassManager &pm);

/// Adds the passes from functions on tensors to functions on memrefs, all of
/// whose allocations are freed or returned. Parameters and results have the
/// identity layout, which is what callers hand over.
void addBufferization(OpPassManager &pm);

/// Adds the passes from attn ops to linalg and loops over tensors. With `wide`,
/// arithmetic is in f64. Calls are inlined first, because masks do not cross
/// calls; nothing is folded before the ops have got their meaning.
void addAttnLowering(OpPassManager &pm, bool wide);

/// Adds the passes that free what bufferisation allocated.
void addDeallocation(OpPassManager &pm);

/// Adds the passes from loops, memrefs and vectors to the LLVM dialect.
void addConversionToLLVM(OpPassManager &pm, bool bf16Rounding);

} // namespace attn
} // namespace mlir

#endif // ATTN_LIB_PIPELINES_PIPELINEPARTS_H
