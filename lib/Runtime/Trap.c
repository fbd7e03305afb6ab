// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns failures in compiled code into status codes.

#include "Trap.h"

#include <stdio.h>

/// The innermost trap of the thread.
static _Thread_local struct attn_rt_trap *current;

/// What attn_rt_last_error returns.
static _Thread_local char last_error[ATTN_RT_SENTENCE_LIMIT];

struct attn_rt_call *attn_rt_current_call(void) {
  return current ? current->call : NULL;
}

int attn_rt_has_failed(struct attn_rt_call *call) {
  return call && atomic_load_explicit(&call->status, memory_order_relaxed);
}

void attn_rt_run_trapped(struct attn_rt_call *call, void (*body)(void *context),
                         void *context) {
  struct attn_rt_trap trap;
  trap.call = call;
  trap.outer = current;
  current = &trap;
  if (setjmp(trap.target) == 0)
    body(context);
  current = trap.outer;
}

void attn_rt_spring_trap(attn_rt_status status, const char *message) {
  struct attn_rt_trap *trap = current;
  if (!trap)
    return;
  pthread_mutex_lock(&trap->call->lock);
  if (!attn_rt_has_failed(trap->call)) {
    snprintf(trap->call->sentence, ATTN_RT_SENTENCE_LIMIT, "%s", message);
    atomic_store(&trap->call->status, (int)status);
  }
  pthread_mutex_unlock(&trap->call->lock);
  longjmp(trap->target, 1);
}

void attn_rt_follow_failure(void) {
  if (current && attn_rt_has_failed(current->call))
    longjmp(current->target, 1);
}

attn_rt_status attn_rt_note_error(attn_rt_status status, const char *message) {
  snprintf(last_error, sizeof(last_error), "%s", message);
  return status;
}

const char *attn_rt_last_error(void) { return last_error; }

attn_rt_status attn_rt_try(void (*body)(void *context), void *context) {
  struct attn_rt_call *outer = attn_rt_current_call();
  struct attn_rt_call call = {.lock = PTHREAD_MUTEX_INITIALIZER};
  attn_rt_run_trapped(&call, body, context);
  attn_rt_status status = (attn_rt_status)atomic_load(&call.status);
  if (status != ATTN_RT_OK)
    attn_rt_free_blocks(&call);
  else
    attn_rt_hand_over_blocks(&call, outer);
  pthread_mutex_destroy(&call.lock);
  return status == ATTN_RT_OK ? status
                              : attn_rt_note_error(status, call.sentence);
}
