//===- FourierMotzkin.cpp - what inequalities imply together --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/FourierMotzkin.h"

#include "mlir/Analysis/Presburger/Simplex.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace mlir::attn;
using llvm::DynamicAPInt;

/// No more rows than this are kept, and no more cuts given.
constexpr size_t maxRows = 128, maxCuts = 8;
/// Sums of larger numbers might not fit where they are evaluated.
constexpr int64_t maxCoefficient = int64_t(1) << 14;
constexpr int64_t maxConstant = int64_t(1) << 44;

namespace {

/// constant + sum of coefficients[n] * terms[n] <= 0.
struct Row {
  SmallVector<int64_t> coefficients;
  int64_t constant = 0;
  /// The given rows of which it is a sum.
  llvm::SmallBitVector origin;
  /// The sources of the comparisons in it.
  llvm::SmallBitVector sources;
};

/// One elimination.
class Elimination {
public:
  Elimination(LinearForms &context, llvm::function_ref<bool(Value)> varies,
              CutBudget &budget)
      : context(context), varies(varies), budget(budget) {}

  SmallVector<LinearForm> run(ArrayRef<Comparison> comparisons);

private:
  /// How a term follows from others: a quotient of `dividend`, or its
  /// remainder, in which case `quotient` is the number of the quotient.
  struct Definition {
    LinearForm dividend;
    int64_t divisor;
    std::optional<unsigned> quotient;
  };

  unsigned getNumber(Value term);
  std::optional<Definition> define(Value term);
  Row &addForm(const LinearForm &form);
  void addDefinition(unsigned term);
  SmallVector<unsigned> getOrder();
  void eliminate(unsigned term, ArrayRef<unsigned> done);
  bool normalise(Row &row);
  void keep(Row row);
  SmallVector<LinearForm> selectCuts(ArrayRef<Row> sums);
  SmallVector<DynamicAPInt> onEnds(ArrayRef<int64_t> coefficients,
                                   int64_t constant, bool isLow);
  presburger::Simplex getIntervalTests(ArrayRef<Row> given);

  LinearForms &context;
  llvm::function_ref<bool(Value)> varies;
  CutBudget &budget;
  SmallVector<Value> terms;
  DenseMap<Value, unsigned> numbers;
  std::map<unsigned, Definition> definitions;
  SmallVector<Row> rows;
  size_t numComparisons = 0;
  unsigned numOrigins = 0;
  bool isContradiction = false;
};

} // namespace

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

unsigned Elimination::getNumber(Value term) {
  auto [place, isNew] = numbers.try_emplace(term, terms.size());
  if (isNew)
    terms.push_back(term);
  return place->second;
}

std::optional<Elimination::Definition> Elimination::define(Value term) {
  APInt divisor;
  auto isDivisor = [&](Value value) {
    return matchPattern(value, m_ConstantInt(&divisor)) &&
           divisor.isStrictlyPositive() &&
           divisor.slt(APInt(divisor.getBitWidth(), maxCoefficient));
  };
  if (std::optional<Remainder> remainder = context.getRemainder(term)) {
    if (!isDivisor(remainder->divisor))
      return std::nullopt;
    unsigned quotient = getNumber(context.getLeader(remainder->quotient));
    return Definition{context.get(remainder->dividend), divisor.getSExtValue(),
                      quotient};
  }
  auto division = term.getDefiningOp<arith::FloorDivSIOp>();
  if (!division || !isDivisor(division.getRhs()))
    return std::nullopt;
  return Definition{context.get(division.getLhs()), divisor.getSExtValue(),
                    std::nullopt};
}

Row &Elimination::addForm(const LinearForm &form) {
  Row row;
  row.constant = form.constant;
  for (auto [term, coefficient] : form.terms) {
    unsigned number = getNumber(term);
    if (row.coefficients.size() <= number)
      row.coefficients.resize(number + 1);
    row.coefficients[number] = coefficient;
  }
  return rows.emplace_back(std::move(row));
}

/// Adds the rows by which a quotient or a remainder follows from its dividend.
void Elimination::addDefinition(unsigned term) {
  std::optional<Definition> definition = define(terms[term]);
  if (!definition)
    return;
  bool isKnown = llvm::any_of(
      definitions, [&](auto &entry) { return entry.second.quotient == term; });
  definitions[term] = *definition;
  // The remainder says as much.
  if (isKnown)
    return;
  int64_t divisor = definition->divisor;
  Value quotient = terms[definition->quotient.value_or(term)];
  // rest = dividend - divisor * quotient lies in [0, divisor).
  LinearForm rest = definition->dividend, above, below;
  if (!rest.addTerm(quotient, -divisor))
    return;
  if (definition->quotient) {
    LinearForm remainder;
    remainder.terms.push_back({terms[term], 1});
    LinearForm difference = rest;
    if (!difference.add(remainder, -1) || !above.add(difference, -1))
      return;
    addForm(difference);
    addForm(above);
    rest = remainder;
    above = {};
  }
  above = rest;
  above.constant -= divisor - 1;
  if (below.add(rest, -1)) {
    addForm(above);
    addForm(below);
  }
}

