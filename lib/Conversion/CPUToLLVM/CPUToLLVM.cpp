//===- CPUToLLVM.cpp - the last step to the LLVM dialect ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Converts everything that is left to LLVM, with memory and failures in the
// hands of the runtime library.
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/CPUToLLVM.h"

#include "attn/Conversion/LaunchToLLVM.h"
#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTCPUTOLLVMPASS
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The alignment of allocations that ask for none: a cache line.
static constexpr int64_t kDefaultAlignment = 64;

/// Calls the runtime function `name`, which is declared on first use.
static LLVM::CallOp callRuntime(ConversionPatternRewriter &rewriter,
                                Location loc, ModuleOp module, StringRef name,
                                Type resultType, ValueRange arguments) {
  SmallVector<Type> types(arguments.getTypes());
  LLVM::LLVMFuncOp callee =
      *LLVM::lookupOrCreateFn(rewriter, module, name, types, resultType);
  return LLVM::CallOp::create(rewriter, loc, callee, arguments);
}

/// Returns the address of `text`, terminated by zero, in constant memory.
static Value createMessage(ConversionPatternRewriter &rewriter, Location loc,
                           ModuleOp module, StringRef text) {
  std::string bytes = text.str() + '\0';
  unsigned suffix = 0;
  SmallString<32> name;
  do {
    name = "attn_message_";
    name += std::to_string(suffix++);
  } while (module.lookupSymbol(name));
  {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMArrayType::get(rewriter.getI8Type(), bytes.size());
    LLVM::GlobalOp::create(rewriter, loc, type, /*isConstant=*/true,
                           LLVM::Linkage::Internal, name,
                           rewriter.getStringAttr(bytes));
  }
  return LLVM::AddressOfOp::create(
      rewriter, loc, LLVM::LLVMPointerType::get(rewriter.getContext()), name);
}

/// Rounds to bf16 by integer arithmetic, because LLVM would call a function of
/// the compiler's support library, except for vectors if there is an
/// instruction.
static LogicalResult expandRoundings(ModuleOp module, bool hasInstruction) {
  SmallVector<Operation *> roundings;
  module.walk([&](arith::TruncFOp op) {
    if (getElementTypeOrSelf(op.getType()).isBF16() &&
        !(hasInstruction && isa<VectorType>(op.getType())))
      roundings.push_back(op);
  });
  if (roundings.empty())
    return success();
  RewritePatternSet patterns(module.getContext());
  arith::populateExpandBFloat16Patterns(patterns);
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingOps);
  return applyOpPatternsGreedily(roundings, std::move(patterns), config);
}

namespace {

/// Lowers `memref.alloc` to `attn_rt_alloc` of bytes that were checked.
struct AllocOpLowering final : ConvertOpToLLVMPattern<memref::AllocOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(memref::AllocOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    MemRefType type = op.getType();
    if (!isConvertibleAndHasIdentityMaps(type))
      return rewriter.notifyMatchFailure(op, "layout is not the identity");
    Location loc = op.getLoc();
    SmallVector<Value> sizes, strides;
    Value count;
    getMemRefDescriptorSizes(loc, type, adaptor.getDynamicSizes(), rewriter,
                             sizes, strides, count, /*sizeInBytes=*/false);
    Value bytes = createBytes(op, sizes, count, rewriter);
    Value alignment = createIndexConstant(
        rewriter, loc, op.getAlignment().value_or(kDefaultAlignment));
    auto module = op->getParentOfType<ModuleOp>();
    Value memory = callRuntime(rewriter, loc, module, "attn_rt_alloc",
                               getPtrType(), {bytes, alignment})
                       .getResult();
    Value descriptor = createMemRefDescriptor(loc, type, memory, memory, sizes,
                                              strides, rewriter);
    rewriter.replaceOp(op, descriptor);
    return success();
  }

private:
  /// Returns the constant `value` of the type of sizes.
  Value createIndexConstant(ConversionPatternRewriter &rewriter, Location loc,
                            int64_t value) const {
    return createIndexAttrConstant(rewriter, loc, getIndexType(), value);
  }

  /// Returns the bytes of the allocation. Sizes known only at run time go
  /// through a check that their product can be counted.
  Value createBytes(memref::AllocOp op, ArrayRef<Value> sizes, Value count,
                    ConversionPatternRewriter &rewriter) const {
    Location loc = op.getLoc();
    Value elementBytes =
        getSizeInBytes(loc, op.getType().getElementType(), rewriter);
    if (op.getType().hasStaticShape())
      return LLVM::MulOp::create(rewriter, loc, getIndexType(), count,
                                 elementBytes);
    Value array = createSizesArray(op, sizes.size(), rewriter);
    for (auto [axis, size] : llvm::enumerate(sizes)) {
      Value slot = LLVM::GEPOp::create(
          rewriter, loc, getPtrType(), getIndexType(), array,
          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(axis)});
      LLVM::StoreOp::create(rewriter, loc, size, slot);
    }
    Value rank = LLVM::ConstantOp::create(
        rewriter, loc, rewriter.getI32Type(),
        rewriter.getI32IntegerAttr(static_cast<int32_t>(sizes.size())));
    auto module = op->getParentOfType<ModuleOp>();
    return callRuntime(rewriter, loc, module, "attn_rt_tensor_bytes",
                       getIndexType(), {array, rank, elementBytes})
        .getResult();
  }

  /// Returns stack memory for `rank` sizes in the entry block, so that loops
  /// around the allocation do not grow the stack.
  Value createSizesArray(memref::AllocOp op, size_t rank,
                         ConversionPatternRewriter &rewriter) const {
    OpBuilder::InsertionGuard guard(rewriter);
    auto function = op->getParentOfType<FunctionOpInterface>();
    rewriter.setInsertionPointToStart(&function.getFunctionBody().front());
    Value count = createIndexConstant(rewriter, op.getLoc(), rank);
    return LLVM::AllocaOp::create(rewriter, op.getLoc(), getPtrType(),
                                  getIndexType(), count);
  }
};

