//===- CodeGen.cpp - the LLVM dialect to LLVM IR and machine code ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallWrappers.h"
#include "attn/Compiler/Compiler.h"
#include "attn/Conversion/LaunchToLLVM.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::attn;

std::unique_ptr<llvm::Module>
mlir::attn::translateProgram(Operation *module, llvm::LLVMContext &context,
                             llvm::TargetMachine &machine) {
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context);
  if (!code)
    return nullptr;
  code->setDataLayout(machine.createDataLayout());
  code->setTargetTriple(machine.getTargetTriple());
  if (machine.isPositionIndependent())
    code->setPICLevel(llvm::PICLevel::BigPIC);
  // Tools that read the file know nothing of the options of this process.
  for (llvm::Function &function : *code) {
    if (function.isDeclaration() || function.hasFnAttribute("target-cpu"))
      continue;
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("target-features", machine.getTargetFeatureString());
  }
  return code;
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

void mlir::attn::optimizeProgram(llvm::Module &module,
                                 llvm::TargetMachine &machine, bool reference) {
  if (reference)
    optimizeReference(module, machine);
}

//===----------------------------------------------------------------------===//
// Images
//===----------------------------------------------------------------------===//

llvm::Expected<ImageKind> mlir::attn::getImageKind(StringRef path,
                                                   StringRef gpu) {
  StringRef extension = llvm::sys::path::extension(path);
  if (extension == ".mlir")
    return ImageKind::MLIR;
  if (extension == ".ll")
    return ImageKind::LLVMIR;
  if (extension == ".s")
    return ImageKind::Assembly;
  if (extension == ".o")
    return ImageKind::Object;
  if (extension == ".so")
    return ImageKind::SharedLibrary;
  bool isKernels = extension == ".ptx" || extension == ".cubin";
  if (isKernels && gpu.empty())
    return llvm::createStringError("output " + path +
                                   ": expected a --target that is a GPU, such "
                                   "as sm_80");
  if (isKernels)
    return extension == ".ptx" ? ImageKind::PTX : ImageKind::Cubin;
  return llvm::createStringError(
      "output " + path + ": expected a name that ends in .mlir, .ll, " +
      (gpu.empty() ? ".s, .o or .so" : ".s, .o, .so, .ptx or .cubin"));
}

/// Returns what the code generator makes of `code`.
static llvm::Expected<std::string> generateCode(llvm::Module &code,
                                                llvm::TargetMachine &machine,
                                                llvm::CodeGenFileType type) {
  SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return llvm::createStringError("the code generator cannot write files");
  passes.run(code);
  return std::string(bytes.begin(), bytes.end());
}

/// Returns the text of `object`, a module of MLIR or of LLVM IR.
template <typename T>
static std::string printToString(T &object) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  object.print(stream);
  return text;
}

/// Prints LLVM IR, which takes a second argument.
static std::string printToString(llvm::Module &module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}

/// Returns the kernels of `program` as text or machine code.
static llvm::Expected<std::string> emitKernels(const LoweredProgram &program,
                                               ImageKind kind) {
  std::optional<StringRef> text = getKernelText(program.module.get());
  if (!text)
    return llvm::createStringError("the program has no kernels for " +
                                   program.gpu +
                                   ": nothing in it is attention");
  if (kind == ImageKind::PTX)
    return text->str();
  return assembleKernels(*text, program.gpu);
}

llvm::Expected<std::string> mlir::attn::emitImage(const LoweredProgram &program,
                                                  const CPUTarget &cpu,
                                                  ImageKind kind) {
  ModuleOp module = program.module.get();
  if (kind == ImageKind::MLIR)
    return printToString(module);
  if (kind == ImageKind::PTX || kind == ImageKind::Cubin)
    return emitKernels(program, kind);
  auto machine = createTargetMachine(cpu, llvm::Reloc::PIC_);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code =
      translateProgram(module, context, **machine);
  if (!code)
    return llvm::createStringError("cannot translate the module to LLVM IR");
  optimizeProgram(*code, **machine, /*reference=*/false);
  if (kind == ImageKind::LLVMIR)
    return printToString(*code);
  auto type = kind == ImageKind::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                          : llvm::CodeGenFileType::ObjectFile;
  auto image = generateCode(*code, **machine, type);
  if (!image || kind != ImageKind::SharedLibrary)
    return image;
  return linkSharedLibrary(*image, /*kernels=*/!program.gpu.empty());
}

llvm::Error mlir::attn::writeProgram(const LoweredProgram &program,
                                     const CPUTarget &cpu, StringRef output,
                                     StringRef header, StringRef title) {
  auto kind = getImageKind(output, program.gpu);
  if (!kind)
    return kind.takeError();
  if (llvm::Error error = checkNames(program.entries))
    return error;
  auto image = emitImage(program, cpu, *kind);
  if (!image)
    return image.takeError();
  SmallVector<OutputFile, 2> files = {{output.str(), std::move(*image)}};
  if (!header.empty())
    files.push_back({header.str(),
                     makeHeader(program, cpu, title, makeHeaderGuard(header))});
  return writeFiles(files);
}

llvm::Expected<Kernel> mlir::attn::compileKernel(Operation *op,
                                                 const CPUTarget &cpu) {
  auto function = dyn_cast<func::FuncOp>(op);
  auto module = dyn_cast_or_null<ModuleOp>(op->getParentOp());
  if (!function || !module)
    return llvm::createStringError(
        "compileKernel: expected a func.func in a module, found " +
        op->getName().getStringRef());
  CompileRequest request;
  request.entries = {function.getName().str()};
  auto program = lowerProgram(module, cpu, request);
  if (!program)
    return program.takeError();
  auto image = emitImage(*program, cpu, ImageKind::Object);
  if (!image)
    return image.takeError();
  Kernel kernel;
  kernel.image = std::move(*image);
  kernel.symbol = function.getName().str();
  kernel.entrySymbol = getEntrySymbol(function.getName());
  kernel.signature = std::move(program->entries.front());
  return kernel;
}
