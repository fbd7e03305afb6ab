// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls compiled attention from C: reads queries, keys and values from files
// that attn-run reads too, and writes the result for comparison.
//
//   main run ROWS KEYS LAYOUT q.npy k.npy v.npy out.npy
//   main errors

#include "attend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2, HEADS = 4, FEATURES = 32, NPY_HEADER = 128 };

/// Ends the program with a sentence.
static void fail(const char *what) {
  fprintf(stderr, "main: %s\n", what);
  exit(1);
}

static int64_t count(const attn_rt_tensor *tensor) {
  int64_t elements = 1;
  for (int32_t axis = 0; axis < tensor->rank; ++axis)
    elements *= tensor->sizes[axis];
  return elements;
}

/// Writes a dense f32 array in the format of numpy.
static void write_npy(const char *path, const attn_rt_tensor *tensor) {
  char header[NPY_HEADER + 1];
  int length = snprintf(
      header, sizeof(header),
      "%c%s%c%c%c%c{'descr': '<f4', 'fortran_order': False, 'shape': "
      "(%d, %d, %d, %d), }",
      0x93, "NUMPY", 1, 0, NPY_HEADER - 10, 0, (int)tensor->sizes[0],
      (int)tensor->sizes[1], (int)tensor->sizes[2], (int)tensor->sizes[3]);
  memset(header + length, ' ', (size_t)(NPY_HEADER - length));
  header[NPY_HEADER - 1] = '\n';
  size_t elements = (size_t)count(tensor);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(header, NPY_HEADER, 1, file) != 1 ||
      fwrite(tensor->data, sizeof(float), elements, file) != elements ||
      fclose(file) != 0)
    fail("cannot write the file");
}

/// Makes numbers that are the same in every run.
static float *make_numbers(int64_t elements, unsigned seed) {
  float *numbers = malloc((size_t)(elements + 1) * sizeof(float));
  if (!numbers)
    fail("no memory");
  for (int64_t i = 0; i < elements; ++i) {
    seed = seed * 1664525u + 1013904223u;
    numbers[i] = (float)(seed >> 8) / (float)(1 << 23) - 1.0f;
  }
  return numbers;
}

/// Returns a tensor of the same elements in memory ordered [row, feature,
/// batch, head], with gaps, backwards along the features, and off every
/// alignment.
static attn_rt_tensor make_strided(const attn_rt_tensor *dense) {
  attn_rt_tensor strided = *dense;
  strided.strides[1] = 3;
  strided.strides[0] = 3 * HEADS + 1;
  strided.strides[3] = -BATCH * (3 * HEADS + 1);
  strided.strides[2] = FEATURES * BATCH * (3 * HEADS + 1) + 5;
  int64_t rows = dense->sizes[2];
  size_t elements = (size_t)(strided.strides[2] * (rows + 1) + 64);
  float *memory = malloc(elements * sizeof(float));
  if (!memory)
    fail("no memory");
  memset(memory, 0xff, elements * sizeof(float)); // NaN in the gaps
  float *start = memory + 1 - strided.strides[3] * (FEATURES - 1);
  const float *source = dense->data;
  for (int64_t b = 0; b < BATCH; ++b)
    for (int64_t h = 0; h < HEADS; ++h)
      for (int64_t n = 0; n < rows; ++n)
        for (int64_t d = 0; d < FEATURES; ++d)
          start[b * strided.strides[0] + h * strided.strides[1] +
                n * strided.strides[2] + d * strided.strides[3]] = *source++;
  strided.data = start;
  return strided;
}

static attn_rt_tensor make_tensor(int64_t rows, unsigned seed) {
  int64_t sizes[] = {BATCH, HEADS, rows, FEATURES};
  return attn_rt_make_tensor(
      make_numbers(BATCH * HEADS * rows * FEATURES, seed), ATTN_RT_F32, 4,
      sizes);
}

/// Runs attention; with the layout "strided", on strided inputs and outputs.
static void run(int64_t rows, int64_t keys, const char *layout, char **paths) {
  attn_rt_tensor q = make_tensor(rows, 1), k = make_tensor(keys, 2),
                 v = make_tensor(keys, 3), out = {0};
  attn_rt_tensor inputs[] = {q, k, v};
  if (strcmp(layout, "strided") == 0) {
    for (int i = 0; i < 3; ++i)
      inputs[i] = make_strided(&inputs[i]);
  } else if (strcmp(layout, "given") == 0) {
    out = make_tensor(rows, 4);
  }
  if (attend(&inputs[0], &inputs[1], &inputs[2], &out) != ATTN_RT_OK)
    fail(attn_rt_last_error());
  if ((out.owner == NULL) != (strcmp(layout, "given") == 0))
    fail("the wrong side owns the output");
  write_npy(paths[0], &q);
  write_npy(paths[1], &k);
  write_npy(paths[2], &v);
  write_npy(paths[3], &out);
  attn_rt_tensor_free(&out);
}

/// Prints how a call ends.
static void report(attn_rt_status status) {
  printf("%d: %s\n", (int)status, attn_rt_last_error());
}

static int allocations_left;

static void *allocate(size_t bytes, size_t alignment, void *user) {
  (void)user;
  if (allocations_left-- == 0)
    return NULL;
  return aligned_alloc(alignment,
                       (bytes + alignment - 1) / alignment * alignment);
}

static void release(void *memory, void *user) {
  (void)user;
  free(memory);
}

/// Fails every allocation in turn until there are enough.
static void run_out_of_memory(const attn_rt_tensor *q,
                              const attn_rt_tensor *k) {
  const attn_rt_allocator allocator = {allocate, release, NULL};
  attn_rt_set_allocator(&allocator);
  for (int failing = 0; failing < 100; ++failing) {
    attn_rt_tensor out = {0};
    allocations_left = failing;
    attn_rt_status status = attend(q, k, k, &out);
    if (status == ATTN_RT_OK) {
      printf("succeeds after %s\n", failing > 1 ? "failures" : "no failure");
      attn_rt_tensor_free(&out);
      break;
    }
    if (status != ATTN_RT_NO_MEMORY || out.data || out.owner)
      fail("a failed allocation was not reported");
    report(status);
  }
  attn_rt_set_allocator(NULL);
}

/// Shows every way in which a call can fail.
static void show_errors(void) {
  attn_rt_tensor q = make_tensor(3, 1), k = make_tensor(5, 2),
                 v = make_tensor(6, 3), out = {0};
  attn_rt_set_threads(1);
  report(attend(&q, &k, &v, &out));
  attn_rt_tensor bad = q;
  bad.sizes[1] = 3;
  report(attend(&bad, &k, &k, &out));
  bad = q;
  bad.rank = 3;
  report(attend(&bad, &k, &k, &out));
  bad = q;
  bad.dtype = ATTN_RT_BF16;
  report(attend(&q, &bad, &k, &out));
  report(attend(&q, &k, NULL, &out));
  if (out.data)
    fail("a failed call changed its output");
  run_out_of_memory(&q, &k); // Before scratch memory has been made.
  attn_rt_tensor given = k;
  report(attend(&q, &k, &k, &given));
  if (attend(&q, &k, &k, &out) != ATTN_RT_OK)
    fail("a call after failures fails");
  attn_rt_tensor_free(&out);
}

int main(int argc, char **argv) {
  if (argc == 9 && strcmp(argv[1], "run") == 0)
    run(atoi(argv[2]), atoi(argv[3]), argv[4], argv + 5);
  else if (argc == 2 && strcmp(argv[1], "errors") == 0)
    show_errors();
  else
    fail("expected run or errors");
  return 0;
}
