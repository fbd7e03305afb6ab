//===- CallWrappers.h - what callers see of compiled code -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C functions on tensors around functions on memrefs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_COMPILER_CALLWRAPPERS_H
#define ATTN_LIB_COMPILER_CALLWRAPPERS_H

#include "attn/Compiler/CPUTarget.h"
#include "attn/Compiler/Signature.h"

namespace mlir::attn {

/// Returns the symbol of the attn_rt_entry of the function `name`.
std::string getEntrySymbol(StringRef name);

/// Adds, for each of `entries`, its attn_rt_entry and a C function of its name
/// that hands its arguments to attn_rt_invoke. Any x86-64 processor can run
/// that function, which finds out whether it can run the rest, the code for
/// `cpu`. Other functions of `module`, which is in the LLVM dialect, become
/// internal.
void addCallWrappers(ModuleOp module, ArrayRef<Signature> entries,
                     const CPUTarget &cpu);

} // namespace mlir::attn

#endif // ATTN_LIB_COMPILER_CALLWRAPPERS_H