/// Lowers `memref.dealloc` to `attn_rt_free`.
struct DeallocOpLowering final : ConvertOpToLLVMPattern<memref::DeallocOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(memref::DeallocOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isa<MemRefType>(op.getMemref().getType()))
      return rewriter.notifyMatchFailure(op, "unranked memref");
    Value memory = MemRefDescriptor(adaptor.getMemref())
                       .allocatedPtr(rewriter, op.getLoc());
    callRuntime(rewriter, op.getLoc(), op->getParentOfType<ModuleOp>(),
                "attn_rt_free", getVoidType(), memory);
    rewriter.eraseOp(op);
    return success();
  }
};

/// Lowers `cf.assert` to a branch around `attn_rt_fail`.
struct AssertOpLowering final : ConvertOpToLLVMPattern<cf::AssertOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(cf::AssertOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Block *before = rewriter.getInsertionBlock();
    Block *after = rewriter.splitBlock(before, std::next(Block::iterator(op)));
    Block *failure = rewriter.createBlock(after);
    auto module = op->getParentOfType<ModuleOp>();
    Value message = createMessage(rewriter, loc, module, op.getMsg());
    callRuntime(rewriter, loc, module, "attn_rt_fail", getVoidType(), message);
    LLVM::BrOp::create(rewriter, loc, ValueRange(), after);
    rewriter.setInsertionPointToEnd(before);
    rewriter.replaceOpWithNewOp<LLVM::CondBrOp>(op, adaptor.getArg(), after,
                                                failure);
    return success();
  }
};

/// Returns the name of the runtime's function for checks of kind `kind`.
static StringRef getRuntimeName(tile::CheckKind kind) {
  switch (kind) {
  case tile::CheckKind::Equal:
    return "attn_rt_check_equal";
  case tile::CheckKind::AtLeast:
    return "attn_rt_check_at_least";
  case tile::CheckKind::AtMost:
    return "attn_rt_check_at_most";
  case tile::CheckKind::Multiple:
    return "attn_rt_check_multiple";
  }
  llvm_unreachable("unknown kind of check");
}

/// Lowers `tile.check` to a call of the runtime.
struct CheckOpLowering final : ConvertOpToLLVMPattern<tile::CheckOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(tile::CheckOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto module = op->getParentOfType<ModuleOp>();
    Value message =
        createMessage(rewriter, op.getLoc(), module, op.getMessage());
    callRuntime(rewriter, op.getLoc(), module, getRuntimeName(op.getKind()),
                getVoidType(),
                {adaptor.getFound(), adaptor.getExpected(), message});
    rewriter.eraseOp(op);
    return success();
  }
};

/// Converts everything that is left to the LLVM dialect.
struct ConvertCPUToLLVMPass final
    : attn::impl::ConvertCPUToLLVMPassBase<ConvertCPUToLLVMPass> {
  using Base::Base;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    if (failed(expandRoundings(getOperation(), bf16Rounding)))
      return signalPassFailure();
    LLVMTypeConverter converter(context);
    SymbolTableCollection symbolTables;
    RewritePatternSet patterns(context);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns);
    // log(1 + x) loses all digits of a small x.
    populateMathToLLVMConversionPatterns(converter, patterns,
                                         /*approximateLog1p=*/false);
    populateMathToLibmConversionPatterns(patterns, /*benefit=*/0);
    ub::populateUBToLLVMConversionPatterns(converter, patterns);
    populateRuntimeToLLVMPatterns(converter, patterns);
    populateLaunchToLLVMPatterns(converter, patterns);
    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp>();
    if (failed(
            applyFullConversion(getOperation(), target, std::move(patterns))))
      return signalPassFailure();
    // Conversions of numbers keep a flag that LLVM has no place for.
    getOperation()->walk(
        [](Operation *op) { op->removeDiscardableAttr("fastmath"); });
  }
};

} // namespace

void mlir::attn::populateRuntimeToLLVMPatterns(
    const LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<AllocOpLowering, DeallocOpLowering, AssertOpLowering,
               CheckOpLowering>(converter, /*benefit=*/2);
}
