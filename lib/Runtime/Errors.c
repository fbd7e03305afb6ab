// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns failed run-time checks into sentences and hands them to the host.

#include "Trap.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/// Characters of the caller's message that are kept, so that the numbers after
/// it always fit.
enum { MESSAGE_LIMIT = 800, SENTENCE_LIMIT = 1024 };

/// The installed handler; the lock keeps its two halves together.
static struct {
  pthread_mutex_t lock;
  attn_rt_error_handler handler;
  void *user;
} errors = {.lock = PTHREAD_MUTEX_INITIALIZER};

/// Prints the sentence and ends the process without running exit handlers:
/// other threads may be in the middle of anything.
static void print_and_exit(const char *message) {
  fprintf(stderr, "error: %s\n", message);
  fflush(stderr);
  _exit(1);
}

void attn_rt_set_error_handler(attn_rt_error_handler handler, void *user) {
  pthread_mutex_lock(&errors.lock);
  errors.handler = handler;
  errors.user = user;
  pthread_mutex_unlock(&errors.lock);
}

/// Hands `message` to the installed handler.
static void call_handler(const char *message) {
  pthread_mutex_lock(&errors.lock);
  attn_rt_error_handler handler = errors.handler;
  void *user = errors.user;
  pthread_mutex_unlock(&errors.lock);
  // Outside of the lock, because the handler may never return.
  if (handler)
    handler(message, user);
  else
    print_and_exit(message);
}

void attn_rt_fail_with(attn_rt_status status, const char *message) {
  attn_rt_spring_trap(status, message);
  call_handler(message);
}

void attn_rt_fail(const char *message) {
  attn_rt_fail_with(ATTN_RT_CHECK_FAILED, message);
}

/// Fails with "<message>: expected <relation><expected>, found <found>".
static void fail_check(int64_t found, const char *relation, int64_t expected,
                       const char *message) {
  char sentence[SENTENCE_LIMIT];
  snprintf(sentence, sizeof(sentence),
           "%.*s: expected %s%" PRId64 ", found %" PRId64, MESSAGE_LIMIT,
           message ? message : "run-time check", relation, expected, found);
  attn_rt_fail(sentence);
}

void attn_rt_check_equal(int64_t found, int64_t expected, const char *message) {
  if (found != expected)
    fail_check(found, "", expected, message);
}

void attn_rt_check_at_least(int64_t found, int64_t minimum,
                            const char *message) {
  if (found < minimum)
    fail_check(found, "at least ", minimum, message);
}

/// Returns whether `divisor` divides `value`.
static int divides(int64_t divisor, int64_t value) {
  if (divisor == 0)
    return value == 0;
  // INT64_MIN % -1 overflows.
  return divisor == -1 || value % divisor == 0;
}

void attn_rt_check_multiple(int64_t found, int64_t divisor,
                            const char *message) {
  if (!divides(divisor, found))
    fail_check(found, "a multiple of ", divisor, message);
}
