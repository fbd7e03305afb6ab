//===- Pipelines.cpp - lists of passes with names -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the two ways through the compiler are made of.
//
//===----------------------------------------------------------------------===//

#include "PipelineParts.h"

#include "attn/Pipelines.h"

#include "attn/Conversion/AttnToTile.h"
#include "attn/Conversion/CPUToLLVM.h"
#include "attn/Conversion/OutlineParallelCalls.h"
#include "attn/Conversion/TileToVector.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Target/CPU.h"
#include "attn/Transforms/Passes.h"

#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::attn;

void mlir::attn::addTensorPasses(OpPassManager &pm) {
  pm.addPass(createAttnCheckShapesPass());
  pm.addPass(createAttnDecomposeTensorsPass());
  pm.addPass(createAttnWidenSumsPass());
}

void mlir::attn::addBufferization(OpPassManager &pm) {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  // What branches give has it, too, or it would be copied where it is returned.
  options.unknownTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  options.allowReturnAllocsFromLoops = true;
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  pm.addNestedPass<func::FuncOp>(createAttnCopyToLinalgPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::attn::addAttnLowering(OpPassManager &pm, bool wide) {
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

void mlir::attn::addDeallocation(OpPassManager &pm) {
  bufferization::buildBufferDeallocationPipeline(
      pm, bufferization::BufferDeallocationPipelineOptions());
  // Deallocation clones results that the caller may not own.
  pm.addPass(createConvertBufferizationToMemRefPass());
  pm.addNestedPass<func::FuncOp>(createAttnCopyToLinalgPass());
}

void mlir::attn::addConversionToLLVM(OpPassManager &pm, bool bf16Rounding) {
  // No processor computes in bf16.
  pm.addPass(math::createMathExtendToSupportedTypes());
  arith::ArithEmulateUnsupportedFloatsOptions emulate;
  emulate.sourceTypeStrs = {"bf16"};
  pm.addPass(arith::createArithEmulateUnsupportedFloats(emulate));
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
  ConvertCPUToLLVMPassOptions options;
  options.bf16Rounding = bf16Rounding;
  pm.addPass(createConvertCPUToLLVMPass(options));
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::attn::buildAttnToCPUPipeline(OpPassManager &pm,
                                        const AttnToCPUOptions &options) {
  const CPUModel *cpu = lookupCPUModel(options.target);
  pm.addPass(createInlinerPass());
  pm.addPass(createAttnSplitKeysPass());
  pm.addPass(createAttnFoldTransposesPass());
  // Transposes are not folded through the casts of a branch.
  pm.addPass(createAttnBranchSingleQueryPass());
  pm.addPass(createAttnSplitKeysPass());
  ConvertAttnToTilePassOptions attnToTile;
  attnToTile.bf16Products = cpu && cpu->hasBF16Dots();
  pm.addPass(createConvertAttnToTilePass(attnToTile));
  addAttnLowering(pm, /*wide=*/false);
  addTensorPasses(pm);
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Before, so that what belongs to a kernel does not go elsewhere; and again
  // for what several ops together do to an element.
  pm.addPass(createAttnFuseIntoKernelsPass());
  pm.addPass(createAttnFuseLinalgPass());
  pm.addPass(createAttnFuseIntoKernelsPass());
  pm.addPass(createCSEPass());
  addBufferization(pm);
  addDeallocation(pm);
  AttnVectorizeLinalgPassOptions vectorize;
  vectorize.vectorBits = cpu ? cpu->vectorBits : 256;
  pm.addNestedPass<func::FuncOp>(createAttnVectorizeLinalgPass(vectorize));
  pm.addPass(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createAttnApproximateMathPass());
  pm.addPass(createAttnOutlineParallelLoopsPass());
  ConvertTileToVectorPassOptions tile;
  tile.target = options.target;
  pm.addPass(createConvertTileToVectorPass(tile));
  addConversionToLLVM(pm, options.bf16Rounding || (cpu && cpu->hasBF16Dots()));
  pm.addPass(createOutlineParallelCallsPass());
}

void mlir::attn::buildAttnReferencePipeline(OpPassManager &pm) {
  addAttnLowering(pm, /*wide=*/true);
  addTensorPasses(pm);
  addBufferization(pm);
  addDeallocation(pm);
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  addConversionToLLVM(pm, /*bf16Rounding=*/false);
}

void mlir::attn::buildTileToLLVMCPUPipeline(
    OpPassManager &manager, const TileToLLVMCPUOptions &options) {
  ConvertTileToVectorPassOptions tileOptions;
  tileOptions.target = options.target;
  manager.addPass(createConvertTileToVectorPass(tileOptions));
  manager.addPass(createLoopInvariantCodeMotionPass());
  manager.addPass(createCSEPass());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertToLLVMPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createOutlineParallelCallsPass());
}

void mlir::attn::registerPipelines() {
  PassPipelineRegistration<TileToLLVMCPUOptions>(
      "tile-to-llvm-cpu",
      "lower bufferised modules with tile programs to the LLVM dialect",
      buildTileToLLVMCPUPipeline);
  PassPipelineRegistration<AttnToCPUOptions>(
      "attn-to-cpu", "compile functions on tensors to vector code for CPUs",
      buildAttnToCPUPipeline);
  PassPipelineRegistration<AttnToGPUOptions>(
      "attn-to-gpu", "compile functions on tensors to kernels for GPUs",
      buildAttnToGPUPipeline);
  PassPipelineRegistration<>(
      "attn-reference", "compile functions on tensors to the simplest loops",
      buildAttnReferencePipeline);
}
