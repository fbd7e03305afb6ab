//===- CPUTarget.h - the processor that code is generated for ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What --cpu=NAME stands for, and whether this machine can run such code.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_COMPILER_CPUTARGET_H
#define ATTN_COMPILER_CPUTARGET_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir::attn {

/// A processor that code can be generated for.
struct CPUTarget {
  /// What the user asked for, such as "native".
  std::string request;
  /// The name for LLVM, with the features that differ from it.
  std::string name, features;
  /// Its attn_rt_cpu_level_kind, and the model that the pipelines know it by.
  int level;
  std::string model;
  /// Whether it rounds to bf16 in one instruction.
  bool bf16Rounding;
};

/// Returns the names that resolveCPU accepts, as a sentence lists them.
std::string describeCPUs();

/// Returns what `cpu` stands for: a name of describeCPUs. "native" is the
/// processor of this machine, whose attn_rt_cpu_level is `hostLevel`; an error
/// if that is too low.
llvm::Expected<CPUTarget> resolveCPU(llvm::StringRef cpu, int hostLevel);

/// Returns the instruction sets, separated by ", ", that code for `cpu` may use
/// and a machine with the features `host` lacks; "" if it can run the code.
std::string getMissingInstructions(const CPUTarget &cpu,
                                   const llvm::StringMap<bool> &host);

/// Returns the code generator for `cpu`.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const CPUTarget &cpu,
                    std::optional<llvm::Reloc::Model> model = std::nullopt);

} // namespace mlir::attn

#endif // ATTN_COMPILER_CPUTARGET_H
