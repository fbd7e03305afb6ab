//===- AttnScoreOps.cpp - how strongly pairs interact ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers and result shapes of attention, its partial states, observation.
//
//===----------------------------------------------------------------------===//

#include "Syntax.h"
#include "attn/Dialect/Attn/IR/PairView.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Builders
//===----------------------------------------------------------------------===//

void AttentionOp::build(OpBuilder &b, OperationState &state, Type out,
                        Value query, Value key, Value value, Value mask,
                        double scale) {
  ArrayAttr over = b.getStrArrayAttr({"b", "h"}), none = b.getArrayAttr({});
  PairCoordinates c(over, /*queryAxes=*/0, /*keyAxes=*/0);
  auto getMap = [&](unsigned token) {
    SmallVector<AffineExpr> exprs = {
        b.getAffineDimExpr(0), b.getAffineDimExpr(1), b.getAffineDimExpr(token),
        b.getAffineDimExpr(c.inner())};
    return AffineMapAttr::get(
        AffineMap::get(c.size(), 0, exprs, b.getContext()));
  };
  AffineMapAttr queryMap = getMap(c.query()), keyMap = getMap(c.key());
  build(b, state, out, /*stat=*/Type(), query, key, value, mask,
        /*scale=*/Value(),
        /*bias=*/ValueRange(), /*bindings=*/ValueRange(), /*grid=*/ValueRange(),
        /*extents=*/ValueRange(), /*bindingInfos=*/none, over,
        /*queryGrid=*/ArrayRef<int64_t>(), /*keyGrid=*/ArrayRef<int64_t>(),
        /*staticExtents=*/ArrayRef<int64_t>({kNoExtent, kNoExtent}),
        /*lhsMaps=*/b.getArrayAttr({queryMap}),
        /*rhsMaps=*/b.getArrayAttr({keyMap}),
        /*valueMap=*/keyMap, /*biasMaps=*/none, b.getF64FloatAttr(scale),
        /*scoreCoordinates=*/ArrayRef<int64_t>(), /*normaliser=*/Value(),
        /*sink=*/Value(), /*sinkMap=*/AffineMapAttr(), /*outMap=*/queryMap,
        Weight::Exp,
        /*power=*/1, Normalise::Sum);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// The position of the inner axis in `map`, if it occurs as a plain `:`.
static std::optional<unsigned> findInner(AffineMap map, unsigned inner,
                                         unsigned &count) {
  std::optional<unsigned> found;
  count = 0;
  for (auto [position, expr] : llvm::enumerate(map.getResults()))
    if (expr == getAffineDimExpr(inner, map.getContext())) {
      found = position;
      ++count;
    }
  return found;
}

/// Checks the map of an operand (C1).
static LogicalResult verifyOperandMap(const PairView &view, const Twine &what,
                                      Value operand, AffineMap map,
                                      bool allowInner = false) {
  return verifyMap(
      view.op, what, map, operand.getType(), view.getCoordinates().getNames(),
      getBindingTypes(view.bindingInfos, view.bindings), allowInner);
}

/// Whether `map` depends on a coordinate in [begin, end), also by way of bound
/// names, which depend on earlier ones only.
static bool dependsOn(const PairView &view, AffineMap map, unsigned begin,
                      unsigned end) {
  for (unsigned dim = begin; dim < end; ++dim)
    if (map.isFunctionOfDim(dim))
      return true;
  for (unsigned n = 0; n < view.bindingInfos.size(); ++n)
    if (map.isFunctionOfSymbol(n) &&
        dependsOn(view, cast<BindingAttr>(view.bindingInfos[n]).getMap(), begin,
                  end))
      return true;
  return false;
}

/// Checks one dot product (C1 to C3).
static LogicalResult verifyDot(const PairView &view, unsigned n) {
  PairCoordinates c = view.getCoordinates();
  AffineMap left = PairView::getMap(view.lhsMaps, n);
  AffineMap right = PairView::getMap(view.rhsMaps, n);
  if (failed(verifyOperandMap(view, "the left side of a dot product",
                              view.lhs[n], left,
                              /*allowInner=*/true)) ||
      failed(verifyOperandMap(view, "the right side of a dot product",
                              view.rhs[n], right,
                              /*allowInner=*/true)))
    return failure();
  unsigned leftCount, rightCount;
  std::optional<unsigned> leftInner = findInner(left, c.inner(), leftCount);
  std::optional<unsigned> rightInner = findInner(right, c.inner(), rightCount);
  if (leftCount != 1 || rightCount != 1)
    return view.op->emitOpError(
               "expected ':' once in each side of a dot product, found ")
           << leftCount << " and " << rightCount;
  int64_t leftSize =
      cast<RankedTensorType>(view.lhs[n].getType()).getDimSize(*leftInner);
  int64_t rightSize =
      cast<RankedTensorType>(view.rhs[n].getType()).getDimSize(*rightInner);
  if (ShapedType::isDynamic(leftSize) || ShapedType::isDynamic(rightSize))
    return view.op->emitOpError(
        "expected a static inner axis of a dot product");
  if (leftSize != rightSize)
    return view.op->emitOpError(
               "expected equal inner axes of a dot product, found ")
           << leftSize << " and " << rightSize;
  if (dependsOn(view, left, c.key(), c.inner()))
    return view.op->emitOpError(
        "the left side of a dot product must not depend on 'j'");
  return success();
}

/// Checks the value (C1, C3).
static LogicalResult verifyValue(const PairView &view) {
  PairCoordinates c = view.getCoordinates();
  if (!view.valueMap)
    return view.op->emitOpError("expected a map of the value");
  if (failed(verifyOperandMap(view, "the value", view.values, view.valueMap,
                              /*allowInner=*/true)))
    return failure();
  unsigned count;
  std::optional<unsigned> inner = findInner(view.valueMap, c.inner(), count);
  if (count > 1)
    return view.op->emitOpError(
               "expected ':' at most once in the value, found ")
           << count;
  if (inner &&
      cast<RankedTensorType>(view.values.getType()).isDynamicDim(*inner))
    return view.op->emitOpError("expected a static inner axis of the value");
  if (dependsOn(view, view.valueMap, c.query(), c.key()))
    return view.op->emitOpError("the value must not depend on 'i'");
  return success();
}

/// Checks the maps of all operands.
static LogicalResult verifyMaps(const PairView &view) {
  Operation *op = view.op;
  PairCoordinates c = view.getCoordinates();
  for (unsigned n = 0; n < view.lhs.size(); ++n)
    if (failed(verifyDot(view, n)))
      return failure();
  for (unsigned n = 0; n < view.bias.size(); ++n)
    if (failed(verifyOperandMap(view, "bias " + Twine(n), view.bias[n],
                                PairView::getMap(view.biasMaps, n))))
      return failure();
  bool isObserve = isa<ObserveOp>(op);
  for (auto &[operand, map] : view.further) {
    if (failed(verifyOperandMap(view, isObserve ? "the lse" : "the sink",
                                operand, map)))
      return failure();
    if (dependsOn(view, map, c.key(), c.inner()))
      return op->emitOpError("the sink must not depend on 'j'");
  }
  return view.values ? verifyValue(view) : success();
}

/// Checks that head counts divide (C4) and that extents agree (C10).
static LogicalResult verifyExtents(const PairView &view) {
  PairCoordinates c = view.getCoordinates();
  for (unsigned dim = 0; dim < c.inner(); ++dim) {
    unsigned numDefining;
    SmallVector<OperandAxis> axes = view.findAxes(dim, numDefining);
    if (axes.empty() && !view.hasExtentClause(dim))
      return view.op->emitOpError("the extent of '")
             << c.getNames()[dim] << "' follows from no operand";
    int64_t extent = view.getStaticExtent(dim);
    if (ShapedType::isDynamic(extent))
      continue;
    bool isHead = c.numOver() && dim == c.numOver() - 1;
    for (auto [position, axis] : llvm::enumerate(axes)) {
      int64_t size =
          cast<RankedTensorType>(axis.tensor.getType()).getDimSize(axis.axis);
      bool grouped = isHead && position >= numDefining;
      if (ShapedType::isDynamic(size))
        continue;
      if (grouped && (size == 0 ? extent != 0 : extent % size != 0))
        return view.op->emitOpError("expected a number of heads that divides ")
               << extent << " in " << axis.name << ", found " << size;
      if (!grouped && size != extent)
        return view.op->emitOpError("expected extent ")
               << extent << " of '" << c.getNames()[dim] << "' in " << axis.name
               << ", found " << size;
    }
  }
  return success();
}

/// Checks that index arithmetic on tokens cannot wrap (C12).
static LogicalResult verifyProduct(const PairView &view) {
  PairCoordinates c = view.getCoordinates();
  auto dims = llvm::to_vector(llvm::seq(c.numOver()));
  dims.append({c.query(), c.key()});
  auto extents = llvm::map_to_vector(
      dims, [&](unsigned dim) { return view.getStaticExtent(dim); });
  if (multiplyExtents(extents))
    return success();
  InFlightDiagnostic error =
      view.op->emitOpError("expected a product of extents below 2^62, found ");
  for (auto [dim, extent] : llvm::zip(dims, extents)) {
    error << (dim == dims.front() ? "" : ", ") << c.getNames()[dim] << " = ";
    ShapedType::isDynamic(extent) ? error << '?' : error << extent;
  }
  return error;
}

/// Checks the numbers of maps, extents and bindings.
static LogicalResult verifyCounts(const PairView &view) {
  Operation *op = view.op;
  if (view.lhs.size() != view.rhs.size())
    return op->emitOpError("expected two sides of each dot product, found ")
           << view.lhs.size() << " and " << view.rhs.size();
  if (view.staticExtents.size() != 2)
    return op->emitOpError("expected two static extents, found ")
           << view.staticExtents.size();
  for (int64_t extent : view.staticExtents)
    if (!ShapedType::isDynamic(extent) && extent < 0 && extent != kNoExtent)
      return op->emitOpError("expected an extent that is not negative, found ")
             << extent;
  size_t dynamicExtents =
      llvm::count_if(view.staticExtents, ShapedType::isDynamic);
  if (dynamicExtents != view.extents.size())
    return op->emitOpError("expected ")
           << dynamicExtents << " operands of extents, found "
           << view.extents.size();
  if ((!view.queryGrid.empty() && view.staticExtents[0] != kNoExtent) ||
      (!view.keyGrid.empty() && view.staticExtents[1] != kNoExtent))
    return op->emitOpError(
        "an extent is given by a grid and by an extents clause");
  if (view.lhsMaps.size() != view.lhs.size() ||
      view.rhsMaps.size() != view.rhs.size() ||
      view.biasMaps.size() != view.bias.size())
    return op->emitOpError("expected one map per operand");
  return success();
}

/// Checks that the mask fits the coordinates (C8).
static LogicalResult verifyMask(const PairView &view) {
  auto mask = cast<MaskType>(view.mask.getType());
  unsigned over = view.getCoordinates().numOver();
  if (mask.getOver() && mask.getOver() != over)
    return view.op->emitOpError("expected a mask over ")
           << over << " batch coordinates or none, found " << mask.getOver();
  for (auto [grid, rank] : {std::pair(view.queryGrid, mask.getQueryRank()),
                            std::pair(view.keyGrid, mask.getKeyRank())})
    if (!grid.empty() && rank != 1 && rank != grid.size())
      return view.op->emitOpError("expected a mask of the rank ")
             << grid.size() << " of the grid, or over tokens in a line, found "
             << mask;
  return success();
}

/// Checks the scale and the score region (C6, C7).
static LogicalResult verifyScore(const PairView &view, OperandRange bindings) {
  Operation *op = view.op;
  if (view.scale && view.scale.getType() != view.getStatType())
    return op->emitOpError("expected a scale of type ")
           << view.getStatType() << ", found " << view.scale.getType();
  if (view.scale && view.scaleAttr)
    return op->emitOpError("expected one scale, found a number and a value");
  if (view.score->empty() && !view.scoreCoordinates.empty())
    return op->emitOpError(
        "expected coordinates of a score region, which is absent");
  if (view.score->empty())
    return success();
  if (!view.bias.empty())
    return op->emitOpError("a score region and bias exclude each other");
  SmallVector<Type> leading(view.lhs.size(), view.getStatType());
  if (failed(verifyCoordinates(op, view.scoreCoordinates,
                               view.getCoordinates().inner())) ||
      failed(verifyRegionArguments(op, *view.score, "score region", leading,
                                   view.bindingInfos, bindings,
                                   view.scoreCoordinates.size())))
    return failure();
  Operation *yield = view.score->front().getTerminator();
  if (yield->getNumOperands() != 1 ||
      yield->getOperand(0).getType() != view.getStatType())
    return op->emitOpError("expected the score region to yield one ")
           << view.getStatType();
  return success();
}

/// The operands of the `with` clause, and of the grid, which follow.
static std::pair<OperandRange, OperandRange> getRanges(const PairView &view) {
  unsigned begin = view.lhs.size() + view.rhs.size() + (view.values ? 1 : 0) +
                   (view.mask ? 1 : 0) + (view.scale ? 1 : 0) +
                   view.bias.size();
  OperandRange operands = view.op->getOperands();
  return {operands.slice(begin, view.bindings.size()),
          operands.slice(begin + view.bindings.size(), view.grid.size())};
}

/// Checks what the three ops share.
static LogicalResult verifyPair(const PairView &view) {
  Operation *op = view.op;
  PairCoordinates c = view.getCoordinates();
  auto [bindings, grid] = getRanges(view);
  if (failed(verifyCounts(view)) ||
      failed(verifyGrid(op, view.queryGrid, view.keyGrid, grid)) ||
      failed(verifyNames(op, c.getNames())) ||
      failed(verifyBindings(op, view.bindingInfos, bindings, c.getNames())) ||
      failed(verifyMaps(view)) || failed(verifyExtents(view)) ||
      failed(verifyProduct(view)))
    return failure();
  if (view.mask && failed(verifyMask(view)))
    return failure();
  return verifyScore(view, bindings);
}

/// Checks the weight and its normaliser (C5) of attention and partial.
static LogicalResult verifyWeight(const PairView &view) {
  if (view.weight == Weight::Exp && view.normalise != Normalise::Sum)
    return view.op->emitOpError("the weight exp is normalised by its sum");
  if (view.power < 1 || (view.power != 1 && view.weight != Weight::Relu))
    return view.op->emitOpError(
        "expected a power of at least 1, and of relu only");
  if ((view.weight == Weight::Custom) != !view.weightRegion->empty())
    return view.op->emitOpError(
        "expected a region for the weight custom, and for no other");
  if (view.weightRegion->empty())
    return success();
  if (failed(verifyBlock(view.op, *view.weightRegion, "weight region")))
    return failure();
  Block &block = view.weightRegion->front();
  Type stat = view.getStatType();
  if (block.getNumArguments() != 1 || block.getArgument(0).getType() != stat ||
      block.getTerminator()->getNumOperands() != 1 ||
      block.getTerminator()->getOperand(0).getType() != stat)
    return view.op->emitOpError("expected the weight region to map one ")
           << stat << " to one " << stat;
  return success();
}

/// Checks that `type` has the extents of `dims` where both are static (C9).
static LogicalResult verifyShape(const PairView &view, StringRef what,
                                 Type type, ArrayRef<int64_t> shape,
                                 Type element) {
  auto tensor = cast<RankedTensorType>(type);
  auto fail = [&]() {
    return view.op->emitOpError("expected the ")
           << what << " to be " << RankedTensorType::get(shape, element)
           << ", found " << tensor;
  };
  if (tensor.getRank() != static_cast<int64_t>(shape.size()) ||
      tensor.getElementType() != element)
    return fail();
  for (auto [found, expected] : llvm::zip(tensor.getShape(), shape))
    if (!ShapedType::isDynamic(expected) && !ShapedType::isDynamic(found) &&
        found != expected)
      return fail();
  return success();
}

/// The extents of `[over.., i]`.
static SmallVector<int64_t> getRowShape(const PairView &view) {
  SmallVector<int64_t> shape;
  for (unsigned dim = 0; dim <= view.getCoordinates().query(); ++dim)
    shape.push_back(view.getStaticExtent(dim));
  return shape;
}

/// The extent of the inner axis of the value, which has one.
static int64_t getValueWidth(const PairView &view) {
  unsigned count;
  auto inner = findInner(view.valueMap, view.getCoordinates().inner(), count);
  return cast<RankedTensorType>(view.values.getType()).getDimSize(*inner);
}

/// Checks that the output names every letter once, and its shape (C9).
static LogicalResult verifyOutput(AttentionOp op, const PairView &view) {
  PairCoordinates c = view.getCoordinates();
  std::optional<AffineMap> map = op.getOutMap();
  if (!map || map->getNumDims() != c.size())
    return op.emitOpError("expected a map of the output over the coordinates");
  bool hasInner = view.valueMap.isFunctionOfDim(c.inner());
  SmallVector<int64_t> shape;
  llvm::SmallBitVector seen(c.size());
  for (AffineExpr expr : map->getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || seen.test(dim.getPosition()) || c.isKey(dim.getPosition()))
      return op.emitOpError(
          "expected the output to be a list of different letters of "
          "'over', 'i' or its axes, and ':'");
    seen.set(dim.getPosition());
    bool isInner = dim.getPosition() == c.inner();
    shape.push_back(!isInner   ? view.getStaticExtent(dim.getPosition())
                    : hasInner ? getValueWidth(view)
                               : ShapedType::kDynamic);
  }
  bool axes = !view.queryGrid.empty();
  for (unsigned axis = 0; axis < view.queryGrid.size(); ++axis)
    axes &= seen.test(c.queryAxis(axis));
  bool complete =
      seen.test(c.query()) != axes && seen.test(c.inner()) == hasInner;
  for (unsigned dim = 0; dim < c.numOver(); ++dim)
    complete &= seen.test(dim);
  if (!complete)
    return op.emitOpError(
        "expected the output to name every letter of 'over', 'i' or "
        "all its axes, and ':' if the value has it");
  Type element =
      cast<RankedTensorType>(op.getValues().getType()).getElementType();
  return verifyShape(view, "output", op.getOut().getType(), shape, element);
}

