// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C interface that generated CPU code and its hosts link against: a thread
// pool, run-time checks, memory, and facts about the processor.
//
// The library needs only libc and threads. All it keeps between calls is the
// pool object with its workers, the installed error handler and allocator, and
// one scratch block and one error sentence per thread. Once workers run, the
// library must stay loaded: the shared library is linked so that dlclose keeps
// it, and a plugin that links the static one must do the same (-z nodelete).

#ifndef ATTN_RUNTIME_RUNTIME_H
#define ATTN_RUNTIME_RUNTIME_H

#include "attn/Runtime/Call.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

/// The most threads that the pool uses; larger requests are cut to it.
#define ATTN_RT_MAX_THREADS 4096

/// Runs `body(index, context)` once for every index in [0, count), on the
/// calling thread and the workers of the pool, in any order, and returns when
/// all have finished. What the bodies wrote is visible to the caller after it.
/// A count of zero or less does nothing.
///
/// During the bodies, denormals are flushed to zero (FTZ and DAZ of MXCSR on
/// x86); the other floating-point controls, rounding included, are those of the
/// caller on every thread. The MXCSR of each thread is restored afterwards.
///
/// May be called from any thread. A call from inside a body, and a call while
/// another thread has the pool, runs all its bodies inline on its own thread,
/// so no call ever waits for another. Workers start with the first call that
/// can use them; where the system refuses threads, fewer do the work. Never
/// fails. A body must not leave by longjmp.
void attn_rt_parallel_for(int64_t count,
                          void (*body)(int64_t index, void *context),
                          void *context);

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Returns scratch memory of at least `bytes` bytes, aligned to 64 bytes. It
/// belongs to the calling thread and is valid until the next attn_rt_scratch
/// call on this thread, that of a nested body included. Its content is
/// undefined. The block only grows and is freed when the thread ends. Negative
/// sizes and lack of memory are failures (see attn_rt_fail); if the handler
/// returns, the result is NULL.
void *attn_rt_scratch(int64_t bytes);

/// Returns the bytes of a tensor of `rank` axes with the given `sizes` and
/// `element_bytes` bytes per element. A negative size, and a product of the
/// sizes other than zero that does not fit in int64_t, are failures (see
/// attn_rt_fail); if the handler returns, the result is -1.
int64_t attn_rt_tensor_bytes(const int64_t *sizes, int32_t rank,
                             int64_t element_bytes);

/// Allocates `bytes` bytes aligned to the larger of `alignment` (bytes, a power
/// of two) and 64. Zero bytes give a pointer of their own. A negative size, an
/// alignment that is not a power of two, and lack of memory are failures (see
/// attn_rt_fail); if the handler returns, the result is NULL. The content is
/// undefined.
void *attn_rt_alloc(int64_t bytes, int64_t alignment);

/// Frees what attn_rt_alloc returned; NULL is allowed.
void attn_rt_free(void *memory);

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// Receives one sentence, lower case and without a final period, that is valid
/// during the call only. Failures inside of attn_rt_try do not come here. May
/// run on any thread, and on several at once. It may leave by longjmp only when
/// the failure is not inside a body of attn_rt_parallel_for. If it returns, the
/// failing call returns to its caller.
typedef void (*attn_rt_error_handler)(const char *message, void *user);

/// Installs the process-wide handler of failures and the `user` pointer that is
/// handed to it. NULL installs the default, which prints "error: <message>" to
/// stderr and ends the process at once with status 1: exit handlers do not run
/// and other streams are not flushed.
void attn_rt_set_error_handler(attn_rt_error_handler handler, void *user);

/// Ends the attn_rt_try that the calling thread works for with
/// ATTN_RT_CHECK_FAILED; without one, hands `message` to the installed handler.
void attn_rt_fail(const char *message);

/// Runs `body(context)` and returns ATTN_RT_OK, or how it failed. A failure
/// (see attn_rt_fail) in the body, or in a parallel loop that it runs, ends it:
/// what attn_rt_alloc gave to it is freed, the sentence is what
/// attn_rt_last_error returns, and the handler is not called. Bodies of
/// parallel loops that run at that moment finish. The body must hold no other
/// resources while it can fail, because it is left by longjmp.
attn_rt_status attn_rt_try(void (*body)(void *context), void *context);

/// Fails with "<message>: expected <expected>, found <found>" unless the two
/// numbers are equal.
void attn_rt_check_equal(int64_t found, int64_t expected, const char *message);

/// Fails with "<message>: expected at least <minimum>, found <found>" if
/// `found` is less than `minimum`.
void attn_rt_check_at_least(int64_t found, int64_t minimum,
                            const char *message);

/// Fails with "<message>: expected at most <maximum>, found <found>" if `found`
/// is greater than `maximum`.
void attn_rt_check_at_most(int64_t found, int64_t maximum, const char *message);

/// Fails with "<message>: expected a multiple of <divisor>, found <found>"
/// unless `divisor` divides `found`. Zero divides only zero.
void attn_rt_check_multiple(int64_t found, int64_t divisor,
                            const char *message);

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// The version of the structs below, which compiled code carries.
#define ATTN_RT_VERSION 1

/// A parameter or result of a compiled function.
typedef struct {
  const char *name;     ///< the name in the source, such as "%query", or ""
  int32_t dtype;        ///< an attn_rt_dtype
  int32_t rank;         ///< -1 for a scalar
  const int64_t *sizes; ///< -1 where any size is accepted
} attn_rt_value;