/// Divides by what all coefficients share; the terms are integers, so that the
/// constant may be rounded. Returns false if the row says nothing, or holds
/// numbers that are too large.
bool Elimination::normalise(Row &row) {
  int64_t divisor = 0;
  if (row.constant < -2 * maxConstant * maxCoefficient ||
      row.constant > 2 * maxConstant * maxCoefficient)
    return false;
  for (int64_t coefficient : row.coefficients)
    divisor = std::gcd(divisor, coefficient);
  if (divisor == 0) {
    isContradiction |= row.constant > 0;
    return false;
  }
  bool isRounded = row.constant % divisor != 0;
  // -floor(-c / d).
  row.constant = -llvm::divideFloorSigned(-row.constant, divisor);
  int64_t size = 0;
  for (int64_t &coefficient : row.coefficients) {
    coefficient /= divisor;
    size += std::min(std::abs(coefficient), 2 * maxCoefficient);
  }
  // A rounded row is no sum of others.
  if (isRounded) {
    row.origin.reset();
    row.origin.resize(++numOrigins);
    row.origin.set(numOrigins - 1);
  }
  return size <= maxCoefficient && std::abs(row.constant) <= maxConstant;
}

/// Adds a row unless one like it says as much.
void Elimination::keep(Row row) {
  for (Row &other : rows)
    if (other.coefficients == row.coefficients) {
      if (row.constant > other.constant)
        other = std::move(row);
      return;
    }
  if (rows.size() < maxRows)
    rows.push_back(std::move(row));
  else
    budget.isExhausted = true;
}

//===----------------------------------------------------------------------===//
// Elimination
//===----------------------------------------------------------------------===//

/// The terms that vary: remainders, then what is not divided, then quotients.
/// Rounding sees bounds on quotients before they are eliminated.
SmallVector<unsigned> Elimination::getOrder() {
  SmallVector<unsigned> order;
  for (unsigned group : {0, 1, 2})
    for (unsigned term = 0; term < terms.size(); ++term) {
      auto place = definitions.find(term);
      bool isDefined = place != definitions.end();
      bool isRemainder = isDefined && place->second.quotient;
      unsigned own = isRemainder ? 0 : isDefined ? 2 : 1;
      if (own == group && varies(terms[term]))
        order.push_back(term);
    }
  return order;
}

