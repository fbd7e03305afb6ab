//===- ClassifyMasks.cpp - the classes of the tiles of masks --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/AttnToTile.h"

#include "GridTiles.h"
#include "MaskRanges.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCLASSIFYMASKSPASS
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Rewrites one function that returns a mask.
class MaskClassifier {
public:
  MaskClassifier(func::FuncOp function, int64_t queryTile, int64_t keyTile)
      : function(function), terminator(cast<func::ReturnOp>(
                                function.getBody().front().getTerminator())),
        queryTile(queryTile), keyTile(keyTile), loc(function.getLoc()),
        host(terminator), b(function.getContext()) {}
  virtual ~MaskClassifier() = default;

  LogicalResult run(SymbolTable &symbols);

protected:
  /// Emits the kernel's body but for what it begins with, and its launch.
  virtual LogicalResult emitKernel(SymbolTable &symbols,
                                   KernelArguments &arguments) = 0;
  Value index(OpBuilder &at, int64_t value) {
    return arith::ConstantIndexOp::create(at, loc, value);
  }
  Value getTiles(Value extent, int64_t tile);
  Value splat(OpBuilder &at, int64_t value, ArrayRef<int64_t> shape);
  void addOutput(KernelArguments &arguments);
  void storeVisit(OpBuilder &at, int64_t kind, ArrayRef<int64_t> shape,
                  ValueRange indices, ValueRange valid);
  MaskBox getRunBox(KernelArguments &arguments);
  void launch(KernelArguments &arguments, ValueRange extents, ValueRange sizes);

  func::FuncOp function;
  func::ReturnOp terminator;
  int64_t queryTile, keyTile;
  Location loc;
  /// Builders of the function and of the kernel.
  OpBuilder host, b;
  tile::KernelOp kernel;
  SmallVector<Value> overExtents;
  Value queryExtent, keyExtent;
  /// The point of the grid: batch and head indices, and the tile of queries.
  SmallVector<Value> point;
  Value output;
};

/// Writes the class of each tile of runs of tokens.
class TileClassifier final : public MaskClassifier {
  using MaskClassifier::MaskClassifier;

  LogicalResult emitKernel(SymbolTable &symbols,
                           KernelArguments &arguments) override;
};

/// Writes, for each pair, the class of the tile that visits it, where tiles are
/// those of attention.
class PairClassifier final : public MaskClassifier {
  using MaskClassifier::MaskClassifier;

  LogicalResult emitKernel(SymbolTable &symbols,
                           KernelArguments &arguments) override;
  LogicalResult placeTiles(KernelArguments &arguments);
  LogicalResult visit(OpBuilder &at, KernelArguments &arguments, int64_t kind,
                      Value begin, Value end);
  void clear(KernelArguments &arguments);
  Value isLess(OpBuilder &at, Value positions, Value end);

  std::optional<GridTiles> grid;
  int64_t rows = 0;
  Value queries, queriesExist;
};

} // namespace

Value MaskClassifier::getTiles(Value extent, int64_t tile) {
  return arith::CeilDivSIOp::create(host, loc, extent, index(host, tile));
}

Value MaskClassifier::splat(OpBuilder &at, int64_t value,
                            ArrayRef<int64_t> shape) {
  auto type = VectorType::get(shape, at.getI8Type());
  return arith::ConstantOp::create(
      at, loc,
      DenseElementsAttr::get(type, Attribute(at.getI8IntegerAttr(value))));
}

void MaskClassifier::addOutput(KernelArguments &arguments) {
  SmallVector<int64_t> shape(point.size() + 1, ShapedType::kDynamic);
  output =
      arguments.addOutput(RankedTensorType::get(shape, b.getI8Type()), loc);
}

/// Notes a visit; a second one is noted as 3.
void MaskClassifier::storeVisit(OpBuilder &at, int64_t kind,
                                ArrayRef<int64_t> shape, ValueRange indices,
                                ValueRange valid) {
  Value old = tile::LoadOp::create(at, loc, shape, output, indices, valid);
  Value isNew = arith::CmpIOp::create(at, loc, arith::CmpIPredicate::eq, old,
                                      splat(at, 0, shape));
  Value value = arith::SelectOp::create(at, loc, isNew, splat(at, kind, shape),
                                        splat(at, 3, shape));
  tile::StoreOp::create(at, loc, value, output, indices, valid);
}

/// The tile of queries as a run of tokens, with all keys.
MaskBox MaskClassifier::getRunBox(KernelArguments &arguments) {
  Value size = index(b, queryTile);
  Value first = arith::MulIOp::create(b, loc, point.back(), size);
  Value behind =
      arith::MinSIOp::create(b, loc, arith::AddIOp::create(b, loc, first, size),
                             arguments.get(b, queryExtent));
  Value last = arith::SubIOp::create(b, loc, behind, index(b, 1));
  return {ArrayRef(point).drop_back(), Value(), first, last, index(b, 0),
          arguments.get(b, keyExtent), keyTile};
}

