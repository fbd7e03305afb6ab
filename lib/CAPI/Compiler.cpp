//===- Compiler.cpp - C API of the compiler -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn-c/Compiler.h"

#include "attn/Compiler/Compiler.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Support.h"
#include "mlir/CAPI/Wrap.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// A lowered program and the processor that it is for.
struct CompiledProgram {
  CPUTarget cpu;
  LoweredProgram lowered;
};

} // namespace

DEFINE_C_API_PTR_METHODS(AttnProgram, CompiledProgram)
DEFINE_C_API_PTR_METHODS(AttnCallable, LoadedKernel)

/// Hands the sentence of `error` to `handler`.
static void report(llvm::Error error, AttnErrorHandler handler) {
  std::string sentence = llvm::toString(std::move(error));
  if (handler.callback)
    handler.callback(wrap(StringRef(sentence)), handler.userData);
}

/// Hands the sentence of `error` to `handler`, and returns the outcome.
static MlirLogicalResult finish(llvm::Error error, AttnErrorHandler handler) {
  if (!error)
    return mlirLogicalResultSuccess();
  report(std::move(error), handler);
  return mlirLogicalResultFailure();
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Compiles the functions that `request` names.
static llvm::Expected<std::unique_ptr<CompiledProgram>>
compile(ModuleOp module, StringRef cpuName, const CompileRequest &request) {
  auto cpu = resolveCPU(cpuName, attn_rt_cpu_level());
  if (!cpu)
    return cpu.takeError();
  auto lowered = lowerProgram(module, *cpu, request);
  if (!lowered)
    return lowered.takeError();
  return std::make_unique<CompiledProgram>(
      CompiledProgram{std::move(*cpu), std::move(*lowered)});
}

AttnProgram attnCompile(MlirModule module, intptr_t nEntries,
                        const MlirStringRef *entries, MlirStringRef cpu,
                        AttnErrorHandler onError) {
  CompileRequest request;
  for (intptr_t i = 0; i < nEntries; ++i)
    request.entries.push_back(unwrap(entries[i]).str());
  auto program = compile(unwrap(module), unwrap(cpu), request);
  if (program)
    return wrap(program->release());
  report(program.takeError(), onError);
  return AttnProgram{nullptr};
}

void attnProgramDestroy(AttnProgram program) { delete unwrap(program); }

MlirModule attnProgramGetModule(AttnProgram program) {
  return wrap(*unwrap(program)->lowered.module);
}

intptr_t attnProgramGetNumEntries(AttnProgram program) {
  return unwrap(program)->lowered.entries.size();
}

MlirStringRef attnProgramGetEntry(AttnProgram program, intptr_t index) {
  return wrap(StringRef(unwrap(program)->lowered.entries[index].functionName));
}

/// Returns the C++ name of `kind`.
static ImageKind convertKind(AttnImageKind kind) {
  switch (kind) {
  case AttnImageMLIR:
    return ImageKind::MLIR;
  case AttnImageLLVMIR:
    return ImageKind::LLVMIR;
  case AttnImageAssembly:
    return ImageKind::Assembly;
  case AttnImageObject:
    return ImageKind::Object;
  case AttnImageSharedLibrary:
    return ImageKind::SharedLibrary;
  }
  llvm_unreachable("unknown kind of image");
}

MlirLogicalResult attnProgramEmit(AttnProgram program, AttnImageKind kind,
                                  MlirStringCallback callback, void *userData,
                                  AttnErrorHandler onError) {
  auto image = emitImage(unwrap(program)->lowered, unwrap(program)->cpu,
                         convertKind(kind));
  if (!image)
    return finish(image.takeError(), onError);
  callback(wrap(StringRef(*image)), userData);
  return mlirLogicalResultSuccess();
}

MlirLogicalResult attnProgramWrite(AttnProgram program, MlirStringRef path,
                                   MlirStringRef header,
                                   AttnErrorHandler onError) {
  llvm::Error error =
      writeProgram(unwrap(program)->lowered, unwrap(program)->cpu, unwrap(path),
                   unwrap(header), llvm::sys::path::filename(unwrap(path)));
  return finish(std::move(error), onError);
}

//===----------------------------------------------------------------------===//
// Functions in this process
//===----------------------------------------------------------------------===//

/// Compiles function `name` into this process.
static llvm::Expected<std::unique_ptr<LoadedKernel>>
load(ModuleOp module, StringRef name, StringRef cpuName) {
  auto cpu = resolveCPU(cpuName, attn_rt_cpu_level());
  if (!cpu)
    return cpu.takeError();
  auto entry = findEntry(module, name);
  if (!entry)
    return entry.takeError();
  CompileRequest request;
  request.entries = {entry->getName().str()};
  return LoadedKernel::load(module, *cpu, request);
}

AttnCallable attnCallableCreate(MlirModule module, MlirStringRef entry,
                                MlirStringRef cpu, AttnErrorHandler onError) {
  auto kernel = load(unwrap(module), unwrap(entry), unwrap(cpu));
  if (kernel)
    return wrap(kernel->release());
  report(kernel.takeError(), onError);
  return AttnCallable{nullptr};
}

void attnCallableDestroy(AttnCallable callable) { delete unwrap(callable); }

const attn_rt_entry *attnCallableGetEntry(AttnCallable callable) {
  return unwrap(callable)->getEntry();
}

attn_rt_status attnCallableInvoke(AttnCallable callable,
                                  const void *const *inputs,
                                  void *const *outputs) {
  return attn_rt_invoke(unwrap(callable)->getEntry(), inputs, outputs);
}
