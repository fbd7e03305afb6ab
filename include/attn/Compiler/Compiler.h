//===- Compiler.h - from functions on tensors to machine code ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles functions on tensors ahead of time, or into this process. Both ways
// share every step: the pipelines, the functions that C programs call, and what
// LLVM does with the result.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_COMPILER_COMPILER_H
#define ATTN_COMPILER_COMPILER_H

#include "attn/Compiler/CPUTarget.h"
#include "attn/Compiler/Signature.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir {
class DialectRegistry;
class ExecutionEngine;
namespace attn {

/// Adds the dialects that programs may use, and the translation to LLVM IR.
void registerProgramDialects(DialectRegistry &registry);

/// What a compilation is asked for.
struct CompileRequest {
  /// The functions that callers see; empty means all public ones.
  std::vector<std::string> entries;
  /// Compile the reference semantics instead of fast code.
  bool reference = false;
  /// The GPU that kernels are compiled for, a name of getGPUModels; empty:
  /// none, all code is for the processor.
  std::string gpu;
  /// Where the names of parameters come from, if the program was text.
  const AsmParserState *names = nullptr;
};

//===----------------------------------------------------------------------===//
// Step by step
//===----------------------------------------------------------------------===//

/// A program in the LLVM dialect.
struct LoweredProgram {
  OwningOpRef<ModuleOp> module;
  /// The functions that callers see. Each has three symbols: its name, a C
  /// function on attn_rt_tensor that returns an attn_rt_status; the constant
  /// attn_entry_<name>, an attn_rt_entry; all others are internal.
  std::vector<Signature> entries;
  /// The GPU that kernels are for; empty: there are none.
  std::string gpu;
};

/// Takes a copy of `module` to the LLVM dialect. The error is one sentence;
/// details are diagnostics of the module's context.
llvm::Expected<LoweredProgram> lowerProgram(ModuleOp module,
                                            const CPUTarget &cpu,
                                            const CompileRequest &request);

/// Translates `module`, in the LLVM dialect, to LLVM IR for `machine`. Returns
/// null after a diagnostic.
std::unique_ptr<llvm::Module> translateProgram(Operation *module,
                                               llvm::LLVMContext &context,
                                               llvm::TargetMachine &machine);

/// Optimises LLVM IR. The loops of the fast form are already what the code
/// generator needs; those of the reference are simplified and stay scalar.
void optimizeProgram(llvm::Module &module, llvm::TargetMachine &machine,
                     bool reference);

//===----------------------------------------------------------------------===//
// Ahead of time
//===----------------------------------------------------------------------===//

/// The forms that compiled programs can be written in.
enum class ImageKind {
  MLIR,          ///< the module in the LLVM dialect, as text
  LLVMIR,        ///< LLVM IR, as text
  Assembly,      ///< assembly
  Object,        ///< a relocatable object; needs the runtime library
  SharedLibrary, ///< a shared object that contains the runtime library
  PTX,           ///< the kernels for a GPU alone, as text
  Cubin,         ///< the kernels for a GPU alone, as machine code
};

/// Returns the kind of files called like `path`, for programs with kernels for
/// `gpu`, or without if that is empty. The error lists the kinds.
llvm::Expected<ImageKind> getImageKind(StringRef path, StringRef gpu = "");

/// Returns `program` in the form `kind`. A shared library is made by the
/// system's compiler driver, which is looked for on the PATH.
llvm::Expected<std::string> emitImage(const LoweredProgram &program,
                                      const CPUTarget &cpu, ImageKind kind);

/// Links objects into a shared library with the runtime library inside. With
/// `kernels` that includes the device of the CUDA driver.
llvm::Expected<std::string> linkSharedLibrary(StringRef object,
                                              bool kernels = false);

/// Returns the machine code of `ptx` for `gpu`. It is made by ptxas, which is
/// looked for on the PATH and in CUDA_HOME.
llvm::Expected<std::string> assembleKernels(StringRef ptx, StringRef gpu);

/// Returns an error unless C programs can call functions of these names.
llvm::Error checkNames(ArrayRef<Signature> entries);

/// Returns a C header for the entries of a program. `title` names the program
/// and `guard` is its include guard.
std::string makeHeader(const LoweredProgram &program, const CPUTarget &cpu,
                       StringRef title, StringRef guard);

/// Returns the include guard for a header at `path`.
std::string makeHeaderGuard(StringRef path);

/// A file to write.
struct OutputFile {
  std::string path, content;
};

/// Returns an error unless `path` can be written to: its folder exists and it
/// is no folder.
llvm::Error checkWritable(StringRef path);

/// Writes files beside their paths and renames them when all are complete. On
/// an error, which names the path, nothing else is left.
llvm::Error writeFiles(ArrayRef<OutputFile> files);

/// Writes `program` to `output`, whose extension says the form, and its C
/// header to `header` unless that is empty. Both files are written or none.
llvm::Error writeProgram(const LoweredProgram &program, const CPUTarget &cpu,
                         StringRef output, StringRef header, StringRef title);

/// A compiled function as embedders take it.
struct Kernel {
  /// A relocatable object that calls the runtime library. Its code starts its
  /// own parallel loops and allocates its own temporary memory there, so that
  /// neither a grid nor a workspace is left to the caller.
  std::string image;
  /// The symbols of the C function and of the attn_rt_entry.
  std::string symbol, entrySymbol;
  /// What it takes and returns.
  Signature signature;
};

/// Compiles the function `op`, a func.func on tensors in a module. Functions
/// that it calls are compiled with it.
llvm::Expected<Kernel> compileKernel(Operation *op, const CPUTarget &cpu);

//===----------------------------------------------------------------------===//
// Into this process
//===----------------------------------------------------------------------===//

/// The machine code of one function, which lives in this process.
class LoadedKernel {
public:
  /// Compiles the only entry of `request` for this machine. With
  /// `poisonMemory`, memory is filled with NaN when it is allocated, so that
  /// reads of elements that nobody wrote show up in the results.
  static llvm::Expected<std::unique_ptr<LoadedKernel>>
  load(ModuleOp module, const CPUTarget &cpu, const CompileRequest &request,
       bool poisonMemory = false);

  ~LoadedKernel();

  const Signature &getSignature() const { return signature; }

  /// Returns what attn_rt_invoke calls.
  const attn_rt_entry *getEntry() const { return entry; }

private:
  LoadedKernel() = default;

  Signature signature;
  std::unique_ptr<ExecutionEngine> engine;
  const attn_rt_entry *entry = nullptr;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_COMPILER_COMPILER_H
