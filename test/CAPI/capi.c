// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiler in C: builds attention op by op, compiles it to files and into
// this process, runs a pipeline, and shows how errors are reported.

#include "attn-c/Compiler.h"
#include "attn-c/Dialects.h"

#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Diagnostics.h"
#include "mlir-c/Pass.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static MlirStringRef ref(const char *text) {
  return mlirStringRefCreateFromCString(text);
}

/// Ends the program with a sentence.
static void fail(const char *what) {
  fprintf(stderr, "capi: %s\n", what);
  exit(1);
}

static void print_error(MlirStringRef sentence, void *kind) {
  printf("%s: %.*s\n", (const char *)kind, (int)sentence.length, sentence.data);
}

static const AttnErrorHandler expected_error = {print_error, "expected error"};
static const AttnErrorHandler unexpected_error = {print_error,
                                                  "unexpected error"};

/// Appends func.func @attend(q, k, v): attention with the given mask, which is
/// causal, sliding, or none.
static void append_attend(MlirModule module, const char *name,
                          const char *kind) {
  MlirContext context = mlirModuleGetContext(module);
  MlirLocation loc = mlirLocationUnknownGet(context);
  int64_t dynamic = mlirShapedTypeGetDynamicSize();
  int64_t shape[] = {dynamic, 2, dynamic, 16};
  MlirType type = mlirRankedTensorTypeGet(4, shape, mlirF32TypeGet(context),
                                          mlirAttributeGetNull());
  MlirType types[] = {type, type, type};
  MlirLocation locations[] = {loc, loc, loc};
  MlirBlock body = mlirBlockCreate(3, types, locations);
  MlirValue mask = {NULL};
  if (strcmp(kind, "causal") == 0) {
    MlirOperation op = attnMaskCausalCreate(loc, mask);
    mlirBlockAppendOwnedOperation(body, op);
    mask = mlirOperationGetResult(op, 0);
  } else if (strcmp(kind, "sliding") == 0) {
    MlirOperationState state =
        mlirOperationStateGet(ref("arith.constant"), loc);
    MlirNamedAttribute value =
        mlirNamedAttributeGet(mlirIdentifierGet(context, ref("value")),
                              mlirIntegerAttrGet(mlirIndexTypeGet(context), 2));
    mlirOperationStateAddAttributes(&state, 1, &value);
    mlirOperationStateEnableResultTypeInference(&state);
    MlirOperation constant = mlirOperationCreate(&state);
    mlirBlockAppendOwnedOperation(body, constant);
    MlirOperation op =
        attnMaskSlidingCreate(loc, mlirOperationGetResult(constant, 0));
    mlirBlockAppendOwnedOperation(body, op);
    mask = mlirOperationGetResult(op, 0);
  }
  MlirOperation attention = attnAttentionCreate(
      loc, type, mlirBlockGetArgument(body, 0), mlirBlockGetArgument(body, 1),
      mlirBlockGetArgument(body, 2), mask, 0.25);
  mlirBlockAppendOwnedOperation(body, attention);
  MlirValue result = mlirOperationGetResult(attention, 0);
  MlirOperationState ret = mlirOperationStateGet(ref("func.return"), loc);
  mlirOperationStateAddOperands(&ret, 1, &result);
  mlirBlockAppendOwnedOperation(body, mlirOperationCreate(&ret));

  MlirRegion region = mlirRegionCreate();
  mlirRegionAppendOwnedBlock(region, body);
  MlirNamedAttribute attributes[] = {
      mlirNamedAttributeGet(mlirIdentifierGet(context, ref("sym_name")),
                            mlirStringAttrGet(context, ref(name))),
      mlirNamedAttributeGet(
          mlirIdentifierGet(context, ref("function_type")),
          mlirTypeAttrGet(mlirFunctionTypeGet(context, 3, types, 1, types)))};
  MlirOperationState function = mlirOperationStateGet(ref("func.func"), loc);
  mlirOperationStateAddAttributes(&function, 2, attributes);
  mlirOperationStateAddOwnedRegions(&function, 1, &region);
  mlirBlockAppendOwnedOperation(mlirModuleGetBody(module),
                                mlirOperationCreate(&function));
}

