// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of the runtime library: the pool, memory, failures, the processor.

#include "attn/Runtime/Runtime.h"
#include "Check.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csetjmp>
#include <cstring>
#include <dirent.h>
#include <limits>
#include <mutex>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Sanitizers otherwise end the process where malloc would return null.
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}
extern "C" const char *__tsan_default_options() {
  return "allocator_may_return_null=1";
}

/// Runs a parallel loop with a lambda as its body.
template <typename Body>
static void parallelFor(int64_t count, Body body) {
  attn_rt_parallel_for(
      count,
      [](int64_t index, void *context) {
        (*static_cast<Body *>(context))(index);
      },
      &body);
}

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

/// Returns the sentence that `action` fails with, or "" if it does not.
template <typename Action>
static std::string failureOf(Action action) {
  std::string sentence;
  attn_rt_set_error_handler(
      [](const char *message, void *user) {
        *static_cast<std::string *>(user) += message;
      },
      &sentence);
  action();
  attn_rt_set_error_handler(nullptr, nullptr);
  return sentence;
}

static void testCheckSentences() {
  const char *name = "size of keys along axis 1";
  std::string prefix = std::string(name) + ": expected ";
  CHECK_EQ(failureOf([&] { attn_rt_check_equal(3, 4, name); }),
           prefix + "4, found 3");
  CHECK_EQ(failureOf([&] { attn_rt_check_equal(4, 4, name); }), "");
  CHECK_EQ(failureOf([&] { attn_rt_check_at_least(-1, 0, name); }),
           prefix + "at least 0, found -1");
  CHECK_EQ(failureOf([&] { attn_rt_check_at_least(0, 0, name); }), "");
  CHECK_EQ(failureOf([&] { attn_rt_check_at_most(8, 7, name); }),
           prefix + "at most 7, found 8");
  CHECK_EQ(failureOf([&] { attn_rt_check_at_most(7, 7, name); }), "");
  CHECK_EQ(failureOf([&] { attn_rt_check_multiple(100, 64, name); }),
           prefix + "a multiple of 64, found 100");
  CHECK_EQ(failureOf([&] { attn_rt_check_multiple(128, 64, name); }), "");
  CHECK_EQ(failureOf([&] { attn_rt_check_multiple(0, 64, name); }), "");
  CHECK_EQ(failureOf([&] { attn_rt_check_multiple(0, 0, name); }), "");
  CHECK_EQ(failureOf([&] { attn_rt_check_multiple(5, 0, name); }),
           prefix + "a multiple of 0, found 5");
  CHECK_EQ(failureOf([&] { attn_rt_check_multiple(INT64_MIN, -1, name); }), "");
  CHECK_EQ(failureOf([&] { attn_rt_check_equal(1, 2, nullptr); }),
           "run-time check: expected 2, found 1");
}

/// The numbers must survive a message of any length.
static void testLongMessageKeepsNumbers() {
  std::string name(5000, 'x');
  std::string sentence = failureOf(
      [&] { attn_rt_check_multiple(INT64_MIN, INT64_MAX, name.c_str()); });
  CHECK_EQ(sentence, std::string(800, 'x') +
                         ": expected a multiple of 9223372036854775807, found "
                         "-9223372036854775808");
}

static std::jmp_buf escape;

/// A handler may leave by longjmp, and the library works on.
static void testHandlerMayJump() {
  attn_rt_set_error_handler(
      [](const char *, void *) { std::longjmp(escape, 1); }, nullptr);
  if (setjmp(escape) == 0) {
    attn_rt_check_equal(1, 2, "jump");
    check::report(__FILE__, __LINE__, "expected the handler not to return");
  }
  attn_rt_set_error_handler(nullptr, nullptr);
  CHECK_EQ(failureOf([] { attn_rt_fail("after the jump"); }), "after the jump");
}

