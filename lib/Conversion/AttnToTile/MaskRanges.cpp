//===- MaskRanges.cpp - the key ranges of a mask --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskRanges.h"

#include "attn/Analysis/ClosedForm.h"
#include "attn/Dialect/Attn/Utils/Emit.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The analysis of one mask for one tile of queries.
class MaskRanges {
public:
  MaskRanges(OpBuilder &b, Location loc, const MaskBox &box,
             KernelArguments &arguments, SummaryHost &host, MaskReport &report)
      : b(b), loc(loc), box(box), arguments(arguments), summaries(host),
        report(report) {}
  ~MaskRanges() { code.dropAllReferences(); }

  FailureOr<Value> emit(Value mask);

private:
  using Ends = SmallVector<Value>;

  FailureOr<Value> emitClosedForm();
  Value emitBisection();
  Value emitList(BoxEvaluator &evaluator, OpBuilder &at,
                 SmallVector<KeySet> sets);
  void sortByBegin(BoxEvaluator &evaluator, OpBuilder &at,
                   MutableArrayRef<KeySet> sets);
  void joinTouching(BoxEvaluator &evaluator, OpBuilder &at,
                    MutableArrayRef<KeySet> sets);
  Value emitPredicate(Value mask);
  Value emitGridPredicate(OpBuilder &scalar, PairEmitter &emitter, Value mask);
  void seed(BoxEvaluator &evaluator, Interval keys);

  OpBuilder &b;
  Location loc;
  const MaskBox &box;
  KernelArguments &arguments;
  KeySummaries summaries;
  MaskReport &report;
  /// The mask as scalar code on coordinates.
  Block code;
  SmallVector<Value> over;
  /// The key is a position in the box of a grid if there is one.
  Value query, key, predicate;
  SmallVector<Value> queryAxes;
  GridBox::Arguments corners;
  LinearForms forms;
  std::optional<Cuts> cuts;
};

} // namespace

FailureOr<Value> MaskRanges::emit(Value mask) {
  predicate = emitPredicate(mask);
  if (!predicate)
    return failure();
  if (code.getOperations().size() > kMaxMaskOperations) {
    report.neverFull = report.tooLarge = true;
    return Value(tile::RangesOp::create(b, loc, box.keyBegin, box.keyEnd,
                                        tile::RangeKind::Partial));
  }
  SmallVector<Value> varying(queryAxes);
  varying.append({key, box.grid ? key : query});
  if (box.lastHead)
    varying.push_back(over.back());
  cuts.emplace(forms, varying);
  FailureOr<Value> list = emitClosedForm();
  if (failed(list))
    list = emitBisection();
  report.hasCuts = cuts->areUsed();
  report.tooManyForCuts = cuts->isIncomplete();
  return list;
}

Value MaskRanges::emitPredicate(Value mask) {
  Type index = b.getIndexType();
  for (size_t dim = 0; dim < box.over.size(); ++dim)
    over.push_back(code.addArgument(index, loc));
  OpBuilder scalar(b.getContext());
  scalar.setInsertionPointToEnd(&code);
  PairEmitter emitter(scalar, loc);
  key = code.addArgument(index, loc);
  if (box.grid)
    return emitGridPredicate(scalar, emitter, mask);
  query = code.addArgument(index, loc);
  return emitter.emitMask(mask, over, query, key);
}

/// Pairs whose key does not exist are hidden.
Value MaskRanges::emitGridPredicate(OpBuilder &scalar, PairEmitter &emitter,
                                    Value mask) {
  const GridBox &queries = box.grid->queries, &keys = box.grid->keys;
  for (unsigned axis = 0; axis < queries.getRank(); ++axis)
    queryAxes.push_back(code.addArgument(b.getIndexType(), loc));
  Value i = queries.emitTokenAt(scalar, emitter, queryAxes, /*mayCut=*/false);
  SmallVector<Value> keyAxes = keys.emitAxes(scalar, code, key, corners);
  Value j = keys.emitTokenAt(scalar, emitter, keyAxes, /*mayCut=*/false);
  Value visible = emitter.emitMask(mask, over, i, j);
  if (!visible || keys.isWhole)
    return visible;
  Value exists = arith::CmpIOp::create(scalar, loc, arith::CmpIPredicate::slt,
                                       j, keys.extent);
  return arith::AndIOp::create(scalar, loc, visible, exists);
}

