//===- BoxEvaluator.cpp - scalar code on boxes of coordinates -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/BoxEvaluator.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;
using P = arith::CmpIPredicate;

/// Loads of more elements than this are not scanned.
constexpr int64_t maxScan = 256;
/// Constants whose difference is larger may not fit.
constexpr int64_t huge = int64_t(1) << 62;

//===----------------------------------------------------------------------===//
// Arithmetic on ends
//===----------------------------------------------------------------------===//

static std::optional<int64_t> getNumber(Value value) {
  APInt number;
  if (value && matchPattern(value, m_ConstantInt(&number)))
    return number.getSExtValue();
  return std::nullopt;
}

Value BoxEvaluator::constant(OpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value BoxEvaluator::boolean(OpBuilder &b, bool value) {
  return arith::ConstantOp::create(b, loc, b.getBoolAttr(value));
}

Value BoxEvaluator::add(OpBuilder &b, Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return {};
  return b.createOrFold<arith::AddIOp>(loc, lhs, rhs);
}

Value BoxEvaluator::subtract(OpBuilder &b, Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return {};
  return b.createOrFold<arith::SubIOp>(loc, lhs, rhs);
}

Value BoxEvaluator::multiply(OpBuilder &b, Value lhs, int64_t factor) {
  if (!lhs || factor == 1)
    return lhs;
  return b.createOrFold<arith::MulIOp>(loc, lhs, constant(b, factor));
}

Value BoxEvaluator::least(OpBuilder &b, Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return {};
  return b.createOrFold<arith::MinSIOp>(loc, lhs, rhs);
}

Value BoxEvaluator::greatest(OpBuilder &b, Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return {};
  return b.createOrFold<arith::MaxSIOp>(loc, lhs, rhs);
}

Value BoxEvaluator::select(OpBuilder &b, Value condition, Value yes, Value no) {
  if (std::optional<int64_t> known = getNumber(condition))
    return *known ? yes : no;
  if (!yes || !no)
    return {};
  return b.createOrFold<arith::SelectOp>(loc, condition, yes, no);
}

Value BoxEvaluator::bothValid(Value lhs, Value rhs) {
  return lhs && rhs ? conjunction(outer, lhs, rhs) : (lhs ? lhs : rhs);
}

Value BoxEvaluator::compare(OpBuilder &b, P predicate, Value lhs, Value rhs) {
  return b.createOrFold<arith::CmpIOp>(loc, predicate, lhs, rhs);
}

Value BoxEvaluator::divisor(OpBuilder &b, Value value) {
  return greatest(b, value, constant(b, 1));
}

Value BoxEvaluator::conjunction(OpBuilder &b, Value lhs, Value rhs) {
  return b.createOrFold<arith::AndIOp>(loc, lhs, rhs);
}

Value BoxEvaluator::disjunction(OpBuilder &b, Value lhs, Value rhs) {
  return b.createOrFold<arith::OrIOp>(loc, lhs, rhs);
}

Value BoxEvaluator::negation(OpBuilder &b, Value value) {
  return b.createOrFold<arith::XOrIOp>(loc, value, boolean(b, true));
}

//===----------------------------------------------------------------------===//
// Uniform values
//===----------------------------------------------------------------------===//

bool BoxEvaluator::isOutside(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op) {
    Block *owner = cast<BlockArgument>(value).getOwner();
    if (owner == &code)
      return false;
    op = owner->getParentOp();
  }
  return !op || !code.findAncestorOpInBlock(*op);
}

bool BoxEvaluator::isUniform(Value value) {
  if (points.contains(value))
    return true;
  if (intervals.contains(value) && isa<BlockArgument>(value))
    return false;
  if (isOutside(value))
    return true;
  if (auto known = uniform.find(value); known != uniform.end())
    return known->second;
  Operation *op = value.getDefiningOp();
  bool result = op && op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
                llvm::all_of(op->getOperands(),
                             [&](Value operand) { return isUniform(operand); });
  return uniform[value] = result;
}

