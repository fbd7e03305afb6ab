//===- ClosedForm.cpp - the keys of a mask by formula ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/ClosedForm.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;
using P = arith::CmpIPredicate;

/// Beyond every position: bounds are cut to what lies within.
constexpr int64_t far = int64_t(1) << 61;
/// Several summands are exact if each is smaller.
constexpr int64_t moderate = int64_t(1) << 40;

FailureOr<ClosedForm::Sets> ClosedForm::fail(Value value) {
  if (!obstacle)
    obstacle = value.getDefiningOp();
  return failure();
}

bool ClosedForm::depends(Value value) {
  if (value == variable)
    return true;
  if (evaluator.isUniform(value))
    return false;
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (auto known = dependence.find(value); known != dependence.end())
    return known->second;
  bool result = false;
  op->walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      result |= operand == variable || (nested == op && depends(operand)) ||
                (nested != op && operand.getParentBlock() == op->getBlock() &&
                 depends(operand));
  });
  return dependence[value] = result;
}

//===----------------------------------------------------------------------===//
// Sets
//===----------------------------------------------------------------------===//

FailureOr<ClosedForm::Sets> ClosedForm::intersect(const Sets &lhs,
                                                  const Sets &rhs) {
  if (lhs.size() * rhs.size() > maxSets)
    return failure();
  auto later = [&](Value x, Value y) {
    return x && y ? evaluator.greatest(b, x, y) : (x ? x : y);
  };
  auto earlier = [&](Value x, Value y) {
    return x && y ? evaluator.least(b, x, y) : (x ? x : y);
  };
  Sets sets;
  for (const KeySet &x : lhs)
    for (const KeySet &y : rhs) {
      sets.push_back(
          {later(x.mayBegin, y.mayBegin), earlier(x.mayEnd, y.mayEnd),
           later(x.mustBegin, y.mustBegin), earlier(x.mustEnd, y.mustEnd),
           x.neverMust || y.neverMust});
    }
  return sets;
}

FailureOr<ClosedForm::Sets> ClosedForm::unite(Sets lhs, const Sets &rhs) {
  if (isHull) {
    KeySet hull;
    hull.neverMust = true;
    hull.mayBegin = evaluator.least(b, lhs[0].mayBegin, rhs[0].mayBegin);
    hull.mayEnd = evaluator.greatest(b, lhs[0].mayEnd, rhs[0].mayEnd);
    return Sets{hull};
  }
  auto isPrefix = [](const KeySet &set) {
    return !set.mayBegin && !set.mustBegin && set.mayEnd && set.mustEnd &&
           !set.neverMust;
  };
  for (const KeySet &set : rhs) {
    // Prefixes unite to the longest one.
    auto *place = llvm::find_if(lhs, isPrefix);
    if (isPrefix(set) && place != lhs.end()) {
      place->mayEnd = evaluator.greatest(b, place->mayEnd, set.mayEnd);
      place->mustEnd = evaluator.greatest(b, place->mustEnd, set.mustEnd);
    } else {
      lhs.push_back(set);
    }
  }
  if (lhs.size() > maxSets)
    return failure();
  return lhs;
}

FailureOr<ClosedForm::Sets> ClosedForm::solve(Value predicate, bool negated) {
  std::pair<const void *, bool> key{predicate.getAsOpaquePointer(), negated};
  // A condition that is used often is solved once, else the time could grow
  // exponentially.
  if (auto known = solved.find(key); known != solved.end())
    return known->second;
  FailureOr<Sets> sets = solveOnce(predicate, negated);
  if (isHull && failed(sets)) {
    KeySet all;
    all.neverMust = true;
    sets = Sets{all};
  }
  solved.try_emplace(key, sets);
  return sets;
}

KeySet ClosedForm::findHull(Value predicate) {
  isHull = true;
  return solve(predicate)->front();
}

