//===- LowerToLoops.cpp - what the ops over pairs mean --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plainest loops that compute attention, its partial states, and
// reductions over its map.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "attn/Dialect/Attn/IR/PairView.h"
#include "attn/Dialect/Attn/Utils/Checks.h"
#include "attn/Dialect/Attn/Utils/Divisors.h"
#include "attn/Dialect/Attn/Utils/Emit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "llvm/ADT/TypeSwitch.h"

#include <limits>

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNLOWERTOLOOPSPASS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static constexpr double infinity = std::numeric_limits<double>::infinity();

namespace {

/// What one row of scores is reduced to. `acc` is a tensor of the inner axis of
/// the value, or an element if it has none, or null without a value.
struct RowState {
  Value acc, max, den;
  /// Whether the row sees a key.
  Value isSeen;
};

/// Builds the loops of one op over pairs.
class PairLoops {
public:
  PairLoops(OpBuilder &b, Operation *op, bool wide);

  /// Each returns the results of the op, or fails after an error.
  FailureOr<SmallVector<Value>> lower(AttentionOp op);
  FailureOr<SmallVector<Value>> lower(PartialOp op);
  FailureOr<SmallVector<Value>> lower(ObserveOp op);

  /// Whether an error was reported.
  bool isInvalid() const { return isBroken; }

  /// The extent of the last letter of `over`, or null.
  Value getHeads() const { return heads; }

private:
  using Body =
      function_ref<SmallVector<Value>(Value index, ValueRange carried)>;
  using NestBody =
      function_ref<SmallVector<Value>(ValueRange indices, ValueRange carried)>;
  SmallVector<Value> emitLoop(Value begin, Value end, ValueRange carried,
                              Body body);
  SmallVector<Value> emitNest(ArrayRef<Value> ends, ValueRange carried,
                              NestBody body, ArrayRef<Value> outer = {});
  SmallVector<Value> emitIf(Value condition, ValueRange otherwise,
                            function_ref<SmallVector<Value>()> body);

  Value constant(double value) {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
  }
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  template <typename OpTy, typename... Args>
  Value make(Args &&...args) {
    return OpTy::create(b, loc, std::forward<Args>(args)...);
  }
  Value isEqual(Value value, double to) {
    return make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, value, constant(to));
  }
  Value insert(Value element, Value tensor, ValueRange indices);
  SmallVector<Value> emitEmptyResults(Type elementType = {});

  Value load(Value tensor, AffineMap map, ValueRange dims, ValueRange bindings,
             bool isGrouped);
  Value emitVisible(ValueRange over, Value i, Value j);
  Value emitDot(unsigned n, SmallVector<Value> dims, ValueRange bindings);
  Value emitPairScore(ValueRange over, Value i, Value j);
  Value emitExpWeight(Value score, Value max);
  Value emitQuotient(Value numerator, Value denominator);

  struct Scores {
    Value scores, visible, max, isSeen;
  };
  Scores emitScores(ValueRange over, Value i, Value begin, Value end,
                    Value sink);
  RowState emitRow(ValueRange over, Value i, Value begin, Value end,
                   Value sink);
  Value emitEmptyAcc();
  Value emitAdded(Value acc, Value weight, ValueRange over, Value i, Value j);
  SmallVector<Value> emitOutput(AttentionOp op, const RowState &row,
                                ValueRange over, Value i, ValueRange carried);
  Value emitNormalised(AttentionOp op, const RowState &row, Value acc);
  SmallVector<Value> emitState(const RowState &row, ValueRange position,
                               ValueRange carried);
  SmallVector<Value> emitObserved(ObserveOp op, ValueRange over, Value i,
                                  Value j, ValueRange carried);
  Value emitJoined(ObserveOp op, unsigned n, Value value, ValueRange position,
                   Value tensor);
  Value emitRounded(Value tensor, Value empty);

  /// The position of the inner axis in `map`, if it has one.
  std::optional<unsigned> findInner(AffineMap map) {
    return map.getResultPosition(b.getAffineDimExpr(c.inner()));
  }

