// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Uses two compiled libraries in one process: linked to both, or with the paths
// of both as arguments, which are then loaded and closed.

#include "add.h"
#include "mul.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef attn_rt_status (*binary)(const attn_rt_tensor *x,
                                 const attn_rt_tensor *y, attn_rt_tensor *out);

static float x_data[1000], y_data[1000];

/// Calls `function` on tensors of the given sizes and prints what happens.
static void call(binary function, const char *(*last_error)(void),
                 void (*free_tensor)(attn_rt_tensor *tensor), int64_t n,
                 int64_t m) {
  attn_rt_tensor x = attn_rt_make_tensor(x_data, ATTN_RT_F32, 1, &n);
  attn_rt_tensor y = attn_rt_make_tensor(y_data, ATTN_RT_F32, 1, &m);
  attn_rt_tensor out = {0};
  if (function(&x, &y, &out) != ATTN_RT_OK)
    printf("%s\n", last_error());
  else
    printf("%g\n", ((float *)out.data)[n - 1]);
  free_tensor(&out);
}

#ifdef LINKED

int main(void) {
  x_data[999] = 3;
  y_data[999] = 4;
  call(add, attn_rt_last_error, attn_rt_tensor_free, 1000, 1000);
  call(mul, attn_rt_last_error, attn_rt_tensor_free, 1000, 1000);
  call(add, attn_rt_last_error, attn_rt_tensor_free, 1000, 999);
  call(mul, attn_rt_last_error, attn_rt_tensor_free, 1000, 998);
  return 0;
}

#else

/// Finds a function; C has no cast from an object to a function.
static void find(void *library, const char *name, void *function) {
  void *address = dlsym(library, name);
  memcpy(function, &address, sizeof(address));
}

/// Loads a library, calls it and closes it while its threads wait.
static void use(const char *path, const char *name) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    printf("%s\n", dlerror());
    return;
  }
  binary function;
  const char *(*last_error)(void);
  void (*free_tensor)(attn_rt_tensor *tensor);
  find(library, name, &function);
  find(library, "attn_rt_last_error", &last_error);
  find(library, "attn_rt_tensor_free", &free_tensor);
  call(function, last_error, free_tensor, 1000, 1000);
  call(function, last_error, free_tensor, 1000, 999);
  dlclose(library);
}

int main(int argc, char **argv) {
  x_data[999] = 3;
  y_data[999] = 4;
  for (int round = 0; argc == 3 && round < 2; ++round) {
    use(argv[1], "add");
    use(argv[2], "mul");
  }
  return 0;
}

#endif