Value BoxEvaluator::getPoint(Value value) {
  if (Value point = points.lookup(value))
    return point;
  Value &point = points[value];
  if (isOutside(value))
    return point = hooks.outside(outer, value);
  Operation *op = value.getDefiningOp();
  // Constants are emitted anew: folding wants them near.
  if (op->hasTrait<OpTrait::ConstantLike>())
    return point = outer.clone(*op)->getResult(0);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    // A tensor has no value of its own here.
    bool isScalar = !isa<ShapedType>(operand.getType());
    operands.push_back(isScalar ? getPoint(operand) : operand);
  }
  Value result = hooks.clone(outer, *op, operands);
  return points[value] = result;
}

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

Interval BoxEvaluator::unknown(Operation *op) {
  if (op && !llvm::is_contained(opaque, op))
    opaque.push_back(op);
  return {{}, {}, false};
}

Interval BoxEvaluator::getInterval(Value value) {
  if (isUniform(value)) {
    Value point = getPoint(value);
    return {point, point, false};
  }
  if (auto known = intervals.find(value); known != intervals.end())
    return known->second;
  Interval result;
  if (value.getType().isIndex()) {
    const LinearForm &form = forms.get(value);
    bool isTerm = form.terms.size() == 1 && form.constant == 0 &&
                  form.terms[0].second == 1;
    // What is left when terms cancel may be uniform.
    Value term = isTerm ? form.terms[0].first : Value();
    result = !isTerm         ? getSum(form)
             : term == value ? getTerm(term)
                             : getInterval(term);
  } else {
    result = getTerm(value);
  }
  intervals[value] = result;
  return result;
}

Interval BoxEvaluator::getSum(const LinearForm &form) {
  SmallVector<std::pair<Interval, int64_t>> summands;
  for (auto [term, coefficient] : form.terms)
    summands.push_back({getInterval(term), coefficient});
  Value number = constant(outer, form.constant);
  Interval sum{number, number, false};
  // What does not vary comes first, so that its sum is emitted outside.
  for (bool varying : {false, true})
    for (auto &[summand, coefficient] : summands) {
      if (summand.varying != varying)
        continue;
      OpBuilder &b = at(sum.varying |= varying);
      sum.valid = bothValid(sum.valid, summand.valid);
      if (coefficient < 0)
        std::swap(summand.lo, summand.hi);
      sum.lo = add(b, sum.lo, multiply(b, summand.lo, coefficient));
      sum.hi = add(b, sum.hi, multiply(b, summand.hi, coefficient));
    }
  return sum;
}

Interval BoxEvaluator::getTerm(Value value) {
  if (auto known = intervals.find(value); known != intervals.end())
    return known->second;
  if (std::optional<Remainder> remainder = forms.getRemainder(value))
    return getRemainderOf(*remainder);
  Operation *op = value.getDefiningOp();
  if (!op)
    return unknown(nullptr);
  return llvm::TypeSwitch<Operation *, Interval>(op)
      .Case<arith::FloorDivSIOp, arith::DivSIOp, arith::CeilDivSIOp>(
          [&](Operation *op) { return getQuotient(op); })
      .Case([&](arith::RemSIOp op) { return getTruncatedRemainder(op); })
      .Case([&](arith::MulIOp op) { return getProduct(op); })
      .Case([&](arith::MinSIOp op) { return getExtremum(op, false); })
      .Case([&](arith::MaxSIOp op) { return getExtremum(op, true); })
      .Case([&](arith::SelectOp op) { return getSelected(op); })
      .Case<math::AbsIOp>([&](Operation *op) { return getAbsolute(op); })
      .Case<arith::ExtSIOp>(
          [&](Operation *op) { return getInterval(op->getOperand(0)); })
      .Case([&](arith::IndexCastOp op) {
        if (op.getType().isIndex())
          return getInterval(op.getIn());
        return unknown(op);
      })
      .Case([&](ExtractOp op) { return getLoaded(op); })
      .Default([&](Operation *op) { return unknown(op); });
}

