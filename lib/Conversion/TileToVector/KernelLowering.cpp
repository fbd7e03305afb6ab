//===- KernelLowering.cpp - blocks, control flow and buffers --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace mlir::tile;

KernelLowering::KernelLowering(KernelOp kernel, func::FuncOp function,
                               const attn::CPUModel &model)
    : kernel(kernel), function(function), model(model),
      b(kernel.getLoc(), kernel.getContext()) {
  b.setInsertionPointToStart(function.addEntryBlock());
}

void KernelLowering::run() {
  scratch =
      b.create<UnrealizedConversionCastOp>(
           MemRefType::get({ShapedType::kDynamic}, b.getI8Type()), ValueRange())
          .getResult(0);
  mapArguments();
  Block &body = kernel.getBody().front();
  lowerBlock(body, Schedule(body), Targets());
  func::ReturnOp::create(b);
  finishScratch();
}

/// Maps grid indices to digits of the task number, the last one varying
/// fastest, and kernel arguments to those of the function.
void KernelLowering::mapArguments() {
  Block &entry = function.getBody().front();
  Value rest = entry.getArgument(0);
  int64_t rank = kernel.getGridRank();
  for (int64_t i = rank - 1; i >= 0; --i) {
    Value digit = rest;
    if (i > 0) {
      Value extent = entry.getArgument(1 + i);
      digit = arith::RemUIOp::create(b, rest, extent);
      rest = arith::DivUIOp::create(b, rest, extent);
    }
    values.map(kernel.getGridIndices()[i], digit);
  }
  for (auto [i, argument] : llvm::enumerate(kernel.getKernelArguments()))
    values.map(argument, entry.getArgument(1 + rank + i));
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void KernelLowering::lowerBlock(Block &block, const Schedule &schedule,
                                const Targets &targets) {
  for (const std::unique_ptr<Step> &step : schedule.getSteps()) {
    if (step->kind == Step::Kind::Rows) {
      lowerRows(*step, schedule, targets);
      continue;
    }
    if (step->kind == Step::Kind::RowValues) {
      lowerRowValues(*step, schedule, targets);
      continue;
    }
    for (Operation *op : step->ops) {
      b.setLoc(op->getLoc());
      if (step->kind == Step::Kind::Straight)
        lowerStraight(op);
      else
        lowerSingle(op, schedule, targets);
    }
  }
}

/// Lowers an operation on scalars and column values.
void KernelLowering::lowerStraight(Operation *op) {
  auto isTile = [](Type type) { return isa<VectorType>(type); };
  if (isa<RangesOp>(op))
    return;
  if (llvm::none_of(op->getOperandTypes(), isTile) &&
      llvm::none_of(op->getResultTypes(), isTile)) {
    b.clone(*op, values);
    return;
  }
  if (auto extract = dyn_cast<vector::ExtractOp>(op)) {
    Value element = values.lookup(extract.getSource());
    if (extract.getType().isBF16())
      element = arith::BitcastOp::create(b, b.getBF16Type(), element);
    values.map(extract.getResult(), element);
    return;
  }
  RowScope scope;
  if (Value result = lowerInRow(scope, op))
    values.map(op->getResult(0), result);
}

/// Returns whether the buffer of `argument` may be overwritten where `value` is
/// made: nothing needs the old tile later. Within a loop over rows, a row is
/// read before it is written, and a dot reads its accumulator first.
static bool canOverwrite(const Schedule &schedule, Value argument,
                         Value value) {
  const Step *made = schedule.getStep(value.getDefiningOp());
  return llvm::all_of(schedule.getUsers(argument), [&](Operation *user) {
    const Step *used = schedule.getStep(user);
    if (!used || used->position > made->position)
      return false;
    if (used != made || made->kind != Step::Kind::Single)
      return true;
    auto dot = dyn_cast<DotOp>(user);
    return dot && stripBroadcasts(dot.getLhs()) != argument &&
           stripBroadcasts(dot.getRhs()) != argument &&
           dot.getMask() != argument;
  });
}

/// Returns the results of `step` that other steps use, with a buffer for each.
SmallVector<std::pair<Value, Buffer>>
KernelLowering::getStored(const Step &step, const Schedule &schedule,
                          const Targets &targets) {
  SmallVector<std::pair<Value, Buffer>> stored;
  for (Operation *op : step.ops)
    for (Value result : op->getResults())
      if (schedule.isUsedOutside(result, step)) {
        Buffer buffer = targets.lookup(result);
        if (!buffer)
          buffer = takeProduct(result, step, schedule);
        if (!buffer)
          buffer = allocate(getTileType(result));
        stored.push_back({result, buffer});
      }
  return stored;
}

/// Returns the buffer of a product that `step` reads, and nothing reads after
/// it, for `result`; the fewer buffers, the more of them stay in the cache.
Buffer KernelLowering::takeProduct(Value result, const Step &step,
                                   const Schedule &schedule) {
  for (Operation *op : step.ops)
    for (Value operand : op->getOperands()) {
      Buffer buffer = buffers.lookup(operand);
      if (!buffer || buffer.type != getTileType(result) ||
          !products.contains(operand) ||
          operand.getDefiningOp()->getBlock() != op->getBlock() ||
          !canOverwrite(schedule, operand, result))
        continue;
      products.erase(operand);
      return buffer;
    }
  return {};
}

/// Lowers a step to a loop over rows. Results are stored at the end of a row,
/// so that one may take the place of a value that the row has read.
void KernelLowering::lowerRows(const Step &step, const Schedule &schedule,
                               const Targets &targets) {
  auto stored = getStored(step, schedule, targets);
  forEachRow(step.rows, [&](Value row) {
    RowScope scope;
    scope.row = row;
    for (Operation *op : step.ops) {
      b.setLoc(op->getLoc());
      if (op->getNumResults() == 1 && buffers.count(op->getResult(0)))
        continue;
      Value result = lowerInRow(scope, op);
      if (result)
        scope.values[op->getResult(0)] = result;
    }
    for (auto [value, buffer] : stored)
      storeRow(buffer, row, getInRow(scope, value));
  });
  for (auto [value, buffer] : stored)
    buffers[value] = buffer;
}

/// Lowers an operation on whole tiles or with regions.
void KernelLowering::lowerSingle(Operation *op, const Schedule &schedule,
                                 const Targets &targets) {
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](ForEachOp forEach) { lowerForEach(forEach); })
      .Case([&](FindRangesOp) { /* lowered with its loop */ })
      .Case([&](scf::ForOp loop) { lowerFor(loop); })
      .Case([&](scf::IfOp branch) { lowerIf(branch); })
      .Case([&](DotOp dot) { lowerDot(dot, schedule, targets); })
      .Case([&](vector::TransposeOp transpose) { lowerTranspose(transpose); })
      .Case([&](StoreOp store) { lowerGeneralStore(store); })
      .Case([&](LoadOp load) {
        if (getPairingDot(load))
          lowerPairedLoad(load);
        else if (classify(load) == AccessKind::Transposed)
          lowerTransposedLoad(load);
        else
          lowerGeneralLoad(load);
      });
}