FailureOr<ClosedForm::Sets> ClosedForm::solveOnce(Value predicate,
                                                  bool negated) {
  if (!depends(predicate))
    return solveFixed(predicate, negated);
  Operation *op = predicate.getDefiningOp();
  if (isa<arith::AndIOp, arith::OrIOp>(op)) {
    const Alternatives *alternatives = cuts.get(predicate, negated);
    bool isConjunction = isa<arith::AndIOp>(op) != negated;
    if (isConjunction && alternatives && alternatives->isSharper)
      if (FailureOr<Sets> sets = solveAlternatives(*alternatives);
          succeeded(sets)) {
        cuts.setUsed();
        return sets;
      }
    FailureOr<Sets> lhs = solve(op->getOperand(0), negated);
    if (failed(lhs))
      return failure();
    FailureOr<Sets> rhs = solve(op->getOperand(1), negated);
    if (failed(rhs))
      return failure();
    FailureOr<Sets> sets =
        isConjunction ? intersect(*lhs, *rhs) : unite(*lhs, *rhs);
    if (failed(sets))
      return fail(predicate);
    return sets;
  }
  if (isa<arith::XOrIOp>(op))
    for (unsigned side : {0, 1}) {
      APInt constant;
      if (matchPattern(op->getOperand(1 - side), m_ConstantInt(&constant)))
        return solve(op->getOperand(side), negated != constant.isOne());
    }
  if (auto comparison = dyn_cast<arith::CmpIOp>(op))
    return solveComparison(comparison, negated);
  return fail(predicate);
}

/// A condition that does not depend on the variable shows all or nothing.
FailureOr<ClosedForm::Sets> ClosedForm::solveFixed(Value predicate,
                                                   bool negated) {
  Truth truth = evaluator.getTruth(predicate);
  if (truth.varying)
    return fail(predicate);
  Value all = evaluator.constant(b, far), none = evaluator.constant(b, -far);
  KeySet set;
  set.mayEnd = negated ? evaluator.select(b, truth.must, none, all)
                       : evaluator.select(b, truth.may, all, none);
  set.mustEnd = negated ? evaluator.select(b, truth.may, none, all)
                        : evaluator.select(b, truth.must, all, none);
  // An empty set must not widen a hull.
  if (isHull)
    set.mayBegin = negated ? evaluator.select(b, truth.must, all, none)
                           : evaluator.select(b, truth.may, none, all);
  return Sets{set};
}

//===----------------------------------------------------------------------===//
// Cuts
//===----------------------------------------------------------------------===//

ClosedForm::Sets ClosedForm::getNone() {
  KeySet none;
  none.mayEnd = none.mustEnd = evaluator.constant(b, -far);
  // An empty set must not widen a hull.
  if (isHull)
    none.mayBegin = evaluator.constant(b, far);
  return {none};
}

FailureOr<ClosedForm::Sets>
ClosedForm::solveAlternatives(const Alternatives &alternatives) {
  if (alternatives.list.empty())
    return getNone();
  Sets sets;
  for (const Conjunction &conjunction : alternatives.list) {
    FailureOr<Sets> solved = solveConjunction(conjunction);
    if (failed(solved))
      return failure();
    FailureOr<Sets> united = sets.empty() ? solved : unite(sets, *solved);
    if (failed(united))
      return failure();
    sets = *united;
  }
  return sets;
}

FailureOr<ClosedForm::Sets>
ClosedForm::solveConjunction(const Conjunction &conjunction) {
  Sets sets(1);
  for (Literal literal : conjunction.literals) {
    FailureOr<Sets> solved = solve(literal.condition, literal.isNegated);
    if (failed(solved))
      return failure();
    FailureOr<Sets> both = intersect(sets, *solved);
    if (failed(both))
      return failure();
    sets = *both;
  }
  for (KeySet &set : sets)
    for (const LinearForm &form : conjunction.cuts)
      cut(set, form);
  return sets;
}

