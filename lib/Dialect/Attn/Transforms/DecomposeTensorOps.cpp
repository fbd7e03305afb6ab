//===- DecomposeTensorOps.cpp - tensor ops to linalg ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites the ops without named coordinates into linalg on tensors.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "attn/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

#include <cmath>
#include <limits>

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNDECOMPOSETENSOROPSPASS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static constexpr double infinity = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// Building blocks
//===----------------------------------------------------------------------===//

namespace {

using Sizes = SmallVector<OpFoldResult>;

/// A tensor, and where each point of a loop nest touches it.
struct Access {
  Value tensor;
  AffineMap map;
};

/// Builds ops that compute in one floating-point type.
class Emitter : public ImplicitLocOpBuilder {
public:
  /// The body of a linalg op: from the elements of inputs and outputs, in the
  /// type of the emitter, to those of the outputs.
  using Body = function_ref<SmallVector<Value>(
      Emitter &e, ArrayRef<Value> inputs, ArrayRef<Value> outputs)>;
  /// The same with one output that is not read.
  using Map = function_ref<Value(Emitter &e, ArrayRef<Value> inputs)>;
  /// The same for a reduction of what the inputs give.
  using Reduction =
      function_ref<Value(Emitter &e, Value sum, ArrayRef<Value> inputs)>;

  Emitter(Location loc, OpBuilder &builder, Type type)
      : ImplicitLocOpBuilder(loc, builder), type(type) {}

  Type getType() const { return type; }

  template <typename OpTy, typename... Args>
  Value make(Args &&...args) {
    return OpTy::create(*this, std::forward<Args>(args)...);
  }

  Value constant(double value, Type of = {});
  Value indexConstant(int64_t value);
  Value toIndex(OpFoldResult size);
  Value fromInteger(Value value);
  Value convert(Value value, Type to);

  Value isEqual(Value value, double to);
  Value exponential(Value difference, Value max);

  Sizes sizesOf(Value tensor);
  Value empty(const Sizes &sizes, Type of = {});
  Value filled(const Sizes &sizes, double value, Type of = {});
  Value converted(Value tensor, Type to);

  AffineMap without(unsigned rank, unsigned axis);
  AffineMap aligned(unsigned rank, unsigned skipped, ArrayRef<int64_t> shape);

  SmallVector<Value> generic(ArrayRef<Access> inputs, ArrayRef<Access> outputs,
                             std::optional<unsigned> reduced, Body body);
  Value map(const Sizes &sizes, ArrayRef<Access> inputs, Map body,
            Type of = {});
  Value reduce(const Sizes &sizes, unsigned axis, double initial,
               ArrayRef<Access> inputs, Reduction body);

private:
  Type type;
};

} // namespace

/// Returns a constant of type `of`, by default the type of the emitter.
Value Emitter::constant(double value, Type of) {
  auto floatType = cast<FloatType>(of ? of : type);
  return make<arith::ConstantOp>(getFloatAttr(floatType, value));
}

/// Returns a constant of type index.
Value Emitter::indexConstant(int64_t value) {
  return make<arith::ConstantIndexOp>(value);
}

/// Returns `size` as a value.
Value Emitter::toIndex(OpFoldResult size) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), size);
}

/// Returns an integer or index as a floating-point number.
Value Emitter::fromInteger(Value value) {
  if (value.getType().isIndex())
    value = make<arith::IndexCastOp>(getI64Type(), value);
  return make<arith::SIToFPOp>(type, value);
}

/// Returns the floating-point number `value` as a `to`, rounded if need be.
Value Emitter::convert(Value value, Type to) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned width = to.getIntOrFloatBitWidth();
  if (value.getType() == to)
    return value;
  if (from < width)
    return make<arith::ExtFOp>(to, value);
  return make<arith::TruncFOp>(to, value);
}

/// Returns whether `value` is the number `to`; false for NaN.
Value Emitter::isEqual(Value value, double to) {
  return make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, value,
                             constant(to, value.getType()));
}

/// Returns e^(score - max), which is 0 for a score of -inf whatever `max` is.
Value Emitter::exponential(Value score, Value max) {
  Value power = make<math::ExpOp>(make<arith::SubFOp>(score, max));
  return make<arith::SelectOp>(isEqual(score, -infinity), constant(0), power);
}

/// Returns the sizes of `tensor`.
Sizes Emitter::sizesOf(Value tensor) {
  return tensor::getMixedSizes(*this, getLoc(), tensor);
}

/// Returns a tensor without contents.
Value Emitter::empty(const Sizes &sizes, Type of) {
  return make<tensor::EmptyOp>(sizes, of ? of : type);
}

/// Returns a tensor filled with a floating-point number.
Value Emitter::filled(const Sizes &sizes, double value, Type of) {
  Type element = of ? of : type;
  return linalg::FillOp::create(*this, constant(value, element),
                                empty(sizes, element))
      .getResult(0);
}

/// Returns `tensor` with its elements converted to `to`.
Value Emitter::converted(Value tensor, Type to) {
  auto from = cast<RankedTensorType>(tensor.getType());
  if (from.getElementType() == to)
    return tensor;
  auto identity = getMultiDimIdentityMap(from.getRank());
  return map(
      sizesOf(tensor), {{tensor, identity}},
      [](Emitter &, ArrayRef<Value> in) { return in[0]; }, to);
}

/// Returns the map of `rank` loops to all but the one of `axis`.
AffineMap Emitter::without(unsigned rank, unsigned axis) {
  return getMultiDimIdentityMap(rank).dropResult(axis);
}

/// Returns the map of `rank` loops to a tensor of `shape` that is aligned with
/// the loops before the last `skipped` ones; axes of size 1 are broadcast.
AffineMap Emitter::aligned(unsigned rank, unsigned skipped,
                           ArrayRef<int64_t> shape) {
  unsigned first = rank - skipped - shape.size();
  SmallVector<AffineExpr> results;
  for (auto [axis, size] : llvm::enumerate(shape))
    results.push_back(size == 1 ? getAffineConstantExpr(0)
                                : getAffineDimExpr(first + axis));
  return AffineMap::get(rank, 0, results, getContext());
}

