//===- CompiledModule.h - a function compiled into this process -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles a function on tensors to machine code and calls it with arrays.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNNER_COMPILEDMODULE_H
#define ATTN_RUNNER_COMPILEDMODULE_H

#include "attn/Runner/Signature.h"

#include <memory>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir {
class ExecutionEngine;
class DialectRegistry;
namespace attn {

/// How a function is compiled.
struct CompileOptions {
  /// The function to call; empty means the only public one.
  std::string entry;
  /// The processor to compile for: "native", "x86-64-v3" or "x86-64-v4".
  std::string cpu = "native";
  /// Compile the reference semantics instead of fast code.
  bool reference = false;
  /// Fill memory with NaN when it is allocated, so that reads of elements that
  /// nobody wrote show up in the results.
  bool poisonMemory = false;
};

/// A processor that code can be generated for.
struct CPUTarget {
  /// The name for LLVM, with the features that differ from it.
  std::string name, features;
  /// The model that the pipelines know it by.
  std::string model;
  /// Whether it rounds to bf16 in one instruction.
  bool bf16Rounding;
};

/// Returns what `cpu` stands for on a processor of the given
/// attn_rt_cpu_level; instructions that it does not have are an error.
llvm::Expected<CPUTarget> resolveCPU(StringRef cpu, int availableLevel);

/// Adds the dialects that programs may use, and the translation to LLVM IR.
void registerRunnerDialects(DialectRegistry &registry);

/// The machine code of one function, which lives in this process.
class CompiledModule {
public:
  /// Compiles the entry function of `module`, which is left as it is. The
  /// error is one sentence; details are diagnostics of the module's context.
  static llvm::Expected<std::unique_ptr<CompiledModule>>
  compile(ModuleOp module, const CompileOptions &options);

  ~CompiledModule();

  const Signature &getSignature() const { return signature; }

  /// Calls the function. Arguments are checked against the signature and not
  /// changed; the results own their elements. Checks that fail inside of the
  /// generated code go to the runtime's error handler. If `seconds` is given,
  /// it receives the time between entering and leaving the generated code.
  llvm::Expected<SmallVector<Array>> invoke(ArrayRef<Array> arguments,
                                            double *seconds = nullptr);

private:
  explicit CompiledModule(Signature signature);

  Signature signature;
  std::unique_ptr<ExecutionEngine> engine;
  void (*function)(void **) = nullptr;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_RUNNER_COMPILEDMODULE_H
