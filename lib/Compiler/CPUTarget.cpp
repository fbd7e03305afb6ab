//===- CPUTarget.cpp - the processor that code is generated for -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Compiler/CPUTarget.h"

#include "attn/Runtime/Runtime.h"
#include "attn/Target/CPU.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace llvm;
using namespace mlir::attn;

namespace {

/// A name of a processor, the level of x86-64 that it has, and its model.
struct KnownCPU {
  StringLiteral name;
  int level;
  StringLiteral model;
};

} // namespace

static constexpr KnownCPU knownCPUs[] = {
    {"x86-64-v3", ATTN_RT_CPU_AVX2, "x86-64-v3"},
    {"x86-64-v4", ATTN_RT_CPU_AVX512, "x86-64-v4"},
    {"sapphirerapids", ATTN_RT_CPU_AVX512, "sapphirerapids"},
    {"znver5", ATTN_RT_CPU_AVX512, "znver4"},
};

/// The names of attn_rt_cpu_level_kind, which are names of models.
static constexpr StringLiteral levelNames[] = {"x86-64", "x86-64-v3",
                                               "x86-64-v4"};

std::string mlir::attn::describeCPUs() {
  std::string text = "native";
  for (const KnownCPU &known : knownCPUs) {
    text += &known == std::end(knownCPUs) - 1 ? " or " : ", ";
    text += known.name;
  }
  return text;
}

/// Returns the features of the processor that runs this, as LLVM spells them.
static std::string getHostFeatures() {
  std::string text;
  for (const auto &feature : sys::getHostCPUFeatures())
    text += (feature.second ? "+" : "-") + feature.first().str() + ",";
  return text;
}

/// Returns the features that LLVM assumes of the processor `name`.
static SmallVector<StringRef> getFeatures(StringRef name) {
  SmallVector<StringRef> features;
  X86::getFeaturesForCPU(name, features);
  return features;
}

/// Returns what "native" stands for.
static Expected<CPUTarget> resolveNative(int hostLevel) {
  if (hostLevel < ATTN_RT_CPU_AVX2)
    return createStringError("cpu native needs AVX2, which this processor (" +
                             levelNames[hostLevel] + ") does not have");
  CPUTarget target;
  target.request = "native";
  target.name = sys::getHostCPUName().str();
  target.features = getHostFeatures();
  target.level = hostLevel;
  StringRef model = hostLevel == ATTN_RT_CPU_AVX512 ? getHostCPUModel().name
                                                    : levelNames[hostLevel];
  target.model = model.str();
  target.bf16Rounding = attn_rt_cpu_has_avx512_bf16();
  return target;
}

Expected<CPUTarget> mlir::attn::resolveCPU(StringRef cpu, int hostLevel) {
  CPUTarget target;
  if (cpu == "native") {
    auto native = resolveNative(hostLevel);
    if (!native)
      return native;
    target = std::move(*native);
  } else {
    const KnownCPU *known =
        find_if(knownCPUs, [&](const auto &k) { return k.name == cpu; });
    if (known == std::end(knownCPUs))
      return createStringError("unknown cpu '" + cpu + "': expected " +
                               describeCPUs());
    target.request = target.name = cpu.str();
    target.level = known->level;
    target.model = known->model.str();
    target.bf16Rounding = is_contained(getFeatures(cpu), "avx512bf16");
  }
  // LLVM splits 512-bit vectors for many processors unless told otherwise.
  target.features += "-prefer-256-bit";
  return target;
}

/// Returns whether the code generator may use the feature in computations.
/// Others are for operating systems, or virtual machines hide them.
static bool isForComputation(StringRef feature) {
  return any_of(ArrayRef<StringRef>{"amx", "avx", "bmi", "f16c", "fma", "gfni",
                                    "lzcnt", "movbe", "popcnt", "sse", "ssse",
                                    "vaes", "vpclmulqdq"},
                [&](StringRef prefix) { return feature.starts_with(prefix); });
}

std::string mlir::attn::getMissingInstructions(const CPUTarget &cpu,
                                               const StringMap<bool> &host) {
  if (cpu.request == "native")
    return "";
  std::string missing;
  for (StringRef feature : getFeatures(cpu.name))
    if (isForComputation(feature) && !host.lookup(feature))
      missing += (missing.empty() ? "" : ", ") + feature.str();
  return missing;
}

Expected<std::unique_ptr<TargetMachine>>
mlir::attn::createTargetMachine(const CPUTarget &cpu,
                                std::optional<Reloc::Model> model) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  orc::JITTargetMachineBuilder builder{Triple(sys::getProcessTriple())};
  builder.setCPU(cpu.name);
  SmallVector<StringRef> features;
  StringRef(cpu.features).split(features, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : features)
    builder.getFeatures().AddFeature(feature.drop_front(),
                                     feature.starts_with("+"));
  builder.setCodeGenOptLevel(CodeGenOptLevel::Default);
  builder.setRelocationModel(model);
  return builder.createTargetMachine();
}