/// x mod d is x minus a constant if both ends have one quotient, else anything
/// in [0, d).
Interval BoxEvaluator::getRemainderOf(const Remainder &remainder) {
  if (!isUniform(remainder.divisor))
    return unknown(remainder.quotient.getDefiningOp());
  Value size = divisor(outer, getPoint(remainder.divisor));
  Interval x = getInterval(remainder.dividend);
  OpBuilder &b = at(x.varying);
  Value zero = constant(outer, 0);
  Value last = subtract(outer, size, constant(outer, 1));
  if (!x.lo || !x.hi)
    return {zero, last, false};
  Value low = b.createOrFold<arith::FloorDivSIOp>(loc, x.lo, size);
  Value high = b.createOrFold<arith::FloorDivSIOp>(loc, x.hi, size);
  Value same = compare(b, P::eq, low, high);
  Value begin = b.createOrFold<arith::MulIOp>(loc, low, size);
  return {select(b, same, subtract(b, x.lo, begin), zero),
          select(b, same, subtract(b, x.hi, begin), last), x.varying, x.valid};
}

/// The remainder of a truncated division has the sign of the dividend.
Interval BoxEvaluator::getTruncatedRemainder(arith::RemSIOp op) {
  if (!op.getType().isIndex() || !isUniform(op.getRhs()))
    return unknown(op);
  Value size = divisor(outer, getPoint(op.getRhs()));
  Interval x = getInterval(op.getLhs());
  OpBuilder &b = at(x.varying);
  Value zero = constant(b, 0);
  Value last = subtract(outer, size, constant(outer, 1));
  Value first = subtract(outer, constant(outer, 0), last);
  if (!x.lo || !x.hi)
    return {first, last, false};
  Value low = b.createOrFold<arith::DivSIOp>(loc, x.lo, size);
  Value high = b.createOrFold<arith::DivSIOp>(loc, x.hi, size);
  Value same = compare(b, P::eq, low, high);
  Value begin = b.createOrFold<arith::MulIOp>(loc, low, size);
  Value floor = select(b, compare(b, P::sge, x.lo, zero), zero, first);
  Value ceiling = select(b, compare(b, P::sle, x.hi, zero), zero, last);
  return {select(b, same, subtract(b, x.lo, begin), floor),
          select(b, same, subtract(b, x.hi, begin), ceiling), x.varying,
          x.valid};
}

/// Emits the division `op` of other operands.
static Value divide(OpBuilder &b, Location loc, Operation *op, Value lhs,
                    Value rhs) {
  if (!lhs || !rhs)
    return {};
  if (isa<arith::FloorDivSIOp>(op))
    return b.createOrFold<arith::FloorDivSIOp>(loc, lhs, rhs);
  if (isa<arith::CeilDivSIOp>(op))
    return b.createOrFold<arith::CeilDivSIOp>(loc, lhs, rhs);
  return b.createOrFold<arith::DivSIOp>(loc, lhs, rhs);
}

/// Division by d >= 1 is monotone in the dividend; in the divisor it is
/// monotone for dividends of one sign, so that the ends are among four corners.
Interval BoxEvaluator::getQuotient(Operation *op) {
  if (!op->getResult(0).getType().isIndex())
    return unknown(op);
  Interval x = getInterval(op->getOperand(0));
  Interval d = getInterval(op->getOperand(1));
  OpBuilder &b = at(x.varying || d.varying);
  Value most = d.hi ? divisor(at(d.varying), d.hi) : Value();
  Value fewest = d.lo ? divisor(at(d.varying), d.lo) : Value();
  Value valid = bothValid(x.valid, d.valid);
  if (d.lo && d.lo == d.hi)
    return {divide(b, loc, op, x.lo, most), divide(b, loc, op, x.hi, most),
            x.varying, valid};
  if (!most || !fewest)
    return unknown(op);
  return {least(b, divide(b, loc, op, x.lo, fewest),
                divide(b, loc, op, x.lo, most)),
          greatest(b, divide(b, loc, op, x.hi, fewest),
                   divide(b, loc, op, x.hi, most)),
          x.varying || d.varying, valid};
}