/// Builds a `linalg.generic` with at most one `reduced` loop. Floating-point
/// elements enter `body` in the type of the emitter and leave it in their own.
SmallVector<Value> Emitter::generic(ArrayRef<Access> inputs,
                                    ArrayRef<Access> outputs,
                                    std::optional<unsigned> reduced,
                                    Body body) {
  SmallVector<Value> inputValues, outputValues;
  SmallVector<AffineMap> maps;
  for (auto [accesses, values] :
       {std::pair(inputs, &inputValues), std::pair(outputs, &outputValues)})
    for (const Access &access : accesses) {
      values->push_back(access.tensor);
      maps.push_back(access.map);
    }
  SmallVector<utils::IteratorType> iterators(maps.back().getNumDims(),
                                             utils::IteratorType::parallel);
  if (reduced)
    iterators[*reduced] = utils::IteratorType::reduction;

  auto build = [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    Emitter inner(loc, builder, type);
    SmallVector<Value> elements;
    for (Value argument : arguments)
      elements.push_back(isa<FloatType>(argument.getType())
                             ? inner.convert(argument, type)
                             : argument);
    ArrayRef<Value> all(elements);
    SmallVector<Value> results = body(inner, all.take_front(inputs.size()),
                                      all.drop_front(inputs.size()));
    for (auto [result, argument] :
         llvm::zip(results, arguments.take_back(outputs.size())))
      if (isa<FloatType>(result.getType()))
        result = inner.convert(result, argument.getType());
    linalg::YieldOp::create(inner, results);
  };
  return linalg::GenericOp::create(*this, TypeRange(ValueRange(outputValues)),
                                   inputValues, outputValues, maps, iterators,
                                   build)
      .getResults();
}

/// Builds a tensor of `sizes` whose elements are computed one by one.
Value Emitter::map(const Sizes &sizes, ArrayRef<Access> inputs, Map body,
                   Type of) {
  return generic(inputs,
                 {{empty(sizes, of), getMultiDimIdentityMap(sizes.size())}}, {},
                 [&](Emitter &e, ArrayRef<Value> in, ArrayRef<Value>) {
                   return SmallVector<Value>{body(e, in)};
                 })[0];
}

/// Reduces along `axis` of a loop nest of `sizes`, from the first to the last.
Value Emitter::reduce(const Sizes &sizes, unsigned axis, double initial,
                      ArrayRef<Access> inputs, Reduction body) {
  Sizes rest(sizes);
  rest.erase(rest.begin() + axis);
  return generic(inputs, {{filled(rest, initial), without(sizes.size(), axis)}},
                 axis,
                 [&](Emitter &e, ArrayRef<Value> in, ArrayRef<Value> out) {
                   return SmallVector<Value>{body(e, out[0], in)};
                 })[0];
}

//===----------------------------------------------------------------------===//
// attn.norm
//===----------------------------------------------------------------------===//

/// Returns the root that `op` divides each vector by; `mean` is null if it is
/// not subtracted.
static Value emitRoot(Emitter &e, NormOp op, Value mean, Value count) {
  Value x = op.getX();
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size(), last = rank - 1;
  SmallVector<Access> inputs{{x, e.getMultiDimIdentityMap(rank)}};
  if (mean)
    inputs.push_back({mean, e.without(rank, last)});
  Value squares = e.reduce(
      sizes, last, 0, inputs, [&](Emitter &e, Value sum, ArrayRef<Value> in) {
        Value v = mean ? e.make<arith::SubFOp>(in[0], in[1]) : in[0];
        return e.make<arith::AddFOp>(sum, e.make<arith::MulFOp>(v, v));
      });
  sizes.pop_back();
  return e.map(sizes, {{squares, e.getMultiDimIdentityMap(last)}},
               [&](Emitter &e, ArrayRef<Value> in) {
                 Value s = in[0];
                 if (op.getKind() != NormKind::L2)
                   s = e.make<arith::DivFOp>(s, count);
                 s = e.make<arith::AddFOp>(s, e.constant(op.getEpsilon()));
                 return e.make<math::SqrtOp>(s);
               });
}

/// Returns the means along the last axis of `x`, which has `count` elements.
static Value emitMean(Emitter &e, Value x, Value count) {
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size(), last = rank - 1;
  Value sums = e.reduce(sizes, last, 0, {{x, e.getMultiDimIdentityMap(rank)}},
                        [](Emitter &e, Value sum, ArrayRef<Value> in) {
                          return e.make<arith::AddFOp>(sum, in[0]);
                        });
  sizes.pop_back();
  return e.map(sizes, {{sums, e.getMultiDimIdentityMap(last)}},
               [&](Emitter &e, ArrayRef<Value> in) {
                 return e.make<arith::DivFOp>(in[0], count);
               });
}

/// Two or three passes over each vector: mean, sum of squares, quotient.
static SmallVector<Value> decompose(Emitter &e, NormOp op) {
  Value x = op.getX();
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size();
  Value count = e.fromInteger(e.toIndex(sizes.back()));
  Value mean;
  if (op.getKind() == NormKind::Layer)
    mean = emitMean(e, x, count);
  Value root = emitRoot(e, op, mean, count);

  AffineMap row = e.without(rank, rank - 1);
  AffineMap feature =
      AffineMap::get(rank, 0, e.getAffineDimExpr(rank - 1), e.getContext());
  SmallVector<Access> inputs{{x, e.getMultiDimIdentityMap(rank)}, {root, row}};
  if (mean)
    inputs.push_back({mean, row});
  for (Value vector : {op.getGain(), op.getOffset()})
    if (vector)
      inputs.push_back({vector, feature});
  auto body = [&](Emitter &e, ArrayRef<Value> in) {
    Value v = in[0], r = in[1];
    in = in.drop_front(2);
    if (mean)
      v = e.make<arith::SubFOp>(v, in.consume_front());
    v = e.make<arith::SelectOp>(e.isEqual(r, 0), e.constant(0),
                                e.make<arith::DivFOp>(v, r));
    if (op.getGain())
      v = e.make<arith::MulFOp>(v, in.consume_front());
    if (op.getOffset())
      v = e.make<arith::AddFOp>(v, in.consume_front());
    return v;
  };
  return {e.map(sizes, inputs, body, getElementTypeOrSelf(x))};
}

