//===- GPUPipeline.cpp - from tensors to kernels --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PipelineParts.h"

#include "attn/Pipelines.h"

#include "attn/Conversion/AttnToTile.h"
#include "attn/Conversion/TileToNVVM.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Target/GPU.h"
#include "attn/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::attn;

/// Adds the passes from one thread's program to the NVVM dialect.
static void addKernelLowering(OpPassManager &kernels) {
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(arith::createArithExpandOpsPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  kernels.addPass(createSCFToControlFlowPass());
  // Before the conversion that would call libdevice.
  kernels.addPass(createConvertMathToLLVMPass());
  kernels.addPass(createConvertGpuOpsToNVVMOps());
  kernels.addPass(createConvertNVVMToLLVMPass());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
}

namespace {

/// Refuses the ops of attention that did not become kernels. What is left of
/// other dialects runs on the host.
struct CheckKernelsPass : PassWrapper<CheckKernelsPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CheckKernelsPass)

  explicit CheckKernelsPass(StringRef target) : target(target) {}

  StringRef getArgument() const override { return "attn-check-kernels"; }

  void runOnOperation() override {
    auto isMask = [](Type type) { return isa<MaskType>(type); };
    auto check = [&](Operation *op) {
      if (!isa_and_nonnull<AttnDialect>(op->getDialect()))
        return WalkResult::advance();
      // Parts are joined on the host; masks went into kernels.
      if (isa<CombineOp, FinalizeOp>(op) ||
          llvm::any_of(op->getResultTypes(), isMask))
        return WalkResult::skip();
      op->emitOpError("has no kernel for ") << target << "; compile for cpu";
      return WalkResult::interrupt();
    };
    WalkResult result = getOperation()->walk<WalkOrder::PreOrder>(check);
    if (result.wasInterrupted())
      signalPassFailure();
  }

  std::string target;
};

} // namespace

void mlir::attn::buildAttnToGPUPipeline(OpPassManager &pm,
                                        const AttnToGPUOptions &options) {
  pm.addPass(createInlinerPass());
  pm.addPass(createAttnFoldTransposesPass());
  ConvertAttnToTilePassOptions attnToTile;
  attnToTile.bf16Products = true;
  // The pass that makes kernels says which targets there are.
  if (const GPUModel *gpu = lookupGPUModel(options.target))
    attnToTile.sharedBytes = gpu->maxSharedBytes;
  attnToTile.f16Products = true;
  attnToTile.narrowProductsOfFewRows = true;
  attnToTile.splitWeights = true;
  pm.addPass(createConvertAttnToTilePass(attnToTile));
  pm.addPass(std::make_unique<CheckKernelsPass>(options.target));
  addAttnLowering(pm, /*wide=*/false);
  addTensorPasses(pm);
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createAttnFuseIntoKernelsPass());
  pm.addPass(createAttnFuseLinalgPass());
  pm.addPass(createAttnFuseIntoKernelsPass());
  pm.addPass(createCSEPass());
  addBufferization(pm);
  addDeallocation(pm);
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  ConvertTileToNVVMPassOptions tile;
  tile.target = options.target;
  pm.addPass(createConvertTileToNVVMPass(tile));
  addKernelLowering(pm.nest<gpu::GPUModuleOp>());
  if (options.kernelsOnly)
    return;
  GpuModuleToBinaryPassOptions binary;
  binary.compilationTarget = "isa";
  pm.addPass(createGpuModuleToBinaryPass(binary));
  addConversionToLLVM(pm, /*bf16Rounding=*/false);
}
