//===- TileToNVVM.cpp - tile programs to GPU kernels ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/TileToNVVM.h"

#include "attn/Conversion/LaunchToLLVM.h"

#include "DoubleMath.h"
#include "MathIntrinsics.h"
#include "ThreadLowering.h"

#include "attn/Target/GPU.h"
#include "attn/Transforms/ApproximateMath.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTTILETONVVMPASS
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::tile;

/// The dynamic shared memory of all kernels of a module.
static constexpr StringLiteral sharedSymbol = "attn_shared";

/// Gives the memory arguments of `kernel` the types of the operands of its
/// launch, with their static sizes and strides.
static LogicalResult specialise(KernelOp kernel, LaunchOp launch) {
  SmallVector<Value> operands(launch.getInputs());
  llvm::append_range(operands, launch.getOutputs());
  for (auto [argument, operand] :
       llvm::zip(kernel.getKernelArguments(), operands)) {
    if (isa<TensorType>(operand.getType()))
      return launch.emitOpError("expected memrefs; bufferise before this pass");
    argument.setType(operand.getType());
  }
  return success();
}

/// Moves scalar arithmetic that no step changes out of the loops over keys. A
/// GPU does not trap where a division that would not have run has no result.
static void hoistScalars(KernelOp kernel) {
  kernel.walk([](ForEachOp loop) {
    auto isOutside = [&](Value value) {
      return !loop->isAncestor(value.getParentBlock()->getParentOp());
    };
    for (Region *region : {&loop.getFull(), &loop.getPartial()}) {
      if (region->empty())
        continue;
      for (Operation &op :
           llvm::make_early_inc_range(region->front().without_terminator()))
        if (op.getNumRegions() == 0 && isMemoryEffectFree(&op) &&
            llvm::none_of(op.getResultTypes(), llvm::IsaPred<VectorType>) &&
            llvm::all_of(op.getOperands(), isOutside))
          op.moveBefore(loop);
    }
  });
}

/// Returns the module of kernels in `module`, which is made if need be.
static gpu::GPUModuleOp getKernels(ModuleOp module, const attn::GPUModel &gpu) {
  for (auto kernels : module.getOps<gpu::GPUModuleOp>())
    return kernels;
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  auto kernels = gpu::GPUModuleOp::create(b, module.getLoc(), "attn_kernels");
  Attribute target =
      NVVM::NVVMTargetAttr::get(b.getContext(), /*optLevel=*/3,
                                "nvptx64-nvidia-cuda", gpu.name, gpu.features);
  kernels.setTargetsAttr(b.getArrayAttr(target));
  b.setInsertionPointToStart(kernels.getBody());
  auto bytes = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
  LLVM::GlobalOp::create(b, module.getLoc(), bytes, /*isConstant=*/false,
                         LLVM::Linkage::External, sharedSymbol, Attribute(),
                         /*alignment=*/16, /*addrSpace=*/3);
  return kernels;
}

/// Replaces `launch` by a launch of `function`, unless the grid is empty.
static void replaceLaunch(LaunchOp launch, gpu::GPUFuncOp function,
                          int64_t threads, int64_t sharedBytes) {
  ImplicitLocOpBuilder b(launch.getLoc(), launch);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value blocks = one;
  for (Value extent : launch.getGrid())
    blocks = arith::MulIOp::create(b, blocks, extent);
  Value any = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, blocks, zero);
  auto branch = scf::IfOp::create(b, any, /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
  Value size = arith::ConstantIndexOp::create(b, threads);
  Value shared = arith::ConstantIntOp::create(b, sharedBytes, 32);
  auto call = gpu::LaunchFuncOp::create(
      b, function, gpu::KernelDim3{blocks, one, one},
      gpu::KernelDim3{size, one, one}, shared, launch.getOperands());
  call->setAttr(attn::outputCountAttrName,
                b.getI64IntegerAttr(launch.getOutputs().size()));
  launch.erase();
}

