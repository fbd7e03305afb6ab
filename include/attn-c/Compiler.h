/*===- attn-c/Compiler.h - C API of the compiler --------------------*- C
-*-===*\
|*                                                                            *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|* Compiles modules to files and to functions in this process.                *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef ATTN_C_COMPILER_H
#define ATTN_C_COMPILER_H

#include "attn/Runtime/Runtime.h"

#include "mlir-c/IR.h"
#include "mlir-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DEFINE_C_API_STRUCT(name, storage)                                     \
  struct name {                                                                \
    storage *ptr;                                                              \
  };                                                                           \
  typedef struct name name

DEFINE_C_API_STRUCT(AttnProgram, void);
DEFINE_C_API_STRUCT(AttnCallable, void);

#undef DEFINE_C_API_STRUCT

/// What receives errors: a sentence, lower case and without a final period.
/// Diagnostics of the module go to the handlers of its context.
typedef struct {
  MlirStringCallback callback;
  void *userData;
} AttnErrorHandler;

/// The forms of compiled programs, by the extension of their files.
typedef enum {
  AttnImageMLIR,          ///< .mlir: the LLVM dialect
  AttnImageLLVMIR,        ///< .ll
  AttnImageAssembly,      ///< .s
  AttnImageObject,        ///< .o: needs the runtime library
  AttnImageSharedLibrary, ///< .so: contains the runtime library
} AttnImageKind;

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Compiles public functions on tensors of `module`, which is left as it is, to
/// the LLVM dialect. `entries` names the functions; none means all. `cpu` is
/// what attn-compile --cpu accepts, such as "native". Returns null after an
/// error. The context of the module must have the dialects of
/// attnRegisterAllDialects and must outlive the program.
MLIR_CAPI_EXPORTED AttnProgram attnCompile(MlirModule module, intptr_t nEntries,
                                           const MlirStringRef *entries,
                                           MlirStringRef cpu,
                                           AttnErrorHandler onError);

MLIR_CAPI_EXPORTED void attnProgramDestroy(AttnProgram program);

static inline bool attnProgramIsNull(AttnProgram program) {
  return !program.ptr;
}

/// Returns the module in the LLVM dialect, which belongs to the program.
MLIR_CAPI_EXPORTED MlirModule attnProgramGetModule(AttnProgram program);

/// Returns the number of functions that C can call.
MLIR_CAPI_EXPORTED intptr_t attnProgramGetNumEntries(AttnProgram program);

/// Returns the symbol of C function `index`.
MLIR_CAPI_EXPORTED MlirStringRef attnProgramGetEntry(AttnProgram program,
                                                     intptr_t index);

/// Hands the program in the given form to `callback`, once and whole.
MLIR_CAPI_EXPORTED MlirLogicalResult attnProgramEmit(
    AttnProgram program, AttnImageKind kind, MlirStringCallback callback,
    void *userData, AttnErrorHandler onError);

/// Writes the program to `path`, whose extension says the form, and its C
/// header to `header` unless that is empty. Both files are written or none.
MLIR_CAPI_EXPORTED MlirLogicalResult attnProgramWrite(AttnProgram program,
                                                      MlirStringRef path,
                                                      MlirStringRef header,
                                                      AttnErrorHandler onError);

//===----------------------------------------------------------------------===//
// Functions in this process
//===----------------------------------------------------------------------===//

/// Compiles function `entry` of `module`, which is left as it is, into this
/// process. `entry` may be empty if there is one public function only. Returns
/// null after an error, such as a `cpu` that has more than this machine.
MLIR_CAPI_EXPORTED AttnCallable attnCallableCreate(MlirModule module,
                                                   MlirStringRef entry,
                                                   MlirStringRef cpu,
                                                   AttnErrorHandler onError);

MLIR_CAPI_EXPORTED void attnCallableDestroy(AttnCallable callable);

static inline bool attnCallableIsNull(AttnCallable callable) {
  return !callable.ptr;
}

/// Returns what the function takes and returns, and what attn_rt_invoke calls;
/// valid as long as the callable.
MLIR_CAPI_EXPORTED const attn_rt_entry *
attnCallableGetEntry(AttnCallable callable);

/// Calls the function, see attn_rt_invoke; attn_rt_last_error has the sentence
/// of a failure.
MLIR_CAPI_EXPORTED attn_rt_status attnCallableInvoke(AttnCallable callable,
                                                     const void *const *inputs,
                                                     void *const *outputs);

#ifdef __cplusplus
}
#endif

#endif // ATTN_C_COMPILER_H