/// A compiled function. `function` takes first, if there are results, the
/// address of the struct of results, then the address of each argument. A
/// tensor is the struct {allocated, aligned, offset, sizes[rank],
/// strides[rank]} of MLIR with strides in C order; a scalar is itself.
typedef struct {
  int32_t version;   ///< ATTN_RT_VERSION of the compiler
  int32_t cpu_level; ///< the attn_rt_cpu_level_kind that the code needs
  int32_t input_count, output_count;
  const char *cpu; ///< the processor that it was compiled for
  const char *name;
  void (*function)(void **arguments);
  const attn_rt_value *inputs, *outputs;
} attn_rt_entry;

/// Calls `entry`, after a check that the processor has the level of the code;
/// instructions beyond the level are not checked. For a tensor, inputs[i] and
/// outputs[i] are the address of an attn_rt_tensor, for a scalar the address of
/// its value. Inputs that are not dense in C order are copied first. An output
/// with null data is allocated by the call; else the result is copied to its
/// data. Outputs change only if the result is ATTN_RT_OK.
attn_rt_status attn_rt_invoke(const attn_rt_entry *entry,
                              const void *const *inputs, void *const *outputs);

/// Writes to `sentence`, of `capacity` bytes, why `tensor` cannot be passed for
/// `value`, without saying which one it is, and returns 0; returns 1 if it can.
int attn_rt_fits(const attn_rt_value *value, const attn_rt_tensor *tensor,
                 char *sentence, size_t capacity);

/// Returns the bytes of an element; 0 for what is no attn_rt_dtype.
int64_t attn_rt_dtype_bytes(int32_t dtype);

/// Returns the name of the type as MLIR spells it, such as "bf16"; "?" for what
/// is no attn_rt_dtype. Static storage.
const char *attn_rt_dtype_name(int32_t dtype);

//===----------------------------------------------------------------------===//
// Processor
//===----------------------------------------------------------------------===//

/// The levels of x86-64 that code is generated for, in ascending order.
typedef enum {
  ATTN_RT_CPU_BASELINE, ///< no more than x86-64 (or not x86 at all)
  ATTN_RT_CPU_AVX2,     ///< x86-64-v3: AVX2, FMA, F16C
  ATTN_RT_CPU_AVX512,   ///< x86-64-v4: AVX-512 F, BW, CD, DQ, VL
} attn_rt_cpu_level_kind;

/// Returns the highest attn_rt_cpu_level_kind whose instructions the processor
/// has and whose registers the operating system saves. Asks the processor anew
/// in every call, as do the other queries here: keep the answer.
int attn_rt_cpu_level(void);

/// Returns the name of that level as compilers spell it: "x86-64", "x86-64-v3"
/// or "x86-64-v4"; "generic" where the processor is not x86-64. Static storage.
const char *attn_rt_cpu_name(void);

/// Returns 1 if the level is ATTN_RT_CPU_AVX512 and the processor has
/// AVX512_BF16, otherwise 0.
int attn_rt_cpu_has_avx512_bf16(void);

/// Returns 1 if the processor has AMX tiles with bf16 products and the
/// operating system saves them, otherwise 0. Linux also wants a process to ask
/// for the tile registers once, which this does not do.
int attn_rt_cpu_has_amx_bf16(void);

/// Asks Linux for the tile registers on behalf of all threads of the process
/// (ARCH_REQ_XCOMP_PERM). Returns 1 if it has them, 0 if it was refused or
/// attn_rt_cpu_has_amx_bf16 returns 0. Only the first call that succeeds takes
/// time; any thread may call.
int attn_rt_enable_amx(void);

/// Fails with ATTN_RT_INCOMPATIBLE where attn_rt_enable_amx returns 0. Compiled
/// code that uses the tile registers calls this first.
void attn_rt_require_amx(void);

/// Returns the rate in GFLOP/s (1e9 operations per second; one fused
/// multiply-add counts as two) that the calling thread reaches with f32
/// multiply-adds in registers on the widest vector unit found: the best of
/// short runs for about `seconds` seconds, after a tenth of that as warm-up.
/// Returns 0 where the level is ATTN_RT_CPU_BASELINE.
double attn_rt_probe_fma_f32(double seconds);

/// The same with AVX-512 dot products of bf16 pairs, summed in f32. Returns 0
/// where attn_rt_cpu_has_avx512_bf16 does.
double attn_rt_probe_dot_bf16(double seconds);

/// The same with AMX products of bf16 tiles. Asks Linux for the tile registers
/// on behalf of the process; returns 0 where it refuses, and where
/// attn_rt_cpu_has_amx_bf16 does.
double attn_rt_probe_amx_bf16(double seconds);

/// Returns the rate in GB/s (1e9 bytes per second) at which the threads of
/// attn_rt_parallel_for together read `bytes` bytes of fresh memory, in large
/// pages where the system grants them: the best of passes over all of it for
/// about `seconds` seconds, after one as warm-up. Measures memory rather than
/// cache if `bytes` is several times the last cache. Returns 0 where the level
/// is ATTN_RT_CPU_BASELINE, for less than 2 MiB, and without enough memory.
double attn_rt_probe_read(int64_t bytes, double seconds);

#ifdef __cplusplus
}
#endif

#endif // ATTN_RUNTIME_RUNTIME_H
