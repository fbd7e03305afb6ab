// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shares the bodies of a parallel loop among a few threads that spin for a
// moment between loops and then sleep.

#define _GNU_SOURCE
#include "Trap.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Pauses before a waiting thread sleeps: about a millisecond, longer than the
/// gap between two kernels of one program.
enum { SPIN_LIMIT = 20000 };

/// FTZ (bit 15) and DAZ (bit 6) of MXCSR. Without them the small weights of a
/// peaked softmax become denormals, which many units multiply in microcode.
enum { FLUSH_DENORMALS = 1 << 15 | 1 << 6 };

/// One parallel loop.
struct job {
  int64_t count;
  void (*body)(int64_t index, void *context);
  void *context;
  uint32_t float_control;    // for the bodies, on every thread
  struct attn_rt_call *call; // that the bodies work for, or null
};

/// The pool. The thread that holds `lock` owns the plain fields; workers read
/// `job` only while they are counted in `active` and have seen `open`, and the
/// owner changes it only after it has closed the job and seen no one active.
static struct {
  pthread_mutex_t lock;
  pthread_t *workers;
  int32_t worker_count;
  int32_t built_for;         // the request that the workers were made for
  int32_t spin_limit;        // 0 where threads outnumber processors
  uint32_t first_generation; // the last one before the workers were made
  struct job job;

  _Atomic int32_t requested;
  _Atomic int32_t stopping;
  _Atomic uint32_t generation;       // counts jobs; idle workers sleep on it
  _Atomic int32_t sleepers;          // workers that sleep, or are about to
  _Atomic int32_t open;              // the job may have indices left
  _Atomic uint32_t active;           // workers that may look at the job
  _Atomic int32_t waiting;           // the owner sleeps on `active`
  _Alignas(64) _Atomic int64_t next; // the first index not taken
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .built_for = -1};

/// Set on every thread that is running a body.
static _Thread_local int inside_body;

#if defined(__x86_64__)
static void pause_briefly(void) { _mm_pause(); }
static uint32_t get_float_control(void) { return _mm_getcsr(); }
static void set_float_control(uint32_t control) { _mm_setcsr(control); }
#else
static void pause_briefly(void) {}
static uint32_t get_float_control(void) { return 0; }
static void set_float_control(uint32_t control) { (void)control; }
#endif

static void futex_wait(_Atomic uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, int32_t threads) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

/// Returns the number of processors in the affinity mask of the process.
static int32_t available_processors(void) {
  // The system refuses masks smaller than its own, whose size it does not say.
  for (int processors = 1024; processors <= 1 << 20; processors *= 2) {
    cpu_set_t *set = CPU_ALLOC(processors);
    if (!set)
      break;
    size_t bytes = CPU_ALLOC_SIZE(processors);
    int known = sched_getaffinity(0, bytes, set) == 0;
    int count = known ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (known)
      return count > 0 ? count : 1;
  }
  return 1;
}

/// Returns the number of threads that a request stands for.
static int32_t resolve_threads(int32_t requested) {
  int32_t threads = requested > 0 ? requested : available_processors();
  return threads < ATTN_RT_MAX_THREADS ? threads : ATTN_RT_MAX_THREADS;
}

/// Runs all bodies of the job at `context` on this thread.
static void run_inline(void *context) {
  const struct job *job = context;
  for (int64_t index = 0; index < job->count; ++index)
    job->body(index, job->context);
}

/// Takes indices of the open job until none is left or one has failed.
static void run_shared(void *unused) {
  (void)unused;
  struct job job = pool.job;
  while (!attn_rt_has_failed(job.call)) {
    int64_t index =
        atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
    if (index >= job.count)
      return;
    job.body(index, job.context);
  }
}

/// Runs `bodies(context)`, which failures of `call` end.
static void run_bodies(struct attn_rt_call *call, void (*bodies)(void *context),
                       void *context) {
  if (call)
    attn_rt_run_trapped(call, bodies, context);
  else
    bodies(context);
}

/// Returns the current generation once it differs from `seen`.
static uint32_t wait_for_job(uint32_t seen) {
  for (int32_t spin = 0; spin < pool.spin_limit; ++spin) {
    uint32_t generation = atomic_load(&pool.generation);
    if (generation != seen)
      return generation;
    pause_briefly();
  }
  atomic_fetch_add(&pool.sleepers, 1);
  uint32_t generation;
  while ((generation = atomic_load(&pool.generation)) == seen)
    futex_wait(&pool.generation, seen);
  atomic_fetch_sub(&pool.sleepers, 1);
  return generation;
}

