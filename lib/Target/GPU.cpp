//===- GPU.cpp - facts about GPUs -----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/GPU.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir::attn;

// PTX 8.7 is the first version that has all six.
static constexpr GPUModel models[] = {
    {"sm_80", "+ptx87", 163 * 1024},   {"sm_86", "+ptx87", 99 * 1024},
    {"sm_89", "+ptx87", 99 * 1024},    {"sm_90a", "+ptx87", 227 * 1024},
    {"sm_100a", "+ptx87", 227 * 1024}, {"sm_120a", "+ptx87", 99 * 1024},
};

llvm::ArrayRef<GPUModel> mlir::attn::getGPUModels() { return models; }

const GPUModel *mlir::attn::lookupGPUModel(llvm::StringRef name) {
  const GPUModel *model = llvm::find_if(
      models, [&](const GPUModel &model) { return model.name == name; });
  return model == std::end(models) ? nullptr : model;
}

std::string mlir::attn::listTargets() {
  std::string names = "cpu";
  for (const GPUModel &model : models)
    names +=
        (&model == std::end(models) - 1 ? " or " : ", ") + model.name.str();
  return names;
}