/// Creates the empty function of `kernel`, whose first arguments are the
/// extents of the grid.
static gpu::GPUFuncOp createFunction(LaunchOp launch, KernelOp kernel,
                                     gpu::GPUModuleOp kernels) {
  OpBuilder b = OpBuilder::atBlockEnd(kernels.getBody());
  SmallVector<Type> types(launch.getGrid().getTypes());
  llvm::append_range(types, TypeRange(kernel.getKernelArguments()));
  auto function = gpu::GPUFuncOp::create(
      b, kernel.getLoc(), kernel.getSymName(), b.getFunctionType(types, {}));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  return function;
}

namespace {

struct ConvertTileToNVVMPass
    : attn::impl::ConvertTileToNVVMPassBase<ConvertTileToNVVMPass> {
  using ConvertTileToNVVMPassBase::ConvertTileToNVVMPassBase;

  void runOnOperation() override {
    const attn::GPUModel *gpu = attn::lookupGPUModel(target);
    if (!gpu) {
      getOperation().emitError("expected the name of a GPU target, found ")
          << target;
      return signalPassFailure();
    }
    SymbolTable symbols(getOperation());
    SmallVector<LaunchOp> launches;
    getOperation().walk([&](LaunchOp launch) { launches.push_back(launch); });
    for (LaunchOp launch : launches) {
      auto kernel = symbols.lookup<KernelOp>(launch.getKernel());
      if (!kernel) {
        launch.emitOpError("expected a kernel of its own, found a second "
                           "launch of @")
            << launch.getKernel();
        return signalPassFailure();
      }
      if (failed(specialise(kernel, launch)) ||
          failed(lower(launch, kernel, *gpu)))
        return signalPassFailure();
      symbols.erase(kernel);
    }
    getOperation()->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                            UnitAttr::get(&getContext()));
  }

  /// Lowers `kernel` with copies one step ahead, or without if only so its
  /// operands fit shared memory.
  LogicalResult lower(LaunchOp launch, KernelOp kernel,
                      const attn::GPUModel &gpu) {
    gpu::GPUModuleOp kernels = getKernels(getOperation(), gpu);
    KernelSchedule schedule;
    int64_t strips = llvm::divideCeil(getRows(kernel), stripRows);
    schedule.warps = std::min<int64_t>(schedule.warps, strips);
    hoistScalars(kernel);
    for (; schedule.stages > 0; --schedule.stages) {
      gpu::GPUFuncOp function = createFunction(launch, kernel, kernels);
      ThreadLowering lowering(kernel, function, schedule);
      if (failed(lowering.run(sharedSymbol)))
        return failure();
      int64_t bytes = lowering.getSharedBytes();
      if (bytes <= gpu.maxSharedBytes)
        return finish(launch, function, lowering.getThreads(), bytes);
      function.erase();
      if (schedule.stages == 1)
        kernel.emitOpError("takes ")
            << bytes << " bytes of shared memory, " << gpu.name << " has "
            << gpu.maxSharedBytes
            << "; choose smaller tiles, or a smaller element type";
    }
    return failure();
  }

  /// Completes `function` and launches it.
  LogicalResult finish(LaunchOp launch, gpu::GPUFuncOp function,
                       int64_t threads, int64_t sharedBytes) {
    OpBuilder b = OpBuilder::atBlockEnd(&function.front());
    gpu::ReturnOp::create(b, function.getLoc());
    function.setKnownBlockSizeAttr(
        b.getDenseI32ArrayAttr({static_cast<int32_t>(threads), 1, 1}));
    replaceLaunch(launch, function, threads, sharedBytes);
    RewritePatternSet patterns(&getContext());
    attn::populateApproximateMathPatterns(patterns);
    populateDoubleMathPatterns(patterns);
    populateMathIntrinsicPatterns(patterns);
    if (failed(applyPatternsGreedily(function, std::move(patterns))) ||
        failed(checkDoubleMath(function)))
      return failure();
    return checkMath(function);
  }
};

} // namespace