Interval BoxEvaluator::getProduct(arith::MulIOp op) {
  if (!op.getType().isIndex())
    return unknown(op);
  Interval x = getInterval(op.getLhs()), y = getInterval(op.getRhs());
  if (!x.lo || !x.hi || !y.lo || !y.hi)
    return unknown(op);
  bool varying = x.varying || y.varying;
  OpBuilder &b = at(varying);
  Interval result{{}, {}, varying, bothValid(x.valid, y.valid)};
  for (Value left : {x.lo, x.hi})
    for (Value right : {y.lo, y.hi}) {
      Value corner = b.createOrFold<arith::MulIOp>(loc, left, right);
      result.lo = result.lo ? least(b, result.lo, corner) : corner;
      result.hi = result.hi ? greatest(b, result.hi, corner) : corner;
    }
  return result;
}

Interval BoxEvaluator::getExtremum(Operation *op, bool isMax) {
  if (!op->getResult(0).getType().isIndex())
    return unknown(op);
  Interval x = getInterval(op->getOperand(0));
  Interval y = getInterval(op->getOperand(1));
  bool varying = x.varying || y.varying;
  Value valid = bothValid(x.valid, y.valid);
  OpBuilder &b = at(varying);
  if (isMax)
    return {x.lo && y.lo ? greatest(b, x.lo, y.lo) : (x.lo ? x.lo : y.lo),
            greatest(b, x.hi, y.hi), varying, valid};
  return {least(b, x.lo, y.lo),
          x.hi && y.hi ? least(b, x.hi, y.hi) : (x.hi ? x.hi : y.hi), varying,
          valid};
}

Interval BoxEvaluator::getSelected(arith::SelectOp op) {
  if (!op.getType().isIndex())
    return unknown(op);
  Truth condition = getTruth(op.getCondition());
  Interval yes = getInterval(op.getTrueValue());
  Interval no = getInterval(op.getFalseValue());
  bool varying = condition.varying || yes.varying || no.varying;
  OpBuilder &b = at(varying);
  auto choose = [&](Value ofYes, Value ofNo, Value either) {
    return select(b, condition.must, ofYes,
                  select(b, condition.may, either, ofNo));
  };
  return {choose(yes.lo, no.lo, least(b, yes.lo, no.lo)),
          choose(yes.hi, no.hi, greatest(b, yes.hi, no.hi)), varying,
          bothValid(yes.valid, no.valid)};
}

