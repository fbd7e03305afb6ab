//===- Plan.cpp - how loops map to vectors and registers ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses the vector loop by what the accesses cost along it, and the block by
// what the registers hold.
//
//===----------------------------------------------------------------------===//

#include "Plan.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;

// Costs of one access per vector, in units of a contiguous load.
static constexpr double kBroadcastCost = 0.25;
static constexpr double kContiguousCost = 1;
static constexpr double kTransposedCost = 2;
static constexpr double kPackedCost = 1.25;
static constexpr double kGatherCost = 8;
static constexpr double kScatterCost = 12;
/// A reduction along lanes ends with a reduction across them.
static constexpr double kLaneReductionFactor = 1.3;
/// Fewer rows do not make up for packing what they share.
static constexpr int64_t kFewestSharingRows = 8;

Operation *mlir::attn::getCombiner(linalg::LinalgOp op, unsigned index) {
  Block *body = op.getBlock();
  BlockArgument accumulator = op.getRegionOutputArgs()[index];
  Operation *combiner =
      body->getTerminator()->getOperand(index).getDefiningOp();
  if (!combiner || combiner->getBlock() != body ||
      combiner->getNumOperands() != 2 || !accumulator.hasOneUse() ||
      *accumulator.user_begin() != combiner || !combiner->hasOneUse())
    return nullptr;
  return arith::getNeutralElement(combiner) ? combiner : nullptr;
}

/// Returns the bits of the widest element that the op computes with.
static unsigned getElementBits(const LoopNest &nest) {
  unsigned bits = 32;
  auto widen = [&](Type type) {
    if (type.isIntOrFloat())
      bits = std::max(bits, type.getIntOrFloatBitWidth());
  };
  for (const OperandAccess &access : nest.operands)
    widen(access.elementType);
  for (Operation &op : nest.op.getBlock()->without_terminator())
    for (Type type : op.getResultTypes())
      widen(type);
  return bits;
}

/// Returns the parallel loop along which `access` is contiguous, other than
/// `loop`.
static std::optional<unsigned> getContiguousLoop(const LoopNest &nest,
                                                 const OperandAccess &access,
                                                 unsigned loop) {
  for (unsigned other = 0; other < nest.getNumLoops(); ++other)
    if (other != loop && nest.isParallel(other) && nest.isReal(other) &&
        access.pitches[other].is(1))
      return other;
  return std::nullopt;
}

/// Returns the size of `loop` for comparisons; unknown means large.
static int64_t getComparableSize(const LoopNest &nest, unsigned loop) {
  return nest.sizes[loop].dynamic ? std::numeric_limits<int64_t>::max()
                                  : nest.sizes[loop].constant;
}

/// Returns whether an input that is strided along `vectorLoop` could be packed:
/// it is contiguous along a reduction, and enough rows share the panel.
static bool canPack(const LoopNest &nest, const OperandAccess &access,
                    unsigned vectorLoop) {
  bool contiguous = false, shared = false;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop) {
    LinearIndex pitch = access.pitches[loop];
    bool parallel = nest.isParallel(loop);
    contiguous |= !parallel && pitch.is(1);
    shared |= parallel && loop != vectorLoop && pitch.is(0) &&
              getComparableSize(nest, loop) >= kFewestSharingRows;
  }
  return contiguous && shared && nest.isParallel(vectorLoop);
}

/// Returns the cost of operand `index` if lanes run along `loop`.
static double getAccessCost(const LoopNest &nest, unsigned index,
                            unsigned loop) {
  const OperandAccess &access = nest.operands[index];
  LinearIndex pitch = access.pitches[loop];
  if (pitch.is(0))
    return nest.isOutput(index) ? kContiguousCost : kBroadcastCost;
  if (pitch.is(1))
    return kContiguousCost;
  if (nest.isOutput(index))
    return kScatterCost;
  if (canPack(nest, access, loop))
    return kPackedCost;
  return getContiguousLoop(nest, access, loop) ? kTransposedCost : kGatherCost;
}

/// Returns the share of lanes that work if lanes run along a loop of `size`.
static double getUtilization(LinearIndex size, int64_t lanes) {
  if (size.dynamic || size.constant <= 0)
    return 1;
  return static_cast<double>(size.constant) /
         (llvm::divideCeil(size.constant, lanes) * lanes);
}

/// Returns the loop along which vectors cost least.
static std::optional<unsigned> chooseVectorLoop(const LoopNest &nest,
                                                int64_t lanes) {
  bool reduces = llvm::all_of(
      llvm::seq<unsigned>(nest.op.getNumDpsInits()),
      [&](unsigned output) { return getCombiner(nest.op, output); });
  std::optional<unsigned> best;
  double bestCost = 0;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop) {
    if (!nest.isReal(loop) || (!nest.isParallel(loop) && !reduces))
      continue;
    double cost = nest.isParallel(loop) ? 0 : kLaneReductionFactor;
    for (unsigned index = 0; index < nest.operands.size(); ++index)
      cost += getAccessCost(nest, index, loop);
    cost /= getUtilization(nest.sizes[loop], lanes);
    if (!best || cost <= bestCost) {
      best = loop;
      bestCost = cost;
    }
  }
  return best;
}

/// Returns how many vector inputs do not depend on the parallel loop `loop`.
static unsigned countReuse(const LoopNest &nest, unsigned vectorLoop,
                           unsigned loop) {
  return llvm::count_if(nest.operands, [&](const OperandAccess &access) {
    return !access.pitches[vectorLoop].is(0) && access.pitches[loop].is(0);
  });
}