BoxHooks mlir::attn::getMaskHooks(KernelArguments &arguments) {
  BoxHooks hooks;
  hooks.outside = [&](OpBuilder &at, Value value) {
    return arguments.get(at, value);
  };
  hooks.clone = [&](OpBuilder &at, Operation &op,
                    ValueRange operands) -> Value {
    Widener widener(at, at, arguments, 1, 1);
    for (auto [operand, value] : llvm::zip(op.getOperands(), operands))
      if (!isa<ShapedType>(operand.getType()))
        widener.map(operand, value);
    // Operands may repeat under one name, which `operands` may not respect.
    if (auto extract = dyn_cast<ExtractOp>(op))
      return widener.loadElement(extract, at, operands.drop_front());
    return succeeded(widener.widen(op)) ? widener.lookup(op.getResult(0))
                                        : Value();
  };
  return hooks;
}

void MaskRanges::seed(BoxEvaluator &evaluator, Interval keys) {
  for (auto [scalar, value] : llvm::zip(over, box.over))
    if (box.lastHead && scalar == over.back())
      evaluator.mapInterval(scalar, {value, box.lastHead});
    else
      evaluator.mapPoint(scalar, value);
  evaluator.mapInterval(key, keys);
  if (!box.grid) {
    evaluator.mapInterval(query, {box.firstQuery, box.lastQuery});
    return;
  }
  for (auto [argument, value] : corners)
    evaluator.mapPoint(argument, value);
  for (auto [axis, first, last] :
       llvm::zip(queryAxes, box.grid->queries.first, box.grid->queries.last))
    evaluator.mapInterval(axis, {first, last});
}

//===----------------------------------------------------------------------===//
// Formulas
//===----------------------------------------------------------------------===//

/// Emits formulas into a block of their own, which is dropped if they fail.
FailureOr<Value> MaskRanges::emitClosedForm() {
  Block formulas;
  OpBuilder at(b.getContext());
  at.setInsertionPointToEnd(&formulas);
  auto cleanup = llvm::scope_exit([&] { formulas.dropAllReferences(); });
  BoxHooks hooks = getMaskHooks(arguments);
  BoxEvaluator evaluator(code, at, at, loc, forms, hooks);
  Value one = evaluator.constant(at, 1);
  seed(evaluator, {box.keyBegin, evaluator.subtract(at, box.keyEnd, one)});
  ClosedForm solver(evaluator, forms, *cuts, at, loc, key, box.step);
  FailureOr<SmallVector<KeySet>> sets = solver.solveSharply(predicate);
  if (failed(sets)) {
    if (Operation *obstacle = solver.getObstacle())
      report.obstacle = obstacle->getLoc();
    return failure();
  }
  report.closedForm = true;
  report.intervals = sets->size();
  report.neverFull =
      llvm::all_of(*sets, [](const KeySet &set) { return set.neverMust; });
  Value list = emitList(evaluator, at, *sets);
  b.getInsertionBlock()->getOperations().splice(b.getInsertionPoint(),
                                                formulas.getOperations());
  return list;
}

/// Exchanges sets until their begins rise.
void MaskRanges::sortByBegin(BoxEvaluator &evaluator, OpBuilder &at,
                             MutableArrayRef<KeySet> sets) {
  for (size_t end = sets.size(); end > 1; --end)
    for (size_t i = 0; i + 1 < end; ++i) {
      KeySet &x = sets[i], &y = sets[i + 1];
      Value swap = evaluator.compare(at, arith::CmpIPredicate::sgt, x.mayBegin,
                                     y.mayBegin);
      for (auto [left, right] : {std::pair(&x.mayBegin, &y.mayBegin),
                                 {&x.mayEnd, &y.mayEnd},
                                 {&x.mustBegin, &y.mustBegin},
                                 {&x.mustEnd, &y.mustEnd}}) {
        Value lower = evaluator.select(at, swap, *right, *left);
        *right = evaluator.select(at, swap, *left, *right);
        *left = lower;
      }
    }
}