LogicalResult AttentionOp::verify() {
  PairView view = PairView::get(*this);
  if (getSink() && !getSinkMap())
    return emitOpError("expected a map of the sink");
  if (failed(verifyPair(view)) || failed(verifyWeight(view)))
    return failure();
  if (static_cast<bool>(getNormaliser()) !=
      (view.normalise == Normalise::Const))
    return emitOpError(
        "expected a value to divide by for normalise const only");
  if (getNormaliser() && getNormaliser().getType() != view.getStatType())
    return emitOpError("expected a normaliser of type ")
           << view.getStatType() << ", found " << getNormaliser().getType();
  if (getSink() && view.weight != Weight::Exp)
    return emitOpError("a sink needs the weight exp");
  if (!getOut() && !getStat())
    return emitOpError("expected at least one result");
  if (getStat() && view.weight != Weight::Exp &&
      view.normalise != Normalise::Sum)
    return emitOpError("a row sum needs the weight exp or 'normalise sum'");
  if (getStat() &&
      failed(verifyShape(view, "row statistics", getStat().getType(),
                         getRowShape(view), view.getStatType())))
    return failure();
  if (!getOut())
    return success();
  if (!getValues())
    return emitOpError("expected values for the result out");
  return verifyOutput(*this, view);
}

LogicalResult AttentionOp::verifyRegions() { return verifyPureRegions(*this); }