//===----------------------------------------------------------------------===//
// attn.linear_map, attn.expm
//===----------------------------------------------------------------------===//

/// The weights as a constant.
static SmallVector<Value> decompose(Emitter &e, LinearMapOp op) {
  SmallVector<OpFoldResult> weights;
  if (failed(op->fold({}, weights)))
    llvm_unreachable("a verified linear map has constant weights");
  auto elements = cast<TypedAttr>(cast<Attribute>(weights.front()));
  return {e.make<arith::ConstantOp>(elements)};
}

/// Returns the product of two square matrices.
static Value emitProduct(Emitter &e, Value lhs, Value rhs) {
  Value zero = e.filled(e.sizesOf(lhs), 0);
  return linalg::MatmulOp::create(e, zero.getType(), ValueRange{lhs, rhs},
                                  ValueRange{zero})
      .getResult(0);
}

/// Returns the identity plus `matrix / divisor`.
static Value emitIdentityPlus(Emitter &e, Value matrix, Value divisor) {
  AffineMap all = e.getMultiDimIdentityMap(2);
  return e.map(
      e.sizesOf(matrix), {{matrix, all}}, [&](Emitter &e, ArrayRef<Value> in) {
        Value row = e.make<linalg::IndexOp>(0);
        Value column = e.make<linalg::IndexOp>(1);
        Value diagonal =
            e.make<arith::CmpIOp>(arith::CmpIPredicate::eq, row, column);
        Value one =
            e.make<arith::SelectOp>(diagonal, e.constant(1), e.constant(0));
        return e.make<arith::AddFOp>(one,
                                     e.make<arith::DivFOp>(in[0], divisor));
      });
}

/// Returns the largest absolute column sum of `matrix`, NaN if it has a NaN.
static Value emitColumnNorm(Emitter &e, Value matrix) {
  Sizes sizes = e.sizesOf(matrix);
  Value sums =
      e.reduce(sizes, 0, 0, {{matrix, e.getMultiDimIdentityMap(2)}},
               [](Emitter &e, Value sum, ArrayRef<Value> in) {
                 return e.make<arith::AddFOp>(sum, e.make<math::AbsFOp>(in[0]));
               });
  Value norm = e.reduce({sizes[1]}, 0, 0, {{sums, e.getMultiDimIdentityMap(1)}},
                        [](Emitter &e, Value max, ArrayRef<Value> in) {
                          return e.make<arith::MaximumFOp>(max, in[0]);
                        });
  return e.make<tensor::ExtractOp>(norm, ValueRange());
}

/// Returns how often `norm` must be halved to be 1/2 or less, and the power of
/// two that does it. An infinite norm ends with a power of 0, NaN at once.
static std::pair<Value, Value> emitHalvings(Emitter &e, Value norm) {
  Value none = e.indexConstant(0), one = e.constant(1);
  auto loop = scf::WhileOp::create(
      e, TypeRange{none.getType(), one.getType()}, ValueRange{none, one},
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        Emitter inner(loc, builder, e.getType());
        Value scaled = inner.make<arith::MulFOp>(norm, state[1]);
        Value more = inner.make<arith::CmpFOp>(arith::CmpFPredicate::OGT,
                                               scaled, inner.constant(0.5));
        scf::ConditionOp::create(inner, more, state);
      },
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        Emitter inner(loc, builder, e.getType());
        Value count =
            inner.make<arith::AddIOp>(state[0], inner.indexConstant(1));
        Value power = inner.make<arith::MulFOp>(state[1], inner.constant(0.5));
        scf::YieldOp::create(inner, ValueRange{count, power});
      });
  return {loop.getResult(0), loop.getResult(1)};
}

/// Returns the exponential of one matrix: scaling, Taylor series, squaring.
static Value emitExponential(Emitter &e, Value matrix) {
  constexpr int64_t terms = 14;
  Value count, power;
  std::tie(count, power) = emitHalvings(e, emitColumnNorm(e, matrix));
  AffineMap all = e.getMultiDimIdentityMap(2);
  Value scaled = e.map(e.sizesOf(matrix), {{matrix, all}},
                       [&](Emitter &e, ArrayRef<Value> in) {
                         return e.make<arith::MulFOp>(in[0], power);
                       });

  // Horner: 1 + A/1 (1 + A/2 (1 + ... (1 + A/14))).
  Value sum = emitIdentityPlus(e, scaled, e.constant(terms));
  Value zero = e.indexConstant(0), one = e.indexConstant(1);
  auto series = scf::ForOp::create(
      e, one, e.indexConstant(terms), one, ValueRange{sum},
      [&](OpBuilder &builder, Location loc, Value step, ValueRange state) {
        Emitter inner(loc, builder, e.getType());
        Value divisor = inner.fromInteger(
            inner.make<arith::SubIOp>(inner.indexConstant(terms), step));
        Value product = emitProduct(inner, scaled, state[0]);
        scf::YieldOp::create(inner, emitIdentityPlus(inner, product, divisor));
      });
  auto squared = scf::ForOp::create(
      e, zero, count, one, series.getResults(),
      [&](OpBuilder &builder, Location loc, Value, ValueRange state) {
        Emitter inner(loc, builder, e.getType());
        scf::YieldOp::create(inner, emitProduct(inner, state[0], state[0]));
      });
  return squared.getResult(0);
}