Interval BoxEvaluator::getAbsolute(Operation *op) {
  if (!op->getResult(0).getType().isIndex())
    return unknown(op);
  Interval x = getInterval(op->getOperand(0));
  OpBuilder &b = at(x.varying);
  Value zero = constant(b, 0);
  Value negatedLow = subtract(b, zero, x.lo);
  Value negatedHigh = subtract(b, zero, x.hi);
  Value lo = zero;
  if (x.lo)
    lo = greatest(b, lo, x.lo);
  if (negatedHigh)
    lo = greatest(b, lo, negatedHigh);
  return {lo, greatest(b, x.hi, negatedLow), x.varying, x.valid};
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

Interval BoxEvaluator::getLoaded(ExtractOp op) {
  std::optional<unsigned> axis;
  SmallVector<Value> indices;
  for (auto [n, index] : llvm::enumerate(op.getIndices())) {
    if (isUniform(index)) {
      indices.push_back(getPoint(index));
      continue;
    }
    if (axis)
      return unknown(op);
    axis = n;
    indices.push_back(Value());
  }
  assert(axis && "expected a load that varies");
  Interval range = getInterval(op.getIndices()[*axis]);
  if (!range.varying && range.lo && range.hi)
    return scan(op, *axis, indices, range);
  Interval result;
  if (hooks.summarise)
    result = hooks.summarise(inner, op, *axis, indices);
  if (!result.lo || !result.hi)
    return unknown(op);
  return result;
}

/// Reads all elements with index `axis` in `range`, unless they are many.
Interval BoxEvaluator::scan(ExtractOp op, unsigned axis,
                            SmallVector<Value> indices, Interval range) {
  Type type = op.getType();
  if (!type.isIndex() && (!isa<IntegerType>(type) || type.isInteger(1)))
    return unknown(op);
  OpBuilder &b = outer;
  auto read = [&](OpBuilder &b, Value position) -> Value {
    indices[axis] = position;
    SmallVector<Value> operands{op.getSource()};
    operands.append(indices);
    Value element = hooks.clone(b, *op, operands);
    if (!element || element.getType().isIndex())
      return element;
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), element);
  };
  // Unsigned, because the difference of ends that are not valid may not fit.
  Value few =
      compare(b, P::ult, subtract(b, range.hi, range.lo), constant(b, maxScan));
  Value one = constant(b, 1);
  Value stop = select(b, few, add(b, range.hi, one), range.lo);
  Value highest = constant(b, std::numeric_limits<int64_t>::max());
  Value lowest = constant(b, std::numeric_limits<int64_t>::min());
  auto loop = scf::ForOp::create(b, loc, range.lo, stop, one,
                                 ValueRange{highest, lowest});
  OpBuilder body = OpBuilder::atBlockEnd(loop.getBody());
  Value element = read(body, loop.getInductionVar());
  scf::YieldOp::create(
      body, loc,
      ValueRange{least(body, loop.getRegionIterArg(0), element),
                 greatest(body, loop.getRegionIterArg(1), element)});
  return {loop.getResult(0), loop.getResult(1), false,
          bothValid(range.valid, few)};
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

Truth BoxEvaluator::undecided(Operation *op) {
  (void)unknown(op);
  return {boolean(outer, true), boolean(outer, false), false};
}

/// Nothing is known where `valid` does not hold; null is true.
Truth BoxEvaluator::restrict(OpBuilder &b, Truth truth, Value valid) {
  if (valid) {
    truth.may = disjunction(b, truth.may, negation(outer, valid));
    truth.must = conjunction(b, truth.must, valid);
  }
  return truth;
}

Truth BoxEvaluator::getTruth(Value value) {
  if (isUniform(value)) {
    Value point = getPoint(value);
    return point ? Truth{point, point, false}
                 : undecided(value.getDefiningOp());
  }
  if (auto known = truths.find(value); known != truths.end())
    return known->second;
  Truth result = evaluate(value);
  truths[value] = result;
  return result;
}

Truth BoxEvaluator::evaluate(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return undecided(nullptr);
  auto combine = [&](Operation *op, auto join) -> Truth {
    Truth lhs = getTruth(op->getOperand(0)), rhs = getTruth(op->getOperand(1));
    bool varying = lhs.varying || rhs.varying;
    OpBuilder &b = at(varying);
    return {join(b, lhs.may, rhs.may), join(b, lhs.must, rhs.must), varying};
  };
  return llvm::TypeSwitch<Operation *, Truth>(op)
      .Case([&](arith::AndIOp op) {
        return combine(op, [&](OpBuilder &b, Value lhs, Value rhs) {
          return conjunction(b, lhs, rhs);
        });
      })
      .Case([&](arith::OrIOp op) {
        return combine(op, [&](OpBuilder &b, Value lhs, Value rhs) {
          return disjunction(b, lhs, rhs);
        });
      })
      .Case([&](arith::XOrIOp op) { return getExclusive(op); })
      .Case([&](arith::SelectOp op) { return getSelectedTruth(op); })
      .Case([&](arith::CmpIOp op) { return compare(op); })
      .Case([&](scf::ForOp op) { return getAny(op); })
      .Default([&](Operation *op) { return undecided(op); });
}

