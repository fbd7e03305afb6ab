//===- ClassifyMasks.cpp - the classes of the tiles of masks --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/AttnToTile.h"

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

  LogicalResult run(SymbolTable &symbols);

private:
  LogicalResult emitKernel(SymbolTable &symbols);
  void visit(OpBuilder &at, Value position, int64_t kind);
  Value getTiles(Value extent, int64_t tile);
  Value element(OpBuilder &at, int64_t value);

  func::FuncOp function;
  func::ReturnOp terminator;
  int64_t queryTile, keyTile;
  Location loc;
  /// Builders of the function and of the kernel.
  OpBuilder host, b;
  tile::KernelOp kernel;
  SmallVector<Value> overExtents;
  Value queryExtent, keyExtent, keyTiles;
  SmallVector<Value> row;
  Value output;
};

} // namespace

Value MaskClassifier::getTiles(Value extent, int64_t tile) {
  Value size = arith::ConstantIndexOp::create(host, loc, tile);
  return arith::CeilDivSIOp::create(host, loc, extent, size);
}

Value MaskClassifier::element(OpBuilder &at, int64_t value) {
  auto type = VectorType::get({1, 1}, at.getI8Type());
  return arith::ConstantOp::create(
      at, loc, DenseElementsAttr::get(type, at.getI8IntegerAttr(value)));
}

/// Notes the visit of one tile; a second one is noted as 3.
void MaskClassifier::visit(OpBuilder &at, Value position, int64_t kind) {
  Value size = arith::ConstantIndexOp::create(at, loc, keyTile);
  SmallVector<Value> indices(row);
  indices.push_back(arith::FloorDivSIOp::create(at, loc, position, size));
  Value old = tile::LoadOp::create(at, loc, ArrayRef<int64_t>{1, 1}, output,
                                   indices, ValueRange());
  Value isNew = arith::CmpIOp::create(at, loc, arith::CmpIPredicate::eq, old,
                                      element(at, 0));
  Value value = arith::SelectOp::create(at, loc, isNew, element(at, kind),
                                        element(at, 3));
  tile::StoreOp::create(at, loc, value, output, indices, ValueRange());
}

LogicalResult MaskClassifier::emitKernel(SymbolTable &symbols) {
  KernelArguments arguments(kernel);
  b.setInsertionPointToEnd(&kernel.getBody().front());
  SmallVector<Value> grid(kernel.getGridIndices());
  row = grid;
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value size = arith::ConstantIndexOp::create(b, loc, queryTile);
  Value first = arith::MulIOp::create(b, loc, grid.back(), size);
  Value behind =
      arith::MinSIOp::create(b, loc, arith::AddIOp::create(b, loc, first, size),
                             arguments.get(b, queryExtent));
  Value last = arith::SubIOp::create(b, loc, behind, one);
  MaskReport report;
  FailureOr<Value> ranges =
      emitMaskRanges(b, loc, terminator.getOperand(0),
                     {ArrayRef(grid).drop_back(), Value(), first, last, zero,
                      arguments.get(b, keyExtent), keyTile},
                     arguments, {host, symbols, keyExtent}, report);
  if (failed(ranges))
    return failure();
  Value tiles = arguments.get(b, keyTiles);

  SmallVector<int64_t> shape(grid.size() + 1, ShapedType::kDynamic);
  auto type = RankedTensorType::get(shape, b.getI8Type());
  output = arguments.addOutput(type, loc);
  auto clear = [&](OpBuilder &at, Location loc, Value position, Value,
                   ValueRange) {
    SmallVector<Value> indices(row);
    indices.push_back(position);
    tile::StoreOp::create(at, loc, element(at, 0), output, indices,
                          ValueRange());
    tile::YieldOp::create(at, loc);
  };
  auto visitAs = [&](int64_t kind) {
    return [this, kind](OpBuilder &at, Location loc, Value position, Value,
                        ValueRange) {
      visit(at, position, kind);
      tile::YieldOp::create(at, loc);
    };
  };
  Value all =
      tile::RangesOp::create(b, loc, zero, tiles, tile::RangeKind::Full);
  tile::ForEachOp::create(b, loc, all, 1, ValueRange(), clear, nullptr);
  auto full = visitAs(2), partial = visitAs(1);
  tile::ForEachOp::create(b, loc, *ranges, keyTile, ValueRange(), full,
                          partial);
  tile::ReturnOp::create(b, loc);

  SmallVector<Value> extents(overExtents);
  extents.push_back(getTiles(queryExtent, queryTile));
  SmallVector<Value> sizes(extents);
  sizes.push_back(keyTiles);
  Value empty = tensor::EmptyOp::create(host, loc, getAsOpFoldResult(sizes),
                                        b.getI8Type());
  auto launch = tile::LaunchOp::create(host, loc, kernel, extents,
                                       arguments.getInputs(), empty);
  terminator->setOperands(launch.getResults());
  return success();
}

LogicalResult MaskClassifier::run(SymbolTable &symbols) {
  Value mask = terminator.getOperand(0);
  Block &entry = function.getBody().front();
  auto addExtent = [&] { return entry.addArgument(host.getIndexType(), loc); };
  for (unsigned i = 0; i < cast<MaskType>(mask.getType()).getOver(); ++i)
    overExtents.push_back(addExtent());
  queryExtent = addExtent();
  keyExtent = addExtent();
  keyTiles = getTiles(keyExtent, keyTile);
  kernel = tile::KernelOp::create(
      b, loc, (function.getSymName() + "_classes").str(),
      overExtents.size() + 1, TypeRange(), tile::ScheduleAttr());
  if (failed(emitKernel(symbols))) {
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
    for (func::FuncOp function : functions)
      if (failed(MaskClassifier(function, queryTile, keyTile).run(symbols)))
        return signalPassFailure();
    eraseUnusedMasks(getOperation());
  }
};
} // namespace