/// A loop over the matrices.
static SmallVector<Value> decompose(Emitter &outer, ExpmOp op) {
  Value x = op.getX();
  RankedTensorType type = op.getX().getType();
  Sizes sizes = outer.sizesOf(x);
  unsigned leading = sizes.size() - 2;
  SmallVector<Value> begins(leading, outer.indexConstant(0));
  SmallVector<Value> steps(leading, outer.indexConstant(1));
  SmallVector<Value> ends;
  for (OpFoldResult size : ArrayRef(sizes).drop_back(2))
    ends.push_back(outer.toIndex(size));
  Type f64 = outer.getF64Type();
  auto matrixType = RankedTensorType::get(type.getShape().take_back(2),
                                          type.getElementType());
  SmallVector<OpFoldResult> strides(sizes.size(), outer.getIndexAttr(1));

  Value init = outer.empty(sizes, type.getElementType());
  auto body = [&](OpBuilder &builder, Location loc, ValueRange ivs,
                  ValueRange state) -> scf::ValueVector {
    Emitter e(loc, builder, f64);
    SmallVector<OpFoldResult> offsets(ivs.begin(), ivs.end());
    offsets.append(2, e.getIndexAttr(0));
    SmallVector<OpFoldResult> extents(leading, e.getIndexAttr(1));
    llvm::append_range(extents, ArrayRef(sizes).take_back(2));
    Value matrix = e.make<tensor::ExtractSliceOp>(matrixType, x, offsets,
                                                  extents, strides);
    Value result = emitExponential(e, e.converted(matrix, f64));
    result = e.converted(result, type.getElementType());
    return {e.make<tensor::InsertSliceOp>(result, state[0], offsets, extents,
                                          strides)};
  };
  return llvm::to_vector_of<Value>(scf::buildLoopNest(outer, outer.getLoc(),
                                                      begins, ends, steps,
                                                      ValueRange{init}, body)
                                       .results);
}

//===----------------------------------------------------------------------===//
// attn.rotary_table, attn.rotate, attn.rotate_blocks
//===----------------------------------------------------------------------===//

/// Returns the constant base^(-2 p / dims) for each pair p.
static Value emitFrequencies(Emitter &e, RotaryTableOp op) {
  SmallVector<double> frequencies;
  int64_t dims = op.getDims();
  for (int64_t p = 0; p < dims / 2; ++p)
    frequencies.push_back(
        std::pow(op.getBase().convertToDouble(), -2.0 * p / dims));
  auto type = RankedTensorType::get({dims / 2}, e.getF64Type());
  return e.make<arith::ConstantOp>(
      DenseElementsAttr::get(type, ArrayRef<double>(frequencies)));
}

/// One loop nest that writes both tables.
static SmallVector<Value> decompose(Emitter &outer, RotaryTableOp op) {
  Emitter e(outer.getLoc(), outer, outer.getF64Type());
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(e, shapes)))
    llvm_unreachable("the shapes of the tables are known");
  unsigned rank = shapes[0].size();
  AffineMap all = e.getMultiDimIdentityMap(rank);
  AffineMap pair =
      AffineMap::get(rank, 0, e.getAffineDimExpr(rank - 1), e.getContext());
  SmallVector<Access> inputs{{emitFrequencies(e, op), pair}};
  if (op.getPositions())
    inputs.push_back({op.getPositions(), e.without(rank, rank - 1)});
  Value offset = op.getOffset() ? e.fromInteger(op.getOffset()) : Value();

  Type element = op.getCos().getType().getElementType();
  SmallVector<Access> outputs(2);
  for (Access &output : outputs)
    output = {e.empty(shapes[0], element), all};
  return e.generic(inputs, outputs, {},
                   [&](Emitter &e, ArrayRef<Value> in, ArrayRef<Value>) {
                     Value position = op.getPositions()
                                          ? in[1]
                                          : Value(e.make<linalg::IndexOp>(0));
                     if (!isa<FloatType>(position.getType()))
                       position = e.fromInteger(position);
                     if (offset)
                       position = e.make<arith::AddFOp>(offset, position);
                     Value angle = e.make<arith::MulFOp>(position, in[0]);
                     return SmallVector<Value>{e.make<math::CosOp>(angle),
                                               e.make<math::SinOp>(angle)};
                   });
}

/// Both halves of each pair are slices: contiguous ones, or every other one.
static SmallVector<Value> decompose(Emitter &e, RotateOp op) {
  Value x = op.getX();
  Type element = getElementTypeOrSelf(x);
  Sizes sizes = e.sizesOf(x);
  unsigned rank = sizes.size();
  int64_t rotated = op.getRotated();
  bool interleaved = op.getLayout() == RotaryLayout::Interleaved;

  Sizes half(sizes), first(rank, e.getIndexAttr(0)), second(first);
  Sizes strides(rank, e.getIndexAttr(1));
  half.back() = e.getIndexAttr(rotated / 2);
  second.back() = e.getIndexAttr(interleaved ? 1 : rotated / 2);
  strides.back() = e.getIndexAttr(interleaved ? 2 : 1);
  Value a = e.make<tensor::ExtractSliceOp>(x, first, half, strides);
  Value b = e.make<tensor::ExtractSliceOp>(x, second, half, strides);

  AffineMap all = e.getMultiDimIdentityMap(rank);
  AffineMap table = e.aligned(rank, 0, op.getCos().getType().getShape());
  SmallVector<Access> inputs{
      {a, all}, {b, all}, {op.getCos(), table}, {op.getSin(), table}};
  SmallVector<Access> outputs{{e.empty(half, element), all},
                              {e.empty(half, element), all}};
  SmallVector<Value> results = e.generic(
      inputs, outputs, {}, [](Emitter &e, ArrayRef<Value> in, ArrayRef<Value>) {
        Value a = in[0], b = in[1], cos = in[2], sin = in[3];
        return SmallVector<Value>{
            e.make<arith::SubFOp>(e.make<arith::MulFOp>(a, cos),
                                  e.make<arith::MulFOp>(b, sin)),
            e.make<arith::AddFOp>(e.make<arith::MulFOp>(b, cos),
                                  e.make<arith::MulFOp>(a, sin))};
      });

  bool complete = op.getX().getType().getShape().back() == rotated;
  Value y = complete ? e.empty(sizes, element) : x;
  y = e.make<tensor::InsertSliceOp>(results[0], y, first, half, strides);
  y = e.make<tensor::InsertSliceOp>(results[1], y, second, half, strides);
  return {y};
}