  OpBuilder &b;
  Location loc;
  PairView view;
  PairCoordinates c;
  PairEmitter emit;
  FloatType type;
  /// Whether an error was reported.
  bool isBroken = false;
  /// Extents of over, i and j; null elsewhere.
  SmallVector<Value> extents;
  Value heads;
};

} // namespace

PairLoops::PairLoops(OpBuilder &b, Operation *op, bool wide)
    : b(b), loc(op->getLoc()), view(PairView::get(op)),
      c(view.getCoordinates()), emit(b, loc, wide),
      type(wide ? b.getF64Type() : cast<FloatType>(view.getStatType())) {
  isBroken = failed(emitPairChecks(b, view));
  extents.resize(c.size());
  for (unsigned dim = 0; dim <= c.query(); ++dim)
    extents[dim] = emitExtent(b, view, dim);
  extents[c.key()] = emitExtent(b, view, c.key());
  if (c.numOver())
    heads = extents[c.numOver() - 1];
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

/// Emits a loop over [begin, end) that carries values.
SmallVector<Value> PairLoops::emitLoop(Value begin, Value end,
                                       ValueRange carried, Body body) {
  auto loop = scf::ForOp::create(b, loc, begin, end, index(1), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(b, loc, next);
  return llvm::to_vector_of<Value>(loop.getResults());
}

/// Emits loops from 0 to each of `ends`, the first outermost.
SmallVector<Value> PairLoops::emitNest(ArrayRef<Value> ends, ValueRange carried,
                                       NestBody body, ArrayRef<Value> outer) {
  if (ends.empty())
    return body(outer, carried);
  return emitLoop(index(0), ends.front(), carried,
                  [&](Value iv, ValueRange inner) {
                    SmallVector<Value> indices(outer);
                    indices.push_back(iv);
                    return emitNest(ends.drop_front(), inner, body, indices);
                  });
}

/// Emits `condition ? body : otherwise`.
SmallVector<Value> PairLoops::emitIf(Value condition, ValueRange otherwise,
                                     function_ref<SmallVector<Value>()> body) {
  auto branch = scf::IfOp::create(b, loc, otherwise.getTypes(), condition,
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  SmallVector<Value> values = body();
  scf::YieldOp::create(b, loc, values);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, loc, otherwise);
  return llvm::to_vector_of<Value>(branch.getResults());
}

/// Writes a number into a tensor of floats of any width.
Value PairLoops::insert(Value element, Value tensor, ValueRange indices) {
  Type elementType = cast<RankedTensorType>(tensor.getType()).getElementType();
  if (isa<FloatType>(elementType))
    element = emit.convertFloat(element, elementType);
  return make<tensor::InsertOp>(element, tensor, indices);
}

/// Returns a tensor of unknown content for each result of the op, with its
/// element type unless another is given.
SmallVector<Value> PairLoops::emitEmptyResults(Type elementType) {
  ReifiedRankedShapedTypeDims shapes;
  auto op = cast<ReifyRankedShapedTypeOpInterface>(view.op);
  if (failed(op.reifyResultShapes(b, shapes))) {
    isBroken = true;
    return {};
  }
  SmallVector<Value> tensors;
  for (auto [result, shape] : llvm::zip(view.op->getResults(), shapes)) {
    auto tensorType = cast<RankedTensorType>(result.getType());
    SmallVector<Value> dynamic;
    for (OpFoldResult size : shape)
      if (auto value = dyn_cast<Value>(size))
        dynamic.push_back(value);
    tensors.push_back(make<tensor::EmptyOp>(
        elementType ? tensorType.clone(elementType) : tensorType, dynamic));
  }
  return tensors;
}

//===----------------------------------------------------------------------===//
// One pair
//===----------------------------------------------------------------------===//

/// Reads an operand in the type of the arithmetic. Plain letters are in range.
Value PairLoops::load(Value tensor, AffineMap map, ValueRange dims,
                      ValueRange bindings, bool isGrouped) {
  SmallVector<Value> indices =
      emit.emitIndices(map, dims, bindings, tensor, c.numOver() - 1,
                       isGrouped ? heads : Value());
  bool isPlain = llvm::all_of(map.getResults(), [](AffineExpr expr) {
    return isa<AffineDimExpr>(expr);
  });
  Value element = isPlain ? make<tensor::ExtractOp>(tensor, indices)
                          : make<ExtractOp>(tensor, indices);
  return emit.convertFloat(element, type);
}

/// Whether the mask shows a pair.
Value PairLoops::emitVisible(ValueRange over, Value i, Value j) {
  if (view.mask)
    if (Value visible = emit.emitMask(view.mask, over, i, j))
      return visible;
  isBroken |= static_cast<bool>(view.mask);
  return arith::ConstantIntOp::create(b, loc, 1, 1);
}

/// The scaled dot product `n`.
Value PairLoops::emitDot(unsigned n, SmallVector<Value> dims,
                         ValueRange bindings) {
  AffineMap left = PairView::getMap(view.lhsMaps, n);
  AffineMap right = PairView::getMap(view.rhsMaps, n);
  Value width = emitSize(b, loc, view.lhs[n], *findInner(left));
  Value sum =
      emitLoop(index(0), width, constant(0), [&](Value d, ValueRange carried) {
        dims[c.inner()] = d;
        Value lhs =
            load(view.lhs[n], left, dims, bindings, /*isGrouped=*/false);
        Value rhs =
            load(view.rhs[n], right, dims, bindings, /*isGrouped=*/true);
        Value product = make<arith::MulFOp>(lhs, rhs);
        return SmallVector<Value>{make<arith::AddFOp>(carried[0], product)};
      })[0];
  if (view.scale)
    return make<arith::MulFOp>(sum, emit.convertFloat(view.scale, type));
  return view.scaleAttr ? make<arith::MulFOp>(sum, constant(*view.scaleAttr))
                        : sum;
}

/// The score of a visible pair.
Value PairLoops::emitPairScore(ValueRange over, Value i, Value j) {
  SmallVector<Value> dims = emit.getDims(view, over, i, j);
  SmallVector<Value> bindings =
      emit.emitBindings(view.bindingInfos, view.bindings, dims);
  SmallVector<Value> dots;
  for (unsigned n = 0; n < view.lhs.size(); ++n)
    dots.push_back(emitDot(n, dims, bindings));
  return emit.emitScore(view, dots, dims, bindings);
}

/// e^(score - max), and 0 for a score of -inf, whatever the maximum.
Value PairLoops::emitExpWeight(Value score, Value max) {
  Value difference = make<arith::SubFOp>(score, max);
  return make<arith::SelectOp>(isEqual(score, -infinity), constant(0),
                               make<math::ExpOp>(difference));
}

/// numerator / denominator, where 0 / 0 is 0.
Value PairLoops::emitQuotient(Value numerator, Value denominator) {
  Value isZero =
      make<arith::AndIOp>(isEqual(numerator, 0), isEqual(denominator, 0));
  return make<arith::SelectOp>(isZero, constant(0),
                               make<arith::DivFOp>(numerator, denominator));
}

//===----------------------------------------------------------------------===//
// One row
//===----------------------------------------------------------------------===//

/// Evaluates keys [begin, end) of a row. Hidden keys have the score -inf under
/// exp. For other weights, the scores are the weights, 0 if hidden.
PairLoops::Scores PairLoops::emitScores(ValueRange over, Value i, Value begin,
                                        Value end, Value sink) {
  bool isExp = view.weight == Weight::Exp;
  OpFoldResult length = make<arith::SubIOp>(end, begin);
  SmallVector<Value> carried{make<tensor::EmptyOp>(length, type),
                             make<tensor::EmptyOp>(length, b.getI1Type()),
                             sink ? sink : constant(-infinity),
                             arith::ConstantIntOp::create(b, loc, 0, 1)};
  SmallVector<Value> row =
      emitLoop(begin, end, carried, [&](Value j, ValueRange carried) {
        Value visible = emitVisible(over, i, j);
        Value score = emitIf(visible, constant(isExp ? -infinity : 0), [&] {
          Value score = emitPairScore(over, i, j);
          return SmallVector<Value>{emit.emitWeight(view, score)};
        })[0];
        Value position = make<arith::SubIOp>(j, begin);
        return SmallVector<Value>{insert(score, carried[0], position),
                                  insert(visible, carried[1], position),
                                  make<arith::MaximumFOp>(carried[2], score),
                                  make<arith::OrIOp>(carried[3], visible)};
      });
  return {row[0], row[1], row[2], row[3]};
}

/// The sum of no values.
Value PairLoops::emitEmptyAcc() {
  std::optional<unsigned> inner = findInner(view.valueMap);
  if (!inner)
    return constant(0);
  OpFoldResult width = emitSize(b, loc, view.values, *inner);
  Value empty = make<tensor::EmptyOp>(width, type);
  return linalg::FillOp::create(b, loc, constant(0), empty).getResult(0);
}

/// Whether a position of `map` uses a bound name.
static bool usesBindings(AffineMap map) {
  for (unsigned symbol = 0; symbol < map.getNumSymbols(); ++symbol)
    if (map.isFunctionOfSymbol(symbol))
      return true;
  return false;
}

/// acc + weight * value[j].
Value PairLoops::emitAdded(Value acc, Value weight, ValueRange over, Value i,
                           Value j) {
  SmallVector<Value> dims = emit.getDims(view, over, i, j);
  SmallVector<Value> bindings;
  if (usesBindings(view.valueMap))
    bindings = emit.emitBindings(view.bindingInfos, view.bindings, dims);
  auto add = [&](Value sum) -> Value {
    Value value =
        load(view.values, view.valueMap, dims, bindings, /*isGrouped=*/true);
    return make<arith::AddFOp>(sum, make<arith::MulFOp>(weight, value));
  };
  std::optional<unsigned> inner = findInner(view.valueMap);
  if (!inner)
    return add(acc);
  Value width = emitSize(b, loc, view.values, *inner);
  return emitLoop(index(0), width, acc, [&](Value d, ValueRange carried) {
    dims[c.inner()] = d;
    Value sum = add(make<tensor::ExtractOp>(carried[0], d));
    return SmallVector<Value>{insert(sum, carried[0], d)};
  })[0];
}

/// Reduces keys [begin, end) of a row; `sink` is a score without value or null.
RowState PairLoops::emitRow(ValueRange over, Value i, Value begin, Value end,
                            Value sink) {
  bool isExp = view.weight == Weight::Exp;
  Scores row = emitScores(over, i, begin, end, sink);
  SmallVector<Value> carried{sink ? emitExpWeight(sink, row.max) : constant(0)};
  if (view.values)
    carried.push_back(emitEmptyAcc());
  SmallVector<Value> sums =
      emitLoop(begin, end, carried, [&](Value j, ValueRange carried) {
        Value position = make<arith::SubIOp>(j, begin);
        Value weight = make<tensor::ExtractOp>(row.scores, position);
        if (isExp)
          weight = emitExpWeight(weight, row.max);
        SmallVector<Value> next{make<arith::AddFOp>(carried[0], weight)};
        if (!view.values)
          return next;
        Value visible = make<tensor::ExtractOp>(row.visible, position);
        next.append(emitIf(visible, carried[1], [&] {
          return SmallVector<Value>{emitAdded(carried[1], weight, over, i, j)};
        }));
        return next;
      });
  return {view.values ? sums[1] : Value(), row.max, sums[0], row.isSeen};
}

//===----------------------------------------------------------------------===//
// attn.attention
//===----------------------------------------------------------------------===//

/// Divides one element of the accumulator by the normaliser.
Value PairLoops::emitNormalised(AttentionOp op, const RowState &row,
                                Value acc) {
  switch (view.normalise) {
  case Normalise::None:
    return acc;
  case Normalise::Const: {
    Value divisor = emit.convertFloat(op.getNormaliser(), type);
    return make<arith::SelectOp>(row.isSeen, make<arith::DivFOp>(acc, divisor),
                                 constant(0));
  }
  case Normalise::Sum:
    if (view.weight != Weight::Exp)
      return emitQuotient(acc, row.den);
    return make<arith::SelectOp>(isEqual(row.den, 0), constant(0),
                                 make<arith::DivFOp>(acc, row.den));
  }
  llvm_unreachable("all normalisers are handled");
}

/// Writes one row of the results.
SmallVector<Value> PairLoops::emitOutput(AttentionOp op, const RowState &row,
                                         ValueRange over, Value i,
                                         ValueRange carried) {
  SmallVector<Value> results(carried);
  SmallVector<Value> dims = emit.getDims(view, over, i, index(0));
  auto write = [&](Value tensor, Value acc) {
    SmallVector<Value> position;
    for (AffineExpr expr : op.getOutMap()->getResults())
      position.push_back(dims[cast<AffineDimExpr>(expr).getPosition()]);
    return insert(emitNormalised(op, row, acc), tensor, position);
  };
  if (op.getOut() && isa<FloatType>(row.acc.getType()))
    results[0] = write(results[0], row.acc);
  else if (op.getOut())
    results[0] = emitLoop(index(0), make<tensor::DimOp>(row.acc, 0), results[0],
                          [&](Value d, ValueRange carried) {
                            dims[c.inner()] = d;
                            Value acc = make<tensor::ExtractOp>(row.acc, d);
                            return SmallVector<Value>{write(carried[0], acc)};
                          })[0];
  if (!op.getStat())
    return results;
  Value stat = row.den;
  if (view.weight == Weight::Exp)
    stat = make<arith::SelectOp>(
        isEqual(row.den, 0), constant(-infinity),
        make<arith::AddFOp>(row.max, make<math::LogOp>(row.den)));
  SmallVector<Value> position(over);
  position.push_back(i);
  results.back() = insert(stat, results.back(), position);
  return results;
}

FailureOr<SmallVector<Value>> PairLoops::lower(AttentionOp op) {
  ArrayRef<Value> ends = ArrayRef(extents).take_front(c.query() + 1);
  SmallVector<Value> results = emitNest(
      ends, emitEmptyResults(), [&](ValueRange indices, ValueRange carried) {
        ValueRange over = indices.drop_back();
        Value i = indices.back(), sink;
        if (op.getSink()) {
          SmallVector<Value> dims = emit.getDims(view, over, i, index(0));
          SmallVector<Value> bindings(view.bindingInfos.size());
          sink = load(op.getSink(), *op.getSinkMap(), dims, bindings,
                      /*isGrouped=*/false);
        }
        RowState row = emitRow(over, i, index(0), extents[c.key()], sink);
        return emitOutput(op, row, over, i, carried);
      });
  if (isBroken)
    return failure();
  return results;
}

//===----------------------------------------------------------------------===//
// attn.partial
//===----------------------------------------------------------------------===//

/// Writes the state of one row at `position`.
SmallVector<Value> PairLoops::emitState(const RowState &row,
                                        ValueRange position,
                                        ValueRange carried) {
  SmallVector<Value> results;
  if (row.acc && isa<FloatType>(row.acc.getType()))
    results.push_back(insert(row.acc, carried[0], position));
  else if (row.acc)
    results =
        emitLoop(index(0), make<tensor::DimOp>(row.acc, 0), carried[0],
                 [&](Value d, ValueRange carried) {
                   SmallVector<Value> inner(position);
                   inner.push_back(d);
                   Value acc = make<tensor::ExtractOp>(row.acc, d);
                   return SmallVector<Value>{insert(acc, carried[0], inner)};
                 });
  if (view.weight == Weight::Exp)
    results.push_back(insert(row.max, carried[results.size()], position));
  if (view.normalise == Normalise::Sum)
    results.push_back(insert(row.den, carried[results.size()], position));
  return results;
}

FailureOr<SmallVector<Value>> PairLoops::lower(PartialOp op) {
  SmallVector<Value> ends(ArrayRef(extents).take_front(c.query() + 1));
  Value keys = extents[c.key()], size;
  if (op.getSplit()) {
    size = index(*op.getSplit());
    ends.insert(ends.end() - 1, make<arith::CeilDivSIOp>(keys, size));
  }
  SmallVector<Value> results = emitNest(
      ends, emitEmptyResults(), [&](ValueRange position, ValueRange carried) {
        Value begin = index(0), end = keys;
        if (op.getSplit()) {
          begin = make<arith::MulIOp>(position[c.query()], size);
          end = make<arith::MinSIOp>(make<arith::AddIOp>(begin, size), keys);
        }
        RowState row = emitRow(position.take_front(c.numOver()),
                               position.back(), begin, end, /*sink=*/Value());
        return emitState(row, position, carried);
      });
  if (isBroken)
    return failure();
  return results;
}

//===----------------------------------------------------------------------===//
// attn.observe
//===----------------------------------------------------------------------===//

/// Joins `value` with the element of result `n` at `position`, if there is one.
Value PairLoops::emitJoined(ObserveOp op, unsigned n, Value value,
                            ValueRange position, Value tensor) {
  using P = arith::CmpIPredicate;
  Value inside = arith::ConstantIntOp::create(b, loc, 1, 1);
  for (auto [axis, coordinate] : llvm::enumerate(position)) {
    Value size = make<tensor::DimOp>(tensor, axis);
    for (Value holds : {make<arith::CmpIOp>(P::sge, coordinate, index(0)),
                        make<arith::CmpIOp>(P::slt, coordinate, size)})
      inside = make<arith::AndIOp>(inside, holds);
  }
  return emitIf(inside, tensor, [&] {
    Value old =
        emit.convertFloat(make<tensor::ExtractOp>(tensor, position), type);
    Value joined;
    switch (static_cast<ReduceKind>(op.getKinds()[n])) {
    case ReduceKind::Add:
      joined = make<arith::AddFOp>(old, value);
      break;
    case ReduceKind::Max:
      joined = make<arith::MaximumFOp>(old, value);
      break;
    case ReduceKind::Min:
      joined = make<arith::MinimumFOp>(old, value);
      break;
    }
    return SmallVector<Value>{insert(joined, tensor, position)};
  })[0];
}

/// Joins what the region yields at one visible pair with the results.
SmallVector<Value> PairLoops::emitObserved(ObserveOp op, ValueRange over,
                                           Value i, Value j,
                                           ValueRange carried) {
  SmallVector<Value> dims = emit.getDims(view, over, i, j);
  SmallVector<Value> bindings =
      emit.emitBindings(view.bindingInfos, view.bindings, dims);
  Value p = emitPairScore(over, i, j);
  if (op.getLse()) {
    auto &[lse, map] = view.further.front();
    p = emitExpWeight(p, load(lse, map, dims, bindings, /*isGrouped=*/false));
  }
  SmallVector<Value> arguments{p};
  arguments.append(bindings);
  for (int64_t dim : op.getObserveCoordinates())
    arguments.push_back(dims[dim]);
  SmallVector<Value> values =
      emit.inlineRegion(op.getObserveRegion(), arguments);
  SmallVector<Value> results;
  for (auto [n, value] : llvm::enumerate(values)) {
    SmallVector<Value> position =
        emit.emitIndices(PairView::getMap(op.getIntoMaps(), n), dims, bindings);
    results.push_back(emitJoined(op, n, value, position, carried[n]));
  }
  return results;
}

/// Converts the elements of `tensor` to the type of those of `empty`.
Value PairLoops::emitRounded(Value tensor, Value empty) {
  if (tensor.getType() == empty.getType())
    return tensor;
  unsigned rank = cast<RankedTensorType>(tensor.getType()).getRank();
  SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
  auto round = [&](OpBuilder &body, Location, ValueRange arguments) {
    Value element = PairEmitter(body, loc).convertFloat(arguments[0],
                                                        arguments[1].getType());
    linalg::YieldOp::create(body, loc, element);
  };
  return linalg::GenericOp::create(b, loc, empty.getType(), tensor, empty, maps,
                                   kinds, round)
      .getResult(0);
}

FailureOr<SmallVector<Value>> PairLoops::lower(ObserveOp op) {
  SmallVector<Value> ends(ArrayRef(extents).take_front(c.query() + 1));
  ends.push_back(extents[c.key()]);
  SmallVector<Value> inits = emitEmptyResults(type);
  for (auto [init, value] : llvm::zip(inits, op.getInits()))
    init = linalg::FillOp::create(b, loc, constant(value), init).getResult(0);
  SmallVector<Value> results =
      emitNest(ends, inits, [&](ValueRange indices, ValueRange carried) {
        ValueRange over = indices.take_front(c.numOver());
        Value i = indices[c.numOver()], j = indices.back();
        return emitIf(emitVisible(over, i, j), carried,
                      [&] { return emitObserved(op, over, i, j, carried); });
      });
  if (isBroken)
    return failure();
  SmallVector<Value> rounded = emitEmptyResults();
  for (auto [result, empty] : llvm::zip(results, rounded))
    result = emitRounded(result, empty);
  return results;
}

//===----------------------------------------------------------------------===//
// Divisors
//===----------------------------------------------------------------------===//

/// Checks before each division within `root` that the divisor is positive, but
/// for the grouping of `heads`, which is checked once.
static void emitDivisorChecks(Operation *root, StringRef name, Value heads) {
  auto dividesHeads = [&](Operation *op) {
    return isa_and_present<arith::FloorDivSIOp>(op) &&
           op->getOperand(0) == heads;
  };
  root->walk([&](Operation *op) {
    Value divisor = getUncertainDivisor(op);
    if (!divisor || dividesHeads(op) || dividesHeads(divisor.getDefiningOp()))
      return;
    OpBuilder b(op);
    emitDivisorCheck(b, op, castDivisor(b, op, divisor), name);
    op->setOperand(1, emitSafeDivisor(b, op, divisor));
  });
}

//===----------------------------------------------------------------------===//
// Masks that are left
//===----------------------------------------------------------------------===//

static bool isMask(Type type) { return isa<MaskType>(type); }

/// Refuses a mask that any op but those over pairs uses: it has no form at run
/// time.
static LogicalResult verifyNoMask(Operation *op) {
  if (auto function = dyn_cast<FunctionOpInterface>(op);
      function && (llvm::any_of(function.getArgumentTypes(), isMask) ||
                   llvm::any_of(function.getResultTypes(), isMask)))
    return op->emitError("expected masks that stay within a function, found @")
           << function.getName()
           << " with one as argument or result; inline it where it is used";
  if (isa_and_present<AttnDialect>(op->getDialect()))
    return success();
  if (llvm::any_of(op->getOperandTypes(), isMask) ||
      llvm::any_of(op->getResultTypes(), isMask))
    return op->emitError("expected masks that only ops of the attn dialect "
                         "use, found one in '")
           << op->getName() << "'";
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

/// Lowers every op over pairs, then drops the masks they used.
struct AttnLowerToLoopsPass final
    : attn::impl::AttnLowerToLoopsPassBase<AttnLowerToLoopsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Operation *> pairs, masks;
    getOperation()->walk([&](Operation *op) {
      if (isa<AttentionOp, PartialOp, ObserveOp>(op))
        pairs.push_back(op);
      else if (llvm::any_of(op->getResultTypes(), llvm::IsaPred<MaskType>))
        masks.push_back(op);
    });
    for (Operation *op : pairs)
      if (failed(lower(op)))
        return signalPassFailure();
    for (Operation *op : llvm::reverse(masks))
      if (isOpTriviallyDead(op))
        op->erase();
    WalkResult result = getOperation()->walk<WalkOrder::PreOrder>(
        [](Operation *op) { return WalkResult(verifyNoMask(op)); });
    if (result.wasInterrupted())
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    populateLowerExtractPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }

  /// Replaces one op by its loops.
  LogicalResult lower(Operation *op) {
    OpBuilder b(op);
    Operation *before = op->getPrevNode();
    PairLoops loops(b, op, wide);
    if (loops.isInvalid())
      return failure();
    using Results = FailureOr<SmallVector<Value>>;
    Results results = llvm::TypeSwitch<Operation *, Results>(op)
                          .Case<AttentionOp, PartialOp, ObserveOp>(
                              [&](auto pair) { return loops.lower(pair); })
                          .Default(failure());
    if (failed(results))
      return failure();
    Block::iterator first =
        before ? std::next(before->getIterator()) : op->getBlock()->begin();
    for (Operation &created : llvm::make_range(first, op->getIterator()))
      emitDivisorChecks(&created, op->getName().getStringRef(),
                        loops.getHeads());
    op->replaceAllUsesWith(*results);
    op->erase();
    return success();
  }
};

} // namespace
