//===- Schedule.cpp - the steps of a block of a tile program --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedule.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::tile;

//===----------------------------------------------------------------------===//
// What operations need and do
//===----------------------------------------------------------------------===//

int64_t mlir::tile::getLoopRows(Operation *op) {
  int64_t rows = 1;
  auto visit = [&](Value value) {
    if (VectorType type = getTileType(value))
      rows = std::max(rows, type.getDimSize(0));
  };
  if (op->getNumResults())
    visit(op->getResult(0));
  else if (auto store = dyn_cast<StoreOp>(op))
    visit(store.getValue());
  return rows;
}

/// Returns whether `op` cannot be lowered row by row.
static bool needsWholeTiles(Operation *op) {
  if (op->getNumRegions() || isa<DotOp, vector::TransposeOp>(op))
    return true;
  AccessKind kind = AccessKind::Scalar;
  if (auto load = dyn_cast<LoadOp>(op)) {
    if (getPairingDot(load))
      return true;
    kind = classify(load);
  }
  if (auto store = dyn_cast<StoreOp>(op))
    kind = classify(store);
  return kind == AccessKind::Transposed || kind == AccessKind::General;
}

/// Adds to `sources` the values that computing `value` needs: itself, or the
/// operands of what is rematerialised.
static void addSources(Value value, SetVector<Value> &sources) {
  Operation *op = value.getDefiningOp();
  if (!isRematerialised(op)) {
    sources.insert(value);
    return;
  }
  for (Value operand : op->getOperands())
    addSources(operand, sources);
}

/// Returns the values that `op`, with its regions, needs.
static SetVector<Value> getSources(Operation *op) {
  SetVector<Value> sources;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      addSources(operand, sources);
  });
  return sources;
}

namespace {

/// The memory that an operation, with its regions, reads and writes.
struct Effects {
  SmallVector<Value> reads, writes;
  bool unknown = false;

  bool empty() const { return reads.empty() && writes.empty() && !unknown; }
};

} // namespace

