//===- CompiledModule.h - a function compiled into this process -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles a function on tensors to machine code and calls it with arrays.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNNER_COMPILEDMODULE_H
#define ATTN_RUNNER_COMPILEDMODULE_H

#include "attn/Compiler/Compiler.h"
#include "attn/Runner/Array.h"

#include <memory>

namespace mlir::attn {

/// How a function is compiled.
struct CompileOptions {
  /// The function to call; empty means the only public one.
  std::string entry;
  /// The processor to compile for, as resolveCPU knows it.
  std::string cpu = "native";
  /// The GPU to compile kernels for; empty: none.
  std::string gpu;
  /// Compile the reference semantics instead of fast code.
  bool reference = false;
  /// Fill memory with NaN when it is allocated, so that reads of elements that
  /// nobody wrote show up in the results.
  bool poisonMemory = false;
};

/// Returns an error, in one sentence, unless `arrays` are as many as the
/// parameters and each has the rank, sizes and element type of its parameter.
llvm::Error checkArguments(const Signature &signature, ArrayRef<Array> arrays);

/// The machine code of one function, which lives in this process.
class CompiledModule {
public:
  /// Compiles the entry function of `module`, which is left as it is. The
  /// error is one sentence; details are diagnostics of the module's context.
  static llvm::Expected<std::unique_ptr<CompiledModule>>
  compile(ModuleOp module, const CompileOptions &options);

  const Signature &getSignature() const { return kernel->getSignature(); }

  /// Calls the function. Arguments are checked against the signature and not
  /// changed; the results own their elements. Checks that fail inside of the
  /// generated code are errors. If `seconds` is given, it receives the time of
  /// the call.
  llvm::Expected<SmallVector<Array>> invoke(ArrayRef<Array> arguments,
                                            double *seconds = nullptr);

private:
  explicit CompiledModule(std::unique_ptr<LoadedKernel> kernel);

  std::unique_ptr<LoadedKernel> kernel;
};

} // namespace mlir::attn

#endif // ATTN_RUNNER_COMPILEDMODULE_H
