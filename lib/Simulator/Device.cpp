// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The simulator as a device of the runtime library.

#include "attn/Simulator/Device.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>

using namespace attn::sim;

/// Memory, decoded kernels, and the functions of the device.
class SimulatorDevice::State {
public:
  State(LaunchOptions options, Observer observer, KernelFiles files)
      : options(options), observer(std::move(observer)),
        files(std::move(files)) {
    device = {"simulator", allocate, release, write, read, launch, this};
  }

  attn_rt_device device;

private:
  /// Writes `message` to the caller's sentence; returns 0.
  static int fail(const std::string &message, char *sentence, size_t capacity) {
    std::snprintf(sentence, capacity, "%s", message.c_str());
    return 0;
  }

  static State &get(void *user) { return *static_cast<State *>(user); }

  static void *allocate(void *user, int64_t bytes, char *, size_t) {
    State &state = get(user);
    std::lock_guard<std::mutex> lock(state.mutex);
    std::string name = "array " + std::to_string(state.arrays++);
    uint64_t address = state.memory.allocate(name, uint64_t(bytes));
    return reinterpret_cast<void *>(address);
  }

  static void release(void *user, void *memory) {
    State &state = get(user);
    std::lock_guard<std::mutex> lock(state.mutex);
    state.memory.free(reinterpret_cast<uint64_t>(memory));
  }

  /// The bytes of the simulated memory at `device`.
  uint8_t *find(const void *device, int64_t bytes) {
    uint64_t address = reinterpret_cast<uint64_t>(device);
    Allocation *allocation = memory.find(address, uint64_t(bytes));
    return allocation
               ? allocation->bytes.get() + (address - allocation->address)
               : nullptr;
  }

  static int write(void *user, void *device, const void *host, int64_t bytes,
                   char *sentence, size_t capacity) {
    State &state = get(user);
    std::lock_guard<std::mutex> lock(state.mutex);
    uint8_t *target = state.find(device, bytes);
    if (!target)
      return fail("copy to memory that is not on the device", sentence,
                  capacity);
    std::memcpy(target, host, size_t(bytes));
    return 1;
  }

  static int read(void *user, void *host, const void *device, int64_t bytes,
                  char *sentence, size_t capacity) {
    State &state = get(user);
    std::lock_guard<std::mutex> lock(state.mutex);
    const uint8_t *source = state.find(device, bytes);
    if (!source)
      return fail("copy from memory that is not on the device", sentence,
                  capacity);
    std::memcpy(host, source, size_t(bytes));
    return 1;
  }

  static int launch(void *user, const attn_rt_launch_request *request,
                    char *sentence, size_t capacity) {
    State &state = get(user);
    std::lock_guard<std::mutex> lock(state.mutex);
    return state.launch(*request, sentence, capacity);
  }

  int launch(const attn_rt_launch_request &request, char *sentence,
             size_t capacity);
  Result<const Program *> getProgram(const attn_rt_launch_request &request);
  std::string dump(const attn_rt_kernels &kernels);

  LaunchOptions options;
  Observer observer;
  KernelFiles files;
  /// What the dump holds, once it is written.
  const attn_rt_kernels *dumped = nullptr;
  /// The text of the replacement, once it is read.
  std::optional<std::string> replacement;
  std::mutex mutex;
  GlobalMemory memory;
  unsigned arrays = 0;
  /// A decoded kernel, and the text that it was decoded from.
  struct Decoded {
    std::string ptx;
    Program program;
  };
  /// By kernels and name.
  std::map<std::pair<const attn_rt_kernels *, std::string>, Decoded> programs;
};

/// Writes the text of `kernels` to the file that asks for it, once. Returns an
/// error, or an empty string.
std::string SimulatorDevice::State::dump(const attn_rt_kernels &kernels) {
  if (files.dump.empty() || dumped == &kernels)
    return {};
  if (dumped)
    return "cannot dump PTX to " + files.dump +
           ": expected all kernels in one module, found a second one";
  std::ofstream stream(files.dump, std::ios::binary);
  stream << kernels.ptx;
  stream.close();
  if (!stream)
    return "cannot write " + files.dump;
  dumped = &kernels;
  return {};
}

/// Reads a file; nothing if it cannot be read.
static std::optional<std::string> readFile(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  // A folder can be opened, but not read.
  if (stream)
    stream.peek();
  if (!stream.is_open() || stream.bad())
    return std::nullopt;
  stream.clear();
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Decodes the kernel of `request`, once.
Result<const Program *>
SimulatorDevice::State::getProgram(const attn_rt_launch_request &request) {
  auto key = std::make_pair(request.kernels, std::string(request.name));
  auto known = programs.find(key);
  const char *text = replacement ? replacement->c_str() : request.kernels->ptx;
  if (known != programs.end() && known->second.ptx == text)
    return &known->second.program;
  Result<Module> module = parseModule(text, request.name);
  if (!module)
    return module.error();
  Result<Program> program = decode(*module, request.name);
  if (!program)
    return program.error();
  if (known != programs.end())
    programs.erase(known);
  Decoded decoded = {text, std::move(*program)};
  return &programs.emplace(key, std::move(decoded)).first->second.program;
}

int SimulatorDevice::State::launch(const attn_rt_launch_request &request,
                                   char *sentence, size_t capacity) {
  std::string error = dump(*request.kernels);
  if (!error.empty())
    return fail(error, sentence, capacity);
  if (!files.replacement.empty() && !replacement &&
      !(replacement = readFile(files.replacement)))
    return fail("cannot read " + files.replacement, sentence, capacity);
  // Errors name the text that a line is counted in.
  std::string source = replacement ? files.replacement : request.name;
  Result<const Program *> program = getProgram(request);
  if (!program)
    return fail(program.error().str(source), sentence, capacity);
  LaunchOptions launchOptions = options;
  launchOptions.grid = {uint32_t(request.blocks), 1, 1};
  launchOptions.block = {uint32_t(request.threads), 1, 1};
  launchOptions.dynamicShared = uint64_t(request.shared_bytes);
  if (request.blocks > INT32_MAX)
    return fail("launch of " + std::string(request.name) +
                    ": expected at most 2147483647 blocks, found " +
                    std::to_string(request.blocks),
                sentence, capacity);
  auto *bytes = static_cast<const uint8_t *>(request.parameters);
  std::vector<uint8_t> parameters(bytes, bytes + request.parameter_bytes);
  Result<LaunchResult> result =
      sim::launch(**program, memory, parameters, launchOptions);
  if (!result)
    return fail(result.error().str(source), sentence, capacity);
  if (observer)
    observer(**program, *result);
  if (!result->clean())
    return fail(result->reports.front().str(source), sentence, capacity);
  return 1;
}

SimulatorDevice::SimulatorDevice(LaunchOptions options, Observer observer,
                                 KernelFiles files)
    : state(new State(options, std::move(observer), std::move(files))) {}

SimulatorDevice::~SimulatorDevice() = default;

const attn_rt_device *SimulatorDevice::getDevice() const {
  return &state->device;
}
