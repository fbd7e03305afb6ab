//===- AttnTiling.cpp - a part of the pairs of an attention ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles attn.attention over batch, heads and queries, and attn.partial over
// keys, too: operands are sliced, and whatever else depends on a position
// learns where the tile begins.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/PairView.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Rewrites one op over pairs to a tile of its iteration space: the letters of
/// `over`, `i` and, if there are that many offsets, `j`.
template <typename PairOp>
class PairTiler {
public:
  PairTiler(OpBuilder &b, PairOp op, ArrayRef<OpFoldResult> offsets,
            ArrayRef<OpFoldResult> sizes)
      : b(b), op(op), view(PairView::get(op)), c(view.getCoordinates()),
        loc(op.getLoc()), offsets(offsets), sizes(sizes),
        numBindings(view.bindingInfos.size()) {}

  FailureOr<TilingResult> tile();

private:
  /// One start per tiled coordinate. They are the first bindings of the tile.
  unsigned numStarts() const { return offsets.size(); }
  bool tilesKeys() const { return numStarts() > c.key(); }
  AffineMap getMap(ArrayRef<AffineExpr> exprs);
  /// `expr` at the position of the whole that a position of the tile stands
  /// for.
  AffineExpr shift(AffineExpr expr);
  AffineMap shiftMap(AffineMap map);
  /// True if it is known how the heads of each grouped operand are grouped.
  bool knowsGroups();
  void setMaps(PairOp tiled);
  void setExtents(PairOp tiled);
  /// Slices an operand along plain coordinates and shifts its other positions.
  AffineMap slice(MutableOperandRange operand, unsigned index, AffineMap map,
                  bool isGrouped);
  void sliceAll(MutableOperandRange operands, ArrayAttr maps, bool isGrouped,
                SmallVectorImpl<Attribute> &newMaps);
  void shiftScoreRegion(PairOp tiled);
  void shiftMask(PairOp tiled);
  void setBindings(PairOp tiled);
  void setResultTypes(PairOp tiled);

  OpBuilder &b;
  PairOp op;
  PairView view;
  PairCoordinates c;
  Location loc;
  ArrayRef<OpFoldResult> offsets, sizes;
  unsigned numBindings;
  SmallVector<Value> starts;
  SmallVector<Operation *> slices;
};

} // namespace

/// The name of the binding that says where the tile begins along `dim`.
static std::string getStartName(const PairCoordinates &c, unsigned dim) {
  return "start_" + c.getNames()[dim];
}

/// The coordinates of the axes of result `number`.
static SmallVector<unsigned> getResultDims(AttentionOp op, unsigned number) {
  SmallVector<unsigned> dims;
  if (op.getOut() && number == 0) {
    for (AffineExpr expr : op.getOutMap()->getResults())
      dims.push_back(cast<AffineDimExpr>(expr).getPosition());
    return dims;
  }
  return llvm::to_vector(llvm::seq<unsigned>(op.getOver().size() + 1));
}
static SmallVector<unsigned> getResultDims(PartialOp op, unsigned number) {
  auto dims = llvm::to_vector(llvm::seq<unsigned>(op.getOver().size() + 1));
  if (op.getAcc() && number == 0)
    dims.push_back(PairView::get(op).getCoordinates().inner());
  return dims;
}

template <typename PairOp>
AffineExpr PairTiler<PairOp>::shift(AffineExpr expr) {
  SmallVector<AffineExpr> dims, symbols;
  for (unsigned dim = 0; dim < c.size(); ++dim) {
    AffineExpr position = b.getAffineDimExpr(dim);
    dims.push_back(dim < numStarts() ? position + b.getAffineSymbolExpr(dim)
                                     : position);
  }
  for (unsigned binding = 0; binding < numBindings; ++binding)
    symbols.push_back(b.getAffineSymbolExpr(numStarts() + binding));
  return expr.replaceDimsAndSymbols(dims, symbols);
}

