/*===- serial_runtime.c - what compiled tile programs call, on one thread -===*\
|*
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* A failed check is counted instead of ending the process, so that tests can
|* see it. Scratch memory is filled with NaN before each task.
|*
\*===----------------------------------------------------------------------===*/

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

int attn_failed_checks = 0;
int attn_poison_scratch = 1;

void attn_rt_parallel_for(int64_t count, void (*body)(int64_t, void *),
                          void *context) {
  unsigned mode = _mm_getcsr();
  _mm_setcsr(mode | 0x8040); /* flush denormals, as the runtime does */
  for (int64_t task = 0; task < count; ++task)
    body(task, context);
  _mm_setcsr(mode);
}

void *attn_rt_scratch(int64_t bytes) {
  static void *memory = NULL;
  static int64_t size = 0;
  if (bytes > size) {
    free(memory);
    size = (bytes + 63) / 64 * 64;
    memory = aligned_alloc(64, size);
  }
  if (attn_poison_scratch)
    memset(memory, 0xff, size);
  return memory;
}

static void check(int holds, int64_t found, int64_t expected,
                  const char *message) {
  if (holds)
    return;
  printf("expected %s: found %lld, expected %lld\n", message, (long long)found,
         (long long)expected);
  ++attn_failed_checks;
}

void attn_rt_check_equal(int64_t found, int64_t expected, const char *message) {
  check(found == expected, found, expected, message);
}

void attn_rt_check_at_least(int64_t found, int64_t expected,
                            const char *message) {
  check(found >= expected, found, expected, message);
}

void attn_rt_check_at_most(int64_t found, int64_t expected,
                           const char *message) {
  check(found <= expected, found, expected, message);
}

void attn_rt_check_multiple(int64_t found, int64_t expected,
                            const char *message) {
  check(expected != 0 && found % expected == 0, found, expected, message);
}
