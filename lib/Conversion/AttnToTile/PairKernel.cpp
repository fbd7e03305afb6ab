//===- PairKernel.cpp - attention as a tile program -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One algorithm for every target: a loop over tiles of keys that keeps, per
// query, a running maximum, a sum of weights, and a weighted sum of values.
//
//===----------------------------------------------------------------------===//

#include "PairKernel.h"

#include "MaskRanges.h"

#include "attn/Dialect/Attn/Utils/Divisors.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

PairKernelBuilder::PairKernelBuilder(Operation *op, TileSizes options,
                                     NarrowProducts narrow, int64_t sharedBytes)
    : op(op), view(PairView::get(op)), coordinates(view.getCoordinates()),
      loc(op->getLoc()), stat(view.getStatType()), narrow(narrow),
      b(op->getContext()) {
  if (auto partial = dyn_cast<PartialOp>(op))
    if (partial.getSplit())
      split = *partial.getSplit();
  maskGrids = findTileGrids(view);
  if (sharedBytes)
    splitValues();
  TileChoice choice =
      chooseTile(view, options, {sharedBytes, getValueSize()}, maskGrids);
  sizes = choice.sizes;
  packed = choice.packedHeads;
  if (choice.hasFewRows && !narrow.ofFewRows)
    this->narrow = {};
  if (!maskGrids)
    return;
  sides = chooseSides(getQueriesOfHead(), maskGrids->query);
  sizes.queries = packed;
  for (int64_t side : sides)
    sizes.queries *= side;
}

PairKernelBuilder::Scratch::Scratch(const PairKernelBuilder &kernel)
    : PairScratch(kernel.op->getContext(), kernel.loc, kernel.coordinates),
      queryPosition(query), keyPosition(key) {
  if (!kernel.grid)
    return;
  query = kernel.grid->queries.emitToken(builder, block, emitter, queryPosition,
                                         corners);
  key = kernel.grid->keys.emitToken(builder, block, emitter, keyPosition,
                                    corners);
}

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

Value PairKernelBuilder::splat(OpBuilder &at, double value,
                               ArrayRef<int64_t> shape) {
  auto type = VectorType::get(shape, stat);
  auto attribute =
      DenseElementsAttr::get(type, Attribute(at.getFloatAttr(stat, value)));
  return arith::ConstantOp::create(at, loc, attribute);
}

/// Converts the elements of a tile to `element`.
static Value convert(OpBuilder &b, Location loc, Value tile, Type element) {
  auto type = cast<VectorType>(tile.getType());
  unsigned from = type.getElementTypeBitWidth(),
           to = element.getIntOrFloatBitWidth();
  if (type.getElementType() == element)
    return tile;
  if (from < to)
    return arith::ExtFOp::create(b, loc, type.clone(element), tile);
  // LLVM rounds f64 to half precision by a function that few libraries have.
  if (from == 64 && to == 16)
    tile = arith::TruncFOp::create(b, loc, type.clone(b.getF32Type()), tile);
  return arith::TruncFOp::create(b, loc, type.clone(element), tile);
}

Value PairKernelBuilder::wide(OpBuilder &at, Value value,
                              ArrayRef<int64_t> shape) {
  auto type = VectorType::get(shape, getElementTypeOrSelf(value.getType()));
  if (value.getType() == type)
    return value;
  return vector::BroadcastOp::create(at, loc, type, value);
}

Value PairKernelBuilder::isLess(OpBuilder &at, Value position, Value bound) {
  auto shape = cast<VectorType>(position.getType()).getShape();
  return arith::CmpIOp::create(at, loc, arith::CmpIPredicate::slt, position,
                               wide(at, bound, shape));
}

bool PairKernelBuilder::hasInner() const {
  return view.valueMap && view.valueMap.isFunctionOfDim(coordinates.inner());
}

/// Splits the features of values among points of the grid, so that threads hold
/// the sums of 16 rows in registers; into equal parts if possible.
void PairKernelBuilder::splitValues() {
  int64_t size = getFullValueSize();
  unsigned bits =
      view.values ? getElementTypeOrSelf(view.values).getIntOrFloatBitWidth()
                  : 32;
  int64_t most = bits == 64 ? 64 : bits == 32 ? 128 : 256;
  int64_t least = std::max<int64_t>(llvm::divideCeil(size, most), 1);
  slabs = least;
  for (int64_t parts = least; parts < 2 * least; ++parts)
    if (size % (8 * parts) == 0) {
      slabs = parts;
      return;
    }
}