/// Returns the memory that `value` is a view of.
static Value getRoot(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Returns the effects of `op` and of the operations in its regions.
static Effects getEffects(Operation *op) {
  Effects effects;
  op->walk([&](Operation *inner) {
    auto interface = dyn_cast<MemoryEffectOpInterface>(inner);
    if (!interface) {
      effects.unknown |=
          !inner->hasTrait<OpTrait::HasRecursiveMemoryEffects>() &&
          !isMemoryEffectFree(inner);
      return;
    }
    SmallVector<MemoryEffects::EffectInstance> instances;
    interface.getEffects(instances);
    for (const MemoryEffects::EffectInstance &instance : instances) {
      if (isa<MemoryEffects::Allocate>(instance.getEffect()))
        continue;
      if (!instance.getValue())
        effects.unknown = true;
      else if (isa<MemoryEffects::Read>(instance.getEffect()))
        effects.reads.push_back(getRoot(instance.getValue()));
      else
        effects.writes.push_back(getRoot(instance.getValue()));
    }
  });
  return effects;
}

//===----------------------------------------------------------------------===//
// Schedule
//===----------------------------------------------------------------------===//

Schedule::Schedule(Block &block) : block(block) {
  for (Operation &op : block.without_terminator())
    if (!isRematerialised(&op))
      place(&op);
  sinkIntoUsers();
  removeEmptySteps();
  splitRows();
}

const Step *Schedule::getStep(Operation *op) const {
  Operation *ancestor = block.findAncestorOpInBlock(*op);
  return ancestor ? stepOf.lookup(ancestor) : nullptr;
}

SmallVector<Operation *> Schedule::getUsers(Value value) const {
  SetVector<Operation *> users;
  SmallVector<Value> worklist{value};
  while (!worklist.empty()) {
    for (Operation *user : worklist.pop_back_val().getUsers()) {
      if (isRematerialised(user))
        worklist.push_back(user->getResult(0));
      else if (Operation *ancestor = block.findAncestorOpInBlock(*user))
        users.insert(ancestor);
    }
  }
  return users.takeVector();
}

bool Schedule::isUsedOutside(Value value, const Step &step) const {
  if (recomputed.contains(value.getDefiningOp()))
    return false;
  return llvm::any_of(getUsers(value), [&](Operation *user) {
    return stepOf.lookup(user) != &step;
  });
}

/// Puts `op` into the earliest step that can take it.
void Schedule::place(Operation *op) {
  int after = -1;
  for (Value source : getSources(op))
    if (Operation *def = source.getDefiningOp())
      if (const Step *step = stepOf.lookup(def))
        after = std::max<int>(after, step->position);

  int64_t rows = getLoopRows(op);
  Step::Kind kind = needsWholeTiles(op) ? Step::Kind::Single
                    : rows > 1          ? Step::Kind::Rows
                                        : Step::Kind::Straight;
  Step *step = join(op, kind, rows, after, getLastEffect(op));
  step->ops.push_back(op);
  stepOf[op] = step;
  recordEffects(op, step);
}

/// Returns the step for an operation whose operands are ready after step
/// `after`, and which must stay behind the effects of step `afterEffects`.
/// Rows of one loop run interleaved, so an effect cannot stay behind another
/// one of its own loop.
Step *Schedule::join(Operation *op, Step::Kind kind, int64_t rows, int after,
                     int afterEffects) {
  if (kind == Step::Kind::Single)
    return insert(steps.size(), kind, rows);
  if (kind == Step::Kind::Straight) {
    int first = std::max({after, afterEffects, 0});
    for (int i = first; i < std::min<int>(first + 2, steps.size()); ++i)
      if (steps[i]->kind == kind)
        return steps[i].get();
    return insert(std::max(after, afterEffects) + 1, kind, rows);
  }
  for (int i = std::max({after, afterEffects + 1, 0}),
           e = static_cast<int>(steps.size());
       i < e; ++i)
    if (steps[i]->kind == kind && steps[i]->rows == rows)
      return steps[i].get();
  return insert(steps.size(), kind, rows);
}

/// Inserts an empty step at `position`.
Step *Schedule::insert(unsigned position, Step::Kind kind, int64_t rows) {
  auto step = std::make_unique<Step>(Step{kind, rows, position, {}});
  Step *result = step.get();
  steps.insert(steps.begin() + position, std::move(step));
  for (auto [i, other] : llvm::enumerate(steps))
    other->position = i;
  return result;
}

/// Returns the position of the last step that `op` must stay behind because of
/// what both do to memory, or -1.
int Schedule::getLastEffect(Operation *op) const {
  int last = -1;
  auto stayBehind = [&](const Step *step) {
    if (step)
      last = std::max<int>(last, step->position);
  };
  Effects effects = getEffects(op);
  if (effects.empty())
    return last;
  stayBehind(effects.unknown ? lastEffect : lastUnknown);
  for (Value memory : effects.reads)
    stayBehind(lastWrite.lookup(memory));
  for (Value memory : effects.writes) {
    stayBehind(lastWrite.lookup(memory));
    stayBehind(lastRead.lookup(memory));
  }
  return last;
}

/// Remembers that `op`, placed in `step`, reads and writes memory.
void Schedule::recordEffects(Operation *op, Step *step) {
  auto keepLast = [&](Step *&last) {
    if (!last || last->position < step->position)
      last = step;
  };
  Effects effects = getEffects(op);
  if (effects.empty())
    return;
  keepLast(lastEffect);
  if (effects.unknown)
    keepLast(lastUnknown);
  for (Value memory : effects.reads)
    keepLast(lastRead[memory]);
  for (Value memory : effects.writes)
    keepLast(lastWrite[memory]);
}

/// Moves operations from a loop over rows into a later loop that holds all
/// their users, so that their values need no memory in between.
void Schedule::sinkIntoUsers() {
  SmallVector<Operation *> order;
  for (Operation &op : block.without_terminator())
    order.push_back(&op);
  for (Operation *op : llvm::reverse(order)) {
    Step *step = stepOf.lookup(op);
    if (step && step->kind == Step::Kind::Rows && op->getNumResults() == 1)
      sink(op);
  }
}

/// Moves `op` into the loop of its users, if there is one and the move makes
/// no other value live longer; returns whether it did.
bool Schedule::sink(Operation *op) {
  Step *from = stepOf.lookup(op), *to = nullptr;
  for (Operation *user : getUsers(op->getResult(0))) {
    Step *step = stepOf.lookup(user);
    if (!step || (to && to != step))
      return false;
    to = step;
  }
  if (!to || to == from || to->kind != Step::Kind::Rows ||
      to->rows != from->rows)
    return false;

  Effects effects = getEffects(op);
  for (Value memory : effects.reads)
    if (lastWrite.count(memory))
      return false;
  if (effects.unknown || !effects.writes.empty() ||
      (!effects.empty() && lastUnknown))
    return false;
  for (Value source : getSources(op)) {
    Operation *def = source.getDefiningOp();
    if (hasRows(source) && def && stepOf.lookup(def) == from &&
        getUsers(source).size() > 1)
      return false;
  }
  llvm::erase(from->ops, op);
  // Operands come before users: the step keeps the order of the block.
  auto *place = llvm::find_if(
      to->ops, [&](Operation *other) { return op->isBeforeInBlock(other); });
  to->ops.insert(place, op);
  stepOf[op] = to;
  return true;
}

/// Removes the steps that sinking has emptied.
void Schedule::removeEmptySteps() {
  llvm::erase_if(steps, [](const auto &step) { return step->ops.empty(); });
  for (auto [i, step] : llvm::enumerate(steps))
    step->position = i;
}

//===----------------------------------------------------------------------===//
// Row values between loops over rows
//===----------------------------------------------------------------------===//

/// Fewer rows than this are not worth vectors of row values.
constexpr int64_t minRowsOfRowValues = 16;

/// Returns whether `value` can be had for several rows at once, one number per
/// row.
static bool isRowValue(Value value) {
  VectorType type = getTileType(value);
  if (!type || type.getDimSize(0) == 1 || type.getDimSize(1) != 1 ||
      type.getElementType().isBF16())
    return false;
  Operation *op = value.getDefiningOp();
  if (!isRematerialised(op))
    return true;
  if (auto broadcast = dyn_cast<vector::BroadcastOp>(op))
    return !isa<VectorType>(broadcast.getSourceType());
  auto constant = dyn_cast<arith::ConstantOp>(op);
  return constant && cast<DenseElementsAttr>(constant.getValue()).isSplat();
}

/// Returns whether `op` makes row values of nothing but row values.
static bool isOnRowValues(Operation *op) {
  return op->getNumResults() == 1 && op->getNumRegions() == 0 &&
         OpTrait::hasElementwiseMappableTraits(op) &&
         isRowValue(op->getResult(0)) &&
         llvm::all_of(op->getOperands(), isRowValue);
}

/// A reduction of a row, what is made of the reductions of all rows, and what
/// uses that row by row again, become loops of their own: in one loop, each row
/// would wait for the operations on its single numbers.
void Schedule::splitRows() {
  std::vector<std::unique_ptr<Step>> all;
  for (std::unique_ptr<Step> &step : steps) {
    std::vector<std::unique_ptr<Step>> parts;
    if (step->kind == Step::Kind::Rows && step->rows >= minRowsOfRowValues)
      parts = split(*step);
    if (parts.empty())
      parts.push_back(std::move(step));
    for (std::unique_ptr<Step> &part : parts)
      all.push_back(std::move(part));
  }
  steps = std::move(all);
  for (auto [i, step] : llvm::enumerate(steps))
    step->position = i;
}

/// Returns whether `op` of `step` is cheaper to compute again than to store:
/// one operation on a tile from before the step.
bool Schedule::canRecompute(Operation *op, const Step &step) const {
  if (!isa<arith::MulFOp, arith::AddFOp, arith::SubFOp>(op))
    return false;
  SetVector<Value> sources = getSources(op);
  return llvm::none_of(sources, [&](Value source) {
    Operation *def = source.getDefiningOp();
    return hasRows(source) && def && stepOf.lookup(def) == &step;
  });
}

/// Returns the part of `step` that each of its operations belongs to: even ones
/// are loops over rows, odd ones are steps of row values.
static DenseMap<Operation *, unsigned> getParts(const Step &step) {
  DenseMap<Operation *, unsigned> parts;
  for (Operation *op : step.ops) {
    bool isRow = isOnRowValues(op);
    unsigned part = isRow;
    for (Value source : getSources(op)) {
      auto before = parts.find(source.getDefiningOp());
      if (before == parts.end())
        continue;
      bool wasRow = before->second % 2;
      part = std::max(part, before->second + (wasRow != isRow));
    }
    parts[op] = part;
  }
  return parts;
}

/// Returns the parts that `op` of `step` is in: its own, or each that uses it
/// if that is cheaper than to store it.
SmallVector<unsigned>
Schedule::getPlaces(Operation *op, const Step &step,
                    const DenseMap<Operation *, unsigned> &parts) const {
  unsigned own = parts.lookup(op);
  if (!op->getNumResults() || !canRecompute(op, step))
    return {own};
  SetVector<unsigned> places;
  places.insert(own);
  for (Operation *user : getUsers(op->getResult(0))) {
    auto use = parts.find(user);
    if (use == parts.end())
      return {own};
    places.insert(use->second);
  }
  return places.takeVector();
}

/// Divides a loop over rows into loops over rows and steps of row values, in
/// turn; returns nothing if no row value is made from a row and used by one.
std::vector<std::unique_ptr<Step>> Schedule::split(const Step &step) {
  DenseMap<Operation *, unsigned> parts = getParts(step);
  unsigned last = 0;
  for (Operation *op : step.ops)
    last = std::max(last, parts[op]);
  if (last < 2)
    return {};

  std::vector<std::unique_ptr<Step>> steps;
  for (unsigned part = 0; part <= last; ++part) {
    auto kind = part % 2 ? Step::Kind::RowValues : Step::Kind::Rows;
    steps.push_back(
        std::make_unique<Step>(Step{kind, step.rows, /*position=*/0, {}}));
  }
  for (Operation *op : step.ops) {
    SmallVector<unsigned> places = getPlaces(op, step, parts);
    if (places.size() > 1)
      recomputed.insert(op);
    for (unsigned part : places)
      steps[part]->ops.push_back(op);
    stepOf[op] = steps[*llvm::max_element(places)].get();
  }
  llvm::erase_if(steps, [](const auto &part) { return part->ops.empty(); });
  return steps;
}
