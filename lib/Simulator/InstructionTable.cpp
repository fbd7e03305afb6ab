// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types of instructions, what binders ask, and the table for this processor.

#include "attn/Simulator/InstructionTable.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace attn::sim;

namespace {

struct TypeInfo {
  std::string_view name;
  Type type;
  unsigned bits;
};

constexpr TypeInfo kTypes[] = {
    {"pred", Type::Pred, 0},      {"b1", Type::B1, 1},
    {"b4", Type::B4, 4},          {"b8", Type::B8, 8},
    {"b16", Type::B16, 16},       {"b32", Type::B32, 32},
    {"b64", Type::B64, 64},       {"b128", Type::B128, 128},
    {"u4", Type::U4, 4},          {"u8", Type::U8, 8},
    {"u16", Type::U16, 16},       {"u32", Type::U32, 32},
    {"u64", Type::U64, 64},       {"s4", Type::S4, 4},
    {"s8", Type::S8, 8},          {"s16", Type::S16, 16},
    {"s32", Type::S32, 32},       {"s64", Type::S64, 64},
    {"u16x2", Type::U16x2, 32},   {"s16x2", Type::S16x2, 32},
    {"f16", Type::F16, 16},       {"f16x2", Type::F16x2, 32},
    {"bf16", Type::BF16, 16},     {"bf16x2", Type::BF16x2, 32},
    {"tf32", Type::TF32, 32},     {"f32", Type::F32, 32},
    {"f32x2", Type::F32x2, 64},   {"f64", Type::F64, 64},
    {"e4m3", Type::E4M3, 8},      {"e5m2", Type::E5M2, 8},
    {"e4m3x2", Type::E4M3x2, 16}, {"e5m2x2", Type::E5M2x2, 16},
};

/// Whether handlers may be those of AVX-512. The environment variable
/// ATTN_SIM_HOST=avx2 says no: for tests of the other ones.
bool useAvx512() {
  const char *host = std::getenv("ATTN_SIM_HOST");
  if (host && std::strcmp(host, "avx2") == 0)
    return false;
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

} // namespace

unsigned attn::sim::getBits(Type type) {
  for (const TypeInfo &info : kTypes)
    if (info.type == type)
      return info.bits;
  return 0;
}

bool attn::sim::isSigned(Type type) {
  return type == Type::S4 || type == Type::S8 || type == Type::S16 ||
         type == Type::S32 || type == Type::S64;
}

Type attn::sim::lookupType(std::string_view name) {
  for (const TypeInfo &info : kTypes)
    if (info.name == name)
      return info.type;
  return Type::None;
}

bool Binding::has(std::string_view qualifier) const {
  const auto &names = instruction.qualifiers;
  return std::find(names.begin(), names.end(), qualifier) != names.end();
}

int Binding::choose(std::initializer_list<std::string_view> names) const {
  int index = 0;
  for (std::string_view name : names) {
    if (has(name))
      return index;
    ++index;
  }
  return -1;
}

bool attn::sim::isHostSupported() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c");
}

const FormList &attn::sim::getInstructionForms() {
  static const FormList forms = [] {
    FormList result;
    if (useAvx512()) {
#define ATTN_SIM_ADD(FAMILY) avx512::add##FAMILY##Forms(result);
      ATTN_SIM_FAMILIES(ATTN_SIM_ADD)
#undef ATTN_SIM_ADD
    } else {
#define ATTN_SIM_ADD(FAMILY) avx2::add##FAMILY##Forms(result);
      ATTN_SIM_FAMILIES(ATTN_SIM_ADD)
#undef ATTN_SIM_ADD
    }
    return result;
  }();
  return forms;
}
