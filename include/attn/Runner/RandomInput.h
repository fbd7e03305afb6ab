// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays of reproducible random numbers.

#ifndef ATTN_RUNNER_RANDOMINPUT_H
#define ATTN_RUNNER_RANDOMINPUT_H

#include "attn/Runner/Array.h"

namespace mlir::attn {

/// Returns an array filled as `spec` says: "SEED" or "SEED:DISTRIBUTION", SEED
/// an integer in [0, 2^64). The distributions:
///
///   normal     mean 0, deviation 1; the default of floating-point kinds
///   normal*S   the same times S, any finite number
///   uniform    in [0, 1); rounding to a narrow kind can give 1
///   int:LO:HI  integers from LO to HI, both included; int:0:7 is the default
///              of integer kinds
///   zeros, ones
///
/// Integer kinds take int, zeros and ones; I1 takes uniform too, its default:
/// true where the number is below 1/2.
///
/// Element i, counted in C order, depends on the seed, the distribution and i
/// only, is bit-identical on every machine, and is rounded once to the kind.
///
/// Specs that are not of this form, bounds of int that are reversed or that the
/// kind does not represent exactly, and impossible shapes (see countElements)
/// are errors.
llvm::Expected<Array> randomArray(llvm::StringRef spec, ElementKind kind,
                                  llvm::ArrayRef<int64_t> shape);

} // namespace mlir::attn

#endif // ATTN_RUNNER_RANDOMINPUT_H