/// A contraction over the features of each block.
static SmallVector<Value> decompose(Emitter &e, RotateBlocksOp op) {
  RankedTensorType x = op.getX().getType(), r = op.getR().getType();
  int64_t rank = x.getRank(), block = r.getShape().back();
  SmallVector<int64_t> shape(x.getShape().drop_back());
  shape.append({r.getDimSize(r.getRank() - 3), block});
  SmallVector<ReassociationIndices> groups;
  for (int64_t axis = 0; axis < rank; ++axis)
    groups.push_back({axis});
  groups.back().push_back(rank);
  Value blocks =
      e.make<tensor::ExpandShapeOp>(x.clone(shape), op.getX(), groups);

  // Loops [.., block, output feature, input feature].
  unsigned loops = rank + 2;
  AffineMap lead = e.aligned(loops, 3, r.getShape().drop_back(3));
  SmallVector<AffineExpr> matrix(lead.getResults());
  for (unsigned loop : {loops - 3, loops - 2, loops - 1})
    matrix.push_back(e.getAffineDimExpr(loop));
  Sizes sizes = e.sizesOf(blocks);
  sizes.push_back(e.getIndexAttr(block));
  Value y = e.reduce(
      sizes, loops - 1, 0,
      {{blocks, e.without(loops, loops - 2)},
       {op.getR(), AffineMap::get(loops, 0, matrix, e.getContext())}},
      [](Emitter &e, Value sum, ArrayRef<Value> in) {
        return e.make<arith::AddFOp>(sum, e.make<arith::MulFOp>(in[1], in[0]));
      });
  y = e.converted(y, x.getElementType());
  return {e.make<tensor::CollapseShapeOp>(x, y, groups)};
}

//===----------------------------------------------------------------------===//
// attn.topk
//===----------------------------------------------------------------------===//

namespace {

/// The selection of a row: in each round, the first element in the order that
/// follows the one taken before it.
struct TopkRow {
  TopkOp op;
  Value size;     // number of candidates
  ValueRange row; // position of the row

  /// The position of element `index` in the row.
  SmallVector<Value> at(Value index) const {
    SmallVector<Value> position(row);
    position.push_back(index);
    return position;
  }

  std::pair<Value, Value> findNext(Emitter &e, Value last, Value lastIndex);
  scf::ValueVector takeOne(Emitter &e, Value round, ValueRange state);
};

} // namespace

/// Returns the value and index of the first element after (`last`,
/// `lastIndex`), and index -1 if there is none.
std::pair<Value, Value> TopkRow::findNext(Emitter &e, Value last,
                                          Value lastIndex) {
  auto before =
      op.getLeast() ? arith::CmpFPredicate::OLT : arith::CmpFPredicate::OGT;
  Value none = e.indexConstant(-1);
  auto loop = scf::ForOp::create(
      e, e.indexConstant(0), size, e.indexConstant(1), ValueRange{last, none},
      [&](OpBuilder &builder, Location loc, Value index, ValueRange best) {
        Emitter in(loc, builder, e.getType());
        Value element = in.make<tensor::ExtractOp>(op.getX(), at(index));
        element = in.convert(element, e.getType());
        // False for NaN.
        Value eligible = in.make<arith::CmpFOp>(
            arith::CmpFPredicate::OGT, element, in.constant(-infinity));
        Value later = in.make<arith::CmpFOp>(before, last, element);
        Value tied =
            in.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, element, last);
        Value behind =
            in.make<arith::CmpIOp>(arith::CmpIPredicate::sgt, index, lastIndex);
        later =
            in.make<arith::OrIOp>(later, in.make<arith::AndIOp>(tied, behind));
        Value first =
            in.make<arith::CmpIOp>(arith::CmpIPredicate::eq, best[1], none);
        Value better = in.make<arith::OrIOp>(
            first, in.make<arith::CmpFOp>(before, element, best[0]));
        Value take = in.make<arith::AndIOp>(
            eligible, in.make<arith::AndIOp>(later, better));
        scf::YieldOp::create(
            in, ValueRange{in.make<arith::SelectOp>(take, element, best[0]),
                           in.make<arith::SelectOp>(take, index, best[1])});
      });
  return {loop.getResult(0), loop.getResult(1)};
}

/// Takes one element: from (last, last index, values, indices[, kept]) to the
/// same after the round.
scf::ValueVector TopkRow::takeOne(Emitter &e, Value round, ValueRange state) {
  Value value, index;
  std::tie(value, index) = findNext(e, state[0], state[1]);
  Value found = e.make<arith::CmpIOp>(arith::CmpIPredicate::sge, index,
                                      e.indexConstant(0));
  Value shown = e.make<arith::SelectOp>(found, value, e.constant(0));
  shown = e.convert(shown, getElementTypeOrSelf(op.getX()));
  Value narrow = e.make<arith::IndexCastOp>(e.getI32Type(), index);
  scf::ValueVector next{value, e.make<arith::SelectOp>(found, index, state[1]),
                        e.make<tensor::InsertOp>(shown, state[2], at(round)),
                        e.make<tensor::InsertOp>(narrow, state[3], at(round))};
  if (!op.getKeep())
    return next;
  auto mark = scf::IfOp::create(
      e, found,
      [&](OpBuilder &builder, Location loc) {
        Emitter in(loc, builder, e.getType());
        Value yes = in.make<arith::ConstantOp>(in.getBoolAttr(true));
        scf::YieldOp::create(
            in, in.make<tensor::InsertOp>(yes, state[4], at(index)));
      },
      [&](OpBuilder &builder, Location loc) {
        scf::YieldOp::create(builder, loc, state[4]);
      });
  next.push_back(mark.getResult(0));
  return next;
}

/// Returns a tensor filled with the constant `value`.
static Value emitFilled(Emitter &e, const Sizes &sizes, TypedAttr value) {
  return linalg::FillOp::create(e, e.make<arith::ConstantOp>(value),
                                e.empty(sizes, value.getType()))
      .getResult(0);
}

