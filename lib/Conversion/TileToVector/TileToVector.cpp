//===- TileToVector.cpp - tile programs to functions on vectors -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/TileToVector.h"

#include "KernelLowering.h"
#include "MathLibrary.h"

#include "attn/Conversion/OutlineParallelCalls.h"
#include "attn/Transforms/ApproximateMath.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTTILETOVECTORPASS
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::tile;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Gives the memory arguments of `kernel` the types of the operands of its
/// launch, with their static sizes and strides.
static LogicalResult specialise(KernelOp kernel, LaunchOp launch) {
  SmallVector<Value> operands(launch.getInputs());
  llvm::append_range(operands, launch.getOutputs());
  for (auto [i, argument, operand] :
       llvm::enumerate(kernel.getKernelArguments(), operands)) {
    if (isa<TensorType>(operand.getType()))
      return launch.emitOpError(
                 "expected memrefs; bufferise before this pass, operand ")
             << i << " is " << operand.getType();
    argument.setType(operand.getType());
  }
  return success();
}

/// Returns whether `dot` multiplies pairs of bf16. Few rows wait for memory,
/// and single rows or columns are not worth it.
static bool takesPairs(DotOp dot, const attn::CPUModel &model) {
  VectorType lhs = dot.getLhs().getType();
  return model.hasBF16Dots() && lhs.getElementType().isBF16() &&
         lhs.getDimSize(1) > 1 && dot.getType().getDimSize(1) > 1 &&
         !getStreamedLoad(dot);
}

/// Widens the operands of `dot` to the accumulator's element type, unless the
/// CPU has products of what they are, and makes its left operand zero where its
/// mask is false, so that the plain product is right whenever the right operand
/// is finite.
static void normaliseDot(DotOp dot, const attn::CPUModel &model) {
  ImplicitLocOpBuilder b(dot.getLoc(), dot);
  Type element = cast<VectorType>(dot.getType()).getElementType();
  if (takesPairs(dot, model))
    element = b.getBF16Type();
  for (OpOperand *operand : {&dot.getLhsMutable(), &dot.getRhsMutable()}) {
    auto type = cast<VectorType>(operand->get().getType());
    if (type.getElementType() == element)
      continue;
    // Where the operand is made: that may be outside of the dot's loop.
    b.setInsertionPointAfterValue(operand->get());
    operand->set(arith::ExtFOp::create(b, type.clone(element), operand->get()));
  }
  b.setInsertionPoint(dot);
  if (!dot.getMask())
    return;
  Value lhs = dot.getLhs();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(lhs.getType()));
  dot.getLhsMutable().assign(
      arith::SelectOp::create(b, dot.getMask(), lhs, zero));
}

/// Computes an operation on f16 or bf16 tiles in f32, except for those that
/// only move or convert elements.
static void widenHalf(Operation *op) {
  auto isHalf = [](Value value) {
    VectorType type = getTileType(value);
    return type &&
           (type.getElementType().isF16() || type.getElementType().isBF16());
  };
  bool computes =
      OpTrait::hasElementwiseMappableTraits(op) || isa<ReduceOp>(op);
  if (!computes ||
      isa<arith::ExtFOp, arith::TruncFOp, arith::SelectOp, arith::BitcastOp>(
          op))
    return;
  ImplicitLocOpBuilder b(op->getLoc(), op);
  auto widen = [&](Type type) {
    return cast<VectorType>(type).clone(b.getF32Type());
  };
  for (OpOperand &operand : op->getOpOperands())
    if (isHalf(operand.get()))
      operand.set(arith::ExtFOp::create(b, widen(operand.get().getType()),
                                        operand.get()));
  for (OpResult result : op->getResults()) {
    if (!isHalf(result))
      continue;
    Type narrow = result.getType();
    result.setType(widen(narrow));
    b.setInsertionPointAfter(op);
    auto truncated = arith::TruncFOp::create(b, narrow, result);
    result.replaceAllUsesExcept(truncated, truncated);
  }
}

/// Returns a private function for `kernel`: the task, the extents of the grid,
/// and the kernel's arguments.
static func::FuncOp createFunction(KernelOp kernel) {
  OpBuilder b(kernel);
  SmallVector<Type> types(1 + kernel.getGridRank(), b.getIndexType());
  llvm::append_range(types, TypeRange(kernel.getKernelArguments()));
  auto function = func::FuncOp::create(b, kernel.getLoc(), kernel.getSymName(),
                                       b.getFunctionType(types, {}));
  function.setPrivate();
  return function;
}

