//===- Pipelines.cpp - lists of passes with names -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the two ways through the compiler are made of.
//
//===----------------------------------------------------------------------===//

#include "attn/Pipelines.h"

#include "attn/Conversion/CPUToLLVM.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::attn;

/// Adds the passes from functions on tensors to functions on memrefs, all of
/// whose allocations are freed or returned. Parameters and results have the
/// identity layout, which is what callers hand over.
static void addBufferization(OpPassManager &pm) {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  options.allowReturnAllocsFromLoops = true;
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  pm.addNestedPass<func::FuncOp>(createAttnCopyToLinalgPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

/// Adds the passes from attn ops to linalg and loops over tensors. With `wide`,
/// arithmetic is in f64. Calls are inlined first, because masks do not cross
/// calls; nothing is folded before the ops have got their meaning.
static void addAttnLowering(OpPassManager &pm, bool wide) {
  pm.addPass(createInlinerPass({}, [](OpPassManager &) {}));
  AttnLowerToLoopsPassOptions loops;
  loops.wide = wide;
  pm.addPass(createAttnLowerToLoopsPass(loops));
  AttnDecomposeTensorOpsPassOptions tensorOps;
  tensorOps.wide = wide;
  pm.addPass(createAttnDecomposeTensorOpsPass(tensorOps));
  AttnDecomposeMapsPassOptions maps;
  maps.wide = wide;
  pm.addPass(createAttnDecomposeMapsPass(maps));
}

/// Adds the passes that free what bufferisation allocated.
static void addDeallocation(OpPassManager &pm) {
  bufferization::buildBufferDeallocationPipeline(
      pm, bufferization::BufferDeallocationPipelineOptions());
  // Deallocation clones results that the caller may not own.
  pm.addPass(createConvertBufferizationToMemRefPass());
  pm.addNestedPass<func::FuncOp>(createAttnCopyToLinalgPass());
}

/// Adds the passes from loops, memrefs and vectors to the LLVM dialect.
static void addConversionToLLVM(OpPassManager &pm) {
  pm.addPass(createConvertVectorToSCFPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createLoopInvariantCodeMotionPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  ConvertVectorToLLVMPassOptions vectorOptions;
  vectorOptions.x86Vector = true;
  vectorOptions.vectorTransposeLowering =
      vector::VectorTransposeLowering::Shuffle16x16;
  pm.addPass(createConvertVectorToLLVMPass(vectorOptions));
  pm.addPass(createConvertCPUToLLVMPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::attn::buildAttnToCPUPipeline(OpPassManager &pm,
                                        const AttnToCPUOptions &options) {
  addAttnLowering(pm, /*wide=*/false);
  pm.addPass(createAttnPrepareLinalgPass());
  addBufferization(pm);
  addDeallocation(pm);
  AttnVectorizeLinalgPassOptions vectorize;
  vectorize.vectorBits = options.vectorBits;
  pm.addNestedPass<func::FuncOp>(createAttnVectorizeLinalgPass(vectorize));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createAttnApproximateMathPass());
  addConversionToLLVM(pm);
}

void mlir::attn::buildAttnReferencePipeline(OpPassManager &pm) {
  addAttnLowering(pm, /*wide=*/true);
  AttnPrepareLinalgPassOptions prepare;
  prepare.fuse = false;
  pm.addPass(createAttnPrepareLinalgPass(prepare));
  addBufferization(pm);
  addDeallocation(pm);
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  addConversionToLLVM(pm);
}

void mlir::attn::registerPipelines() {
  PassPipelineRegistration<AttnToCPUOptions>(
      "attn-to-cpu", "compile functions on tensors to vector code for CPUs",
      buildAttnToCPUPipeline);
  PassPipelineRegistration<>(
      "attn-reference", "compile functions on tensors to the simplest loops",
      buildAttnReferencePipeline);
}