/// Takes away from what may be visible where `form` is positive.
void ClosedForm::cut(KeySet &set, const LinearForm &form) {
  // Other terms might be too large for their coefficients.
  for (auto [term, coefficient] : form.terms)
    if (!evaluator.isUniform(term) && !evaluator.isBounded(term))
      return;
  if (llvm::any_of(form.terms,
                   [&](auto &entry) { return depends(entry.first); })) {
    FailureOr<KeySet> bound = solveAtMost(form, LinearForm(), 0);
    if (failed(bound))
      return;
    bound->mustBegin = bound->mustEnd = {};
    bound->neverMust = false;
    set = intersect({set}, {*bound})->front();
    return;
  }
  Interval sum = getRest(form);
  if (!sum.lo || sum.varying)
    return;
  Value above = evaluator.constant(b, far), below = evaluator.constant(b, -far);
  Value isEmpty =
      evaluator.compare(b, P::sgt, sum.lo, evaluator.constant(b, 0));
  if (sum.valid)
    isEmpty = b.createOrFold<arith::AndIOp>(loc, isEmpty, sum.valid);
  set.mayEnd =
      evaluator.select(b, isEmpty, below, set.mayEnd ? set.mayEnd : above);
  if (isHull)
    set.mayBegin = evaluator.select(b, isEmpty, above,
                                    set.mayBegin ? set.mayBegin : below);
}

FailureOr<SmallVector<KeySet>> ClosedForm::solveSharply(Value predicate) {
  FailureOr<Sets> sets = solve(predicate);
  const Alternatives *hidden = cuts.get(predicate, /*isNegated=*/true);
  if (failed(sets) || !hidden || !hidden->isSharper)
    return sets;
  // Alternatives that cannot be leave fewer sets.
  FailureOr<Sets> fewer = solveHidden(*hidden);
  if (succeeded(fewer) && fewer->size() < sets->size()) {
    sets = fewer;
    cuts.setUsed();
  }
  if (hidden->list.size() == 1 && !hidden->list[0].cuts.empty()) {
    FailureOr<Sets> outside = solveConjunction(hidden->list[0]);
    if (succeeded(outside) && outside->size() == 1) {
      appendComplement(*sets, outside->front());
      cuts.setUsed();
    }
  }
  if (sets->size() > maxSets)
    return failure();
  return sets;
}

/// The sets of all that none of the alternatives hides.
FailureOr<ClosedForm::Sets>
ClosedForm::solveHidden(const Alternatives &hidden) {
  Sets sets(1);
  for (const Conjunction &conjunction : hidden.list) {
    Sets clause;
    for (Literal literal : conjunction.literals) {
      FailureOr<Sets> solved = solve(literal.condition, !literal.isNegated);
      if (failed(solved))
        return failure();
      FailureOr<Sets> united = clause.empty() ? solved : unite(clause, *solved);
      if (failed(united))
        return failure();
      clause = *united;
    }
    FailureOr<Sets> both = intersect(sets, clause);
    if (failed(both))
      return failure();
    sets = *both;
  }
  return sets;
}