template <typename PairOp>
AffineMap PairTiler<PairOp>::getMap(ArrayRef<AffineExpr> exprs) {
  return AffineMap::get(c.size(), numStarts() + numBindings, exprs,
                        b.getContext());
}

template <typename PairOp>
AffineMap PairTiler<PairOp>::shiftMap(AffineMap map) {
  SmallVector<AffineExpr> exprs;
  for (AffineExpr expr : map.getResults())
    exprs.push_back(shift(expr));
  return getMap(exprs);
}

template <typename PairOp>
AffineMap PairTiler<PairOp>::slice(MutableOperandRange operand, unsigned index,
                                   AffineMap map, bool isGrouped) {
  Value tensor = operand[index].get();
  auto type = cast<RankedTensorType>(tensor.getType());
  unsigned head = c.numOver() ? c.numOver() - 1 : c.size();
  int64_t heads = c.numOver() ? view.getStaticExtent(head) : 0;
  SmallVector<OpFoldResult> begin, extent,
      stride(type.getRank(), b.getIndexAttr(1));
  SmallVector<AffineExpr> exprs;
  bool cut = false;
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    bool tiled = dim && dim.getPosition() < numStarts();
    int64_t size = type.getDimSize(axis);
    bool grouped =
        isGrouped && tiled && dim.getPosition() == head && size != heads;
    if (tiled && !grouped) {
      begin.push_back(offsets[dim.getPosition()]);
      extent.push_back(sizes[dim.getPosition()]);
      exprs.push_back(expr);
      cut = true;
      continue;
    }
    begin.push_back(b.getIndexAttr(0));
    extent.push_back(tensor::getMixedSize(b, loc, tensor, axis));
    // A group of heads is spelled out, since the tile knows only its own heads.
    exprs.push_back(grouped ? shift(expr).floorDiv(heads / size) : shift(expr));
  }
  if (cut) {
    auto part =
        tensor::ExtractSliceOp::create(b, loc, tensor, begin, extent, stride);
    slices.push_back(part);
    operand[index].set(part);
  }
  return getMap(exprs);
}

template <typename PairOp>
void PairTiler<PairOp>::sliceAll(MutableOperandRange operands, ArrayAttr maps,
                                 bool isGrouped,
                                 SmallVectorImpl<Attribute> &newMaps) {
  for (auto [n, map] : llvm::enumerate(maps.getAsValueRange<AffineMapAttr>()))
    newMaps.push_back(AffineMapAttr::get(slice(operands, n, map, isGrouped)));
}

template <typename PairOp>
void PairTiler<PairOp>::setBindings(PairOp tiled) {
  SmallVector<Attribute> infos;
  unsigned next = 0;
  for (auto info : view.bindingInfos.getAsRange<BindingAttr>()) {
    AffineMap map;
    if (info.getKind() == BindingKind::Load)
      map = slice(tiled.getBindingsMutable(), next, info.getMap(), false);
    else
      map = shiftMap(info.getMap());
    next += info.getKind() == BindingKind::Load ||
            info.getKind() == BindingKind::Scalar;
    infos.push_back(
        BindingAttr::get(b.getContext(), info.getName(), info.getKind(), map));
  }
  SmallVector<Attribute> all;
  AffineMap none = getMap({});
  for (unsigned dim = 0; dim < numStarts(); ++dim)
    all.push_back(BindingAttr::get(b.getContext(),
                                   b.getStringAttr(getStartName(c, dim)),
                                   BindingKind::Scalar, none));
  all.append(infos);
  tiled.setBindingInfosAttr(b.getArrayAttr(all));
  SmallVector<Value> operands(starts);
  operands.append(tiled.getBindings().begin(), tiled.getBindings().end());
  tiled.getBindingsMutable().assign(operands);
}