/// The default handler prints and exits with 1 without running exit handlers.
/// Must come before anything that starts a thread, because it forks.
static void testDefaultHandlerExits() {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    std::atexit([] { _exit(7); });
    attn_rt_check_equal(8, 16, "heads");
    _exit(9);
  }
  close(ends[1]);
  char text[256] = {};
  size_t length = 0;
  for (ssize_t n;
       length < sizeof(text) - 1 &&
       (n = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0;)
    length += n;
  close(ends[0]);
  int status = 0;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK(WIFEXITED(status));
  CHECK_EQ(WEXITSTATUS(status), 1);
  CHECK_EQ(std::string(text), "error: heads: expected 16, found 8\n");
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static bool isAligned(const void *memory, uintptr_t alignment) {
  return reinterpret_cast<uintptr_t>(memory) % alignment == 0;
}

static void testScratchGrowsOnly() {
  void *first = attn_rt_scratch(1000);
  CHECK(first && isAligned(first, 64));
  std::memset(first, 1, 1000);
  CHECK(attn_rt_scratch(0) == first);
  CHECK(attn_rt_scratch(1000) == first);
  void *second = attn_rt_scratch(1 << 20);
  CHECK(second && isAligned(second, 64));
  std::memset(second, 2, 1 << 20);
  CHECK(attn_rt_scratch(1000) == second);
}

/// A thread starts without scratch, and zero bytes still give a pointer.
static void testScratchIsOfItsThread() {
  void *mine = attn_rt_scratch(64), *other = nullptr;
  std::thread([&] {
    other = attn_rt_scratch(0);
    CHECK(other && isAligned(other, 64));
    CHECK(other != mine);
    std::memset(attn_rt_scratch(4096), 3, 4096);
  }).join();
}

static void testScratchFailures() {
  void *memory = &memory;
  CHECK_EQ(failureOf([&] { memory = attn_rt_scratch(-1); }),
           "scratch memory: expected at least 0 bytes, found -1");
  CHECK(!memory);
  memory = &memory;
  CHECK_EQ(failureOf([&] { memory = attn_rt_scratch(INT64_MAX); }),
           "scratch memory: cannot allocate 9223372036854775807 bytes");
  CHECK(!memory);
  CHECK(attn_rt_scratch(100) != nullptr);
}

static void testAlloc() {
  for (int64_t alignment : {1, 8, 64, 4096}) {
    void *memory = attn_rt_alloc(100, alignment);
    CHECK(memory && isAligned(memory, std::max<int64_t>(alignment, 64)));
    std::memset(memory, 4, 100);
    attn_rt_free(memory);
  }
  void *empty = attn_rt_alloc(0, 64), *another = attn_rt_alloc(0, 64);
  CHECK(empty && another && empty != another);
  attn_rt_free(empty);
  attn_rt_free(another);
  attn_rt_free(nullptr);
}

static void testAllocFailures() {
  void *memory = &memory;
  CHECK_EQ(failureOf([&] { memory = attn_rt_alloc(-8, 64); }),
           "tensor memory: expected at least 0 bytes, found -8");
  CHECK(!memory);
  for (int64_t alignment : {0, 3, -64}) {
    memory = &memory;
    CHECK_EQ(failureOf([&] { memory = attn_rt_alloc(8, alignment); }),
             "tensor memory: expected an alignment that is a power of two, "
             "found " +
                 std::to_string(alignment));
    CHECK(!memory);
  }
  memory = &memory;
  CHECK_EQ(failureOf([&] { memory = attn_rt_alloc(INT64_MAX, 64); }),
           "tensor memory: cannot allocate 9223372036854775807 bytes");
  CHECK(!memory);
}

static void testTensorBytes() {
  auto bytes = [](std::vector<int64_t> sizes, int64_t elementBytes) {
    return attn_rt_tensor_bytes(sizes.data(), int32_t(sizes.size()),
                                elementBytes);
  };
  CHECK_EQ(bytes({}, 4), 4);
  CHECK_EQ(bytes({3, 5, 7}, 2), 210);
  CHECK_EQ(bytes({3, 0, 7}, 2), 0);
  int64_t result = 0;
  CHECK_EQ(failureOf([&] { result = bytes({3, -5, 7}, 2); }),
           "size of tensor axis 1: expected at least 0, found -5");
  CHECK_EQ(result, -1);
  std::string tooLarge = "size of tensor: expected at most "
                         "9223372036854775807 bytes, found more";
  result = 0;
  CHECK_EQ(failureOf([&] { result = bytes({1ll << 40, 1ll << 22}, 4); }),
           tooLarge);
  CHECK_EQ(result, -1);
  CHECK_EQ(failureOf([&] { bytes({0, 1ll << 40, 1ll << 40}, 1); }), tooLarge);
}

//===----------------------------------------------------------------------===//
// Pool
//===----------------------------------------------------------------------===//

static void testThreadCount() {
  attn_rt_set_threads(3);
  CHECK_EQ(attn_rt_threads(), 3);
  attn_rt_set_threads(1 << 30);
  CHECK_EQ(attn_rt_threads(), ATTN_RT_MAX_THREADS);
  attn_rt_set_threads(-5);
  int32_t available = attn_rt_threads();
  CHECK(available >= 1);
  attn_rt_set_threads(0);
  CHECK_EQ(attn_rt_threads(), available);

  // The affinity of the thread that asks counts, not the number installed.
  std::thread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    CHECK_EQ(attn_rt_threads(), 1);
  }).join();
}

