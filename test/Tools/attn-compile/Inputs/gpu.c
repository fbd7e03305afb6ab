// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls attention that was compiled for a GPU, on the simulator and without a
// device.
//
//   gpu ROWS KEYS q.npy k.npy v.npy out.raw

#include "attend.h"
#include "attn/Simulator/CDevice.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 1, HEADS = 2, FEATURES = 64, NPY_HEADER = 128 };

static void fail(const char *what) {
  fprintf(stderr, "gpu: %s\n", what);
  exit(1);
}

/// Reads bf16 numbers that numpy wrote.
static attn_rt_tensor read_tensor(const char *path, int64_t rows) {
  int64_t sizes[] = {BATCH, HEADS, rows, FEATURES};
  size_t count = (size_t)(BATCH * HEADS * rows * FEATURES);
  void *data = malloc(count * 2 + 1);
  FILE *file = fopen(path, "rb");
  if (!data || !file || fseek(file, NPY_HEADER, SEEK_SET) != 0 ||
      fread(data, 2, count, file) != count)
    fail("cannot read the input");
  fclose(file);
  return attn_rt_make_tensor(data, ATTN_RT_BF16, 4, sizes);
}

int main(int argc, char **argv) {
  if (argc != 7)
    fail("expected six arguments");
  int64_t rows = atol(argv[1]), keys = atol(argv[2]);
  attn_rt_tensor q = read_tensor(argv[3], rows), k = read_tensor(argv[4], keys),
                 v = read_tensor(argv[5], keys), out = {0};
  attn_rt_status status = attend(&q, &k, &v, &out);
  printf("%d: %s\n", (int)status, attn_rt_last_error());

  attn_rt_set_device(attn_simulator_device());
  if (attend(&q, &k, &v, &out) != ATTN_RT_OK)
    fail(attn_rt_last_error());
  size_t count = (size_t)(BATCH * HEADS * rows * FEATURES);
  FILE *file = fopen(argv[6], "wb");
  if (!file || fwrite(out.data, 2, count, file) != count || fclose(file) != 0)
    fail("cannot write the output");
  attn_rt_tensor_free(&out);
  free(q.data);
  free(k.data);
  free(v.data);
  return 0;
}
