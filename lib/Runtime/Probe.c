// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures the f32 multiply-add rate of one thread, the yardstick that kernel
// speeds are reported against.

#define _POSIX_C_SOURCE 199309L
#include "attn/Runtime/Runtime.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <time.h>

/// Multiply-adds per accumulator between two looks at the clock.
enum { ROUNDS = 20000 };

/// Accumulators: more than latency times units (at most 10), and together with
/// the two factors fewer than the registers (32 and 16).
enum { AVX512_CHAINS = 20, AVX2_CHAINS = 12 };

/// Each chain is a = a * factor + addend, which stays near one: no denormals.
#define FACTOR 0.999f
#define ADDEND 0.001f

/// Runs ROUNDS multiply-adds on every AVX-512 accumulator; returns the
/// operations done. The empty assembly keeps the chains apart, in registers.
__attribute__((target("avx512f"))) static double run_avx512(void) {
  __m512 factor = _mm512_set1_ps(FACTOR), addend = _mm512_set1_ps(ADDEND);
  __m512 chain[AVX512_CHAINS];
  for (int i = 0; i < AVX512_CHAINS; ++i)
    chain[i] = _mm512_set1_ps(1.0f);
  for (int round = 0; round < ROUNDS; ++round)
#pragma clang loop unroll(full)
    for (int i = 0; i < AVX512_CHAINS; ++i) {
      chain[i] = _mm512_fmadd_ps(chain[i], factor, addend);
      __asm__ volatile("" : "+v"(chain[i]));
    }
  return 2.0 * 16 * AVX512_CHAINS * ROUNDS;
}

/// The same for AVX2.
__attribute__((target("avx2,fma"))) static double run_avx2(void) {
  __m256 factor = _mm256_set1_ps(FACTOR), addend = _mm256_set1_ps(ADDEND);
  __m256 chain[AVX2_CHAINS];
  for (int i = 0; i < AVX2_CHAINS; ++i)
    chain[i] = _mm256_set1_ps(1.0f);
  for (int round = 0; round < ROUNDS; ++round)
#pragma clang loop unroll(full)
    for (int i = 0; i < AVX2_CHAINS; ++i) {
      chain[i] = _mm256_fmadd_ps(chain[i], factor, addend);
      __asm__ volatile("" : "+x"(chain[i]));
    }
  return 2.0 * 8 * AVX2_CHAINS * ROUNDS;
}

/// Returns seconds since some fixed moment.
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/// Returns the best rate of `run`, called for `seconds` seconds, in operations
/// per second. The mean would measure what else the processor does.
static double measure(double (*run)(void), double seconds) {
  double best = 0, start = now(), before = start;
  do {
    double operations = run(), after = now();
    double rate = operations / (after - before);
    best = rate > best ? rate : best;
    before = after;
  } while (before - start < seconds);
  return best;
}

double attn_rt_probe_fma_f32(double seconds) {
  int level = attn_rt_cpu_level();
  if (level == ATTN_RT_CPU_BASELINE)
    return 0;
  double (*run)(void) = level == ATTN_RT_CPU_AVX512 ? run_avx512 : run_avx2;
  measure(run, 0.1 * seconds); // Wide units take a moment to reach their clock.
  return 1e-9 * measure(run, seconds);
}

#else

double attn_rt_probe_fma_f32(double seconds) {
  (void)seconds;
  return 0;
}

#endif
