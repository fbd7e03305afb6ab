//===- CPU.cpp - facts about CPUs -----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir::attn;

static constexpr CPUModel models[] = {
    {"x86-64-v3", /*vectorBits=*/256, /*registers=*/16, BF16Dots::None},
    {"x86-64-v4", /*vectorBits=*/512, /*registers=*/32, BF16Dots::None},
    {"znver4", /*vectorBits=*/512, /*registers=*/32, BF16Dots::Pairs},
    {"sapphirerapids", /*vectorBits=*/512, /*registers=*/32, BF16Dots::Tiles},
};

llvm::ArrayRef<CPUModel> mlir::attn::getCPUModels() { return models; }

const CPUModel *mlir::attn::lookupCPUModel(llvm::StringRef name) {
  if (name == "host")
    return &getHostCPUModel();
  for (const CPUModel &model : models)
    if (model.name == name)
      return &model;
  return nullptr;
}

const CPUModel &mlir::attn::getHostCPUModel() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  bool v4 = true;
  for (const char *name :
       {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})
    v4 &= features.lookup(name);
  if (!v4)
    return models[0];
  if (features.lookup("amx-tile") && features.lookup("amx-bf16") &&
      features.lookup("avx512bf16"))
    return models[3];
  // Sapphire Rapids multiplies pairs of bf16 at half the rate of f32.
  bool isZen = llvm::sys::getHostCPUName().starts_with("znver");
  return models[isZen && features.lookup("avx512bf16") ? 2 : 1];
}
