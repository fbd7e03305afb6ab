//===- Runner.cpp - what attn-run does ------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads a program, makes its inputs, runs it, and reports, checks or stores the
// results.
//
//===----------------------------------------------------------------------===//

#include "attn/Runner/Runner.h"

#include "DrawMask.h"
#include "Inputs.h"
#include "Reports.h"
#include "attn/Compiler/Program.h"
#include "attn/Runner/CompiledModule.h"
#include "attn/Runner/Npy.h"
#include "attn/Runtime/Runtime.h"
#include "attn/Simulator/Device.h"

#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

#include <chrono>
#include <malloc.h>

using namespace mlir;
using namespace mlir::attn;

/// Returns an error with the given sentence.
static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// Before the run
//===----------------------------------------------------------------------===//

/// Returns an error unless the outputs are as many as the results, or none, and
/// their folders exist and can be written to.
static llvm::Error checkOutputs(const Signature &signature,
                                ArrayRef<std::string> outputs) {
  if (!outputs.empty() && outputs.size() != signature.results.size())
    return makeError("@" + signature.functionName + ": expected " +
                     Twine(signature.results.size()) + " outputs, found " +
                     Twine(outputs.size()));
  for (const std::string &path : outputs)
    if (llvm::Error error = checkWritable(path))
      return error;
  return llvm::Error::success();
}

/// Makes the arguments that the command line describes.
static llvm::Expected<SmallVector<Array>>
makeInputs(const Signature &signature, ArrayRef<std::string> sources) {
  if (sources.size() != signature.parameters.size())
    return makeError("@" + signature.functionName + ": expected " +
                     Twine(signature.parameters.size()) + " inputs, found " +
                     Twine(sources.size()));
  SmallVector<Array> arrays;
  for (auto [index, source] : llvm::enumerate(sources)) {
    auto array = makeInput(signature, index, source);
    if (!array)
      return array.takeError();
    arrays.push_back(std::move(*array));
  }
  if (llvm::Error error = checkArguments(signature, arrays))
    return error;
  return arrays;
}

char NotRunError::ID = 0;

/// Compiles for a processor that has more than this one, and returns the error
/// that says so. Success means that this machine can run the code.
static llvm::Error checkRunnable(Program &program, const RunnerOptions &options,
                                 const CPUTarget &cpu, func::FuncOp entry) {
  std::string missing =
      getMissingInstructions(cpu, llvm::sys::getHostCPUFeatures());
  if (missing.empty())
    return llvm::Error::success();
  CompileRequest request;
  request.entries = {entry.getName().str()};
  request.reference = options.reference;
  auto lowered = lowerProgram(program.getModule(), cpu, request);
  if (!lowered)
    return lowered.takeError();
  auto image = emitImage(*lowered, cpu, ImageKind::Object);
  if (!image)
    return image.takeError();
  return llvm::make_error<NotRunError>("compiled, not run: code for cpu " +
                                       cpu.request + " uses " + missing +
                                       ", which this processor does not have");
}

//===----------------------------------------------------------------------===//
// The run and what follows
//===----------------------------------------------------------------------===//

/// Keeps the memory of results in the process between runs. Otherwise runs are
/// timed with the page faults of fresh memory.
static void keepFreedMemory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

/// Runs the function again and prints how long it took.
static llvm::Error timeRuns(CompiledModule &compiled, ArrayRef<Array> inputs,
                            const RunnerOptions &options, double compileSeconds,
                            double firstSeconds) {
  SmallVector<double> seconds;
  for (int run = 0; run < options.repeat; ++run) {
    auto results = compiled.invoke(inputs, &seconds.emplace_back());
    if (!results)
      return results.takeError();
  }
  printTimes(llvm::outs(), compileSeconds, firstSeconds, seconds);
  llvm::outs() << "threads  " << attn_rt_threads() << ", cpu " << options.cpu
               << "\n";
  return llvm::Error::success();
}

/// Compares `results` with those of the reference semantics.
static llvm::Error checkResults(Program &program, const RunnerOptions &options,
                                ArrayRef<Array> inputs,
                                ArrayRef<Array> results) {
  CompileOptions compileOptions;
  compileOptions.entry = options.entry;
  compileOptions.cpu = options.cpu;
  compileOptions.reference = true;
  compileOptions.poisonMemory = true;
  auto reference = CompiledModule::compile(program.getModule(), compileOptions);
  if (!reference)
    return reference.takeError();
  auto expected = (*reference)->invoke(inputs);
  if (!expected)
    return expected.takeError();
  return reportErrors(llvm::outs(), results, *expected, options.tolerance);
}

