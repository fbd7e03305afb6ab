//===- FourierMotzkin.h - what inequalities imply together ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inequalities whose terms cancel when they are added say more together than
// each does on a box.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_FOURIERMOTZKIN_H
#define ATTN_ANALYSIS_FOURIERMOTZKIN_H

#include "attn/Analysis/LinearForm.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir {
namespace attn {

/// A form that is at most 0 by a comparison. An equation is two of one source.
struct Comparison {
  LinearForm form;
  unsigned source;
};

/// What may be spent on cuts. Each sum of two inequalities costs one.
struct CutBudget {
  int64_t sums = 20000;
  bool isExhausted = false;
};

/// Forms that are at most 0 wherever all `comparisons` hold: sums of two of
/// them or more, and of what defines quotients and remainders, in which terms
/// cancel. Sums that follow from intervals of the terms are left out. Terms for
/// which `varies` does not hold have one value. A single positive constant says
/// that the comparisons contradict each other.
///
/// Stops with what it has if the budget is used up.
SmallVector<LinearForm> findCuts(ArrayRef<Comparison> comparisons,
                                 LinearForms &context,
                                 llvm::function_ref<bool(Value)> varies,
                                 CutBudget &budget);

} // namespace attn
} // namespace mlir

#endif // ATTN_ANALYSIS_FOURIERMOTZKIN_H
