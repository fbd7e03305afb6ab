//===- attn-run.cpp - compiles a function and runs it ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs functions on tensors from the command line; see attn-run --help.
//
//===----------------------------------------------------------------------===//

#include "attn/Compiler/Compiler.h"
#include "attn/Runner/Runner.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/Support/raw_ostream.h"

/// Prints `error` and returns the exit code: 2 if the program was compiled but
/// cannot run here, otherwise 1.
static int fail(llvm::Error error) {
  int code = error.isA<mlir::attn::NotRunError>() ? 2 : 1;
  llvm::outs().flush();
  llvm::errs() << "error: " << llvm::toString(std::move(error)) << "\n";
  return code;
}

int main(int argc, char **argv) {
  auto options = mlir::attn::parseRunnerOptions(argc, argv);
  if (!options)
    return fail(options.takeError());
  mlir::DialectRegistry registry;
  mlir::attn::registerProgramDialects(registry);
  if (llvm::Error error = mlir::attn::runProgram(*options, registry))
    return fail(std::move(error));
  return 0;
}
