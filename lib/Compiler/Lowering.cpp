//===- Lowering.cpp - programs to the LLVM dialect ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs the pipelines on a copy of a program and adds what callers see.
//
//===----------------------------------------------------------------------===//

#include "CallWrappers.h"
#include "attn/Compiler/Compiler.h"
#include "attn/Pipelines.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns the functions that `request` names, each once.
static llvm::Expected<SmallVector<func::FuncOp>>
findEntries(ModuleOp module, const CompileRequest &request) {
  if (request.entries.empty()) {
    SmallVector<func::FuncOp> functions = getPublicFunctions(module);
    if (functions.empty())
      return llvm::createStringError("the module has no public function");
    return functions;
  }
  SmallVector<func::FuncOp> functions;
  for (StringRef name : request.entries) {
    auto function = findEntry(module, name);
    if (!function)
      return function.takeError();
    if (!llvm::is_contained(functions, *function))
      functions.push_back(*function);
  }
  return functions;
}

/// Leaves the entries as the only public functions of `module`, callable from
/// C.
static void isolateEntries(ModuleOp module, ArrayRef<Signature> entries) {
  llvm::StringSet<> names;
  for (const Signature &entry : entries)
    names.insert(entry.functionName);
  for (auto function : module.getOps<func::FuncOp>()) {
    if (names.contains(function.getName()))
      function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        UnitAttr::get(module.getContext()));
    else
      function.setPrivate();
  }
}

/// Takes `module` to the LLVM dialect.
static LogicalResult runPipeline(ModuleOp module, const CPUTarget &cpu,
                                 const CompileRequest &request) {
  PassManager manager(module.getContext());
  // Fails where the program has no such options, which is fine.
  (void)applyPassManagerCLOptions(manager);
  manager.addPass(createSymbolDCEPass());
  if (request.reference) {
    buildAttnReferencePipeline(manager);
  } else if (!request.gpu.empty()) {
    AttnToGPUOptions options;
    options.target = request.gpu;
    buildAttnToGPUPipeline(manager, options);
  } else {
    AttnToCPUOptions options;
    options.target = cpu.model;
    options.bf16Rounding = cpu.bf16Rounding;
    buildAttnToCPUPipeline(manager, options);
  }
  return manager.run(module);
}

/// Returns "@a, @b".
static std::string listNames(ArrayRef<Signature> entries) {
  std::string text;
  for (const Signature &entry : entries)
    text += (text.empty() ? "@" : ", @") + entry.functionName;
  return text;
}

llvm::Expected<LoweredProgram>
mlir::attn::lowerProgram(ModuleOp module, const CPUTarget &cpu,
                         const CompileRequest &request) {
  auto functions = findEntries(module, request);
  if (!functions)
    return functions.takeError();
  LoweredProgram program;
  program.gpu = request.gpu;
  for (func::FuncOp function : *functions) {
    auto signature = getSignature(function, request.names);
    if (!signature)
      return signature.takeError();
    program.entries.push_back(std::move(*signature));
  }
  program.module = module.clone();
  isolateEntries(*program.module, program.entries);
  if (failed(runPipeline(*program.module, cpu, request)))
    return llvm::createStringError("cannot compile " +
                                   listNames(program.entries) + " for " +
                                   (request.reference     ? "the reference"
                                    : request.gpu.empty() ? "cpu"
                                                          : request.gpu));
  addCallWrappers(*program.module, program.entries, cpu);
  return program;
}
