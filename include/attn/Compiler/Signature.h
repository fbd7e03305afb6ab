//===- Signature.h - what an entry function takes and returns ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters and results of a function on tensors, as callers see them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_COMPILER_SIGNATURE_H
#define ATTN_COMPILER_SIGNATURE_H

#include "attn/Compiler/ElementKind.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/Support/Error.h"

#include <string>

namespace mlir {
class AsmParserState;
namespace attn {

/// A parameter or result: a ranked tensor, or a scalar, which is an array
/// without axes.
struct ValueSpec {
  ElementKind kind = ElementKind::F32;
  bool isScalar = false;
  /// Sizes of the axes; ShapedType::kDynamic where any size is accepted.
  SmallVector<int64_t> shape;
  /// The name in the source, such as "%query"; empty if not known.
  std::string name;
};

/// Parameters and results of a function.
struct Signature {
  std::string functionName;
  SmallVector<ValueSpec> parameters;
  SmallVector<ValueSpec> results;
};

/// Returns the public functions of `module` that have bodies.
SmallVector<func::FuncOp> getPublicFunctions(ModuleOp module);

/// Returns the public function `name` of `module` that has a body. An empty
/// name means the only one there is. The error lists the public functions.
llvm::Expected<func::FuncOp> findEntry(ModuleOp module, StringRef name);

/// Returns the signature of `function`. Types that arrays cannot hold, and more
/// axes than ATTN_RT_MAX_RANK, are errors. Names of parameters come from
/// `state` if the source was text.
llvm::Expected<Signature> getSignature(func::FuncOp function,
                                       const AsmParserState *state = nullptr);

/// Returns how messages call parameter `index`: "input 1 (%key)".
std::string describeParameter(const Signature &signature, size_t index);

/// Returns sizes as messages spell them, "2x?x64", or "a scalar".
std::string describeShape(ArrayRef<int64_t> shape);

} // namespace attn
} // namespace mlir

#endif // ATTN_COMPILER_SIGNATURE_H
