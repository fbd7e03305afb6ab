//===- InitAll.h - every dialect, pass and pipeline -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers what the tools and embedders of the compiler need, once.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_INITALL_H
#define ATTN_INITALL_H

namespace mlir {
class DialectRegistry;
namespace attn {

/// Adds the dialects of this project (attn, tile) and the external models of
/// their interfaces to `registry`. Upstream dialects are left to the caller.
void registerAllDialects(DialectRegistry &registry);

/// Registers every pass and named pipeline of this project in the global pass
/// registry, as upstream's `registerAllPasses` does for its own.
void registerAllPasses();

} // namespace attn
} // namespace mlir

#endif // ATTN_INITALL_H