/// The features of values of this point of the grid, and which of them exist
/// (null: all).
Value PairKernelBuilder::emitValueFeatures(OpBuilder &at, Value &valid) {
  int64_t size = getValueSize();
  Value begin = arith::ConstantIndexOp::create(at, loc, 0);
  if (slab)
    begin = arith::MulIOp::create(
        at, loc, slab, arith::ConstantIndexOp::create(at, loc, size));
  Value features = tile::IotaOp::create(at, loc, begin, 1, size);
  if (size * slabs != getFullValueSize())
    valid = isLess(at, features,
                   arith::ConstantIndexOp::create(at, loc, getFullValueSize()));
  return features;
}

int64_t PairKernelBuilder::getFullValueSize() const {
  if (!hasInner())
    return 1;
  for (auto [axis, expr] : llvm::enumerate(view.valueMap.getResults()))
    if (expr == getAffineDimExpr(coordinates.inner(), op->getContext()))
      return cast<RankedTensorType>(view.values.getType()).getDimSize(axis);
  llvm_unreachable("the verifier checks that the value has a plain inner axis");
}

AffineMap PairKernelBuilder::getRowMap(bool withInner) {
  SmallVector<AffineExpr> exprs;
  for (unsigned dim = 0; dim <= coordinates.query(); ++dim)
    exprs.push_back(b.getAffineDimExpr(dim));
  if (withInner)
    exprs.push_back(b.getAffineDimExpr(coordinates.inner()));
  return AffineMap::get(coordinates.size(), view.bindingInfos.size(), exprs,
                        op->getContext());
}

