// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiler in C: parses attention, compiles it into this process and calls
// it.

#include "attn-c/Compiler.h"
#include "attn-c/Dialects.h"

#include <stdio.h>

static const char *const program =
    "func.func @attend(%q: tensor<?x1x?x8xf32>) -> tensor<?x1x?x8xf32> {"
    "  %mask = attn.mask.causal"
    "  %o = attn.attention dots(%q * %q) values(%q) mask(%mask) scale = 0.35"
    "    : tensor<?x1x?x8xf32>, tensor<?x1x?x8xf32>, tensor<?x1x?x8xf32>,"
    "      !attn.mask<1, 1> -> tensor<?x1x?x8xf32>"
    "  return %o : tensor<?x1x?x8xf32>"
    "}";

static void print(MlirStringRef text, void *unused) {
  (void)unused;
  fprintf(stderr, "%.*s\n", (int)text.length, text.data);
}

/// Calls the function with two queries.
static int call(AttnCallable attend) {
  static float data[16] = {0, 1, 2, 3, 4, 5, 6, 7};
  int64_t sizes[] = {1, 1, 2, 8};
  attn_rt_tensor q = attn_rt_make_tensor(data, ATTN_RT_F32, 4, sizes);
  attn_rt_tensor out = {0};
  const void *inputs[] = {&q};
  void *outputs[] = {&out};
  if (attnCallableInvoke(attend, inputs, outputs) != ATTN_RT_OK) {
    fprintf(stderr, "%s\n", attn_rt_last_error());
    return 1;
  }
  printf("first row ends with %g\n", ((float *)out.data)[7]);
  attn_rt_tensor_free(&out);
  return 0;
}

int main(void) {
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  attnRegisterAllDialects(registry);
  MlirContext context = mlirContextCreateWithRegistry(registry, false);
  mlirDialectRegistryDestroy(registry);
  MlirModule module =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(program));
  if (mlirModuleIsNull(module))
    return 1;
  AttnErrorHandler onError = {print, NULL};
  AttnCallable attend =
      attnCallableCreate(module, mlirStringRefCreateFromCString("attend"),
                         mlirStringRefCreateFromCString("native"), onError);
  mlirModuleDestroy(module);
  int status = attnCallableIsNull(attend) ? 1 : call(attend);
  if (!attnCallableIsNull(attend))
    attnCallableDestroy(attend);
  mlirContextDestroy(context);
  return status;
}
