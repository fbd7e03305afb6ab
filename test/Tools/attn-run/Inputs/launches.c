// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches kernels on the CUDA device: many times, with much shared memory, and
// of another text at the same address.

#include "attn/Runtime/Device.h"
#include "attn/Runtime/Runtime.h"

#include <stdio.h>
#include <stdlib.h>

static char text[64];
static attn_rt_kernels kernels = {"sm_80", text};
static const char *kernel = "first";
static int32_t shared_bytes;
static int64_t blocks = 1;

static void launch(void *user) {
  float *data = user;
  struct {
    float *allocated, *aligned;
    int64_t offset, size, stride;
  } array = {data, data, 0, 16, 1};
  attn_rt_argument arguments[] = {{ATTN_RT_INPUT, 1, 4, &array},
                                  {ATTN_RT_OUTPUT, 1, 4, &array}};
  attn_rt_launch(&kernels, kernel, blocks, 32, shared_bytes, 2, arguments);
}

static void run(const char *what) {
  static float data[16];
  attn_rt_status status = attn_rt_try(launch, data);
  printf("%s: %d %s\n", what, (int)status,
         status == ATTN_RT_OK ? "" : attn_rt_last_error());
  fflush(stdout);
}

/// Returns the pages of the process.
static long count_pages(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld", &pages) != 1)
    exit(1);
  fclose(file);
  return pages;
}

int main(void) {
  attn_rt_set_device(attn_rt_cuda_device());
  snprintf(text, sizeof(text), ".version 8.7\n");
  run("first");
  shared_bytes = 49152;
  run("at the limit");
  shared_bytes = 50000;
  run("above");
  run("above again");
  kernel = "second";
  run("second");
  snprintf(text, sizeof(text), ".version 8.8\n");
  run("another text");
  blocks = (int64_t)1 << 31;
  run("too many blocks");
  blocks = 1;

  static float data[16];
  long before = 0;
  for (int i = 0; i < 10000; ++i) {
    if (attn_rt_try(launch, data) != ATTN_RT_OK)
      return 1;
    if (i == 100)
      before = count_pages();
  }
  printf("pages: %ld\n", count_pages() - before);
  return 0;
}
