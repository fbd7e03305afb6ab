//===- BoxEvaluator.h - scalar code on boxes of coordinates -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Intervals that hold every value that scalar code takes while its coordinates
// run over a box. The ends are not numbers but values that are emitted, so that
// a box may be a tile at run time.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_BOXEVALUATOR_H
#define ATTN_ANALYSIS_BOXEVALUATOR_H

#include "attn/Analysis/Cuts.h"
#include "attn/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace mlir {
namespace attn {

/// The values in [lo, hi]; a null end is not known.
struct Interval {
  Value lo, hi;
  /// Whether the ends depend on the coordinates that vary.
  bool varying = false;
  /// The ends mean nothing where this condition does not hold; null is true. It
  /// does not vary.
  Value valid = {};
};

/// What is known of a condition on a box: `may` is false only if it holds
/// nowhere, `must` is true only if it holds everywhere.
struct Truth {
  Value may, must;
  bool varying = false;
};

/// How an evaluator reaches what lies around the scalar code.
struct BoxHooks {
  /// The value that stands for a value from outside of the scalar code.
  std::function<Value(OpBuilder &, Value)> outside;
  /// Emits a scalar operation on other operands; null if it cannot.
  std::function<Value(OpBuilder &, Operation &, ValueRange)> clone;
  /// The least and the greatest element that a load reads while index `axis`,
  /// which varies, runs over the box and the others are `indices`. May be
  /// absent, or return unknown ends.
  std::function<Interval(OpBuilder &, ExtractOp, unsigned axis,
                         ValueRange indices)>
      summarise;
};

/// Evaluates the operations of one block, and of loops in it, on a box.
///
/// Every rule is sound by itself: if the operands of an operation lie in their
/// intervals, so does its result. An operation without a rule may be anything.
class BoxEvaluator {
public:
  /// What depends on a varying coordinate is emitted by `inner`, all else by
  /// `outer`; the two may be the same.
  BoxEvaluator(Block &code, OpBuilder &outer, OpBuilder &inner, Location loc,
               LinearForms &forms, const BoxHooks &hooks)
      : code(code), outer(outer), inner(inner), loc(loc), forms(forms),
        hooks(hooks) {}

  /// Gives a coordinate one value, or all in an interval.
  void mapPoint(Value scalar, Value value) { points[scalar] = value; }
  void mapInterval(Value scalar, Interval interval) {
    intervals[scalar] = interval;
  }

  Interval getInterval(Value value);
  Truth getTruth(Value value);
  /// The truth of a condition by its cuts, too, if there are any.
  Truth getSharpTruth(Value value);
  void useCuts(Cuts &cuts) { this->cuts = &cuts; }

  /// Whether the value is the same on the whole box.
  bool isUniform(Value value);
  /// Whether a value that varies is a coordinate, or a quotient or remainder of
  /// coordinates, so that it may be multiplied: no tensor has so many tokens.
  bool isBounded(Value value);
  /// The value of a uniform value.
  Value getPoint(Value value);

  /// The operations that have no rule, as they were met.
  ArrayRef<Operation *> getOpaque() const { return opaque; }

  // Arithmetic on ends; an operand that is not known makes the result unknown.
  Value constant(OpBuilder &b, int64_t value);
  Value add(OpBuilder &b, Value lhs, Value rhs);
  Value subtract(OpBuilder &b, Value lhs, Value rhs);
  Value multiply(OpBuilder &b, Value lhs, int64_t factor);
  Value least(OpBuilder &b, Value lhs, Value rhs);
  Value greatest(OpBuilder &b, Value lhs, Value rhs);
  Value select(OpBuilder &b, Value condition, Value yes, Value no);
  /// Both conditions of validity, of which null ones are true.
  Value bothValid(Value lhs, Value rhs);
  Value compare(OpBuilder &b, arith::CmpIPredicate predicate, Value lhs,
                Value rhs);
  /// The divisor `value` where it is legal, 1 elsewhere.
  Value divisor(OpBuilder &b, Value value);

private:
  /// Whether something may hold, and whether that depends on what varies.
  struct Possible {
    Value holds;
    bool varying = false;
  };

  OpBuilder &at(bool varying) { return varying ? inner : outer; }
  Interval unknown(Operation *op);
  Truth undecided(Operation *op);
  Truth restrict(OpBuilder &b, Truth truth, Value valid);
  bool isOutside(Value value);

  Interval getSum(const LinearForm &form);
  Interval getTerm(Value value);
  Interval getRemainderOf(const Remainder &remainder);
  Interval getTruncatedRemainder(arith::RemSIOp op);
  Interval getQuotient(Operation *op);
  Interval getProduct(arith::MulIOp op);
  Interval getExtremum(Operation *op, bool isMax);
  Interval getSelected(arith::SelectOp op);
  Interval getAbsolute(Operation *op);
  Interval getLoaded(ExtractOp op);
  Interval scan(ExtractOp op, unsigned axis, SmallVector<Value> indices,
                Interval range);

  Truth evaluate(Value value);
  Truth compare(arith::CmpIOp op);
  Truth compare(OpBuilder &b, arith::CmpIPredicate predicate, Interval lhs,
                Interval rhs);
  std::optional<Possible> mayBeCongruent(const LinearForm &lhs,
                                         const LinearForm &rhs);
  std::optional<Possible> hasMultiple(const LinearForm &dividend,
                                      Value remainder, Value size);
  Possible orNotModerate(const LinearForm &form, Possible possible);
  Truth getExclusive(arith::XOrIOp op);
  Truth getSelectedTruth(arith::SelectOp op);
  Truth getAny(scf::ForOp loop);
  Possible getPossible(Value value, bool isNegated);
  Possible getAlternatives(const Alternatives &alternatives);
  Possible getConjunction(const Conjunction &conjunction);
  Possible mayHold(const LinearForm &cut);
  Possible isModerate(Value term);

  Value conjunction(OpBuilder &b, Value lhs, Value rhs);
  Value disjunction(OpBuilder &b, Value lhs, Value rhs);
  Value negation(OpBuilder &b, Value value);
  Value boolean(OpBuilder &b, bool value);

  Block &code;
  OpBuilder &outer, &inner;
  Location loc;
  LinearForms &forms;
  const BoxHooks &hooks;
  DenseMap<Value, Value> points;
  DenseMap<Value, Interval> intervals;
  DenseMap<Value, Truth> truths;
  DenseMap<Value, bool> uniform;
  /// May be null.
  Cuts *cuts = nullptr;
  SmallVector<Operation *> opaque;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_ANALYSIS_BOXEVALUATOR_H
