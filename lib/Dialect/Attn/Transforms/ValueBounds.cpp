//===- ValueBounds.cpp - extents of the results of attn ops ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/ExternalModels.h"

#include "attn/Dialect/Attn/IR/PairView.h"

#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;
using Bounds = ValueBoundsConstraintSet;

//===----------------------------------------------------------------------===//
// Ops over pairs
//===----------------------------------------------------------------------===//

/// The extent of coordinate `dim`, or null if it is the product of a grid.
static AffineExpr getExtent(const PairView &view, unsigned dim, Bounds &set) {
  int64_t extent = view.getStaticExtent(dim);
  if (!ShapedType::isDynamic(extent))
    return set.getExpr(Builder(view.op->getContext()).getIndexAttr(extent));
  PairCoordinates c = view.getCoordinates();
  if (view.hasExtentClause(dim)) {
    unsigned token = c.isKey(dim);
    if (view.staticExtents[token] == kNoExtent)
      return {};
    bool isSecond = token == 1 && ShapedType::isDynamic(view.staticExtents[0]);
    return set.getExpr(view.extents[isSecond]);
  }
  unsigned numDefining;
  OperandAxis axis = view.findAxes(dim, numDefining).front();
  return set.getExpr(axis.tensor, axis.axis);
}

/// The extent of an axis of a result of attention.
static AffineExpr getExtent(AttentionOp op, Value result, unsigned axis,
                            const PairView &view, Bounds &set) {
  if (result != op.getOut())
    return getExtent(view, axis, set);
  AffineExpr position = op.getOutMap()->getResult(axis);
  return getExtent(view, cast<AffineDimExpr>(position).getPosition(), set);
}

/// The extent of an axis of a partial state.
static AffineExpr getExtent(PartialOp op, Value, unsigned axis,
                            const PairView &view, Bounds &set) {
  PairCoordinates c = view.getCoordinates();
  if (!op.getSplit() || axis < c.query())
    return getExtent(view, axis, set);
  if (axis > c.query())
    return getExtent(view, axis - 1, set);
  AffineExpr keys = getExtent(view, c.key(), set);
  return keys ? keys.ceilDiv(*op.getSplit()) : keys;
}

/// The extent of an axis of what is observed, if it is that of a coordinate.
static AffineExpr getExtent(ObserveOp op, Value result, unsigned axis,
                            const PairView &view, Bounds &set) {
  unsigned number = cast<OpResult>(result).getResultNumber();
  AffineMap map = PairView::getMap(op.getIntoMaps(), number);
  auto dim = dyn_cast<AffineDimExpr>(map.getResult(axis));
  return dim ? getExtent(view, dim.getPosition(), set) : AffineExpr();
}

namespace {

template <typename OpTy>
struct PairBounds final
    : ValueBoundsOpInterface::ExternalModel<PairBounds<OpTy>, OpTy> {
  void populateBoundsForShapedValueDim(Operation *op, Value value, int64_t axis,
                                       Bounds &set) const {
    PairView view = PairView::get(op);
    if (AffineExpr extent = getExtent(cast<OpTy>(op), value, axis, view, set))
      set.bound(value)[axis] == extent;
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Ops without named coordinates
//===----------------------------------------------------------------------===//

/// The axis of an operand that has the extent of an axis of a result.
static std::pair<Value, unsigned> getSource(Operation *op, Value result,
                                            unsigned axis) {
  using Source = std::pair<Value, unsigned>;
  unsigned number = cast<OpResult>(result).getResultNumber();
  auto along = [&](std::optional<uint64_t> gone) {
    return gone && axis >= *gone ? axis + 1 : axis;
  };
  return llvm::TypeSwitch<Operation *, Source>(op)
      .Case([&](CombineOp op) {
        Value first = result == op.getAcc()   ? op.getAccs().front()
                      : result == op.getMax() ? op.getMaxes().front()
                                              : op.getDens().front();
        return Source(first, along(op.getAxis()));
      })
      .Case([&](MergeOp op) {
        Value first = number == 0 ? op.getOuts().front() : op.getLses().front();
        return Source(first, along(op.getAxis()));
      })
      .Case([&](FinalizeOp op) {
        bool isOut = op.getAcc() && number == 0;
        return Source(isOut ? op.getAcc() : op.getMax(), axis);
      })
      .Default([&](Operation *op) {
        // One operand for each result, or one for all.
        bool isPrefix = isa<PrefixOp>(op);
        return Source(op->getOperand(isPrefix ? number : 0), axis);
      });
}

namespace {

template <typename OpTy>
struct OperandBounds final
    : ValueBoundsOpInterface::ExternalModel<OperandBounds<OpTy>, OpTy> {
  void populateBoundsForShapedValueDim(Operation *op, Value value, int64_t axis,
                                       Bounds &set) const {
    auto [source, sourceAxis] = getSource(op, value, axis);
    set.bound(value)[axis] == set.getExpr(source, sourceAxis);
  }
};

template <template <typename> class Model, typename... Ops>
void attach(MLIRContext &context) {
  (Ops::template attachInterface<Model<Ops>>(context), ...);
}

} // namespace

void mlir::attn::registerValueBoundsOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    attach<PairBounds, AttentionOp, ObserveOp, PartialOp>(*context);
    attach<OperandBounds, CombineOp, FinalizeOp, MergeOp, NormOp, PrefixOp,
           RotateBlocksOp, RotateOp, SoftmaxOp, TopkOp>(*context);
  });
}