/// Every index is visited once, and the caller sees what the bodies wrote.
static void testEveryIndexOnce() {
  for (int32_t threads : {1, 2, 3, 8}) {
    attn_rt_set_threads(threads);
    for (int64_t count : {-1, 0, 1, 2, 3, 7, 100, 1000}) {
      std::vector<int> visits(std::max<int64_t>(count, 0));
      for (int round = 0; round < 5; ++round)
        parallelFor(count, [&](int64_t index) { ++visits[index]; });
      CHECK(std::all_of(visits.begin(), visits.end(),
                        [](int n) { return n == 5; }));
    }
  }
}

/// Many short loops one after the other, with and without time to fall asleep:
/// the place where a lost wake-up would hang or a late worker would meddle.
static void testManyShortLoops() {
  for (int32_t threads : {2, 5}) {
    attn_rt_set_threads(threads);
    int64_t sum = 0;
    for (int round = 0; round < 2000; ++round) {
      int64_t values[4];
      parallelFor(4, [&](int64_t index) { values[index] = index + round; });
      sum += values[0] + values[1] + values[2] + values[3];
      if (round % 500 == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK_EQ(sum, 4ll * (2000 * 1999 / 2) + 6 * 2000);
  }
}

/// Runs `body` on the caller and on one worker at once: each waits for the
/// other.
template <typename Body>
static void runOnTwoThreads(Body body) {
  attn_rt_set_threads(2);
  std::atomic<int> arrived{0};
  parallelFor(2, [&](int64_t) {
    ++arrived;
    while (arrived < 2)
      std::this_thread::yield();
    body();
  });
}

static void testBodiesOverlap() {
  std::atomic<int> total{0};
  runOnTwoThreads([&] { ++total; });
  CHECK_EQ(total.load(), 2);
}

static void testNestedRunsInline() {
  attn_rt_set_threads(3);
  std::atomic<int> total{0};
  parallelFor(6, [&](int64_t) {
    std::thread::id self = std::this_thread::get_id();
    parallelFor(10, [&](int64_t) {
      CHECK(std::this_thread::get_id() == self);
      ++total;
    });
  });
  CHECK_EQ(total.load(), 60);
}

static void testConcurrentCallers() {
  attn_rt_set_threads(3);
  std::vector<std::thread> callers;
  std::atomic<int64_t> total{0};
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        std::vector<int> visits(9);
        parallelFor(9, [&](int64_t index) { ++visits[index]; });
        for (int n : visits)
          total += n;
      }
    });
  for (std::thread &caller : callers)
    caller.join();
  CHECK_EQ(total.load(), 4 * 100 * 9);
}

/// Changing the number in a body neither blocks nor disturbs the loop.
static void testSetThreadsInBody() {
  attn_rt_set_threads(2);
  std::atomic<int> total{0};
  for (int round = 0; round < 4; ++round)
    parallelFor(8, [&](int64_t index) {
      attn_rt_set_threads(2 + index % 3);
      ++total;
    });
  CHECK_EQ(total.load(), 32);
}