LogicalResult PartialOp::verifyRegions() { return verifyPureRegions(*this); }

LogicalResult ObserveOp::verifyRegions() { return verifyPureRegions(*this); }

LogicalResult PartialOp::verify() {
  PairView view = PairView::get(*this);
  if (failed(verifyPair(view)) || failed(verifyWeight(view)))
    return failure();
  if (view.normalise == Normalise::Const)
    return emitOpError("a constant normaliser belongs to attn.finalize");
  if (getSplit() && *getSplit() < 1)
    return emitOpError("expected a split of at least 1, found ") << *getSplit();
  bool expectMax = view.weight == Weight::Exp;
  bool expectDen = view.normalise == Normalise::Sum;
  if (static_cast<bool>(getAcc()) != static_cast<bool>(getValues()) ||
      static_cast<bool>(getMax()) != expectMax ||
      static_cast<bool>(getDen()) != expectDen)
    return emitOpError(
        "expected results acc (with values), max (exp), den (normalise sum)");
  SmallVector<int64_t> shape = getRowShape(view);
  if (getSplit()) {
    int64_t keys = view.getStaticExtent(view.getCoordinates().key());
    int64_t pieces = ShapedType::isDynamic(keys)
                         ? ShapedType::kDynamic
                         : llvm::divideCeil(keys, *getSplit());
    shape.insert(shape.end() - 1, pieces);
  }
  for (Value stat : {getMax(), getDen()})
    if (stat && failed(verifyShape(view, "row state", stat.getType(), shape,
                                   view.getStatType())))
      return failure();
  if (!getAcc())
    return success();
  if (view.valueMap.isFunctionOfDim(view.getCoordinates().inner()))
    shape.push_back(getValueWidth(view));
  return verifyShape(view, "accumulator", getAcc().getType(), shape,
                     view.getStatType());
}

