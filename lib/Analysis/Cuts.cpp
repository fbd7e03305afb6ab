//===- Cuts.cpp - what comparisons say together ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/Cuts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;
using P = arith::CmpIPredicate;

bool Cuts::varies(Value value) {
  if (varying.contains(value))
    return true;
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (auto known = variation.find(value); known != variation.end())
    return known->second;
  bool result = llvm::any_of(op->getOperands(),
                             [&](Value operand) { return varies(operand); });
  if (op->getNumRegions())
    op->walk([&](Operation *nested) {
      if (nested != op)
        for (Value operand : nested->getOperands())
          result |=
              varying.contains(operand) ||
              (operand.getParentBlock() == op->getBlock() && varies(operand));
    });
  return variation[value] = result;
}

//===----------------------------------------------------------------------===//
// Alternatives
//===----------------------------------------------------------------------===//

/// Adds the literals of `other`. Returns false if the two contradict each
/// other.
static bool join(Conjunction &conjunction, const Conjunction &other) {
  for (Literal literal : other.literals) {
    Literal opposite{literal.condition, !literal.isNegated};
    if (llvm::is_contained(conjunction.literals, opposite))
      return false;
    if (!llvm::is_contained(conjunction.literals, literal))
      conjunction.literals.push_back(literal);
  }
  return true;
}

std::optional<Cuts::Conjunctions>
Cuts::intersect(const std::optional<Conjunctions> &lhs,
                const std::optional<Conjunctions> &rhs) {
  if (!lhs || !rhs || lhs->size() * rhs->size() > 4 * maxAlternatives)
    return std::nullopt;
  Conjunctions result;
  for (const Conjunction &x : *lhs)
    for (const Conjunction &y : *rhs) {
      Conjunction both = x;
      if (!join(both, y)) {
        hasContradiction = true;
        continue;
      }
      if (both.literals.size() > maxComparisons)
        return std::nullopt;
      result.push_back(std::move(both));
    }
  return result;
}

static std::optional<SmallVector<Conjunction>>
unite(const std::optional<SmallVector<Conjunction>> &lhs,
      const std::optional<SmallVector<Conjunction>> &rhs) {
  if (!lhs || !rhs)
    return std::nullopt;
  SmallVector<Conjunction> result = *lhs;
  llvm::append_range(result, *rhs);
  return result;
}

std::optional<Cuts::Conjunctions> Cuts::expand(Value predicate,
                                               bool isNegated) {
  Key key{predicate.getAsOpaquePointer(), isNegated};
  if (auto known = expanded.find(key); known != expanded.end())
    return known->second;
  std::optional<Conjunctions> result = expandOnce(predicate, isNegated);
  if (result && result->size() > maxAlternatives)
    result = std::nullopt;
  expanded.try_emplace(key, result);
  return result;
}

/// `condition` and `yes`, or neither `condition` and `no`.
std::optional<Cuts::Conjunctions>
Cuts::expandEither(Value condition, bool isNegated, Value yes,
                   bool isYesNegated, Value no, bool isNoNegated) {
  return unite(
      intersect(expand(condition, isNegated), expand(yes, isYesNegated)),
      intersect(expand(condition, !isNegated), expand(no, isNoNegated)));
}

std::optional<Cuts::Conjunctions> Cuts::expandOnce(Value predicate,
                                                   bool isNegated) {
  Operation *op = predicate.getDefiningOp();
  APInt constant;
  if (matchPattern(predicate, m_ConstantInt(&constant)))
    return constant.isOne() != isNegated ? Conjunctions(1) : Conjunctions();
  if (isa_and_nonnull<arith::AndIOp, arith::OrIOp>(op)) {
    std::optional<Conjunctions> lhs = expand(op->getOperand(0), isNegated);
    std::optional<Conjunctions> rhs = expand(op->getOperand(1), isNegated);
    return isa<arith::AndIOp>(op) != isNegated ? intersect(lhs, rhs)
                                               : unite(lhs, rhs);
  }
  if (auto exclusive = dyn_cast_or_null<arith::XOrIOp>(op)) {
    Value lhs = exclusive.getLhs(), rhs = exclusive.getRhs();
    return expandEither(lhs, false, rhs, !isNegated, rhs, isNegated);
  }
  if (auto select = dyn_cast_or_null<arith::SelectOp>(op))
    return expandEither(select.getCondition(), false, select.getTrueValue(),
                        isNegated, select.getFalseValue(), isNegated);
  Conjunction alone;
  alone.literals.push_back({forms.getLeader(predicate), isNegated});
  return Conjunctions{alone};
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

/// The forms that are at most 0 where the comparisons hold.
SmallVector<Comparison> Cuts::getComparisons(const Conjunction &conjunction) {
  SmallVector<Comparison> result;
  auto addAtMost = [&](Value lhs, Value rhs, int64_t slack, unsigned source) {
    LinearForm form = forms.get(lhs);
    if (form.add(forms.get(rhs), -1) &&
        !llvm::AddOverflow(form.constant, slack, form.constant))
      result.push_back({form, source});
  };
  for (auto [source, literal] : llvm::enumerate(conjunction.literals)) {
    auto op = literal.condition.getDefiningOp<arith::CmpIOp>();
    if (!op || !op.getLhs().getType().isIndex())
      continue;
    P predicate = literal.isNegated ? arith::invertPredicate(op.getPredicate())
                                    : op.getPredicate();
    bool isBelow = predicate == P::slt || predicate == P::sle;
    bool isAbove = predicate == P::sgt || predicate == P::sge;
    bool isStrict = predicate == P::slt || predicate == P::sgt;
    if (isBelow || predicate == P::eq)
      addAtMost(op.getLhs(), op.getRhs(), isStrict, source);
    if (isAbove || predicate == P::eq)
      addAtMost(op.getRhs(), op.getLhs(), isStrict, source);
  }
  return result;
}

const Alternatives *Cuts::get(Value predicate, bool isNegated) {
  Key key{predicate.getAsOpaquePointer(), isNegated};
  auto [place, isNew] = found.try_emplace(key);
  std::optional<Alternatives> &result = place->second;
  if (!isNew)
    return result ? &*result : nullptr;
  std::optional<Conjunctions> conjunctions = expand(predicate, isNegated);
  if (!conjunctions) {
    tooMany = true;
    return nullptr;
  }
  result.emplace();
  result->isSharper = hasContradiction;
  for (Conjunction &conjunction : *conjunctions) {
    SmallVector<Comparison> comparisons = getComparisons(conjunction);
    if (comparisons.size() > maxComparisons)
      tooMany = true;
    else
      conjunction.cuts = findCuts(
          comparisons, forms, [&](Value value) { return varies(value); },
          budget);
    result->isSharper |= !conjunction.cuts.empty();
    bool isNever = conjunction.cuts.size() == 1 &&
                   conjunction.cuts[0].terms.empty() &&
                   conjunction.cuts[0].constant > 0;
    if (!isNever)
      result->list.push_back(std::move(conjunction));
  }
  return &*result;
}