/// Writes the results to their files.
static llvm::Error writeOutputs(ArrayRef<std::string> paths,
                                ArrayRef<Array> results) {
  for (auto [path, array] : llvm::zip_equal(paths, results))
    if (llvm::Error error = writeNpy(path, array))
      return error;
  return llvm::Error::success();
}

/// Does what is asked for with the results of the first run.
static llvm::Error useResults(Program &program, CompiledModule &compiled,
                              const RunnerOptions &options,
                              ArrayRef<Array> inputs, ArrayRef<Array> results) {
  if (options.check)
    if (llvm::Error error = checkResults(program, options, inputs, results))
      return error;
  if (!options.outputs.empty())
    return writeOutputs(options.outputs, results);
  if (!options.check && !options.time)
    printArrays(llvm::outs(), results);
  return llvm::Error::success();
}

namespace {

/// Installs the device that kernels run on, while it lives.
class DeviceScope {
public:
  explicit DeviceScope(const RunnerOptions &options) {
    if (options.device == "cuda")
      attn_rt_set_device(attn_rt_cuda_device());
    if (options.device != "sim")
      return;
    const SimulatorOptions &from = options.simulator;
    ::attn::sim::LaunchOptions to;
    to.seed = from.seed;
    if (from.hardwareSums)
      to.matrix = ::attn::sim::MatrixPolicy::Hardware;
    if (from.lateCopies)
      to.async = ::attn::sim::AsyncPolicy::Late;
    to.checks = from.checks;
    to.threads = options.threads;
    to.instructionLimit = from.limit;
    ::attn::sim::KernelFiles files{from.ptx, from.dump};
    simulator = std::make_unique<::attn::sim::SimulatorDevice>(
        to, ::attn::sim::SimulatorDevice::Observer(), files);
    attn_rt_set_device(simulator->getDevice());
  }
  ~DeviceScope() { attn_rt_set_device(nullptr); }

private:
  std::unique_ptr<::attn::sim::SimulatorDevice> simulator;
};

} // namespace

llvm::Error mlir::attn::runProgram(const RunnerOptions &options,
                                   DialectRegistry &registry) {
  auto cpu = resolveCPU(options.cpu, attn_rt_cpu_level());
  if (!cpu)
    return cpu.takeError();
  Program program(registry);
  if (llvm::Error error = program.load(options.inputFile))
    return error;
  auto entry = findEntry(program.getModule(), options.entry);
  if (!entry)
    return entry.takeError();
  if (options.draw)
    return drawMask(program.getModule(), *entry, options);
  auto signature = getSignature(*entry, &program.getNames());
  if (!signature)
    return signature.takeError();
  if (llvm::Error error = checkOutputs(*signature, options.outputs))
    return error;
  auto inputs = makeInputs(*signature, options.inputs);
  if (!inputs)
    return inputs.takeError();
  if (llvm::Error error = checkRunnable(program, options, *cpu, *entry))
    return error;

  DeviceScope device(options);
  attn_rt_set_threads(options.threads);
  keepFreedMemory();
  CompileOptions compileOptions;
  compileOptions.entry = signature->functionName;
  compileOptions.cpu = options.cpu;
  if (options.target != "cpu")
    compileOptions.gpu = options.target;
  compileOptions.reference = options.reference;
  compileOptions.poisonMemory = options.check;
  auto start = std::chrono::steady_clock::now();
  auto compiled = CompiledModule::compile(program.getModule(), compileOptions);
  if (!compiled)
    return compiled.takeError();
  std::chrono::duration<double> compileSeconds =
      std::chrono::steady_clock::now() - start;
  double firstSeconds = 0;
  auto results = (*compiled)->invoke(*inputs, &firstSeconds);
  if (!results)
    return results.takeError();
  if (options.time)
    if (llvm::Error error = timeRuns(**compiled, *inputs, options,
                                     compileSeconds.count(), firstSeconds))
      return error;
  return useResults(program, **compiled, options, *inputs, *results);
}
