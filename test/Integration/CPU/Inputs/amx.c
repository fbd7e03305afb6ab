// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the instructions of AMX-BF16 do, for processors without them. A tile is
// 16 rows of 64 bytes; only such tiles are expected, and only after the process
// has asked for the registers.

#include "attn/Runtime/Runtime.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 16, BYTES = 64, WORDS = 16 };

static int enabled;

void emulated_require_amx(void) { enabled = 1; }

static void expect(int condition, const char *sentence) {
  if (condition)
    return;
  fprintf(stderr, "emulated AMX: %s\n", sentence);
  abort();
}

static void check(int rows, int bytes) {
  expect(enabled, "the registers were not asked for");
  expect(rows == ROWS && bytes == BYTES, "a tile is not 16 x 64 bytes");
}

void emulated_load(void *tile, uint16_t rows, uint16_t bytes, const char *from,
                   int64_t stride) {
  check(rows, bytes);
  for (int row = 0; row < ROWS; ++row)
    memcpy((char *)tile + row * BYTES, from + row * stride, BYTES);
}

void emulated_store(uint16_t rows, uint16_t bytes, char *to, int64_t stride,
                    const void *tile) {
  check(rows, bytes);
  for (int row = 0; row < ROWS; ++row)
    memcpy(to + row * stride, (const char *)tile + row * BYTES, BYTES);
}

void emulated_zero(void *tile, uint16_t rows, uint16_t bytes) {
  check(rows, bytes);
  memset(tile, 0, ROWS * BYTES);
}

/// Scratch memory full of NaN: what is behind a tile must not be multiplied.
void *emulated_scratch(int64_t bytes) {
  return memset(attn_rt_scratch(bytes), 0xff, (size_t)bytes);
}

/// Denormal numbers count as zero, whatever the mode of the thread is.
static float flush(float x) {
  return fpclassify(x) == FP_SUBNORMAL ? copysignf(0, x) : x;
}

/// Half `half` of a word, a bf16, as f32.
static float widen(uint32_t word, int half) {
  uint32_t bits = half ? word & 0xffff0000u : word << 16;
  float value;
  memcpy(&value, &bits, sizeof(value));
  return flush(value);
}

/// sums += left * right; the even and the odd terms have sums of their own.
void emulated_dot(void *sums, uint16_t rows, uint16_t bytes, uint16_t depth,
                  const void *left, const void *right) {
  check(rows, bytes);
  check(ROWS, depth);
  const uint32_t *a = left, *b = right;
  float *c = sums;
  for (int m = 0; m < ROWS; ++m)
    for (int n = 0; n < WORDS; ++n) {
      float sum[2] = {0, 0};
      for (int k = 0; k < WORDS; ++k)
        for (int half = 0; half < 2; ++half)
          sum[half] = flush(fmaf(widen(a[m * WORDS + k], half),
                                 widen(b[k * WORDS + n], half), sum[half]));
      float *out = &c[m * WORDS + n];
      *out = flush(flush(*out) + flush(sum[0] + sum[1]));
    }
}
