//===- MathLibrary.h - functions that the C library computes ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETOVECTOR_MATHLIBRARY_H
#define ATTN_LIB_CONVERSION_TILETOVECTOR_MATHLIBRARY_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::tile {

/// Replaces the functions in `root` for which LLVM has no intrinsic, or one
/// that is inaccurate near 0, by calls of the C library, one per element.
/// `declare` is told the name of each, and the type of its operand and result.
void callMathLibrary(
    Operation *root,
    llvm::function_ref<void(llvm::StringRef name, Type type)> declare);

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETOVECTOR_MATHLIBRARY_H
