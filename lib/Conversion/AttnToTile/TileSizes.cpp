//===- TileSizes.cpp - the tiles of an attention kernel -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileSizes.h"

#include "attn/Target/GPU.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// What the tiles of a kernel may take, in f32 elements: half of a second-level
/// cache of 1 MiB.
constexpr int64_t maxElements = 128 * 1024;

/// The most rows whose products take no longer than reading their operands.
constexpr int64_t maxFewRows = 16;

/// The keys of a tile of few rows.
constexpr int64_t fewRowKeys = 256;

/// Neighbourhoods of no more keys are computed in small tiles: what these cost
/// is less than what larger ones waste.
constexpr int64_t smallWindow = 256;

/// In windows of fewer keys than this, smaller tiles waste fewer pairs than
/// they cost.
constexpr int64_t largeSpan = 1024;

/// The static size of the axis of `tensor` that `map` reads at `dim`.
static std::optional<int64_t> getSize(Value tensor, AffineMap map,
                                      unsigned dim) {
  AffineExpr expr = getAffineDimExpr(dim, map.getContext());
  for (auto [axis, result] : llvm::enumerate(map.getResults()))
    if (result == expr)
      return cast<RankedTensorType>(tensor.getType()).getDimSize(axis);
  return std::nullopt;
}

/// How many heads read the same keys and values, if that is known and the same
/// for all of these.
static int64_t getGroup(const PairView &view) {
  PairCoordinates coordinates = view.getCoordinates();
  if (coordinates.numOver() == 0)
    return 1;
  unsigned head = coordinates.numOver() - 1;
  std::optional<int64_t> heads, shared;
  auto join = [](std::optional<int64_t> &known, std::optional<int64_t> size) {
    if (!size || ShapedType::isDynamic(*size) || (known && *known != *size))
      return false;
    known = size;
    return true;
  };
  for (unsigned n = 0; n < view.lhs.size(); ++n) {
    AffineMap keys = PairView::getMap(view.rhsMaps, n);
    if (!join(heads,
              getSize(view.lhs[n], PairView::getMap(view.lhsMaps, n), head)) ||
        !join(shared, getSize(view.rhs[n], keys, head)))
      return 1;
    for (AffineExpr expr : keys.getResults())
      if (coordinates.dependsOnQuery(expr))
        return 1;
  }
  if (view.values && !join(shared, getSize(view.values, view.valueMap, head)))
    return 1;
  if (!heads || !shared || *shared == 0 || *heads % *shared != 0)
    return 1;
  return *heads / *shared;
}

/// The static number of queries, if any operand tells.
static std::optional<int64_t> getQueries(const PairView &view) {
  unsigned query = view.getCoordinates().query();
  for (unsigned n = 0; n < view.lhs.size(); ++n) {
    std::optional<int64_t> size =
        getSize(view.lhs[n], PairView::getMap(view.lhsMaps, n), query);
    if (size && !ShapedType::isDynamic(*size))
      return size;
  }
  return std::nullopt;
}

/// The largest features of queries and of values.
static std::pair<int64_t, int64_t> getFeatures(const PairView &view) {
  unsigned inner = view.getCoordinates().inner();
  int64_t features = 1;
  for (unsigned n = 0; n < view.lhs.size(); ++n)
    if (std::optional<int64_t> size =
            getSize(view.lhs[n], PairView::getMap(view.lhsMaps, n), inner))
      features = std::max(features, *size);
  int64_t valueFeatures = 1;
  if (view.values)
    valueFeatures = getSize(view.values, view.valueMap, inner).value_or(1);
  return {features, valueFeatures};
}

/// How far apart the keys of a query lie at most, if `mask` is a window whose
/// size is known, or is within one.
static std::optional<int64_t> getSpan(Value mask) {
  using Span = std::optional<int64_t>;
  Operation *definition = mask ? mask.getDefiningOp() : nullptr;
  if (!definition)
    return std::nullopt;
  return llvm::TypeSwitch<Operation *, Span>(definition)
      .Case([](MaskSlidingOp op) -> Span {
        if (!op.getStaticWindow())
          return std::nullopt;
        int64_t sides = op.getSymmetric() ? 2 : 1;
        int64_t window = *op.getStaticWindow();
        return multiplyExtents({std::max<int64_t>(window, 0), sides});
      })
      .Case([](MaskOffsetOp op) { return getSpan(op.getMask()); })
      .Case([](MaskAndOp op) -> Span {
        Span lhs = getSpan(op.getLhs()), rhs = getSpan(op.getRhs());
        return lhs && rhs ? std::min(*lhs, *rhs) : lhs ? lhs : rhs;
      })
      .Default(Span());
}

