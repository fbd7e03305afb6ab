// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ptx-sim: runs a kernel of a PTX file on the CPU and checks it.

#include "Arguments.h"

#include "attn/Simulator/InstructionTable.h"
#include "attn/Simulator/Launch.h"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

using namespace attn::sim;

namespace {

constexpr const char *kUsage =
    R"(usage: ptx-sim FILE.ptx --entry=NAME --grid=X,Y,Z --block=X,Y,Z [options]

Runs a kernel on the CPU and checks it. Exit: 0 clean, 1 a check fired, 2 bad
input.

  --arg=VALUE          the next argument of the kernel:
                         i8:5 i16:5 i32:5 i64:5 f16:1.5 bf16:1.5 f32:1.5 f64:1.5
                         in:FILE.npy       a buffer with this content
                         out:DTYPE:COUNT   a buffer of 0xFF (NaN)
                         zero:DTYPE:COUNT  a buffer of zeros
                         bytes:FILE        a structure that is passed by value
                         null              a null pointer
  --out=INDEX:FILE.npy write the buffer of argument INDEX (from 0) after the run
  --cluster=X,Y,Z      blocks in a cluster
  --smem=BYTES         dynamic shared memory
  --target=sm_NN       the device; by default that of the file
  --json=FILE          write reports and counters
  --seed=N             run warps and blocks in another order
  --mma=exact|hardware how matrix instructions add up
  --async=early|late   when asynchronous copies move their data
  --checks=on|off      races, undefined data, asynchronous results
  --threads=N          host threads; 0: as many as there are cores
  --limit=N            give up after this many warp instructions
  --reports=N          stop after this many reports
  --time               print how long the run took
  --instructions       print the instructions that are known
)";

struct Command {
  std::string file, entry, json;
  std::vector<std::string> arguments;
  struct Output {
    uint64_t index;
    std::string path;
  };
  std::vector<Output> outputs;
  unsigned target = 0;
  bool printTime = false;
  bool hasGrid = false, hasBlock = false;
  LaunchOptions options;
};

/// Reads `X,Y,Z`, `X,Y` or `X`.
bool parseExtent(const std::string &text, Extent3 &extent) {
  uint32_t *parts[] = {&extent.x, &extent.y, &extent.z};
  size_t begin = 0;
  for (uint32_t *part : parts) {
    size_t end = std::min(text.find(',', begin), text.size());
    uint64_t value;
    if (!parseInteger(text.substr(begin, end - begin), 32, value) ||
        int64_t(value) < 0)
      return false;
    *part = uint32_t(value);
    if (end == text.size())
      return true;
    begin = end + 1;
  }
  return false;
}

/// Reads one of `names` as its index.
bool parseChoice(const std::string &text, const char *first, const char *second,
                 bool &isSecond) {
  isSecond = text == second;
  return isSecond || text == first;
}

bool parseNumber(const std::string &text, uint64_t &value) {
  return parseInteger(text, 63, value) && int64_t(value) >= 0;
}

/// Reads `sm_90a`.
bool parseTarget(const std::string &text, unsigned &target) {
  if (text.compare(0, 3, "sm_") != 0)
    return false;
  char *end;
  target = unsigned(std::strtoul(text.c_str() + 3, &end, 10));
  return target != 0 && (*end == '\0' || (std::strchr("af", *end) && !end[1]));
}

bool parseOutput(const std::string &text, Command &command) {
  size_t colon = text.find(':');
  Command::Output output;
  if (colon == std::string::npos ||
      !parseNumber(text.substr(0, colon), output.index))
    return false;
  output.path = text.substr(colon + 1);
  command.outputs.push_back(output);
  return !output.path.empty();
}

/// Options that say how to run.
bool parseRunOption(const std::string &name, const std::string &value,
                    Command &command, bool &isKnown) {
  LaunchOptions &options = command.options;
  uint64_t number = 0;
  bool choice = false, isRight = true;
  isKnown = true;
  if (name == "seed") {
    isRight = parseNumber(value, options.seed);
  } else if (name == "smem") {
    isRight = parseNumber(value, options.dynamicShared);
  } else if (name == "limit") {
    isRight = parseNumber(value, options.instructionLimit);
  } else if (name == "threads") {
    isRight = parseNumber(value, number) && number <= 1024;
    options.threads = unsigned(number);
  } else if (name == "reports") {
    isRight = parseNumber(value, number) && number > 0;
    options.maxReports = unsigned(number);
  } else if (name == "mma") {
    isRight = parseChoice(value, "exact", "hardware", choice);
    options.matrix = choice ? MatrixPolicy::Hardware : MatrixPolicy::Exact;
  } else if (name == "async") {
    isRight = parseChoice(value, "early", "late", choice);
    options.async = choice ? AsyncPolicy::Late : AsyncPolicy::Early;
  } else if (name == "checks") {
    isRight = parseChoice(value, "off", "on", options.checks);
  } else {
    isKnown = false;
  }
  return isRight;
}

/// Options that say what to run.
bool parseOption(const std::string &name, const std::string &value,
                 Command &command, bool &isKnown) {
  isKnown = true;
  if (name == "entry")
    command.entry = value;
  else if (name == "json")
    command.json = value;
  else if (name == "arg")
    command.arguments.push_back(value);
  else if (name == "grid")
    return command.hasGrid = parseExtent(value, command.options.grid);
  else if (name == "block")
    return command.hasBlock = parseExtent(value, command.options.block);
  else if (name == "cluster")
    return parseExtent(value, command.options.cluster);
  else if (name == "target")
    return parseTarget(value, command.target);
  else if (name == "out")
    return parseOutput(value, command);
  else
    return parseRunOption(name, value, command, isKnown);
  return !value.empty();
}

