// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A CUDA driver without a GPU, as libcuda.so.1: memory and kernels are those of
// the simulator. It writes each call to stderr if FAKE_CUDA_LOG is set. The
// settings in FAKE_CUDA are separated by commas:
//
//   cc=9.0          the compute capability; 8.0 if left out
//   skip            launches do nothing
//   FUNCTION=CODE   FUNCTION fails with CODE
//   log=TEXT        what translation of PTX says about an error
//
// A function that needs a context fails with 201 where none is current.

#include "attn/Simulator/CDevice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/// Returns what follows `name` in the settings, or null.
static const char *find_setting(const char *name) {
  const char *at = getenv("FAKE_CUDA");
  size_t length = strlen(name);
  while (at && *at) {
    if (strncmp(at, name, length) == 0)
      return at + length;
    at = strchr(at, ',');
    at = at ? at + 1 : NULL;
  }
  return NULL;
}

static void say(const char *name, long long number) {
  if (getenv("FAKE_CUDA_LOG"))
    fprintf(stderr, "%s %lld\n", name, number);
}

static _Thread_local int depth;

/// Returns the code with which `name` fails; 0 if it does not.
static int begin(const char *name, long long number, int needs_context) {
  char setting[64];
  say(name, number);
  snprintf(setting, sizeof(setting), "%s=", name);
  const char *code = find_setting(setting);
  if (code)
    return atoi(code);
  return needs_context && depth == 0 ? 201 : 0;
}

#define BEGIN(NUMBER, NEEDS_CONTEXT)                                           \
  do {                                                                         \
    int code = begin(__func__, (long long)(NUMBER), NEEDS_CONTEXT);            \
    if (code)                                                                  \
      return code;                                                             \
  } while (0)

EXPORT int cuInit(unsigned flags) {
  BEGIN(flags, 0);
  return 0;
}

EXPORT int cuGetErrorName(int code, const char **name) {
  *name = code == 2     ? "CUDA_ERROR_OUT_OF_MEMORY"
          : code == 218 ? "CUDA_ERROR_INVALID_PTX"
          : code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS"
                        : NULL;
  return *name ? 0 : 1;
}

EXPORT int cuGetErrorString(int code, const char **text) {
  *text = code == 700 ? "an illegal memory access was encountered"
                      : "the meaning of the code";
  return 0;
}

EXPORT int cuDriverGetVersion(int *version) {
  *version = 12040;
  return 0;
}

EXPORT int cuDeviceGetCount(int *count) {
  BEGIN(0, 0);
  *count = find_setting("empty") ? 0 : 1;
  return 0;
}

EXPORT int cuDeviceGet(int *device, int index) {
  BEGIN(index, 0);
  *device = index;
  return 0;
}

EXPORT int cuDeviceGetName(char *name, int capacity, int device) {
  BEGIN(device, 0);
  snprintf(name, (size_t)capacity, "Fake GPU");
  return 0;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
  (void)device;
  int major = 8, minor = 0;
  const char *setting = find_setting("cc=");
  if (setting)
    sscanf(setting, "%d.%d", &major, &minor);
  *value = attribute == 75 ? major : attribute == 76 ? minor : -1;
  return 0;
}

static int context;

EXPORT int cuDevicePrimaryCtxRetain(void **result, int device) {
  BEGIN(device, 0);
  *result = &context;
  return 0;
}

EXPORT int cuCtxPushCurrent_v2(void *pushed) {
  if (pushed != &context)
    return 201;
  ++depth;
  return 0;
}

EXPORT int cuCtxPopCurrent_v2(void **popped) {
  *popped = &context;
  --depth;
  return 0;
}

