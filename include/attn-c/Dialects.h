/*===- attn-c/Dialects.h - C API of the dialects --------------------*- C
-*-===*\
|*                                                                            *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|* Registers the dialects and passes, and builds the types and ops that are   *|
|* laborious to build from names.                                             *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef ATTN_C_DIALECTS_H
#define ATTN_C_DIALECTS_H

#include "mlir-c/IR.h"
#include "mlir-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(Attn, attn);
MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(Tile, tile);

/// Adds to `registry` the dialects of this project, those of upstream that
/// programs use and are lowered to, and their interfaces.
MLIR_CAPI_EXPORTED void attnRegisterAllDialects(MlirDialectRegistry registry);

/// Registers all passes and pipelines of this project, once per process, so
/// that mlirParsePassPipeline knows them: "attn-to-cpu{target=x86-64-v3}".
MLIR_CAPI_EXPORTED void attnRegisterAllPasses(void);

/// Returns whether `type` is a `!attn.mask`.
MLIR_CAPI_EXPORTED bool attnTypeIsAMask(MlirType type);

/// Returns `!attn.mask<queryRank, keyRank, over = over>`. The ranks are from 1
/// to 3; `over` counts the batch and head coordinates that it depends on.
/// Returns null after a diagnostic if they are not.
MLIR_CAPI_EXPORTED MlirType attnMaskTypeGet(MlirLocation loc,
                                            unsigned queryRank,
                                            unsigned keyRank, unsigned over);

/// Creates `attn.mask.causal`; `offset`, an index, may be null.
MLIR_CAPI_EXPORTED MlirOperation attnMaskCausalCreate(MlirLocation loc,
                                                      MlirValue offset);

/// Creates `attn.mask.sliding` with the given window, an index.
MLIR_CAPI_EXPORTED MlirOperation attnMaskSlidingCreate(MlirLocation loc,
                                                       MlirValue window);

/// Creates `attn.attention`: softmax attention of [b, h, n, d] tensors with the
/// result `type`. `mask` may be null.
MLIR_CAPI_EXPORTED MlirOperation attnAttentionCreate(
    MlirLocation loc, MlirType type, MlirValue query, MlirValue key,
    MlirValue value, MlirValue mask, double scale);

#ifdef __cplusplus
}
#endif

#endif // ATTN_C_DIALECTS_H
