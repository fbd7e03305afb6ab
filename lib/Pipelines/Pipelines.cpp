//===- Pipelines.cpp - named lists of passes ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Pipelines.h"

#include "attn/Conversion/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

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
}
