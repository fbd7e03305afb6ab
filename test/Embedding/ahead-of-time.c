// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls attention that was compiled ahead of time; needs neither MLIR nor LLVM.

#include "attend.h"

#include <stdio.h>

int main(void) {
  static float data[4 * 3 * 32];
  for (int i = 0; i < 4 * 3 * 32; ++i)
    data[i] = (float)i;
  int64_t sizes[] = {1, 4, 3, 32};
  attn_rt_tensor q = attn_rt_make_tensor(data, ATTN_RT_F32, 4, sizes);
  attn_rt_tensor out = {0};
  if (attend(&q, &q, &q, &out) != ATTN_RT_OK) {
    fprintf(stderr, "%s\n", attn_rt_last_error());
    return 1;
  }
  // The first query sees the first key only.
  printf("first row ends with %g\n", ((float *)out.data)[31]);
  attn_rt_tensor_free(&out);
  return 0;
}
