//===- CheckShapes.cpp - run-time checks of dynamic sizes -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inserts checks where sizes must fit together and are not known to.
//
//===----------------------------------------------------------------------===//

#include "attn/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCHECKSHAPESPASS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Returns the size of `axis` of `tensor`, looking through ops that make their
/// sizes from others, so that equal sizes become equal values.
static OpFoldResult getSize(OpBuilder &builder, Location loc, Value tensor,
                            int64_t axis) {
  while (true) {
    auto type = cast<RankedTensorType>(tensor.getType());
    if (!type.isDynamicDim(axis))
      return builder.getIndexAttr(type.getDimSize(axis));
    Operation *op = tensor.getDefiningOp();
    if (auto linalgOp = dyn_cast_or_null<DestinationStyleOpInterface>(op)) {
      tensor = linalgOp.getTiedOpOperand(cast<OpResult>(tensor))->get();
      continue;
    }
    auto empty = dyn_cast_or_null<tensor::EmptyOp>(op);
    if (!empty)
      return tensor::DimOp::create(builder, loc, tensor, axis).getResult();
    OpFoldResult size = empty.getMixedSizes()[axis];
    auto dim = dyn_cast<Value>(size).getDefiningOp<tensor::DimOp>();
    std::optional<int64_t> source = dim ? dim.getConstantIndex() : std::nullopt;
    if (!source)
      return size;
    tensor = dim.getSource();
    axis = *source;
  }
}

/// Returns whether the two sizes are known to be equal.
static bool isEqual(OpFoldResult lhs, OpFoldResult rhs) {
  if (isEqualConstantIntOrValue(lhs, rhs))
    return true;
  auto getDim = [](OpFoldResult size) {
    auto value = dyn_cast<Value>(size);
    return value ? value.getDefiningOp<tensor::DimOp>() : tensor::DimOp();
  };
  tensor::DimOp first = getDim(lhs), second = getDim(rhs);
  return first && second && first.getSource() == second.getSource() &&
         first.getConstantIndex() &&
         first.getConstantIndex() == second.getConstantIndex();
}

namespace {

/// Inserts the checks of one module.
class ShapeChecker {
public:
  explicit ShapeChecker(ModuleOp module)
      : module(module), builder(module.getContext()) {}

  /// Inserts what `op` needs before it.
  void check(Operation *op) {
    builder.setInsertionPoint(op);
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      if (linalgOp.hasPureTensorSemantics())
        checkLinalg(linalgOp);
    } else if (auto cast = dyn_cast<tensor::CastOp>(op)) {
      checkCast(cast);
    } else if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
      checkSlice(op, slice.getSource(), slice.getMixedOffsets(),
                 slice.getMixedSizes(), slice.getMixedStrides());
    } else if (auto slice = dyn_cast<tensor::InsertSliceOp>(op)) {
      checkSlice(op, slice.getDest(), slice.getMixedOffsets(),
                 slice.getMixedSizes(), slice.getMixedStrides());
    } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
      checkExpand(expand);
    }
  }

private:
  void checkLinalg(linalg::LinalgOp op);
  void checkCast(tensor::CastOp op);
  void checkSlice(Operation *op, Value tensor, ArrayRef<OpFoldResult> offsets,
                  ArrayRef<OpFoldResult> sizes, ArrayRef<OpFoldResult> strides);
  void checkExpand(tensor::ExpandShapeOp op);

  /// Calls the runtime function `name` with two numbers and what they are.
  void callCheck(StringRef name, Operation *op, OpFoldResult found,
                 OpFoldResult expected, const Twine &what);
  /// Returns the address of `text` in constant memory.
  Value getMessage(Location loc, StringRef text);

  ModuleOp module;
  OpBuilder builder;
  llvm::StringMap<LLVM::GlobalOp> messages;
};

} // namespace

/// Returns "file:line: " of a location in a file.
static std::string describeLocation(Location loc) {
  auto place = loc->findInstanceOf<FileLineColLoc>();
  if (!place)
    return "";
  return (llvm::sys::path::filename(place.getFilename()) + ":" +
          Twine(place.getLine()) + ": ")
      .str();
}

Value ShapeChecker::getMessage(Location loc, StringRef text) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  LLVM::GlobalOp &global = messages[text];
  if (!global) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    std::string bytes = text.str() + '\0';
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
    global = LLVM::GlobalOp::create(
        builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
        "attn_check_" + std::to_string(messages.size() - 1),
        builder.getStringAttr(bytes));
  }
  return LLVM::AddressOfOp::create(builder, loc, pointer, global.getSymName());
}

void ShapeChecker::callCheck(StringRef name, Operation *op, OpFoldResult found,
                             OpFoldResult expected, const Twine &what) {
  Location loc = op->getLoc();
  Type i64 = builder.getI64Type();
  std::string text =
      (describeLocation(loc) + op->getName().getStringRef() + ": " + what)
          .str();
  auto toWord = [&](OpFoldResult value) -> Value {
    return arith::IndexCastOp::create(
        builder, loc, i64,
        getValueOrCreateConstantIndexOp(builder, loc, value));
  };
  SmallVector<Value> operands = {toWord(found), toWord(expected),
                                 getMessage(loc, text)};
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    auto type =
        builder.getFunctionType(ValueRange(operands).getTypes(), TypeRange());
    func::FuncOp::create(builder, loc, name, type).setPrivate();
  }
  func::CallOp::create(builder, loc, name, TypeRange(), operands);
}