/// Fills a tensor with numbers and returns it.
static attn_rt_tensor make_tensor(int64_t rows, float *data, float scale) {
  int64_t sizes[] = {1, 2, rows, 16};
  for (int64_t i = 0; i < 2 * rows * 16; ++i)
    data[i] = scale * (float)((i * 37) % 101 - 50);
  return attn_rt_make_tensor(data, ATTN_RT_F32, 4, sizes);
}

/// Checks the first rows of causal attention: row 0 sees one key only, so it is
/// the first value.
static void call(MlirModule module) {
  AttnCallable callable = attnCallableCreate(module, ref("causal"),
                                             ref("native"), unexpected_error);
  if (attnCallableIsNull(callable))
    fail("cannot compile into the process");
  printf("%s takes %d\n", attnCallableGetEntry(callable)->name,
         attnCallableGetEntry(callable)->input_count);
  static float q_data[1000], k_data[1000], v_data[1000];
  attn_rt_tensor out = {0};
  attn_rt_tensor q = make_tensor(9, q_data, 0.02f),
                 k = make_tensor(9, k_data, 0.03f),
                 v = make_tensor(9, v_data, 0.01f);
  const void *inputs[] = {&q, &k, &v};
  void *outputs[] = {&out};
  if (attnCallableInvoke(callable, inputs, outputs) != ATTN_RT_OK)
    fail(attn_rt_last_error());
  const float *result = out.data;
  for (int d = 0; d < 16; ++d)
    if (fabsf(result[d] - v_data[d]) > 1e-6f)
      fail("the first row is wrong");
  attn_rt_tensor_free(&out);
  v.sizes[2] = 8;
  printf("status %d: ", (int)attnCallableInvoke(callable, inputs, outputs));
  printf("%s\n", attn_rt_last_error());
  attnCallableDestroy(callable);
}

static void count_bytes(MlirStringRef image, void *total) {
  *(size_t *)total += image.length;
}

/// Compiles to an object in memory, to files, and shows the module.
static void compile(MlirModule module, const char *path, const char *header) {
  MlirStringRef entries[] = {ref("causal"), ref("sliding")};
  AttnProgram program =
      attnCompile(module, 2, entries, ref("x86-64-v3"), unexpected_error);
  if (attnProgramIsNull(program))
    fail("cannot compile");
  for (intptr_t i = 0; i < attnProgramGetNumEntries(program); ++i) {
    MlirStringRef name = attnProgramGetEntry(program, i);
    printf("entry %.*s\n", (int)name.length, name.data);
  }
  size_t bytes = 0;
  if (mlirLogicalResultIsFailure(attnProgramEmit(
          program, AttnImageObject, count_bytes, &bytes, unexpected_error)) ||
      bytes < 1000)
    fail("cannot emit an object");
  if (!mlirOperationVerify(
          mlirModuleGetOperation(attnProgramGetModule(program))))
    fail("the module in the LLVM dialect is not valid");
  if (mlirLogicalResultIsFailure(
          attnProgramWrite(program, ref(path), ref(header), unexpected_error)))
    fail("cannot write files");
  if (mlirLogicalResultIsSuccess(attnProgramWrite(program, ref("program.exe"),
                                                  ref(""), expected_error)))
    fail("wrote a file of an unknown kind");
  attnProgramDestroy(program);
}

