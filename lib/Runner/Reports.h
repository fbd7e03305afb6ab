//===- Reports.h - what attn-run prints -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prints results, errors and times for people to read.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_RUNNER_REPORTS_H
#define ATTN_LIB_RUNNER_REPORTS_H

#include "attn/Runner/Array.h"

#include <optional>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::attn {

/// Returns the relative Frobenius error that a result of `kind` may have unless
/// the user states another: some roundings of the type.
double getDefaultTolerance(ElementKind kind);

/// Prints one line per array: its shape, type and (first) elements.
void printArrays(llvm::raw_ostream &stream, llvm::ArrayRef<Array> arrays);

/// Prints how far each result is from the expected one. Returns an error that
/// names the first one above the tolerance.
llvm::Error reportErrors(llvm::raw_ostream &stream,
                         llvm::ArrayRef<Array> results,
                         llvm::ArrayRef<Array> expected,
                         std::optional<double> tolerance);

/// Prints the time of compilation, of the first run, and best and median of the
/// others, in milliseconds.
void printTimes(llvm::raw_ostream &stream, double compileSeconds,
                double firstSeconds, llvm::ArrayRef<double> seconds);

} // namespace mlir::attn

#endif // ATTN_LIB_RUNNER_REPORTS_H
