//===- Inputs.cpp - arrays from the command line --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads files, draws random numbers and parses scalars.
//
//===----------------------------------------------------------------------===//

#include "Inputs.h"

#include "attn/Runner/Npy.h"
#include "attn/Runner/RandomInput.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns an error with the given sentence.
static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// Puts "input 1 (%key): " before the sentence of `error`.
static llvm::Error addContext(const Signature &signature, size_t index,
                              llvm::Error error) {
  return makeError(describeParameter(signature, index) + ": " +
                   llvm::toString(std::move(error)));
}

/// Parses sizes such as "2x4x64".
static llvm::Expected<SmallVector<int64_t>> parseShape(StringRef text) {
  SmallVector<int64_t> shape;
  SmallVector<StringRef> sizes;
  text.split(sizes, 'x');
  for (StringRef size : sizes) {
    int64_t value;
    if (size.getAsInteger(10, value) || value < 0)
      return makeError("expected a shape such as 2x4x64, found '" + text + "'");
    shape.push_back(value);
  }
  return shape;
}

/// Returns the random array that `text`, what follows "random:", describes.
static llvm::Expected<Array> makeRandom(const ValueSpec &spec, StringRef text) {
  auto [distribution, sizes] = text.split('@');
  SmallVector<int64_t> shape = spec.shape;
  if (text.contains('@')) {
    auto parsed = parseShape(sizes);
    if (!parsed)
      return parsed.takeError();
    shape = *parsed;
  } else if (ShapedType::isDynamicShape(shape)) {
    return makeError("expected sizes for shape " + describeShape(spec.shape) +
                     ", such as random:" + text + "@" +
                     describeShape(SmallVector<int64_t>(shape.size(), 4)) +
                     ", found none");
  }
  return randomArray(distribution, spec.kind, shape);
}

/// Returns the scalar that `text`, what follows "value:", spells.
static llvm::Expected<Array> makeScalar(const ValueSpec &spec, StringRef text) {
  if (!spec.shape.empty())
    return makeError("expected an array of shape " + describeShape(spec.shape) +
                     ", found the number " + text);
  auto array = Array::create(spec.kind, {});
  if (!array)
    return array;
  if (isFloat(spec.kind)) {
    double value;
    if (text.getAsDouble(value))
      return makeError("expected a number, found '" + text + "'");
    array->setDouble(0, value);
    return array;
  }
  auto [least, most] = getIntegerRange(spec.kind);
  int64_t value;
  if (text.getAsInteger(10, value) || value < least || value > most)
    return makeError("expected an integer from " + Twine(least) + " to " +
                     Twine(most) + ", found '" + text + "'");
  array->setInt(0, value);
  return array;
}

llvm::Expected<Array> mlir::attn::makeInput(const Signature &signature,
                                            size_t index, StringRef source) {
  const ValueSpec &spec = signature.parameters[index];
  StringRef text = source;
  auto array = text.consume_front("random:")  ? makeRandom(spec, text)
               : text.consume_front("value:") ? makeScalar(spec, text)
                                              : readNpy(source);
  if (!array)
    return addContext(signature, index, array.takeError());
  return array;
}
