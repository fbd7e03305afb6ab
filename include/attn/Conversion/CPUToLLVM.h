//===- CPUToLLVM.h - the last step to the LLVM dialect ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Declares the conversion of everything that is left to the LLVM dialect.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_CPUTOLLVM_H
#define ATTN_CONVERSION_CPUTOLLVM_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class LLVMTypeConverter;
class RewritePatternSet;
namespace attn {

#define GEN_PASS_DECL_CONVERTCPUTOLLVMPASS
#include "attn/Conversion/Passes.h.inc"

/// Adds the patterns that take memory from the runtime library and report
/// failures to it, in preference to upstream's.
void populateRuntimeToLLVMPatterns(const LLVMTypeConverter &converter,
                                   RewritePatternSet &patterns);

} // namespace attn
} // namespace mlir

#endif // ATTN_CONVERSION_CPUTOLLVM_H