void PairKernelBuilder::seed(Widener &widener, Scratch &scratch,
                             const Access &access, bool keyVaries) {
  for (auto [scalar, index] : llvm::zip(scratch.over, over))
    widener.map(scalar, index);
  if (packed > 1 && access.oneHead) {
    widener.map(scratch.over.back(), firstHead);
  } else if (packed > 1) {
    auto count = [this](OpBuilder &at) -> Value {
      return arith::ConstantIndexOp::create(at, loc, packed);
    };
    widener.mapElement(scratch.over.back(), [=](OpBuilder &at, Value row) {
      Value turn = arith::RemUIOp::create(at, loc, row, count(at));
      return arith::AddIOp::create(at, loc, firstHead, turn);
    });
    widener.mapElement(scratch.queryPosition, [=](OpBuilder &at, Value row) {
      Value turn = arith::DivUIOp::create(at, loc, row, count(at));
      return arith::AddIOp::create(at, loc, firstQuery, turn);
    });
  }
  for (auto [argument, value] : scratch.corners)
    widener.map(argument, value);
  widener.map(scratch.queryPosition, access.query);
  widener.map(scratch.keyPosition, access.key, keyVaries);
  widener.map(scratch.inner, access.inner);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// Returns the element type of the operands of a product: that of `tensors` if
/// it is a narrow one which the target multiplies; else the statistics' type,
/// which the sum always has.
Type PairKernelBuilder::getProductType(ValueRange tensors) {
  Type type = getElementTypeOrSelf(tensors.front().getType());
  bool same = llvm::all_of(tensors.getTypes(), [&](Type other) {
    return getElementTypeOrSelf(other) == type;
  });
  bool takesIt = (type.isBF16() && narrow.bf16) || (type.isF16() && narrow.f16);
  return same && takesIt && stat.isF32() ? type : stat;
}

/// Returns the element type of weights and values in their product, and whether
/// weights go there in two parts. Only the product takes rounded weights, not
/// their sum; and a result that is rounded less must not lose by it.
std::pair<Type, bool> PairKernelBuilder::getWeightType() {
  auto attention = dyn_cast<AttentionOp>(op);
  Value result = attention ? attention.getOut() : cast<PartialOp>(op).getAcc();
  if (!result)
    return {getProductType(view.values), false};
  Type type = getProductType({view.values, result});
  bool split = type == stat && narrow.splitWeights;
  if (split)
    type = getProductType(view.values);
  // f16 has no room for weights without a bound.
  if (type.isF16() && view.weight != Weight::Exp &&
      view.weight != Weight::Sigmoid)
    type = stat;
  return {type, split && type != stat};
}

/// Loads a tile of `tensor` with elements of type `element`.
FailureOr<Value> PairKernelBuilder::load(OpBuilder &at, Value tensor,
                                         AffineMap map, const Access &access,
                                         Type element) {
  Scratch scratch(*this);
  SmallVector<Value> dims = scratch.getDims(view);
  SmallVector<Value> bindings(view.bindingInfos.size());
  bool usesBindings = false;
  map.walkExprs(
      [&](AffineExpr expr) { usesBindings |= isa<AffineSymbolExpr>(expr); });
  if (usesBindings)
    bindings =
        scratch.emitter.emitBindings(view.bindingInfos, view.bindings, dims);
  unsigned head = coordinates.numOver() - 1;
  Value heads = coordinates.numOver() ? overExtents.back() : Value();
  SmallVector<Value> scalars =
      scratch.emitter.emitIndices(map, dims, bindings, tensor, head, heads);

  Widener widener(at, at, *arguments, access.rows, access.columns);
  seed(widener, scratch, access, false);
  if (failed(widener.run(scratch.block)))
    return failure();
  SmallVector<int64_t> shape{access.rows, access.columns};
  Value memory = arguments->get(at, tensor);
  SmallVector<Value> indices, valid;
  for (Value mask : {access.queryValid, access.keyValid, access.innerValid})
    if (mask)
      valid.push_back(mask);
  for (auto [axis, expr, scalar] : llvm::enumerate(map.getResults(), scalars)) {
    Value index = widener.lookup(scalar);
    indices.push_back(index);
    if (isa<AffineDimExpr, AffineConstantExpr>(expr))
      continue;
    // Any other position is checked: tokens that a mask hides may have none.
    SmallVector<int64_t> own = Widener::joinShapes(index);
    if (own.empty())
      own.assign(2, 1);
    Value position = wide(at, index, own);
    Value zero = arith::ConstantIndexOp::create(at, loc, 0);
    Value size = memref::DimOp::create(at, loc, memory, axis);
    valid.push_back(arith::CmpIOp::create(at, loc, arith::CmpIPredicate::sge,
                                          position, wide(at, zero, own)));
    valid.push_back(isLess(at, position, size));
  }
  Value tile = tile::LoadOp::create(at, loc, shape, memory, indices, valid);
  return convert(at, loc, tile, element);
}

/// The size of the inner axis of a dot product.
static int64_t getInnerSize(const PairView &view, unsigned n) {
  AffineMap map = PairView::getMap(view.lhsMaps, n);
  unsigned inner = view.getCoordinates().inner();
  for (auto [axis, expr] : llvm::enumerate(map.getResults()))
    if (expr == getAffineDimExpr(inner, map.getContext()))
      return cast<RankedTensorType>(view.lhs[n].getType()).getDimSize(axis);
  llvm_unreachable("the verifier checks that each side has an inner axis");
}

/// True if the right side of a dot product depends on the query.
static bool isRelative(const PairView &view, unsigned n) {
  return llvm::any_of(PairView::getMap(view.rhsMaps, n).getResults(),
                      [&](AffineExpr expr) {
                        return view.getCoordinates().dependsOnQuery(expr);
                      });
}

LogicalResult PairKernelBuilder::loadQueries() {
  for (unsigned n = 0; n < view.lhs.size(); ++n) {
    queryTiles.push_back({});
    if (isRelative(view, n))
      continue;
    int64_t size = getInnerSize(view, n);
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value inner = tile::IotaOp::create(b, loc, zero, 1, size);
    FailureOr<Value> tile =
        load(b, view.lhs[n], PairView::getMap(view.lhsMaps, n),
             {sizes.queries, size, queries, zero, inner, queryValid, {}},
             getProductType({view.lhs[n], view.rhs[n]}));
    if (failed(tile))
      return failure();
    queryTiles.back() = *tile;
  }
  return success();
}

FailureOr<Value> PairKernelBuilder::emitDot(OpBuilder &at, unsigned n,
                                            Value keyBegin, Value keyValid) {
  int64_t size = getInnerSize(view, n);
  Value zero = arith::ConstantIndexOp::create(at, loc, 0);
  Value inner = tile::IotaOp::create(at, loc, zero, 0, size);
  Value keys = tile::IotaOp::create(at, loc, keyBegin, 1, sizes.keys);
  FailureOr<Value> tile =
      load(at, view.rhs[n], PairView::getMap(view.rhsMaps, n),
           {size, sizes.keys, zero, keys, inner, {}, keyValid, true},
           getProductType({view.lhs[n], view.rhs[n]}));
  if (failed(tile))
    return failure();
  Value acc = splat(at, 0.0, {sizes.queries, sizes.keys});
  return Value(tile::DotOp::create(at, loc, queryTiles[n], *tile, acc));
}

/// A product whose right side differs between queries: one feature at a time.
FailureOr<Value> PairKernelBuilder::emitRelativeDot(OpBuilder &at, unsigned n,
                                                    Value keyBegin,
                                                    Value keyValid) {
  Value keys = tile::IotaOp::create(at, loc, keyBegin, 1, sizes.keys);
  Value zero = arith::ConstantIndexOp::create(at, loc, 0);
  Value end = arith::ConstantIndexOp::create(at, loc, getInnerSize(view, n));
  Value ranges =
      tile::RangesOp::create(at, loc, zero, end, tile::RangeKind::Full);
  Value initial = splat(at, 0.0, {sizes.queries, sizes.keys});
  bool ok = true;
  auto body = [&](OpBuilder &inside, Location loc, Value feature, Value,
                  ValueRange acc) {
    FailureOr<Value> left =
        load(inside, view.lhs[n], PairView::getMap(view.lhsMaps, n),
             {sizes.queries, 1, queries, zero, feature, queryValid, {}}, stat);
    FailureOr<Value> right =
        load(inside, view.rhs[n], PairView::getMap(view.rhsMaps, n),
             {sizes.queries, sizes.keys, queries, keys, feature, queryValid,
              keyValid},
             stat);
    ok &= succeeded(left) && succeeded(right);
    Value sum = acc[0];
    if (ok) {
      SmallVector<int64_t> shape{sizes.queries, sizes.keys};
      Value product = arith::MulFOp::create(inside, loc,
                                            wide(inside, *left, shape), *right);
      sum = arith::AddFOp::create(inside, loc, sum, product);
    }
    tile::YieldOp::create(inside, loc, sum);
  };
  auto loop =
      tile::ForEachOp::create(at, loc, ranges, 1, initial, body, nullptr);
  if (!ok)
    return failure();
  return loop.getResult(0);
}

FailureOr<Value> PairKernelBuilder::emitScaledDot(OpBuilder &at, unsigned n,
                                                  Value keyBegin,
                                                  Value keyValid) {
  FailureOr<Value> dot = isRelative(view, n)
                             ? emitRelativeDot(at, n, keyBegin, keyValid)
                             : emitDot(at, n, keyBegin, keyValid);
  if (failed(dot))
    return failure();
  SmallVector<int64_t> shape{sizes.queries, sizes.keys};
  if (view.scaleAttr && *view.scaleAttr != 1.0)
    return Value(arith::MulFOp::create(at, loc, *dot,
                                       splat(at, *view.scaleAttr, shape)));
  if (view.scale) {
    Value scale = wide(at, arguments->get(at, view.scale), shape);
    return Value(arith::MulFOp::create(at, loc, *dot, scale));
  }
  return dot;
}

//===----------------------------------------------------------------------===//
// The loop over keys
//===----------------------------------------------------------------------===//

FailureOr<Value> PairKernelBuilder::emitScores(OpBuilder &prologue,
                                               OpBuilder &at,
                                               ArrayRef<Value> dots,
                                               Value keyBegin, Value keyValid,
                                               Value &visible) {
  SmallVector<int64_t> all{sizes.queries, sizes.keys};
  StringRef name = op->getName().getStringRef();
  Widener widener(prologue, at, *arguments, sizes.queries, sizes.keys);
  Value keys = tile::IotaOp::create(at, loc, keyBegin, 1, sizes.keys);
  Value zero = arith::ConstantIndexOp::create(prologue, loc, 0);
  Access access{sizes.queries, sizes.keys, queries, keys, zero, {}, {}};
  Value divided = wide(at, queryValid, all);
  if (keyValid)
    divided = arith::AndIOp::create(at, loc, divided, wide(at, keyValid, all));

  Scratch maskScratch(*this);
  if (keyValid && view.mask) {
    Value mask = maskScratch.emitter.emitMask(
        view.mask, maskScratch.over, maskScratch.query, maskScratch.key);
    if (!mask)
      return failure();
    seed(widener, maskScratch, access, true);
    widener.checkDivisors(divided, name);
    if (failed(widener.run(maskScratch.block)))
      return failure();
    visible = wide(at, widener.lookup(mask), all);
    divided = arith::AndIOp::create(at, loc, divided, visible);
  }

  Scratch scratch(*this);
  SmallVector<Value> scalarDots;
  for (size_t n = 0; n < dots.size(); ++n)
    scalarDots.push_back(scratch.block.addArgument(stat, loc));
  SmallVector<Value> dims = scratch.getDims(view);
  SmallVector<Value> bindings =
      scratch.emitter.emitBindings(view.bindingInfos, view.bindings, dims);
  emitDividedPositions(scratch, view, dims, bindings);
  Value score = scratch.emitter.emitScore(view, scalarDots, dims, bindings);
  if (view.weight != Weight::Exp)
    score = scratch.emitter.emitWeight(view, score);
  seed(widener, scratch, access, true);
  for (auto [scalar, dot] : llvm::zip(scalarDots, dots))
    widener.map(scalar, dot, /*varying=*/true);
  widener.checkDivisors(divided, name);
  if (failed(widener.run(scratch.block)))
    return failure();
  return wide(at, widener.lookup(score), all);
}

/// Returns e^(scores - reference) and e^(max - reference). In f32 both are
/// powers of 2: e^(x - m) = 2^(x log2 e - m log2 e) with one rounding of
/// m log2 e, which all weights of a row share, and one of the exponent.
std::pair<Value, Value> PairKernelBuilder::emitExp(OpBuilder &at, Value scores,
                                                   Value max, Value reference) {
  SmallVector<int64_t> row{sizes.queries, 1}, all{sizes.queries, sizes.keys};
  if (!stat.isF32()) {
    Value difference =
        arith::SubFOp::create(at, loc, scores, wide(at, reference, all));
    Value change = arith::SubFOp::create(at, loc, max, reference);
    return {math::ExpOp::create(at, loc, difference),
            math::ExpOp::create(at, loc, change)};
  }
  double factor = llvm::numbers::log2e;
  // A factor of the scores is one of their exponents.
  SplatElementsAttr scale;
  if (auto scaled = scores.getDefiningOp<arith::MulFOp>();
      scaled && matchPattern(scaled.getRhs(), m_Constant(&scale))) {
    scores = scaled.getLhs();
    factor *= scale.getSplatValue<APFloat>().convertToDouble();
  }
  auto toPower = [&](Value value) -> Value {
    return arith::MulFOp::create(at, loc, value,
                                 splat(at, llvm::numbers::log2e, row));
  };
  Value shift = toPower(reference);
  Value change = arith::SubFOp::create(at, loc, toPower(max), shift);
  Value exponent =
      math::FmaOp::create(at, loc, scores, splat(at, factor, all),
                          wide(at, arith::NegFOp::create(at, loc, shift), all));
  return {math::Exp2Op::create(at, loc, exponent),
          math::Exp2Op::create(at, loc, change)};
}

/// The update of the statistics by one tile of scores. `weights` and the factor
/// that corrects the old state come out.
void PairKernelBuilder::accumulate(OpBuilder &at, Value scores, State &next,
                                   const State &state, Value &weights,
                                   Value &correction) {
  SmallVector<int64_t> row{sizes.queries, 1}, all{sizes.queries, sizes.keys};
  auto reduce = [&](tile::ReduceKind kind, Value value) -> Value {
    return tile::ReduceOp::create(at, loc, VectorType::get(row, stat), kind,
                                  value);
  };
  weights = scores;
  if (view.weight == Weight::Exp) {
    Value highest = reduce(tile::ReduceKind::Max, scores);
    next.max = arith::MaxNumFOp::create(at, loc, state.max, highest);
    // A row that has seen no key has the maximum -inf; 0 stands in for it.
    Value lowest = splat(at, -std::numeric_limits<double>::infinity(), row);
    Value none = arith::CmpFOp::create(at, loc, arith::CmpFPredicate::OEQ,
                                       next.max, lowest);
    Value reference =
        arith::SelectOp::create(at, loc, none, splat(at, 0.0, row), next.max);
    std::tie(weights, correction) = emitExp(at, scores, state.max, reference);
  }
  if (state.den) {
    Value den = state.den;
    if (correction)
      den = arith::MulFOp::create(at, loc, den, correction);
    next.den = arith::AddFOp::create(at, loc, den,
                                     reduce(tile::ReduceKind::Add, weights));
  }
}

LogicalResult PairKernelBuilder::emitStep(OpBuilder &prologue, OpBuilder &at,
                                          Value keyBegin, Value keyEnd,
                                          bool partial, const State &state,
                                          State &next) {
  SmallVector<int64_t> all{sizes.queries, sizes.keys};
  Value keyValid, keyValidRows;
  if (partial) {
    Value columns = tile::IotaOp::create(at, loc, keyBegin, 1, sizes.keys);
    keyValid = isLess(at, columns, keyEnd);
  }
  SmallVector<Value> dots;
  for (unsigned n = 0; n < view.lhs.size(); ++n) {
    FailureOr<Value> dot = emitScaledDot(at, n, keyBegin, keyValid);
    if (failed(dot))
      return failure();
    dots.push_back(*dot);
  }
  if (partial && grid) {
    FailureOr<Value> exist = emitKeysExist(at, keyBegin, keyValid);
    if (failed(exist))
      return failure();
    keyValid = *exist;
  }
  Value visible;
  FailureOr<Value> scores =
      emitScores(prologue, at, dots, keyBegin, keyValid, visible);
  if (failed(scores))
    return failure();
  if (partial) {
    Value exists = wide(at, keyValid, all);
    Value shown = visible
                      ? Value(arith::AndIOp::create(at, loc, exists, visible))
                      : exists;
    double hidden = view.weight == Weight::Exp
                        ? -std::numeric_limits<double>::infinity()
                        : 0.0;
    scores = Value(arith::SelectOp::create(at, loc, shown, *scores,
                                           splat(at, hidden, all)));
    if (visible)
      visible = shown;
  }
  Value weights, correction;
  accumulate(at, *scores, next, state, weights, correction);
  if (!state.acc)
    return success();

  if (partial)
    keyValidRows = isLess(
        at, tile::IotaOp::create(at, loc, keyBegin, 0, sizes.keys), keyEnd);
  int64_t size = getValueSize();
  Value zero = arith::ConstantIndexOp::create(at, loc, 0);
  Value inner = zero, innerValid;
  if (hasInner())
    inner = emitValueFeatures(at, innerValid);
  Value keys = tile::IotaOp::create(at, loc, keyBegin, 0, sizes.keys);
  auto [element, split] = getWeightType();
  Value rounded = convert(at, loc, weights, element);
  FailureOr<Value> values = load(
      at, view.values, view.valueMap,
      {sizes.keys, size, zero, keys, inner, {}, keyValidRows, true, innerValid},
      element);
  if (failed(values))
    return failure();
  Value acc = state.acc;
  if (correction)
    acc = arith::MulFOp::create(at, loc, acc,
                                wide(at, correction, {sizes.queries, size}));
  auto addProduct = [&](Value lhs) {
    acc =
        tile::DotOp::create(at, loc, acc.getType(), lhs, *values, acc, visible);
  };
  if (split) {
    Value rest = arith::SubFOp::create(at, loc, weights,
                                       convert(at, loc, rounded, stat));
    addProduct(convert(at, loc, rest, element));
  }
  addProduct(rounded);
  next.acc = acc;
  return success();
}

SmallVector<Value> PairKernelBuilder::pack(const State &state) {
  SmallVector<Value> values;
  for (Value part : {state.acc, state.max, state.den})
    if (part)
      values.push_back(part);
  return values;
}

PairKernelBuilder::State PairKernelBuilder::unpack(ValueRange values) {
  State state;
  unsigned next = 0;
  if (view.values)
    state.acc = values[next++];
  if (view.weight == Weight::Exp)
    state.max = values[next++];
  if (view.normalise == Normalise::Sum)
    state.den = values[next++];
  return state;
}

PairKernelBuilder::State PairKernelBuilder::emitInitial() {
  State state;
  SmallVector<int64_t> row{sizes.queries, 1};
  if (view.values)
    state.acc = splat(b, 0.0, {sizes.queries, getValueSize()});
  if (view.weight == Weight::Exp)
    state.max = splat(b, -std::numeric_limits<double>::infinity(), row);
  if (view.normalise == Normalise::Sum)
    state.den = splat(b, 0.0, row);
  return state;
}

/// Of the keys that `keyValid` masks, those that exist: the last row of a grid
/// may not be whole.
FailureOr<Value> PairKernelBuilder::emitKeysExist(OpBuilder &at, Value keyBegin,
                                                  Value keyValid) {
  if (grid->keys.isWhole)
    return keyValid;
  Value positions = tile::IotaOp::create(at, loc, keyBegin, 1, sizes.keys);
  FailureOr<GridBox::Tokens> keys =
      grid->keys.emitTokens(at, *arguments, positions);
  if (failed(keys))
    return failure();
  return Value(arith::AndIOp::create(at, loc, keyValid, keys->exist));
}

FailureOr<Value> PairKernelBuilder::emitMaskedRanges(Value begin, Value end,
                                                     bool &neverFull) {
  MaskBox box{over, Value(), {}, {}, begin, end, sizes.keys};
  SmallVector<Value> heads(over);
  if (packed > 1) {
    heads.back() = firstHead;
    box.over = heads;
    box.lastHead = getLastHead();
  }
  if (grid) {
    box.grid = &*grid;
  } else {
    Value extent = arguments->get(b, queryExtent);
    Value size = arith::ConstantIndexOp::create(b, loc, getQueriesOfHead());
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    Value behind = arith::MinSIOp::create(
        b, loc, arith::AddIOp::create(b, loc, firstQuery, size), extent);
    box.firstQuery = firstQuery;
    box.lastQuery = arith::SubIOp::create(b, loc, behind, one);
  }
  MaskReport report;
  FailureOr<Value> ranges = emitMaskRanges(
      b, loc, view.mask, box, *arguments, {*host, *symbols, keyExtent}, report);
  neverFull = report.neverFull;
  return ranges;
}

/// Without a mask all tiles but the last are full; a mask tells its ranges.
FailureOr<Value> PairKernelBuilder::emitRanges(bool &neverFull) {
  Value begin = arith::ConstantIndexOp::create(b, loc, 0);
  Value end = arguments->get(b, keyExtent);
  if (split) {
    Value size = arith::ConstantIndexOp::create(b, loc, *split);
    begin = arith::MulIOp::create(b, loc, splitIndex, size);
    end = arith::MinSIOp::create(
        b, loc, arith::AddIOp::create(b, loc, begin, size), end);
  }
  if (grid)
    end = grid->keys.emitCount(b);
  if (view.mask)
    return emitMaskedRanges(begin, end, neverFull);
  Value step = arith::ConstantIndexOp::create(b, loc, sizes.keys);
  Value length = arith::SubIOp::create(b, loc, end, begin);
  Value whole = arith::MulIOp::create(
      b, loc, arith::FloorDivSIOp::create(b, loc, length, step), step);
  Value middle = arith::AddIOp::create(b, loc, begin, whole);
  return Value(tile::RangesOp::create(
      b, loc, ValueRange{begin, middle}, ValueRange{middle, end},
      {tile::RangeKind::Full, tile::RangeKind::Partial}));
}

FailureOr<PairKernelBuilder::State> PairKernelBuilder::emitLoop() {
  bool neverFull = false;
  FailureOr<Value> ranges = emitRanges(neverFull);
  if (failed(ranges))
    return failure();
  SmallVector<Value> initial = pack(emitInitial());
  OpBuilder prologue(b);
  bool ok = true;
  auto step = [&](bool partial) {
    return [&, partial](OpBuilder &at, Location loc, Value keyBegin,
                        Value keyEnd, ValueRange carried) {
      State state = unpack(carried), next = state;
      ok &= succeeded(
          emitStep(prologue, at, keyBegin, keyEnd, partial, state, next));
      tile::YieldOp::create(at, loc,
                            ok ? pack(next) : SmallVector<Value>(carried));
    };
  };
  auto full = step(false), partial = step(true);
  auto loop = tile::ForEachOp::create(
      b, loc, *ranges, sizes.keys, initial,
      neverFull ? tile::ForEachBodyBuilder() : tile::ForEachBodyBuilder(full),
      partial);
  b.setInsertionPointAfter(loop);
  if (!ok)
    return failure();
  return unpack(loop.getResults());
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// A sink takes part in the maximum and in the sum, with no value.
LogicalResult PairKernelBuilder::emitSink(State &state) {
  auto [tensor, map] = view.further[0];
  SmallVector<int64_t> row{sizes.queries, 1};
  Scratch scratch(*this);
  SmallVector<Value> dims = scratch.getDims(view);
  SmallVector<Value> none(view.bindingInfos.size());
  Value scalar = scratch.emitter.convertFloat(
      scratch.emitter.emitLoad(tensor, map, dims, none), stat);
  Widener widener(b, b, *arguments, sizes.queries, 1);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  seed(widener, scratch, {sizes.queries, 1, queries, zero, zero, {}, {}},
       false);
  if (failed(widener.run(scratch.block)))
    return failure();
  Value sink = wide(b, widener.lookup(scalar), row);
  Value lowest = splat(b, -std::numeric_limits<double>::infinity(), row);
  Value max = arith::MaxNumFOp::create(b, loc, state.max, sink);
  Value empty =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, max, lowest);
  Value reference =
      arith::SelectOp::create(b, loc, empty, splat(b, 0.0, row), max);
  auto relative = [&](Value x) -> Value {
    return math::ExpOp::create(b, loc,
                               arith::SubFOp::create(b, loc, x, reference));
  };
  Value correction = relative(state.max);
  state.den = arith::AddFOp::create(
      b, loc, arith::MulFOp::create(b, loc, state.den, correction),
      relative(sink));
  if (state.acc)
    state.acc = arith::MulFOp::create(
        b, loc, state.acc,
        wide(b, correction, cast<VectorType>(state.acc.getType()).getShape()));
  state.max = max;
  return success();
}

LogicalResult PairKernelBuilder::store(Value value, Value result, AffineMap map,
                                       bool withSplit) {
  auto type = cast<RankedTensorType>(result.getType());
  auto shape = cast<VectorType>(value.getType()).getShape();
  value = convert(b, loc, value, type.getElementType());
  Scratch scratch(*this);
  SmallVector<Value> dims = scratch.getDims(view);
  SmallVector<Value> none(view.bindingInfos.size());
  SmallVector<Value> scalars = scratch.emitter.emitIndices(map, dims, none);
  Widener widener(b, b, *arguments, shape[0], shape[1]);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  // One of the points of the grid that share features stores statistics.
  Value inner;
  SmallVector<Value> valid{queryValid};
  if (hasInner() && map.isFunctionOfDim(coordinates.inner())) {
    Value innerValid;
    inner = emitValueFeatures(b, innerValid);
    if (innerValid)
      valid.push_back(innerValid);
  } else {
    inner = tile::IotaOp::create(b, loc, zero, 1, shape[1]);
    if (slab)
      valid.push_back(wide(
          b,
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, slab, zero),
          {shape[0], 1}));
  }
  seed(widener, scratch, {shape[0], shape[1], queries, zero, inner, {}, {}},
       false);
  if (failed(widener.run(scratch.block)))
    return failure();
  SmallVector<Value> indices;
  for (Value scalar : scalars)
    indices.push_back(widener.lookup(scalar));
  if (withSplit)
    indices.insert(indices.begin() + coordinates.query(), splitIndex);
  Value output = arguments->addOutput(type, loc);
  tile::StoreOp::create(b, loc, value, output, indices, valid);
  outputs.push_back(result);
  return success();
}