Status parseCommand(int argc, char **argv, Command &command) {
  for (int i = 1; i < argc; ++i) {
    std::string text = argv[i];
    if (text.compare(0, 2, "--") != 0) {
      if (!command.file.empty())
        return Diagnostic{{}, "more than one file: '" + text + "'"};
      command.file = text;
      continue;
    }
    if (text == "--time") {
      command.printTime = true;
      continue;
    }
    size_t equals = text.find('=');
    std::string name = text.substr(2, equals - 2);
    if (equals == std::string::npos)
      return Diagnostic{{}, "unknown option '" + text + "'"};
    bool isKnown;
    bool isRight = parseOption(name, text.substr(equals + 1), command, isKnown);
    if (!isKnown)
      return Diagnostic{{}, "unknown option '--" + name + "'"};
    if (!isRight)
      return Diagnostic{{}, "wrong value in '" + text + "'"};
  }
  for (auto [isMissing, what] :
       {std::pair(command.file.empty(), "a file"),
        std::pair(command.entry.empty(), "--entry=NAME"),
        std::pair(!command.hasGrid, "--grid=X,Y,Z"),
        std::pair(!command.hasBlock, "--block=X,Y,Z")})
    if (isMissing)
      return Diagnostic{{}, std::string("expected ") + what};
  return success();
}

int fail(const Diagnostic &diagnostic, const std::string &file) {
  std::fprintf(stderr, "%s\n", diagnostic.str(file).c_str());
  return 2;
}

/// Writes the buffers that `--out` names.
Status writeOutputs(const Command &command,
                    const std::vector<Argument> &arguments,
                    GlobalMemory &memory) {
  for (const Command::Output &output : command.outputs) {
    NpyArray array = arguments[output.index].array;
    uint64_t address = arguments[output.index].address;
    Allocation *buffer = memory.find(address, 0);
    array.bytes.assign(buffer->bytes.get(), buffer->bytes.get() + buffer->size);
    if (Status status = writeNpy(output.path, array); !status)
      return status;
  }
  return success();
}

Status checkOutputs(const Command &command,
                    const std::vector<Argument> &arguments) {
  for (const Command::Output &output : command.outputs)
    if (output.index >= arguments.size() || !arguments[output.index].isBuffer)
      return Diagnostic{{},
                        "--out: argument " + std::to_string(output.index) +
                            " is no buffer"};
  return success();
}

/// Prints the time that has passed, and the rate in processor time, which other
/// programs on the machine do not change.
void printTime(const LaunchResult &result, double seconds, double processor) {
  uint64_t threads = 0;
  for (const SiteCounters &counters : result.counters)
    threads += counters.threads;
  double millions = double(threads) / 1e6;
  std::printf("%.3f s (%.3f s of processor time), %.1f million thread "
              "instructions, %.1f million/s\n",
              seconds, processor, millions,
              millions / std::max(processor, 1e-6));
}

/// Decodes, runs, and writes what has come out.
int run(const Command &command, const Module &module) {
  Result<Program> program = decode(module, command.entry, command.target);
  if (!program)
    return fail(program.error(), command.file);
  GlobalMemory memory;
  std::vector<Argument> arguments;
  for (const std::string &text : command.arguments) {
    Result<Argument> argument =
        makeArgument(text, unsigned(arguments.size()), memory);
    if (!argument)
      return fail(argument.error(), command.file);
    arguments.push_back(std::move(*argument));
  }
  if (Status status = checkOutputs(command, arguments); !status)
    return fail(status.error(), command.file);
  Result<std::vector<uint8_t>> parameters =
      layOutParameters(*program, arguments);
  if (!parameters)
    return fail(parameters.error(), command.file);

  auto begin = std::chrono::steady_clock::now();
  std::clock_t beginProcessor = std::clock();
  Result<LaunchResult> result =
      launch(*program, memory, *parameters, command.options);
  if (!result)
    return fail(result.error(), command.file);
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  if (command.printTime)
    printTime(*result, time.count(),
              double(std::clock() - beginProcessor) / CLOCKS_PER_SEC);
  for (const Report &report : result->reports)
    std::fprintf(stderr, "%s\n", report.str(command.file).c_str());
  if (Status status = writeOutputs(command, arguments, memory); !status)
    return fail(status.error(), command.file);
  if (!command.json.empty()) {
    std::string text = toJson(*program, *result);
    if (Status status = writeFile(command.json, {text.begin(), text.end()});
        !status)
      return fail(status.error(), command.file);
  }
  return result->clean() ? 0 : 1;
}

/// Prints the syntax lines of the instruction table.
int printInstructions() {
  for (const Form &form : getInstructionForms()) {
    std::printf("%.*s\n", int(form.syntax.size()), form.syntax.data());
  }
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  if (argc == 1 || (argc == 2 && std::strcmp(argv[1], "--help") == 0)) {
    std::fputs(kUsage, argc == 1 ? stderr : stdout);
    return argc == 1 ? 2 : 0;
  }
  if (!isHostSupported()) {
    std::fputs("ptx-sim: error: this processor has no AVX2, FMA and F16C\n",
               stderr);
    return 2;
  }
  if (argc == 2 && std::strcmp(argv[1], "--instructions") == 0)
    return printInstructions();
  Command command;
  if (Status status = parseCommand(argc, argv, command); !status)
    return fail(status.error(), "ptx-sim");
  Result<std::vector<uint8_t>> text = readFile(command.file);
  if (!text)
    return fail(text.error(), "ptx-sim");
  Result<Module> module =
      parseModule(std::string_view(reinterpret_cast<const char *>(text->data()),
                                   text->size()),
                  command.file);
  if (!module)
    return fail(module.error(), command.file);
  return run(command, *module);
}
