//===- Emit.cpp - scalar code for one pair of a query and a key -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bindings, scores and weights; masks are in EmitMask.cpp.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Utils/Emit.h"

using namespace mlir;
using namespace mlir::attn;

Value PairEmitter::constant(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value PairEmitter::compare(arith::CmpIPredicate predicate, Value lhs,
                           Value rhs) {
  return arith::CmpIOp::create(b, loc, predicate, lhs, rhs);
}

Value PairEmitter::floorDiv(Value lhs, Value rhs) {
  return arith::FloorDivSIOp::create(b, loc, lhs, rhs);
}

Value PairEmitter::floorMod(Value lhs, Value rhs) {
  Value multiple = arith::MulIOp::create(b, loc, floorDiv(lhs, rhs), rhs);
  return arith::SubIOp::create(b, loc, lhs, multiple);
}

Value PairEmitter::convertFloat(Value value, Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (value.getType() == type)
    return value;
  if (from < to)
    return arith::ExtFOp::create(b, loc, type, value);
  // LLVM rounds f64 to half precision by a function that few libraries have.
  if (from == 64 && to == 16)
    value = arith::TruncFOp::create(b, loc, b.getF32Type(), value);
  if (from > to)
    return arith::TruncFOp::create(b, loc, type, value);
  // Between bf16 and f16 there is no direct conversion.
  return convertFloat(convertFloat(value, b.getF32Type()), type);
}

//===----------------------------------------------------------------------===//
// Coordinates and bindings
//===----------------------------------------------------------------------===//

void PairEmitter::setAxes(Value token, ValueRange innerSizes, ValueRange axes) {
  knownAxes.push_back(
      {token, llvm::to_vector(innerSizes), llvm::to_vector(axes)});
}

/// Whether two sizes are one value or one number.
static bool isSameSize(Value lhs, Value rhs) {
  std::optional<int64_t> number = getConstantIntValue(lhs);
  return lhs == rhs || (number && number == getConstantIntValue(rhs));
}

void PairEmitter::appendToken(SmallVectorImpl<Value> &dims, Value token,
                              ValueRange sizes) {
  dims.push_back(token);
  if (sizes.empty())
    return;
  for (const TokenAxes &known : knownAxes)
    if (known.token == token && known.axes.size() == sizes.size() &&
        llvm::equal(known.innerSizes, sizes.drop_front(), isSameSize)) {
      dims.append(known.axes);
      return;
    }
  // The outermost axis takes what is left, so that it needs no remainder.
  SmallVector<Value> axes(sizes.size());
  Value rest = token;
  for (unsigned axis = sizes.size(); axis-- > 1;) {
    axes[axis] = floorMod(rest, sizes[axis]);
    rest = floorDiv(rest, sizes[axis]);
  }
  axes[0] = rest;
  dims.append(axes);
}

SmallVector<Value> PairEmitter::getSizes(ArrayRef<int64_t> sizes,
                                         ValueRange operands, unsigned &next) {
  SmallVector<Value> values;
  for (int64_t size : sizes)
    values.push_back(ShapedType::isDynamic(size) ? operands[next++]
                                                 : constant(size));
  return values;
}

SmallVector<Value> PairEmitter::getDims(const PairView &view, ValueRange over,
                                        Value i, Value j) {
  SmallVector<Value> dims(over);
  unsigned next = 0;
  appendToken(dims, i, getSizes(view.queryGrid, view.grid, next));
  appendToken(dims, j, getSizes(view.keyGrid, view.grid, next));
  dims.push_back(Value());
  return dims;
}

SmallVector<Value> PairEmitter::emitIndices(AffineMap map, ValueRange dims,
                                            ValueRange bindings, Value tensor,
                                            unsigned head, Value heads) {
  SmallVector<Value> indices;
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    Value index = emitIndexExpr(b, loc, expr, dims, bindings);
    if (heads && expr == b.getAffineDimExpr(head)) {
      auto type = cast<RankedTensorType>(tensor.getType());
      // This division may move to where there is no head at all.
      Value size = constant(std::max<int64_t>(type.getDimSize(axis), 1));
      if (type.isDynamicDim(axis))
        size = arith::MaxSIOp::create(
            b, loc, tensor::DimOp::create(b, loc, tensor, axis), constant(1));
      index = floorDiv(index, floorDiv(heads, size));
    }
    indices.push_back(index);
  }
  return indices;
}

