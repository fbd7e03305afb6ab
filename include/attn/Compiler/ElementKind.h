//===- ElementKind.h - element types at run time ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The element types of tensors that compiled code takes, as the runtime library
// counts them. No MLIR.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_COMPILER_ELEMENTKIND_H
#define ATTN_COMPILER_ELEMENTKIND_H

#include "attn/Runtime/Runtime.h"

#include "llvm/ADT/StringRef.h"

namespace mlir::attn {

/// The element types of arrays. An I1 takes one byte, 0 or 1; integers are
/// signed.
enum class ElementKind : int32_t {
  F16 = ATTN_RT_F16,
  BF16 = ATTN_RT_BF16,
  F32 = ATTN_RT_F32,
  F64 = ATTN_RT_F64,
  I1 = ATTN_RT_I1,
  I8 = ATTN_RT_I8,
  I16 = ATTN_RT_I16,
  I32 = ATTN_RT_I32,
  I64 = ATTN_RT_I64,
};

/// Returns the number of the kind in the runtime library.
inline attn_rt_dtype getRuntimeType(ElementKind kind) {
  return static_cast<attn_rt_dtype>(kind);
}

/// Returns the bytes that one element takes in memory.
inline int64_t getElementBytes(ElementKind kind) {
  return attn_rt_dtype_bytes(getRuntimeType(kind));
}

/// Returns the kind as MLIR spells the type, such as "bf16".
inline llvm::StringRef getElementName(ElementKind kind) {
  return attn_rt_dtype_name(getRuntimeType(kind));
}

} // namespace mlir::attn

#endif // ATTN_COMPILER_ELEMENTKIND_H
