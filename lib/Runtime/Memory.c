// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of generated code: tensors, and one scratch block per thread.

#define _POSIX_C_SOURCE 200112L
#include "Trap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/// The alignment of all memory handed out: a cache line and a vector register.
enum { MIN_ALIGNMENT = 64 };

//===----------------------------------------------------------------------===//
// The allocator
//===----------------------------------------------------------------------===//

static void *allocate_default(size_t bytes, size_t alignment, void *user) {
  (void)user;
  void *memory = NULL;
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
}

static void release_default(void *memory, void *user) {
  (void)user;
  free(memory);
}

static const attn_rt_allocator default_allocator = {allocate_default,
                                                    release_default, NULL};

/// The installed allocator; the lock keeps its parts together.
static struct {
  pthread_mutex_t lock;
  attn_rt_allocator allocator;
} installed = {.lock = PTHREAD_MUTEX_INITIALIZER,
               .allocator = {allocate_default, release_default, NULL}};

void attn_rt_set_allocator(const attn_rt_allocator *allocator) {
  pthread_mutex_lock(&installed.lock);
  installed.allocator = allocator ? *allocator : default_allocator;
  pthread_mutex_unlock(&installed.lock);
}

static attn_rt_allocator get_allocator(void) {
  pthread_mutex_lock(&installed.lock);
  attn_rt_allocator allocator = installed.allocator;
  pthread_mutex_unlock(&installed.lock);
  return allocator;
}

/// Fails with a sentence about `bytes` bytes.
static void fail_bytes(attn_rt_status status, const char *format,
                       int64_t bytes) {
  char sentence[160];
  snprintf(sentence, sizeof(sentence), format, bytes);
  attn_rt_fail_with(status, sentence);
}

//===----------------------------------------------------------------------===//
// Scratch memory
//===----------------------------------------------------------------------===//

/// The scratch block of a thread, and where it came from.
struct scratch {
  void *memory;
  int64_t bytes;
  attn_rt_allocator allocator;
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
  if (block->memory)
    block->allocator.release(block->memory, block->allocator.user);
  block->memory = NULL;
  block->bytes = 0;
}

static void make_cleanup_key(void) {
  cleanup.made = pthread_key_create(&cleanup.key, free_scratch) == 0;
}

/// Replaces the block of this thread by one of `bytes` bytes; the old one goes
/// first, so that both never exist together.
static void *grow_scratch(int64_t bytes) {
  free_scratch(&scratch);
  scratch.allocator = get_allocator();
  scratch.memory = scratch.allocator.allocate(
      bytes > 0 ? (size_t)bytes : 1, MIN_ALIGNMENT, scratch.allocator.user);
  if (!scratch.memory) {
    fail_bytes(ATTN_RT_NO_MEMORY,
               "scratch memory: cannot allocate %" PRId64 " bytes", bytes);
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
    fail_bytes(ATTN_RT_CHECK_FAILED,
               "scratch memory: expected at least 0 bytes, found %" PRId64,
               bytes);
    return NULL;
  }
  if (scratch.memory && bytes <= scratch.bytes)
    return scratch.memory;
  return grow_scratch(bytes);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

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
      fail_bytes(ATTN_RT_CHECK_FAILED,
                 "size of tensor: expected at most %" PRId64
                 " bytes, found more",
                 INT64_MAX);
      return -1;
    }
  }
  return empty ? 0 : bytes;
}

/// What precedes the memory of a tensor: where it came from, and its place in
/// the list of the call that it belongs to.
struct attn_rt_block {
  void *base;
  void (*release)(void *memory, void *user);
  void *user;
  struct attn_rt_call *call; // null once nobody would free it after a failure
  struct attn_rt_block *previous, *next;
};

_Static_assert(sizeof(struct attn_rt_block) <= MIN_ALIGNMENT,
               "the header must fit before the aligned memory");

/// Adds `block` to the list of `call`.
static void link_block(struct attn_rt_block *block, struct attn_rt_call *call) {
  pthread_mutex_lock(&call->lock);
  block->call = call;
  block->previous = NULL;
  block->next = call->blocks;
  if (block->next)
    block->next->previous = block;
  call->blocks = block;
  pthread_mutex_unlock(&call->lock);
}

/// Takes `block` off the list of its call.
static void unlink_block(struct attn_rt_block *block) {
  struct attn_rt_call *call = block->call;
  pthread_mutex_lock(&call->lock);
  if (block->previous)
    block->previous->next = block->next;
  else
    call->blocks = block->next;
  if (block->next)
    block->next->previous = block->previous;
  block->call = NULL;
  pthread_mutex_unlock(&call->lock);
}

void attn_rt_free_blocks(struct attn_rt_call *call) {
  while (call->blocks)
    attn_rt_free(call->blocks + 1);
}

void attn_rt_hand_over_blocks(struct attn_rt_call *call,
                              struct attn_rt_call *owner) {
  while (call->blocks) {
    struct attn_rt_block *block = call->blocks;
    unlink_block(block);
    if (owner)
      link_block(block, owner);
  }
}

/// Returns memory with a header before it, or null.
static void *allocate_block(int64_t bytes, int64_t alignment) {
  int64_t total;
  if (__builtin_add_overflow(bytes, alignment, &total))
    return NULL;
  attn_rt_allocator allocator = get_allocator();
  char *base =
      allocator.allocate((size_t)total, (size_t)alignment, allocator.user);
  if (!base)
    return NULL;
  void *memory = base + alignment;
  struct attn_rt_block *block = (struct attn_rt_block *)memory - 1;
  *block = (struct attn_rt_block){
      .base = base, .release = allocator.release, .user = allocator.user};
  if (attn_rt_current_call())
    link_block(block, attn_rt_current_call());
  return memory;
}

void *attn_rt_alloc(int64_t bytes, int64_t alignment) {
  if (bytes < 0) {
    fail_bytes(ATTN_RT_CHECK_FAILED,
               "tensor memory: expected at least 0 bytes, found %" PRId64,
               bytes);
    return NULL;
  }
  if (alignment <= 0 || (alignment & (alignment - 1)) != 0) {
    fail_bytes(ATTN_RT_CHECK_FAILED,
               "tensor memory: expected an alignment that is a power of two, "
               "found %" PRId64,
               alignment);
    return NULL;
  }
  void *memory = allocate_block(
      bytes, alignment > MIN_ALIGNMENT ? alignment : MIN_ALIGNMENT);
  if (!memory)
    fail_bytes(ATTN_RT_NO_MEMORY,
               "tensor memory: cannot allocate %" PRId64 " bytes", bytes);
  return memory;
}

void attn_rt_free(void *memory) {
  if (!memory)
    return;
  struct attn_rt_block *block = (struct attn_rt_block *)memory - 1;
  if (block->call)
    unlink_block(block);
  block->release(block->base, block->user);
}
