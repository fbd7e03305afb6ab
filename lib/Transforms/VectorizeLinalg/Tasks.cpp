//===- Tasks.cpp - what threads share -------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Divides the parallel loops of an op into tasks. The division depends on the
// sizes alone, so results do not depend on the number of threads.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace mlir::attn;

/// Rows of a chunk of an op with a reduction: a multiple of the rows of every
/// block, and enough to make up for packing a panel.
static constexpr int64_t kChunkRows = 240;
/// Vectors of a chunk of other ops, in columns.
static constexpr int64_t kChunkBlocks = 64;
/// Points of the loops of a task, with and without a reduction over rows.
static constexpr int64_t kReductionGrain = 1 << 18;
static constexpr int64_t kElementGrain = 1 << 15;

LinearIndex Emitter::divideCeil(LinearIndex lhs, LinearIndex rhs) {
  if (!lhs.dynamic && !rhs.dynamic)
    return llvm::divideCeil(lhs.constant, rhs.constant);
  if (rhs.is(1))
    return lhs;
  Value sum = math.materialize(math.add(lhs, math.add(rhs, -1)));
  if (rhs.dynamic)
    sum = arith::SubIOp::create(builder, loc,
                                arith::AddIOp::create(builder, loc,
                                                      math.materialize(lhs),
                                                      math.materialize(rhs)),
                                math.materialize(1));
  return arith::DivUIOp::create(builder, loc, sum, math.materialize(rhs))
      .getResult();
}

int64_t Emitter::getGrain() {
  return plan.rowLoop && nest.op.getNumReductionLoops() > 0 ? kReductionGrain
                                                            : kElementGrain;
}

bool Emitter::isSmall() {
  // Ops inside of a loop are many and small, except for contractions.
  if (getGrain() == kElementGrain &&
      nest.op->getParentOfType<LoopLikeOpInterface>())
    return true;
  int64_t points = 1;
  for (LinearIndex size : nest.sizes) {
    if (size.dynamic)
      return false;
    points *= size.constant;
    if (points > getGrain())
      return false;
  }
  return true;
}

SmallVector<Emitter::Chunks> Emitter::getChunks() {
  bool reduces = nest.op.getNumReductionLoops() > 0;
  SmallVector<Chunks> chunks;
  auto add = [&](unsigned loop, int64_t size) {
    LinearIndex count = divideCeil(nest.sizes[loop], size);
    if (!count.is(1))
      chunks.push_back({loop, size, count});
  };
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (nest.isParallel(loop) && loop != plan.vectorLoop &&
        loop != plan.rowLoop)
      add(loop, 1);
  int64_t block = plan.columns * plan.lanes;
  if (!reducesLanes())
    add(plan.vectorLoop,
        reduces && plan.rowLoop ? block : block * kChunkBlocks);
  if (plan.rowLoop)
    add(*plan.rowLoop, reduces ? kChunkRows : plan.rows);
  return chunks;
}

void Emitter::emitTasks(ArrayRef<Chunks> chunks) {
  LinearIndex total = 1, points = 1;
  for (const Chunks &each : chunks)
    total = math.multiply(total, each.count);
  for (LinearIndex size : nest.sizes)
    points = math.multiply(points, size);
  // As many chunks as make up a task: total * grain / points, at least one.
  Value one = math.materialize(1);
  Value pointsOfChunk = math.materialize(divideCeil(
      points, arith::MaxSIOp::create(builder, loc, math.materialize(total), one)
                  .getResult()));
  Value chunksOfTask = arith::DivUIOp::create(
      builder, loc, math.materialize(getGrain()),
      arith::MaxSIOp::create(builder, loc, pointsOfChunk, one));
  chunksOfTask = arith::MaxSIOp::create(builder, loc, chunksOfTask, one);
  Value tasks = math.materialize(divideCeil(total, chunksOfTask));

  auto taskLoop =
      scf::ParallelOp::create(builder, loc, ValueRange{math.materialize(0)},
                              ValueRange{tasks}, ValueRange{one});
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(taskLoop.getBody());
  Value first = arith::MulIOp::create(
      builder, loc, taskLoop.getInductionVars()[0], chunksOfTask);
  Value last = arith::MinSIOp::create(
      builder, loc, arith::AddIOp::create(builder, loc, first, chunksOfTask),
      math.materialize(total));
  auto chunkLoop = scf::ForOp::create(builder, loc, first, last, one);
  builder.setInsertionPointToStart(chunkLoop.getBody());
  emitChunk(chunks, chunkLoop.getInductionVar());
}

void Emitter::emitChunk(ArrayRef<Chunks> chunks, Value index) {
  if (chunks.empty())
    return emitLoops();
  // The innermost chunks vary fastest.
  const Chunks &inner = chunks.back();
  LinearIndex here = index;
  Value rest = index;
  if (chunks.size() > 1) {
    Value count = math.materialize(inner.count);
    here = arith::RemUIOp::create(builder, loc, index, count).getResult();
    rest = arith::DivUIOp::create(builder, loc, index, count);
  }
  LinearIndex size = nest.sizes[inner.loop];
  LinearIndex start = math.multiply(here, inner.size);
  LinearIndex length = inner.size;
  if (inner.size != 1 && (size.dynamic || size.constant % inner.size != 0)) {
    LinearIndex left = math.add(size, math.multiply(start, -1));
    length = arith::MinSIOp::create(builder, loc, math.materialize(left),
                                    math.materialize(inner.size))
                 .getResult();
  }
  nest.sizes[inner.loop] = length;
  at(inner.loop, start, [&] { emitChunk(chunks.drop_back(), rest); });
  nest.sizes[inner.loop] = size;
}
