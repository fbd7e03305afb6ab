//===- Embedded.h - files that the compiler carries -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Read-only copies of files, so that a compiler that is linked into another
// program needs no path to them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_COMPILER_EMBEDDED_H
#define ATTN_LIB_COMPILER_EMBEDDED_H

#include "llvm/ADT/StringRef.h"

extern "C" {
extern const char attn_embedded_runtime[], attn_embedded_runtime_end[];
extern const char attn_embedded_call[], attn_embedded_call_end[];
extern const char attn_embedded_device[], attn_embedded_device_end[];
}

namespace mlir::attn {

/// Returns the static runtime library.
inline llvm::StringRef getRuntimeArchive() {
  return {attn_embedded_runtime,
          size_t(attn_embedded_runtime_end - attn_embedded_runtime)};
}

/// Returns the text of attn/Runtime/Call.h.
inline llvm::StringRef getCallHeader() {
  return {attn_embedded_call,
          size_t(attn_embedded_call_end - attn_embedded_call)};
}

/// Returns the text of attn/Runtime/Device.h, which includes Call.h.
inline llvm::StringRef getDeviceHeader() {
  return {attn_embedded_device,
          size_t(attn_embedded_device_end - attn_embedded_device)};
}

} // namespace mlir::attn

#endif // ATTN_LIB_COMPILER_EMBEDDED_H
