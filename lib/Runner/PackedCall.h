//===- PackedCall.h - arguments and results of generated code ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory layout in which generated functions exchange tensors and scalars.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_RUNNER_PACKEDCALL_H
#define ATTN_LIB_RUNNER_PACKEDCALL_H

#include "attn/Runner/Signature.h"

namespace mlir::attn {

/// The arguments of one call of a C interface function, and room for its
/// results. A tensor is a descriptor of words:
///
///   allocated, aligned, offset, sizes[rank], strides[rank]
///
/// Arguments are passed by address. Results form one struct, whose address goes
/// first; a single scalar result is written to an address that goes last.
class PackedCall {
public:
  PackedCall(const Signature &signature, ArrayRef<Array> arguments);

  /// Returns what the packed form of the function takes.
  void **getPointers() { return pointers.data(); }

  /// Copies the results out and frees the memory behind them.
  llvm::Expected<SmallVector<Array>> takeResults();

private:
  /// Adds the descriptor of `array` and a pointer to it.
  void addTensor(const Array &array);
  /// Reserves room for the results and notes their offsets.
  void layOutResults();

  const Signature &signature;
  /// One descriptor per tensor argument; the pointers to them are stable.
  std::vector<std::vector<int64_t>> descriptors;
  std::vector<void *> addresses;
  std::vector<void *> pointers;
  /// The struct of results, in words so that it is aligned.
  std::vector<int64_t> results;
  std::vector<size_t> resultOffsets;
  void *resultAddress = nullptr;
};

} // namespace mlir::attn

#endif // ATTN_LIB_RUNNER_PACKEDCALL_H