/// Waits until no worker can be running a body of the closed job.
static void wait_for_workers(void) {
  for (int32_t spin = 0; spin < pool.spin_limit; ++spin) {
    if (atomic_load(&pool.active) == 0)
      return;
    pause_briefly();
  }
  atomic_store(&pool.waiting, 1);
  uint32_t active;
  while ((active = atomic_load(&pool.active)) != 0)
    futex_wait(&pool.active, active);
  atomic_store(&pool.waiting, 0);
}

/// Helps with one job after the other until the pool is stopped.
static void *worker_main(void *unused) {
  (void)unused;
  inside_body = 1;
  uint32_t seen = pool.first_generation;
  for (;;) {
    seen = wait_for_job(seen);
    if (atomic_load(&pool.stopping))
      return NULL;

    // A worker that comes late finds the job closed and leaves it alone.
    atomic_fetch_add(&pool.active, 1);
    if (atomic_load(&pool.open)) {
      uint32_t saved = get_float_control();
      set_float_control(pool.job.float_control);
      run_bodies(pool.job.call, run_shared, NULL);
      set_float_control(saved);
    }
    if (atomic_fetch_sub(&pool.active, 1) == 1 && atomic_load(&pool.waiting))
      futex_wake(&pool.active, 1);
  }
}

/// Tells at most `helpers` sleeping workers, and all that spin, to look.
static void announce(int32_t helpers) {
  atomic_fetch_add(&pool.generation, 1);
  if (atomic_load(&pool.sleepers))
    futex_wake(&pool.generation, helpers);
}

static void stop_workers(void) {
  atomic_store(&pool.stopping, 1);
  announce(INT32_MAX);
  for (int32_t i = 0; i < pool.worker_count; ++i)
    pthread_join(pool.workers[i], NULL);
  atomic_store(&pool.stopping, 0);
  free(pool.workers);
  pool.workers = NULL;
  pool.worker_count = 0;
}

/// Makes the workers for `threads` threads, as many as the system grants.
static void start_workers(int32_t threads) {
  if (threads > 1)
    pool.workers = malloc((size_t)(threads - 1) * sizeof(pthread_t));
  if (!pool.workers)
    return;

  // The signals of the process are for the threads of the host.
  sigset_t all, saved;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &saved);
  pool.first_generation = atomic_load(&pool.generation);
  while (pool.worker_count < threads - 1 &&
         pthread_create(&pool.workers[pool.worker_count], NULL, worker_main,
                        NULL) == 0)
    ++pool.worker_count;
  pthread_sigmask(SIG_SETMASK, &saved, NULL);
}

/// Makes the workers fit the request.
static void update_workers(void) {
  int32_t requested = atomic_load(&pool.requested);
  if (requested == pool.built_for)
    return;
  stop_workers();
  pool.built_for = requested;
  int32_t threads = resolve_threads(requested);
  pool.spin_limit = threads <= available_processors() ? SPIN_LIMIT : 0;
  start_workers(threads);
}

/// Runs `job` on this thread and the workers. The caller holds the lock.
static void run_with_workers(struct job *job) {
  update_workers();
  if (pool.worker_count == 0) {
    run_bodies(job->call, run_inline, job);
    return;
  }
  pool.job = *job;
  atomic_store(&pool.next, 0);
  atomic_store(&pool.open, 1);
  int64_t helpers = job->count - 1;
  announce(helpers < pool.worker_count ? (int32_t)helpers : pool.worker_count);
  run_bodies(job->call, run_shared, NULL);
  atomic_store(&pool.open, 0);
  wait_for_workers();
}

/// Runs `job` on this thread, and on the workers unless others have them.
static void run_job(struct job *job) {
  if (job->count <= 1 || pthread_mutex_trylock(&pool.lock) != 0) {
    run_bodies(job->call, run_inline, job);
    return;
  }
  run_with_workers(job);
  pthread_mutex_unlock(&pool.lock);
}

void attn_rt_parallel_for(int64_t count,
                          void (*body)(int64_t index, void *context),
                          void *context) {
  uint32_t saved = get_float_control();
  struct job job = {count, body, context, saved | FLUSH_DENORMALS,
                    attn_rt_current_call()};
  int outer = inside_body;
  inside_body = 1;
  set_float_control(job.float_control);
  // Inside of a body, failures go past this loop to the trap around the body.
  if (outer)
    run_inline(&job);
  else
    run_job(&job);
  set_float_control(saved);
  inside_body = outer;
  if (!outer)
    attn_rt_follow_failure();
}

void attn_rt_set_threads(int32_t threads) {
  atomic_store(&pool.requested, threads > 0 ? threads : 0);
}

int32_t attn_rt_threads(void) {
  return resolve_threads(atomic_load(&pool.requested));
}