/// Checks that the map of an observed result is over the coordinates of the op,
/// and that the extents which the type leaves open follow from them (C9).
static LogicalResult verifyInto(const PairView &view, Value result,
                                AffineMap map) {
  auto type = cast<RankedTensorType>(result.getType());
  if (failed(verifyOperandMap(view, "a result", result, map)))
    return failure();
  if (type.getElementType() != view.getStatType())
    return view.op->emitOpError("expected a result of ")
           << view.getStatType() << ", found " << type;
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    bool isBound = false;
    expr.walk([&](AffineExpr e) { isBound |= isa<AffineSymbolExpr>(e); });
    if (isBound && type.isDynamicDim(axis))
      return view.op->emitOpError("expected a static extent of axis ")
             << axis << " of " << type << ", whose position uses a bound name";
  }
  return success();
}

LogicalResult ObserveOp::verify() {
  PairView view = PairView::get(*this);
  if (failed(verifyPair(view)))
    return failure();
  size_t count = getObserved().size();
  if (getIntoMaps().size() != count || getKinds().size() != count ||
      getInits().size() != count)
    return emitOpError("expected one map, kind and initial value per result");
  for (int32_t kind : getKinds())
    if (!symbolizeReduceKind(kind))
      return emitOpError("expected add, max or min, found kind ") << kind;
  if (failed(verifyCoordinates(*this, getObserveCoordinates(),
                               view.getCoordinates().inner())) ||
      failed(verifyRegionArguments(*this, getObserveRegion(), "observe region",
                                   {view.getStatType()}, view.bindingInfos,
                                   getRanges(view).first,
                                   getObserveCoordinates().size())))
    return failure();
  Operation *yield = getObserveRegion().front().getTerminator();
  if (yield->getNumOperands() != count ||
      llvm::any_of(yield->getOperandTypes(),
                   [&](Type type) { return type != view.getStatType(); }))
    return emitOpError("expected the observe region to yield ")
           << count << " values of type " << view.getStatType();
  for (auto [result, map] :
       llvm::zip(getObserved(), getIntoMaps().getAsValueRange<AffineMapAttr>()))
    if (failed(verifyInto(view, result, map)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Shapes of results
//===----------------------------------------------------------------------===//

/// Reifies the shape of a result: a number for each static axis of its type, a
/// value for the others.
static SmallVector<OpFoldResult> reify(OpBuilder &b, const PairView &view,
                                       Value result,
                                       ArrayRef<std::optional<unsigned>> dims,
                                       int64_t width, Value pieces) {
  SmallVector<OpFoldResult> shape;
  auto type = cast<RankedTensorType>(result.getType());
  for (auto [axis, dim] : llvm::enumerate(dims)) {
    if (!type.isDynamicDim(axis))
      shape.push_back(b.getIndexAttr(type.getDimSize(axis)));
    else if (!dim)
      shape.push_back(pieces);
    else if (*dim == view.getCoordinates().inner())
      shape.push_back(
          arith::ConstantIndexOp::create(b, view.op->getLoc(), width)
              .getResult());
    else
      shape.push_back(emitExtent(b, view, *dim));
  }
  return shape;
}

LogicalResult
AttentionOp::reifyResultShapes(OpBuilder &b,
                               ReifiedRankedShapedTypeDims &shapes) {
  PairView view = PairView::get(*this);
  SmallVector<std::optional<unsigned>> dims;
  if (getOut()) {
    for (AffineExpr expr : getOutMap()->getResults())
      dims.push_back(cast<AffineDimExpr>(expr).getPosition());
    int64_t width = 0;
    if (view.valueMap.isFunctionOfDim(view.getCoordinates().inner()))
      width = getValueWidth(view);
    shapes.push_back(reify(b, view, getOut(), dims, width, {}));
  }
  dims.clear();
  for (unsigned dim = 0; dim <= view.getCoordinates().query(); ++dim)
    dims.push_back(dim);
  if (getStat())
    shapes.push_back(reify(b, view, getStat(), dims, 0, {}));
  return success();
}

LogicalResult
PartialOp::reifyResultShapes(OpBuilder &b,
                             ReifiedRankedShapedTypeDims &shapes) {
  PairView view = PairView::get(*this);
  PairCoordinates c = view.getCoordinates();
  SmallVector<std::optional<unsigned>> dims;
  for (unsigned dim = 0; dim < c.query(); ++dim)
    dims.push_back(dim);
  Value pieces;
  if (getSplit()) {
    Value keys = emitExtent(b, view, c.key());
    Value size = arith::ConstantIndexOp::create(b, getLoc(), *getSplit());
    pieces = arith::CeilDivSIOp::create(b, getLoc(), keys, size);
    dims.push_back(std::nullopt);
  }
  dims.push_back(c.query());
  SmallVector<std::optional<unsigned>> accDims(dims);
  int64_t width = 0;
  if (view.valueMap && view.valueMap.isFunctionOfDim(c.inner())) {
    accDims.push_back(c.inner());
    width = getValueWidth(view);
  }
  if (getAcc())
    shapes.push_back(reify(b, view, getAcc(), accDims, width, pieces));
  for (Value stat : {getMax(), getDen()})
    if (stat)
      shapes.push_back(reify(b, view, stat, dims, 0, pieces));
  return success();
}

namespace {
/// Emits the largest and the smallest value of index expressions over all
/// pairs.
struct RangeEmitter {
  OpBuilder &b;
  const PairView &view;

  Location getLoc() const { return view.op->getLoc(); }

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, getLoc(), value);
  }

  Value emitBound(AffineExpr expr, bool largest) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      if (!largest)
        return constant(0);
      Value extent = emitExtent(b, view, dim.getPosition());
      return arith::SubIOp::create(b, getLoc(), extent, constant(1));
    }
    if (auto number = dyn_cast<AffineConstantExpr>(expr))
      return constant(number.getValue());
    auto binary = cast<AffineBinaryOpExpr>(expr);
    if (expr.getKind() == AffineExprKind::Add)
      return arith::AddIOp::create(b, getLoc(),
                                   emitBound(binary.getLHS(), largest),
                                   emitBound(binary.getRHS(), largest));
    int64_t factor = cast<AffineConstantExpr>(binary.getRHS()).getValue();
    if (expr.getKind() == AffineExprKind::Mod)
      return constant(largest ? factor - 1 : 0);
    // The other operations are monotone in their left side.
    Value lhs = emitBound(binary.getLHS(), largest == (factor >= 0));
    Value rhs = constant(factor);
    if (expr.getKind() == AffineExprKind::Mul)
      return arith::MulIOp::create(b, getLoc(), lhs, rhs);
    if (expr.getKind() == AffineExprKind::FloorDiv)
      return arith::FloorDivSIOp::create(b, getLoc(), lhs, rhs);
    return arith::CeilDivSIOp::create(b, getLoc(), lhs, rhs);
  }
};
} // namespace

LogicalResult
ObserveOp::reifyResultShapes(OpBuilder &b,
                             ReifiedRankedShapedTypeDims &shapes) {
  PairView view = PairView::get(*this);
  RangeEmitter range{b, view};
  for (auto [result, map] : llvm::zip(
           getObserved(), getIntoMaps().getAsValueRange<AffineMapAttr>())) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<OpFoldResult> &shape = shapes.emplace_back();
    for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
      if (!type.isDynamicDim(axis)) {
        shape.push_back(b.getIndexAttr(type.getDimSize(axis)));
        continue;
      }
      Value last = range.emitBound(expr, /*largest=*/true);
      Value extent =
          arith::AddIOp::create(b, getLoc(), last, range.constant(1));
      shape.push_back(
          arith::MaxSIOp::create(b, getLoc(), extent, range.constant(0))
              .getResult());
    }
  }
  return success();
}
