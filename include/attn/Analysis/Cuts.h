//===- Cuts.h - what comparisons say together -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A predicate as alternatives of conjunctions, with the inequalities that each
// conjunction implies and none of its comparisons does.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_CUTS_H
#define ATTN_ANALYSIS_CUTS_H

#include "attn/Analysis/FourierMotzkin.h"

#include "llvm/ADT/DenseSet.h"

namespace mlir {
namespace attn {

/// A condition, or that it does not hold.
struct Literal {
  Value condition;
  bool isNegated;
  bool operator==(const Literal &other) const {
    return condition == other.condition && isNegated == other.isNegated;
  }
};

struct Conjunction {
  SmallVector<Literal> literals;
  /// Forms that are at most 0 where all literals hold.
  SmallVector<LinearForm> cuts;
};

/// The alternatives of a predicate. Those that hold nowhere are left out.
struct Alternatives {
  SmallVector<Conjunction> list;
  /// Whether cuts say more than the literals.
  bool isSharper = false;
};

/// The conditions of one piece of scalar code, and their cuts.
class Cuts {
public:
  /// More alternatives, or comparisons in one, are not looked at.
  static constexpr size_t maxAlternatives = 16, maxComparisons = 64;

  /// Every value that depends on a coordinate of `varying` may vary.
  Cuts(LinearForms &forms, ArrayRef<Value> varying)
      : forms(forms), varying(varying.begin(), varying.end()) {}

  /// The alternatives of `predicate`, or of its negation. Null if there are too
  /// many.
  const Alternatives *get(Value predicate, bool isNegated);

  /// Whether cuts of alternatives were of use.
  bool areUsed() const { return used; }
  void setUsed() { used = true; }
  /// Whether a limit was met.
  bool isIncomplete() const { return tooMany || budget.isExhausted; }

private:
  using Conjunctions = SmallVector<Conjunction>;
  using Key = std::pair<const void *, bool>;

  std::optional<Conjunctions> expand(Value predicate, bool isNegated);
  std::optional<Conjunctions> expandOnce(Value predicate, bool isNegated);
  std::optional<Conjunctions> expandEither(Value condition, bool isNegated,
                                           Value yes, bool isYesNegated,
                                           Value no, bool isNoNegated);
  std::optional<Conjunctions> intersect(const std::optional<Conjunctions> &lhs,
                                        const std::optional<Conjunctions> &rhs);
  SmallVector<Comparison> getComparisons(const Conjunction &conjunction);
  bool varies(Value value);

  LinearForms &forms;
  llvm::DenseSet<Value> varying;
  DenseMap<Value, bool> variation;
  std::map<Key, std::optional<Conjunctions>> expanded;
  std::map<Key, std::optional<Alternatives>> found;
  CutBudget budget;
  bool tooMany = false, used = false;
  /// Whether two literals ever contradicted each other.
  bool hasContradiction = false;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_ANALYSIS_CUTS_H
