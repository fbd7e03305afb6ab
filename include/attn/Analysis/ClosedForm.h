//===- ClosedForm.h - the keys of a mask by formula -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where every comparison of a predicate is a bound on one coordinate, the
// visible ones are intervals whose ends are formulas.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_CLOSEDFORM_H
#define ATTN_ANALYSIS_CLOSEDFORM_H

#include "attn/Analysis/BoxEvaluator.h"

namespace mlir {
namespace attn {

/// Outside of [mayBegin, mayEnd) the predicate holds nowhere on the box, inside
/// of [mustBegin, mustEnd) it holds everywhere. A null end is unbounded.
struct KeySet {
  Value mayBegin, mayEnd, mustBegin, mustEnd;
  /// The second interval is empty whatever its ends.
  bool neverMust = false;
};

/// Solves predicates for one coordinate.
class ClosedForm {
public:
  /// More intervals than this are not formed.
  static constexpr size_t maxSets = 4;

  /// `evaluator` knows all coordinates; `variable`, the one to solve for, is
  /// mapped to the interval of all its values. A remainder by a number of at
  /// most `tile` is not solved: a tile has visible and hidden positions.
  ClosedForm(BoxEvaluator &evaluator, LinearForms &forms, Cuts &cuts,
             OpBuilder &b, Location loc, Value variable, int64_t tile)
      : evaluator(evaluator), forms(forms), cuts(cuts), b(b), loc(loc),
        variable(variable), tile(tile) {}

  /// The sets whose union is that of the predicate. Fails if an operation is
  /// no bound, which `getObstacle` then tells.
  FailureOr<SmallVector<KeySet>> solve(Value predicate, bool negated = false);
  /// The sets of a predicate with what is certain by the cuts of its negation.
  FailureOr<SmallVector<KeySet>> solveSharply(Value predicate);
  /// One set outside of which `predicate` holds nowhere. What is no bound hides
  /// nothing.
  KeySet findHull(Value predicate);
  Operation *getObstacle() const { return obstacle; }

private:
  using Sets = SmallVector<KeySet>;

  /// A bound on the variable for each point of the box: at most, or at least,
  /// some number of the interval.
  struct Bound {
    bool isUpper;
    Interval threshold;
  };

  FailureOr<Sets> fail(Value value);
  FailureOr<Sets> solveOnce(Value predicate, bool negated);
  FailureOr<Sets> intersect(const Sets &lhs, const Sets &rhs);
  Sets getNone();
  FailureOr<Sets> solveAlternatives(const Alternatives &alternatives);
  FailureOr<Sets> solveConjunction(const Conjunction &conjunction);
  FailureOr<Sets> solveHidden(const Alternatives &hidden);
  void appendComplement(Sets &sets, const KeySet &hidden);
  void cut(KeySet &set, const LinearForm &form);
  FailureOr<Sets> unite(Sets lhs, const Sets &rhs);
  FailureOr<Sets> solveComparison(arith::CmpIOp op, bool negated);
  FailureOr<Sets> solveFixed(Value predicate, bool negated);
  FailureOr<KeySet> solveAtMost(const LinearForm &lhs, const LinearForm &rhs,
                                int64_t slack);
  std::optional<Bound> isolate(const LinearForm &form, bool isUpper,
                               Interval bound);
  std::optional<Bound> invert(Value term, bool isUpper, Interval bound);
  Interval getRest(const LinearForm &form);
  bool isSpread(const LinearForm &form);
  bool depends(Value value);

  BoxEvaluator &evaluator;
  LinearForms &forms;
  Cuts &cuts;
  OpBuilder &b;
  Location loc;
  Value variable;
  int64_t tile;
  Operation *obstacle = nullptr;
  /// Whether one set that holds all others is asked for.
  bool isHull = false;
  DenseMap<Value, bool> dependence;
  std::map<std::pair<const void *, bool>, FailureOr<Sets>> solved;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_ANALYSIS_CLOSEDFORM_H