EXPORT int cuCtxSynchronize(void) {
  BEGIN(0, 1);
  return 0;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static char sentence[1024];

EXPORT int cuMemAlloc_v2(unsigned long long *memory, size_t bytes) {
  BEGIN(bytes, 1);
  const attn_rt_device *device = attn_simulator_device();
  void *result = device->allocate(device->user, (int64_t)bytes, sentence,
                                  sizeof(sentence));
  *memory = (unsigned long long)(uintptr_t)result;
  return result ? 0 : 2;
}

EXPORT int cuMemFree_v2(unsigned long long memory) {
  BEGIN(0, 1);
  const attn_rt_device *device = attn_simulator_device();
  device->release(device->user, (void *)(uintptr_t)memory);
  return 0;
}

EXPORT int cuMemGetInfo_v2(size_t *available, size_t *total) {
  *available = 1000;
  *total = 2000;
  return 0;
}

EXPORT int cuMemcpyHtoD_v2(unsigned long long target, const void *source,
                           size_t bytes) {
  BEGIN(bytes, 1);
  const attn_rt_device *device = attn_simulator_device();
  return !device->write(device->user, (void *)(uintptr_t)target, source,
                        (int64_t)bytes, sentence, sizeof(sentence));
}

EXPORT int cuMemcpyDtoH_v2(void *target, unsigned long long source,
                           size_t bytes) {
  BEGIN(bytes, 1);
  const attn_rt_device *device = attn_simulator_device();
  return !device->read(device->user, target, (void *)(uintptr_t)source,
                       (int64_t)bytes, sentence, sizeof(sentence));
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

struct module {
  attn_rt_kernels kernels;
  char *ptx;
};

/// A function; lives until the process ends, which no test notices.
struct function {
  const struct module *module;
  char name[256];
  int shared_bytes;
};

/// Writes what is set to the buffer that the options name.
static void write_log(unsigned count, const int *options, void **values) {
  const char *log = find_setting("log=");
  char *buffer = NULL;
  size_t capacity = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == 5)
      buffer = values[i];
    if (options[i] == 6)
      capacity = (size_t)(uintptr_t)values[i];
  }
  if (log && buffer)
    snprintf(buffer, capacity, "%s\n", log);
}

EXPORT int cuModuleLoadDataEx(void **result, const void *image, unsigned count,
                              int *options, void **values) {
  write_log(count, options, values);
  BEGIN(strlen(image), 1);
  struct module *module = calloc(1, sizeof(*module));
  module->ptx = strdup(image);
  module->kernels.target = "fake";
  module->kernels.ptx = module->ptx;
  *result = module;
  return 0;
}

EXPORT int cuModuleUnload(void *unloaded) {
  BEGIN(0, 1);
  struct module *module = unloaded;
  free(module->ptx);
  free(module);
  return 0;
}

EXPORT int cuModuleGetFunction(void **result, void *module, const char *name) {
  BEGIN(0, 1);
  struct function *function = calloc(1, sizeof(*function));
  function->module = module;
  function->shared_bytes = 48 * 1024;
  snprintf(function->name, sizeof(function->name), "%s", name);
  *result = function;
  return 0;
}

EXPORT int cuFuncSetAttribute(void *changed, int attribute, int value) {
  BEGIN(value, 1);
  struct function *function = changed;
  if (attribute == 8)
    function->shared_bytes = value;
  return attribute != 8;
}

EXPORT int cuLaunchKernel(void *launched, unsigned grid_x, unsigned grid_y,
                          unsigned grid_z, unsigned block_x, unsigned block_y,
                          unsigned block_z, unsigned shared_bytes, void *stream,
                          void **parameters, void **extra) {
  BEGIN(shared_bytes, 1);
  const struct function *function = launched;
  if (grid_y * grid_z * block_y * block_z != 1 || stream || parameters ||
      extra[0] != (void *)1 || extra[2] != (void *)2 || extra[4] ||
      (int)shared_bytes > function->shared_bytes)
    return 1;
  if (find_setting("skip"))
    return 0;
  attn_rt_launch_request request = {
      &function->module->kernels, function->name,        grid_x,
      (int32_t)block_x,           (int32_t)shared_bytes, extra[1],
      *(size_t *)extra[3]};
  const attn_rt_device *device = attn_simulator_device();
  if (device->launch(device->user, &request, sentence, sizeof(sentence)))
    return 0;
  fprintf(stderr, "simulator: %s\n", sentence);
  return 719;
}