Value PairEmitter::emitLoad(Value tensor, AffineMap map, ValueRange dims,
                            ValueRange bindings) {
  return ExtractOp::create(b, loc, tensor, emitIndices(map, dims, bindings));
}

/// Integers other than i1 are bound as index, sign-extended.
static Value toBoundType(OpBuilder &b, Location loc, Value value) {
  Type type = value.getType();
  if (!isa<IntegerType>(type) || type.isInteger(1))
    return value;
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
}

Value PairEmitter::emitBinding(BindingAttr info, Value operand, ValueRange dims,
                               ValueRange bindings, Value element) {
  AffineMap map = info.getMap();
  switch (info.getKind()) {
  case BindingKind::Load:
    return toBoundType(
        b, loc, element ? element : emitLoad(operand, map, dims, bindings));
  case BindingKind::Scalar:
    return toBoundType(b, loc, operand);
  case BindingKind::Index:
    return emitIndexExpr(b, loc, map.getResult(0), dims, bindings);
  case BindingKind::Float: {
    Value index = emitIndexExpr(b, loc, map.getResult(0), dims, bindings);
    Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(), index);
    return arith::SIToFPOp::create(b, loc, b.getF32Type(), integer);
  }
  }
  llvm_unreachable("all kinds are handled");
}

SmallVector<Value> PairEmitter::emitBindings(ArrayAttr infos,
                                             ValueRange operands,
                                             ValueRange dims) {
  // Expressions use earlier bindings only, so the rest may stay null.
  SmallVector<Value> bindings(infos.size());
  unsigned next = 0;
  for (auto [position, info] :
       llvm::enumerate(infos.getAsRange<BindingAttr>())) {
    Value operand = info.hasOperand() ? operands[next++] : Value();
    bindings[position] = emitBinding(info, operand, dims, bindings);
  }
  return bindings;
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// Clones the blocks of a region so that f32 values become f64.
static void cloneRegionWide(OpBuilder &b, Region &from, Region &to,
                            IRMapping &mapping);

/// Clones `op` so that its f32 results become f64. A bit cast keeps its width.
static void cloneWide(OpBuilder &b, Operation &op, IRMapping &mapping) {
  auto widen = [&](Value value) -> Value {
    if (!value.getType().isF32())
      return value;
    return arith::ExtFOp::create(b, op.getLoc(), b.getF64Type(), value);
  };
  if (isa<arith::BitcastOp>(op)) {
    IRMapping narrow;
    Value source = mapping.lookup(op.getOperand(0));
    if (op.getOperand(0).getType().isF32())
      source = arith::TruncFOp::create(b, op.getLoc(), b.getF32Type(), source);
    narrow.map(op.getOperand(0), source);
    Operation *clone = b.clone(op, narrow);
    mapping.map(op.getResult(0), widen(clone->getResult(0)));
    return;
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(op);
      constant && constant.getType().isF32()) {
    double value = cast<FloatAttr>(constant.getValue()).getValueAsDouble();
    mapping.map(op.getResult(0),
                Value(arith::ConstantOp::create(b, op.getLoc(),
                                                b.getF64FloatAttr(value))));
    return;
  }
  // Between f32 and f64 there is nothing left to convert.
  if (isa<arith::ExtFOp, arith::TruncFOp>(op) &&
      !op.getResult(0).getType().isF16() &&
      !op.getResult(0).getType().isBF16() &&
      mapping.lookup(op.getOperand(0)).getType().isF64()) {
    mapping.map(op.getResult(0), mapping.lookup(op.getOperand(0)));
    return;
  }
  Operation *clone = b.insert(op.cloneWithoutRegions(mapping));
  for (auto [result, original] :
       llvm::zip(clone->getResults(), op.getResults())) {
    if (result.getType().isF32())
      result.setType(b.getF64Type());
    mapping.map(original, result);
  }
  for (auto [from, to] : llvm::zip(op.getRegions(), clone->getRegions()))
    cloneRegionWide(b, from, to, mapping);
}

static void cloneRegionWide(OpBuilder &b, Region &from, Region &to,
                            IRMapping &mapping) {
  OpBuilder::InsertionGuard guard(b);
  for (Block &block : from) {
    Block *clone = b.createBlock(&to, to.end());
    mapping.map(&block, clone);
    for (BlockArgument argument : block.getArguments()) {
      Type type = argument.getType();
      mapping.map(argument,
                  clone->addArgument(type.isF32() ? b.getF64Type() : type,
                                     argument.getLoc()));
    }
  }
  for (Block &block : from) {
    b.setInsertionPointToEnd(mapping.lookup(&block));
    for (Operation &op : block)
      cloneWide(b, op, mapping);
  }
}

SmallVector<Value> PairEmitter::inlineRegion(Region &region,
                                             ValueRange arguments) {
  IRMapping mapping;
  Block &block = region.front();
  for (auto [argument, value] : llvm::zip(block.getArguments(), arguments)) {
    bool widen = wide && argument.getType().isF32();
    mapping.map(argument, widen ? convertFloat(value, b.getF64Type()) : value);
  }
  for (Operation &op : block.without_terminator()) {
    if (wide)
      cloneWide(b, op, mapping);
    else
      b.clone(op, mapping);
  }
  return llvm::map_to_vector(
      block.getTerminator()->getOperands(),
      [&](Value value) { return mapping.lookup(value); });
}

Value PairEmitter::emitScore(const PairView &view, ValueRange dots,
                             ValueRange dims, ValueRange bindings) {
  if (!view.score->empty()) {
    SmallVector<Value> arguments(dots);
    arguments.append(bindings.begin(), bindings.end());
    for (int64_t dim : view.scoreCoordinates)
      arguments.push_back(dims[dim]);
    return inlineRegion(*view.score, arguments)[0];
  }
  Type type = wide ? Type(b.getF64Type()) : view.getStatType();
  Value sum;
  auto add = [&](Value term) {
    sum = sum ? Value(arith::AddFOp::create(b, loc, sum, term)) : term;
  };
  for (Value dot : dots)
    add(dot);
  for (auto [n, bias] : llvm::enumerate(view.bias))
    add(convertFloat(
        emitLoad(bias, PairView::getMap(view.biasMaps, n), dims, bindings),
        type));
  if (!sum)
    sum = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 0.0));
  return sum;
}