template <typename PairOp>
void PairTiler<PairOp>::shiftScoreRegion(PairOp tiled) {
  if (tiled.getScore().empty())
    return;
  Block &block = tiled.getScore().front();
  unsigned first = view.lhs.size();
  SmallVector<Value> begins;
  for (unsigned dim = 0; dim < numStarts(); ++dim)
    begins.push_back(block.insertArgument(first + dim, b.getIndexType(), loc));
  OpBuilder inside = OpBuilder::atBlockBegin(&block);
  unsigned position = first + begins.size() + numBindings;
  for (int64_t dim : view.scoreCoordinates) {
    BlockArgument argument = block.getArgument(position++);
    if (dim >= numStarts())
      continue;
    auto there = arith::AddIOp::create(inside, loc, argument, begins[dim]);
    argument.replaceAllUsesExcept(there, there);
  }
}

template <typename PairOp>
void PairTiler<PairOp>::shiftMask(PairOp tiled) {
  if (!tiled.getMask())
    return;
  auto type = cast<MaskType>(tiled.getMask().getType());
  SmallVector<Value> over;
  if (type.getOver())
    over.assign(starts.begin(), starts.begin() + c.numOver());
  Value mask =
      MaskOffsetOp::create(b, loc, type, tiled.getMask(), starts[c.query()],
                           tilesKeys() ? starts[c.key()] : Value(), over);
  tiled.getMaskMutable().assign(mask);
}

template <typename PairOp>
void PairTiler<PairOp>::setResultTypes(PairOp tiled) {
  for (OpResult result : tiled->getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<int64_t> shape(type.getShape());
    for (auto [axis, dim] :
         llvm::enumerate(getResultDims(op, result.getResultNumber())))
      if (dim < numStarts())
        shape[axis] =
            getConstantIntValue(sizes[dim]).value_or(ShapedType::kDynamic);
    result.setType(type.clone(shape));
  }
}

template <typename PairOp>
bool PairTiler<PairOp>::knowsGroups() {
  if (!c.numOver())
    return true;
  unsigned head = c.numOver() - 1;
  int64_t heads = view.getStaticExtent(head);
  unsigned numDefining;
  SmallVector<OperandAxis> axes = view.findAxes(head, numDefining);
  return llvm::all_of(
      ArrayRef(axes).drop_front(numDefining), [&](OperandAxis axis) {
        int64_t size =
            cast<RankedTensorType>(axis.tensor.getType()).getDimSize(axis.axis);
        return !ShapedType::isDynamic(size) && !ShapedType::isDynamic(heads) &&
               size > 0;
      });
}

template <typename PairOp>
void PairTiler<PairOp>::setMaps(PairOp tiled) {
  SmallVector<Attribute> lhs, rhs, bias;
  sliceAll(tiled.getLhsMutable(), view.lhsMaps, false, lhs);
  sliceAll(tiled.getRhsMutable(), view.rhsMaps, true, rhs);
  sliceAll(tiled.getBiasMutable(), view.biasMaps, false, bias);
  tiled.setLhsMapsAttr(b.getArrayAttr(lhs));
  tiled.setRhsMapsAttr(b.getArrayAttr(rhs));
  tiled.setBiasMapsAttr(b.getArrayAttr(bias));
  if (view.values)
    tiled.setValueMapAttr(AffineMapAttr::get(
        slice(tiled.getValuesMutable(), 0, view.valueMap, true)));
  if constexpr (std::is_same_v<PairOp, AttentionOp>) {
    if (op.getSink())
      tiled.setSinkMapAttr(AffineMapAttr::get(
          slice(tiled.getSinkMutable(), 0, *op.getSinkMap(), false)));
    if (op.getOutMap())
      tiled.setOutMapAttr(
          AffineMapAttr::get(getMap(op.getOutMap()->getResults())));
  }
}

