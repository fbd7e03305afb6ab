//===- ExternalTool.cpp - programs that the compiler runs -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExternalTool.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::attn;
using llvm::StringRef;

llvm::Error TemporaryFile::create(StringRef suffix) {
  if (auto code = llvm::sys::fs::createTemporaryFile("attn", suffix, path))
    return llvm::createStringError("no temporary file: " + code.message());
  remover.setFile(path);
  return llvm::Error::success();
}

llvm::Error TemporaryFile::write(StringRef content) {
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code);
  stream << content;
  stream.close();
  if (!code)
    code = stream.error();
  stream.clear_error();
  if (code)
    return llvm::createStringError("cannot write " + path + ": " +
                                   code.message());
  return llvm::Error::success();
}

llvm::Expected<std::string> TemporaryFile::read() {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError("cannot read " + path + ": " +
                                   buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

/// Returns the first line of `text` that contains `marker`, or the first line.
static std::string findLine(StringRef text, StringRef marker) {
  StringRef first = text.split('\n').first;
  for (StringRef line : llvm::split(text, '\n'))
    if (line.contains(marker))
      return line.trim().str();
  return first.trim().str();
}

llvm::Error mlir::attn::runTool(StringRef program,
                                llvm::ArrayRef<StringRef> arguments,
                                StringRef marker) {
  TemporaryFile messages;
  if (llvm::Error error = messages.create("txt"))
    return error;
  std::optional<StringRef> redirects[] = {StringRef(""), messages.getPath(),
                                          messages.getPath()};
  std::string why;
  int code = llvm::sys::ExecuteAndWait(program, arguments, std::nullopt,
                                       redirects, 0, 0, &why);
  if (code == 0)
    return llvm::Error::success();
  auto printed = messages.read();
  if (!printed)
    return printed.takeError();
  if (why.empty())
    why = findLine(*printed, marker);
  if (why.empty())
    why = "exit code " + std::to_string(code);
  return llvm::createStringError(program + " failed: " + why);
}
