//===- LinearForm.h - index expressions as sums -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A value is written as a sum in which every term occurs once, so that terms
// that cancel do not blur what is known about the value.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_LINEARFORM_H
#define ATTN_ANALYSIS_LINEARFORM_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <map>
#include <optional>
#include <vector>

namespace mlir {
namespace attn {

/// constant + sum of coefficient * term. Coefficients are not 0.
struct LinearForm {
  SmallVector<std::pair<Value, int64_t>> terms;
  int64_t constant = 0;

  /// Adds `scale * other`. Returns false, with the form spoilt, if a number
  /// does not fit.
  bool add(const LinearForm &other, int64_t scale);
  bool addTerm(Value term, int64_t coefficient);
  int64_t getCoefficient(Value term) const;
};

/// The remainder of a floored division, written as dividend - quotient *
/// divisor.
struct Remainder {
  Value dividend, divisor, quotient;
};

/// The linear forms of scalar code. Values that are computed alike are one
/// term.
class LinearForms {
public:
  /// The first value seen that is computed as `value` is.
  Value getLeader(Value value);

  /// The form of a value of type `index`. Its terms are leaders.
  const LinearForm &get(Value value);

  /// Recognises a remainder.
  std::optional<Remainder> getRemainder(Value value);

private:
  std::optional<LinearForm> build(Value value);
  void useQuotients(LinearForm &form);

  using Key = std::vector<const void *>;
  std::map<Key, Value> expressions;
  DenseMap<Value, Value> leaders;
  DenseMap<Value, std::unique_ptr<LinearForm>> forms;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_ANALYSIS_LINEARFORM_H
