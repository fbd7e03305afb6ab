// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures what the processor and the memory can do, the yardsticks that kernel
// speeds are reported against: multiply-adds of one thread in f32 and bf16, and
// reads by all threads.

#define _DEFAULT_SOURCE
#include "attn/Runtime/Runtime.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/// Runs ROUNDS products of bf16 pairs on every AVX-512 accumulator.
__attribute__((target("avx512f,avx512bf16"))) static double run_bf16(void) {
  __m512bh ones = (__m512bh)_mm512_set1_epi16(0x3f80); // 1.0 in bf16
  __m512 chain[AVX512_CHAINS];
  for (int i = 0; i < AVX512_CHAINS; ++i)
    chain[i] = _mm512_set1_ps(1.0f);
  for (int round = 0; round < ROUNDS; ++round)
#pragma clang loop unroll(full)
    for (int i = 0; i < AVX512_CHAINS; ++i) {
      chain[i] = _mm512_dpbf16_ps(chain[i], ones, ones);
      __asm__ volatile("" : "+v"(chain[i]));
    }
  return 2.0 * 32 * AVX512_CHAINS * ROUNDS;
}

/// What ldtilecfg reads: eight tiles of 16 rows of 64 bytes.
struct tile_config {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};

/// Runs ROUNDS products of 16 x 32 by 32 x 16 on each of four tiles: more than
/// latency over throughput, and their four factors fill the eight registers.
__attribute__((target("amx-tile,amx-bf16,avx512f"))) static double
run_tiles(void) {
  struct tile_config config;
  uint16_t ones[16 * 32];
  memset(&config, 0, sizeof(config));
  config.palette = 1;
  for (int tile = 0; tile < 8; ++tile) {
    config.row_bytes[tile] = 64;
    config.rows[tile] = 16;
  }
  for (int i = 0; i < 16 * 32; ++i)
    ones[i] = 0x3f80; // 1.0 in bf16
  _tile_loadconfig(&config);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_loadd(4, ones, 64);
  _tile_loadd(5, ones, 64);
  _tile_loadd(6, ones, 64);
  _tile_loadd(7, ones, 64);
  for (int round = 0; round < ROUNDS; ++round) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return 2.0 * 16 * 16 * 32 * 4 * ROUNDS;
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

/// Returns the best rate of `run` in GFLOP/s, after a warm-up: wide units take
/// a moment to reach their clock.
static double probe(double (*run)(void), double seconds) {
  measure(run, 0.1 * seconds);
  return 1e-9 * measure(run, seconds);
}

double attn_rt_probe_fma_f32(double seconds) {
  int level = attn_rt_cpu_level();
  if (level == ATTN_RT_CPU_BASELINE)
    return 0;
  return probe(level == ATTN_RT_CPU_AVX512 ? run_avx512 : run_avx2, seconds);
}

double attn_rt_probe_dot_bf16(double seconds) {
  return attn_rt_cpu_has_avx512_bf16() ? probe(run_bf16, seconds) : 0;
}

double attn_rt_probe_amx_bf16(double seconds) {
  return attn_rt_enable_amx() ? probe(run_tiles, seconds) : 0;
}

/// Bytes that one body reads: a large page.
enum { PART = 2 << 20 };

/// Reads a part in 64-byte vectors. The empty assembly uses what was read.
__attribute__((target("avx512f"))) static void read_avx512(int64_t index,
                                                           void *memory) {
  const char *part = (const char *)memory + index * PART;
  for (int64_t at = 0; at < PART; at += 512)
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; ++i)
      __asm__ volatile("" : : "v"(_mm512_load_si512(part + at + 64 * i)));
}

/// The same in 32-byte vectors.
__attribute__((target("avx2"))) static void read_avx2(int64_t index,
                                                      void *memory) {
  const __m256i *part = (const __m256i *)((char *)memory + index * PART);
  for (int64_t at = 0; at < PART / 32; at += 8)
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; ++i)
      __asm__ volatile("" : : "x"(_mm256_load_si256(part + at + i)));
}

/// Gives every page of a part memory of its own.
static void touch(int64_t index, void *memory) {
  memset((char *)memory + index * PART, 1, PART);
}

double attn_rt_probe_read(int64_t bytes, double seconds) {
  int level = attn_rt_cpu_level();
  int64_t parts = bytes / PART;
  void *memory = NULL;
  if (level == ATTN_RT_CPU_BASELINE || parts < 1 ||
      posix_memalign(&memory, PART, (size_t)(parts * PART)) != 0)
    return 0;
  madvise(memory, (size_t)(parts * PART), MADV_HUGEPAGE);
  attn_rt_parallel_for(parts, touch, memory);
  void (*read)(int64_t, void *) =
      level == ATTN_RT_CPU_AVX512 ? read_avx512 : read_avx2;
  attn_rt_parallel_for(parts, read, memory);
  double best = 0, start = now(), before = start;
  do {
    attn_rt_parallel_for(parts, read, memory);
    double after = now(), rate = (double)(parts * PART) / (after - before);
    best = rate > best ? rate : best;
    before = after;
  } while (before - start < seconds);
  free(memory);
  return 1e-9 * best;
}

#else

double attn_rt_probe_fma_f32(double seconds) {
  (void)seconds;
  return 0;
}

double attn_rt_probe_dot_bf16(double seconds) {
  (void)seconds;
  return 0;
}

double attn_rt_probe_amx_bf16(double seconds) {
  (void)seconds;
  return 0;
}

double attn_rt_probe_read(int64_t bytes, double seconds) {
  (void)bytes;
  (void)seconds;
  return 0;
}

#endif