/// Runs the pipeline attn-to-cpu and prints the functions that are left.
static void run_pipeline(MlirModule module) {
  MlirContext context = mlirModuleGetContext(module);
  MlirPassManager manager = mlirPassManagerCreate(context);
  if (mlirLogicalResultIsFailure(mlirParsePassPipeline(
          mlirPassManagerGetAsOpPassManager(manager),
          ref("builtin.module(attn-to-cpu{target=x86-64-v3})"), print_error,
          "unexpected error")))
    fail("cannot parse the pipeline");
  if (mlirLogicalResultIsFailure(
          mlirPassManagerRunOnOp(manager, mlirModuleGetOperation(module))))
    fail("the pipeline fails");
  MlirBlock body = mlirModuleGetBody(module);
  for (MlirOperation op = mlirBlockGetFirstOperation(body);
       !mlirOperationIsNull(op); op = mlirOperationGetNextInBlock(op)) {
    MlirStringRef name = mlirIdentifierStr(mlirOperationGetName(op));
    if (strncmp(name.data, "llvm.", 5) != 0)
      fail("an op outside of the LLVM dialect is left");
  }
  puts("only the LLVM dialect is left");
  mlirPassManagerDestroy(manager);
}

/// Shows errors of compilation.
static void show_errors(MlirModule module, MlirLocation loc) {
  MlirStringRef nobody = ref("nobody");
  if (!attnProgramIsNull(
          attnCompile(module, 1, &nobody, ref("native"), expected_error)))
    fail("compiled a function that does not exist");
  if (!attnProgramIsNull(
          attnCompile(module, 0, NULL, ref("z80"), expected_error)))
    fail("compiled for an unknown processor");
  if (!attnCallableIsNull(
          attnCallableCreate(module, ref(""), ref("native"), expected_error)))
    fail("guessed one of several functions");
  if (!mlirTypeIsNull(attnMaskTypeGet(loc, 1, 4, 0)))
    fail("made a mask of four coordinates");
}

static void print_part(MlirStringRef part, void *unused) {
  (void)unused;
  printf("%.*s", (int)part.length, part.data);
}

static MlirLogicalResult print_diagnostic(MlirDiagnostic diagnostic,
                                          void *unused) {
  (void)unused;
  printf("diagnostic: ");
  mlirDiagnosticPrint(diagnostic, print_part, NULL);
  printf("\n");
  return mlirLogicalResultSuccess();
}

int main(int argc, char **argv) {
  if (argc != 3)
    fail("expected PROGRAM HEADER");
  setvbuf(stdout, NULL, _IONBF, 0);
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  attnRegisterAllDialects(registry);
  attnRegisterAllPasses();
  attnRegisterAllPasses();
  MlirContext context = mlirContextCreateWithRegistry(registry, false);
  mlirDialectRegistryDestroy(registry);
  mlirDialectHandleLoadDialect(mlirGetDialectHandle__attn__(), context);
  mlirContextLoadAllAvailableDialects(context);
  mlirContextAttachDiagnosticHandler(context, print_diagnostic, NULL, NULL);

  MlirLocation loc = mlirLocationUnknownGet(context);
  MlirModule module = mlirModuleCreateEmpty(loc);
  append_attend(module, "causal", "causal");
  append_attend(module, "sliding", "sliding");
  append_attend(module, "dense", "none");
  MlirOperation op = mlirModuleGetOperation(module);
  if (!mlirOperationVerify(op))
    fail("the module is not valid");
  mlirOperationDump(op);
  MlirType mask = attnMaskTypeGet(loc, 2, 2, 1);
  if (!attnTypeIsAMask(mask) || attnTypeIsAMask(mlirF32TypeGet(context)))
    fail("a mask is taken for something else");

  call(module);
  compile(module, argv[1], argv[2]);
  show_errors(module, loc);
  run_pipeline(module);
  mlirModuleDestroy(module);

  MlirModule parsed = mlirModuleCreateParse(
      context, ref("func.func @one(%x: tensor<?xf32>) -> tensor<?xf32> { "
                   "return %x : tensor<?xf32> }"));
  AttnCallable one =
      attnCallableCreate(parsed, ref(""), ref("native"), unexpected_error);
  if (attnCallableIsNull(one))
    fail("cannot compile what was parsed");
  attnCallableDestroy(one);
  mlirModuleDestroy(parsed);
  mlirContextDestroy(context);
  puts("done");
  return 0;
}