/// Loops over rows, rounds and candidates.
static SmallVector<Value> decompose(Emitter &outer, TopkOp op) {
  Sizes sizes = outer.sizesOf(op.getX());
  Value size = outer.toIndex(sizes.back());
  Sizes taken(sizes);
  taken.back() = outer.getIndexAttr(op.getK());
  Type element = getElementTypeOrSelf(op.getX());
  SmallVector<Value> init{
      outer.filled(taken, 0, element),
      emitFilled(outer, taken, outer.getI32IntegerAttr(-1))};
  if (op.getKeep())
    init.push_back(emitFilled(outer, sizes, outer.getBoolAttr(false)));

  Value zero = outer.indexConstant(0), one = outer.indexConstant(1);
  Value rounds = outer.indexConstant(op.getK());
  SmallVector<Value> ends;
  for (OpFoldResult end : ArrayRef(sizes).drop_back())
    ends.push_back(outer.toIndex(end));
  SmallVector<Value> begins(ends.size(), zero), steps(ends.size(), one);

  auto selectRow = [&](OpBuilder &builder, Location loc, ValueRange row,
                       ValueRange tensors) -> scf::ValueVector {
    Emitter e(loc, builder, outer.getType());
    SmallVector<Value> state{e.constant(op.getLeast() ? -infinity : infinity),
                             e.indexConstant(-1)};
    llvm::append_range(state, tensors);
    auto loop = scf::ForOp::create(
        e, zero, rounds, one, state,
        [&](OpBuilder &builder, Location loc, Value round, ValueRange state) {
          Emitter in(loc, builder, e.getType());
          TopkRow topk{op, size, row};
          scf::YieldOp::create(in, topk.takeOne(in, round, state));
        });
    return llvm::to_vector_of<Value>(loop.getResults().drop_front(2));
  };
  return llvm::to_vector_of<Value>(scf::buildLoopNest(outer, outer.getLoc(),
                                                      begins, ends, steps, init,
                                                      selectRow)
                                       .results);
}

//===----------------------------------------------------------------------===//
// attn.combine, attn.prefix, attn.finalize, attn.merge
//===----------------------------------------------------------------------===//

namespace {

/// A partial state; components that its kind lacks are null.
struct State {
  Value acc, max, den;
};

} // namespace

/// Returns the product of `weight` and `value`, and 0 for a max of -inf.
static Value emitWeighted(Emitter &e, Value value, Value weight, Value max) {
  return e.make<arith::SelectOp>(e.isEqual(max, -infinity), e.constant(0),
                                 e.make<arith::MulFOp>(weight, value));
}

/// Returns the sum of tensors of one shape, in order.
static Value emitSum(Emitter &e, ArrayRef<Value> terms) {
  Sizes sizes = e.sizesOf(terms.front());
  AffineMap all = e.getMultiDimIdentityMap(sizes.size());
  SmallVector<Access> inputs;
  for (Value term : terms)
    inputs.push_back({term, all});
  return e.map(sizes, inputs, [](Emitter &e, ArrayRef<Value> in) {
    Value sum = in.front();
    for (Value term : in.drop_front())
      sum = e.make<arith::AddFOp>(sum, term);
    return sum;
  });
}

/// Returns the sum of `terms` times `weights`; a term has the axes of its
/// weight, and at most one more.
static Value emitWeightedSum(Emitter &e, ArrayRef<Value> terms,
                             ArrayRef<Value> weights, ArrayRef<Value> maxes) {
  Sizes sizes = e.sizesOf(terms.front());
  unsigned rank = sizes.size();
  unsigned rows = cast<RankedTensorType>(maxes[0].getType()).getRank();
  AffineMap row = e.getMultiDimIdentityMap(rank).getMajorSubMap(rows);
  SmallVector<Access> inputs;
  for (auto [term, weight, max] : llvm::zip(terms, weights, maxes))
    inputs.append(
        {{term, e.getMultiDimIdentityMap(rank)}, {weight, row}, {max, row}});
  return e.map(sizes, inputs, [](Emitter &e, ArrayRef<Value> in) {
    Value sum;
    for (; !in.empty(); in = in.drop_front(3)) {
      Value term = emitWeighted(e, in[0], in[1], in[2]);
      sum = sum ? Value(e.make<arith::AddFOp>(sum, term)) : term;
    }
    return sum;
  });
}

/// Joins exp states of one shape; the result is in the type of the emitter.
static State emitJoinedExp(Emitter &e, ArrayRef<State> states) {
  SmallVector<Value> accs, maxes, dens;
  for (const State &state : states) {
    accs.push_back(state.acc);
    maxes.push_back(state.max);
    dens.push_back(state.den);
  }
  Sizes sizes = e.sizesOf(maxes.front());
  AffineMap all = e.getMultiDimIdentityMap(sizes.size());
  SmallVector<Access> inputs;
  for (Value max : maxes)
    inputs.push_back({max, all});
  Value joint = e.map(sizes, inputs, [](Emitter &e, ArrayRef<Value> in) {
    Value max = in.front();
    for (Value other : in.drop_front())
      max = e.make<arith::MaximumFOp>(max, other);
    return max;
  });
  SmallVector<Value> weights;
  for (Value max : maxes)
    weights.push_back(e.map(sizes, {{max, all}, {joint, all}},
                            [](Emitter &e, ArrayRef<Value> in) {
                              return e.exponential(in[0], in[1]);
                            }));
  Value acc;
  if (states.front().acc)
    acc = emitWeightedSum(e, accs, weights, maxes);
  return {acc, joint, emitWeightedSum(e, dens, weights, maxes)};
}

/// Joins states of one shape; the result is in the type of the emitter.
static State emitJoined(Emitter &e, ArrayRef<State> states) {
  if (states.front().max)
    return emitJoinedExp(e, states);
  State joined;
  for (Value State::*component : {&State::acc, &State::den}) {
    if (!(states.front().*component))
      continue;
    SmallVector<Value> terms;
    for (const State &state : states)
      terms.push_back(state.*component);
    joined.*component = emitSum(e, terms);
  }
  return joined;
}

/// Returns the sum along `axis` of `terms` times `weights`, which may be null.
static Value emitSumAlong(Emitter &e, Value terms, unsigned axis, Value weights,
                          Value maxes) {
  Sizes sizes = e.sizesOf(terms);
  AffineMap all = e.getMultiDimIdentityMap(sizes.size());
  SmallVector<Access> inputs{{terms, all}};
  if (weights) {
    AffineMap row =
        all.getMajorSubMap(cast<RankedTensorType>(weights.getType()).getRank());
    inputs.append({{weights, row}, {maxes, row}});
  }
  return e.reduce(
      sizes, axis, 0, inputs, [&](Emitter &e, Value sum, ArrayRef<Value> in) {
        Value term = weights ? emitWeighted(e, in[0], in[1], in[2]) : in[0];
        return e.make<arith::AddFOp>(sum, term);
      });
}

