// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a C program needs to call functions that attn-compile made: tensors,
// status codes, memory and threads. Headers that attn-compile writes contain
// this file, so that they stand alone.

#ifndef ATTN_RUNTIME_CALL_H
#define ATTN_RUNTIME_CALL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

/// The element types. An I1 takes one byte, which is 0 or 1; integers are
/// signed; F16 and BF16 take two bytes.
typedef enum {
  ATTN_RT_F16,
  ATTN_RT_BF16,
  ATTN_RT_F32,
  ATTN_RT_F64,
  ATTN_RT_I1,
  ATTN_RT_I8,
  ATTN_RT_I16,
  ATTN_RT_I32,
  ATTN_RT_I64,
} attn_rt_dtype;

/// The most axes of a tensor.
#define ATTN_RT_MAX_RANK 8

/// A tensor in memory. The element at (i0, i1, ...) is at
/// data + (i0 * strides[0] + i1 * strides[1] + ...) elements. Strides may have
/// any value, zero and negative ones included; those of an output must not make
/// two elements share memory. `data` must be aligned to the size of an element;
/// it may be null where an axis has size zero.
typedef struct {
  void *data;
  void *owner; ///< what attn_rt_tensor_free frees; null if the caller owns data
  int32_t dtype; ///< an attn_rt_dtype
  int32_t rank;
  int64_t sizes[ATTN_RT_MAX_RANK];
  int64_t strides[ATTN_RT_MAX_RANK]; ///< in elements
} attn_rt_tensor;

/// Returns the tensor of `rank` axes at `data` whose elements lie densely in C
/// order (the last axis is contiguous).
static inline attn_rt_tensor attn_rt_make_tensor(void *data,
                                                 attn_rt_dtype dtype,
                                                 int32_t rank,
                                                 const int64_t *sizes) {
  attn_rt_tensor tensor;
  int64_t stride = 1;
  memset(&tensor, 0, sizeof(tensor));
  tensor.data = data;
  tensor.dtype = (int32_t)dtype;
  tensor.rank = rank;
  for (int32_t axis = rank; axis-- > 0;) {
    tensor.sizes[axis] = sizes[axis];
    tensor.strides[axis] = stride;
    stride *= sizes[axis];
  }
  return tensor;
}

/// Frees the memory of an output that the call allocated, and clears the
/// descriptor. Does nothing if the caller owns the memory.
void attn_rt_tensor_free(attn_rt_tensor *tensor);

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// How a call ended.
typedef enum {
  ATTN_RT_OK = 0,
  /// A descriptor does not fit the function: rank, element type, sizes that are
  /// fixed at compile time, alignment, or no data.
  ATTN_RT_BAD_ARGUMENT = 1,
  /// A check in compiled code failed, such as two sizes that must agree.
  ATTN_RT_CHECK_FAILED = 2,
  /// There is not enough memory.
  ATTN_RT_NO_MEMORY = 3,
  /// The code was compiled for another version of the runtime library, or for
  /// vectors that this processor does not have.
  ATTN_RT_INCOMPATIBLE = 4,
  /// The code has kernels, and no device is installed (attn_rt_set_device).
  ATTN_RT_NO_DEVICE = 5,
  /// The device refused a launch, lacks memory, or found an error in a kernel.
  ATTN_RT_DEVICE_FAILED = 6,
} attn_rt_status;

/// Returns the sentence of the last call on this thread that did not end with
/// ATTN_RT_OK, lower case and without a final period; "" if there is none.
/// Valid until the next failure on this thread.
const char *attn_rt_last_error(void);

//===----------------------------------------------------------------------===//
// Memory and threads
//===----------------------------------------------------------------------===//

/// Where the library gets its memory. `allocate` returns `bytes` bytes aligned
/// to `alignment` (a power of two), or null; both may run on any thread.
typedef struct {
  void *(*allocate)(size_t bytes, size_t alignment, void *user);
  void (*release)(void *memory, void *user);
  void *user;
} attn_rt_allocator;

/// Makes later allocations of tensors and scratch memory come from `allocator`,
/// which is copied; NULL means the C library. Memory goes back to the allocator
/// that it came from.
void attn_rt_set_allocator(const attn_rt_allocator *allocator);

/// Sets how many threads, the caller included, later calls use. Zero or less
/// means the number of processors available to the process (its affinity mask),
/// which is also the initial setting; it is read when the workers are made. May
/// be called anywhere.
void attn_rt_set_threads(int32_t threads);

/// Returns the number of threads set, with zero resolved to the number of
/// available processors; at least 1.
int32_t attn_rt_threads(void);

#ifdef __cplusplus
}
#endif

#endif // ATTN_RUNTIME_CALL_H
