// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds out which vector and matrix instructions the processor and the
// operating system support.

#define _DEFAULT_SOURCE
#include "Trap.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The answer of one cpuid leaf; all zero where there is no such leaf.
struct registers {
  unsigned a, b, c, d;
};

static struct registers cpuid(unsigned leaf, unsigned subleaf) {
  struct registers r = {0, 0, 0, 0};
  __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);
  return r;
}

/// Returns whether all bits of `mask` are set in `value`.
static int has_all(uint64_t value, uint64_t mask) {
  return (value & mask) == mask;
}

/// Returns the register sets that the operating system saves (XCR0), 0 where
/// it does not use xsave.
static uint64_t saved_registers(void) {
  if (!has_all(cpuid(1, 0).c, bit_OSXSAVE))
    return 0;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

/// Register sets in XCR0.
enum {
  SAVED_YMM = 1 << 1 | 1 << 2,
  SAVED_ZMM = SAVED_YMM | 1 << 5 | 1 << 6 | 1 << 7,
  SAVED_TILES = 1 << 17 | 1 << 18,
};

/// Returns whether the processor has what x86-64-v3 adds, and v2 below it.
static int has_v3(void) {
  const unsigned v2 = bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 |
                      bit_SSE4_2 | bit_POPCNT;
  const unsigned v3 = bit_AVX | bit_FMA | bit_F16C | bit_MOVBE;
  return has_all(cpuid(1, 0).c, v2 | v3) &&
         has_all(cpuid(7, 0).b, bit_AVX2 | bit_BMI | bit_BMI2) &&
         has_all(cpuid(0x80000001, 0).c, bit_LAHF_LM | bit_LZCNT);
}

/// Returns whether the processor has what x86-64-v4 adds to v3.
static int has_v4(void) {
  return has_all(cpuid(7, 0).b, bit_AVX512F | bit_AVX512BW | bit_AVX512CD |
                                    bit_AVX512DQ | bit_AVX512VL);
}

int attn_rt_cpu_level(void) {
  uint64_t saved = saved_registers();
  if (!has_all(saved, SAVED_YMM) || !has_v3())
    return ATTN_RT_CPU_BASELINE;
  if (!has_all(saved, SAVED_ZMM) || !has_v4())
    return ATTN_RT_CPU_AVX2;
  return ATTN_RT_CPU_AVX512;
}

const char *attn_rt_cpu_name(void) {
  static const char *const names[] = {"x86-64", "x86-64-v3", "x86-64-v4"};
  return names[attn_rt_cpu_level()];
}

int attn_rt_cpu_has_avx512_bf16(void) {
  return attn_rt_cpu_level() == ATTN_RT_CPU_AVX512 &&
         has_all(cpuid(7, 1).a, bit_AVX512BF16);
}

int attn_rt_cpu_has_amx_bf16(void) {
  return has_all(saved_registers(), SAVED_TILES) &&
         has_all(cpuid(7, 0).d, bit_AMXTILE | bit_AMXBF16);
}

int attn_rt_enable_amx(void) {
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; // ARCH_REQ_XCOMP_PERM
  static atomic_int enabled;
  if (!atomic_load_explicit(&enabled, memory_order_relaxed) &&
      attn_rt_cpu_has_amx_bf16() &&
      syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0)
    atomic_store_explicit(&enabled, 1, memory_order_relaxed);
  return atomic_load_explicit(&enabled, memory_order_relaxed);
}

#else

int attn_rt_cpu_level(void) { return ATTN_RT_CPU_BASELINE; }

const char *attn_rt_cpu_name(void) { return "generic"; }

int attn_rt_cpu_has_avx512_bf16(void) { return 0; }

int attn_rt_cpu_has_amx_bf16(void) { return 0; }

int attn_rt_enable_amx(void) { return 0; }

#endif

void attn_rt_require_amx(void) {
  if (!attn_rt_enable_amx())
    attn_rt_fail_with(ATTN_RT_INCOMPATIBLE,
                      "this code multiplies in AMX tiles, which the processor "
                      "does not have or the operating system does not grant");
}