//===----------------------------------------------------------------------===//
// Loops and branches
//===----------------------------------------------------------------------===//

/// Makes the initial state of a loop: buffers filled with tiles, and values.
Carried KernelLowering::carry(ValueRange initial) {
  Carried carried;
  for (Value value : initial) {
    Buffer buffer;
    if (hasRows(value)) {
      buffer = allocate(getTileType(value));
      fill(buffer, value);
    } else {
      carried.values.push_back(values.lookup(value));
    }
    carried.buffers.push_back(buffer);
  }
  return carried;
}

/// Binds block arguments or results to buffers and, in order, to `ssaValues`.
void KernelLowering::bindCarried(ValueRange arguments, const Carried &carried,
                                 ValueRange ssaValues) {
  for (auto [argument, buffer] : llvm::zip(arguments, carried.buffers)) {
    if (buffer) {
      buffers[argument] = buffer;
      continue;
    }
    values.map(argument, ssaValues.front());
    ssaValues = ssaValues.drop_front();
  }
}

/// Lowers one iteration: `arguments` are the carried block arguments of
/// `block`. Returns the next SSA values; buffers hold the next tiles.
SmallVector<Value> KernelLowering::lowerLoopBody(Block &block,
                                                 ValueRange arguments,
                                                 const Carried &carried,
                                                 ValueRange ssaValues) {
  bindCarried(arguments, carried, ssaValues);
  // What the body puts into scratch memory is dead after it.
  llvm::SaveAndRestore restoreScratch(scratchEnd);
  ValueRange yields = block.getTerminator()->getOperands();
  Schedule schedule(block);
  Targets targets = findTargets(schedule, arguments, yields, carried);
  lowerBlock(block, schedule, targets);
  copyYields(yields, carried);
  SmallVector<Value> next;
  for (auto [yield, buffer] : llvm::zip(yields, carried.buffers))
    if (!buffer)
      next.push_back(values.lookup(yield));
  return next;
}

