//===- Runner.h - what attn-run does ----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program attn-run, without its main function.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNNER_RUNNER_H
#define ATTN_RUNNER_RUNNER_H

#include "attn/Runner/RunnerOptions.h"

namespace mlir {
class DialectRegistry;
namespace attn {

/// The program was compiled, but this machine cannot run the code.
class NotRunError : public llvm::ErrorInfo<NotRunError, llvm::StringError> {
public:
  static char ID;
  NotRunError(const llvm::Twine &message)
      : ErrorInfo(message, llvm::inconvertibleErrorCode()) {}
};

/// Does what `options` say with a program whose dialects are in `registry`.
/// Reports and results that have no file go to stdout. The error is one
/// sentence, a NotRunError if this machine lacks instructions that the code
/// uses; diagnostics of the program itself are on stderr already.
llvm::Error runProgram(const RunnerOptions &options, DialectRegistry &registry);

} // namespace attn
} // namespace mlir

#endif // ATTN_RUNNER_RUNNER_H