/// Negation, or true if exactly one side is.
Truth BoxEvaluator::getExclusive(arith::XOrIOp op) {
  Truth lhs = getTruth(op.getLhs()), rhs = getTruth(op.getRhs());
  bool varying = lhs.varying || rhs.varying;
  OpBuilder &b = at(varying);
  Value both = conjunction(b, lhs.must, rhs.must);
  Value neither = conjunction(b, negation(b, lhs.may), negation(b, rhs.may));
  Value first = conjunction(b, lhs.must, negation(b, rhs.may));
  Value second = conjunction(b, rhs.must, negation(b, lhs.may));
  return {negation(b, disjunction(b, both, neither)),
          disjunction(b, first, second), varying};
}

Truth BoxEvaluator::getSelectedTruth(arith::SelectOp op) {
  Truth condition = getTruth(op.getCondition());
  Truth yes = getTruth(op.getTrueValue()), no = getTruth(op.getFalseValue());
  bool varying = condition.varying || yes.varying || no.varying;
  OpBuilder &b = at(varying);
  Value may = disjunction(b, conjunction(b, condition.may, yes.may),
                          conjunction(b, negation(b, condition.must), no.may));
  Value must = disjunction(b, conjunction(b, condition.must, yes.must),
                           conjunction(b, negation(b, condition.may), no.must));
  must = disjunction(b, must, conjunction(b, yes.must, no.must));
  return {may, must, varying};
}

/// Compares two intervals, whose ends may be unknown.
Truth BoxEvaluator::compare(OpBuilder &b, P predicate, Interval lhs,
                            Interval rhs) {
  auto holds = [&](P predicate, Value lhs, Value rhs, bool otherwise) {
    return lhs && rhs ? compare(b, predicate, lhs, rhs) : boolean(b, otherwise);
  };
  switch (predicate) {
  case P::slt:
  case P::sle:
    return {holds(predicate, lhs.lo, rhs.hi, true),
            holds(predicate, lhs.hi, rhs.lo, false)};
  case P::sgt:
  case P::sge:
    return {holds(predicate, lhs.hi, rhs.lo, true),
            holds(predicate, lhs.lo, rhs.hi, false)};
  case P::eq:
    return {conjunction(b, holds(P::sle, lhs.lo, rhs.hi, true),
                        holds(P::sle, rhs.lo, lhs.hi, true)),
            conjunction(b, holds(P::eq, lhs.lo, rhs.hi, false),
                        holds(P::eq, lhs.hi, rhs.lo, false))};
  case P::ne: {
    Truth equal = compare(b, P::eq, lhs, rhs);
    return {negation(b, equal.must), negation(b, equal.may)};
  }
  default:
    return {boolean(b, true), boolean(b, false)};
  }
}

Truth BoxEvaluator::compare(arith::CmpIOp op) {
  Type type = op.getLhs().getType();
  bool isSigned = op.getPredicate() <= P::sge;
  if (!isSigned || (!type.isIndex() && !isa<IntegerType>(type)) ||
      type.isInteger(1))
    return undecided(op);
  Interval lhs, rhs;
  auto toIndex = [&](Interval &side) {
    OpBuilder &b = at(side.varying);
    for (Value *end : {&side.lo, &side.hi})
      if (*end && !end->getType().isIndex())
        *end = arith::IndexCastOp::create(b, loc, b.getIndexType(), *end);
  };
  const LinearForm *left = nullptr, *right = nullptr;
  if (type.isIndex()) {
    left = &forms.get(op.getLhs());
    right = &forms.get(op.getRhs());
  }
  bool shares =
      left && llvm::any_of(left->terms, [&](auto &entry) {
        return !isUniform(entry.first) && right->getCoefficient(entry.first);
      });
  // What varies on both sides is brought to one, where it may cancel. The rest
  // stays where it is: its difference might not fit.
  LinearForm moved, kept;
  if (shares) {
    moved = *left;
    for (auto [term, coefficient] : right->terms)
      shares &=
          (isUniform(term) ? kept : moved)
              .addTerm(term, isUniform(term) ? coefficient : -coefficient);
    shares &= moved.constant - right->constant < huge &&
              right->constant - moved.constant < huge;
    moved.constant -= right->constant;
  }
  lhs = shares ? getSum(moved) : getInterval(op.getLhs());
  rhs = shares ? getSum(kept) : getInterval(op.getRhs());
  toIndex(lhs);
  toIndex(rhs);
  bool varying = lhs.varying || rhs.varying;
  OpBuilder &b = at(varying);
  Truth truth = compare(b, op.getPredicate(), lhs, rhs);
  truth.varying = varying;
  truth = restrict(b, truth, bothValid(lhs.valid, rhs.valid));
  bool isEquation = op.getPredicate() == P::eq || op.getPredicate() == P::ne;
  if (left && isEquation)
    if (std::optional<Possible> congruent = mayBeCongruent(*left, *right)) {
      truth.varying |= congruent->varying;
      OpBuilder &b = at(truth.varying);
      if (op.getPredicate() == P::eq)
        truth.may = conjunction(b, truth.may, congruent->holds);
      else
        truth.must = disjunction(b, truth.must, negation(b, congruent->holds));
    }
  return truth;
}