/// Sets the extents of i and j that the tile cuts.
template <typename PairOp>
void PairTiler<PairOp>::setExtents(PairOp tiled) {
  SmallVector<int64_t> extents(view.staticExtents);
  SmallVector<Value> operands;
  ValueRange old = view.extents;
  for (auto [position, extent] : llvm::enumerate(extents)) {
    Value operand;
    if (ShapedType::isDynamic(extent)) {
      operand = old.front();
      old = old.drop_front();
    }
    unsigned dim = position == 0 ? c.query() : c.key();
    if (extent != kNoExtent && dim < numStarts()) {
      extent = ShapedType::kDynamic;
      operand = getValueOrCreateConstantIndexOp(b, loc, sizes[dim]);
    }
    if (operand)
      operands.push_back(operand);
  }
  tiled.setStaticExtents(extents);
  tiled.getExtentsMutable().assign(operands);
}

template <typename PairOp>
FailureOr<TilingResult> PairTiler<PairOp>::tile() {
  if (!view.queryGrid.empty() || (tilesKeys() && !view.keyGrid.empty()) ||
      !knowsGroups())
    return failure();
  for (OpFoldResult offset : offsets)
    starts.push_back(getValueOrCreateConstantIndexOp(b, loc, offset));
  auto tiled = cast<PairOp>(b.clone(*op));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(tiled);
  shiftScoreRegion(tiled);
  shiftMask(tiled);
  setMaps(tiled);
  setExtents(tiled);
  setBindings(tiled);
  setResultTypes(tiled);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

//===----------------------------------------------------------------------===//
// TilingInterface
//===----------------------------------------------------------------------===//

/// All positions of the coordinate `dim`.
static Range emitRange(OpBuilder &b, const PairView &view, unsigned dim) {
  int64_t extent = view.getStaticExtent(dim);
  OpFoldResult size = ShapedType::isDynamic(extent)
                          ? OpFoldResult(emitExtent(b, view, dim))
                          : OpFoldResult(b.getIndexAttr(extent));
  return {b.getIndexAttr(0), size, b.getIndexAttr(1)};
}

/// All positions of the letters of `over`, and of `i`.
static SmallVector<Range> emitParallelDomain(OpBuilder &b,
                                             const PairView &view) {
  SmallVector<Range> domain;
  for (unsigned dim = 0; dim <= view.getCoordinates().query(); ++dim)
    domain.push_back(emitRange(b, view, dim));
  return domain;
}

/// Adds the place of a tile in `result`, whose axes have the coordinates
/// `dims`. Axes that are not tiled are whole.
static void addTilePosition(OpBuilder &b, Value result, ArrayRef<unsigned> dims,
                            ArrayRef<OpFoldResult> offsets,
                            ArrayRef<OpFoldResult> sizes,
                            SmallVectorImpl<OpFoldResult> &resultOffsets,
                            SmallVectorImpl<OpFoldResult> &resultSizes) {
  auto type = cast<RankedTensorType>(result.getType());
  for (auto [axis, dim] : llvm::enumerate(dims)) {
    bool tiled = dim < offsets.size();
    resultOffsets.push_back(tiled ? offsets[dim] : b.getIndexAttr(0));
    resultSizes.push_back(tiled ? sizes[dim]
                                : b.getIndexAttr(type.getDimSize(axis)));
  }
}

SmallVector<utils::IteratorType> AttentionOp::getLoopIteratorTypes() {
  return SmallVector<utils::IteratorType>(getOver().size() + 1,
                                          utils::IteratorType::parallel);
}

SmallVector<Range> AttentionOp::getIterationDomain(OpBuilder &b) {
  return emitParallelDomain(b, PairView::get(*this));
}

FailureOr<TilingResult>
AttentionOp::getTiledImplementation(OpBuilder &b,
                                    ArrayRef<OpFoldResult> offsets,
                                    ArrayRef<OpFoldResult> sizes) {
  return PairTiler(b, *this, offsets, sizes).tile();
}

LogicalResult AttentionOp::getResultTilePosition(
    OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  addTilePosition(b, getResult(resultNumber),
                  getResultDims(*this, resultNumber), offsets, sizes,
                  resultOffsets, resultSizes);
  return success();
}

FailureOr<TilingResult>
AttentionOp::generateResultTileValue(OpBuilder &b, unsigned resultNumber,
                                     ArrayRef<OpFoldResult> offsets,
                                     ArrayRef<OpFoldResult> sizes) {
  SmallVector<Range> domain = getIterationDomain(b);
  SmallVector<OpFoldResult> loopOffsets, loopSizes;
  for (const Range &range : domain) {
    loopOffsets.push_back(range.offset);
    loopSizes.push_back(range.size);
  }
  auto type = cast<RankedTensorType>(getResult(resultNumber).getType());
  for (auto [axis, dim] : llvm::enumerate(getResultDims(*this, resultNumber))) {
    if (dim < domain.size()) {
      loopOffsets[dim] = offsets[axis];
      loopSizes[dim] = sizes[axis];
      continue;
    }
    // A part of the features would need all of the scores.
    if (!isZeroInteger(offsets[axis]) ||
        getConstantIntValue(sizes[axis]) != type.getDimSize(axis))
      return failure();
  }
  FailureOr<TilingResult> tile =
      getTiledImplementation(b, loopOffsets, loopSizes);
  if (failed(tile))
    return failure();
  Value value = tile->tiledValues[resultNumber];
  return TilingResult{tile->tiledOps, {value}, tile->generatedSlices};
}

//===----------------------------------------------------------------------===//
// PartialReductionOpInterface
//===----------------------------------------------------------------------===//

static PartialKind getStateKind(PartialOp op) {
  if (op.getWeight() == Weight::Exp)
    return PartialKind::Exp;
  return op.getNormalise() == Normalise::Sum ? PartialKind::Sum
                                             : PartialKind::None;
}

/// Joins `states`, each with the components of `op`; those of a single state
/// along `axis`, if there is one.
static CombineOp emitCombine(OpBuilder &b, PartialOp op,
                             ArrayRef<ValueRange> states, IntegerAttr axis) {
  SmallVector<Value> accs, maxes, dens;
  auto addTo = [&](SmallVector<Value> &list, Value component) {
    if (!component)
      return;
    for (ValueRange state : states)
      list.push_back(state[cast<OpResult>(component).getResultNumber()]);
  };
  addTo(accs, op.getAcc());
  addTo(maxes, op.getMax());
  addTo(dens, op.getDen());
  return CombineOp::create(b, op.getLoc(), getStateKind(op), accs, maxes, dens,
                           axis);
}

SmallVector<utils::IteratorType> PartialOp::getLoopIteratorTypes() {
  SmallVector<utils::IteratorType> types(getOver().size() + 1,
                                         utils::IteratorType::parallel);
  types.push_back(utils::IteratorType::reduction);
  return types;
}

SmallVector<Range> PartialOp::getIterationDomain(OpBuilder &b) {
  PairView view = PairView::get(*this);
  SmallVector<Range> domain = emitParallelDomain(b, view);
  domain.push_back(emitRange(b, view, view.getCoordinates().key()));
  return domain;
}

FailureOr<TilingResult>
PartialOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                  ArrayRef<OpFoldResult> sizes) {
  // Without an accumulator as operand, keys stay whole.
  unsigned numParallel = getOver().size() + 1;
  if (getSplit() || !isZeroInteger(offsets[numParallel]))
    return failure();
  return PairTiler(b, *this, offsets.take_front(numParallel),
                   sizes.take_front(numParallel))
      .tile();
}

