//===- PackedCall.cpp - arguments and results of generated code -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Packs arrays into the descriptors of memrefs and unpacks results.
//
//===----------------------------------------------------------------------===//

#include "PackedCall.h"

#include "attn/Runtime/Runtime.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;
using namespace mlir::attn;

/// Words of a descriptor before the sizes.
static constexpr size_t kHeaderWords = 3;

/// Returns the bytes that a result takes in the struct of results.
static size_t getResultBytes(const ValueSpec &spec) {
  if (spec.isScalar)
    return getElementBytes(spec.kind);
  return (kHeaderWords + 2 * spec.shape.size()) * sizeof(int64_t);
}

PackedCall::PackedCall(const Signature &signature, ArrayRef<Array> arguments)
    : signature(signature) {
  layOutResults();
  descriptors.reserve(arguments.size());
  addresses.reserve(arguments.size());
  bool returnsScalar =
      signature.results.size() == 1 && signature.results[0].isScalar;
  if (!signature.results.empty() && !returnsScalar)
    pointers.push_back(&resultAddress);
  for (auto [array, spec] : llvm::zip_equal(arguments, signature.parameters)) {
    if (spec.isScalar)
      pointers.push_back(const_cast<uint8_t *>(array.data()));
    else
      addTensor(array);
  }
  if (returnsScalar)
    pointers.push_back(resultAddress);
}

void PackedCall::addTensor(const Array &array) {
  size_t rank = array.shape.size();
  std::vector<int64_t> words(kHeaderWords + 2 * rank, 0);
  words[0] = words[1] = reinterpret_cast<intptr_t>(array.data());
  int64_t stride = 1;
  for (size_t axis = rank; axis-- > 0;) {
    words[kHeaderWords + axis] = array.shape[axis];
    words[kHeaderWords + rank + axis] = stride;
    stride *= array.shape[axis];
  }
  descriptors.push_back(std::move(words));
  addresses.push_back(descriptors.back().data());
  pointers.push_back(&addresses.back());
}

void PackedCall::layOutResults() {
  size_t bytes = 0;
  for (const ValueSpec &spec : signature.results) {
    size_t alignment =
        spec.isScalar ? getElementBytes(spec.kind) : sizeof(int64_t);
    bytes = llvm::alignTo(bytes, alignment);
    resultOffsets.push_back(bytes);
    bytes += getResultBytes(spec);
  }
  results.resize(llvm::divideCeil(bytes, sizeof(int64_t)));
  resultAddress = results.data();
}

/// Copies the elements that `words` describe to `target`, in C order, from axis
/// `axis` on.
static void copyElements(const int64_t *words, size_t rank, size_t axis,
                         const uint8_t *source, uint8_t *&target,
                         int64_t elementBytes) {
  if (axis == rank) {
    std::memcpy(target, source, elementBytes);
    target += elementBytes;
    return;
  }
  int64_t size = words[kHeaderWords + axis];
  int64_t stride = words[kHeaderWords + rank + axis];
  if (axis + 1 == rank && stride == 1) {
    std::memcpy(target, source, size * elementBytes);
    target += size * elementBytes;
    return;
  }
  for (int64_t index = 0; index < size; ++index)
    copyElements(words, rank, axis + 1, source + index * stride * elementBytes,
                 target, elementBytes);
}

/// Returns a copy of the tensor that `words` describe.
static llvm::Expected<Array> copyTensor(const ValueSpec &spec,
                                        const int64_t *words) {
  size_t rank = spec.shape.size();
  auto array = Array::create(spec.kind, ArrayRef(words + kHeaderWords, rank));
  if (!array)
    return array;
  int64_t elementBytes = getElementBytes(spec.kind);
  const auto *source =
      reinterpret_cast<const uint8_t *>(words[1]) + words[2] * elementBytes;
  uint8_t *target = array->data();
  copyElements(words, rank, 0, source, target, elementBytes);
  return array;
}

llvm::Expected<SmallVector<Array>> PackedCall::takeResults() {
  SmallVector<Array> arrays;
  // Two results may be the same buffer.
  llvm::SmallDenseSet<int64_t> allocations;
  llvm::Error failure = llvm::Error::success();
  const auto *base = reinterpret_cast<const uint8_t *>(results.data());
  for (auto [spec, offset] :
       llvm::zip_equal(signature.results, resultOffsets)) {
    const auto *words = reinterpret_cast<const int64_t *>(base + offset);
    auto array =
        spec.isScalar ? Array::create(spec.kind, {}) : copyTensor(spec, words);
    if (!spec.isScalar)
      allocations.insert(words[0]);
    if (!array) {
      failure = llvm::joinErrors(std::move(failure), array.takeError());
      continue;
    }
    if (spec.isScalar)
      std::memcpy(array->data(), words, getElementBytes(spec.kind));
    arrays.push_back(std::move(*array));
  }
  for (int64_t allocation : allocations)
    attn_rt_free(reinterpret_cast<void *>(allocation));
  if (failure)
    return failure;
  return arrays;
}