/// Returns the condition that `loop` checks for each of its steps: it carries
/// whether one held before.
static Value matchAny(scf::ForOp loop) {
  if (loop.getNumResults() != 1 || !loop.getResult(0).getType().isInteger(1) ||
      getNumber(loop.getLowerBound()) != 0 || getNumber(loop.getStep()) != 1 ||
      getNumber(loop.getInitArgs()[0]) != 0)
    return {};
  Value carried = loop.getRegionIterArg(0);
  auto join = loop.getBody()
                  ->getTerminator()
                  ->getOperand(0)
                  .getDefiningOp<arith::OrIOp>();
  if (!join || !carried.hasOneUse() ||
      (join.getLhs() != carried && join.getRhs() != carried))
    return {};
  return join.getLhs() == carried ? join.getRhs() : join.getLhs();
}

/// Some entry of a list holds: it may where one may, and must where one must.
Truth BoxEvaluator::getAny(scf::ForOp loop) {
  Value condition = matchAny(loop);
  if (!condition)
    return undecided(loop);
  Interval count = getInterval(loop.getUpperBound());
  if (!count.lo || !count.hi)
    return undecided(loop);
  // What lies before the loop is evaluated before it.
  llvm::SetVector<Value> used;
  loop.walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      Operation *parent = operand.getParentBlock()->getParentOp();
      if (!parent || !loop->isAncestor(parent))
        used.insert(operand);
    }
  });
  bool varying = count.varying;
  for (Value value : used) {
    if (isa<ShapedType>(value.getType()))
      continue;
    if (isUniform(value))
      (void)getPoint(value);
    else if (value.getType().isInteger(1))
      varying |= getTruth(value).varying;
    else if (value.getType().isIntOrIndex())
      varying |= getInterval(value).varying;
  }
  OpBuilder &b = at(varying);
  Value no = boolean(b, false), zero = constant(b, 0);
  Value most = count.valid ? select(b, count.valid, count.hi, zero) : count.hi;
  auto emitted = scf::ForOp::create(b, loc, zero, most, constant(b, 1),
                                    ValueRange{no, no});
  OpBuilder body = OpBuilder::atBlockEnd(emitted.getBody());
  BoxEvaluator inside(code, body, body, loc, forms, hooks);
  inside.points = points;
  inside.intervals = intervals;
  inside.truths = truths;
  inside.cuts = cuts;
  inside.mapPoint(loop.getInductionVar(), emitted.getInductionVar());
  Truth entry = inside.getSharpTruth(condition);
  for (Operation *op : inside.opaque)
    (void)unknown(op);
  Value must = entry.must;
  if (count.lo != count.hi)
    must = conjunction(
        body, must, compare(body, P::slt, emitted.getInductionVar(), count.lo));
  Value may = disjunction(body, emitted.getRegionIterArg(0), entry.may);
  must = disjunction(body, emitted.getRegionIterArg(1), must);
  scf::YieldOp::create(body, loc, ValueRange{may, must});
  return restrict(b, {emitted.getResult(0), emitted.getResult(1), varying},
                  count.valid);
}
