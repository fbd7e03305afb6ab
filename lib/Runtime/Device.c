// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches kernels on the installed device: copies what they read to its memory
// and what they wrote back.

#include "attn/Runtime/Device.h"

#include "Trap.h"

#include <stdio.h>
#include <stdlib.h>

static _Atomic(const attn_rt_device *) installed;

void attn_rt_set_device(const attn_rt_device *device) {
  atomic_store(&installed, device);
}

/// The struct of a memref, whose sizes and strides follow.
struct memref {
  char *allocated;
  char *aligned;
  int64_t offset;
  int64_t sizes_and_strides[];
};

/// The bytes that an array reaches: from `begin` on, in host memory.
struct span {
  char *begin;
  int64_t bytes;
};

/// One launch while it runs.
struct launch {
  const attn_rt_device *device;
  const attn_rt_argument *arguments;
  int32_t count;
  void **memory; // on the device, one for each argument
  char *parameters;
  size_t parameter_bytes;
  char sentence[ATTN_RT_SENTENCE_LIMIT];
};

static struct span get_span(const attn_rt_argument *argument) {
  const struct memref *array = argument->value;
  const int64_t *sizes = array->sizes_and_strides;
  const int64_t *strides = sizes + argument->rank;
  int64_t lowest = 0, highest = 0;
  struct span span = {array->aligned + array->offset * argument->bytes, 0};
  for (int32_t axis = 0; axis < argument->rank; ++axis) {
    if (sizes[axis] == 0)
      return span;
    int64_t reach = (sizes[axis] - 1) * strides[axis];
    *(reach < 0 ? &lowest : &highest) += reach;
  }
  span.begin += lowest * argument->bytes;
  span.bytes = (highest - lowest + 1) * argument->bytes;
  return span;
}

/// Appends `bytes` bytes, aligned to their number, to the parameters.
static void append(struct launch *launch, const void *value, size_t bytes) {
  size_t at = (launch->parameter_bytes + bytes - 1) / bytes * bytes;
  memcpy(launch->parameters + at, value, bytes);
  launch->parameter_bytes = at + bytes;
}

/// Appends argument `i`, which lies in device memory.
static void append_argument(struct launch *launch, int32_t i) {
  const attn_rt_argument *argument = &launch->arguments[i];
  if (argument->kind == ATTN_RT_SCALAR) {
    append(launch, argument->value, (size_t)argument->bytes);
    return;
  }
  const struct memref *array = argument->value;
  struct span span = get_span(argument);
  // Where element 0 of the struct would lie.
  char *base = (char *)launch->memory[i] + (array->aligned - span.begin);
  append(launch, &base, sizeof(base));
  append(launch, &base, sizeof(base));
  append(launch, &array->offset, sizeof(int64_t));
  for (int32_t k = 0; k < 2 * argument->rank; ++k)
    append(launch, &array->sizes_and_strides[k], sizeof(int64_t));
}

/// Copies the arrays to the device. Outputs go there too: what a kernel leaves
/// out keeps what it held.
static int copy_in(struct launch *launch) {
  const attn_rt_device *device = launch->device;
  for (int32_t i = 0; i < launch->count; ++i) {
    if (launch->arguments[i].kind == ATTN_RT_SCALAR)
      continue;
    struct span span = get_span(&launch->arguments[i]);
    launch->memory[i] = device->allocate(
        device->user, span.bytes, launch->sentence, sizeof(launch->sentence));
    if (!launch->memory[i] ||
        (span.bytes &&
         !device->write(device->user, launch->memory[i], span.begin, span.bytes,
                        launch->sentence, sizeof(launch->sentence))))
      return 0;
  }
  return 1;
}

static int copy_out(struct launch *launch) {
  const attn_rt_device *device = launch->device;
  for (int32_t i = 0; i < launch->count; ++i) {
    if (launch->arguments[i].kind != ATTN_RT_OUTPUT)
      continue;
    struct span span = get_span(&launch->arguments[i]);
    if (span.bytes &&
        !device->read(device->user, span.begin, launch->memory[i], span.bytes,
                      launch->sentence, sizeof(launch->sentence)))
      return 0;
  }
  return 1;
}

/// Returns the most bytes that the parameters can take.
static size_t get_parameter_capacity(const struct launch *launch) {
  size_t bytes = 8;
  for (int32_t i = 0; i < launch->count; ++i)
    bytes += 8 * (size_t)(3 + 2 * launch->arguments[i].rank) +
             2 * (size_t)launch->arguments[i].bytes;
  return bytes;
}

void attn_rt_launch(const attn_rt_kernels *kernels, const char *name,
                    int64_t blocks, int32_t threads, int32_t shared_bytes,
                    int32_t argument_count, const attn_rt_argument *arguments) {
  struct launch launch = {.device = atomic_load(&installed),
                          .arguments = arguments,
                          .count = argument_count};
  if (!launch.device) {
    snprintf(launch.sentence, sizeof(launch.sentence),
             "kernel %.200s is compiled for %.50s, and there is no device to "
             "run it on",
             name, kernels->target);
    attn_rt_fail_with(ATTN_RT_NO_DEVICE, launch.sentence);
    return;
  }
  launch.memory = calloc((size_t)argument_count + 1, sizeof(void *));
  launch.parameters = calloc(get_parameter_capacity(&launch), 1);
  int ok = launch.memory && launch.parameters;
  if (!ok)
    snprintf(launch.sentence, sizeof(launch.sentence),
             "launch of %.200s: cannot allocate memory", name);
  ok = ok && copy_in(&launch);
  if (ok) {
    for (int32_t i = 0; i < argument_count; ++i)
      append_argument(&launch, i);
    attn_rt_launch_request request = {kernels,
                                      name,
                                      blocks,
                                      threads,
                                      shared_bytes,
                                      launch.parameters,
                                      launch.parameter_bytes};
    ok = launch.device->launch(launch.device->user, &request, launch.sentence,
                               sizeof(launch.sentence)) &&
         copy_out(&launch);
  }
  for (int32_t i = 0; launch.memory && i < argument_count; ++i)
    if (launch.memory[i])
      launch.device->release(launch.device->user, launch.memory[i]);
  free(launch.memory);
  free(launch.parameters);
  if (!ok)
    attn_rt_fail_with(ATTN_RT_DEVICE_FAILED, launch.sentence);
}