/// Replaces `launch` by one call that stands for a call per task: its first
/// operand, in place of the task, is their number.
static void lowerLaunch(LaunchOp launch) {
  ImplicitLocOpBuilder b(launch.getLoc(), launch);
  Value count = arith::ConstantIndexOp::create(b, 1);
  for (Value extent : launch.getGrid())
    count = arith::MulIOp::create(b, count, extent);
  SmallVector<Value> operands{count};
  llvm::append_range(operands, launch.getOperands());
  auto call =
      func::CallOp::create(b, launch.getKernel(), TypeRange(), operands);
  call->setAttr(attn::getParallelCallAttrName(), b.getUnitAttr());
  launch.erase();
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// Returns the name of the runtime's function for checks of kind `kind`.
static StringRef getRuntimeName(CheckKind kind) {
  switch (kind) {
  case CheckKind::Equal:
    return "attn_rt_check_equal";
  case CheckKind::AtLeast:
    return "attn_rt_check_at_least";
  case CheckKind::AtMost:
    return "attn_rt_check_at_most";
  case CheckKind::Multiple:
    return "attn_rt_check_multiple";
  }
  llvm_unreachable("unknown kind of check");
}

namespace {

/// Declarations and constants that lowered operations refer to.
class ModuleSymbols {
public:
  explicit ModuleSymbols(ModuleOp module) : table(module) {}

  /// Declares the function `name` unless the module has it.
  void declare(StringRef name, TypeRange operands, TypeRange results) {
    if (table.lookup(name))
      return;
    OpBuilder b(table.getOp()->getContext());
    auto function = func::FuncOp::create(b, table.getOp()->getLoc(), name,
                                         b.getFunctionType(operands, results));
    function.setPrivate();
    table.insert(function, getStart());
  }

  /// Returns the address of a constant string.
  Value getString(OpBuilder &b, Location loc, StringRef text) {
    LLVM::GlobalOp &global = strings[text];
    if (!global) {
      std::string bytes = text.str();
      bytes.push_back('\0');
      OpBuilder::InsertionGuard guard(b);
      b.clearInsertionPoint();
      global = LLVM::GlobalOp::create(
          b, loc, LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size()),
          /*isConstant=*/true, LLVM::Linkage::Internal, "attn_message",
          b.getStringAttr(bytes));
      table.insert(global, getStart());
    }
    return LLVM::AddressOfOp::create(b, loc, global);
  }

private:
  Block::iterator getStart() {
    return cast<ModuleOp>(table.getOp()).getBody()->begin();
  }

  SymbolTable table;
  llvm::StringMap<LLVM::GlobalOp> strings;
};

} // namespace

/// Lowers a check to a call of the runtime.
static void lowerCheck(CheckOp check, ModuleSymbols &symbols) {
  ImplicitLocOpBuilder b(check.getLoc(), check);
  Type i64 = b.getI64Type();
  StringRef name = getRuntimeName(check.getKind());
  symbols.declare(name, {i64, i64, LLVM::LLVMPointerType::get(b.getContext())},
                  {});
  Value found = arith::IndexCastOp::create(b, i64, check.getFound());
  Value expected = arith::IndexCastOp::create(b, i64, check.getExpected());
  Value message = symbols.getString(b, b.getLoc(), check.getMessage());
  func::CallOp::create(b, name, TypeRange(),
                       ValueRange{found, expected, message});
  check.erase();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

/// Lowers every kernel, launch and check of a module.
struct ConvertTileToVectorPass
    : attn::impl::ConvertTileToVectorPassBase<ConvertTileToVectorPass> {
  using ConvertTileToVectorPassBase::ConvertTileToVectorPassBase;

  void runOnOperation() override {
    const attn::CPUModel *model = attn::lookupCPUModel(target);
    if (!model) {
      getOperation().emitError("expected the name of a CPU model, found ")
          << target;
      return signalPassFailure();
    }
    if (failed(specialiseKernels()))
      return signalPassFailure();
    ModuleSymbols symbols(getOperation());
    for (KernelOp kernel :
         llvm::make_early_inc_range(getOperation().getOps<KernelOp>()))
      if (failed(lowerKernel(kernel, *model, symbols)))
        return signalPassFailure();
    getOperation().walk([](LaunchOp launch) { lowerLaunch(launch); });
    getOperation().walk([&](CheckOp check) { lowerCheck(check, symbols); });
    callMathLibrary(getOperation(), [&](StringRef name, Type type) {
      symbols.declare(name, type, type);
    });
  }

  /// Specialises every kernel to its only launch.
  LogicalResult specialiseKernels() {
    SymbolTable table(getOperation());
    DenseMap<KernelOp, LaunchOp> launches;
    WalkResult result = getOperation().walk([&](LaunchOp launch) {
      auto kernel = table.lookup<KernelOp>(launch.getKernel());
      auto [entry, isFirst] = launches.try_emplace(kernel, launch);
      if (!isFirst) {
        InFlightDiagnostic error =
            launch.emitOpError("expected a kernel of its own, found a second "
                               "launch of @")
            << launch.getKernel();
        error.attachNote(entry->second.getLoc()) << "the first launch is here";
        return WalkResult::interrupt();
      }
      return failed(specialise(kernel, launch)) ? WalkResult::interrupt()
                                                : WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  LogicalResult lowerKernel(KernelOp kernel, const attn::CPUModel &model,
                            ModuleSymbols &symbols) {
    if (failed(verifyKernel(kernel)))
      return failure();
    kernel.walk([&](DotOp dot) { normaliseDot(dot, model); });
    kernel.walk([](Operation *op) { widenHalf(op); });
    func::FuncOp function = createFunction(kernel);
    KernelLowering(kernel, function, model).run();
    kernel.erase();
    symbols.declare("attn_rt_scratch", IntegerType::get(&getContext(), 64),
                    LLVM::LLVMPointerType::get(&getContext()));
    RewritePatternSet patterns(&getContext());
    attn::populateApproximateMathPatterns(patterns);
    arith::populateExpandBFloat16Patterns(patterns);
    return applyPatternsGreedily(function, std::move(patterns));
  }
};

} // namespace
