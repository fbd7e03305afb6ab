//===- ExplainMasks.cpp - how the ranges of masks are found ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/AttnToTile.h"

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
  Value extent = arith::ConstantIndexOp::create(host, loc, 0);
  unsigned numOver = view.getCoordinates().numOver();
  auto kernel = tile::KernelOp::create(b, loc, "explained", numOver + 4,
                                       TypeRange(), tile::ScheduleAttr());
  auto cleanup = llvm::scope_exit([&] { kernel->erase(); });
  KernelArguments arguments(kernel);
  b.setInsertionPointToEnd(&kernel.getBody().front());
  SmallVector<Value> grid(kernel.getGridIndices());
  ArrayRef<Value> ends = ArrayRef(grid).drop_front(numOver);
  MaskReport report;
  if (failed(emitMaskRanges(b, loc, view.mask,
                            {ArrayRef(grid).take_front(numOver), Value(),
                             ends[0], ends[1], ends[2], ends[3], keyTile},
                            arguments, {host, symbols, extent}, report)))
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
  if (report.neverFull)
    remark << ", never full";
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
