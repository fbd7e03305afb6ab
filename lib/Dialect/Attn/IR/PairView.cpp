//===- PairView.cpp - one view of all ops over pairs ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/PairView.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

/// Fills what every op over pairs has under the same name.
template <typename OpTy>
static PairView getCommon(OpTy op) {
  PairView view;
  view.op = op;
  view.lhs = op.getLhs();
  view.rhs = op.getRhs();
  view.mask = op.getMask();
  view.scale = op.getScale();
  view.bias = op.getBias();
  view.bindings = op.getBindings();
  view.grid = op.getGrid();
  view.extents = op.getExtents();
  view.bindingInfos = op.getBindingInfos();
  view.over = op.getOver();
  view.lhsMaps = op.getLhsMaps();
  view.rhsMaps = op.getRhsMaps();
  view.biasMaps = op.getBiasMaps();
  if (std::optional<APFloat> scale = op.getScaleAttr())
    view.scaleAttr = scale->convertToDouble();
  view.queryGrid = op.getQueryGrid();
  view.keyGrid = op.getKeyGrid();
  view.staticExtents = op.getStaticExtents();
  view.scoreCoordinates = op.getScoreCoordinates();
  view.score = &op.getScore();
  return view;
}

/// Adds what attn.attention and attn.partial share.
template <typename OpTy>
static PairView getWeighted(OpTy op) {
  PairView view = getCommon(op);
  view.values = op.getValues();
  if (op.getValueMap())
    view.valueMap = *op.getValueMap();
  view.weight = op.getWeight();
  view.power = op.getPower();
  view.normalise = op.getNormalise();
  view.weightRegion = &op.getWeightRegion();
  return view;
}

PairView PairView::get(Operation *op) {
  return TypeSwitch<Operation *, PairView>(op)
      .Case([](AttentionOp attention) {
        PairView view = getWeighted(attention);
        if (attention.getSink() && attention.getSinkMap())
          view.further.emplace_back(attention.getSink(),
                                    *attention.getSinkMap());
        return view;
      })
      .Case([](PartialOp partial) { return getWeighted(partial); })
      .Case([](ObserveOp observe) {
        PairView view = getCommon(observe);
        if (observe.getLse()) {
          PairCoordinates c = view.getCoordinates();
          SmallVector<AffineExpr> exprs;
          for (unsigned dim = 0; dim <= c.query(); ++dim)
            exprs.push_back(getAffineDimExpr(dim, observe.getContext()));
          view.further.emplace_back(
              observe.getLse(),
              AffineMap::get(c.size(), view.bindingInfos.size(), exprs,
                             observe.getContext()));
        }
        return view;
      });
}

Type PairView::getStatType() const {
  Value first = !lhs.empty()    ? lhs[0]
                : values        ? values
                : !bias.empty() ? bias[0]
                                : Value();
  bool wide =
      first && cast<RankedTensorType>(first.getType()).getElementType().isF64();
  Builder b(op->getContext());
  return wide ? Type(b.getF64Type()) : Type(b.getF32Type());
}

Value PairView::getBindingOperand(unsigned position) const {
  unsigned next = 0;
  for (auto [index, info] :
       llvm::enumerate(bindingInfos.getAsRange<BindingAttr>())) {
    bool expression = info.getKind() == BindingKind::Float ||
                      info.getKind() == BindingKind::Index;
    if (index == position)
      return expression ? Value() : bindings[next];
    next += !expression;
  }
  return {};
}

SmallVector<OperandAxis> PairView::findAxes(unsigned dim,
                                            unsigned &numDefining) const {
  SmallVector<OperandAxis> first, grouped;
  PairCoordinates c = getCoordinates();
  bool isHead = c.numOver() && dim == c.numOver() - 1;
  auto add = [&](SmallVectorImpl<OperandAxis> &axes, Value tensor,
                 AffineMap map, const Twine &name) {
    for (auto [axis, expr] : llvm::enumerate(map.getResults()))
      if (expr == getAffineDimExpr(dim, op->getContext()))
        axes.push_back({tensor, static_cast<unsigned>(axis), name.str()});
  };
  for (auto [n, tensor] : llvm::enumerate(lhs))
    add(first, tensor, getMap(lhsMaps, n),
        "the left side of dot product " + Twine(n));
  for (auto [n, tensor] : llvm::enumerate(bias))
    add(first, tensor, getMap(biasMaps, n), "bias " + Twine(n));
  for (auto [n, info] : llvm::enumerate(bindingInfos.getAsRange<BindingAttr>()))
    if (info.getKind() == BindingKind::Load)
      add(first, getBindingOperand(n), info.getMap(),
          "'" + info.getName().getValue() + "'");
  for (auto &[tensor, map] : further)
    add(first, tensor, map, isa<ObserveOp>(op) ? "the lse" : "the sink");
  for (auto [n, tensor] : llvm::enumerate(rhs))
    add(isHead ? grouped : first, tensor, getMap(rhsMaps, n),
        "the right side of dot product " + Twine(n));
  if (values)
    add(isHead ? grouped : first, values, valueMap, "the value");
  numDefining = first.size();
  if (first.empty())
    numDefining = std::min<size_t>(grouped.size(), 1);
  first.append(grouped);
  return first;
}