/// Returns the number of threads of this process.
static int countThreads() {
  DIR *folder = opendir("/proc/self/task");
  int count = -2; // . and ..
  while (readdir(folder))
    ++count;
  closedir(folder);
  return count;
}

/// Returns whether the process comes to have `expected` threads: a joined one
/// is listed for a moment longer.
static bool hasThreads(int expected) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    if (countThreads() == expected)
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

/// Must be the first test that runs a loop on several threads.
static void testWorkersAreLazy() {
  std::thread([] {}).join(); // A sanitizer may add a thread of its own.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  int before = countThreads();
  attn_rt_set_threads(4);
  CHECK_EQ(countThreads(), before);
  parallelFor(1, [](int64_t) {});
  CHECK_EQ(countThreads(), before);
  for (int threads : {4, 2, 6, 1, 3}) {
    attn_rt_set_threads(threads);
    parallelFor(8, [](int64_t) {});
    CHECK(hasThreads(before + threads - 1));
  }
}

/// Scratch in bodies: one block per thread, freed with the workers.
static void testScratchInBodies() {
  attn_rt_set_threads(3);
  std::mutex lock;
  std::set<std::pair<std::thread::id, void *>> blocks;
  parallelFor(50, [&](int64_t index) {
    void *memory = attn_rt_scratch(10000);
    std::memset(memory, int(index), 10000);
    std::lock_guard<std::mutex> guard(lock);
    blocks.insert({std::this_thread::get_id(), memory});
  });
  std::set<std::thread::id> threads;
  std::set<void *> memories;
  for (auto &[thread, memory] : blocks) {
    threads.insert(thread);
    memories.insert(memory);
  }
  CHECK(blocks.size() <= 3);
  CHECK_EQ(threads.size(), blocks.size());
  CHECK_EQ(memories.size(), blocks.size());
}

#if defined(__x86_64__)
/// Denormals are flushed in all bodies, wherever they run; the caller's
/// rounding holds in them; and no thread keeps any of it.
static void testFloatControl() {
  constexpr unsigned flush = 0x8040, roundUp = 0x4000, control = 0xffc0;
  unsigned saved = _mm_getcsr();
  unsigned mine = (saved & ~0x6000u) | roundUp;
  runOnTwoThreads([] {}); // Workers start with the control of their maker.
  _mm_setcsr(mine);
  auto isFlushed = [&] {
    return (_mm_getcsr() & control) == ((mine | flush) & control);
  };
  std::atomic<int> both{0};
  runOnTwoThreads([&] { both += isFlushed(); });
  CHECK_EQ(both.load(), 2);
  for (int32_t threads : {1, 2, 4}) {
    attn_rt_set_threads(threads);
    std::atomic<int> flushed{0};
    parallelFor(40, [&](int64_t) {
      flushed += isFlushed();
      parallelFor(2, [&](int64_t) { flushed += isFlushed(); });
      flushed += isFlushed();
    });
    CHECK_EQ(flushed.load(), 160);
    CHECK_EQ(_mm_getcsr(), mine);
  }

  volatile float tiny = std::numeric_limits<float>::min(), half = 0.5f;
  float inside = 1;
  parallelFor(1, [&](int64_t) { inside = tiny * half; });
  CHECK_EQ(inside, 0.0f);
  CHECK(tiny * half > 0);

  // A caller that finds the pool taken runs inline, flushed all the same.
  attn_rt_set_threads(2);
  parallelFor(2, [&](int64_t index) {
    if (index != 0)
      return;
    std::thread([&] {
      unsigned before = _mm_getcsr();
      unsigned during = 0;
      parallelFor(2, [&](int64_t) { during = _mm_getcsr(); });
      CHECK_EQ(during & flush, flush);
      CHECK_EQ(_mm_getcsr(), before);
    }).join();
  });
  _mm_setcsr(saved);
}
#endif

//===----------------------------------------------------------------------===//
// Processor
//===----------------------------------------------------------------------===//

