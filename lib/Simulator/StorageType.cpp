// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The types that registers and variables are declared with.

#include "attn/Simulator/Module.h"

using namespace attn::sim;

std::optional<StorageType> attn::sim::lookupStorageType(std::string_view name) {
  static constexpr StorageType types[] = {
      {"b8", 8},   {"b16", 16}, {"b32", 32}, {"b64", 64}, {"b128", 128},
      {"u8", 8},   {"u16", 16}, {"u32", 32}, {"u64", 64}, {"s8", 8},
      {"s16", 16}, {"s32", 32}, {"s64", 64}, {"f16", 16}, {"f16x2", 32},
      {"f32", 32}, {"f64", 64}, {"pred", 0},
  };
  for (const StorageType &type : types)
    if (type.name == name)
      return type;
  return std::nullopt;
}
