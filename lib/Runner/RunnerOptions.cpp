//===- RunnerOptions.cpp - the command line of attn-run -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Declares, parses and explains the options of attn-run.
//
//===----------------------------------------------------------------------===//

#include "attn/Runner/RunnerOptions.h"

#include "attn/Target/GPU.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

static const char *const kOverview =
    R"(attn-run: compile a function on tensors, run it, and check or time it

Inputs and outputs are in the order of the function's parameters and results.
An input is one of
  FILE.npy                    an array as numpy.save writes it (bf16: two bytes
                              without a type, <V2)
  random:SEED[:DIST][@SHAPE]  reproducible random numbers; DIST is normal
                              (default), normal*S, uniform, int:LO:HI, zeros or
                              ones; SHAPE, such as 2x4x64, is needed where the
                              parameter has dynamic sizes
  value:NUMBER                a number, for a scalar parameter
Without --output, --check and --time the results are printed.

With --draw=QUERIESxKEYS the function returns a mask, and the classes of its
tiles are printed: # full, + partial, . empty. With --draw-tile=1x1 these are
pairs. With --draw-pairs a character is a pair, and shows the tile that visits it,
where tiles are those of attention: boxes on grids.

Examples, with matmul.mlir containing
  func.func @matmul(%a: tensor<?x16xf32>, %b: tensor<16x?xf32>) -> ...

  attn-run matmul.mlir --entry=matmul --input=a.npy --input=b.npy --output=c.npy
  attn-run matmul.mlir --entry=matmul --input=random:1@5x16 \
      --input=random:2:uniform@16x7 --check
  attn-run matmul.mlir --entry=matmul --input=random:1@512x16 \
      --input=random:2@16x512 --time --repeat=20 --threads=1

The exit code is 0 if everything went well, and 1 after an error, which is
reported in one sentence, or if --check finds a difference above the tolerance.
Code for a --cpu that has instructions which this machine lacks is compiled, but
not run: that is said, and the exit code is 2.
Outputs are written only when all went well.
)";