LogicalResult PartialOp::getResultTilePosition(
    OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  addTilePosition(b, getResult(resultNumber),
                  getResultDims(*this, resultNumber), offsets, sizes,
                  resultOffsets, resultSizes);
  return success();
}

/// The states of the tiles of keys lie along a new axis in front of `i`.
FailureOr<SmallVector<Value>>
PartialOp::generateInitialTensorForPartialReduction(
    OpBuilder &b, Location loc, ArrayRef<OpFoldResult> sizes,
    const SetVector<unsigned> &reductionDims) {
  unsigned query = getOver().size();
  if (getSplit() || reductionDims.size() != 1)
    return failure();
  SmallVector<OpFoldResult> offsets, extents;
  for (const Range &range : emitParallelDomain(b, PairView::get(*this))) {
    offsets.push_back(range.offset);
    extents.push_back(range.size);
  }
  SmallVector<Value> states;
  for (OpResult result : getResults()) {
    SmallVector<OpFoldResult> place, shape;
    addTilePosition(b, result, getResultDims(*this, result.getResultNumber()),
                    offsets, extents, place, shape);
    shape.insert(shape.begin() + query, sizes[query + 1]);
    double identity =
        result == getMax() ? -std::numeric_limits<double>::infinity() : 0.0;
    Value element = arith::ConstantOp::create(
        b, loc, b.getFloatAttr(getElementTypeOrSelf(result), identity));
    states.push_back(tensor::SplatOp::create(b, loc, element, shape));
  }
  return states;
}