LogicalResult PairKernelBuilder::emitAttention(AttentionOp attention,
                                               State state) {
  SmallVector<int64_t> row{sizes.queries, 1},
      all{sizes.queries, getValueSize()};
  if (attention.getSink() && failed(emitSink(state)))
    return failure();
  Value zeroRow = splat(b, 0.0, row), empty;
  if (state.den)
    empty = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, state.den,
                                  zeroRow);
  Value out = state.acc;
  if (attention.getOut() && state.den) {
    // A row without weight has an accumulator of 0; dividing by 1 keeps it.
    Value divisor =
        arith::SelectOp::create(b, loc, empty, splat(b, 1.0, row), state.den);
    out = arith::DivFOp::create(b, loc, out, wide(b, divisor, all));
    Value nothing = wide(b, empty, all);
    out = arith::SelectOp::create(b, loc, nothing, splat(b, 0.0, all), out);
  } else if (attention.getOut() && attention.getNormaliser()) {
    // 0 / 0 is 0 here: a row without visible pairs yields 0 for every constant.
    Value divisor = wide(b, arguments->get(b, attention.getNormaliser()), all);
    Value zero = splat(b, 0.0, all);
    Value nothing =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, out, zero);
    out = arith::SelectOp::create(b, loc, nothing, zero,
                                  arith::DivFOp::create(b, loc, out, divisor));
  }
  Value rows = state.den;
  if (attention.getStat() && view.weight == Weight::Exp) {
    Value sum = arith::AddFOp::create(b, loc, state.max,
                                      math::LogOp::create(b, loc, state.den));
    Value lowest = splat(b, -std::numeric_limits<double>::infinity(), row);
    rows = arith::SelectOp::create(b, loc, empty, lowest, sum);
  }
  if (attention.getOut() &&
      failed(store(out, attention.getOut(), *attention.getOutMap(), false)))
    return failure();
  if (attention.getStat())
    return store(rows, attention.getStat(), getRowMap(false), false);
  return success();
}

LogicalResult PairKernelBuilder::emitPartial(PartialOp partial,
                                             const State &state) {
  bool withSplit = split.has_value();
  if (partial.getAcc() && failed(store(state.acc, partial.getAcc(),
                                       getRowMap(hasInner()), withSplit)))
    return failure();
  if (partial.getMax() &&
      failed(store(state.max, partial.getMax(), getRowMap(false), withSplit)))
    return failure();
  if (partial.getDen())
    return store(state.den, partial.getDen(), getRowMap(false), withSplit);
  return success();
}