namespace {

/// The options as llvm::cl sees them; lives while the command line is parsed.
struct CommandLine {
  llvm::cl::OptionCategory category{"attn-run options"};
  llvm::cl::opt<std::string> inputFile{
      llvm::cl::Positional, llvm::cl::desc("<input.mlir>"), llvm::cl::init("-"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> entry{
      "entry",
      llvm::cl::desc("function to run; may be left out if there is one only"),
      llvm::cl::value_desc("name"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> target{
      "target",
      llvm::cl::desc("what to compile for: cpu (default), sm_80, sm_86, sm_89, "
                     "sm_90a, sm_100a or sm_120a"),
      llvm::cl::value_desc("name"), llvm::cl::init("cpu"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> device{
      "device",
      llvm::cl::desc("where kernels run: sim, a simulator, or cuda, the first "
                     "GPU of the driver"),
      llvm::cl::value_desc("name"), llvm::cl::cat(category)};
  llvm::cl::list<std::string> simulator{
      "sim", llvm::cl::CommaSeparated,
      llvm::cl::desc("how: seed=N (order of warps), mma=exact or hardware, "
                     "copies=early or late, checks=on or off, limit=N (warp "
                     "instructions of a launch), "
                     "dump=FILE.ptx (for the compiled kernels), ptx=FILE.ptx "
                     "(to run instead of them)"),
      llvm::cl::value_desc("setting,..."), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> cpu{
      "cpu",
      llvm::cl::desc("processor: native (default), x86-64-v3 (AVX2), x86-64-v4 "
                     "(AVX-512), sapphirerapids or znver5"),
      llvm::cl::value_desc("name"), llvm::cl::init("native"),
      llvm::cl::cat(category)};
  llvm::cl::list<std::string> inputs{
      "input",
      llvm::cl::desc("next argument: FILE.npy, random:... or value:..."),
      llvm::cl::value_desc("source"), llvm::cl::cat(category)};
  llvm::cl::list<std::string> outputs{
      "output", llvm::cl::desc("file for the next result"),
      llvm::cl::value_desc("file.npy"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> reference{
      "reference",
      llvm::cl::desc("run the reference semantics (plain loops) instead"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> check{
      "check",
      llvm::cl::desc(
          "run the reference too, and fail if the relative Frobenius "
          "error of a result exceeds the tolerance (default: f32 "
          "2e-5, f64 1e-12, f16 1e-3, bf16 8e-3, integers 0)"),
      llvm::cl::value_desc("tolerance"), llvm::cl::ValueOptional,
      llvm::cl::cat(category)};
  llvm::cl::opt<bool> time{
      "time",
      llvm::cl::desc(
          "print the time of compilation, of the first run, and best "
          "and median of the repeated runs"),
      llvm::cl::cat(category)};
  llvm::cl::opt<int> repeat{
      "repeat", llvm::cl::desc("runs that --time measures (10)"),
      llvm::cl::init(10), llvm::cl::value_desc("n"), llvm::cl::cat(category)};
  llvm::cl::opt<int> threads{
      "threads",
      llvm::cl::desc("threads to use; 0 (default) means all processors"),
      llvm::cl::init(0), llvm::cl::value_desc("n"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> draw{
      "draw",
      llvm::cl::desc("draw the mask that the function returns, for so many "
                     "queries and keys"),
      llvm::cl::value_desc("QxK"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> drawTile{
      "draw-tile", llvm::cl::desc("queries and keys of a tile (64x64)"),
      llvm::cl::value_desc("QxK"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> drawPairs{
      "draw-pairs",
      llvm::cl::desc("draw for each pair the class of the tile that visits it, "
                     "where tiles on grids are boxes"),
      llvm::cl::cat(category)};
  llvm::cl::list<int64_t> drawAt{
      "draw-at", llvm::cl::CommaSeparated,
      llvm::cl::desc("batch indices of the drawing, such as 0,3 for head 3 "
                     "(all 0)"),
      llvm::cl::value_desc("indices"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> drawOutput{
      "draw-output", llvm::cl::desc("file for the drawing as SVG"),
      llvm::cl::value_desc("file.svg"), llvm::cl::cat(category)};
};

} // namespace

/// Returns an error with the given sentence.
static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// Withdraws options of the LLVM libraries whose names this tool uses.
static void removeForeignOptions() {
  auto &known = llvm::cl::getRegisteredOptions();
  for (StringRef name :
       {"entry", "target", "cpu", "input", "output", "reference", "check",
        "time", "repeat", "threads", "draw", "draw-tile", "draw-pairs",
        "draw-at", "draw-output", "device", "sim"})
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

/// Parses a pair of numbers such as 512x256, both at least `least`.
static llvm::Expected<std::pair<int64_t, int64_t>>
parsePair(StringRef option, StringRef text, int64_t least) {
  auto [first, second] = text.split('x');
  std::pair<int64_t, int64_t> pair;
  if (first.getAsInteger(10, pair.first) ||
      second.getAsInteger(10, pair.second) || pair.first < least ||
      pair.second < least || std::max(pair.first, pair.second) > (1LL << 40))
    return makeError("--" + option + ": expected two numbers of at least " +
                     Twine(least) + ", such as 512x256, found '" + text + "'");
  return pair;
}

/// Copies what describes a drawing.
static llvm::Error convertDrawing(const CommandLine &line,
                                  RunnerOptions &options) {
  if (line.draw.empty()) {
    if (!line.drawTile.empty() || line.drawPairs || !line.drawAt.empty() ||
        !line.drawOutput.empty())
      return makeError("expected --draw=QUERIESxKEYS with the other options of "
                       "a drawing");
    return llvm::Error::success();
  }
  if (options.check || options.time || options.reference ||
      !options.outputs.empty())
    return makeError("--draw shows a mask: leave out --check, --time, "
                     "--reference and --output");
  auto sizes = parsePair("draw", line.draw, 0);
  if (!sizes)
    return sizes.takeError();
  options.draw = *sizes;
  if (!line.drawTile.empty()) {
    auto tile = parsePair("draw-tile", line.drawTile, 1);
    if (!tile)
      return tile.takeError();
    options.drawTile = *tile;
  }
  options.drawPairs = line.drawPairs;
  for (int64_t index : line.drawAt) {
    if (index < 0 || index >= (1LL << 40))
      return makeError("--draw-at: expected indices of at least 0, found " +
                       Twine(index));
    options.drawAt.push_back(index);
  }
  options.drawOutput = line.drawOutput;
  return llvm::Error::success();
}

/// Copies one setting of the simulator.
static llvm::Error convertSetting(StringRef setting,
                                  SimulatorOptions &options) {
  StringRef name = setting.split('=').first;
  StringRef value = setting.split('=').second;
  auto choose = [&](bool &flag, StringRef off, StringRef on) -> llvm::Error {
    if (value != off && value != on)
      return makeError("--sim=" + name + ": expected " + off + " or " + on +
                       ", found '" + value + "'");
    flag = value == on;
    return llvm::Error::success();
  };
  if (name == "mma")
    return choose(options.hardwareSums, "exact", "hardware");
  if (name == "copies")
    return choose(options.lateCopies, "early", "late");
  if (name == "checks")
    return choose(options.checks, "off", "on");
  std::string *file = llvm::StringSwitch<std::string *>(name)
                          .Case("dump", &options.dump)
                          .Case("ptx", &options.ptx)
                          .Default(nullptr);
  if (file && !value.empty()) {
    *file = value.str();
    return llvm::Error::success();
  }
  uint64_t *number = llvm::StringSwitch<uint64_t *>(name)
                         .Case("limit", &options.limit)
                         .Case("seed", &options.seed)
                         .Default(nullptr);
  if (number && !value.getAsInteger(10, *number))
    return llvm::Error::success();
  return makeError("--sim: expected seed=NUMBER, mma=exact, mma=hardware, "
                   "copies=early, copies=late, checks=on, checks=off, "
                   "limit=NUMBER, dump=FILE or ptx=FILE, found '" +
                   setting + "'");
}

/// Copies the target, and where its kernels run.
static llvm::Error convertTarget(const CommandLine &line,
                                 RunnerOptions &options) {
  options.target = line.target;
  options.device = line.device;
  bool isGPU = lookupGPUModel(options.target) != nullptr;
  if (options.target != "cpu" && !isGPU)
    return makeError("unknown target '" + options.target + "': expected " +
                     listTargets());
  bool isDevice = options.device == "sim" || options.device == "cuda";
  if (isGPU && !isDevice)
    return makeError("--target=" + options.target +
                     ": expected --device=sim or --device=cuda" +
                     (options.device.empty()
                          ? Twine()
                          : ", found --device=" + Twine(options.device)));
  if (!isGPU && !options.device.empty() && options.device != "cpu")
    return makeError("--device=" + options.device +
                     ": expected a --target that is a GPU");
  if (!line.simulator.empty() && options.device != "sim")
    return makeError("--sim: expected --device=sim");
  for (const std::string &setting : line.simulator)
    if (llvm::Error error = convertSetting(setting, options.simulator))
      return error;
  return llvm::Error::success();
}

/// Copies what was parsed and checks values that llvm::cl accepts too easily.
static llvm::Expected<RunnerOptions> convert(const CommandLine &line) {
  RunnerOptions options;
  options.inputFile = line.inputFile;
  options.entry = line.entry;
  options.cpu = line.cpu;
  options.inputs.assign(line.inputs.begin(), line.inputs.end());
  options.outputs.assign(line.outputs.begin(), line.outputs.end());
  options.reference = line.reference;
  options.check = line.check.getNumOccurrences() > 0;
  options.time = line.time;
  options.repeat = line.repeat;
  options.threads = line.threads;
  if (!line.check.empty()) {
    double tolerance;
    if (StringRef(line.check).getAsDouble(tolerance) || !(tolerance >= 0))
      return makeError("--check: expected a tolerance of at least 0, found '" +
                       line.check + "'");
    options.tolerance = tolerance;
  }
  if (llvm::Error error = convertTarget(line, options))
    return error;
  if (options.repeat < 1)
    return makeError("--repeat: expected at least 1, found " +
                     Twine(options.repeat));
  if (options.threads < 0)
    return makeError("--threads: expected at least 0, found " +
                     Twine(options.threads));
  if (options.reference && options.check)
    return makeError("--check compares with the reference: leave out "
                     "--reference");
  if (llvm::Error error = convertDrawing(line, options))
    return error;
  return options;
}

llvm::Expected<RunnerOptions> mlir::attn::parseRunnerOptions(int argc,
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
    return makeError(getFirstLine(messages));
  return convert(line);
}
