// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of fragment layouts, PTX ISA 9.7.14, and the demand of matrix
// instructions for whole warps.

#include "MatrixLayout.h"

#include <cassert>
#include <map>
#include <mutex>
#include <tuple>

using namespace attn::sim;

namespace {

/// A layout is linear in the bits of the lane and of the element: each bit that
/// is set adds to one coordinate. `k2 k4 m1 m2 m4` says that lanes 1, 2, 4, 8
/// and 16 add 2 and 4 to k and 1, 2 and 4 to m. `q` is the number of the
/// product. What an element would add beyond the shape is left out.
struct LayoutRule {
  MatrixOperand operand;
  MatrixFamily family;
  std::string_view lanes;
  std::string_view elements;
};

using Matrix = MatrixOperand;
using Family = MatrixFamily;

constexpr LayoutRule kRules[] = {
    {Matrix::A, Family::Bits64, "k1 k2 m1 m2 m4", "m8 k4 k8"},
    {Matrix::A, Family::Bits32, "k1 k2 m1 m2 m4", "m8 k4"},
    {Matrix::A, Family::Bits16, "k2 k4 m1 m2 m4", "k1 m8 k8 m16"},
    {Matrix::A, Family::Bits8, "k4 k8 m1 m2 m4", "k1 k2 m8 k16 m16"},
    {Matrix::A, Family::Bits4, "k8 k16 m1 m2 m4", "k1 k2 k4 m8 k32"},
    {Matrix::B, Family::Bits64, "k1 k2 n1 n2 n4", "k4 k8"},
    {Matrix::B, Family::Bits32, "k1 k2 n1 n2 n4", "k4 n8"},
    {Matrix::B, Family::Bits16, "k2 k4 n1 n2 n4", "k1 k8 n8 n16"},
    {Matrix::B, Family::Bits8, "k4 k8 n1 n2 n4", "k1 k2 k16 n8 n16"},
    {Matrix::B, Family::Bits4, "k8 k16 n1 n2 n4", "k1 k2 k4 k32"},
    {Matrix::C, Family::Bits64, "n2 n4 m1 m2 m4", "n1 m8"},
    {Matrix::C, Family::Bits32, "n2 n4 m1 m2 m4", "n1 m8 n8 n16 m16"},
    {Matrix::C, Family::Bits16, "n2 n4 m1 m2 m4", "n1 m8 n8 n16 m16"},
    {Matrix::A, Family::VoltaRow, "m1 m2 q1 q2 m4", "k1 k2"},
    {Matrix::A, Family::VoltaColumn, "k1 k2 q1 q2 m4", "m1 m2"},
    {Matrix::B, Family::VoltaRow, "k1 k2 q1 q2 n4", "n1 n2"},
    {Matrix::B, Family::VoltaColumn, "n1 n2 q1 q2 n4", "k1 k2"},
    {Matrix::C, Family::VoltaHalf, "m1 m2 q1 q2 m4", "n1 n2 n4"},
    {Matrix::C, Family::VoltaSingle, "m1 n2 q1 q2 m4", "n1 m2 n4"},
};

const LayoutRule &findRule(Matrix operand, Family family) {
  for (const LayoutRule &rule : kRules)
    if (rule.operand == operand && rule.family == family)
      return rule;
  assert(false && "no such layout");
  return kRules[0];
}

/// Reads the digits of `text` from `at` on.
unsigned readNumber(std::string_view text, size_t &at) {
  unsigned result = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9')
    result = result * 10 + unsigned(text[at++] - '0');
  return result;
}

/// What the coordinates are worth in the stored matrix.
struct Strides {
  unsigned m = 0, n = 0, k = 0, q = 0;
};

Strides getStrides(Matrix operand, const MatrixShape &shape) {
  switch (operand) {
  case Matrix::A:
    return {shape.k, 0, 1, shape.m * shape.k};
  case Matrix::B:
    return {0, 1, shape.n, shape.k * shape.n};
  case Matrix::C:
    return {shape.n, 1, 0, shape.m * shape.n};
  }
  return {};
}

/// Translates `k2 k4 m1` into distances in the stored matrix.
std::vector<unsigned> readSteps(std::string_view text, Matrix operand,
                                const MatrixShape &shape) {
  Strides strides = getStrides(operand, shape);
  std::vector<unsigned> steps;
  for (size_t at = 0; at < text.size(); ++at) {
    char axis = text[at++];
    unsigned value = readNumber(text, at);
    unsigned extent = axis == 'm'   ? shape.m
                      : axis == 'n' ? shape.n
                      : axis == 'k' ? shape.k
                                    : shape.count;
    unsigned stride = axis == 'm'   ? strides.m
                      : axis == 'n' ? strides.n
                      : axis == 'k' ? strides.k
                                    : strides.q;
    if (value < extent)
      steps.push_back(value * stride);
  }
  return steps;
}

unsigned addSteps(const std::vector<unsigned> &steps, unsigned number) {
  unsigned result = 0;
  for (size_t i = 0; i < steps.size(); ++i)
    result += number >> i & 1 ? steps[i] : 0;
  return result;
}

FragmentLayout makeLayout(Matrix operand, Family family,
                          const MatrixShape &shape) {
  const LayoutRule &rule = findRule(operand, family);
  std::vector<unsigned> lanes = readSteps(rule.lanes, operand, shape);
  std::vector<unsigned> elements = readSteps(rule.elements, operand, shape);
  FragmentLayout result;
  unsigned rows = operand == Matrix::B ? shape.k : shape.m;
  result.columns = operand == Matrix::A ? shape.k : shape.n;
  result.size = rows * result.columns * shape.count;
  result.positions.resize(size_t(1) << elements.size());
  for (unsigned element = 0; element < result.elements(); ++element)
    for (unsigned lane = 0; lane < kLanes; ++lane)
      result.positions[element][lane] =
          uint16_t(addSteps(elements, element) + addSteps(lanes, lane));
  assert(result.elements() * kLanes == result.size && lanes.size() == 5);
  return result;
}

} // namespace

MatrixShape attn::sim::parseMatrixShape(std::string_view name) {
  MatrixShape shape;
  size_t at = 1;
  shape.m = readNumber(name, at);
  shape.n = readNumber(name, ++at);
  shape.k = readNumber(name, ++at);
  return shape;
}

const FragmentLayout &attn::sim::getFragmentLayout(Matrix operand,
                                                   Family family,
                                                   const MatrixShape &shape) {
  static std::mutex mutex;
  static std::map<
      std::tuple<Matrix, Family, unsigned, unsigned, unsigned, unsigned>,
      FragmentLayout>
      layouts;
  std::lock_guard<std::mutex> lock(mutex);
  auto [entry, isNew] = layouts.try_emplace(
      {operand, family, shape.m, shape.n, shape.k, shape.count});
  if (isNew)
    entry->second = makeLayout(operand, family, shape);
  return entry->second;
}

Outcome attn::sim::awaitFullWarp(Warp &warp, const Operation &op) {
  if (!warp.haveArrived(op, kAllLanes))
    return Outcome::Wait;
  if (warp.active == kAllLanes)
    return Outcome::Next;
  // Lanes that live but are not here have been reported.
  if (warp.active == warp.live)
    warp.report(Check::Barrier, op, warp.active,
                "needs all 32 threads of the warp, found " +
                    std::to_string(__builtin_popcount(warp.active)));
  return Outcome::Stop;
}
