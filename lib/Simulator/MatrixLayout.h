// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the matrices of mma and wmma are spread over the lanes of a warp.

#ifndef ATTN_SIMULATOR_MATRIXLAYOUT_H
#define ATTN_SIMULATOR_MATRIXLAYOUT_H

#include "attn/Simulator/Warp.h"

namespace attn::sim {

/// d = a * b + c with a of m x k, b of k x n elements. `count` such products
/// are side by side: four in the form for sm_70.
struct MatrixShape {
  unsigned m = 0, n = 0, k = 0;
  unsigned count = 1;
};

/// Reads `m16n8k16`.
MatrixShape parseMatrixShape(std::string_view name);

/// The matrices of a product; d is laid out as c.
enum class MatrixOperand : uint8_t { A, B, C };

/// Layouts of a matrix. Those of mma depend on the width of elements; products
/// for sm_70 have others, by rows and by columns, and for c by its width.
enum class MatrixFamily : uint8_t {
  Bits64,
  Bits32,
  Bits16,
  Bits8,
  Bits4,
  VoltaRow,
  VoltaColumn,
  VoltaHalf,
  VoltaSingle,
};

/// Where the elements of a fragment lie in their matrix, which is stored by
/// rows: a as m x k, b as k x n, c as m x n, one product after the other.
struct FragmentLayout {
  /// Positions of one element of the fragment in all lanes, for each element.
  std::vector<std::array<uint16_t, kLanes>> positions;
  /// Elements of the matrix, and of one row.
  unsigned size = 0;
  unsigned columns = 0;

  unsigned elements() const { return unsigned(positions.size()); }
};

/// Returns the layout of an operand; the same object for the same arguments.
const FragmentLayout &getFragmentLayout(MatrixOperand operand,
                                        MatrixFamily family,
                                        const MatrixShape &shape);

/// Next if all 32 lanes execute `op`, as matrix instructions demand; Wait if
/// others may come. Reports lanes that have exited, or never were.
Outcome awaitFullWarp(Warp &warp, const Operation &op);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_MATRIXLAYOUT_H
