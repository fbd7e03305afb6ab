//===- Link.cpp - shared libraries ----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls the system's compiler driver to link objects with the runtime library,
// which this library carries.
//
//===----------------------------------------------------------------------===//

#include "Embedded.h"
#include "attn/Compiler/Compiler.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns the error of a library that cannot be linked.
static llvm::Error makeLinkError(const Twine &why) {
  return llvm::createStringError("cannot link the shared library: " + why);
}

/// Returns the first compiler driver on the PATH.
static llvm::Expected<std::string> findDriver() {
  for (StringRef name : {"clang-22", "clang", "cc", "gcc"})
    if (auto path = llvm::sys::findProgramByName(name))
      return *path;
  return makeLinkError("found no clang-22, clang, cc or gcc on the PATH; "
                       "install one, or compile to .o and link that");
}

namespace {

/// A file in the system's folder for temporary files, removed at the end.
class TemporaryFile {
public:
  /// Makes an empty file whose name ends in `suffix`.
  llvm::Error create(StringRef suffix) {
    if (auto code = llvm::sys::fs::createTemporaryFile("attn", suffix, path))
      return makeLinkError("no temporary file: " + code.message());
    remover.setFile(path);
    return llvm::Error::success();
  }

  llvm::Error write(StringRef content) {
    std::error_code code;
    llvm::raw_fd_ostream stream(path, code);
    stream << content;
    stream.close();
    if (!code)
      code = stream.error();
    stream.clear_error();
    if (code)
      return makeLinkError("cannot write " + path + ": " + code.message());
    return llvm::Error::success();
  }

  llvm::Expected<std::string> read() {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    if (!buffer)
      return makeLinkError("cannot read " + path + ": " +
                           buffer.getError().message());
    return (*buffer)->getBuffer().str();
  }

  StringRef getPath() const { return path; }

private:
  SmallString<128> path;
  llvm::FileRemover remover;
};

} // namespace

/// Runs `driver` and returns an error with the first line that it printed if
/// it fails.
static llvm::Error runDriver(StringRef driver, ArrayRef<StringRef> arguments,
                             TemporaryFile &messages) {
  std::optional<StringRef> redirects[] = {StringRef(""), messages.getPath(),
                                          messages.getPath()};
  std::string why;
  int code = llvm::sys::ExecuteAndWait(driver, arguments, std::nullopt,
                                       redirects, 0, 0, &why);
  if (code == 0)
    return llvm::Error::success();
  auto printed = messages.read();
  if (!printed)
    return printed.takeError();
  if (why.empty())
    why = StringRef(*printed).split('\n').first.str();
  return makeLinkError(driver + " failed: " + why);
}

llvm::Expected<std::string> mlir::attn::linkSharedLibrary(StringRef object) {
  auto driver = findDriver();
  if (!driver)
    return driver.takeError();
  TemporaryFile objectFile, runtimeFile, messages, library;
  for (auto [file, suffix] :
       {std::pair(&objectFile, "o"), std::pair(&runtimeFile, "a"),
        std::pair(&messages, "txt"), std::pair(&library, "so")})
    if (llvm::Error error = file->create(suffix))
      return error;
  if (llvm::Error error = objectFile.write(object))
    return error;
  if (llvm::Error error = runtimeFile.write(getRuntimeArchive()))
    return error;
  // Workers of the pool run code of the library until the process ends.
  StringRef arguments[] = {*driver,
                           "-shared",
                           "-o",
                           library.getPath(),
                           objectFile.getPath(),
                           runtimeFile.getPath(),
                           "-Wl,-z,nodelete",
                           "-Wl,-z,defs",
                           "-pthread",
                           "-lm"};
  if (llvm::Error error = runDriver(*driver, arguments, messages))
    return error;
  return library.read();
}
