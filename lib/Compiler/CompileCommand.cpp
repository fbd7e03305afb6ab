//===- CompileCommand.cpp - the program attn-compile ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Explains and parses the command line of attn-compile, and carries it out.
//
//===----------------------------------------------------------------------===//

#include "attn/Compiler/CompileCommand.h"

#include "attn/Compiler/Compiler.h"
#include "attn/Compiler/Program.h"
#include "attn/Target/GPU.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

static const char *const kOverview =
    R"(attn-compile: compile functions on tensors to files

The name of the output says what it is:
  .mlir  the module in the LLVM dialect       .o   an object; link it with the
  .ll    LLVM IR                                   runtime, libAttnRuntimeStatic.a
  .s     assembly                             .so  a shared library that needs
                                                   only libc and libm
A .so is linked by clang-22, clang, cc or gcc, the first found on the PATH.

With --target=sm_80, or another GPU, attention becomes kernels, and the files
above launch them on the device that attn_rt_set_device has installed. Two more
files are the kernels alone:
  .ptx   their text                           .cubin  machine code, by ptxas

Each public function, or each named by --entry, becomes a C function that takes
tensors and returns a status. The file of --header declares them and what they
need; it includes nothing of this compiler. One binary serves all sizes that the
types leave open.

Example, with attend.mlir containing
  func.func @attend(%q: tensor<?x4x?x32xf32>, ...) -> tensor<?x4x?x32xf32>

  attn-compile attend.mlir --cpu=x86-64-v3 -o libattend.so --header=attend.h
  clang-22 main.c -L. -lattend -Wl,-rpath,. -o main

where main.c says
  #include "attend.h"
  attn_rt_tensor q = attn_rt_make_tensor(data, ATTN_RT_F32, 4, sizes), out = {0};
  if (attend(&q, &k, &v, &out) != ATTN_RT_OK)
    puts(attn_rt_last_error());
  attn_rt_tensor_free(&out);

The exit code is 0 if the files were written, and 1 after an error, which is
reported in one sentence; then no file has changed.
)";

namespace {

/// The options as llvm::cl sees them; lives while the command line is parsed.
struct CommandLine {
  llvm::cl::OptionCategory category{"attn-compile options"};
  llvm::cl::opt<std::string> inputFile{
      llvm::cl::Positional, llvm::cl::desc("<input.mlir>"), llvm::cl::init("-"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> output{
      "o",
      llvm::cl::desc("file to write; .mlir, .ll, .s, .o, .so, .ptx or "
                     ".cubin"),
      llvm::cl::value_desc("file"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> header{
      "header", llvm::cl::desc("C header to write"),
      llvm::cl::value_desc("file.h"), llvm::cl::cat(category)};
  llvm::cl::list<std::string> entries{
      "entry",
      llvm::cl::desc("function to compile; may be repeated; all public ones if "
                     "left out"),
      llvm::cl::value_desc("name"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> target{
      "target",
      llvm::cl::desc("what to compile for: cpu (default), sm_80, sm_86, sm_89, "
                     "sm_90a, sm_100a or sm_120a"),
      llvm::cl::value_desc("name"), llvm::cl::init("cpu"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> cpu{
      "cpu",
      llvm::cl::desc("processor: native (default), x86-64-v3 (AVX2), x86-64-v4 "
                     "(AVX-512), sapphirerapids or znver5"),
      llvm::cl::value_desc("name"), llvm::cl::init("native"),
      llvm::cl::cat(category)};
};

} // namespace

/// Withdraws options of the LLVM libraries whose names this tool uses.
static void removeForeignOptions() {
  auto &known = llvm::cl::getRegisteredOptions();
  for (StringRef name : {"o", "header", "entry", "target", "cpu"})
    if (llvm::cl::Option *option = known.lookup(name))
      option->removeArgument();
}

/// Returns the first line that llvm::cl wrote about a bad command line, without
/// the name of the program.
static std::string getFirstLine(StringRef text) {
  StringRef line = text.split('\n').first;
  auto [program, rest] = line.split(": ");
  return (rest.empty() ? line : rest).rtrim(". ").str();
}

llvm::Expected<CompileCommand> mlir::attn::parseCompileCommand(int argc,
                                                               char **argv) {
  removeForeignOptions();
  static CommandLine line;
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  llvm::cl::HideUnrelatedOptions(line.category);
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  if (!llvm::cl::ParseCommandLineOptions(argc, argv, kOverview, &stream))
    return llvm::createStringError(getFirstLine(messages));
  CompileCommand command;
  command.inputFile = line.inputFile;
  command.output = line.output;
  command.header = line.header;
  command.entries.assign(line.entries.begin(), line.entries.end());
  command.target = line.target;
  command.cpu = line.cpu;
  if (command.target != "cpu" && !lookupGPUModel(command.target))
    return llvm::createStringError("unknown target '" + command.target +
                                   "': expected " + listTargets());
  if (command.output.empty())
    return llvm::createStringError(
        Twine("expected -o FILE with a name that ends in .mlir, .ll, ") +
        (command.target == "cpu" ? ".s, .o or .so"
                                 : ".s, .o, .so, .ptx or .cubin"));
  return command;
}

/// Returns an error unless both files can be written and make sense together.
static llvm::Error checkFiles(const CompileCommand &command, StringRef gpu) {
  auto kind = getImageKind(command.output, gpu);
  if (!kind)
    return kind.takeError();
  if (llvm::Error error = checkWritable(command.output))
    return error;
  if (command.header.empty())
    return llvm::Error::success();
  if (command.header == command.output)
    return llvm::createStringError("--header: expected another file than " +
                                   command.output);
  if (*kind == ImageKind::PTX || *kind == ImageKind::Cubin)
    return llvm::createStringError(
        "--header: " + command.output +
        " has only kernels; compile to .o or .so for functions of C");
  return checkWritable(command.header);
}

llvm::Error mlir::attn::runCompileCommand(const CompileCommand &command,
                                          DialectRegistry &registry) {
  std::string gpu = command.target == "cpu" ? "" : command.target;
  if (llvm::Error error = checkFiles(command, gpu))
    return error;
  auto cpu = resolveCPU(command.cpu, attn_rt_cpu_level());
  if (!cpu)
    return cpu.takeError();
  Program program(registry);
  if (llvm::Error error = program.load(command.inputFile))
    return error;
  CompileRequest request;
  request.entries = command.entries;
  request.gpu = gpu;
  request.names = &program.getNames();
  auto lowered = lowerProgram(program.getModule(), *cpu, request);
  if (!lowered)
    return lowered.takeError();
  return writeProgram(*lowered, *cpu, command.output, command.header,
                      llvm::sys::path::filename(command.inputFile));
}
