//===- CompileCommand.h - the program attn-compile --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program attn-compile, without its main function.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_COMPILER_COMPILECOMMAND_H
#define ATTN_COMPILER_COMPILECOMMAND_H

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir {
class DialectRegistry;
namespace attn {

/// The command line of attn-compile.
struct CompileCommand {
  std::string inputFile;
  std::vector<std::string> entries;
  std::string target, cpu;
  std::string output, header;
};

/// Parses the command line; prints the help and ends the process if that is
/// what was asked for. The error is one sentence.
llvm::Expected<CompileCommand> parseCompileCommand(int argc, char **argv);

/// Compiles a program whose dialects are in `registry` and writes the files.
/// The error is one sentence; diagnostics of the program itself are on stderr
/// already, and no file has changed.
llvm::Error runCompileCommand(const CompileCommand &command,
                              DialectRegistry &registry);

} // namespace attn
} // namespace mlir

#endif // ATTN_COMPILER_COMPILECOMMAND_H
