// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a failure anywhere in a call of compiled code ends that call: each thread
// that works for the call has a trap, which the failure jumps to.

#ifndef ATTN_LIB_RUNTIME_TRAP_H
#define ATTN_LIB_RUNTIME_TRAP_H

#include "attn/Runtime/Runtime.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

/// Characters of a sentence, the zero at its end included.
enum { ATTN_RT_SENTENCE_LIMIT = 1024 };

struct attn_rt_block;

/// One attn_rt_try. The lock guards all but `status`, which is read without it.
struct attn_rt_call {
  pthread_mutex_t lock;
  struct attn_rt_block *blocks; // memory that has not been freed
  _Atomic int status;
  char sentence[ATTN_RT_SENTENCE_LIMIT];
};

/// A place on the stack of a thread that failures of `call` jump to.
struct attn_rt_trap {
  jmp_buf target;
  struct attn_rt_call *call;
  struct attn_rt_trap *outer;
};

// Users of the shared library see none of these.
#pragma GCC visibility push(hidden)

/// Returns the call that this thread works for, or null.
struct attn_rt_call *attn_rt_current_call(void);

/// Returns whether `call`, which may be null, has failed.
int attn_rt_has_failed(struct attn_rt_call *call);

/// Runs `body(context)` for `call` on this thread until it ends or fails.
void attn_rt_run_trapped(struct attn_rt_call *call, void (*body)(void *context),
                         void *context);

/// Notes the failure, unless an earlier one is noted, and jumps to the trap of
/// this thread. Returns if there is none.
void attn_rt_spring_trap(attn_rt_status status, const char *message);

/// Jumps to the trap of this thread if its call has failed on another thread.
void attn_rt_follow_failure(void);

/// Fails like attn_rt_fail, with the given status.
void attn_rt_fail_with(attn_rt_status status, const char *message);

/// Makes `message` what attn_rt_last_error returns; returns `status`.
attn_rt_status attn_rt_note_error(attn_rt_status status, const char *message);

/// Frees the memory that `call` still owns.
void attn_rt_free_blocks(struct attn_rt_call *call);

/// Gives the memory that `call` still owns to `owner`, which may be null.
void attn_rt_hand_over_blocks(struct attn_rt_call *call,
                              struct attn_rt_call *owner);

#pragma GCC visibility pop

#endif // ATTN_LIB_RUNTIME_TRAP_H
