//===- ExternalModels.h - upstream interfaces of attn ops -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_EXTERNALMODELS_H
#define ATTN_DIALECT_ATTN_TRANSFORMS_EXTERNALMODELS_H

namespace mlir {
class DialectRegistry;
namespace attn {

/// Lets `generate-runtime-verification` emit the checks that lowerings emit.
void registerRuntimeVerifiableOpInterfaceExternalModels(
    DialectRegistry &registry);

/// Lets analyses of value bounds see through results of attn ops.
void registerValueBoundsOpInterfaceExternalModels(DialectRegistry &registry);

} // namespace attn
} // namespace mlir

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_EXTERNALMODELS_H