static void testProcessor() {
  int level = attn_rt_cpu_level();
  CHECK(level >= ATTN_RT_CPU_BASELINE && level <= ATTN_RT_CPU_AVX512);
#if defined(__x86_64__)
  // The compiler's library asks the same questions.
  __builtin_cpu_init();
  int expected = __builtin_cpu_supports("x86-64-v4")   ? ATTN_RT_CPU_AVX512
                 : __builtin_cpu_supports("x86-64-v3") ? ATTN_RT_CPU_AVX2
                                                       : ATTN_RT_CPU_BASELINE;
  CHECK_EQ(level, expected);
  const char *names[] = {"x86-64", "x86-64-v3", "x86-64-v4"};
  CHECK_EQ(std::string(attn_rt_cpu_name()), names[expected]);
  CHECK_EQ(attn_rt_cpu_has_avx512_bf16() != 0,
           __builtin_cpu_supports("avx512bf16") != 0);
#endif
  std::cout << "processor: " << attn_rt_cpu_name() << ", avx512_bf16 "
            << attn_rt_cpu_has_avx512_bf16() << ", amx_bf16 "
            << attn_rt_cpu_has_amx_bf16() << "\n";
}

static void testProbe() {
  double rate = attn_rt_probe_fma_f32(0.05);
  CHECK(attn_rt_cpu_level() == ATTN_RT_CPU_BASELINE ? rate == 0 : rate > 1);
  CHECK(attn_rt_probe_fma_f32(-1) >= 0);
  std::cout << "f32 multiply-adds: " << rate << " GFLOP/s\n";
}

static void testProbesOfWhatIsMissingAreZero() {
  CHECK_EQ(attn_rt_probe_dot_bf16(0.01) > 0, attn_rt_cpu_has_avx512_bf16() > 0);
  // Linux may refuse the tile registers that the processor has.
  CHECK(attn_rt_probe_amx_bf16(0.01) == 0 || attn_rt_cpu_has_amx_bf16());
}

/// Compiled code that needs tile registers fails where there are none.
static void testAMXIsGrantedOrRefused() {
  int enabled = attn_rt_enable_amx();
  CHECK(!enabled || attn_rt_cpu_has_amx_bf16());
  CHECK_EQ(attn_rt_enable_amx(), enabled);
  auto require = [](void *) { attn_rt_require_amx(); };
  CHECK_EQ(attn_rt_try(require, nullptr),
           enabled ? ATTN_RT_OK : ATTN_RT_INCOMPATIBLE);
  if (!enabled)
    CHECK_EQ(std::string(attn_rt_last_error()),
             "this code multiplies in AMX tiles, which the processor does not "
             "have or the operating system does not grant");
}

static void testReadProbeNeedsMemory() {
  bool baseline = attn_rt_cpu_level() == ATTN_RT_CPU_BASELINE;
  CHECK_EQ(attn_rt_probe_read(5 << 20, 0.01) > 0, !baseline);
  CHECK_EQ(attn_rt_probe_read((2 << 20) - 1, 0.01), 0);
  CHECK_EQ(attn_rt_probe_read(-1, 0.01), 0);
  CHECK_EQ(attn_rt_probe_read(int64_t(1) << 60, 0.01), 0);
}

int main() {
  testDefaultHandlerExits();
  testCheckSentences();
  testLongMessageKeepsNumbers();
  testHandlerMayJump();
  testScratchGrowsOnly();
  testScratchIsOfItsThread();
  testScratchFailures();
  testAlloc();
  testAllocFailures();
  testTensorBytes();
  testWorkersAreLazy();
  testThreadCount();
  testEveryIndexOnce();
  testManyShortLoops();
  testBodiesOverlap();
  testNestedRunsInline();
  testConcurrentCallers();
  testSetThreadsInBody();
  testScratchInBodies();
#if defined(__x86_64__)
  testFloatControl();
#endif
  testProcessor();
  testProbe();
  testProbesOfWhatIsMissingAreZero();
  testAMXIsGrantedOrRefused();
  testReadProbeNeedsMemory();
  return check::finish("RuntimeTest");
}
