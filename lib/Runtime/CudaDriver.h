// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the CUDA driver API that launches kernels, as libcuda.so.1
// exports it, so that no toolkit is needed to build.

#ifndef ATTN_LIB_RUNTIME_CUDADRIVER_H
#define ATTN_LIB_RUNTIME_CUDADRIVER_H

#include <stddef.h>

typedef int cu_result, cu_device;
typedef unsigned long long cu_pointer;
typedef struct cu_context_state *cu_context;
typedef struct cu_module_state *cu_module;
typedef struct cu_function_state *cu_function;
typedef struct cu_stream_state *cu_stream;

/// Values of CUresult.
enum {
  CU_ERROR_OUT_OF_MEMORY = 2,
  CU_ERROR_OUT_OF_HOST_MEMORY = 2,
  CU_ERROR_STUB_LIBRARY = 34,
  CU_ERROR_NO_DEVICE = 100,
  CU_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  CU_ERROR_DRIVER_MISMATCH = 803,
};

/// Values of CUdevice_attribute, CUfunction_attribute and CUjit_option.
enum {
  CU_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_FUNCTION_MAX_DYNAMIC_SHARED_BYTES = 8,
  CU_JIT_ERROR_LOG_BUFFER = 5,
  CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6,
};

/// The shared memory that a block may have without asking for it.
enum { CU_SHARED_BYTES_BY_DEFAULT = 48 * 1024 };

#define CU_LAUNCH_PARAM_END ((void *)0)
#define CU_LAUNCH_PARAM_BUFFER_POINTER ((void *)1)
#define CU_LAUNCH_PARAM_BUFFER_SIZE ((void *)2)

/// The functions, by the names of cuda.h and those of the library.
#define CU_DRIVER_FUNCTIONS(DO)                                                \
  DO(cuGetErrorName, "cuGetErrorName")                                         \
  DO(cuGetErrorString, "cuGetErrorString")                                     \
  DO(cuDriverGetVersion, "cuDriverGetVersion")                                 \
  DO(cuDeviceGetCount, "cuDeviceGetCount")                                     \
  DO(cuDeviceGet, "cuDeviceGet")                                               \
  DO(cuDeviceGetName, "cuDeviceGetName")                                       \
  DO(cuDeviceGetAttribute, "cuDeviceGetAttribute")                             \
  DO(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain")                     \
  DO(cuCtxPushCurrent, "cuCtxPushCurrent_v2")                                  \
  DO(cuCtxPopCurrent, "cuCtxPopCurrent_v2")                                    \
  DO(cuCtxSynchronize, "cuCtxSynchronize")                                     \
  DO(cuMemAlloc, "cuMemAlloc_v2")                                              \
  DO(cuMemFree, "cuMemFree_v2")                                                \
  DO(cuMemGetInfo, "cuMemGetInfo_v2")                                          \
  DO(cuMemcpyHtoD, "cuMemcpyHtoD_v2")                                          \
  DO(cuMemcpyDtoH, "cuMemcpyDtoH_v2")                                          \
  DO(cuModuleLoadDataEx, "cuModuleLoadDataEx")                                 \
  DO(cuModuleUnload, "cuModuleUnload")                                         \
  DO(cuModuleGetFunction, "cuModuleGetFunction")                               \
  DO(cuFuncSetAttribute, "cuFuncSetAttribute")                                 \
  DO(cuLaunchKernel, "cuLaunchKernel")                                         \
  DO(cuInit, "cuInit")

struct cu_driver {
  cu_result (*cuInit)(unsigned flags);
  cu_result (*cuGetErrorName)(cu_result code, const char **name);
  cu_result (*cuGetErrorString)(cu_result code, const char **text);
  cu_result (*cuDriverGetVersion)(int *version);
  cu_result (*cuDeviceGetCount)(int *count);
  cu_result (*cuDeviceGet)(cu_device *device, int index);
  cu_result (*cuDeviceGetName)(char *name, int capacity, cu_device device);
  cu_result (*cuDeviceGetAttribute)(int *value, int attribute,
                                    cu_device device);
  cu_result (*cuDevicePrimaryCtxRetain)(cu_context *context, cu_device device);
  cu_result (*cuCtxPushCurrent)(cu_context context);
  cu_result (*cuCtxPopCurrent)(cu_context *context);
  cu_result (*cuCtxSynchronize)(void);
  cu_result (*cuMemAlloc)(cu_pointer *memory, size_t bytes);
  cu_result (*cuMemFree)(cu_pointer memory);
  cu_result (*cuMemGetInfo)(size_t *available, size_t *total);
  cu_result (*cuMemcpyHtoD)(cu_pointer target, const void *source,
                            size_t bytes);
  cu_result (*cuMemcpyDtoH)(void *target, cu_pointer source, size_t bytes);
  cu_result (*cuModuleLoadDataEx)(cu_module *module, const void *image,
                                  unsigned count, int *options, void **values);
  cu_result (*cuModuleUnload)(cu_module module);
  cu_result (*cuModuleGetFunction)(cu_function *function, cu_module module,
                                   const char *name);
  cu_result (*cuFuncSetAttribute)(cu_function function, int attribute,
                                  int value);
  cu_result (*cuLaunchKernel)(cu_function function, unsigned grid_x,
                              unsigned grid_y, unsigned grid_z,
                              unsigned block_x, unsigned block_y,
                              unsigned block_z, unsigned shared_bytes,
                              cu_stream stream, void **parameters,
                              void **extra);
};

#endif // ATTN_LIB_RUNTIME_CUDADRIVER_H