void ShapeChecker::checkLinalg(linalg::LinalgOp op) {
  SmallVector<OpFoldResult> loops(op.getNumLoops());
  Location loc = op.getLoc();
  // Sizes of loops first: from operands whose axes are single loops.
  auto forEachAxis = [&](auto &&body) {
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isa<RankedTensorType>(operand.get().getType()))
        continue;
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (auto [axis, expr] : llvm::enumerate(map.getResults()))
        body(operand, static_cast<int64_t>(axis), expr);
    }
  };
  auto describe = [](OpOperand &operand, int64_t axis) {
    return "axis " + std::to_string(axis) + " of operand " +
           std::to_string(operand.getOperandNumber());
  };
  forEachAxis([&](OpOperand &operand, int64_t axis, AffineExpr expr) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return;
    OpFoldResult size = getSize(builder, loc, operand.get(), axis);
    OpFoldResult &loop = loops[dim.getPosition()];
    if (!loop)
      loop = size;
    else if (!isEqual(size, loop))
      callCheck("attn_rt_check_equal", op, size, loop, describe(operand, axis));
  });
  // Then axes that several loops share, such as the image of a convolution.
  forEachAxis([&](OpOperand &operand, int64_t axis, AffineExpr expr) {
    if (isa<AffineDimExpr, AffineConstantExpr>(expr) ||
        llvm::is_contained(loops, OpFoldResult()))
      return;
    AffineMap lastIndex = AffineMap::get(op.getNumLoops(), 0, expr);
    SmallVector<OpFoldResult> last =
        llvm::map_to_vector(loops, [&](OpFoldResult size) -> OpFoldResult {
          AffineExpr d0 = builder.getAffineDimExpr(0);
          return affine::makeComposedFoldedAffineApply(builder, loc, d0 - 1,
                                                       {size});
        });
    OpFoldResult index =
        affine::makeComposedFoldedAffineApply(builder, loc, lastIndex, last);
    OpFoldResult least = affine::makeComposedFoldedAffineApply(
        builder, loc, builder.getAffineDimExpr(0) + 1, {index});
    OpFoldResult size = getSize(builder, loc, operand.get(), axis);
    if (!getConstantIntValue(least) || !getConstantIntValue(size))
      callCheck("attn_rt_check_at_least", op, size, least,
                describe(operand, axis));
  });
}

void ShapeChecker::checkCast(tensor::CastOp op) {
  auto from = dyn_cast<RankedTensorType>(op.getSource().getType());
  auto to = dyn_cast<RankedTensorType>(op.getType());
  if (!from || !to)
    return;
  for (int64_t axis = 0; axis < to.getRank(); ++axis) {
    if (to.isDynamicDim(axis) || !from.isDynamicDim(axis))
      continue;
    OpFoldResult size = getSize(builder, op.getLoc(), op.getSource(), axis);
    OpFoldResult expected = builder.getIndexAttr(to.getDimSize(axis));
    if (!isEqual(size, expected))
      callCheck("attn_rt_check_equal", op, size, expected,
                "axis " + Twine(axis));
  }
}

void ShapeChecker::checkSlice(Operation *op, Value tensor,
                              ArrayRef<OpFoldResult> offsets,
                              ArrayRef<OpFoldResult> sizes,
                              ArrayRef<OpFoldResult> strides) {
  Location loc = op->getLoc();
  AffineExpr offset, size, stride;
  bindSymbols(op->getContext(), offset, size, stride);
  for (auto [axis, dims] :
       llvm::enumerate(llvm::zip_equal(offsets, sizes, strides))) {
    auto [first, count, step] = dims;
    OpFoldResult whole = getSize(builder, loc, tensor, axis);
    bool all =
        isZeroInteger(first) && isOneInteger(step) && isEqual(count, whole);
    bool constant = getConstantIntValue(first) && getConstantIntValue(count) &&
                    getConstantIntValue(step) && getConstantIntValue(whole);
    if (all || constant)
      continue;
    for (auto [value, what] : {std::pair(first, "offset"), {count, "size"}})
      if (!getConstantIntValue(value))
        callCheck("attn_rt_check_at_least", op, value, builder.getIndexAttr(0),
                  what + Twine(" of axis ") + Twine(axis));
    OpFoldResult end = affine::makeComposedFoldedAffineApply(
        builder, loc, offset + (size - 1) * stride + 1, {first, count, step});
    callCheck("attn_rt_check_at_least", op, whole, end,
              "size of axis " + Twine(axis) + " that is sliced");
  }
}

void ShapeChecker::checkExpand(tensor::ExpandShapeOp op) {
  Location loc = op.getLoc();
  SmallVector<OpFoldResult> sizes =
      getMixedValues(op.getStaticOutputShape(), op.getOutputShape(), builder);
  for (auto [axis, group] : llvm::enumerate(op.getReassociationIndices())) {
    OpFoldResult whole = getSize(builder, loc, op.getSrc(), axis);
    OpFoldResult product = sizes[group.front()];
    AffineExpr lhs, rhs;
    bindSymbols(op.getContext(), lhs, rhs);
    for (int64_t index : ArrayRef(group).drop_front())
      product = affine::makeComposedFoldedAffineApply(builder, loc, lhs * rhs,
                                                      {product, sizes[index]});
    if (!isEqual(whole, product))
      callCheck("attn_rt_check_equal", op, whole, product,
                "size of axis " + Twine(axis) + " that is expanded");
  }
}

namespace {

/// Checks the sizes of the ops of a module at run time.
struct AttnCheckShapesPass final
    : attn::impl::AttnCheckShapesPassBase<AttnCheckShapesPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    ShapeChecker checker(getOperation());
    for (Operation *op : ops)
      checker.check(op);
  }
};

} // namespace