/// Returns the buffers in which a body's values can be made so that the next
/// iteration finds them in place.
KernelLowering::Targets KernelLowering::findTargets(const Schedule &schedule,
                                                    ValueRange arguments,
                                                    ValueRange yields,
                                                    const Carried &carried) {
  Targets targets;
  auto canTarget = [&](Value value, Value argument) {
    Operation *def = value.getDefiningOp();
    if (!def || isRematerialised(def) || targets.count(value))
      return false;
    const Step *step = schedule.getStep(def);
    return step && def->getNumRegions() == 0 &&
           (step->kind == Step::Kind::Rows ||
            step->kind == Step::Kind::RowValues || isa<DotOp>(def)) &&
           canOverwrite(schedule, argument, value);
  };
  for (auto [argument, yield, buffer] :
       llvm::zip(arguments, yields, carried.buffers)) {
    if (!buffer || !canTarget(yield, argument))
      continue;
    targets[yield] = buffer;
    // The accumulator of a dot is made in the same place if it is only that.
    auto dot = yield.getDefiningOp<DotOp>();
    if (dot && canTarget(dot.getAcc(), argument) &&
        schedule.getUsers(dot.getAcc()).size() == 1 &&
        stripBroadcasts(dot.getLhs()) != dot.getAcc() &&
        stripBroadcasts(dot.getRhs()) != dot.getAcc())
      targets[dot.getAcc()] = buffer;
  }
  return targets;
}

/// Copies the tiles that a body yields to where the next iteration expects
/// them. Tiles that this would overwrite too early are saved first.
void KernelLowering::copyYields(ValueRange yields, const Carried &carried) {
  SmallVector<std::pair<Value, Buffer>> copies;
  auto isCarried = [&](Value memory) {
    return memory && llvm::any_of(carried.buffers, [&](const Buffer &buffer) {
             return buffer.memory == memory;
           });
  };
  for (auto [yield, buffer] : llvm::zip(yields, carried.buffers)) {
    if (!buffer || buffers.lookup(yield).memory == buffer.memory)
      continue;
    Value source = stripBroadcasts(yield);
    if (isCarried(buffers.lookup(source).memory)) {
      Buffer saved = allocate(getTileType(yield));
      fill(saved, yield);
      buffers[yield] = saved;
    }
    copies.push_back({yield, buffer});
  }
  for (auto [yield, buffer] : copies)
    fill(buffer, yield);
}

void KernelLowering::lowerFor(scf::ForOp op) {
  Carried carried = carry(op.getInitArgs());
  auto loop = scf::ForOp::create(b, values.lookup(op.getLowerBound()),
                                 values.lookup(op.getUpperBound()),
                                 values.lookup(op.getStep()), carried.values);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    values.map(op.getInductionVar(), loop.getInductionVar());
    SmallVector<Value> next =
        lowerLoopBody(*op.getBody(), op.getRegionIterArgs(), carried,
                      loop.getRegionIterArgs());
    if (!next.empty())
      scf::YieldOp::create(b, next);
  }
  bindCarried(op.getResults(), carried, loop.getResults());
}

void KernelLowering::lowerIf(scf::IfOp op) {
  Carried results;
  SmallVector<Type> types;
  for (Value result : op.getResults()) {
    results.buffers.push_back(hasRows(result) ? allocate(getTileType(result))
                                              : Buffer());
    if (!hasRows(result))
      types.push_back(getTileType(result) ? getRowType(getTileType(result))
                                          : result.getType());
  }
  auto branch = scf::IfOp::create(b, types, values.lookup(op.getCondition()),
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  for (auto [from, to] : llvm::zip(op->getRegions(), branch->getRegions())) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&to.front());
    SmallVector<Value> next;
    if (!from.empty())
      next = lowerLoopBody(from.front(), {}, results, {});
    scf::YieldOp::create(b, next);
  }
  bindCarried(op.getResults(), results, branch.getResults());
}

