//===- ExplainMasks.cpp - how the ranges of masks are found ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/AttnToTile.h"

#include "GridTiles.h"
#include "MaskRanges.h"

#include "attn/Dialect/Attn/IR/PairView.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/ScopeExit.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNEXPLAINMASKSPASS
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Runs the analysis for a tile of queries in a kernel that is thrown away.
static FailureOr<MaskReport> analyse(Operation *op, const PairView &view,
                                     int64_t keyTile) {
  OpBuilder b(op->getContext());
  Location loc = op->getLoc();
  OwningOpRef<ModuleOp> scratch = ModuleOp::create(loc);
  SymbolTable symbols(*scratch);
  OpBuilder host = OpBuilder::atBlockBegin(scratch->getBody());
  Value extent = scratch->getBody()->addArgument(b.getIndexType(), loc);
  unsigned numOver = view.getCoordinates().numOver();
  auto kernel = tile::KernelOp::create(b, loc, "explained", numOver + 4,
                                       TypeRange(), tile::ScheduleAttr());
  auto cleanup = llvm::scope_exit([&] { kernel->erase(); });
  KernelArguments arguments(kernel);
  b.setInsertionPointToEnd(&kernel.getBody().front());
  SmallVector<Value> grid(kernel.getGridIndices());
  ArrayRef<Value> over = ArrayRef(grid).take_front(numOver);
  ArrayRef<Value> ends = ArrayRef(grid).drop_front(numOver);
  MaskBox box{over, Value(), ends[0], ends[1], ends[2], ends[3], keyTile};
  std::optional<GridTiles> tiles;
  if (std::optional<MaskGrids> grids = findTileGrids(view)) {
    SmallVector<int64_t> sides(grids->query.size(), 1);
    auto getExtent = [&](unsigned dim) -> Value {
      int64_t size = view.getStaticExtent(dim);
      if (ShapedType::isDynamic(size))
        return extent;
      return arith::ConstantIndexOp::create(host, loc, size);
    };
    PairCoordinates coordinates = view.getCoordinates();
    tiles.emplace(host, loc, *grids, sides, getExtent(coordinates.query()),
                  getExtent(coordinates.key()));
    tiles->placeQueries(b, arguments, ends[0]);
    if (failed(tiles->placeKeys(b, arguments, view.mask, over, Value())))
      return failure();
    box.grid = &*tiles;
  }
  MaskReport report;
  report.onGrid = tiles.has_value();
  if (failed(emitMaskRanges(b, loc, view.mask, box, arguments,
                            {host, symbols, extent}, report)))
    return failure();
  return report;
}

/// Says what was found.
static void explain(Operation *op, const MaskReport &report) {
  InFlightDiagnostic remark =
      emitRemark(op->getLoc(), "key ranges of the mask: ");
  if (report.closedForm)
    remark << "by formula, " << report.intervals
           << (report.intervals == 1 ? " interval" : " intervals");
  else if (report.tooLarge)
    remark << "not analysed, every tile is partial";
  else
    remark << "by bisection";
  if (report.hasCuts)
    remark << ", with cuts";
  if (report.onGrid)
    remark << ", boxes of the grid";
  if (report.neverFull)
    remark << ", never full";
  if (report.tooManyForCuts)
    remark << ", too many comparisons to see all together";
  if (report.obstacle)
    remark.attachNote(*report.obstacle) << "this has no formula";
  for (Location loc : report.opaque)
    remark.attachNote(loc) << "this may be anything, as far as tiles are "
                              "concerned";
}

namespace {
struct AttnExplainMasksPass final
    : attn::impl::AttnExplainMasksPassBase<AttnExplainMasksPass> {
  using AttnExplainMasksPassBase::AttnExplainMasksPassBase;

  void runOnOperation() override {
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if (!isa<AttentionOp, PartialOp>(op))
        return WalkResult::advance();
      PairView view = PairView::get(op);
      if (!view.mask)
        return WalkResult::advance();
      FailureOr<MaskReport> report = analyse(op, view, keyTile);
      if (failed(report))
        return WalkResult::interrupt();
      explain(op, *report);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
