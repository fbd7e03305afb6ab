// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays in .npy files, the format of numpy.save.
//
//   kind   descr in files          kind   descr in files
//   F16    <f2                     I1     |b1 (bytes other than 0 are read as
//   1) F32    <f4                     I8     |i1 F64    <f8 I16    <i2 BF16 <V2
//   I32    <i4
//                                  I64    <i8
//
// numpy itself has no bfloat16: two bytes without a type, <V2, are what it
// writes for the bfloat16 of ml_dtypes, and what this library reads (|V2 too)
// and writes as BF16. In Python: numpy.load(path).view(ml_dtypes.bfloat16).

#ifndef ATTN_RUNNER_NPY_H
#define ATTN_RUNNER_NPY_H

#include "attn/Runner/Array.h"

namespace mlir::attn {

/// Reads the .npy file at `path`: format 1.0, 2.0 or 3.0, either byte order,
/// either storage order; the result is in C order. Files that cannot be read,
/// are not well-formed, have another element type, or have fewer or more bytes
/// than their shape takes are errors that name the path.
llvm::Expected<Array> readNpy(llvm::StringRef path);

/// Does the same for the content of a file. Errors call it `name`.
llvm::Expected<Array> parseNpy(llvm::StringRef content, llvm::StringRef name);

/// Writes `array` to `path` in format 1.0, little-endian, C order. The file
/// appears under its name only when complete: it is written beside it first and
/// then renamed, replacing what regular file or link was there. On an error, a
/// sentence that names the path, `path` is as before and nothing else is left.
llvm::Error writeNpy(llvm::StringRef path, const Array &array);

} // namespace mlir::attn

#endif // ATTN_RUNNER_NPY_H