/// Adds up all pairs of rows in which `term` cancels. Rows with the term stay:
/// its ends on a box bound them, too.
void Elimination::eliminate(unsigned term, ArrayRef<unsigned> done) {
  size_t count = rows.size();
  for (size_t x = 0; x < count; ++x)
    for (size_t y = 0; y < count; ++y) {
      int64_t a = rows[x].coefficients[term], b = -rows[y].coefficients[term];
      if (a <= 0 || b <= 0)
        continue;
      if (budget.sums-- <= 0) {
        budget.isExhausted = true;
        return;
      }
      int64_t shared = std::gcd(a, b);
      a /= shared;
      b /= shared;
      Row sum = rows[x];
      for (auto [n, coefficient] : llvm::enumerate(sum.coefficients))
        coefficient = coefficient * b + rows[y].coefficients[n] * a;
      sum.constant = sum.constant * b + rows[y].constant * a;
      sum.origin |= rows[y].origin;
      sum.sources |= rows[y].sources;
      // Of more rows than one more than the terms that are gone, it would be a
      // sum of other sums (Chernikov's rule; a term that stays counts as
      // bounded by its end).
      auto isLeft = [&](unsigned other) {
        return sum.coefficients[other] != 0;
      };
      size_t gone = done.size() - llvm::count_if(done, isLeft);
      if (sum.origin.count() <= gone + 1 && normalise(sum))
        keep(std::move(sum));
    }
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

/// The least value of a sum on a box, or the greatest, as coefficients of the
/// least and the greatest value of each term.
SmallVector<DynamicAPInt> Elimination::onEnds(ArrayRef<int64_t> coefficients,
                                              int64_t constant, bool isLow) {
  SmallVector<DynamicAPInt> ends(2 * terms.size() + 1);
  for (auto [n, coefficient] : llvm::enumerate(coefficients))
    ends[2 * n + ((coefficient > 0) != isLow)] = coefficient;
  ends.back() = constant;
  return ends;
}

/// Turns form <= 0 into -form >= 0.
static void negate(MutableArrayRef<DynamicAPInt> coefficients) {
  for (DynamicAPInt &number : coefficients)
    number = -number;
}

/// All that intervals say: the ends of terms where no comparison alone fails.
presburger::Simplex Elimination::getIntervalTests(ArrayRef<Row> given) {
  presburger::Simplex known(2 * terms.size());
  SmallVector<DynamicAPInt> test(2 * terms.size() + 1);
  auto require = [&](SmallVector<DynamicAPInt> atMostZero) {
    negate(atMostZero);
    known.addInequality(atMostZero);
  };
  for (unsigned term = 0; term < terms.size(); ++term) {
    SmallVector<DynamicAPInt> ends(2 * terms.size() + 1);
    ends[2 * term] = 1;
    ends[2 * term + 1] = -1;
    if (varies(terms[term]))
      require(ends);
    else
      known.addEquality(ends);
  }
  for (const Row &row : given.take_front(numComparisons))
    require(onEnds(row.coefficients, row.constant, /*isLow=*/true));
  for (auto &[term, definition] : definitions) {
    SmallVector<int64_t> dividend(terms.size());
    for (auto [other, coefficient] : definition.dividend.terms)
      dividend[numbers.at(other)] = coefficient;
    for (bool isLow : {true, false}) {
      unsigned end = 2 * term + !isLow;
      SmallVector<DynamicAPInt> rest(2 * terms.size() + 1);
      if (definition.quotient)
        rest[end] = 1;
      else
        rest = onEnds(dividend, definition.dividend.constant, isLow),
        rest[end] -= definition.divisor;
      SmallVector<DynamicAPInt> above = rest;
      above.back() -= definition.divisor - 1;
      require(above);
      negate(rest);
      require(rest);
    }
  }
  return known;
}

/// The sums that intervals and other cuts do not imply, of few rows first.
SmallVector<LinearForm> Elimination::selectCuts(ArrayRef<Row> given) {
  SmallVector<const Row *> sums;
  for (const Row &row : rows)
    if (row.sources.count() > 1)
      sums.push_back(&row);
  if (sums.empty())
    return {};
  llvm::sort(sums, [](const Row *x, const Row *y) {
    return std::pair(x->origin.count(), x) < std::pair(y->origin.count(), y);
  });
  presburger::Simplex known = getIntervalTests(given);
  SmallVector<LinearForm> cuts;
  for (const Row *row : sums) {
    SmallVector<DynamicAPInt> test =
        onEnds(row->coefficients, row->constant, /*isLow=*/true);
    negate(test);
    if (known.isRedundantInequality(test))
      continue;
    known.addInequality(test);
    LinearForm &cut = cuts.emplace_back();
    cut.constant = row->constant;
    for (auto [term, coefficient] : llvm::zip(terms, row->coefficients))
      if (coefficient)
        cut.terms.push_back({term, coefficient});
    if (cuts.size() == maxCuts)
      break;
  }
  return cuts;
}

SmallVector<LinearForm> Elimination::run(ArrayRef<Comparison> comparisons) {
  for (const Comparison &comparison : comparisons) {
    Row &row = addForm(comparison.form);
    row.sources.resize(comparison.source + 1);
    row.sources.set(comparison.source);
  }
  numComparisons = rows.size();
  // Dividends bring in terms of their own.
  for (unsigned term = 0; term < terms.size(); ++term)
    if (varies(terms[term]))
      addDefinition(term);
  for (Row &row : rows)
    row.coefficients.resize(terms.size());
  SmallVector<Row> given = std::exchange(rows, {});
  for (Row row : given) {
    row.origin.resize(++numOrigins);
    row.origin.set(numOrigins - 1);
    if (normalise(row))
      keep(std::move(row));
  }
  // Each given row is tested by itself anyway.
  isContradiction = false;
  SmallVector<unsigned> order = getOrder();
  for (size_t n = 0; n < order.size() && !isContradiction; ++n)
    eliminate(order[n], ArrayRef(order).take_front(n + 1));
  if (!isContradiction)
    return selectCuts(given);
  LinearForm never;
  never.constant = 1;
  return {never};
}

SmallVector<LinearForm>
mlir::attn::findCuts(ArrayRef<Comparison> comparisons, LinearForms &context,
                     llvm::function_ref<bool(Value)> varies,
                     CutBudget &budget) {
  return Elimination(context, varies, budget).run(comparisons);
}
