// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GPUs of NVIDIA as a device. The driver is loaded when it is first needed, so
// that the library runs where there is none.

#define _POSIX_C_SOURCE 200809L

#include "CudaDriver.h"
#include "attn/Runtime/Device.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A kernel of a module, and the dynamic shared memory that it may use.
struct kernel {
  struct kernel *next;
  cu_function function;
  int32_t shared_bytes;
  char name[];
};

/// A module on the GPU. The text is kept: another module may later lie at the
/// address `kernels`.
struct module {
  struct module *next;
  const attn_rt_kernels *kernels;
  char *ptx;
  cu_module handle;
  struct kernel *known;
};

/// The GPU, once it is open. Modules are found under the lock.
static struct {
  pthread_mutex_t lock;
  int open;
  struct cu_driver driver;
  cu_device device;
  cu_context context;
  int major, minor; // the compute capability
  char name[128];
  struct module *modules;
} gpu = {.lock = PTHREAD_MUTEX_INITIALIZER};

/// Where a failure is described.
struct report {
  char *sentence;
  size_t capacity;
};

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

/// Describes the failure `code` of `what`; returns 0.
static int fail(struct report report, const char *what, cu_result code) {
  const char *name = NULL, *meaning = NULL;
  if (gpu.driver.cuGetErrorName)
    gpu.driver.cuGetErrorName(code, &name);
  if (gpu.driver.cuGetErrorString)
    gpu.driver.cuGetErrorString(code, &meaning);
  if (name)
    snprintf(report.sentence, report.capacity, "cuda: %.300s: %.100s (%.300s)",
             what, name, meaning ? meaning : "no description");
  else
    snprintf(report.sentence, report.capacity, "cuda: %.300s: error %d", what,
             code);
  return 0;
}

/// Finds the functions of the driver.
static int load_driver(struct report report) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    snprintf(report.sentence, report.capacity,
             "cuda: cannot load the driver library (%.500s); install the "
             "NVIDIA driver",
             why ? why : "libcuda.so.1");
    return 0;
  }
#define FIND(MEMBER, SYMBOL)                                                   \
  *(void **)&gpu.driver.MEMBER = dlsym(library, SYMBOL);                       \
  if (!gpu.driver.MEMBER) {                                                    \
    snprintf(report.sentence, report.capacity,                                 \
             "cuda: the driver library has no " SYMBOL                         \
             "; update the NVIDIA driver");                                    \
    dlclose(library);                                                          \
    memset(&gpu.driver, 0, sizeof(gpu.driver));                                \
    return 0;                                                                  \
  }
  CU_DRIVER_FUNCTIONS(FIND)
#undef FIND
  return 1;
}

/// Describes a driver that does not start.
static int fail_to_start(struct report report, cu_result code) {
  if (code == CU_ERROR_NO_DEVICE)
    snprintf(report.sentence, report.capacity, "cuda: the driver finds no GPU");
  else if (code == CU_ERROR_STUB_LIBRARY)
    snprintf(report.sentence, report.capacity,
             "cuda: libcuda.so.1 is the stub of the toolkit; install the "
             "NVIDIA driver, or take the stub out of the library path");
  else if (code == CU_ERROR_DRIVER_MISMATCH)
    snprintf(report.sentence, report.capacity,
             "cuda: the driver library and the kernel module have different "
             "versions; restart the machine after an update of the driver");
  else
    return fail(report, "the driver does not start", code);
  return 0;
}

/// Opens the first GPU that the driver shows.
static int open_device(struct report report) {
  const struct cu_driver *cu = &gpu.driver;
  cu_result code = cu->cuInit(0);
  int count = 0;
  if (!code)
    code = cu->cuDeviceGetCount(&count);
  if (!code && count == 0)
    code = CU_ERROR_NO_DEVICE;
  if (code)
    return fail_to_start(report, code);
  code = cu->cuDeviceGet(&gpu.device, 0);
  if (!code)
    code = cu->cuDeviceGetName(gpu.name, sizeof(gpu.name), gpu.device);
  if (!code)
    code = cu->cuDeviceGetAttribute(
        &gpu.major, CU_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, gpu.device);
  if (!code)
    code = cu->cuDeviceGetAttribute(
        &gpu.minor, CU_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, gpu.device);
  if (!code)
    code = cu->cuDevicePrimaryCtxRetain(&gpu.context, gpu.device);
  return code ? fail(report, "cannot open the GPU", code) : 1;
}

/// Opens the GPU, unless it is open, and makes it current on this thread until
/// leave_gpu.
static int enter_gpu(struct report report) {
  pthread_mutex_lock(&gpu.lock);
  if (!gpu.open)
    gpu.open =
        (gpu.driver.cuInit || load_driver(report)) && open_device(report);
  int open = gpu.open;
  pthread_mutex_unlock(&gpu.lock);
  if (!open)
    return 0;
  cu_result code = gpu.driver.cuCtxPushCurrent(gpu.context);
  return code ? fail(report, "cannot use the GPU", code) : 1;
}

