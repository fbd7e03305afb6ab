//===- GridTiles.cpp - tiles of tokens on grids ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GridTiles.h"

#include "MaskRanges.h"

#include "attn/Analysis/ClosedForm.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using P = arith::CmpIPredicate;

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

/// Whether the predicate reads an axis behind `token` that is not the first.
static bool readsInnerAxis(ArrayRef<int64_t> coordinates, unsigned token,
                           size_t axes) {
  return llvm::any_of(coordinates, [&](int64_t dim) {
    return dim > token + 1 && dim <= token + int64_t(axes);
  });
}

template <typename OpTy>
static MaskGrids getGrids(OpTy op) {
  Builder b(op.getContext());
  ValueRange operands = op.getGrid();
  auto take = [&](ArrayRef<int64_t> sizes) {
    SmallVector<OpFoldResult> grid;
    for (int64_t size : sizes) {
      if (!ShapedType::isDynamic(size)) {
        grid.push_back(b.getIndexAttr(size));
        continue;
      }
      grid.push_back(operands.front());
      operands = operands.drop_front();
    }
    return grid;
  };
  MaskGrids grids;
  grids.query = take(op.getQueryGrid());
  grids.key = take(op.getKeyGrid());
  return grids;
}

/// The grids of a predicate, if it reads inner axes of both.
template <typename OpTy>
static std::optional<MaskGrids> getReadGrids(OpTy op) {
  unsigned query = op.getOver().size();
  unsigned key = query + op.getQueryGrid().size() + 1;
  if (readsInnerAxis(op.getCoordinates(), query, op.getQueryGrid().size()) &&
      readsInnerAxis(op.getCoordinates(), key, op.getKeyGrid().size()))
    return getGrids(op);
  return std::nullopt;
}

