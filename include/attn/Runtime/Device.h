// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where kernels run: what compiled code calls to launch one, and what a device
// must offer for that.

#ifndef ATTN_RUNTIME_DEVICE_H
#define ATTN_RUNTIME_DEVICE_H

#include "attn/Runtime/Call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The kernels of a module, compiled for one target.
typedef struct {
  const char *target; ///< such as "sm_80"
  const char *ptx;    ///< text that ends with a zero
} attn_rt_kernels;

/// A launch of one kernel on a grid of one dimension.
typedef struct {
  const attn_rt_kernels *kernels;
  const char *name;
  int64_t blocks;       ///< at least 1
  int32_t threads;      ///< of a block
  int32_t shared_bytes; ///< of dynamic shared memory
  /// The parameters as they lie in the kernel's parameter space.
  const void *parameters;
  size_t parameter_bytes;
} attn_rt_launch_request;

/// A device. Functions that can fail return 0 and write a sentence, lower case
/// and without a final period, to `sentence` of `capacity` bytes.
typedef struct {
  const char *name;
  /// Returns device memory, or null. `bytes` may be 0.
  void *(*allocate)(void *user, int64_t bytes, char *sentence, size_t capacity);
  void (*release)(void *user, void *memory);
  int (*write)(void *user, void *device, const void *host, int64_t bytes,
               char *sentence, size_t capacity);
  int (*read)(void *user, void *host, const void *device, int64_t bytes,
              char *sentence, size_t capacity);
  /// Runs the kernel; memory can be read when it returns.
  int (*launch)(void *user, const attn_rt_launch_request *request,
                char *sentence, size_t capacity);
  void *user;
} attn_rt_device;

/// Makes later launches run on `device`, which must outlive them. NULL: there
/// is no device, and a launch fails.
void attn_rt_set_device(const attn_rt_device *device);

/// Returns the first GPU that the CUDA driver shows (CUDA_VISIBLE_DEVICES picks
/// another). The driver, libcuda.so.1, is loaded when memory is first
/// allocated; what is missing or does not fit is the sentence of that failure.
/// The primary context is used and stays open; modules stay loaded.
const attn_rt_device *attn_rt_cuda_device(void);

/// What an argument of a launch is.
typedef enum {
  ATTN_RT_SCALAR, ///< `value` is the address of `bytes` bytes
  ATTN_RT_INPUT,  ///< `value` is the address of MLIR's struct of a memref of
                  ///< `rank` axes, with elements of `bytes` bytes
  ATTN_RT_OUTPUT, ///< the same; its elements are written
} attn_rt_argument_kind;

typedef struct {
  int32_t kind;
  int32_t rank;
  int64_t bytes;
  const void *value;
} attn_rt_argument;

/// Launches kernel `name` with host memory: what the arguments reach is copied
/// to the device, and outputs back. Compiled code calls this. A device that is
/// missing, lacks memory or refuses is a failure (see attn_rt_fail).
void attn_rt_launch(const attn_rt_kernels *kernels, const char *name,
                    int64_t blocks, int32_t threads, int32_t shared_bytes,
                    int32_t argument_count, const attn_rt_argument *arguments);

#ifdef __cplusplus
}
#endif

#endif // ATTN_RUNTIME_DEVICE_H