/// ln(1 + e^x) without overflow: max(x, 0) + ln(1 + e^-|x|).
static Value emitSoftplus(OpBuilder &b, Location loc, Value x) {
  Value zero =
      arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), 0.0));
  Value negative =
      arith::NegFOp::create(b, loc, math::AbsFOp::create(b, loc, x));
  Value tail =
      math::Log1pOp::create(b, loc, math::ExpOp::create(b, loc, negative));
  return arith::AddFOp::create(
      b, loc, arith::MaximumFOp::create(b, loc, x, zero), tail);
}

/// 1 / (1 + e^-x); e^-x may be infinite, which gives 0.
static Value emitSigmoid(OpBuilder &b, Location loc, Value x) {
  Value one =
      arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), 1.0));
  Value exp = math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, x));
  return arith::DivFOp::create(b, loc, one,
                               arith::AddFOp::create(b, loc, one, exp));
}

/// max(x, 0)^power by repeated multiplication.
static Value emitRelu(OpBuilder &b, Location loc, Value x, int64_t power) {
  Value zero =
      arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), 0.0));
  Value base = arith::MaximumFOp::create(b, loc, x, zero), result;
  for (; power; power >>= 1) {
    if (power & 1)
      result =
          result ? Value(arith::MulFOp::create(b, loc, result, base)) : base;
    base = arith::MulFOp::create(b, loc, base, base);
  }
  return result;
}

Value PairEmitter::emitWeight(const PairView &view, Value score) {
  switch (view.weight) {
  case Weight::Sigmoid:
    return emitSigmoid(b, loc, score);
  case Weight::Relu:
    return emitRelu(b, loc, score, view.power);
  case Weight::Softplus:
    return emitSoftplus(b, loc, score);
  case Weight::Custom:
    return inlineRegion(*view.weightRegion, score)[0];
  case Weight::Identity:
  case Weight::Exp:
    return score;
  }
  llvm_unreachable("all weights are handled");
}

//===----------------------------------------------------------------------===//
// Scratch
//===----------------------------------------------------------------------===//

PairScratch::PairScratch(MLIRContext *context, Location loc,
                         const PairCoordinates &coordinates)
    : builder(context), emitter(builder, loc) {
  builder.setInsertionPointToEnd(&block);
  Type index = builder.getIndexType();
  for (unsigned dim = 0; dim < coordinates.numOver(); ++dim)
    over.push_back(block.addArgument(index, loc));
  query = block.addArgument(index, loc);
  key = block.addArgument(index, loc);
  inner = block.addArgument(index, loc);
}

SmallVector<Value> PairScratch::getDims(const PairView &view) {
  SmallVector<Value> dims = emitter.getDims(view, over, query, key);
  dims.back() = inner;
  return dims;
}
