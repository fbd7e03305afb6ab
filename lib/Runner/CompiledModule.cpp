//===- CompiledModule.cpp - a function compiled into this process ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls compiled code with arrays.
//
//===----------------------------------------------------------------------===//

#include "attn/Runner/CompiledModule.h"

#include <chrono>
#include <cstring>

using namespace mlir;
using namespace mlir::attn;

/// Returns an error with the given sentence.
static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// Arrays and tensors
//===----------------------------------------------------------------------===//

/// Returns the tensor of `array`, whose rank the runtime can hold.
static attn_rt_tensor makeTensor(const Array &array) {
  return attn_rt_make_tensor(const_cast<uint8_t *>(array.data()),
                             getRuntimeType(array.kind), array.shape.size(),
                             array.shape.data());
}

/// Returns the error of an array of more axes than the runtime can hold.
static llvm::Error makeRankError(const ValueSpec &spec, const Array &array) {
  return makeError("expected rank " + Twine(spec.shape.size()) + " (" +
                   describeShape(spec.shape) + "), found rank " +
                   Twine(array.shape.size()) + " (" +
                   describeShape(array.shape) + ")");
}

/// Returns an error unless `array` can be passed for `spec`.
static llvm::Error checkArray(const ValueSpec &spec, const Array &array) {
  if (array.shape.size() > ATTN_RT_MAX_RANK)
    return makeRankError(spec, array);
  SmallVector<int64_t> sizes(spec.shape);
  for (int64_t &size : sizes)
    size = ShapedType::isDynamic(size) ? -1 : size;
  attn_rt_value value = {"", getRuntimeType(spec.kind),
                         static_cast<int32_t>(sizes.size()), sizes.data()};
  attn_rt_tensor tensor = makeTensor(array);
  char sentence[512];
  if (attn_rt_fits(&value, &tensor, sentence, sizeof(sentence)))
    return llvm::Error::success();
  return makeError(sentence);
}

llvm::Error mlir::attn::checkArguments(const Signature &signature,
                                       ArrayRef<Array> arrays) {
  if (arrays.size() != signature.parameters.size())
    return makeError("@" + signature.functionName + ": expected " +
                     Twine(signature.parameters.size()) + " inputs, found " +
                     Twine(arrays.size()));
  for (auto [index, array] : llvm::enumerate(arrays))
    if (llvm::Error error = checkArray(signature.parameters[index], array))
      return makeError(describeParameter(signature, index) + ": " +
                       llvm::toString(std::move(error)));
  return llvm::Error::success();
}

/// Returns an array without axes and the given value.
static llvm::Expected<Array> makeScalar(ElementKind kind, const void *value) {
  auto array = Array::create(kind, {});
  if (array)
    std::memcpy(array->data(), value, getElementBytes(kind));
  return array;
}

/// Copies the elements from axis `axis` on to `target`, in C order.
static void copyElements(const attn_rt_tensor &tensor, int32_t axis,
                         const uint8_t *source, uint8_t *&target) {
  int64_t bytes = attn_rt_dtype_bytes(tensor.dtype);
  bool isRow = axis + 1 == tensor.rank && tensor.strides[axis] == 1;
  if (axis == tensor.rank || isRow) {
    int64_t count = isRow ? tensor.sizes[axis] : 1;
    std::memcpy(target, source, count * bytes);
    target += count * bytes;
    return;
  }
  for (int64_t i = 0; i < tensor.sizes[axis]; ++i)
    copyElements(tensor, axis + 1, source + i * tensor.strides[axis] * bytes,
                 target);
}

/// Returns a copy of `tensor`.
static llvm::Expected<Array> copyTensor(ElementKind kind,
                                        const attn_rt_tensor &tensor) {
  auto array = Array::create(kind, ArrayRef(tensor.sizes, tensor.rank));
  if (!array)
    return array;
  uint8_t *target = array->data();
  copyElements(tensor, 0, static_cast<const uint8_t *>(tensor.data), target);
  return array;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

CompiledModule::CompiledModule(std::unique_ptr<LoadedKernel> kernel)
    : kernel(std::move(kernel)) {}

llvm::Expected<std::unique_ptr<CompiledModule>>
CompiledModule::compile(ModuleOp module, const CompileOptions &options) {
  auto cpu = resolveCPU(options.cpu, attn_rt_cpu_level());
  if (!cpu)
    return cpu.takeError();
  auto entry = findEntry(module, options.entry);
  if (!entry)
    return entry.takeError();
  CompileRequest request;
  request.entries = {entry->getName().str()};
  request.reference = options.reference;
  request.gpu = options.gpu;
  auto kernel = LoadedKernel::load(module, *cpu, request, options.poisonMemory);
  if (!kernel)
    return kernel.takeError();
  return std::unique_ptr<CompiledModule>(
      new CompiledModule(std::move(*kernel)));
}

namespace {

/// The arguments of one call, and room for its results.
struct Call {
  Call(const Signature &signature, ArrayRef<Array> arguments)
      : signature(signature), tensors(arguments.size()),
        results(signature.results.size(), attn_rt_tensor{}),
        scalars(signature.results.size()) {
    for (auto [index, spec] : llvm::enumerate(signature.parameters)) {
      tensors[index] = makeTensor(arguments[index]);
      inputs.push_back(spec.isScalar ? tensors[index].data : &tensors[index]);
    }
    for (auto [index, spec] : llvm::enumerate(signature.results))
      outputs.push_back(spec.isScalar ? static_cast<void *>(&scalars[index])
                                      : &results[index]);
  }
  ~Call() {
    for (attn_rt_tensor &result : results)
      attn_rt_tensor_free(&result);
  }

  /// Returns the results as arrays.
  llvm::Expected<SmallVector<Array>> takeResults() {
    SmallVector<Array> arrays;
    for (auto [index, spec] : llvm::enumerate(signature.results)) {
      auto array = spec.isScalar ? makeScalar(spec.kind, &scalars[index])
                                 : copyTensor(spec.kind, results[index]);
      if (!array)
        return array.takeError();
      arrays.push_back(std::move(*array));
    }
    return arrays;
  }

  const Signature &signature;
  std::vector<attn_rt_tensor> tensors, results;
  std::vector<int64_t> scalars;
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
};

} // namespace

llvm::Expected<SmallVector<Array>>
CompiledModule::invoke(ArrayRef<Array> arguments, double *seconds) {
  if (llvm::Error error = checkArguments(getSignature(), arguments))
    return error;
  Call call(getSignature(), arguments);
  auto start = std::chrono::steady_clock::now();
  attn_rt_status status = attn_rt_invoke(kernel->getEntry(), call.inputs.data(),
                                         call.outputs.data());
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  if (status != ATTN_RT_OK)
    return makeError(attn_rt_last_error());
  if (seconds)
    *seconds = elapsed.count();
  return call.takeResults();
}
