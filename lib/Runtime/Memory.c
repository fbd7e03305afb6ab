// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of generated code: tensors, and one scratch block per thread.

#define _POSIX_C_SOURCE 200112L
#include "attn/Runtime/Runtime.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/// The alignment of all memory handed out: a cache line and a vector register.
enum { MIN_ALIGNMENT = 64 };

/// The scratch block of a thread.
struct scratch {
  void *memory;
  int64_t bytes;
};

static _Thread_local struct scratch scratch;

/// The key whose destructor frees the scratch block of a thread that ends.
static struct {
  pthread_once_t once;
  pthread_key_t key;
  int made;
} cleanup = {.once = PTHREAD_ONCE_INIT};

static void free_scratch(void *argument) {
  struct scratch *block = argument;
  free(block->memory);
  block->memory = NULL;
  block->bytes = 0;
}

static void make_cleanup_key(void) {
  cleanup.made = pthread_key_create(&cleanup.key, free_scratch) == 0;
}

/// Fails with a sentence about `bytes` bytes.
static void fail_bytes(const char *format, int64_t bytes) {
  char sentence[160];
  snprintf(sentence, sizeof(sentence), format, bytes);
  attn_rt_fail(sentence);
}

/// Returns `bytes` bytes, at least one, with the given alignment, or NULL.
static void *allocate(int64_t bytes, int64_t alignment) {
  void *memory = NULL;
  size_t size = bytes > 0 ? (size_t)bytes : 1;
  if (posix_memalign(&memory, (size_t)alignment, size) != 0)
    return NULL;
  return memory;
}

/// Replaces the block of this thread by one of `bytes` bytes; the old one goes
/// first, so that both never exist together.
static void *grow_scratch(int64_t bytes) {
  free_scratch(&scratch);
  scratch.memory = allocate(bytes, MIN_ALIGNMENT);
  if (!scratch.memory) {
    fail_bytes("scratch memory: cannot allocate %" PRId64 " bytes", bytes);
    return NULL;
  }
  scratch.bytes = bytes;
  pthread_once(&cleanup.once, make_cleanup_key);
  if (cleanup.made)
    pthread_setspecific(cleanup.key, &scratch);
  return scratch.memory;
}

void *attn_rt_scratch(int64_t bytes) {
  if (bytes < 0) {
    fail_bytes("scratch memory: expected at least 0 bytes, found %" PRId64,
               bytes);
    return NULL;
  }
  if (scratch.memory && bytes <= scratch.bytes)
    return scratch.memory;
  return grow_scratch(bytes);
}

int64_t attn_rt_tensor_bytes(const int64_t *sizes, int32_t rank,
                             int64_t element_bytes) {
  int64_t bytes = element_bytes;
  int empty = 0;
  for (int32_t axis = 0; axis < rank; ++axis) {
    if (sizes[axis] < 0) {
      char sentence[160];
      snprintf(sentence, sizeof(sentence),
               "size of tensor axis %" PRId32
               ": expected at least 0, found %" PRId64,
               axis, sizes[axis]);
      attn_rt_fail(sentence);
      return -1;
    }
    // A zero is left out: strides are products of the other sizes.
    if (sizes[axis] == 0) {
      empty = 1;
    } else if (__builtin_mul_overflow(bytes, sizes[axis], &bytes)) {
      fail_bytes("size of tensor: expected at most %" PRId64
                 " bytes, found more",
                 INT64_MAX);
      return -1;
    }
  }
  return empty ? 0 : bytes;
}

void *attn_rt_alloc(int64_t bytes, int64_t alignment) {
  if (bytes < 0) {
    fail_bytes("tensor memory: expected at least 0 bytes, found %" PRId64,
               bytes);
    return NULL;
  }
  if (alignment <= 0 || (alignment & (alignment - 1)) != 0) {
    fail_bytes("tensor memory: expected an alignment that is a power of two, "
               "found %" PRId64,
               alignment);
    return NULL;
  }
  void *memory =
      allocate(bytes, alignment > MIN_ALIGNMENT ? alignment : MIN_ALIGNMENT);
  if (!memory)
    fail_bytes("tensor memory: cannot allocate %" PRId64 " bytes", bytes);
  return memory;
}

void attn_rt_free(void *memory) { free(memory); }