void KernelLowering::lowerForEach(ForEachOp op) {
  auto ranges = op.getRanges().getDefiningOp<RangesOp>();
  Carried carried = carry(op.getInitial());
  if (auto found = op.getRanges().getDefiningOp<FindRangesOp>())
    lowerFoundRanges(op, found, carried);
  else if (ranges.countKind(RangeKind::Full) > 1 ||
           ranges.countKind(RangeKind::Partial) > 1)
    lowerRangesInLoop(op, ranges, carried);
  else
    lowerRangesInTurn(op, ranges, carried);
  bindCarried(op.getResults(), carried, carried.values);
}

/// Lowers a list with at most one range of each kind, one loop after another.
void KernelLowering::lowerRangesInTurn(ForEachOp op, RangesOp ranges,
                                       Carried &carried) {
  for (unsigned i = 0; i < ranges.getKinds().size(); ++i)
    carried.values =
        lowerRange(op, ranges.getKind(i), values.lookup(ranges.getBegins()[i]),
                   values.lookup(ranges.getEnds()[i]), carried);
}

/// Lowers a list that repeats a kind to a loop over the ranges, so that each
/// body is emitted once.
void KernelLowering::lowerRangesInLoop(ForEachOp op, RangesOp ranges,
                                       Carried &carried) {
  int64_t size = ranges.getKinds().size();
  auto loop =
      scf::ForOp::create(b, index(0), index(size), index(1), carried.values);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value i = loop.getInductionVar();
  Value begin, end, full;
  auto choose = [&](Value &chosen, Value candidate, Value isIt) {
    chosen = chosen ? arith::SelectOp::create(b, isIt, candidate, chosen)
                    : candidate;
  };
  for (int64_t j = 0; j < size; ++j) {
    Value isIt =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, i, index(j));
    choose(begin, values.lookup(ranges.getBegins()[j]), isIt);
    choose(end, values.lookup(ranges.getEnds()[j]), isIt);
    bool isFull = ranges.getKind(j) == RangeKind::Full;
    choose(full, arith::ConstantOp::create(b, b.getBoolAttr(isFull)), isIt);
  }

  Carried inner = carried;
  inner.values.assign(loop.getRegionIterArgs().begin(),
                      loop.getRegionIterArgs().end());
  auto branch = scf::IfOp::create(b, ValueRange(inner.values).getTypes(), full,
                                  /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  for (RangeKind kind : {RangeKind::Full, RangeKind::Partial}) {
    Region &region = kind == RangeKind::Full ? branch.getThenRegion()
                                             : branch.getElseRegion();
    OpBuilder::InsertionGuard inBranch(b);
    b.setInsertionPointToStart(&region.front());
    scf::YieldOp::create(b, ranges.countKind(kind)
                                ? lowerRange(op, kind, begin, end, inner)
                                : inner.values);
  }
  if (!inner.values.empty())
    scf::YieldOp::create(b, branch.getResults());
  carried.values.assign(loop.result_begin(), loop.result_end());
}

