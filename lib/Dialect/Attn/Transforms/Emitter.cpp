//===- Emitter.cpp - linalg in one float type -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds linalg ops whose arithmetic is in one floating-point type.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace mlir::attn;

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
