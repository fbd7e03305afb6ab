//===- Program.cpp - a program in a file ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Compiler/Program.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns an error with the given sentence.
static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

llvm::Error Program::load(StringRef path) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(path, &message);
  if (!file)
    return makeError(message);
  bool isText = !isBytecode(file->getMemBufferRef());
  sources.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  ParserConfig config(&context);
  if (isText) {
    Block block;
    if (failed(parseAsmSourceFile(sources, &block, config, &names)))
      return makeError("cannot parse " + path);
    // A file may leave out the module around its functions.
    module = detail::constructContainerOpForParserIfNecessary<ModuleOp>(
        &block, &context, UnknownLoc::get(&context));
  } else {
    module = parseSourceFile<ModuleOp>(sources, config);
  }
  if (!module)
    return makeError("cannot parse " + path);
  return llvm::Error::success();
}
