//===- WidenSums.cpp - half-precision sums that round once ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Carries out sums of half-precision products in f32.
//
//===----------------------------------------------------------------------===//

#include "attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNWIDENSUMSPASS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Returns whether `type` is a half-precision number.
static bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

/// Returns whether `op` sums products of half-precision numbers in half
/// precision, and nothing else.
static bool isHalfSum(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() == 0)
    return false;
  if (!isHalf(getElementTypeOrSelf(op.getDpsInits()[0].getType())))
    return false;
  return llvm::all_of(op.getBlock()->without_terminator(), [](Operation &op) {
    return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::ExtFOp,
               arith::TruncFOp>(op);
  });
}

/// Returns `tensor` with its elements converted to `elementType`.
static Value convertElements(OpBuilder &builder, Location loc, Value tensor,
                             Type elementType) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value init = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, tensor), elementType);
  AffineMap map = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> kinds(type.getRank(),
                                         utils::IteratorType::parallel);
  auto convert = [&](OpBuilder &b, Location loc, ValueRange arguments) {
    Value value =
        isHalf(elementType)
            ? arith::TruncFOp::create(b, loc, elementType, arguments[0])
                  .getResult()
            : arith::ExtFOp::create(b, loc, elementType, arguments[0])
                  .getResult();
    linalg::YieldOp::create(b, loc, value);
  };
  return linalg::GenericOp::create(builder, loc, init.getType(), tensor, init,
                                   ArrayRef{map, map}, kinds, convert)
      .getResult(0);
}

/// Returns the f32 form of what the sum starts with. A filled tensor is filled
/// with the wider number.
static Value widenInit(OpBuilder &builder, Location loc, Value init) {
  Type f32 = builder.getF32Type();
  auto fill = init.getDefiningOp<linalg::FillOp>();
  if (!fill)
    return convertElements(builder, loc, init, f32);
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, fill.getDpsInits()[0]),
      f32);
  Value number = fill.getInputs()[0];
  if (isHalf(number.getType()))
    number = arith::ExtFOp::create(builder, loc, f32, number);
  return linalg::FillOp::create(builder, loc, number, empty).getResult(0);
}

/// Clones the body of `op` with all arithmetic in f32.
static void cloneBody(OpBuilder &builder, Location loc, linalg::LinalgOp op,
                      ValueRange arguments) {
  IRMapping mapping;
  auto widen = [&](Value value) -> Value {
    value = mapping.lookupOrDefault(value);
    if (!isHalf(value.getType()))
      return value;
    return arith::ExtFOp::create(builder, loc, builder.getF32Type(), value);
  };
  for (auto [from, to] :
       llvm::zip_equal(op.getBlock()->getArguments(), arguments))
    mapping.map(from, to);
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (isa<arith::ExtFOp, arith::TruncFOp>(inner)) {
      mapping.map(inner.getResult(0), widen(inner.getOperand(0)));
      continue;
    }
    SmallVector<Value> operands = llvm::map_to_vector(
        inner.getOperands(), [&](Value operand) { return widen(operand); });
    Operation *clone = builder.clone(inner);
    clone->setOperands(operands);
    clone->getResult(0).setType(builder.getF32Type());
    mapping.map(inner.getResult(0), clone->getResult(0));
  }
  linalg::YieldOp::create(builder, loc,
                          widen(op.getBlock()->getTerminator()->getOperand(0)));
}

namespace {

/// Widens the half-precision sums of a module.
struct AttnWidenSumsPass final
    : attn::impl::AttnWidenSumsPassBase<AttnWidenSumsPass> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> sums;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isHalfSum(op))
        sums.push_back(op);
    });
    for (linalg::LinalgOp op : sums)
      widen(op);
  }

private:
  /// Replaces `op` by a sum in f32 and a rounding.
  void widen(linalg::LinalgOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    Value init = op.getDpsInits()[0];
    Value wide = widenInit(builder, loc, init);
    auto sum = linalg::GenericOp::create(
        builder, loc, wide.getType(), op.getDpsInputs(), wide,
        op.getIndexingMapsArray(), op.getIteratorTypesArray(),
        [&](OpBuilder &b, Location loc, ValueRange arguments) {
          cloneBody(b, loc, op, arguments);
        });
    Value rounded = convertElements(builder, loc, sum.getResult(0),
                                    getElementTypeOrSelf(init.getType()));
    op->getResult(0).replaceAllUsesWith(rounded);
    op->erase();
  }
};

} // namespace
