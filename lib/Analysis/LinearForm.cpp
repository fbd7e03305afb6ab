//===- LinearForm.cpp - index expressions as sums -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/LinearForm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// LinearForm
//===----------------------------------------------------------------------===//

bool LinearForm::addTerm(Value term, int64_t coefficient) {
  auto *place =
      llvm::find_if(terms, [&](auto &entry) { return entry.first == term; });
  if (place == terms.end()) {
    if (coefficient)
      terms.push_back({term, coefficient});
    return true;
  }
  if (llvm::AddOverflow(place->second, coefficient, place->second))
    return false;
  if (place->second == 0)
    terms.erase(place);
  return true;
}

bool LinearForm::add(const LinearForm &other, int64_t scale) {
  int64_t product;
  if (llvm::MulOverflow(other.constant, scale, product) ||
      llvm::AddOverflow(constant, product, constant))
    return false;
  for (auto [term, coefficient] : other.terms)
    if (llvm::MulOverflow(coefficient, scale, product) ||
        !addTerm(term, product))
      return false;
  return true;
}

int64_t LinearForm::getCoefficient(Value term) const {
  for (auto [other, coefficient] : terms)
    if (other == term)
      return coefficient;
  return 0;
}

//===----------------------------------------------------------------------===//
// LinearForms
//===----------------------------------------------------------------------===//

Value LinearForms::getLeader(Value value) {
  if (Value leader = leaders.lookup(value))
    return leader;
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() || op->getNumResults() != 1) {
    leaders[value] = value;
    return value;
  }
  Key key{op->getName().getAsOpaquePointer(),
          op->getAttrDictionary().getAsOpaquePointer(),
          value.getType().getAsOpaquePointer()};
  for (Value operand : op->getOperands())
    key.push_back(getLeader(operand).getAsOpaquePointer());
  if (op->hasTrait<OpTrait::IsCommutative>())
    llvm::sort(key.begin() + 3, key.end());
  Value leader = expressions.try_emplace(std::move(key), value).first->second;
  leaders[value] = leader;
  return leader;
}

std::optional<Remainder> LinearForms::getRemainder(Value value) {
  auto difference = value.getDefiningOp<arith::SubIOp>();
  if (!difference)
    return std::nullopt;
  auto product = difference.getRhs().getDefiningOp<arith::MulIOp>();
  if (!product)
    return std::nullopt;
  for (bool swap : {false, true}) {
    Value quotient = swap ? product.getRhs() : product.getLhs();
    Value divisor = swap ? product.getLhs() : product.getRhs();
    auto division = quotient.getDefiningOp<arith::FloorDivSIOp>();
    if (division &&
        getLeader(division.getLhs()) == getLeader(difference.getLhs()) &&
        getLeader(division.getRhs()) == getLeader(divisor))
      return Remainder{division.getLhs(), division.getRhs(), quotient};
  }
  return std::nullopt;
}

/// Replaces `x - x mod d` by `d * (x floordiv d)`, for constants `d`.
void LinearForms::useQuotients(LinearForm &form) {
  for (auto &entry : SmallVector(form.terms)) {
    Value term = entry.first;
    int64_t coefficient = entry.second;
    std::optional<Remainder> remainder = getRemainder(term);
    APInt divisor;
    if (!remainder ||
        !matchPattern(remainder->divisor, m_ConstantInt(&divisor)))
      continue;
    const LinearForm &dividend = get(remainder->dividend);
    bool cancels = llvm::all_of(dividend.terms, [&](auto &entry) {
      int64_t whole;
      return !llvm::MulOverflow(entry.second, -coefficient, whole) &&
             form.getCoefficient(entry.first) == whole;
    });
    LinearForm shorter = form;
    int64_t factor;
    if (cancels && shorter.addTerm(term, -coefficient) &&
        shorter.add(dividend, coefficient) &&
        !llvm::MulOverflow(-coefficient, divisor.getSExtValue(), factor) &&
        shorter.addTerm(getLeader(remainder->quotient), factor))
      form = shorter;
  }
}

std::optional<LinearForm> LinearForms::build(Value value) {
  LinearForm form;
  APInt constant;
  Operation *op = value.getDefiningOp();
  auto isConstant = [&](Value operand) {
    return matchPattern(operand, m_ConstantInt(&constant)) &&
           constant.getSignificantBits() <= 62;
  };
  if (isConstant(value)) {
    form.constant = constant.getSExtValue();
    return form;
  }
  if (!value.getType().isIndex() || !op)
    return std::nullopt;
  if (std::optional<Remainder> remainder = getRemainder(value))
    return matchPattern(remainder->divisor, m_One()) ? std::optional(form)
                                                     : std::nullopt;
  bool fits = false;
  if (isa<arith::AddIOp, arith::SubIOp>(op))
    fits = form.add(get(op->getOperand(0)), 1) &&
           form.add(get(op->getOperand(1)), isa<arith::AddIOp>(op) ? 1 : -1);
  else if (isa<arith::FloorDivSIOp>(op) &&
           matchPattern(op->getOperand(1), m_One()))
    fits = form.add(get(op->getOperand(0)), 1);
  else if (isa<arith::MulIOp>(op) && isConstant(op->getOperand(1)))
    fits = form.add(get(op->getOperand(0)), constant.getSExtValue());
  else if (isa<arith::MulIOp>(op) && isConstant(op->getOperand(0)))
    fits = form.add(get(op->getOperand(1)), constant.getSExtValue());
  if (!fits)
    return std::nullopt;
  useQuotients(form);
  return form;
}

const LinearForm &LinearForms::get(Value value) {
  Value leader = getLeader(value);
  if (auto place = forms.find(leader); place != forms.end())
    return *place->second;
  std::optional<LinearForm> form = build(leader);
  if (!form) {
    form.emplace();
    form->terms.push_back({leader, 1});
  }
  return *(forms[leader] = std::make_unique<LinearForm>(std::move(*form)));
}