/// Joins the states that lie along `axis` of one state.
static State emitJoinedAlong(Emitter &e, const State &state, unsigned axis) {
  Value weights, joint;
  if (state.max) {
    Sizes sizes = e.sizesOf(state.max);
    AffineMap all = e.getMultiDimIdentityMap(sizes.size());
    joint = e.reduce(sizes, axis, -infinity, {{state.max, all}},
                     [](Emitter &e, Value max, ArrayRef<Value> in) {
                       return e.make<arith::MaximumFOp>(max, in[0]);
                     });
    weights =
        e.map(sizes, {{state.max, all}, {joint, e.without(sizes.size(), axis)}},
              [](Emitter &e, ArrayRef<Value> in) {
                return e.exponential(in[0], in[1]);
              });
  }
  State joined{{}, joint, {}};
  if (state.acc)
    joined.acc = emitSumAlong(e, state.acc, axis, weights, state.max);
  if (state.den)
    joined.den = emitSumAlong(e, state.den, axis, weights, state.max);
  return joined;
}

/// Returns the present components of `state`, with the element type `to`.
static SmallVector<Value> toValues(Emitter &e, const State &state, Type to) {
  SmallVector<Value> values;
  for (Value value : {state.acc, state.max, state.den})
    if (value)
      values.push_back(e.converted(value, to));
  return values;
}

/// Returns the state whose components are `values` where those of `like` are
/// present.
static State fromValues(ValueRange values, const State &like) {
  State state;
  for (Value State::*component : {&State::acc, &State::max, &State::den})
    if (like.*component) {
      state.*component = values.front();
      values = values.drop_front();
    }
  return state;
}

/// Maximum, weights, and weighted sums.
static SmallVector<Value> decompose(Emitter &e, CombineOp op) {
  auto get = [](OperandRange values, size_t i) {
    return i < values.size() ? values[i] : Value();
  };
  SmallVector<State> states;
  for (size_t i = 0, count = op.getNumStates(); i < count; ++i)
    states.push_back(
        {get(op.getAccs(), i), get(op.getMaxes(), i), get(op.getDens(), i)});
  State joined = op.getAxis()
                     ? emitJoinedAlong(e, states.front(), *op.getAxis())
                     : emitJoined(e, states);
  return toValues(e, joined, getElementTypeOrSelf(op->getResult(0)));
}

namespace {

/// The positions of the slices of a tensor along one axis.
struct SliceAlong {
  unsigned axis;
  Sizes offsets, sizes, strides;

  SliceAlong(Emitter &e, Value tensor, unsigned axis, OpFoldResult index)
      : axis(axis), sizes(e.sizesOf(tensor)) {
    offsets.assign(sizes.size(), e.getIndexAttr(0));
    strides.assign(sizes.size(), e.getIndexAttr(1));
    offsets[axis] = index;
    sizes[axis] = e.getIndexAttr(1);
  }

  /// The slice of `tensor`, without the axis.
  Value extract(Emitter &e, Value tensor) const {
    auto type = cast<RankedTensorType>(tensor.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + axis);
    return e.make<tensor::ExtractSliceOp>(type.clone(shape), tensor, offsets,
                                          sizes, strides);
  }

  /// `tensor` with `slice` in its place.
  Value insert(Emitter &e, Value slice, Value tensor) const {
    return e.make<tensor::InsertSliceOp>(slice, tensor, offsets, sizes,
                                         strides);
  }
};

} // namespace

/// A loop along the axis that carries the results and the state so far.
static SmallVector<Value> decompose(Emitter &outer, PrefixOp op) {
  unsigned axis = op.getAxis();
  Type element = getElementTypeOrSelf(op->getResult(0));
  State all{op.getAcc(), op.getMax(), op.getDen()};
  SmallVector<Value> init;
  for (Value operand : op.getOperands())
    init.push_back(outer.empty(outer.sizesOf(operand), element));
  for (Value operand : op.getOperands()) {
    Sizes sizes = outer.sizesOf(operand);
    sizes.erase(sizes.begin() + axis);
    init.push_back(outer.filled(sizes, operand == all.max ? -infinity : 0));
  }
  size_t count = op->getNumOperands();
  Value end = outer.toIndex(outer.sizesOf(op->getOperand(0))[axis]);

  auto loop = scf::ForOp::create(
      outer, outer.indexConstant(0), end, outer.indexConstant(1), init,
      [&](OpBuilder &builder, Location loc, Value index, ValueRange carried) {
        Emitter e(loc, builder, outer.getType());
        SmallVector<SliceAlong> slices;
        SmallVector<Value> next;
        for (Value operand : op.getOperands()) {
          slices.emplace_back(e, operand, axis, index);
          next.push_back(slices.back().extract(e, operand));
        }
        State states[] = {fromValues(carried.drop_front(count), all),
                          fromValues(next, all)};
        State joined = emitJoined(e, states);
        SmallVector<Value> results;
        for (auto [slice, value, result] :
             llvm::zip(slices, toValues(e, joined, element), carried))
          results.push_back(slice.insert(e, value, result));
        llvm::append_range(results, toValues(e, joined, e.getType()));
        scf::YieldOp::create(e, results);
      });
  return llvm::to_vector_of<Value>(loop.getResults().take_front(count));
}

namespace {

/// What a row of an exp state is divided by, relative to another maximum.
struct Denominator {
  Value total; // den * scale + e^(sink - the other maximum)
  Value scale; // e^(max - the other maximum)
  Value lse;
};

} // namespace

