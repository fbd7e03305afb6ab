//===- ExternalTool.h - programs that the compiler runs ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_COMPILER_EXTERNALTOOL_H
#define ATTN_LIB_COMPILER_EXTERNALTOOL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileUtilities.h"

namespace mlir::attn {

/// A file in the system's folder for temporary files, removed at the end.
class TemporaryFile {
public:
  /// Makes an empty file whose name ends in `suffix`.
  llvm::Error create(llvm::StringRef suffix);
  llvm::Error write(llvm::StringRef content);
  llvm::Expected<std::string> read();
  llvm::StringRef getPath() const { return path; }

private:
  llvm::SmallString<128> path;
  llvm::FileRemover remover;
};

/// Runs `program`, which is also the first argument, and returns an error with
/// what it printed if it fails: the first line that contains `marker`, or the
/// first line.
llvm::Error runTool(llvm::StringRef program,
                    llvm::ArrayRef<llvm::StringRef> arguments,
                    llvm::StringRef marker = "");

} // namespace mlir::attn

#endif // ATTN_LIB_COMPILER_EXTERNALTOOL_H