/// Returns the loop whose steps share most vector loads.
static std::optional<unsigned> chooseRowLoop(const LoopNest &nest,
                                             unsigned vectorLoop) {
  std::optional<unsigned> best;
  auto getRank = [&](unsigned loop) {
    return std::make_pair(countReuse(nest, vectorLoop, loop),
                          getComparableSize(nest, loop));
  };
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop) {
    if (loop == vectorLoop || !nest.isParallel(loop) || !nest.isReal(loop) ||
        countReuse(nest, vectorLoop, loop) == 0)
      continue;
    if (!best || getRank(loop) >= getRank(*best))
      best = loop;
  }
  return best;
}

/// Returns the number of vectors that `loop` fills, at most `most`.
static int64_t countVectors(const LoopNest &nest, unsigned loop, int64_t lanes,
                            int64_t most) {
  LinearIndex size = nest.sizes[loop];
  if (size.dynamic)
    return most;
  return std::clamp<int64_t>(llvm::divideCeil(size.constant, lanes), 1, most);
}

/// Returns at most `most` rows, so chosen that blocks of a known size are
/// about equal.
static int64_t balanceRows(LinearIndex size, int64_t most) {
  if (size.dynamic || size.constant <= 0)
    return most;
  int64_t blocks = llvm::divideCeil(size.constant, most);
  return llvm::divideCeil(size.constant, blocks);
}

/// Sizes the block of an op with a reduction. Accumulators, one vector per
/// column and a broadcast fit the registers; more than eight rows would need
/// more addresses than there are.
static void sizeReductionBlock(const LoopNest &nest, unsigned vectorBits,
                               Plan &plan) {
  bool manyRegisters = vectorBits >= 512;
  int64_t mostColumns = manyRegisters ? 4 : 2;
  plan.columns = countVectors(nest, plan.vectorLoop, plan.lanes, mostColumns);
  plan.rowLoop = chooseRowLoop(nest, plan.vectorLoop);
  if (!plan.rowLoop)
    return;
  int64_t mostRows = plan.columns > 2 || !manyRegisters ? 6 : 8;
  if (!nest.isParallel(plan.vectorLoop)) {
    // Lanes already sum separately; rows give all the independence needed.
    plan.columns = 1;
    mostRows = 8;
  }
  plan.rows = balanceRows(nest.sizes[*plan.rowLoop], mostRows);
}

/// Plans to pack the input that rows share. Of several, one that is strided
/// comes first.
static void planPacking(const LoopNest &nest, Plan &plan) {
  if (!plan.rowLoop || !nest.isParallel(plan.vectorLoop) ||
      getComparableSize(nest, *plan.rowLoop) < kFewestSharingRows)
    return;
  for (auto [index, access] : llvm::enumerate(nest.operands)) {
    LinearIndex pitch = access.pitches[plan.vectorLoop];
    if (nest.isOutput(index) || !access.flat || pitch.is(0) ||
        !access.pitches[*plan.rowLoop].is(0))
      continue;
    bool strided = !pitch.is(1);
    if (plan.packedInput && !strided)
      continue;
    plan.packedInput = index;
    plan.packsAlways = strided;
  }
}

/// Plans to transpose squares in registers, if some input wants it.
static void planTransposition(const LoopNest &nest, Plan &plan) {
  for (auto [index, access] : llvm::enumerate(nest.operands)) {
    LinearIndex pitch = access.pitches[plan.vectorLoop];
    if (nest.isOutput(index) || !access.flat || pitch.is(0) || pitch.is(1))
      continue;
    std::optional<unsigned> loop =
        getContiguousLoop(nest, access, plan.vectorLoop);
    if (!loop || (plan.rowLoop && plan.rowLoop != loop))
      continue;
    LinearIndex size = nest.sizes[*loop];
    if (!size.dynamic && size.constant < plan.lanes)
      continue;
    plan.rowLoop = loop;
    plan.rows = plan.lanes;
    plan.transposed[index] = true;
  }
}

/// Returns whether the body calls a math function, which fills a vector unit by
/// itself.
static bool hasMath(linalg::LinalgOp op) {
  return llvm::any_of(op.getBlock()->without_terminator(), [](Operation &op) {
    return isa<math::MathDialect>(op.getDialect());
  });
}

std::optional<Plan> mlir::attn::choosePlan(const LoopNest &nest,
                                           unsigned vectorBits) {
  Plan plan;
  plan.lanes = vectorBits / getElementBits(nest);
  std::optional<unsigned> vectorLoop = chooseVectorLoop(nest, plan.lanes);
  if (!vectorLoop)
    return std::nullopt;
  plan.vectorLoop = *vectorLoop;
  plan.transposed.assign(nest.operands.size(), false);
  bool reduces =
      llvm::any_of(llvm::seq(nest.getNumLoops()), [&](unsigned loop) {
        return !nest.isParallel(loop) && nest.isReal(loop);
      });
  if (reduces) {
    sizeReductionBlock(nest, vectorBits, plan);
    planPacking(nest, plan);
    return plan;
  }
  planTransposition(nest, plan);
  if (!plan.rowLoop && !hasMath(nest.op))
    plan.columns = countVectors(nest, plan.vectorLoop, plan.lanes, 2);
  return plan;
}
