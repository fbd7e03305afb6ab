//===- Program.h - a program in a file --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads the programs that the tools compile.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_COMPILER_PROGRAM_H
#define ATTN_COMPILER_PROGRAM_H

#include "mlir/AsmParser/AsmParserState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/SourceMgr.h"

namespace mlir::attn {

/// A parsed program, with what is needed to report errors in it.
class Program {
public:
  explicit Program(DialectRegistry &registry)
      : context(registry, MLIRContext::Threading::DISABLED),
        handler(sources, &context) {}

  /// Parses and verifies the file `path`, text or bytecode; "-" is stdin. The
  /// error is one sentence; diagnostics are on stderr.
  llvm::Error load(StringRef path);

  ModuleOp getModule() { return module.get(); }

  /// Returns where the names of values are, if the program was text.
  const AsmParserState &getNames() const { return names; }

private:
  MLIRContext context;
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler;
  AsmParserState names;
  OwningOpRef<ModuleOp> module;
};

} // namespace mlir::attn

#endif // ATTN_COMPILER_PROGRAM_H
