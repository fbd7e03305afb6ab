//===- LoadedKernel.cpp - a function compiled into this process -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Links what the code generator makes with the runtime library in this process.
//
//===----------------------------------------------------------------------===//

#include "CallWrappers.h"
#include "attn/Compiler/Compiler.h"
#include "attn/Runtime/Device.h"

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <cstring>

using namespace mlir;
using namespace mlir::attn;

/// Allocates like attn_rt_alloc and fills the memory with bytes that are NaN in
/// every floating-point type.
static void *allocatePoisoned(int64_t bytes, int64_t alignment) {
  void *memory = attn_rt_alloc(bytes, alignment);
  if (memory && bytes > 0)
    std::memset(memory, 0xff, bytes);
  return memory;
}

/// Returns the functions that generated code may call.
static llvm::orc::SymbolMap
getRuntimeSymbols(llvm::orc::MangleAndInterner intern, bool poisonMemory) {
  llvm::orc::SymbolMap symbols;
  auto add = [&](StringRef name, auto *function) {
    symbols[intern(name)] = {llvm::orc::ExecutorAddr::fromPtr(function),
                             llvm::JITSymbolFlags::Exported};
  };
  add("attn_rt_alloc", poisonMemory ? allocatePoisoned : attn_rt_alloc);
  add("attn_rt_check_at_least", attn_rt_check_at_least);
  add("attn_rt_check_at_most", attn_rt_check_at_most);
  add("attn_rt_check_equal", attn_rt_check_equal);
  add("attn_rt_check_multiple", attn_rt_check_multiple);
  add("attn_rt_fail", attn_rt_fail);
  add("attn_rt_free", attn_rt_free);
  add("attn_rt_invoke", attn_rt_invoke);
  add("attn_rt_launch", attn_rt_launch);
  add("attn_rt_parallel_for", attn_rt_parallel_for);
  add("attn_rt_require_amx", attn_rt_require_amx);
  add("attn_rt_scratch", attn_rt_scratch);
  add("attn_rt_tensor_bytes", attn_rt_tensor_bytes);
  add("attn_rt_threads", attn_rt_threads);
  return symbols;
}

/// Generates machine code from `program`.
static llvm::Expected<std::unique_ptr<ExecutionEngine>>
createEngine(const LoweredProgram &program, const CPUTarget &cpu,
             bool reference, bool poisonMemory) {
  auto machine = createTargetMachine(cpu);
  if (!machine)
    return machine.takeError();
  llvm::TargetMachine &target = **machine;
  auto translate = [&](Operation *op, llvm::LLVMContext &context) {
    return translateProgram(op, context, target);
  };
  auto optimize = [&](llvm::Module *code) {
    optimizeProgram(*code, target, reference);
    return llvm::Error::success();
  };
  ExecutionEngineOptions options;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Default;
  options.enableGDBNotificationListener = false;
  options.enablePerfNotificationListener = false;
  options.llvmModuleBuilder = translate;
  options.transformer = optimize;
  auto engine = ExecutionEngine::create(program.module.get(), options,
                                        std::move(*machine));
  if (engine)
    (*engine)->registerSymbols([&](llvm::orc::MangleAndInterner intern) {
      return getRuntimeSymbols(intern, poisonMemory);
    });
  return engine;
}

LoadedKernel::~LoadedKernel() = default;

llvm::Expected<std::unique_ptr<LoadedKernel>>
LoadedKernel::load(ModuleOp module, const CPUTarget &cpu,
                   const CompileRequest &request, bool poisonMemory) {
  std::string missing =
      getMissingInstructions(cpu, llvm::sys::getHostCPUFeatures());
  if (!missing.empty())
    return llvm::createStringError("code for cpu " + cpu.request + " uses " +
                                   missing +
                                   ", which this processor does not have");
  auto program = lowerProgram(module, cpu, request);
  if (!program)
    return program.takeError();
  assert(program->entries.size() == 1 && "expected one entry");
  std::unique_ptr<LoadedKernel> kernel(new LoadedKernel);
  auto engine = createEngine(*program, cpu, request.reference, poisonMemory);
  if (!engine)
    return engine.takeError();
  kernel->engine = std::move(*engine);
  kernel->signature = std::move(program->entries.front());
  auto entry =
      kernel->engine->lookup(getEntrySymbol(kernel->signature.functionName));
  if (!entry)
    return entry.takeError();
  kernel->entry = static_cast<const attn_rt_entry *>(*entry);
  return kernel;
}