/// Joins sets whose certain intervals touch into the later one, so that a tile
/// that two sets fill together is full.
void MaskRanges::joinTouching(BoxEvaluator &evaluator, OpBuilder &at,
                              MutableArrayRef<KeySet> sets) {
  using P = arith::CmpIPredicate;
  auto both = [&](Value lhs, Value rhs) {
    return at.createOrFold<arith::AndIOp>(loc, lhs, rhs);
  };
  for (size_t i = 0; i + 1 < sets.size(); ++i) {
    KeySet &x = sets[i], &y = sets[i + 1];
    Value touch =
        both(both(evaluator.compare(at, P::slt, x.mustBegin, x.mustEnd),
                  evaluator.compare(at, P::slt, y.mustBegin, y.mustEnd)),
             both(evaluator.compare(at, P::sle, x.mustBegin, y.mustEnd),
                  evaluator.compare(at, P::sle, y.mustBegin, x.mustEnd)));
    auto join = [&](Value &later, Value joined) {
      later = evaluator.select(at, touch, joined, later);
    };
    // The begins of what may be visible are sorted already.
    join(y.mayBegin, x.mayBegin);
    join(y.mayEnd, evaluator.greatest(at, x.mayEnd, y.mayEnd));
    join(y.mustBegin, evaluator.least(at, x.mustBegin, y.mustBegin));
    join(y.mustEnd, evaluator.greatest(at, x.mustEnd, y.mustEnd));
    join(x.mayEnd, x.mayBegin);
    join(x.mustEnd, x.mustBegin);
  }
}

/// Emits the ranges of sets: of each, partial tiles, full tiles, and partial
/// tiles, all of them behind the sets before it. Partial tiles end where the
/// full ones of the next set begin.
Value MaskRanges::emitList(BoxEvaluator &evaluator, OpBuilder &at,
                           SmallVector<KeySet> sets) {
  Value step = evaluator.constant(at, box.step);
  auto cut = [&](Value end, Value otherwise) {
    return end ? evaluator.least(at, evaluator.greatest(at, end, box.keyBegin),
                                 box.keyEnd)
               : otherwise;
  };
  auto align = [&](Value position, bool up) {
    Value distance = evaluator.subtract(at, position, box.keyBegin);
    Value tiles =
        up ? at.createOrFold<arith::CeilDivSIOp>(loc, distance, step)
           : at.createOrFold<arith::FloorDivSIOp>(loc, distance, step);
    return evaluator.add(at, box.keyBegin,
                         at.createOrFold<arith::MulIOp>(loc, tiles, step));
  };
  struct FullTiles {
    Value begin, end, exist;
  };
  auto getFullTiles = [&](const KeySet &set) -> FullTiles {
    Value begin = align(set.mustBegin, true), end = align(set.mustEnd, false);
    Value exist = evaluator.compare(at, arith::CmpIPredicate::slt, begin, end);
    return {begin, end, exist};
  };
  for (KeySet &set : sets) {
    set.mayBegin = cut(set.mayBegin, box.keyBegin);
    set.mayEnd = cut(set.mayEnd, box.keyEnd);
    set.mustBegin = cut(set.mustBegin, box.keyBegin);
    set.mustEnd = cut(set.mustEnd, box.keyEnd);
    if (set.neverMust)
      set.mustBegin = box.keyEnd, set.mustEnd = box.keyBegin;
  }
  sortByBegin(evaluator, at, sets);
  joinTouching(evaluator, at, sets);
  bool alone = sets.size() == 1;
  SmallVector<Value> begins, ends;
  SmallVector<tile::RangeKind> kinds;
  auto append = [&](Value begin, Value end, tile::RangeKind kind) {
    begins.push_back(begin);
    ends.push_back(end);
    kinds.push_back(kind);
  };
  // What is visited, and how far the sets before this one reach.
  Value behind, reach;
  for (auto [n, set] : llvm::enumerate(sets)) {
    Value first = align(set.mayBegin, false);
    // The next set begins with a tile of its own.
    Value last = alone
                     ? set.mayEnd
                     : evaluator.least(at, align(set.mayEnd, true), box.keyEnd);
    Value isEmpty = evaluator.compare(at, arith::CmpIPredicate::sge,
                                      set.mayBegin, set.mayEnd);
    if (behind) {
      first = evaluator.select(at, isEmpty, behind,
                               evaluator.greatest(at, first, behind));
      last = evaluator.greatest(at, last, reach);
    }
    // An empty set need not begin where a tile does.
    last = evaluator.select(at, isEmpty, first, last);
    last = evaluator.greatest(at, last, first);
    if (report.neverFull) {
      append(first, last, tile::RangeKind::Partial);
      behind = reach = last;
      continue;
    }
    auto clamp = [&](Value position, Value least) {
      return evaluator.least(at, evaluator.greatest(at, position, least), last);
    };
    FullTiles full = getFullTiles(set);
    Value fullBegin = clamp(full.begin, first);
    Value fullEnd = clamp(full.end, fullBegin);
    fullBegin = evaluator.select(at, full.exist, fullBegin, first);
    fullEnd = evaluator.select(at, full.exist, fullEnd, first);
    Value end = last;
    if (n + 1 < sets.size()) {
      FullTiles next = getFullTiles(sets[n + 1]);
      end = evaluator.select(at, next.exist, clamp(next.begin, fullEnd), last);
    }
    append(first, fullBegin, tile::RangeKind::Partial);
    append(fullBegin, fullEnd, tile::RangeKind::Full);
    append(fullEnd, end, tile::RangeKind::Partial);
    behind = end;
    reach = last;
  }
  return tile::RangesOp::create(at, loc, begins, ends, kinds);
}

