//===- OutlineParallelCalls.cpp - parallel calls to the runtime -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/OutlineParallelCalls.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {
#define GEN_PASS_DEF_OUTLINEPARALLELCALLSPASS
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;

/// Returns the declaration of the runtime's loop, making it if need be.
static LLVM::LLVMFuncOp getParallelFor(SymbolTable &symbols) {
  constexpr StringLiteral name = "attn_rt_parallel_for";
  if (auto function = symbols.lookup<LLVM::LLVMFuncOp>(name))
    return function;
  MLIRContext *context = symbols.getOp()->getContext();
  OpBuilder b(context);
  auto pointer = LLVM::LLVMPointerType::get(context);
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                          {b.getI64Type(), pointer, pointer});
  auto function =
      LLVM::LLVMFuncOp::create(b, symbols.getOp()->getLoc(), name, type);
  symbols.insert(function);
  return function;
}

/// Returns a new function `(task, context)` that calls `callee` for one task
/// with the operands that the struct at `context` holds.
static LLVM::LLVMFuncOp createTask(LLVM::LLVMFuncOp callee,
                                   LLVM::LLVMStructType structType,
                                   SymbolTable &symbols) {
  MLIRContext *context = callee.getContext();
  ImplicitLocOpBuilder b(callee.getLoc(), context);
  auto pointer = LLVM::LLVMPointerType::get(context);
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                          {b.getI64Type(), pointer});
  auto task = LLVM::LLVMFuncOp::create(b, (callee.getName() + "_task").str(),
                                       type, LLVM::Linkage::Internal);
  symbols.insert(task, std::next(callee->getIterator()));

  b.setInsertionPointToStart(task.addEntryBlock(b));
  SmallVector<Value> operands{task.getArgument(0)};
  for (auto [i, field] : llvm::enumerate(structType.getBody())) {
    Value address =
        LLVM::GEPOp::create(b, pointer, structType, task.getArgument(1),
                            ArrayRef<LLVM::GEPArg>{0, static_cast<int32_t>(i)});
    operands.push_back(LLVM::LoadOp::create(b, field, address));
  }
  LLVM::CallOp::create(b, callee, operands);
  LLVM::ReturnOp::create(b, ValueRange());
  return task;
}

/// Returns a pointer to a struct on the stack that holds `operands`. The space
/// is made once per call of the function, not once per iteration of a loop.
static Value storeOperands(ImplicitLocOpBuilder &b, LLVM::CallOp call,
                           LLVM::LLVMStructType structType,
                           ValueRange operands) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto function = call->getParentOfType<LLVM::LLVMFuncOp>();
  Value context;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&function.getBody().front());
    Value one = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(1));
    context = LLVM::AllocaOp::create(b, pointer, structType, one);
  }
  for (auto [i, operand] : llvm::enumerate(operands)) {
    Value address =
        LLVM::GEPOp::create(b, pointer, structType, context,
                            ArrayRef<LLVM::GEPArg>{0, static_cast<int32_t>(i)});
    LLVM::StoreOp::create(b, operand, address);
  }
  return context;
}

/// Replaces one parallel call.
static void outline(LLVM::CallOp call, SymbolTable &symbols) {
  auto callee = symbols.lookup<LLVM::LLVMFuncOp>(*call.getCallee());
  callee.setLinkage(LLVM::Linkage::Internal);
  ImplicitLocOpBuilder b(call.getLoc(), call);
  bool mayAlias = call->hasAttr(attn::getAliasingCallAttrName());
  for (unsigned i = 0; i < callee.getNumArguments(); ++i)
    if (!mayAlias &&
        isa<LLVM::LLVMPointerType>(callee.getArgument(i).getType()))
      callee.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                        b.getUnitAttr());

  ValueRange operands = ValueRange(call.getArgOperands()).drop_front();
  auto structType = LLVM::LLVMStructType::getLiteral(
      b.getContext(), llvm::to_vector(operands.getTypes()));
  LLVM::LLVMFuncOp task = createTask(callee, structType, symbols);
  LLVM::LLVMFuncOp parallelFor = getParallelFor(symbols);
  Value context = storeOperands(b, call, structType, operands);
  Value body = LLVM::AddressOfOp::create(b, task);
  LLVM::CallOp::create(
      b, parallelFor, ValueRange{call.getArgOperands().front(), body, context});
  call.erase();
}

namespace {

/// Replaces every parallel call of a module.
struct OutlineParallelCallsPass
    : attn::impl::OutlineParallelCallsPassBase<OutlineParallelCallsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<LLVM::CallOp> calls;
    getOperation().walk([&](LLVM::CallOp call) {
      if (call->hasAttr(attn::getParallelCallAttrName()))
        calls.push_back(call);
    });
    for (LLVM::CallOp call : calls)
      outline(call, symbols);
  }
};

} // namespace
