//===- attn-compile.cpp - compiles functions to files ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles functions on tensors ahead of time; see attn-compile --help.
//
//===----------------------------------------------------------------------===//

#include "attn/Compiler/CompileCommand.h"
#include "attn/Compiler/Compiler.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/Support/raw_ostream.h"

/// Prints `error` and returns the exit code of failure.
static int fail(llvm::Error error) {
  llvm::errs() << "error: " << llvm::toString(std::move(error)) << "\n";
  return 1;
}

int main(int argc, char **argv) {
  auto command = mlir::attn::parseCompileCommand(argc, argv);
  if (!command)
    return fail(command.takeError());
  mlir::DialectRegistry registry;
  mlir::attn::registerProgramDialects(registry);
  if (llvm::Error error = mlir::attn::runCompileCommand(*command, registry))
    return fail(std::move(error));
  return 0;
}
