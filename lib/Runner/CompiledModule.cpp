//===- CompiledModule.cpp - a function compiled into this process ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs the pipelines and the code generator of LLVM, and links the result with
// the runtime library in this process.
//
//===----------------------------------------------------------------------===//

#include "attn/Runner/CompiledModule.h"

#include "PackedCall.h"
#include "attn/InitAll.h"
#include "attn/Pipelines.h"
#include "attn/Runtime/Runtime.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <chrono>
#include <cstring>

using namespace mlir;
using namespace mlir::attn;

/// Returns an error with the given sentence.
static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// The processor
//===----------------------------------------------------------------------===//

/// Returns the features of the processor that runs this, as LLVM spells them.
static std::string getHostFeatures() {
  std::string text;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    text += (feature.second ? "+" : "-") + feature.first().str() + ",";
  return text;
}

llvm::Expected<CPUTarget> mlir::attn::resolveCPU(StringRef cpu,
                                                 int availableLevel) {
  static const char *const names[] = {"x86-64", "x86-64-v3", "x86-64-v4"};
  static const char *const instructions[] = {"", "AVX2", "AVX-512"};
  const std::string available = names[availableLevel];
  bool native = cpu == "native";
  int level = native ? std::max<int>(availableLevel, ATTN_RT_CPU_AVX2)
              : cpu == names[ATTN_RT_CPU_AVX2]   ? ATTN_RT_CPU_AVX2
              : cpu == names[ATTN_RT_CPU_AVX512] ? ATTN_RT_CPU_AVX512
                                                 : -1;
  if (level < 0)
    return makeError("unknown cpu '" + cpu +
                     "': expected native, x86-64-v3 or x86-64-v4");
  if (level > availableLevel)
    return makeError("cpu " + cpu + " needs " + instructions[level] +
                     ", which this processor (" + available +
                     ") does not have");
  CPUTarget target;
  target.name = native ? llvm::sys::getHostCPUName().str() : cpu.str();
  // LLVM splits 512-bit vectors for many processors unless told otherwise.
  target.features = (native ? getHostFeatures() : "") + "-prefer-256-bit";
  target.model = names[level];
  target.bf16Rounding = native && attn_rt_cpu_has_avx512_bf16();
  return target;
}

/// Returns the code generator for `cpu`.
static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const CPUTarget &cpu) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Triple triple(llvm::sys::getProcessTriple());
  llvm::orc::JITTargetMachineBuilder builder(triple);
  builder.setCPU(cpu.name);
  SmallVector<StringRef> features;
  StringRef(cpu.features).split(features, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : features)
    builder.getFeatures().AddFeature(feature.drop_front(),
                                     feature.starts_with("+"));
  builder.setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
  return builder.createTargetMachine();
}

//===----------------------------------------------------------------------===//
// The runtime library
//===----------------------------------------------------------------------===//

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
  add("attn_rt_parallel_for", attn_rt_parallel_for);
  add("attn_rt_scratch", attn_rt_scratch);
  add("attn_rt_tensor_bytes", attn_rt_tensor_bytes);
  add("attn_rt_threads", attn_rt_threads);
  return symbols;
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

/// Leaves `entry` as the only public function of `module`, callable from C, and
/// removes functions that it does not call.
static void isolateEntry(ModuleOp module, StringRef entry) {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.getName() == entry)
      function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        UnitAttr::get(module.getContext()));
    else
      function.setPrivate();
  }
}

/// Takes `module` to the LLVM dialect.
static LogicalResult lowerToLLVM(ModuleOp module, const CPUTarget &cpu,
                                 bool reference) {
  PassManager manager(module.getContext());
  // Fails where the program has no such options, which is fine.
  (void)applyPassManagerCLOptions(manager);
  manager.addPass(createSymbolDCEPass());
  if (reference) {
    buildAttnReferencePipeline(manager);
  } else {
    AttnToCPUOptions options;
    options.target = cpu.model;
    options.bf16Rounding = cpu.bf16Rounding;
    buildAttnToCPUPipeline(manager, options);
  }
  return manager.run(module);
}

/// Optimises the code of the reference. Its loops stay scalar: vectorised, one
/// whose condition guards an address that a division gives has been seen to
/// read from a wrong address.
static void optimizeReference(llvm::Module &module,
                              llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2)
      .run(module, modules);
}

/// Generates machine code from `module`, which is in the LLVM dialect.
static llvm::Expected<std::unique_ptr<ExecutionEngine>>
createEngine(ModuleOp module, const CPUTarget &cpu,
             const CompileOptions &options) {
  auto machine = createTargetMachine(cpu);
  if (!machine)
    return machine.takeError();
  ExecutionEngineOptions engineOptions;
  engineOptions.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Default;
  engineOptions.enableGDBNotificationListener = false;
  engineOptions.enablePerfNotificationListener = false;
  // The loops of the compiled form are already what the code generator needs.
  std::function<llvm::Error(llvm::Module *)> optimize;
  if (options.reference) {
    optimize = [target = machine->get()](llvm::Module *code) {
      optimizeReference(*code, *target);
      return llvm::Error::success();
    };
    engineOptions.transformer = optimize;
  }
  auto engine =
      ExecutionEngine::create(module, engineOptions, std::move(*machine));
  if (engine)
    (*engine)->registerSymbols([&](llvm::orc::MangleAndInterner intern) {
      return getRuntimeSymbols(intern, options.poisonMemory);
    });
  return engine;
}

CompiledModule::CompiledModule(Signature signature)
    : signature(std::move(signature)) {}

CompiledModule::~CompiledModule() = default;

llvm::Expected<std::unique_ptr<CompiledModule>>
CompiledModule::compile(ModuleOp module, const CompileOptions &options) {
  auto cpu = resolveCPU(options.cpu, attn_rt_cpu_level());
  if (!cpu)
    return cpu.takeError();
  auto entry = findEntry(module, options.entry);
  if (!entry)
    return entry.takeError();
  auto signature = attn::getSignature(*entry);
  if (!signature)
    return signature.takeError();

  OwningOpRef<ModuleOp> copy = module.clone();
  const std::string name = signature->functionName;
  isolateEntry(*copy, name);
  if (failed(lowerToLLVM(*copy, *cpu, options.reference)))
    return makeError("cannot compile @" + name + " for " +
                     (options.reference ? "the reference" : "cpu"));
  std::unique_ptr<CompiledModule> result(
      new CompiledModule(std::move(*signature)));
  auto engine = createEngine(*copy, *cpu, options);
  if (!engine)
    return engine.takeError();
  result->engine = std::move(*engine);
  auto function = result->engine->lookupPacked("_mlir_ciface_" + name);
  if (!function)
    return function.takeError();
  result->function = *function;
  return result;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

llvm::Expected<SmallVector<Array>>
CompiledModule::invoke(ArrayRef<Array> arguments, double *seconds) {
  if (llvm::Error error = checkArguments(signature, arguments))
    return error;
  PackedCall call(signature, arguments);
  auto start = std::chrono::steady_clock::now();
  function(call.getPointers());
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  if (seconds)
    *seconds = elapsed.count();
  return call.takeResults();
}