LogicalResult PartialOp::getPartialResultTilePosition(
    OpBuilder &b, unsigned resultNumber, ReductionTilingStrategy strategy,
    ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
    const SetVector<unsigned> &, ArrayRef<OpFoldResult> splitReductionIvs,
    SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  unsigned query = getOver().size();
  addTilePosition(b, getResult(resultNumber),
                  getResultDims(*this, resultNumber), offsets, sizes,
                  resultOffsets, resultSizes);
  bool isParallel =
      strategy == ReductionTilingStrategy::PartialReductionOuterParallel;
  resultOffsets.insert(resultOffsets.begin() + query,
                       isParallel ? splitReductionIvs.front()
                                  : OpFoldResult(b.getIndexAttr(0)));
  resultSizes.insert(resultSizes.begin() + query, b.getIndexAttr(1));
  return success();
}

FailureOr<TilingResult> PartialOp::tileToPartialReduction(
    OpBuilder &b, Location loc, ReductionTilingStrategy strategy,
    ValueRange inits, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, const SetVector<unsigned> &reductionDims,
    ArrayRef<OpFoldResult> splitReductionIvs) {
  if (getSplit() || reductionDims.size() != 1)
    return failure();
  FailureOr<TilingResult> tile = PairTiler(b, *this, offsets, sizes).tile();
  if (failed(tile) ||
      strategy == ReductionTilingStrategy::PartialReductionOuterParallel)
    return tile;
  // A sequential loop joins each tile with what it has so far.
  SmallVector<Value> before;
  for (auto [number, init] : llvm::enumerate(inits)) {
    SmallVector<OpFoldResult> place, shape;
    (void)getPartialResultTilePosition(b, number, strategy, offsets, sizes,
                                       reductionDims, splitReductionIvs, place,
                                       shape);
    SmallVector<OpFoldResult> strides(place.size(), b.getIndexAttr(1));
    auto type = cast<RankedTensorType>(tile->tiledValues[number].getType());
    auto slice = tensor::ExtractSliceOp::create(b, loc, type, init, place,
                                                shape, strides);
    tile->generatedSlices.push_back(slice);
    before.push_back(slice);
  }
  CombineOp joined =
      emitCombine(b, *this, {before, tile->tiledValues}, IntegerAttr());
  tile->tiledValues.assign(joined->result_begin(), joined->result_end());
  return tile;
}

FailureOr<MergeResult> PartialOp::mergeReductions(OpBuilder &b, Location,
                                                  ValueRange partialReduce,
                                                  const SetVector<unsigned> &) {
  CombineOp joined = emitCombine(b, *this, {partialReduce},
                                 b.getI64IntegerAttr(getOver().size()));
  return MergeResult{{joined}, SmallVector<Value>(joined->getResults())};
}