/// Emits the search for the group of tiles from tile `first` on that needs no
/// further halving. `end` is the number behind the last tile.
FoundGroup KernelLowering::findGroup(FindRangesOp op, Value first, Value end) {
  Value step = index(op.getStep()), one = index(1), none = index(0);
  // The largest group that begins here: the lowest bit of its first tile.
  Type i64 = b.getI64Type();
  Value bits = arith::IndexCastOp::create(b, i64, end);
  Value zeros = math::CountLeadingZerosOp::create(b, bits);
  zeros = arith::IndexCastOp::create(b, b.getIndexType(), zeros);
  Value log = arith::SubIOp::create(b, index(64), zeros);
  Value most = arith::ShLIOp::create(b, one, log);
  Value negated = arith::SubIOp::create(b, none, first);
  Value lowest = arith::AndIOp::create(b, first, negated);
  Value isFirst =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, first, none);
  Value count = arith::SelectOp::create(b, isFirst, most, lowest);

  SmallVector<Type> types(3, b.getIndexType());
  types.append(2, b.getI1Type());
  auto search = scf::WhileOp::create(b, types, ValueRange{count});
  OpBuilder::InsertionGuard guard(b);
  Block *before =
      b.createBlock(&search.getBefore(), {}, b.getIndexType(), b.getLoc());
  Value size = before->getArgument(0);
  Value behind = arith::AddIOp::create(b, first, size);
  Value lo = arith::MaxSIOp::create(b, arith::MulIOp::create(b, first, step),
                                    values.lookup(op.getBegin()));
  Value hi = arith::MinSIOp::create(b, arith::MulIOp::create(b, behind, step),
                                    values.lookup(op.getEnd()));
  Block &body = op.getBody().front();
  SmallVector<Value> group{lo, hi, first, size};
  values.map(body.getArguments(), ArrayRef<Value>(group));
  for (Operation &nested : body.without_terminator())
    b.clone(nested, values);
  auto classify = cast<ClassifyOp>(body.back());
  Value may = values.lookup(classify.getMay());
  Value rest =
      arith::RemSIOp::create(b, arith::SubIOp::create(b, hi, lo), step);
  Value whole = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rest, none);
  Value full =
      arith::AndIOp::create(b, values.lookup(classify.getMust()), whole);
  Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, size, one);
  // Go on where the group is mixed and has halves.
  Value mixed = arith::AndIOp::create(
      b, may,
      arith::XOrIOp::create(b, full,
                            arith::ConstantOp::create(b, b.getBoolAttr(true))));
  Value halve = arith::AndIOp::create(
      b, mixed,
      arith::XOrIOp::create(b, isOne,
                            arith::ConstantOp::create(b, b.getBoolAttr(true))));
  scf::ConditionOp::create(b, halve, ValueRange{size, lo, hi, may, full});

  SmallVector<Location> locations(types.size(), b.getLoc());
  Block *after = b.createBlock(&search.getAfter(), {}, types, locations);
  Value half = arith::ShRUIOp::create(b, after->getArgument(0), one);
  scf::YieldOp::create(b, half);
  return {search.getResult(0), search.getResult(1), search.getResult(2),
          search.getResult(3), search.getResult(4)};
}

