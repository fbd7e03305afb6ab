//===- SharpTruth.cpp - conditions on boxes, by cuts ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a condition's cuts hide is hidden, and what those of its negation hide
// holds everywhere.
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/BoxEvaluator.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;
using P = arith::CmpIPredicate;

/// Terms up to this may be multiplied by the coefficients of cuts and added up.
constexpr int64_t moderate = int64_t(1) << 40;
constexpr int64_t maxCoefficient = 1024;

Truth BoxEvaluator::getSharpTruth(Value value) {
  Truth truth = getTruth(value);
  if (!cuts || isUniform(value))
    return truth;
  Possible shows = getPossible(value, /*isNegated=*/false);
  Possible hides = getPossible(value, /*isNegated=*/true);
  bool varying = truth.varying || shows.varying || hides.varying;
  OpBuilder &b = at(varying);
  return {conjunction(b, truth.may, shows.holds),
          disjunction(b, truth.must, negation(b, hides.holds)), varying};
}

/// Whether the condition, or its negation, may hold somewhere.
BoxEvaluator::Possible BoxEvaluator::getPossible(Value value, bool isNegated) {
  const Alternatives *alternatives = cuts->get(value, isNegated);
  if (alternatives && alternatives->isSharper)
    return getAlternatives(*alternatives);
  Operation *op = value.getDefiningOp();
  APInt constant;
  // Parts of what has too many alternatives may have few.
  if (!alternatives && isa_and_nonnull<arith::AndIOp, arith::OrIOp>(op)) {
    Possible lhs = getPossible(op->getOperand(0), isNegated);
    Possible rhs = getPossible(op->getOperand(1), isNegated);
    bool varying = lhs.varying || rhs.varying;
    OpBuilder &b = at(varying);
    bool isBoth = isa<arith::AndIOp>(op) != isNegated;
    return {isBoth ? conjunction(b, lhs.holds, rhs.holds)
                   : disjunction(b, lhs.holds, rhs.holds),
            varying};
  }
  if (!alternatives && isa_and_nonnull<arith::XOrIOp>(op) &&
      matchPattern(op->getOperand(1), m_ConstantInt(&constant)))
    return getPossible(op->getOperand(0), isNegated != constant.isOne());
  Truth truth = getTruth(value);
  return {isNegated ? negation(at(truth.varying), truth.must) : truth.may,
          truth.varying};
}

BoxEvaluator::Possible
BoxEvaluator::getAlternatives(const Alternatives &alternatives) {
  cuts->setUsed();
  Possible any{boolean(outer, false)};
  for (const Conjunction &one : alternatives.list) {
    Possible all = getConjunction(one);
    any.varying |= all.varying;
    any.holds = disjunction(at(any.varying), any.holds, all.holds);
  }
  return any;
}

BoxEvaluator::Possible
BoxEvaluator::getConjunction(const Conjunction &conjoined) {
  Possible all{boolean(outer, true)};
  auto add = [&](Possible part) {
    all.varying |= part.varying;
    all.holds = conjunction(at(all.varying), all.holds, part.holds);
  };
  for (Literal literal : conjoined.literals) {
    Truth truth = getTruth(literal.condition);
    OpBuilder &b = at(truth.varying);
    add({literal.isNegated ? negation(b, truth.must) : truth.may,
         truth.varying});
  }
  for (const LinearForm &cut : conjoined.cuts)
    add(mayHold(cut));
  return all;
}

/// Whether a form is at most 0 somewhere, as far as is known.
BoxEvaluator::Possible BoxEvaluator::mayHold(const LinearForm &cut) {
  Interval sum = getSum(cut);
  if (!sum.lo)
    return {boolean(outer, true)};
  Possible result{{}, sum.varying};
  OpBuilder &b = at(sum.varying);
  result.holds = compare(b, P::sle, sum.lo, constant(b, 0));
  if (sum.valid)
    result.holds = disjunction(b, result.holds, negation(outer, sum.valid));
  return orNotModerate(cut, result);
}

/// Anything is possible where the sum `form` might not fit.
BoxEvaluator::Possible BoxEvaluator::orNotModerate(const LinearForm &form,
                                                   Possible possible) {
  for (auto [term, coefficient] : form.terms) {
    if (isBounded(term))
      continue;
    Possible isSmall = isModerate(term);
    Value isLarge = negation(at(isSmall.varying), isSmall.holds);
    possible.varying |= isSmall.varying;
    possible.holds = disjunction(at(possible.varying), possible.holds, isLarge);
  }
  return possible;
}