//===----------------------------------------------------------------------===//
// Bisection
//===----------------------------------------------------------------------===//

Value MaskRanges::emitBisection() {
  OpBuilder outer(b);
  auto classify = [&](OpBuilder &inner, Location loc, Value lo, Value hi,
                      Value first, Value count) -> std::pair<Value, Value> {
    BoxHooks hooks = getMaskHooks(arguments);
    hooks.summarise = [&](OpBuilder &at, ExtractOp op, unsigned axis,
                          ValueRange indices) -> Interval {
      Type type = op.getType();
      bool isInteger = type.isIntOrIndex() && !type.isInteger(1);
      if (!isInteger || op.getIndices()[axis] != key)
        return {};
      Value tree =
          summaries.getTree(op.getLoc(), op.getSource(), axis, box.step);
      auto [low, high] = KeySummaries::load(at, op.getLoc(), arguments, tree,
                                            axis, indices, first, count);
      return {low, high, /*varying=*/true};
    };
    BoxEvaluator evaluator(code, outer, inner, loc, forms, hooks);
    Value last = evaluator.subtract(inner, hi, evaluator.constant(inner, 1));
    seed(evaluator, {lo, last, /*varying=*/true});
    evaluator.useCuts(*cuts);
    Truth truth = evaluator.getSharpTruth(predicate);
    for (Operation *op : evaluator.getOpaque())
      report.opaque.push_back(op->getLoc());
    report.neverFull = matchPattern(truth.must, m_Zero());
    return {truth.may, truth.must};
  };
  auto op = tile::FindRangesOp::create(b, loc, box.keyBegin, box.keyEnd,
                                       box.step, classify);
  return op;
}

FailureOr<Value> mlir::attn::emitMaskRanges(OpBuilder &b, Location loc,
                                            Value mask, const MaskBox &box,
                                            KernelArguments &arguments,
                                            SummaryHost host,
                                            MaskReport &report) {
  return MaskRanges(b, loc, box, arguments, host, report).emit(mask);
}

void mlir::attn::eraseUnusedMasks(Operation *root) {
  SmallVector<Operation *> masks;
  root->walk([&](Operation *op) {
    if (op->getNumResults() == 1 && isa<MaskType>(op->getResult(0).getType()))
      masks.push_back(op);
  });
  // Users come behind what they use.
  for (Operation *op : llvm::reverse(masks))
    if (op->use_empty())
      op->erase();
}
