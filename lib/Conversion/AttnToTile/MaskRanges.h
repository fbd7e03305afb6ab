//===- MaskRanges.h - the key ranges of a mask ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_MASKRANGES_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_MASKRANGES_H

#include "GridTiles.h"
#include "KeySummary.h"

#include "attn/Analysis/BoxEvaluator.h"

namespace mlir {
namespace attn {

/// Predicates of more operations than this are not analysed.
constexpr size_t kMaxMaskOperations = 4096;

/// A tile of queries, and the keys among which its ranges lie. All are values
/// of the kernel.
struct MaskBox {
  /// Batch and head indices; if `lastHead` is not null, the last of `over` is
  /// the first of several heads.
  ValueRange over;
  Value lastHead;
  Value firstQuery, lastQuery;
  Value keyBegin, keyEnd;
  /// Keys of a tile.
  int64_t step;
  /// If not null, the tile is that of `grid`, without first and last query, and
  /// keys are positions of its box.
  const GridTiles *grid = nullptr;
};

/// How the ranges of a mask were found.
struct MaskReport {
  /// Whether tiles are boxes of grids.
  bool onGrid = false;
  /// Whether formulas give them, and as how many intervals.
  bool closedForm = false;
  unsigned intervals = 0;
  /// The operation because of which there is no formula.
  std::optional<Location> obstacle;
  /// Operations that may yield anything as far as the analysis knows.
  SmallVector<Location> opaque;
  /// Whether no tile is full, and whether the predicate was left alone because
  /// of its size.
  bool neverFull = false, tooLarge = false;
  /// Whether comparisons were seen together, and whether there were too many of
  /// them for that.
  bool hasCuts = false, tooManyForCuts = false;
};

/// How intervals of masks reach the surrounding function, whose values become
/// kernel arguments.
BoxHooks getMaskHooks(KernelArguments &arguments);

/// Emits the list of ranges of the keys that the mask shows to a tile of
/// queries. Values of the surrounding function become kernel arguments; `host`
/// takes the summaries of what the mask reads at keys.
FailureOr<Value> emitMaskRanges(OpBuilder &b, Location loc, Value mask,
                                const MaskBox &box, KernelArguments &arguments,
                                SummaryHost host, MaskReport &report);

/// Erases mask ops that nothing uses.
void eraseUnusedMasks(Operation *root);

} // namespace attn
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_MASKRANGES_H
