//===- Reports.cpp - what attn-run prints ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Formats results, errors and times.
//
//===----------------------------------------------------------------------===//

#include "Reports.h"

#include "attn/Runner/Compare.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::attn;
using llvm::ArrayRef;

/// The most elements that are printed of an array.
static constexpr int64_t kMaxPrinted = 64;

double mlir::attn::getDefaultTolerance(ElementKind kind) {
  switch (kind) {
  case ElementKind::F64:
    return 1e-12;
  case ElementKind::F32:
    return 2e-5;
  case ElementKind::F16:
    return 1e-3;
  case ElementKind::BF16:
    return 8e-3;
  default:
    return 0;
  }
}

/// Prints the type of an array, such as "2x3xf32".
static void printType(llvm::raw_ostream &stream, const Array &array) {
  for (int64_t size : array.shape)
    stream << size << "x";
  stream << getElementName(array.kind);
}

void mlir::attn::printArrays(llvm::raw_ostream &stream,
                             ArrayRef<Array> arrays) {
  for (auto [index, array] : llvm::enumerate(arrays)) {
    stream << "output " << index << ": ";
    printType(stream, array);
    stream << " [";
    int64_t count = array.getNumElements();
    for (int64_t i = 0; i < std::min(count, kMaxPrinted); ++i) {
      stream << (i ? ", " : "");
      if (isFloat(array.kind))
        stream << llvm::format("%.6g", array.getDouble(i));
      else
        stream << array.getInt(i);
    }
    stream << (count > kMaxPrinted ? ", ...]\n" : "]\n");
  }
}

/// Prints the coordinates of element `index`, counted in C order.
static void printCoordinates(llvm::raw_ostream &stream, const Array &array,
                             int64_t index) {
  llvm::SmallVector<int64_t> coordinates(array.shape.size());
  for (size_t axis = array.shape.size(); axis-- > 0;) {
    coordinates[axis] = index % array.shape[axis];
    index /= array.shape[axis];
  }
  stream << "[";
  llvm::interleaveComma(coordinates, stream);
  stream << "]";
}

llvm::Error mlir::attn::reportErrors(llvm::raw_ostream &stream,
                                     ArrayRef<Array> results,
                                     ArrayRef<Array> expected,
                                     std::optional<double> tolerance) {
  std::string failure;
  for (auto [index, found] : llvm::enumerate(results)) {
    const Array &wanted = expected[index];
    ErrorReport report = compareArrays(found, wanted);
    double bound = tolerance.value_or(getDefaultTolerance(found.kind));
    stream << "output " << index << ": ";
    printType(stream, found);
    stream << llvm::format(" relative error %.2e (tolerance %.0e)",
                           report.relativeFrobenius, bound)
           << llvm::format(", max abs %.2e", report.maxAbsolute);
    if (report.worstIndex >= 0) {
      stream << " at ";
      printCoordinates(stream, wanted, report.worstIndex);
    }
    if (report.mismatchedNaN)
      stream << ", NaN in one only: " << report.mismatchedNaN;
    bool accepted = report.relativeFrobenius <= bound;
    stream << (accepted ? "\n" : "  <- too large\n");
    if (!accepted && failure.empty())
      failure = "output " + std::to_string(index) +
                " differs from the reference by more than the tolerance";
  }
  if (failure.empty())
    return llvm::Error::success();
  return llvm::createStringError(llvm::inconvertibleErrorCode(), failure);
}

void mlir::attn::printTimes(llvm::raw_ostream &stream, double compileSeconds,
                            double firstSeconds, ArrayRef<double> seconds) {
  llvm::SmallVector<double> sorted(seconds);
  llvm::sort(sorted);
  stream << llvm::format("compile  %.3f ms\n", compileSeconds * 1e3)
         << llvm::format("first    %.3f ms\n", firstSeconds * 1e3)
         << llvm::format("best     %.3f ms", sorted.front() * 1e3) << " of "
         << sorted.size() << " runs\n"
         << llvm::format("median   %.3f ms\n", sorted[sorted.size() / 2] * 1e3);
}
