// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numerics that need the rounding mode of the host, or its mathematical
// functions.

#include "Numerics.h"

#include <cfenv>

#pragma STDC FENV_ACCESS ON

namespace attn::sim {

/// The mode of the host that rounds as `rounding`.
static int getHostMode(Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return FE_TOWARDZERO;
  case Rounding::Down:
    return FE_DOWNWARD;
  case Rounding::Up:
    return FE_UPWARD;
  default:
    return FE_TONEAREST;
  }
}

/// Applies `operation` in the rounding mode of the host.
static double compute(DoubleOperation operation, double a, double b, double c) {
  switch (operation) {
  case DoubleOperation::Add:
    return a + b;
  case DoubleOperation::Multiply:
    return a * b;
  case DoubleOperation::Fma:
    return std::fma(a, b, c);
  case DoubleOperation::Divide:
    return a / b;
  case DoubleOperation::Sqrt:
    return std::sqrt(a);
  }
  return 0;
}

void computeDirected(DoubleOperation operation, Rounding rounding,
                     unsigned count, const double *a, const double *b,
                     const double *c, double *result) {
  int before = std::fegetround();
  std::fesetround(getHostMode(rounding));
  for (unsigned i = 0; i < count; ++i)
    result[i] = compute(operation, a[i], b[i], c[i]);
  std::fesetround(before);
  for (unsigned i = 0; i < count; ++i)
    result[i] = canonical(result[i]);
}

void computeFunction(FloatFunction function, unsigned count, const float *x,
                     float *result) {
  for (unsigned i = 0; i < count; ++i) {
    double value = x[i];
    switch (function) {
    case FloatFunction::Sine:
      value = std::sin(value);
      break;
    case FloatFunction::Cosine:
      value = std::cos(value);
      break;
    case FloatFunction::Tanh:
      value = std::tanh(value);
      break;
    }
    result[i] = canonical(float(value));
  }
}

} // namespace attn::sim