/// Returns the denominator of each row, with `sink` if it is not null.
static Denominator emitDenominator(Emitter &e, const State &state, Value sink,
                                   Type lseType) {
  Sizes sizes = e.sizesOf(state.max);
  unsigned rank = sizes.size();
  AffineMap all = e.getMultiDimIdentityMap(rank);
  SmallVector<Access> inputs{{state.max, all}, {state.den, all}};
  if (sink)
    inputs.push_back(
        {sink, AffineMap::get(rank, 0, e.getAffineDimExpr(rank - 2),
                              e.getContext())});
  SmallVector<Access> outputs{{e.empty(sizes), all},
                              {e.empty(sizes), all},
                              {e.empty(sizes, lseType), all}};
  auto body = [&](Emitter &e, ArrayRef<Value> in, ArrayRef<Value>) {
    Value max = in[0], joint = max, scale = e.constant(1);
    if (sink) {
      joint = e.make<arith::MaximumFOp>(max, in[2]);
      scale = e.exponential(max, joint);
    }
    Value total = emitWeighted(e, in[1], scale, max);
    if (sink)
      total = e.make<arith::AddFOp>(total, e.exponential(in[2], joint));
    Value lse = e.make<arith::AddFOp>(joint, e.make<math::LogOp>(total));
    lse = e.make<arith::SelectOp>(e.isEqual(total, 0), e.constant(-infinity),
                                  lse);
    return SmallVector<Value>{total, scale, lse};
  };
  SmallVector<Value> rows = e.generic(inputs, outputs, {}, body);
  return {rows[0], rows[1], rows[2]};
}

/// Returns the outputs of an exp state: out, of type `outType`, unless there is
/// no acc, and lse.
static SmallVector<Value> emitFinalExp(Emitter &e, const State &state,
                                       Value sink, Type outType, Type lseType) {
  Denominator rows = emitDenominator(e, state, sink, lseType);
  if (!state.acc)
    return {rows.lse};
  Sizes sizes = e.sizesOf(state.acc);
  unsigned rank = sizes.size();
  AffineMap row = e.without(rank, rank - 1);
  auto divide = [](Emitter &e, ArrayRef<Value> in) {
    Value acc = emitWeighted(e, in[0], in[2], in[3]);
    return e.make<arith::SelectOp>(e.isEqual(in[1], 0), e.constant(0),
                                   e.make<arith::DivFOp>(acc, in[1]));
  };
  Value out = e.map(sizes,
                    {{state.acc, e.getMultiDimIdentityMap(rank)},
                     {rows.total, row},
                     {rows.scale, row},
                     {state.max, row}},
                    divide, outType);
  return {out, rows.lse};
}

/// The quotient by the row sums, where 0 / 0 is 0.
static Value emitFinalSum(Emitter &e, const State &state, Type outType) {
  Sizes sizes = e.sizesOf(state.acc);
  unsigned rank = sizes.size();
  auto divide = [](Emitter &e, ArrayRef<Value> in) {
    Value undefined =
        e.make<arith::AndIOp>(e.isEqual(in[0], 0), e.isEqual(in[1], 0));
    return e.make<arith::SelectOp>(undefined, e.constant(0),
                                   e.make<arith::DivFOp>(in[0], in[1]));
  };
  return e.map(sizes,
               {{state.acc, e.getMultiDimIdentityMap(rank)},
                {state.den, e.without(rank, rank - 1)}},
               divide, outType);
}

/// Denominators, then quotients.
static SmallVector<Value> decompose(Emitter &e, FinalizeOp op) {
  State state{op.getAcc(), op.getMax(), op.getDen()};
  Type element = getElementTypeOrSelf(op->getOperand(0));
  switch (op.getKind()) {
  case PartialKind::Exp:
    return emitFinalExp(e, state, op.getSink(), element, element);
  case PartialKind::Sum:
    return {emitFinalSum(e, state, element)};
  case PartialKind::None:
    return {op.getAcc()};
  }
  llvm_unreachable("unknown kind of partial state");
}

/// An output is a partial state with its lse as maximum and a denominator of 1.
static SmallVector<Value> decompose(Emitter &e, MergeOp op) {
  Value ones = e.filled(e.sizesOf(op.getLses().front()), 1);
  SmallVector<State> states;
  for (auto [out, lse] : llvm::zip(op.getOuts(), op.getLses()))
    states.push_back({out, lse, ones});
  State joined = op.getAxis()
                     ? emitJoinedAlong(e, states.front(), *op.getAxis())
                     : emitJoined(e, states);
  return emitFinalExp(e, joined, /*sink=*/Value(),
                      getElementTypeOrSelf(op.getOut()),
                      getElementTypeOrSelf(op.getLse()));
}

//===----------------------------------------------------------------------===//
// Patterns and pass
//===----------------------------------------------------------------------===//

namespace {

/// Rewrites an op into what its `decompose` builds.
template <typename OpTy>
struct DecomposeOp final : OpRewritePattern<OpTy> {
  DecomposeOp(MLIRContext *context, bool wide)
      : OpRewritePattern<OpTy>(context), wide(wide) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    auto isF64 = [](Type type) { return getElementTypeOrSelf(type).isF64(); };
    Type type = rewriter.getF32Type();
    if (wide || llvm::any_of(op->getOperandTypes(), isF64))
      type = rewriter.getF64Type();
    Emitter emitter(op.getLoc(), rewriter, type);
    rewriter.replaceOp(op, decompose(emitter, op));
    return success();
  }

private:
  bool wide;
};

/// Applies the patterns once to each op; folds nothing.
struct AttnDecomposeTensorOpsPass final
    : attn::impl::AttnDecomposeTensorOpsPassBase<AttnDecomposeTensorOpsPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateDecomposeTensorOpsPatterns(patterns, wide);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace

void mlir::attn::populateDecomposeTensorOpsPatterns(RewritePatternSet &patterns,
                                                    bool wide) {
  patterns.add<DecomposeOp<CombineOp>, DecomposeOp<ExpmOp>,
               DecomposeOp<FinalizeOp>, DecomposeOp<LinearMapOp>,
               DecomposeOp<MergeOp>, DecomposeOp<NormOp>, DecomposeOp<PrefixOp>,
               DecomposeOp<RotaryTableOp>, DecomposeOp<RotateBlocksOp>,
               DecomposeOp<RotateOp>, DecomposeOp<TopkOp>>(
      patterns.getContext(), wide);
}
