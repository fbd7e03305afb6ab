//===- Loop.cpp - the loop over keys --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ThreadLowering.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::tile;

/// The region whose loads say what a step copies: the one that masks, if there
/// is one.
static Block &getStagedBlock(ForEachOp op) {
  return op.getPartial().empty() ? op.getFull().front()
                                 : op.getPartial().front();
}

/// The tiles that each step of the loop copies to shared memory, with their
/// places in a stage.
SmallVector<SharedTile> ThreadLowering::getStagedTiles(ForEachOp op) {
  SmallVector<SharedTile> tiles;
  int64_t offset = 0;
  for (auto load : getStagedBlock(op).getOps<LoadOp>()) {
    if (!rightLoads.contains(load))
      continue;
    tiles.push_back(describeRight(load));
    tiles.back().offset = offset;
    offset += tiles.back().getBytes();
  }
  return tiles;
}

/// Issues the copies of the tile of keys at `cursor` to the stage at `offset`,
/// unless there is none.
void ThreadLowering::emitStage(ForEachOp op, ArrayRef<SharedTile> tiles,
                               const Cursor &cursor, Value offset) {
  Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                        cursor.key, cursor.end);
  auto branch = scf::IfOp::create(b, isThere, /*withElseRegion=*/false);
  {
    ImplicitLocOpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    ElementEmitter elements(b, values);
    Block &block = getStagedBlock(op);
    elements.map(block.getArgument(0), cursor.key);
    elements.map(block.getArgument(1), cursor.end);
    for (const SharedTile &tile : tiles) {
      Value begin = arith::ConstantIntOp::create(b, tile.offset, 32);
      shared.emitCopy(tile, elements, arith::AddIOp::create(b, offset, begin));
    }
  }
  shared.emitCommit();
}

/// Lowers the region of full or of partial tiles on the stage at `offset`.
LogicalResult ThreadLowering::lowerStep(ForEachOp op, bool full,
                                        const Cursor &cursor,
                                        ArrayRef<SharedTile> tiles,
                                        Value offset, ValueRange carried,
                                        SmallVector<Value> &next) {
  Block &block = (full ? op.getFull() : op.getPartial()).front();
  values.map(block.getArgument(0), cursor.key);
  values.map(block.getArgument(1), cursor.end);
  bind(block.getArguments().drop_front(2), carried);
  auto *tile = tiles.begin();
  for (auto load : block.getOps<LoadOp>()) {
    if (!rightLoads.contains(load))
      continue;
    if (tile == tiles.end() ||
        tile->load.getResult().getType() != load.getResult().getType() ||
        tile->load.getMemory() != load.getMemory())
      return load.emitOpError(
          "expected full and partial tiles to load the same operands on GPUs");
    Value begin = arith::ConstantIntOp::create(b, tile->offset, 32);
    placed[load] = {*tile++, arith::AddIOp::create(b, offset, begin)};
  }
  if (failed(lowerBlock(block)))
    return failure();
  next = flatten(block.getTerminator()->getOperands());
  return success();
}

/// Lowers a loop over tiles of keys. Copies run `stages - 1` tiles ahead of
/// products, with a cursor of their own:
///
///   for s < stages - 1: copy the tile at `ahead` to stage s; step `ahead`
///   while `at` is not done:
///     wait for the stage of `at`, and for all threads to leave the one before
///     copy the tile at `ahead` to that one; step `ahead`
///     full or partial step on the stage of `at`; step `at`
LogicalResult ThreadLowering::lowerForEach(ForEachOp op) {
  SmallVector<SharedTile> tiles = getStagedTiles(op);
  int64_t stageBytes =
      tiles.empty() ? 0 : tiles.back().offset + tiles.back().getBytes();
  int64_t stages = schedule.stages;
  int64_t begin = shared.allocate(stageBytes * stages);
  auto i32 = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(b, value, 32);
  };
  RangeWalker walker(b, op, values);
  Cursor first = walker.emitFirst(), ahead = first;
  for (int64_t s = 0; s + 1 < stages; ++s) {
    emitStage(op, tiles, ahead, i32(begin + s * stageBytes));
    ahead = walker.emitNext(ahead);
  }
  if (!pendingLeft.empty())
    shared.emitWait(stages - 1);
  prepareLeft();

  // What the loop carries: both cursors, the stage, the values.
  SmallVector<Value> initial = first.getValues();
  llvm::append_range(initial, ahead.getValues());
  initial.push_back(i32(0));
  llvm::append_range(initial, flatten(op.getInitial()));
  SmallVector<Type> types(ValueRange(initial).getTypes());
  SmallVector<Location> locations(types.size(), b.getLoc());
  auto loop = scf::WhileOp::create(b, types, initial);
  ImplicitLocOpBuilder::InsertionGuard guard(b);
  Block *before = b.createBlock(&loop.getBefore(), {}, types, locations);
  Cursor at = Cursor::get(before->getArguments());
  Value more =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at.key, at.end);
  scf::ConditionOp::create(b, more, before->getArguments());

  Block *after = b.createBlock(&loop.getAfter(), {}, types, locations);
  ValueRange arguments = after->getArguments();
  at = Cursor::get(arguments);
  ahead = Cursor::get(arguments.drop_front(Cursor::size));
  Value stage = arguments[2 * Cursor::size];
  ValueRange carried = arguments.drop_front(2 * Cursor::size + 1);
  auto getOffset = [&](Value number) -> Value {
    Value bytes = arith::MulIOp::create(b, number, i32(stageBytes));
    return arith::AddIOp::create(b, bytes, i32(begin));
  };
  auto emitSuccessor = [&](Value number, int64_t by) -> Value {
    Value sum = arith::AddIOp::create(b, number, i32(by));
    return arith::RemUIOp::create(b, sum, i32(stages));
  };
  if (stages > 1) {
    shared.emitWait(stages - 2);
    emitStage(op, tiles, ahead, getOffset(emitSuccessor(stage, stages - 1)));
  } else {
    NVVM::Barrier0Op::create(b);
    emitStage(op, tiles, at, getOffset(stage));
    shared.emitWait(0);
  }
  SmallVector<Value> next;
  TypeRange carriedTypes = carried.getTypes();
  auto lower = [&](bool full) {
    return lowerStep(op, full, at, tiles, getOffset(stage), carried, next);
  };
  if (op.getFull().empty() || op.getPartial().empty()) {
    if (failed(lower(op.getPartial().empty())))
      return failure();
  } else {
    auto branch = scf::IfOp::create(b, carriedTypes, at.full,
                                    /*addThenBlock=*/true,
                                    /*addElseBlock=*/true);
    for (bool full : {true, false}) {
      ImplicitLocOpBuilder::InsertionGuard inBranch(b);
      b.setInsertionPointToStart(full ? branch.thenBlock()
                                      : branch.elseBlock());
      if (failed(lower(full)))
        return failure();
      scf::YieldOp::create(b, next);
    }
    next.assign(branch.result_begin(), branch.result_end());
  }
  SmallVector<Value> yields = walker.emitNext(at).getValues();
  Cursor further = stages > 1 ? walker.emitNext(ahead) : ahead;
  llvm::append_range(yields, further.getValues());
  yields.push_back(emitSuccessor(stage, 1));
  llvm::append_range(yields, next);
  scf::YieldOp::create(b, yields);
  b.setInsertionPointAfter(loop);
  bind(op.getResults(), loop.getResults().drop_front(2 * Cursor::size + 1));
  return success();
}
