// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Exact sums as expansions: doubles whose bits do not overlap, smallest first.

#include "MatrixSums.h"

#include "Numerics.h"

#include <vector>

#pragma STDC FP_CONTRACT OFF

using namespace attn::sim;

namespace {
struct ModelRow {
  unsigned firstTarget;
  /// Factors of 8, 16 and 19 bits (tf32).
  SumModel bits8, bits16, bits19;
};

/// The bits that are kept, and the terms of a sum. A model after Fasi, Higham,
/// Mikaitis and Pranesh (PeerJ CS 330) and Khattak and Mikaitis (arXiv
/// 2512.07004); not every number has been compared with theirs, and none with a
/// device.
constexpr ModelRow kModels[] = {
    {0, {23, 4}, {23, 4}, {23, 4}},    {75, {24, 4}, {24, 4}, {24, 4}},
    {80, {24, 8}, {24, 8}, {24, 4}},   {89, {13, 16}, {24, 8}, {24, 4}},
    {90, {13, 32}, {25, 16}, {25, 8}}, {100, {25, 32}, {25, 16}, {25, 8}},
};
} // namespace

SumModel attn::sim::getSumModel(Type factor, unsigned target) {
  const ModelRow *found = kModels;
  for (const ModelRow &row : kModels)
    if (row.firstTarget <= target)
      found = &row;
  switch (getBits(factor)) {
  case 8:
    return found->bits8;
  case 16:
    return found->bits16;
  default:
    return found->bits19;
  }
}

/// Adds `term` to an expansion.
static void grow(std::vector<double> &expansion, double term) {
  size_t used = 0;
  for (double part : expansion) {
    double sum = term + part;
    double other = sum - term;
    double error = (term - (sum - other)) + (part - other);
    if (error != 0)
      expansion[used++] = error;
    term = sum;
  }
  expansion.resize(used);
  expansion.push_back(term);
}

double attn::sim::sumExactly(const double *a, const double *b, unsigned stride,
                             unsigned count, double c) {
  double plain = c;
  for (unsigned i = 0; i < count; ++i)
    plain += a[i] * b[i * stride];
  if (!std::isfinite(plain))
    return plain;
  std::vector<double> expansion = {c};
  for (unsigned i = 0; i < count; ++i)
    grow(expansion, a[i] * b[i * stride]);
  // The parts below the second cannot change to which side of a double the sum
  // lies, if the first two are rounded: they do not overlap.
  double high = expansion.back(), low = 0;
  for (size_t i = expansion.size() - 1; i-- > 0;) {
    double sum = high + expansion[i];
    low = expansion[i] - (sum - high);
    high = sum;
    if (low != 0)
      break;
  }
  return low == 0 ? high : addToOdd(high, low);
}
