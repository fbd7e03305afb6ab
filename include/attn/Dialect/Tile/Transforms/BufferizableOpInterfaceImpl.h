//===- BufferizableOpInterfaceImpl.h - bufferise launches -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How one-shot bufferisation treats `tile.launch`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_TILE_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
#define ATTN_DIALECT_TILE_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H

namespace mlir {
class DialectRegistry;

namespace tile {

/// Adds the bufferisation model of `tile.launch` to `registry`: inputs are
/// read, outputs are written and not read, and each result is its output.
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);

} // namespace tile
} // namespace mlir

#endif // ATTN_DIALECT_TILE_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
