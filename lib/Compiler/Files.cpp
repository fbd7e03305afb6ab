//===- Files.cpp - output files that are complete or not there ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Compiler/Compiler.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns the error of a path that cannot be written.
static llvm::Error makeWriteError(StringRef path, const Twine &why) {
  return llvm::createStringError("cannot write " + path + ": " + why);
}

llvm::Error mlir::attn::checkWritable(StringRef path) {
  StringRef folder = llvm::sys::path::parent_path(path);
  if (folder.empty())
    folder = ".";
  if (llvm::sys::fs::is_directory(path))
    return makeWriteError(path, "is a directory");
  if (auto code =
          llvm::sys::fs::access(folder, llvm::sys::fs::AccessMode::Write))
    return makeWriteError(path, code.message());
  return llvm::Error::success();
}

/// Writes a temporary file beside the path of `file`.
static llvm::Expected<llvm::sys::fs::TempFile>
writeTemporary(const OutputFile &file) {
  auto temporary = llvm::sys::fs::TempFile::create(file.path + ".tmp-%%%%%%%%");
  if (!temporary)
    return makeWriteError(file.path, llvm::toString(temporary.takeError()));
  llvm::raw_fd_ostream stream(temporary->FD, /*shouldClose=*/false);
  stream << file.content;
  stream.flush();
  if (!stream.has_error())
    return temporary;
  std::string why = stream.error().message();
  stream.clear_error();
  llvm::consumeError(temporary->discard());
  return makeWriteError(file.path, why);
}

llvm::Error mlir::attn::writeFiles(ArrayRef<OutputFile> files) {
  std::vector<llvm::sys::fs::TempFile> temporaries;
  llvm::scope_exit discardRest([&] {
    for (llvm::sys::fs::TempFile &temporary : temporaries)
      llvm::consumeError(temporary.discard());
  });
  for (const OutputFile &file : files) {
    if (llvm::Error error = checkWritable(file.path))
      return error;
    auto temporary = writeTemporary(file);
    if (!temporary)
      return temporary.takeError();
    temporaries.push_back(std::move(*temporary));
  }
  for (auto [file, temporary] : llvm::zip_equal(files, temporaries))
    if (llvm::Error error = temporary.keep(file.path))
      return makeWriteError(file.path, llvm::toString(std::move(error)));
  return llvm::Error::success();
}