/// Whether both ends of a term can be multiplied without being too large.
BoxEvaluator::Possible BoxEvaluator::isModerate(Value term) {
  Interval interval = getInterval(term);
  OpBuilder &b = at(interval.varying);
  Possible result{{}, interval.varying};
  for (Value end : {interval.lo, interval.hi}) {
    if (!end || (result.holds && interval.lo == interval.hi))
      continue;
    // Unsigned, so that a sum that does not fit is large.
    Value moved = add(b, end, constant(b, moderate));
    Value small = compare(b, P::ule, moved, constant(b, 2 * moderate));
    result.holds = result.holds ? conjunction(b, result.holds, small) : small;
  }
  if (!result.holds)
    result.holds = boolean(outer, true);
  return result;
}

bool BoxEvaluator::isBounded(Value value) {
  if (intervals.contains(value) && isa<BlockArgument>(value))
    return true;
  Value dividend;
  if (std::optional<Remainder> remainder = forms.getRemainder(value))
    dividend = remainder->dividend;
  else if (auto division = value.getDefiningOp<arith::FloorDivSIOp>())
    dividend = division.getLhs();
  if (!dividend)
    return false;
  return llvm::all_of(forms.get(dividend).terms, [&](auto &entry) {
    return std::abs(entry.second) <= maxCoefficient && isBounded(entry.first);
  });
}

//===----------------------------------------------------------------------===//
// Congruences
//===----------------------------------------------------------------------===//

/// Of x mod d == c, and of x mod d == y mod d: whether some x, or x - y, has
/// that remainder. A divisor may be larger than a tile.
std::optional<BoxEvaluator::Possible>
BoxEvaluator::mayBeCongruent(const LinearForm &lhs, const LinearForm &rhs) {
  auto getRemainder = [&](const LinearForm &form) -> std::optional<Remainder> {
    if (form.terms.size() != 1 || form.constant || form.terms[0].second != 1 ||
        isUniform(form.terms[0].first))
      return std::nullopt;
    std::optional<Remainder> found = forms.getRemainder(form.terms[0].first);
    return found && isUniform(found->divisor) ? found : std::nullopt;
  };
  std::optional<Remainder> left = getRemainder(lhs), right = getRemainder(rhs);
  if (left && right) {
    LinearForm difference = forms.get(left->dividend);
    if (forms.getLeader(left->divisor) != forms.getLeader(right->divisor) ||
        !difference.add(forms.get(right->dividend), -1))
      return std::nullopt;
    return hasMultiple(difference, constant(outer, 0), getPoint(left->divisor));
  }
  const LinearForm &other = left ? rhs : lhs;
  if ((!left && !right) || other.terms.size() > 1 ||
      (other.terms.size() == 1 &&
       (other.constant || other.terms[0].second != 1 ||
        !isUniform(other.terms[0].first))))
    return std::nullopt;
  const Remainder &remainder = left ? *left : *right;
  Value target = other.terms.empty() ? constant(outer, other.constant)
                                     : getPoint(other.terms[0].first);
  return hasMultiple(forms.get(remainder.dividend), target,
                     getPoint(remainder.divisor));
}

/// Whether `dividend` may have the remainder `remainder` by `size`.
std::optional<BoxEvaluator::Possible>
BoxEvaluator::hasMultiple(const LinearForm &dividend, Value remainder,
                          Value size) {
  Interval sum = getSum(dividend);
  if (!sum.lo || !sum.hi || std::abs(dividend.constant) > moderate ||
      llvm::any_of(dividend.terms, [](auto &entry) {
        return std::abs(entry.second) > maxCoefficient;
      }))
    return std::nullopt;
  OpBuilder &b = at(sum.varying);
  // Larger numbers might not fit when they are added.
  Value isSmall = compare(outer, P::sle, size, constant(outer, moderate));
  size = divisor(outer, select(outer, isSmall, size, constant(outer, 1)));
  Value zero = constant(outer, 0);
  Value isRemainder =
      conjunction(outer, compare(outer, P::sge, remainder, zero),
                  compare(outer, P::slt, remainder, size));
  remainder = select(outer, isRemainder, remainder, zero);
  // The first one at or behind the begin.
  Value distance = subtract(b, remainder, sum.lo);
  Value quotient = b.createOrFold<arith::FloorDivSIOp>(loc, distance, size);
  Value whole = b.createOrFold<arith::MulIOp>(loc, quotient, size);
  Value isNear = compare(b, P::sle, subtract(b, distance, whole),
                         subtract(b, sum.hi, sum.lo));
  Value holds = conjunction(b, isRemainder, isNear);
  holds = disjunction(b, holds, negation(outer, isSmall));
  if (sum.valid)
    holds = disjunction(b, holds, negation(outer, sum.valid));
  return orNotModerate(dividend, {holds, sum.varying});
}
