//===- AttnTiling.cpp - a part of the queries of an attention -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles attn.attention over batch, heads and queries: operands are sliced, and
// whatever else depends on a position learns where the tile begins.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/PairView.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Rewrites one attention to a tile of its iteration space.
class AttentionTiler {
public:
  AttentionTiler(OpBuilder &b, AttentionOp op, ArrayRef<OpFoldResult> offsets,
                 ArrayRef<OpFoldResult> sizes)
      : b(b), op(op), view(PairView::get(op)), c(view.getCoordinates()),
        loc(op.getLoc()), offsets(offsets), sizes(sizes),
        numBindings(view.bindingInfos.size()) {}

  FailureOr<TilingResult> tile();

private:
  /// One start per tiled coordinate: the letters of `over`, and `i`. They are
  /// the first bindings of the tile.
  unsigned numStarts() const { return c.query() + 1; }
  AffineMap getMap(ArrayRef<AffineExpr> exprs);
  /// `expr` at the position of the whole that a position of the tile stands
  /// for.
  AffineExpr shift(AffineExpr expr);
  AffineMap shiftMap(AffineMap map);
  /// True if it is known how the heads of each grouped operand are grouped.
  bool knowsGroups();
  void setMaps(AttentionOp tiled);
  void setExtents(AttentionOp tiled);
  /// Slices an operand along plain coordinates and shifts its other positions.
  AffineMap slice(MutableOperandRange operand, unsigned index, AffineMap map,
                  bool isGrouped);
  void sliceAll(MutableOperandRange operands, ArrayAttr maps, bool isGrouped,
                SmallVectorImpl<Attribute> &newMaps);
  void shiftScoreRegion(AttentionOp tiled);
  void shiftMask(AttentionOp tiled);
  void setBindings(AttentionOp tiled);
  void setResultTypes(AttentionOp tiled);