/// Adds what is before and behind `hidden`, which is visible for certain.
void ClosedForm::appendComplement(Sets &sets, const KeySet &hidden) {
  if (hidden.mayBegin) {
    KeySet before;
    before.mayEnd = before.mustEnd = hidden.mayBegin;
    sets.push_back(before);
  }
  if (hidden.mayEnd) {
    KeySet behind;
    behind.mayBegin = behind.mustBegin = hidden.mayEnd;
    sets.push_back(behind);
  }
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

FailureOr<ClosedForm::Sets> ClosedForm::solveComparison(arith::CmpIOp op,
                                                        bool negated) {
  if (!op.getLhs().getType().isIndex())
    return fail(op);
  P predicate =
      negated ? arith::invertPredicate(op.getPredicate()) : op.getPredicate();
  const LinearForm &lhs = forms.get(op.getLhs());
  const LinearForm &rhs = forms.get(op.getRhs());
  LinearForm difference = lhs;
  if (!difference.add(rhs, -1))
    return fail(op);
  if (predicate == P::eq && isSpread(difference)) {
    KeySet all;
    all.neverMust = true;
    return Sets{all};
  }
  auto one = [&](FailureOr<KeySet> set) -> FailureOr<Sets> {
    if (failed(set))
      return fail(op);
    return Sets{*set};
  };
  switch (predicate) {
  case P::slt:
    return one(solveAtMost(lhs, rhs, 1));
  case P::sle:
    return one(solveAtMost(lhs, rhs, 0));
  case P::sgt:
    return one(solveAtMost(rhs, lhs, 1));
  case P::sge:
    return one(solveAtMost(rhs, lhs, 0));
  case P::eq:
  case P::ne: {
    int64_t slack = predicate == P::eq ? 0 : 1;
    FailureOr<KeySet> below = solveAtMost(lhs, rhs, slack);
    FailureOr<KeySet> above = solveAtMost(rhs, lhs, slack);
    if (failed(below) || failed(above))
      return fail(op);
    return predicate == P::eq ? intersect({*below}, {*above})
                              : unite({*below}, {*above});
  }
  default:
    return fail(op);
  }
}

/// Whether an equation asks for one remainder of the variable by a small
/// number: some of any `tile` positions have it, and some do not.
bool ClosedForm::isSpread(const LinearForm &form) {
  Value spread;
  for (auto [term, coefficient] : form.terms) {
    if (!depends(term))
      continue;
    std::optional<Remainder> remainder = forms.getRemainder(term);
    APInt size;
    if (spread || !remainder ||
        !matchPattern(remainder->divisor, m_ConstantInt(&size)) ||
        size.getSExtValue() < 2 || size.getSExtValue() > tile)
      return false;
    int64_t step = forms.get(remainder->dividend).getCoefficient(variable);
    if (step != 1 && step != -1)
      return false;
    spread = term;
  }
  return static_cast<bool>(spread);
}

/// Solves lhs + slack <= rhs.
FailureOr<KeySet> ClosedForm::solveAtMost(const LinearForm &lhs,
                                          const LinearForm &rhs,
                                          int64_t slack) {
  LinearForm difference = lhs;
  if (!difference.add(rhs, -1))
    return failure();
  Value zero = evaluator.constant(b, -slack);
  std::optional<Bound> bound =
      isolate(difference, /*isUpper=*/true, {zero, zero});
  if (!bound || bound->threshold.varying)
    return failure();
  KeySet set;
  Interval threshold = bound->threshold;
  if (threshold.valid) {
    Value below = evaluator.constant(b, -far),
          above = evaluator.constant(b, far);
    threshold.lo = evaluator.select(b, threshold.valid, threshold.lo, below);
    threshold.hi = evaluator.select(b, threshold.valid, threshold.hi, above);
  }
  Value one = evaluator.constant(b, 1);
  if (bound->isUpper) {
    set.mayEnd = evaluator.add(b, threshold.hi, one);
    set.mustEnd = evaluator.add(b, threshold.lo, one);
    set.neverMust = !threshold.lo;
  } else {
    set.mayBegin = threshold.lo;
    set.mustBegin = threshold.hi;
    set.neverMust = !threshold.hi;
  }
  return set;
}

/// The interval of a form without the variable. A single scalar of any size is
/// cut to what lies beyond every position; of several, large ones are unknown.
Interval ClosedForm::getRest(const LinearForm &form) {
  LinearForm mixed;
  mixed.constant = form.constant;
  SmallVector<std::pair<Value, int64_t>> scalars;
  for (auto [term, coefficient] : form.terms)
    if (evaluator.isUniform(term))
      scalars.push_back({evaluator.getPoint(term), coefficient});
    else
      mixed.terms.push_back({term, coefficient});
  Interval sum{evaluator.constant(b, mixed.constant), {}};
  sum.hi = sum.lo;
  for (auto [term, coefficient] : mixed.terms) {
    Interval interval = evaluator.getInterval(term);
    sum.varying |= interval.varying;
    sum.valid = evaluator.bothValid(sum.valid, interval.valid);
    if (coefficient < 0)
      std::swap(interval.lo, interval.hi);
    sum.lo = evaluator.add(b, sum.lo,
                           evaluator.multiply(b, interval.lo, coefficient));
    sum.hi = evaluator.add(b, sum.hi,
                           evaluator.multiply(b, interval.hi, coefficient));
  }
  bool alone = scalars.size() == 1 && std::abs(scalars[0].second) == 1;
  if (llvm::any_of(scalars, [](auto &entry) {
        return std::abs(entry.second) > (int64_t(1) << 16);
      }))
    return {{}, {}, sum.varying};
  int64_t limit = alone ? far : moderate;
  Value most = evaluator.constant(b, limit);
  Value fewest = evaluator.constant(b, -limit);
  Value isSmall;
  for (auto [scalar, coefficient] : scalars) {
    Value cut = evaluator.least(b, evaluator.greatest(b, scalar, fewest), most);
    Value kept = evaluator.compare(b, P::eq, cut, scalar);
    isSmall =
        isSmall ? b.createOrFold<arith::AndIOp>(loc, isSmall, kept) : kept;
    Value product = evaluator.multiply(b, cut, coefficient);
    sum.lo = evaluator.add(b, sum.lo, product);
    sum.hi = evaluator.add(b, sum.hi, product);
  }
  if (!alone && isSmall) {
    Value below = evaluator.constant(b, -far),
          above = evaluator.constant(b, far);
    sum.lo = evaluator.select(b, isSmall, sum.lo, below);
    sum.hi = evaluator.select(b, isSmall, sum.hi, above);
  }
  return sum;
}

/// Solves form <= bound (or >=) for the variable, which one term has.
std::optional<ClosedForm::Bound>
ClosedForm::isolate(const LinearForm &form, bool isUpper, Interval bound) {
  Value term;
  int64_t coefficient = 0;
  LinearForm rest;
  rest.constant = form.constant;
  for (auto [other, factor] : form.terms) {
    if (!depends(other)) {
      rest.terms.push_back({other, factor});
      continue;
    }
    if (term)
      return std::nullopt;
    term = other;
    coefficient = factor;
  }
  if (!term || std::abs(coefficient) > moderate)
    return std::nullopt;
  Interval subtracted = getRest(rest);
  bound = {evaluator.subtract(b, bound.lo, subtracted.hi),
           evaluator.subtract(b, bound.hi, subtracted.lo),
           bound.varying || subtracted.varying,
           evaluator.bothValid(bound.valid, subtracted.valid)};
  if (coefficient < 0) {
    Value zero = evaluator.constant(b, 0);
    isUpper = !isUpper;
    coefficient = -coefficient;
    bound = {evaluator.subtract(b, zero, bound.hi),
             evaluator.subtract(b, zero, bound.lo), bound.varying, bound.valid};
  }
  if (coefficient > 1) {
    Value divisor = evaluator.constant(b, coefficient);
    for (Value *end : {&bound.lo, &bound.hi})
      if (*end)
        *end = isUpper ? b.createOrFold<arith::FloorDivSIOp>(loc, *end, divisor)
                       : b.createOrFold<arith::CeilDivSIOp>(loc, *end, divisor);
  }
  return invert(term, isUpper, bound);
}

/// Solves term <= bound (or >=): x floordiv d <= c is x <= c * d + d - 1.
std::optional<ClosedForm::Bound> ClosedForm::invert(Value term, bool isUpper,
                                                    Interval bound) {
  if (term == variable)
    return Bound{isUpper, bound};
  auto division = term.getDefiningOp<arith::FloorDivSIOp>();
  if (!division || forms.getRemainder(term) ||
      !evaluator.isUniform(division.getRhs()))
    return std::nullopt;
  Interval range = evaluator.getInterval(term);
  if (!range.lo || !range.hi || range.varying || range.valid)
    return std::nullopt;
  Value one = evaluator.constant(b, 1);
  Value size = evaluator.divisor(b, evaluator.getPoint(division.getRhs()));
  size = evaluator.least(b, size, evaluator.constant(b, far / 2));
  // Bounds beyond all values of the term say as much as those next to them.
  Value least = evaluator.subtract(b, range.lo, one);
  Value greatest = evaluator.add(b, range.hi, one);
  for (Value *end : {&bound.lo, &bound.hi}) {
    if (!*end)
      continue;
    Value cut =
        evaluator.least(b, evaluator.greatest(b, *end, least), greatest);
    Value product = b.createOrFold<arith::MulIOp>(loc, cut, size);
    if (isUpper)
      product = evaluator.add(b, product, evaluator.subtract(b, size, one));
    *end = product;
  }
  return isolate(forms.get(division.getLhs()), isUpper, bound);
}