/// Lowers a list that bisection finds to a walk over its groups of tiles.
void KernelLowering::lowerFoundRanges(ForEachOp op, FindRangesOp ranges,
                                      Carried &carried) {
  Value step = index(op.getStep());
  Value begin = values.lookup(ranges.getBegin());
  Value first = arith::DivSIOp::create(b, begin, step);
  Value end =
      arith::CeilDivSIOp::create(b, values.lookup(ranges.getEnd()), step);
  SmallVector<Value> initial{first};
  llvm::append_range(initial, carried.values);
  SmallVector<Type> types(ValueRange(initial).getTypes());
  SmallVector<Location> locations(types.size(), b.getLoc());
  auto walk = scf::WhileOp::create(b, types, initial);
  OpBuilder::InsertionGuard guard(b);
  Block *before = b.createBlock(&walk.getBefore(), {}, types, locations);
  Value more = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                     before->getArgument(0), end);
  scf::ConditionOp::create(b, more, before->getArguments());

  Block *after = b.createBlock(&walk.getAfter(), {}, types, locations);
  FoundGroup group = findGroup(ranges, after->getArgument(0), end);
  Carried inner = carried;
  inner.values.assign(after->args_begin() + 1, after->args_end());
  TypeRange carriedTypes = ArrayRef(types).drop_front();
  auto branch = [&](Value condition, auto yes, auto no) {
    auto op = scf::IfOp::create(b, carriedTypes, condition,
                                /*addThenBlock=*/true, /*addElseBlock=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.thenBlock());
    scf::YieldOp::create(b, yes());
    b.setInsertionPointToStart(op.elseBlock());
    scf::YieldOp::create(b, no());
    return SmallVector<Value>(op.getResults());
  };
  auto visit = [&](RangeKind kind) {
    return
        [&, kind] { return lowerRange(op, kind, group.lo, group.hi, inner); };
  };
  SmallVector<Value> next{
      arith::AddIOp::create(b, after->getArgument(0), group.count)};
  auto visitAny = [&]() -> SmallVector<Value> {
    if (op.getFull().empty())
      return visit(RangeKind::Partial)();
    return branch(group.full, visit(RangeKind::Full),
                  visit(RangeKind::Partial));
  };
  llvm::append_range(next, branch(group.visited, visitAny, [&] {
                       return SmallVector<Value>(inner.values);
                     }));
  scf::YieldOp::create(b, next);
  carried.values.assign(walk.getResults().begin() + 1, walk.getResults().end());
}

/// Lowers the visit of one range; returns the SSA values after it.
SmallVector<Value> KernelLowering::lowerRange(ForEachOp op, RangeKind kind,
                                              Value begin, Value end,
                                              const Carried &carried) {
  Block &block =
      (kind == RangeKind::Full ? op.getFull() : op.getPartial()).front();
  auto loop =
      scf::ForOp::create(b, begin, end, index(op.getStep()), carried.values);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  values.map(block.getArgument(0), loop.getInductionVar());
  values.map(block.getArgument(1), end);
  SmallVector<Value> next =
      lowerLoopBody(block, block.getArguments().drop_front(2), carried,
                    loop.getRegionIterArgs());
  if (!next.empty())
    scf::YieldOp::create(b, next);
  return SmallVector<Value>(loop.getResults());
}

//===----------------------------------------------------------------------===//
// Scratch memory
//===----------------------------------------------------------------------===//

/// Returns the type of a tile's elements of type `type` in SSA values.
static Type getValueType(Type type) {
  return type.isBF16() ? IntegerType::get(type.getContext(), 16) : type;
}

/// Returns the type of a tile's elements of type `type` in memory.
static Type getStoredType(Type type) {
  return type.isInteger(1) ? IntegerType::get(type.getContext(), 8)
                           : getValueType(type);
}

/// Returns how many bytes an element of type `type` takes.
static int64_t getBytes(Type type) {
  return type.isIndex() ? 8 : llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

/// Cuts a buffer for values of type `type` from the task's scratch memory.
/// `extraRows` more rows may be written, and whole vectors may be read from any
/// column of it.
Buffer KernelLowering::allocate(VectorType type, int64_t extraRows) {
  constexpr int64_t cacheLine = 64;
  Type element = getStoredType(type.getElementType());
  int64_t rows = type.getDimSize(0) + extraRows;
  // Row values are read and written in whole vectors.
  if (type.getDimSize(1) == 1)
    rows = llvm::alignTo(rows, cacheLine);
  int64_t columns = getPaddedColumns(type.getDimSize(1));
  if (type.getElementType().isBF16() && usesTiles())
    columns = llvm::alignTo(columns, tileDepth);
  // Rows a multiple of 512 bytes apart would compete for few sets of the
  // first-level cache.
  if (columns * getBytes(element) % 512 == 0)
    columns += cacheLine / getBytes(element);
  int64_t bytes = rows * columns * getBytes(element) + cacheLine;

  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(scratch);
  Value offset = index(scratchEnd);
  scratchEnd += llvm::alignTo(bytes, cacheLine);
  scratchBytes = std::max(scratchBytes, scratchEnd);
  Value memory =
      memref::ViewOp::create(b, MemRefType::get({rows, columns}, element),
                             scratch, offset, ValueRange());
  return {memory, type};
}

/// Makes the scratch memory, whose size is known at the end: a pointer from
/// the runtime, wrapped in the descriptor of a memref.
void KernelLowering::finishScratch() {
  auto unresolved = scratch.getDefiningOp<UnrealizedConversionCastOp>();
  if (scratchBytes == 0) {
    unresolved.erase();
    return;
  }
  b.setInsertionPoint(unresolved);
  b.setLoc(kernel.getLoc());
  Type i64 = b.getI64Type();
  Value size = arith::ConstantOp::create(b, b.getI64IntegerAttr(scratchBytes));
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value memory =
      func::CallOp::create(b, "attn_rt_scratch", pointer, size).getResult(0);

  auto sizes = LLVM::LLVMArrayType::get(i64, 1);
  auto descriptor = LLVM::LLVMStructType::getLiteral(
      b.getContext(), {pointer, pointer, i64, sizes, sizes});
  Value zero = arith::ConstantOp::create(b, b.getI64IntegerAttr(0));
  Value one = arith::ConstantOp::create(b, b.getI64IntegerAttr(1));
  Value value = LLVM::PoisonOp::create(b, descriptor);
  auto set = [&](Value field, ArrayRef<int64_t> position) {
    value = LLVM::InsertValueOp::create(b, value, field, position);
  };
  set(memory, 0);
  set(memory, 1);
  set(zero, 2);
  set(size, {3, 0});
  set(one, {4, 0});
  unresolved->setOperands(value);
}

//===----------------------------------------------------------------------===//
// Values and buffers
//===----------------------------------------------------------------------===//

/// Returns a buffer that holds `value`, filling one if it has none.
Buffer KernelLowering::getBuffer(Value value) {
  if (Buffer buffer = buffers.lookup(value))
    return buffer;
  Buffer buffer = allocate(getTileType(value));
  fill(buffer, value);
  return buffer;
}

/// Makes the contents of `buffer` the value of `value`.
void KernelLowering::setValue(Value value, Buffer buffer) {
  if (hasRows(value))
    buffers[value] = buffer;
  else
    values.map(value, loadRow(buffer, index(0)));
}

/// Writes `value` to `buffer`, row by row.
void KernelLowering::fill(Buffer buffer, Value value) {
  forEachRow(buffer.type.getDimSize(0), [&](Value row) {
    RowScope scope;
    scope.row = row;
    storeRow(buffer, row, getInRow(scope, value));
  });
}

Value KernelLowering::loadRow(Buffer buffer, Value row) {
  if (buffer.type.getDimSize(1) == 1)
    return loadElement(buffer, row, index(0));
  return loadVector(buffer, row, index(0),
                    getPaddedColumns(buffer.type.getDimSize(1)));
}

void KernelLowering::storeRow(Buffer buffer, Value row, Value value) {
  if (isa<VectorType>(value.getType()))
    storeVector(buffer, row, index(0), value);
  else
    storeElement(buffer, row, index(0), value);
}

/// Loads `lanes` elements of `row` from `column` on.
Value KernelLowering::loadVector(Buffer buffer, Value row, Value column,
                                 int64_t lanes) {
  Type element = buffer.type.getElementType();
  Value value =
      vector::LoadOp::create(b, VectorType::get(lanes, getStoredType(element)),
                             buffer.memory, ValueRange{row, column});
  return fromStored(value, element);
}

void KernelLowering::storeVector(Buffer buffer, Value row, Value column,
                                 Value value) {
  vector::StoreOp::create(b, toStored(value), buffer.memory,
                          ValueRange{row, column});
}

Value KernelLowering::loadElement(Buffer buffer, Value row, Value column) {
  Value value =
      memref::LoadOp::create(b, buffer.memory, ValueRange{row, column});
  return fromStored(value, buffer.type.getElementType());
}

void KernelLowering::storeElement(Buffer buffer, Value row, Value column,
                                  Value value) {
  memref::StoreOp::create(b, toStored(value), buffer.memory,
                          ValueRange{row, column});
}

/// Returns the kernel's memory `value` with the elements that it stores.
Value KernelLowering::getMemory(Value value) {
  auto type = cast<MemRefType>(value.getType());
  Value memory = values.lookup(value);
  Type stored = getStoredType(type.getElementType());
  if (stored == type.getElementType())
    return memory;
  return UnrealizedConversionCastOp::create(
             b, MemRefType(MemRefType::Builder(type).setElementType(stored)),
             memory)
      .getResult(0);
}

/// Returns the SSA value of what was loaded for elements of type `element`.
Value KernelLowering::fromStored(Value value, Type element) {
  if (!element.isInteger(1))
    return value;
  auto vector = dyn_cast<VectorType>(value.getType());
  return arith::TruncIOp::create(
      b, vector ? Type(vector.clone(element)) : element, value);
}

/// Returns what is stored for an SSA value.
Value KernelLowering::toStored(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  if (!element.isInteger(1))
    return value;
  auto vector = dyn_cast<VectorType>(value.getType());
  return arith::ExtUIOp::create(
      b, vector ? Type(vector.clone(b.getI8Type())) : b.getI8Type(), value);
}

/// Returns the number of columns of a buffer for `columns`: whole vectors of
/// f32, which are whole vectors of wider elements too.
int64_t KernelLowering::getPaddedColumns(int64_t columns) const {
  return columns == 1 ? 1 : llvm::alignTo(columns, model.getLanes(32));
}

/// Returns the type of one row of a value of type `type`.
Type KernelLowering::getRowType(VectorType type) const {
  int64_t columns = type.getDimSize(1);
  Type element = getValueType(type.getElementType());
  if (columns == 1)
    return element;
  return VectorType::get(getPaddedColumns(columns), element);
}

Value KernelLowering::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Value KernelLowering::zero(Type type) {
  return arith::ConstantOp::create(b, b.getZeroAttr(type));
}

Value KernelLowering::add(Value lhs, int64_t rhs) {
  return rhs == 0 ? lhs : arith::AddIOp::create(b, lhs, index(rhs));
}

/// Returns the conjunction of two masks, each possibly absent.
Value KernelLowering::both(Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return arith::AndIOp::create(b, lhs, rhs);
}
