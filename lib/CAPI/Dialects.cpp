//===- Dialects.cpp - C API of the dialects -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn-c/Dialects.h"

#include "attn/Compiler/Compiler.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Tile/IR/Tile.h"
#include "attn/InitAll.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "mlir/IR/Builders.h"

#include <mutex>

using namespace mlir;
using namespace mlir::attn;

MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Attn, attn, AttnDialect)
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Tile, tile, tile::TileDialect)

void attnRegisterAllDialects(MlirDialectRegistry registry) {
  registerProgramDialects(*unwrap(registry));
}

void attnRegisterAllPasses(void) {
  static std::once_flag once;
  std::call_once(once, registerAllPasses);
}

bool attnTypeIsAMask(MlirType type) { return isa<MaskType>(unwrap(type)); }

MlirType attnMaskTypeGet(MlirLocation loc, unsigned queryRank, unsigned keyRank,
                         unsigned over) {
  Location location = unwrap(loc);
  location.getContext()->getOrLoadDialect<AttnDialect>();
  return wrap(Type(MaskType::getChecked([&] { return emitError(location); },
                                        location.getContext(), queryRank,
                                        keyRank, over)));
}

/// Returns a builder of ops at no place, after loading the dialect.
static OpBuilder makeBuilder(MlirLocation loc) {
  MLIRContext *context = unwrap(loc)->getContext();
  context->getOrLoadDialect<AttnDialect>();
  return OpBuilder(context);
}

MlirOperation attnMaskCausalCreate(MlirLocation loc, MlirValue offset) {
  OpBuilder builder = makeBuilder(loc);
  return wrap(MaskCausalOp::create(builder, unwrap(loc), unwrap(offset))
                  .getOperation());
}

MlirOperation attnMaskSlidingCreate(MlirLocation loc, MlirValue window) {
  OpBuilder builder = makeBuilder(loc);
  return wrap(MaskSlidingOp::create(builder, unwrap(loc), unwrap(window))
                  .getOperation());
}

MlirOperation attnAttentionCreate(MlirLocation loc, MlirType type,
                                  MlirValue query, MlirValue key,
                                  MlirValue value, MlirValue mask,
                                  double scale) {
  OpBuilder builder = makeBuilder(loc);
  return wrap(AttentionOp::create(builder, unwrap(loc), unwrap(type),
                                  unwrap(query), unwrap(key), unwrap(value),
                                  unwrap(mask), scale)
                  .getOperation());
}
