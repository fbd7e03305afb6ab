//===- LaunchToLLVM.h - launches of kernels as calls ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_LAUNCHTOLLVM_H
#define ATTN_CONVERSION_LAUNCHTOLLVM_H

#include "mlir/Support/LLVM.h"

#include <optional>

namespace mlir {
class LLVMTypeConverter;
class ModuleOp;
class RewritePatternSet;

namespace attn {

/// The attribute of a `gpu.launch_func` that counts the outputs, its last
/// operands.
inline constexpr char outputCountAttrName[] = "attn.outputs";

/// Adds patterns that make a `gpu.launch_func` a call of `attn_rt_launch`, and
/// the PTX of a `gpu.binary` a constant of the module.
void populateLaunchToLLVMPatterns(const LLVMTypeConverter &converter,
                                  RewritePatternSet &patterns);

/// Returns the PTX of the kernels that `module`, in the LLVM dialect, contains;
/// nothing if it has none.
std::optional<StringRef> getKernelText(ModuleOp module);

} // namespace attn
} // namespace mlir

#endif // ATTN_CONVERSION_LAUNCHTOLLVM_H
