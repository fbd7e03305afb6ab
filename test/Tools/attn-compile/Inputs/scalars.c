// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls compiled functions whose parameters and results are scalars of every
// size, and tensors without axes.

#include "scalars.h"

#include <stdio.h>

int main(void) {
  uint8_t bit = 7, i8_in = 0xff;
  int8_t i8 = 0;
  int16_t i16 = 0;
  int32_t i32 = 0;
  int64_t i64 = 0;
  float f32 = 0;
  double f64 = 0;
  uint16_t f16 = 0;
  if (mixed(2, (int8_t)i8_in, -300, 70000, 1ll << 40, 1.5f, 2.25, 0x3c00, &bit,
            &i8, &i16, &i32, &i64, &f32, &f64, &f16) != ATTN_RT_OK)
    return 1;
  printf("%d %d %d %d %lld %g %g %x\n", bit, i8, i16, i32, (long long)i64, f32,
         f64, f16);

  float value = 4.0f;
  int64_t no_sizes[1] = {0};
  attn_rt_tensor x = attn_rt_make_tensor(&value, ATTN_RT_F32, 0, no_sizes);
  attn_rt_tensor y = {0};
  if (single(&x, &f32) != ATTN_RT_OK || wrap(f32, &y) != ATTN_RT_OK)
    return 1;
  printf("%g %g rank %d\n", f32, *(float *)y.data, y.rank);
  attn_rt_tensor_free(&y);

  if (nothing() != ATTN_RT_OK || nothing_packed() != ATTN_RT_OK ||
      nothing_memrefs() != ATTN_RT_OK)
    return 1;
  if (mixed(0, 0, 0, 0, 0, 0, 0, 0, &bit, &i8, &i16, &i32, &i64, &f32, NULL,
            &f16) != ATTN_RT_BAD_ARGUMENT)
    return 1;
  printf("%s, %d\n", attn_rt_last_error(), bit);
  return 0;
}