std::optional<MaskGrids> mlir::attn::findMaskGrids(Value mask) {
  using Found = std::optional<MaskGrids>;
  Operation *definition = mask.getDefiningOp();
  if (!definition)
    return std::nullopt;
  return llvm::TypeSwitch<Operation *, Found>(definition)
      .Case<MaskAndOp, MaskOrOp>([](auto op) {
        Found found = findMaskGrids(op.getLhs());
        return found ? found : findMaskGrids(op.getRhs());
      })
      .Case([](MaskNotOp op) { return findMaskGrids(op.getMask()); })
      .Case<MaskOp, MaskAnyOp>([](auto op) { return getReadGrids(op); })
      .Case([](MaskNeighborhoodOp op) -> Found {
        if (op.getQueryGrid().size() < 2)
          return std::nullopt;
        MaskGrids grids = getGrids(op);
        grids.window = multiplyExtents(op.getWindow());
        return grids;
      })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<MaskGrids> mlir::attn::findTileGrids(const PairView &view) {
  auto partial = dyn_cast<PartialOp>(view.op);
  if (!view.mask || (partial && partial.getSplit()))
    return std::nullopt;
  return findMaskGrids(view.mask);
}

SmallVector<int64_t> mlir::attn::chooseSides(int64_t count,
                                             ArrayRef<OpFoldResult> grid) {
  auto getLength = [&](unsigned axis) {
    return getConstantIntValue(grid[axis])
        .value_or(std::numeric_limits<int64_t>::max());
  };
  // Short axes come first, so that the others share what they leave.
  auto axes = llvm::to_vector(llvm::seq<unsigned>(grid.size()));
  llvm::sort(axes, [&](unsigned lhs, unsigned rhs) {
    return std::pair(getLength(lhs), lhs) < std::pair(getLength(rhs), rhs);
  });
  SmallVector<int64_t> sides(grid.size(), 1);
  for (auto [done, axis] : llvm::enumerate(axes)) {
    double share = std::pow(double(count), 1.0 / (grid.size() - done));
    int64_t most = std::min(int64_t(share + 1e-6), getLength(axis));
    for (int64_t side = std::max<int64_t>(most, 1); side > 0; --side)
      if (count % side == 0) {
        sides[axis] = side;
        count /= side;
        break;
      }
  }
  return sides;
}

//===----------------------------------------------------------------------===//
// GridBox
//===----------------------------------------------------------------------===//

static Value constant(OpBuilder &b, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

GridBox::GridBox(OpBuilder &host, Location loc, ArrayRef<OpFoldResult> grid,
                 Value extent)
    : extent(extent), loc(loc) {
  for (OpFoldResult size : grid)
    sizes.push_back(getValueOrCreateConstantIndexOp(host, loc, size));
  Value row = constant(host, loc, 1);
  for (Value size : ArrayRef(sizes).drop_front())
    row = host.createOrFold<arith::MulIOp>(loc, row, size);
  row = host.createOrFold<arith::MaxSIOp>(loc, row, constant(host, loc, 1));
  sizes[0] = host.createOrFold<arith::CeilDivSIOp>(loc, extent, row);
  std::optional<int64_t> rows = getConstantIntValue(sizes[0]),
                         length = getConstantIntValue(row),
                         tokens = getConstantIntValue(extent);
  isWhole = rows && length && tokens && *rows * *length == *tokens;
}

/// An inner axis is a remainder by its side; the outermost takes what is left.
SmallVector<Value> GridBox::emitAxes(OpBuilder &b, Block &block, Value position,
                                     Arguments &arguments) const {
  auto take = [&](Value value) -> Value {
    if (std::optional<int64_t> number = getConstantIntValue(value))
      return constant(b, loc, *number);
    Value argument = block.addArgument(b.getIndexType(), loc);
    arguments.push_back({argument, value});
    return argument;
  };
  SmallVector<Value> axes(getRank());
  Value rest = position;
  for (unsigned axis = getRank(); axis-- > 1;) {
    Value side = take(sides[axis]);
    Value quotient = arith::FloorDivSIOp::create(b, loc, rest, side);
    Value whole = arith::MulIOp::create(b, loc, quotient, side);
    axes[axis] = arith::SubIOp::create(b, loc, rest, whole);
    rest = quotient;
  }
  axes[0] = rest;
  for (unsigned axis = 0; axis < getRank(); ++axis)
    axes[axis] = arith::AddIOp::create(b, loc, axes[axis], take(first[axis]));
  return axes;
}

Value GridBox::emitTokenAt(OpBuilder &b, PairEmitter &emitter,
                           ArrayRef<Value> axes, bool mayCut) const {
  Value token = axes[0];
  for (unsigned axis = 1; axis < getRank(); ++axis) {
    Value whole = arith::MulIOp::create(b, loc, token, sizes[axis]);
    token = arith::AddIOp::create(b, loc, whole, axes[axis]);
  }
  if (mayCut && !isWhole) {
    Value end = arith::SubIOp::create(b, loc, extent, constant(b, loc, 1));
    token = arith::MinSIOp::create(b, loc, token, end);
  }
  emitter.setAxes(token, ArrayRef(sizes).drop_front(), axes);
  return token;
}

Value GridBox::emitToken(OpBuilder &b, Block &block, PairEmitter &emitter,
                         Value position, Arguments &arguments) const {
  return emitTokenAt(b, emitter, emitAxes(b, block, position, arguments), true);
}

Value GridBox::emitExists(OpBuilder &b, ArrayRef<Value> axes) const {
  PairEmitter emitter(b, loc);
  Value token = emitTokenAt(b, emitter, axes, false);
  Value exists = arith::CmpIOp::create(b, loc, P::slt, token, extent);
  for (unsigned axis = 1; axis < getRank(); ++axis) {
    Value inside =
        arith::CmpIOp::create(b, loc, P::slt, axes[axis], sizes[axis]);
    exists = arith::AndIOp::create(b, loc, exists, inside);
  }
  return exists;
}

FailureOr<GridBox::Tokens> GridBox::emitTokens(OpBuilder &b,
                                               KernelArguments &arguments,
                                               Value positions) const {
  Block block;
  auto cleanup = llvm::scope_exit([&] { block.dropAllReferences(); });
  OpBuilder scalar(b.getContext());
  scalar.setInsertionPointToEnd(&block);
  PairEmitter emitter(scalar, loc);
  Arguments values;
  Value position = block.addArgument(b.getIndexType(), loc);
  SmallVector<Value> axes = emitAxes(scalar, block, position, values);
  Value token = emitTokenAt(scalar, emitter, axes, true);
  Value exists = emitExists(scalar, axes);
  auto shape = cast<VectorType>(positions.getType()).getShape();
  Widener widener(b, b, arguments, shape[0], shape[1]);
  widener.map(position, positions);
  for (auto [argument, value] : values)
    widener.map(argument, value);
  if (failed(widener.run(block)))
    return failure();
  return Tokens{widener.broadcast(b, loc, widener.lookup(token), shape),
                widener.broadcast(b, loc, widener.lookup(exists), shape)};
}

Value GridBox::emitCount(OpBuilder &b) const {
  Value count = sides[0];
  for (Value side : ArrayRef(sides).drop_front())
    count = b.createOrFold<arith::MulIOp>(loc, count, side);
  return count;
}

//===----------------------------------------------------------------------===//
// GridTiles
//===----------------------------------------------------------------------===//

GridTiles::GridTiles(OpBuilder &host, Location loc, const MaskGrids &grids,
                     ArrayRef<int64_t> sides, Value queryExtent,
                     Value keyExtent)
    : queries(host, loc, grids.query, queryExtent),
      keys(host, loc, grids.key, keyExtent), loc(loc), sides(sides) {
  for (auto [size, side] : llvm::zip_equal(queries.sizes, sides))
    tiles.push_back(host.createOrFold<arith::CeilDivSIOp>(
        loc, size, constant(host, loc, side)));
}

Value GridTiles::emitTileCount(OpBuilder &host) const {
  Value count = tiles[0];
  for (Value number : ArrayRef(tiles).drop_front())
    count = host.createOrFold<arith::MulIOp>(loc, count, number);
  return count;
}

void GridTiles::placeQueries(OpBuilder &b, KernelArguments &arguments,
                             Value number) {
  unsigned rank = queries.getRank();
  queries.first.resize(rank);
  Value one = constant(b, loc, 1), rest = number;
  for (unsigned axis = rank; axis-- > 0;) {
    Value side = constant(b, loc, sides[axis]), place = rest;
    if (axis > 0) {
      // Without tiles no kernel runs, but divisions may move.
      Value count = b.createOrFold<arith::MaxSIOp>(
          loc, arguments.get(b, tiles[axis]), one);
      place = b.createOrFold<arith::RemUIOp>(loc, rest, count);
      rest = b.createOrFold<arith::DivUIOp>(loc, rest, count);
    }
    queries.first[axis] = b.createOrFold<arith::MulIOp>(loc, place, side);
  }
  for (unsigned axis = 0; axis < rank; ++axis) {
    Value side = constant(b, loc, sides[axis]);
    Value behind =
        b.createOrFold<arith::AddIOp>(loc, queries.first[axis], side);
    behind = b.createOrFold<arith::MinSIOp>(
        loc, behind, arguments.get(b, queries.sizes[axis]));
    queries.last.push_back(b.createOrFold<arith::SubIOp>(loc, behind, one));
    queries.sides.push_back(side);
  }
}

/// Adds `count` arguments of type `index`.
static SmallVector<Value> addIndices(Block &block, Location loc, size_t count) {
  Type index = IndexType::get(loc.getContext());
  SmallVector<Value> added;
  for (size_t i = 0; i < count; ++i)
    added.push_back(block.addArgument(index, loc));
  return added;
}

LogicalResult GridTiles::placeKeys(OpBuilder &b, KernelArguments &arguments,
                                   Value mask, ValueRange over,
                                   Value lastHead) {
  Block code;
  auto cleanup = llvm::scope_exit([&] { code.dropAllReferences(); });
  SmallVector<Value> indices = addIndices(code, loc, over.size());
  SmallVector<Value> i = addIndices(code, loc, queries.getRank());
  SmallVector<Value> j = addIndices(code, loc, keys.getRank());
  OpBuilder scalar(b.getContext());
  scalar.setInsertionPointToEnd(&code);
  PairEmitter emitter(scalar, loc);
  Value query = queries.emitTokenAt(scalar, emitter, i, /*mayCut=*/false);
  Value key = keys.emitTokenAt(scalar, emitter, j, /*mayCut=*/false);
  Value predicate = emitter.emitMask(mask, indices, query, key);
  if (!predicate)
    return failure();

  Value zero = constant(b, loc, 0), one = constant(b, loc, 1);
  BoxHooks hooks = getMaskHooks(arguments);
  LinearForms forms;
  BoxEvaluator evaluator(code, b, b, loc, forms, hooks);
  for (auto [scalar, value] : llvm::zip(indices, over))
    if (lastHead && scalar == indices.back())
      evaluator.mapInterval(scalar, {value, lastHead});
    else
      evaluator.mapPoint(scalar, value);
  for (auto [axis, first, last] : llvm::zip(i, queries.first, queries.last))
    evaluator.mapInterval(axis, {first, last});
  SmallVector<Value> sizes;
  for (auto [axis, size] : llvm::zip(j, keys.sizes)) {
    sizes.push_back(arguments.get(b, size));
    evaluator.mapInterval(axis,
                          {zero, evaluator.subtract(b, sizes.back(), one)});
  }
  SmallVector<Value> varying(i);
  llvm::append_range(varying, j);
  if (lastHead)
    varying.push_back(indices.back());
  Cuts cuts(forms, varying);
  bool isSmall = code.getOperations().size() <= kMaxMaskOperations;
  for (auto [axis, size] : llvm::zip(j, sizes)) {
    KeySet hull;
    if (isSmall)
      hull = ClosedForm(evaluator, forms, cuts, b, loc, axis, 1)
                 .findHull(predicate);
    Value begin = zero, end = size;
    if (hull.mayBegin)
      begin =
          evaluator.least(b, evaluator.greatest(b, hull.mayBegin, zero), size);
    if (hull.mayEnd)
      end = evaluator.least(b, hull.mayEnd, size);
    end = evaluator.greatest(b, end, begin);
    keys.first.push_back(begin);
    keys.sides.push_back(evaluator.subtract(b, end, begin));
  }
  return success();
}