  OpBuilder &b;
  AttentionOp op;
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

AffineExpr AttentionTiler::shift(AffineExpr expr) {
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

AffineMap AttentionTiler::getMap(ArrayRef<AffineExpr> exprs) {
  return AffineMap::get(c.size(), numStarts() + numBindings, exprs,
                        b.getContext());
}

AffineMap AttentionTiler::shiftMap(AffineMap map) {
  SmallVector<AffineExpr> exprs;
  for (AffineExpr expr : map.getResults())
    exprs.push_back(shift(expr));
  return getMap(exprs);
}

AffineMap AttentionTiler::slice(MutableOperandRange operand, unsigned index,
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
    bool tiled = dim && dim.getPosition() <= c.query();
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

void AttentionTiler::sliceAll(MutableOperandRange operands, ArrayAttr maps,
                              bool isGrouped,
                              SmallVectorImpl<Attribute> &newMaps) {
  for (auto [n, map] : llvm::enumerate(maps.getAsValueRange<AffineMapAttr>()))
    newMaps.push_back(AffineMapAttr::get(slice(operands, n, map, isGrouped)));
}

void AttentionTiler::setBindings(AttentionOp tiled) {
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
  for (unsigned dim = 0; dim <= c.query(); ++dim)
    all.push_back(BindingAttr::get(b.getContext(),
                                   b.getStringAttr(getStartName(c, dim)),
                                   BindingKind::Scalar, none));
  all.append(infos);
  tiled.setBindingInfosAttr(b.getArrayAttr(all));
  SmallVector<Value> operands(starts);
  operands.append(tiled.getBindings().begin(), tiled.getBindings().end());
  tiled.getBindingsMutable().assign(operands);
}

void AttentionTiler::shiftScoreRegion(AttentionOp tiled) {
  if (tiled.getScore().empty())
    return;
  Block &block = tiled.getScore().front();
  unsigned first = view.lhs.size();
  SmallVector<Value> begins;
  for (unsigned dim = 0; dim <= c.query(); ++dim)
    begins.push_back(block.insertArgument(first + dim, b.getIndexType(), loc));
  OpBuilder inside = OpBuilder::atBlockBegin(&block);
  unsigned position = first + begins.size() + numBindings;
  for (int64_t dim : view.scoreCoordinates) {
    BlockArgument argument = block.getArgument(position++);
    if (dim > c.query())
      continue;
    auto there = arith::AddIOp::create(inside, loc, argument, begins[dim]);
    argument.replaceAllUsesExcept(there, there);
  }
}

void AttentionTiler::shiftMask(AttentionOp tiled) {
  if (!tiled.getMask())
    return;
  auto type = cast<MaskType>(tiled.getMask().getType());
  SmallVector<Value> over;
  if (type.getOver())
    over.assign(starts.begin(), starts.begin() + c.numOver());
  Value mask = MaskOffsetOp::create(b, loc, type, tiled.getMask(),
                                    starts[c.query()], Value(), over);
  tiled.getMaskMutable().assign(mask);
}

void AttentionTiler::setResultTypes(AttentionOp tiled) {
  auto cut = [&](Value result, AffineMap map) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<int64_t> shape(type.getShape());
    for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
      unsigned dim = cast<AffineDimExpr>(expr).getPosition();
      if (dim <= c.query())
        shape[axis] =
            getConstantIntValue(sizes[dim]).value_or(ShapedType::kDynamic);
    }
    result.setType(type.clone(shape));
  };
  if (tiled.getOut())
    cut(tiled.getOut(), *op.getOutMap());
  if (tiled.getStat())
    cut(tiled.getStat(),
        AffineMap::getMultiDimIdentityMap(c.query() + 1, b.getContext()));
}

bool AttentionTiler::knowsGroups() {
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

void AttentionTiler::setMaps(AttentionOp tiled) {
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
  if (op.getSink())
    tiled.setSinkMapAttr(AffineMapAttr::get(
        slice(tiled.getSinkMutable(), 0, *op.getSinkMap(), false)));
  if (op.getOutMap())
    tiled.setOutMapAttr(
        AffineMapAttr::get(getMap(op.getOutMap()->getResults())));
}

void AttentionTiler::setExtents(AttentionOp tiled) {
  if (view.staticExtents[0] == kNoExtent)
    return;
  SmallVector<int64_t> extents(view.staticExtents);
  SmallVector<Value> operands(view.extents);
  if (ShapedType::isDynamic(extents[0]))
    operands.erase(operands.begin());
  extents[0] = ShapedType::kDynamic;
  operands.insert(operands.begin(),
                  getValueOrCreateConstantIndexOp(b, loc, sizes[c.query()]));
  tiled.setStaticExtents(extents);
  tiled.getExtentsMutable().assign(operands);
}

FailureOr<TilingResult> AttentionTiler::tile() {
  if (!view.queryGrid.empty() || !knowsGroups())
    return failure();
  for (OpFoldResult offset : offsets)
    starts.push_back(getValueOrCreateConstantIndexOp(b, loc, offset));
  auto tiled = cast<AttentionOp>(b.clone(*op));
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

SmallVector<utils::IteratorType> AttentionOp::getLoopIteratorTypes() {
  return SmallVector<utils::IteratorType>(getOver().size() + 1,
                                          utils::IteratorType::parallel);
}

SmallVector<Range> AttentionOp::getIterationDomain(OpBuilder &b) {
  PairView view = PairView::get(*this);
  SmallVector<Range> domain;
  for (unsigned dim = 0; dim <= view.getCoordinates().query(); ++dim) {
    int64_t extent = view.getStaticExtent(dim);
    OpFoldResult size = ShapedType::isDynamic(extent)
                            ? OpFoldResult(emitExtent(b, view, dim))
                            : OpFoldResult(b.getIndexAttr(extent));
    domain.push_back({b.getIndexAttr(0), size, b.getIndexAttr(1)});
  }
  return domain;
}

FailureOr<TilingResult>
AttentionOp::getTiledImplementation(OpBuilder &b,
                                    ArrayRef<OpFoldResult> offsets,
                                    ArrayRef<OpFoldResult> sizes) {
  return AttentionTiler(b, *this, offsets, sizes).tile();
}

/// The coordinates of the axes of result `number`.
static SmallVector<unsigned> getResultDims(AttentionOp op, unsigned number) {
  SmallVector<unsigned> dims;
  if (op.getOut() && number == 0) {
    for (AffineExpr expr : op.getOutMap()->getResults())
      dims.push_back(cast<AffineDimExpr>(expr).getPosition());
    return dims;
  }
  for (unsigned dim = 0; dim <= op.getOver().size(); ++dim)
    dims.push_back(dim);
  return dims;
}

LogicalResult AttentionOp::getResultTilePosition(
    OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  auto type = cast<RankedTensorType>(getResult(resultNumber).getType());
  for (auto [axis, dim] : llvm::enumerate(getResultDims(*this, resultNumber))) {
    bool tiled = dim < offsets.size();
    resultOffsets.push_back(tiled ? offsets[dim] : b.getIndexAttr(0));
    resultSizes.push_back(tiled ? sizes[dim]
                                : b.getIndexAttr(type.getDimSize(axis)));
  }
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