/// Launches the kernel on a grid of `extents` for an output of `sizes`.
void MaskClassifier::launch(KernelArguments &arguments, ValueRange extents,
                            ValueRange sizes) {
  Value empty = tensor::EmptyOp::create(host, loc, getAsOpFoldResult(sizes),
                                        b.getI8Type());
  auto launch = tile::LaunchOp::create(host, loc, kernel, extents,
                                       arguments.getInputs(), empty);
  terminator->setOperands(launch.getResults());
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

LogicalResult TileClassifier::emitKernel(SymbolTable &symbols,
                                         KernelArguments &arguments) {
  MaskReport report;
  FailureOr<Value> ranges =
      emitMaskRanges(b, loc, terminator.getOperand(0), getRunBox(arguments),
                     arguments, {host, symbols, keyExtent}, report);
  if (failed(ranges))
    return failure();
  Value keyTiles = getTiles(keyExtent, keyTile);
  Value tiles = arguments.get(b, keyTiles);
  addOutput(arguments);
  SmallVector<int64_t> one{1, 1};
  auto getIndices = [&](Value column) {
    SmallVector<Value> indices(point);
    indices.push_back(column);
    return indices;
  };
  auto clear = [&](OpBuilder &at, Location loc, Value position, Value,
                   ValueRange) {
    tile::StoreOp::create(at, loc, splat(at, 0, one), output,
                          getIndices(position), ValueRange());
    tile::YieldOp::create(at, loc);
  };
  auto visitAs = [&](int64_t kind) {
    return [&, kind](OpBuilder &at, Location loc, Value position, Value,
                     ValueRange) {
      Value column =
          arith::FloorDivSIOp::create(at, loc, position, index(at, keyTile));
      storeVisit(at, kind, one, getIndices(column), ValueRange());
      tile::YieldOp::create(at, loc);
    };
  };
  Value all =
      tile::RangesOp::create(b, loc, index(b, 0), tiles, tile::RangeKind::Full);
  tile::ForEachOp::create(b, loc, all, 1, ValueRange(), clear, nullptr);
  auto full = visitAs(2), partial = visitAs(1);
  tile::ForEachOp::create(b, loc, *ranges, keyTile, ValueRange(), full,
                          partial);
  tile::ReturnOp::create(b, loc);

  SmallVector<Value> extents(overExtents);
  extents.push_back(getTiles(queryExtent, queryTile));
  SmallVector<Value> sizes(extents);
  sizes.push_back(keyTiles);
  launch(arguments, extents, sizes);
  return success();
}

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

Value PairClassifier::isLess(OpBuilder &at, Value positions, Value end) {
  Value bound = vector::BroadcastOp::create(at, loc, positions.getType(), end);
  return arith::CmpIOp::create(at, loc, arith::CmpIPredicate::slt, positions,
                               bound);
}

/// Makes the tile of queries and, on grids, the boxes.
LogicalResult PairClassifier::placeTiles(KernelArguments &arguments) {
  Value mask = terminator.getOperand(0);
  rows = queryTile;
  std::optional<MaskGrids> grids = findMaskGrids(mask);
  if (!grids) {
    Value first =
        arith::MulIOp::create(b, loc, point.back(), index(b, queryTile));
    queries = tile::IotaOp::create(b, loc, first, 0, rows);
    queriesExist = isLess(b, queries, arguments.get(b, queryExtent));
    return success();
  }
  SmallVector<int64_t> sides = chooseSides(queryTile, grids->query);
  grid.emplace(host, loc, *grids, sides, queryExtent, keyExtent);
  rows = llvm::product_of(sides);
  grid->placeQueries(b, arguments, point.back());
  Value positions = tile::IotaOp::create(b, loc, index(b, 0), 0, rows);
  FailureOr<GridBox::Tokens> tokens =
      grid->queries.emitTokens(b, arguments, positions);
  if (failed(tokens))
    return failure();
  queries = tokens->tokens;
  queriesExist = tokens->exist;
  return grid->placeKeys(b, arguments, mask, ArrayRef(point).drop_back(),
                         Value());
}

/// Writes 0 for all pairs of the tile of queries.
void PairClassifier::clear(KernelArguments &arguments) {
  Value end = arguments.get(b, keyExtent);
  auto body = [&](OpBuilder &at, Location loc, Value begin, Value, ValueRange) {
    SmallVector<Value> indices(ArrayRef(point).drop_back());
    indices.push_back(queries);
    indices.push_back(tile::IotaOp::create(at, loc, begin, 1, keyTile));
    tile::StoreOp::create(
        at, loc, splat(at, 0, {rows, keyTile}), output, indices,
        ValueRange{queriesExist, isLess(at, indices.back(), end)});
    tile::YieldOp::create(at, loc);
  };
  Value all = tile::RangesOp::create(b, loc, index(b, 0), end,
                                     tile::RangeKind::Partial);
  tile::ForEachOp::create(b, loc, all, keyTile, ValueRange(), nullptr, body);
}

/// Notes the visit of the keys from `begin` on; before `end`, if the tile is
/// partial.
LogicalResult PairClassifier::visit(OpBuilder &at, KernelArguments &arguments,
                                    int64_t kind, Value begin, Value end) {
  Value keys = tile::IotaOp::create(at, loc, begin, 1, keyTile);
  SmallVector<Value> valid{queriesExist};
  if (kind == 1)
    valid.push_back(isLess(at, keys, end));
  if (grid) {
    FailureOr<GridBox::Tokens> tokens =
        grid->keys.emitTokens(at, arguments, keys);
    if (failed(tokens))
      return failure();
    keys = tokens->tokens;
    // A full tile must not need this.
    if (kind == 1)
      valid.push_back(tokens->exist);
  }
  SmallVector<Value> indices(ArrayRef(point).drop_back());
  indices.append({queries, keys});
  storeVisit(at, kind, {rows, keyTile}, indices, valid);
  return success();
}

LogicalResult PairClassifier::emitKernel(SymbolTable &symbols,
                                         KernelArguments &arguments) {
  if (failed(placeTiles(arguments)))
    return failure();
  MaskBox box = getRunBox(arguments);
  if (grid) {
    box.keyEnd = grid->keys.emitCount(b);
    box.grid = &*grid;
  }
  MaskReport report;
  FailureOr<Value> ranges =
      emitMaskRanges(b, loc, terminator.getOperand(0), box, arguments,
                     {host, symbols, keyExtent}, report);
  if (failed(ranges))
    return failure();
  addOutput(arguments);
  clear(arguments);
  bool ok = true;
  auto visitAs = [&](int64_t kind) {
    return [&, kind](OpBuilder &at, Location loc, Value begin, Value end,
                     ValueRange) {
      ok &= succeeded(visit(at, arguments, kind, begin, end));
      tile::YieldOp::create(at, loc);
    };
  };
  auto full = visitAs(2), partial = visitAs(1);
  tile::ForEachOp::create(b, loc, *ranges, keyTile, ValueRange(), full,
                          partial);
  tile::ReturnOp::create(b, loc);
  SmallVector<Value> extents(overExtents), sizes(overExtents);
  extents.push_back(grid ? grid->emitTileCount(host)
                         : getTiles(queryExtent, queryTile));
  sizes.append({queryExtent, keyExtent});
  launch(arguments, extents, sizes);
  return success(ok);
}

//===----------------------------------------------------------------------===//
// The function and the pass
//===----------------------------------------------------------------------===//

LogicalResult MaskClassifier::run(SymbolTable &symbols) {
  Value mask = terminator.getOperand(0);
  Block &entry = function.getBody().front();
  auto addExtent = [&] { return entry.addArgument(host.getIndexType(), loc); };
  for (unsigned i = 0; i < cast<MaskType>(mask.getType()).getOver(); ++i)
    overExtents.push_back(addExtent());
  queryExtent = addExtent();
  keyExtent = addExtent();
  kernel = tile::KernelOp::create(
      b, loc, (function.getSymName() + "_classes").str(),
      overExtents.size() + 1, TypeRange(), tile::ScheduleAttr());
  KernelArguments arguments(kernel);
  b.setInsertionPointToEnd(&kernel.getBody().front());
  point.assign(kernel.getGridIndices().begin(), kernel.getGridIndices().end());
  if (failed(emitKernel(symbols, arguments))) {
    kernel->erase();
    return failure();
  }
  symbols.insert(kernel);
  function.setType(host.getFunctionType(entry.getArgumentTypes(),
                                        terminator->getOperandTypes()));
  if (ArrayAttr attributes = function.getArgAttrsAttr()) {
    SmallVector<Attribute> extended(attributes.getValue());
    extended.resize(entry.getNumArguments(), host.getDictionaryAttr({}));
    function.setArgAttrsAttr(host.getArrayAttr(extended));
  }
  return success();
}

namespace {
struct AttnClassifyMasksPass final
    : attn::impl::AttnClassifyMasksPassBase<AttnClassifyMasksPass> {
  using AttnClassifyMasksPassBase::AttnClassifyMasksPassBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<func::FuncOp> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && function.getNumResults() == 1 &&
          isa<MaskType>(function.getResultTypes()[0]))
        functions.push_back(function);
    for (func::FuncOp function : functions) {
      TileClassifier ofTiles(function, queryTile, keyTile);
      PairClassifier ofPairs(function, queryTile, keyTile);
      MaskClassifier &classifier =
          pairs ? static_cast<MaskClassifier &>(ofPairs) : ofTiles;
      if (failed(classifier.run(symbols)))
        return signalPassFailure();
    }
    eraseUnusedMasks(getOperation());
  }
};
} // namespace