static void leave_gpu(void) {
  cu_context previous;
  gpu.driver.cuCtxPopCurrent(&previous);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static void *allocate(void *user, int64_t bytes, char *sentence,
                      size_t capacity) {
  (void)user;
  struct report report = {sentence, capacity};
  if (!enter_gpu(report))
    return NULL;
  cu_pointer memory = 0;
  cu_result code = gpu.driver.cuMemAlloc(&memory, bytes ? (size_t)bytes : 1);
  size_t available = 0, total = 0;
  if (code == CU_ERROR_OUT_OF_MEMORY)
    gpu.driver.cuMemGetInfo(&available, &total);
  leave_gpu();
  if (code == CU_ERROR_OUT_OF_MEMORY)
    snprintf(sentence, capacity,
             "cuda: %s has no memory for %" PRId64 " bytes: %zu of %zu are "
             "free",
             gpu.name, bytes, available, total);
  else if (code)
    fail(report, "cannot allocate memory", code);
  return code ? NULL : (void *)(uintptr_t)memory;
}

static void release(void *user, void *memory) {
  (void)user;
  char ignored[256];
  if (!enter_gpu((struct report){ignored, sizeof(ignored)}))
    return;
  gpu.driver.cuMemFree((cu_pointer)(uintptr_t)memory);
  leave_gpu();
}

static int write_memory(void *user, void *device, const void *host,
                        int64_t bytes, char *sentence, size_t capacity) {
  (void)user;
  struct report report = {sentence, capacity};
  if (!enter_gpu(report))
    return 0;
  cu_result code = gpu.driver.cuMemcpyHtoD((cu_pointer)(uintptr_t)device, host,
                                           (size_t)bytes);
  leave_gpu();
  return code ? fail(report, "cannot copy to the GPU", code) : 1;
}

static int read_memory(void *user, void *host, const void *device,
                       int64_t bytes, char *sentence, size_t capacity) {
  (void)user;
  struct report report = {sentence, capacity};
  if (!enter_gpu(report))
    return 0;
  cu_result code = gpu.driver.cuMemcpyDtoH(host, (cu_pointer)(uintptr_t)device,
                                           (size_t)bytes);
  leave_gpu();
  return code ? fail(report, "cannot copy from the GPU", code) : 1;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

/// Returns whether the GPU runs code for `target`: sm_80 runs on compute
/// capability 8.0 and all later ones, sm_90a on 9.0 alone.
static int check_target(const char *target, struct report report) {
  int number = 0;
  char suffix = 0;
  if (sscanf(target, "sm_%d%c", &number, &suffix) < 1) {
    snprintf(report.sentence, report.capacity,
             "cuda: expected kernels for a target such as sm_80, found %.50s",
             target);
    return 0;
  }
  int found = gpu.major * 10 + gpu.minor;
  if (suffix ? found == number : found >= number)
    return 1;
  snprintf(report.sentence, report.capacity,
           "cuda: code for %.50s needs compute capability %d.%d%s, and %s has "
           "%d.%d%s",
           target, number / 10, number % 10,
           suffix ? " and runs on no other" : " or later", gpu.name, gpu.major,
           gpu.minor,
           found >= 80 ? "; compile for sm_80, which runs from 8.0 on" : "");
  return 0;
}

/// Replaces line ends, so that the log of the driver is part of a sentence.
static void join_lines(char *text) {
  size_t length = strlen(text);
  while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
    text[--length] = 0;
  for (; *text; ++text)
    if (*text == '\n' || *text == '\r')
      *text = ' ';
}

/// Describes PTX that the driver does not take; returns 0.
static int fail_to_load(const attn_rt_kernels *kernels, cu_result code,
                        char *log, struct report report) {
  if (code == CU_ERROR_UNSUPPORTED_PTX_VERSION) {
    int version = 0, major = 0, minor = 0;
    gpu.driver.cuDriverGetVersion(&version);
    const char *line = strstr(kernels->ptx, ".version ");
    if (line)
      sscanf(line, ".version %d.%d", &major, &minor);
    snprintf(report.sentence, report.capacity,
             "cuda: the driver is for CUDA %d.%d, which is too old for PTX "
             "%d.%d; update the NVIDIA driver",
             version / 1000, version % 1000 / 10, major, minor);
    return 0;
  }
  fail(report, "the driver does not take the kernels", code);
  join_lines(log);
  size_t used = strlen(report.sentence);
  if (*log && used < report.capacity)
    snprintf(report.sentence + used, report.capacity - used, ": %s", log);
  return 0;
}

static void free_module(struct module *module) {
  gpu.driver.cuModuleUnload(module->handle);
  while (module->known) {
    struct kernel *kernel = module->known;
    module->known = kernel->next;
    free(kernel);
  }
  free(module->ptx);
  free(module);
}

/// Translates `kernels` for the GPU and notes the module.
static struct module *load_module(const attn_rt_kernels *kernels,
                                  struct report report) {
  if (!check_target(kernels->target, report))
    return NULL;
  struct module *module = calloc(1, sizeof(*module));
  char *ptx = strdup(kernels->ptx);
  char log[600] = "";
  int options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, (void *)(uintptr_t)sizeof(log)};
  cu_result code = CU_ERROR_OUT_OF_HOST_MEMORY;
  if (module && ptx)
    code =
        gpu.driver.cuModuleLoadDataEx(&module->handle, ptx, 2, options, values);
  log[sizeof(log) - 1] = 0;
  if (code) {
    fail_to_load(kernels, code, log, report);
    free(module);
    free(ptx);
    return NULL;
  }
  module->kernels = kernels;
  module->ptx = ptx;
  module->next = gpu.modules;
  gpu.modules = module;
  return module;
}

/// Returns the module of `kernels`. One that was made of another text at the
/// same address is dropped first.
static struct module *find_module(const attn_rt_kernels *kernels,
                                  struct report report) {
  for (struct module **link = &gpu.modules; *link; link = &(*link)->next) {
    struct module *module = *link;
    if (module->kernels != kernels)
      continue;
    if (strcmp(module->ptx, kernels->ptx) == 0)
      return module;
    *link = module->next;
    free_module(module);
    break;
  }
  return load_module(kernels, report);
}

static struct kernel *find_kernel(struct module *module, const char *name,
                                  struct report report) {
  for (struct kernel *kernel = module->known; kernel; kernel = kernel->next)
    if (strcmp(kernel->name, name) == 0)
      return kernel;
  struct kernel *kernel = calloc(1, sizeof(*kernel) + strlen(name) + 1);
  cu_result code = CU_ERROR_OUT_OF_HOST_MEMORY;
  if (kernel)
    code =
        gpu.driver.cuModuleGetFunction(&kernel->function, module->handle, name);
  if (code) {
    fail(report, name, code);
    free(kernel);
    return NULL;
  }
  strcpy(kernel->name, name);
  kernel->next = module->known;
  module->known = kernel;
  return kernel;
}

/// Lets `kernel` use the shared memory of a launch.
static int allow_shared_memory(struct kernel *kernel, int32_t bytes,
                               struct report report) {
  if (bytes <= CU_SHARED_BYTES_BY_DEFAULT || bytes <= kernel->shared_bytes)
    return 1;
  cu_result code = gpu.driver.cuFuncSetAttribute(
      kernel->function, CU_FUNCTION_MAX_DYNAMIC_SHARED_BYTES, bytes);
  if (code) {
    char what[200];
    snprintf(what, sizeof(what),
             "%.100s needs %" PRId32 " bytes of shared memory", kernel->name,
             bytes);
    return fail(report, what, code);
  }
  kernel->shared_bytes = bytes;
  return 1;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

/// Returns the function to launch, or null.
static cu_function prepare(const attn_rt_launch_request *request,
                           struct report report) {
  pthread_mutex_lock(&gpu.lock);
  struct module *module = find_module(request->kernels, report);
  struct kernel *kernel =
      module ? find_kernel(module, request->name, report) : NULL;
  cu_function function =
      kernel && allow_shared_memory(kernel, request->shared_bytes, report)
          ? kernel->function
          : NULL;
  pthread_mutex_unlock(&gpu.lock);
  return function;
}

static int run(const attn_rt_launch_request *request, struct report report) {
  if (request->blocks > INT32_MAX) {
    snprintf(report.sentence, report.capacity,
             "cuda: %.300s: expected at most %d blocks, found %" PRId64,
             request->name, INT32_MAX, request->blocks);
    return 0;
  }
  cu_function function = prepare(request, report);
  if (!function)
    return 0;
  size_t bytes = request->parameter_bytes;
  void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, (void *)request->parameters,
                   CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  cu_result code = gpu.driver.cuLaunchKernel(
      function, (unsigned)request->blocks, 1, 1, (unsigned)request->threads, 1,
      1, (unsigned)request->shared_bytes, NULL, NULL, extra);
  if (!code)
    code = gpu.driver.cuCtxSynchronize();
  return code ? fail(report, request->name, code) : 1;
}

static int launch(void *user, const attn_rt_launch_request *request,
                  char *sentence, size_t capacity) {
  (void)user;
  struct report report = {sentence, capacity};
  if (!enter_gpu(report))
    return 0;
  int ok = run(request, report);
  leave_gpu();
  return ok;
}

const attn_rt_device *attn_rt_cuda_device(void) {
  static const attn_rt_device device = {
      "cuda", allocate, release, write_memory, read_memory, launch, NULL};
  return &device;
}
