// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A dense array in memory: what kernels are run on and compared by.

#ifndef ATTN_RUNNER_ARRAY_H
#define ATTN_RUNNER_ARRAY_H

#include "attn/Compiler/ElementKind.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <cstdlib>
#include <memory>

namespace mlir::attn {

/// Returns whether elements of the kind are floating-point numbers.
bool isFloat(ElementKind kind);

/// Returns the smallest and largest value of an integer kind; 0 and 1 for I1.
std::pair<int64_t, int64_t> getIntegerRange(ElementKind kind);

/// Returns the number of elements of an array of that shape. A negative size,
/// and a product of the sizes other than zero that takes more bytes than
/// int64_t can count, are errors.
llvm::Expected<int64_t> countElements(ElementKind kind,
                                      llvm::ArrayRef<int64_t> shape);

/// An array in C order (the last axis is contiguous) that owns its elements,
/// which start at a multiple of 64 bytes. An axis may have size zero; an array
/// without axes has one element.
struct Array {
  /// Returns an array of zeros. Fails as countElements does, and when there is
  /// not enough memory.
  static llvm::Expected<Array> create(ElementKind kind,
                                      llvm::ArrayRef<int64_t> shape);

  /// Returns the number of elements.
  int64_t getNumElements() const;

  /// Returns the number of bytes of all elements.
  int64_t getNumBytes() const {
    return getNumElements() * getElementBytes(kind);
  }

  /// Returns the address of the elements; never null.
  uint8_t *data() { return bytes.get(); }
  const uint8_t *data() const { return bytes.get(); }

  /// Returns element `index`, counted in C order, as a double; exact except for
  /// I64 above 2^53.
  double getDouble(int64_t index) const;

  /// Returns element `index` of an integer array.
  int64_t getInt(int64_t index) const;

  /// Sets element `index` of a floating-point array to `value`, rounded once to
  /// the nearest element, ties to even; overflow gives an infinity.
  void setDouble(int64_t index, double value);

  /// Sets element `index` of an integer array to `value`, which must be in the
  /// range of the kind.
  void setInt(int64_t index, int64_t value);

  /// Makes elements that nobody writes show up: fills a floating-point array
  /// with NaN and an integer array with the smallest value of its kind (I1:
  /// with 1).
  void fillWithNaN();

  ElementKind kind;
  llvm::SmallVector<int64_t> shape;

private:
  struct Free {
    void operator()(uint8_t *memory) const { std::free(memory); }
  };
  using Bytes = std::unique_ptr<uint8_t[], Free>;

  Array(ElementKind kind, llvm::ArrayRef<int64_t> shape, Bytes bytes)
      : kind(kind), shape(shape), bytes(std::move(bytes)) {}

  Bytes bytes;
};

} // namespace mlir::attn

#endif // ATTN_RUNNER_ARRAY_H