bool PairView::hasExtentClause(unsigned dim) const {
  PairCoordinates c = getCoordinates();
  if (c.isQuery(dim))
    return !queryGrid.empty() || staticExtents[0] != kNoExtent;
  return c.isKey(dim) && (!keyGrid.empty() || staticExtents[1] != kNoExtent);
}

/// The product of static sizes, or dynamic.
static int64_t getProduct(ArrayRef<int64_t> sizes) {
  if (llvm::any_of(sizes, ShapedType::isDynamic))
    return ShapedType::kDynamic;
  return multiplyExtents(sizes).value_or(ShapedType::kDynamic);
}

int64_t PairView::getStaticExtent(unsigned dim) const {
  PairCoordinates c = getCoordinates();
  if (dim == c.query() && !queryGrid.empty())
    return getProduct(queryGrid);
  if (dim == c.key() && !keyGrid.empty())
    return getProduct(keyGrid);
  if (dim > c.query() && dim < c.key())
    return queryGrid[dim - c.query() - 1];
  if (dim > c.key() && dim < c.inner())
    return keyGrid[dim - c.key() - 1];
  const unsigned tokens[] = {c.query(), c.key()};
  for (auto [which, coordinate] : llvm::enumerate(tokens))
    if (dim == coordinate && staticExtents[which] >= 0)
      return staticExtents[which];
  unsigned numDefining;
  SmallVector<OperandAxis> axes = findAxes(dim, numDefining);
  for (OperandAxis axis : ArrayRef(axes).take_front(numDefining)) {
    int64_t size =
        cast<RankedTensorType>(axis.tensor.getType()).getDimSize(axis.axis);
    if (!ShapedType::isDynamic(size))
      return size;
  }
  return ShapedType::kDynamic;
}

Type PairView::getBindingType(unsigned position) const {
  auto info = cast<BindingAttr>(bindingInfos[position]);
  Builder b(op->getContext());
  if (info.getKind() == BindingKind::Float)
    return b.getF32Type();
  if (info.getKind() == BindingKind::Index)
    return b.getIndexType();
  Type type = getBindingOperand(position).getType();
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    type = tensor.getElementType();
  return type.isInteger(1) || isa<FloatType>(type) ? type
                                                   : Type(b.getIndexType());
}

/// Emits grid size `position`, counted over the query grid and the key grid.
static Value emitGridSize(OpBuilder &b, const PairView &view,
                          unsigned position) {
  SmallVector<int64_t> sizes(view.queryGrid);
  sizes.append(view.keyGrid.begin(), view.keyGrid.end());
  if (!ShapedType::isDynamic(sizes[position]))
    return arith::ConstantIndexOp::create(b, view.op->getLoc(),
                                          sizes[position]);
  return view.grid[llvm::count_if(ArrayRef(sizes).take_front(position),
                                  ShapedType::isDynamic)];
}

/// Emits the number of tokens of a grid.
static Value emitGridProduct(OpBuilder &b, const PairView &view, unsigned begin,
                             unsigned count) {
  Value product = emitGridSize(b, view, begin);
  for (unsigned axis = 1; axis < count; ++axis)
    product = arith::MulIOp::create(b, view.op->getLoc(), product,
                                    emitGridSize(b, view, begin + axis));
  return product;
}

Value mlir::attn::emitExtent(OpBuilder &b, const PairView &view, unsigned dim) {
  Location loc = view.op->getLoc();
  PairCoordinates c = view.getCoordinates();
  unsigned queryAxes = view.queryGrid.size(), keyAxes = view.keyGrid.size();
  if (dim == c.query() && queryAxes)
    return emitGridProduct(b, view, 0, queryAxes);
  if (dim == c.key() && keyAxes)
    return emitGridProduct(b, view, queryAxes, keyAxes);
  if (dim > c.query() && dim < c.key())
    return emitGridSize(b, view, dim - c.query() - 1);
  if (dim > c.key() && dim < c.inner())
    return emitGridSize(b, view, queryAxes + dim - c.key() - 1);
  const unsigned tokens[] = {c.query(), c.key()};
  for (auto [which, coordinate] : llvm::enumerate(tokens)) {
    if (dim != coordinate || view.staticExtents[which] == kNoExtent)
      continue;
    if (!ShapedType::isDynamic(view.staticExtents[which]))
      return arith::ConstantIndexOp::create(b, loc, view.staticExtents[which]);
    bool second = which == 1 && ShapedType::isDynamic(view.staticExtents[0]);
    return view.extents[second];
  }
  unsigned numDefining;
  SmallVector<OperandAxis> axes = view.findAxes(dim, numDefining);
  assert(!axes.empty() && "the verifier checks that extents are known");
  int64_t extent = view.getStaticExtent(dim);
  if (!ShapedType::isDynamic(extent))
    return arith::ConstantIndexOp::create(b, loc, extent);
  return tensor::DimOp::create(b, loc, axes[0].tensor, axes[0].axis);
}