/// The bytes of a tile of `tokens` tokens in shared memory, whichever of tokens
/// and features are its rows.
static int64_t getSharedBytes(int64_t tokens, int64_t features, Value tensor) {
  int64_t bytes = getElementTypeOrSelf(tensor).getIntOrFloatBitWidth() / 8;
  tokens = llvm::alignTo(tokens, 16);
  features = llvm::alignTo(features, 16);
  return std::max(tokens * getSharedPitch(features, bytes),
                  features * getSharedPitch(tokens, bytes));
}

/// Whether products take more than 16 bits.
static bool hasWideOperands(const PairView &view) {
  SmallVector<Value> operands(view.lhs);
  llvm::append_range(operands, view.rhs);
  if (view.values)
    operands.push_back(view.values);
  return llvm::any_of(operands, [](Value operand) {
    return getElementTypeOrSelf(operand).getIntOrFloatBitWidth() > 16;
  });
}

/// Chooses the largest tiles, of no more than `sizes`, whose operands fit
/// shared memory: first with room for the copy of the next keys.
static TileSizes fitShared(const PairView &view, TileSizes sizes,
                           GPULimits gpu) {
  unsigned inner = view.getCoordinates().inner();
  auto fits = [&](TileSizes sizes, int64_t stages) {
    int64_t bytes = 0;
    for (unsigned n = 0; n < view.lhs.size(); ++n) {
      int64_t features =
          getSize(view.lhs[n], PairView::getMap(view.lhsMaps, n), inner)
              .value_or(1);
      // Four warps have 16 rows each.
      bytes += getSharedBytes(
          sizes.queries > 64 ? llvm::alignTo(sizes.queries, 64) : sizes.queries,
          features, view.lhs[n]);
      bytes += stages * getSharedBytes(sizes.keys, features, view.rhs[n]);
    }
    if (view.values)
      bytes +=
          stages * getSharedBytes(sizes.keys, gpu.valueFeatures, view.values);
    return bytes <= gpu.sharedBytes;
  };
  // Weights of f32 and f64 take twice the registers of their keys.
  if (view.getStatType().isF64() || hasWideOperands(view))
    sizes.keys = std::min<int64_t>(sizes.keys, 32);
  TileSizes smaller = sizes;
  for (;; smaller.queries /= 2) {
    for (int64_t stages : {2, 1})
      for (smaller.keys = sizes.keys; smaller.keys >= 16; smaller.keys /= 2)
        if (fits(smaller, stages))
          return smaller;
    smaller.keys = 16;
    if (smaller.queries < 32)
      return smaller;
  }
}

TileChoice mlir::attn::chooseTile(const PairView &view, TileSizes options,
                                  GPULimits gpu,
                                  const std::optional<MaskGrids> &grids) {
  auto [d, dv] = getFeatures(view);
  auto fits = [d = d, dv = dv](int64_t rows, int64_t keys) {
    return rows * d + d * keys + keys * dv + rows * dv + rows * keys <=
           maxElements;
  };
  TileChoice choice;
  choice.packedHeads = getGroup(view);
  TileSizes &sizes = choice.sizes;
  sizes = {128, 128};
  // The box of keys that a box of queries sees grows with its sides.
  if (grids)
    sizes = grids->window && *grids->window <= smallWindow ? TileSizes{32, 32}
                                                           : TileSizes{64, 64};
  else if (gpu.sharedBytes ||
           getSpan(view.mask).value_or(largeSpan) < largeSpan)
    sizes = {64, 64};
  // Heads that share their keys fit, as they do into a run.
  if (choice.packedHeads <= 128 && !gpu.sharedBytes)
    sizes.queries = std::max(sizes.queries, choice.packedHeads);
  if (gpu.sharedBytes)
    sizes = fitShared(view, sizes, gpu);
  while (!fits(sizes.queries, sizes.keys) && sizes.keys > 64)
    sizes.keys /= 2;
  while (!fits(sizes.queries, sizes.keys) && sizes.queries > 32)
    sizes.queries /= 2;
  if (options.queries)
    sizes.queries = options.queries;
  if (options.keys)
    sizes.keys = options.keys;
  // More heads than rows do not fit into one tile.
  if (choice.packedHeads > sizes.queries)
    choice.packedHeads = 1;
  int64_t each = std::max<int64_t>(sizes.queries / choice.packedHeads, 1);
  if (std::optional<int64_t> queries = getQueries(view))
    each = std::clamp<int64_t>(*queries, 1, each);
  // A single row is not a tile on GPUs.
  if (gpu.sharedBytes && each * choice.packedHeads == 1)
    each = 2;
  sizes.queries = each * choice.packedHeads;
  choice.hasFewRows = sizes.queries <= maxFewRows;
  // Few rows read keys and values in turn, and wait at each turn. Keys that a
  // mask hides cost more than that.
  if (!options.keys && choice.hasFewRows) {
    if (view.mask)
      sizes.keys = std::min<int64_t>(sizes.keys, 32);
    else if (fits(sizes.queries, fewRowKeys))
      sizes.keys = fewRowKeys;
  }
  return choice;
}
