//===- LaunchToLLVM.cpp - launches of kernels as calls --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/LaunchToLLVM.h"

#include "attn/Runtime/Device.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::attn;

/// The name of the constant, an attn_rt_kernels, for the binary `name`.
static std::string getKernelsSymbol(StringRef name) {
  return (name + "_image").str();
}

/// The end of the name of the constant that holds PTX.
static constexpr StringLiteral textSuffix = "_ptx";

namespace {

/// Makes the PTX of a binary, and its target, constants.
struct BinaryOpLowering final : ConvertOpToLLVMPattern<gpu::BinaryOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(gpu::BinaryOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto object = dyn_cast<gpu::ObjectAttr>(op.getObjects()[0]);
    auto target =
        object ? dyn_cast<NVVM::NVVMTargetAttr>(object.getTarget()) : nullptr;
    if (!target || object.getFormat() != gpu::CompilationTarget::Assembly)
      return rewriter.notifyMatchFailure(op, "expected PTX");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    LLVM::GlobalOp name =
        addString(b, (op.getName() + "_target").str(), target.getChip());
    LLVM::GlobalOp text = addString(b, (op.getName() + textSuffix).str(),
                                    object.getObject().getValue());
    auto type = LLVM::LLVMStructType::getLiteral(getContext(),
                                                 {getPtrType(), getPtrType()});
    auto image = LLVM::GlobalOp::create(
        b, type, /*isConstant=*/true, LLVM::Linkage::Internal,
        getKernelsSymbol(op.getName()), Attribute());
    {
      OpBuilder::InsertionGuard guard(b);
      b.createBlock(&image.getInitializerRegion());
      Value value = LLVM::UndefOp::create(b, type);
      int64_t position = 0;
      for (LLVM::GlobalOp part : {name, text})
        value = LLVM::InsertValueOp::create(
            b, value, LLVM::AddressOfOp::create(b, part), position++);
      LLVM::ReturnOp::create(b, value);
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  LLVM::GlobalOp addString(ImplicitLocOpBuilder &b, StringRef name,
                           StringRef text) const {
    std::string bytes = text.str();
    if (bytes.empty() || bytes.back() != '\0')
      bytes.push_back('\0');
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
    return LLVM::GlobalOp::create(b, type, /*isConstant=*/true,
                                  LLVM::Linkage::Internal, name,
                                  b.getStringAttr(bytes));
  }
};

/// Makes a launch a call of `attn_rt_launch`, with descriptions of the operands
/// on the stack.
struct LaunchFuncOpLowering final : ConvertOpToLLVMPattern<gpu::LaunchFuncOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(gpu::LaunchFuncOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto module = op->getParentOfType<ModuleOp>();
    Type i32 = b.getI32Type(), i64 = b.getI64Type();
    auto argumentType = LLVM::LLVMStructType::getLiteral(
        getContext(), {i32, i32, i64, getPtrType()});
    unsigned count = op.getNumKernelOperands();
    auto outputs = op->getAttrOfType<IntegerAttr>(outputCountAttrName);
    unsigned inputs = count - (outputs ? outputs.getInt() : 0);
    Value arguments = allocate(b, op, argumentType, std::max(count, 1u));
    for (unsigned i = 0; i < count; ++i) {
      Value value =
          describe(b, op, op.getKernelOperands()[i],
                   adaptor.getKernelOperands()[i], i >= inputs, argumentType);
      if (!value)
        return rewriter.notifyMatchFailure(op, "operand has no C type");
      Value slot =
          LLVM::GEPOp::create(b, getPtrType(), argumentType, arguments,
                              ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
      LLVM::StoreOp::create(b, value, slot);
    }
    std::string kernels = op.getKernelModuleName().getValue().str();
    Value image =
        LLVM::AddressOfOp::create(b, getPtrType(), getKernelsSymbol(kernels));
    Value shared = adaptor.getDynamicSharedMemorySize();
    if (!shared)
      shared = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(0));
    Value threads = LLVM::TruncOp::create(b, i32, adaptor.getBlockSizeX());
    Value number = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(count));
    Value name = addName(b, module, op.getKernelName().getValue());
    LLVM::LLVMFuncOp callee = *LLVM::lookupOrCreateFn(
        rewriter, module, "attn_rt_launch",
        {getPtrType(), getPtrType(), i64, i32, i32, i32, getPtrType()},
        getVoidType());
    LLVM::CallOp::create(b, callee,
                         ValueRange{image, name, adaptor.getGridSizeX(),
                                    threads, shared, number, arguments});
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// Memory on the stack, in the entry block of the function around `op`.
  Value allocate(ImplicitLocOpBuilder &b, Operation *op, Type type,
                 int64_t count) const {
    OpBuilder::InsertionGuard guard(b);
    auto function = op->getParentOfType<FunctionOpInterface>();
    b.setInsertionPointToStart(&function.getFunctionBody().front());
    Value size = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(count));
    return LLVM::AllocaOp::create(b, getPtrType(), type, size);
  }

  /// An attn_rt_argument for `operand`, whose converted form is `value`.
  Value describe(ImplicitLocOpBuilder &b, Operation *op, Value operand,
                 Value value, bool isOutput, Type argumentType) const {
    int32_t kind = ATTN_RT_SCALAR, rank = 0;
    Type element = value.getType();
    if (auto memref = dyn_cast<MemRefType>(operand.getType())) {
      kind = isOutput ? ATTN_RT_OUTPUT : ATTN_RT_INPUT;
      rank = memref.getRank();
      element = getTypeConverter()->convertType(memref.getElementType());
    }
    if (!element.isIntOrFloat())
      return {};
    int64_t bytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
    if (value.getType().isInteger(1))
      value = LLVM::ZExtOp::create(b, b.getI8Type(), value);
    Value place = allocate(b, op, value.getType(), 1);
    LLVM::StoreOp::create(b, value, place);
    Value fields[] = {LLVM::ConstantOp::create(b, b.getI32IntegerAttr(kind)),
                      LLVM::ConstantOp::create(b, b.getI32IntegerAttr(rank)),
                      LLVM::ConstantOp::create(b, b.getI64IntegerAttr(bytes)),
                      place};
    Value argument = LLVM::UndefOp::create(b, argumentType);
    for (int64_t i = 0; i < 4; ++i)
      argument = LLVM::InsertValueOp::create(b, argument, fields[i], i);
    return argument;
  }

  /// The address of the name of a kernel.
  Value addName(ImplicitLocOpBuilder &b, ModuleOp module,
                StringRef name) const {
    std::string symbol = ("attn_kernel_" + name).str();
    if (!module.lookupSymbol(symbol)) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(module.getBody());
      std::string bytes = name.str() + '\0';
      auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
      LLVM::GlobalOp::create(b, type, /*isConstant=*/true,
                             LLVM::Linkage::Internal, symbol,
                             b.getStringAttr(bytes));
    }
    return LLVM::AddressOfOp::create(b, getPtrType(), symbol);
  }
};

} // namespace

void mlir::attn::populateLaunchToLLVMPatterns(
    const LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<BinaryOpLowering, LaunchFuncOpLowering>(converter);
}

std::optional<StringRef> mlir::attn::getKernelText(ModuleOp module) {
  for (auto global : module.getOps<LLVM::GlobalOp>()) {
    StringRef name = global.getSymName();
    if (!name.consume_back(textSuffix) ||
        !module.lookupSymbol(getKernelsSymbol(name)))
      continue;
    if (auto text = dyn_cast_or_null<StringAttr>(global.getValueAttr()))
      return text.getValue().rtrim('\0');
  }
  return std::nullopt;
}
