// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests how calls of compiled code check tensors, hand out results and fail.
// The compiled function is written by hand.

#include "Check.h"
#include "attn/Runtime/Runtime.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

//===----------------------------------------------------------------------===//
// An allocator that counts and fails
//===----------------------------------------------------------------------===//

namespace {

/// Memory that is in use, and the allocation that fails (-1: none).
struct Counter {
  std::atomic<int> live{0}, made{0}, failing{-1};
};

} // namespace

static Counter counter;

/// Makes the library use the counter until the end of the scope.
struct CountingScope {
  explicit CountingScope(int failing = -1) {
    counter.live = counter.made = 0;
    counter.failing = failing;
    attn_rt_allocator allocator = {
        [](size_t bytes, size_t alignment, void *user) -> void * {
          auto *state = static_cast<Counter *>(user);
          if (state->made++ == state->failing)
            return nullptr;
          ++state->live;
          void *memory = nullptr;
          return posix_memalign(&memory, alignment, bytes) == 0 ? memory
                                                                : nullptr;
        },
        [](void *memory, void *user) {
          --static_cast<Counter *>(user)->live;
          std::free(memory);
        },
        &counter};
    attn_rt_set_allocator(&allocator);
  }
  ~CountingScope() { attn_rt_set_allocator(nullptr); }
};

/// Runs `action` under attn_rt_try.
static attn_rt_status tryRun(std::function<void()> action) {
  return attn_rt_try(
      [](void *context) { (*static_cast<std::function<void()> *>(context))(); },
      &action);
}

//===----------------------------------------------------------------------===//
// attn_rt_try
//===----------------------------------------------------------------------===//

static void testTryReturnsTheSentence() {
  CHECK_EQ(tryRun([] {}), ATTN_RT_OK);
  bool after = false;
  CHECK_EQ(tryRun([&] {
             attn_rt_check_equal(3, 4, "heads");
             after = true;
           }),
           ATTN_RT_CHECK_FAILED);
  CHECK(!after);
  CHECK_EQ(std::string(attn_rt_last_error()), "heads: expected 4, found 3");
}

/// The handler of the process is for failures outside of calls.
static void testTryComesBeforeTheHandler() {
  int calls = 0;
  attn_rt_set_error_handler(
      [](const char *, void *user) { ++*static_cast<int *>(user); }, &calls);
  CHECK_EQ(tryRun([] { attn_rt_fail("inside"); }), ATTN_RT_CHECK_FAILED);
  CHECK_EQ(calls, 0);
  attn_rt_fail("outside");
  CHECK_EQ(calls, 1);
  attn_rt_set_error_handler(nullptr, nullptr);
}

/// What a call has allocated is freed if it fails, and kept if it does not.
static void testTryFreesMemory() {
  CountingScope scope;
  void *freed = nullptr, *kept = nullptr;
  CHECK_EQ(tryRun([&] {
             attn_rt_alloc(100, 64);
             freed = attn_rt_alloc(100, 4096);
             attn_rt_alloc(100, 8);
             attn_rt_free(freed);
             attn_rt_fail("stop");
           }),
           ATTN_RT_CHECK_FAILED);
  CHECK_EQ(counter.made.load(), 3);
  CHECK_EQ(counter.live.load(), 0);
  CHECK_EQ(tryRun([&] { kept = attn_rt_alloc(100, 64); }), ATTN_RT_OK);
  CHECK_EQ(counter.live.load(), 1);
  attn_rt_free(kept);
  CHECK_EQ(counter.live.load(), 0);
}

/// What an inner call keeps belongs to the outer one.
static void testNestedTry() {
  CountingScope scope;
  bool afterInner = false;
  CHECK_EQ(tryRun([&] {
             CHECK_EQ(tryRun([] { attn_rt_fail("inner"); }),
                      ATTN_RT_CHECK_FAILED);
             afterInner = true;
             CHECK_EQ(tryRun([] { attn_rt_alloc(1, 64); }), ATTN_RT_OK);
             CHECK_EQ(counter.live.load(), 1);
             attn_rt_fail("outer");
           }),
           ATTN_RT_CHECK_FAILED);
  CHECK(afterInner);
  CHECK_EQ(std::string(attn_rt_last_error()), "outer");
  CHECK_EQ(counter.live.load(), 0);
}

/// A body that fails on any thread ends the loop and the call; the pool and the
/// floating-point state of the caller are as before.
static void testFailuresInBodies() {
  for (int32_t threads : {1, 2, 5}) {
    attn_rt_set_threads(threads);
    for (int64_t count : {1, 2, 1000}) {
      CountingScope scope;
      static std::atomic<int64_t> bodies;
      bodies = 0;
      bool after = false;
      CHECK_EQ(tryRun([&] {
                 attn_rt_alloc(10, 64);
                 attn_rt_parallel_for(
                     count,
                     [](int64_t index, void *) {
                       ++bodies;
                       attn_rt_alloc(10, 64);
                       attn_rt_parallel_for(
                           2,
                           [](int64_t, void *) { attn_rt_fail("in a body"); },
                           nullptr);
                     },
                     nullptr);
                 after = true;
               }),
               ATTN_RT_CHECK_FAILED);
      CHECK(!after);
      CHECK(bodies >= 1 && bodies <= threads);
      CHECK_EQ(std::string(attn_rt_last_error()), "in a body");
      CHECK_EQ(counter.live.load(), 0);
    }
    volatile float tiny = 1.1754943508222875e-38f, half = 0.5f;
    CHECK(tiny * half > 0);
    static std::atomic<int64_t> sum;
    sum = 0;
    attn_rt_parallel_for(
        100, [](int64_t index, void *) { sum += index; }, nullptr);
    CHECK_EQ(sum.load(), 4950);
  }
}

//===----------------------------------------------------------------------===//
// attn_rt_invoke
//===----------------------------------------------------------------------===//

namespace {

/// The descriptor of a matrix in compiled code.
struct Matrix {
  float *allocated, *aligned;
  int64_t offset, sizes[2], strides[2];
};

} // namespace

/// A compiled function: (x: ?x3, s: f32) -> (s * x, the same memory, s + 1).
/// Fails if a size is 5, in the loop if it is 6.
static void scale(void **arguments) {
  struct Results {
    Matrix first, second;
    float third;
  };
  auto *results = static_cast<Results *>(arguments[0]);
  auto *x = static_cast<Matrix *>(arguments[1]);
  float factor = *static_cast<float *>(arguments[2]);
  attn_rt_check_multiple(x->sizes[0] == 5, 2, "rows");
  CHECK_EQ(x->strides[0], 3);
  CHECK_EQ(x->strides[1], 1);
  Matrix out = *x;
  int64_t bytes = attn_rt_tensor_bytes(x->sizes, 2, sizeof(float));
  out.allocated = static_cast<float *>(attn_rt_alloc(bytes + 64, 64));
  out.aligned = out.allocated;
  out.offset = 2;
  for (int64_t i = 0; i < x->sizes[0] * 3; ++i)
    out.aligned[i + 2] = factor * x->aligned[i];
  *results = {out, out, factor + 1};
  if (x->sizes[0] == 6)
    attn_rt_parallel_for(
        3, [](int64_t, void *) { attn_rt_fail("in the loop"); }, nullptr);
}

static const int64_t shape[] = {-1, 3};
static const attn_rt_value inputs[] = {{"%x", ATTN_RT_F32, 2, shape},
                                       {"%s", ATTN_RT_F32, -1, nullptr}};
static const attn_rt_value outputs[] = {{"", ATTN_RT_F32, 2, shape},
                                        {"", ATTN_RT_F32, 2, shape},
                                        {"", ATTN_RT_F32, -1, nullptr}};
static const attn_rt_entry entry = {
    ATTN_RT_VERSION, ATTN_RT_CPU_BASELINE, 2, 3, "any", "scale", scale, inputs,
    outputs};

/// A call of `scale` with a buffer that is large enough for what tests need.
struct ScaleCall {
  explicit ScaleCall(int64_t rows) {
    int64_t sizes[] = {rows, 3};
    for (size_t i = 0; i < data.size(); ++i)
      data[i] = float(i);
    x = attn_rt_make_tensor(data.data(), ATTN_RT_F32, 2, sizes);
  }
  attn_rt_status run() {
    const void *in[] = {&x, &factor};
    void *out[] = {&first, &second, &third};
    return attn_rt_invoke(&entry, in, out);
  }
  float get(const attn_rt_tensor &t, int64_t row, int64_t column) {
    return static_cast<float *>(
        t.data)[row * t.strides[0] + column * t.strides[1]];
  }
  void free() {
    attn_rt_tensor_free(&first);
    attn_rt_tensor_free(&second);
  }
  std::vector<float> data = std::vector<float>(64);
  attn_rt_tensor x = {}, first = {}, second = {};
  float factor = 2, third = -1;
};

static void testInvoke() {
  CountingScope scope;
  for (int64_t rows : {0, 1, 4}) {
    ScaleCall call(rows);
    CHECK_EQ(call.run(), ATTN_RT_OK);
    CHECK_EQ(call.first.rank, 2);
    CHECK_EQ(call.first.dtype, int32_t(ATTN_RT_F32));
    CHECK_EQ(call.first.sizes[0], rows);
    CHECK_EQ(call.first.sizes[1], 3);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < 3; ++column) {
        CHECK_EQ(call.get(call.first, row, column), 2.0f * (row * 3 + column));
        CHECK_EQ(call.get(call.second, row, column), 2.0f * (row * 3 + column));
      }
    CHECK_EQ(call.third, 3.0f);
    // Two results of one buffer are freed one by one.
    CHECK(call.first.owner != call.second.owner);
    CHECK_EQ(counter.live.load(), 2);
    call.free();
    CHECK(!call.first.data && !call.second.owner);
    CHECK_EQ(counter.live.load(), 0);
  }
}

/// Any strides are read and written.
static void testStrides() {
  CountingScope scope;
  ScaleCall call(4);
  call.x.data = call.data.data() + 40;
  call.x.strides[0] = -2; // Elements overlap, which inputs may.
  call.x.strides[1] = 5;
  std::vector<float> out(64, -1.0f);
  call.first = call.x;
  call.first.data = out.data() + 1;
  call.first.strides[0] = 1;
  call.first.strides[1] = 10;
  CHECK_EQ(call.run(), ATTN_RT_OK);
  CHECK(call.first.data == out.data() + 1);
  for (int64_t row = 0; row < 4; ++row)
    for (int64_t column = 0; column < 3; ++column) {
      float expected = 2.0f * (40 - 2 * row + 5 * column);
      CHECK_EQ(out[1 + row + 10 * column], expected);
      CHECK_EQ(call.get(call.second, row, column), expected);
    }
  CHECK_EQ(std::count(out.begin(), out.end(), -1.0f), 64 - 12);
  CHECK_EQ(counter.live.load(), 1);
  call.free();
  CHECK_EQ(counter.live.load(), 0);
}

/// Checks that `change` makes a call of four rows fail with `sentence`.
static void expectBadArgument(std::function<void(ScaleCall &)> change,
                              const std::string &sentence, int line) {
  ScaleCall call(4);
  change(call);
  attn_rt_tensor first = call.first;
  check::equal(__FILE__, line, "status", call.run(), ATTN_RT_BAD_ARGUMENT);
  check::equal(__FILE__, line, "sentence", std::string(attn_rt_last_error()),
               sentence);
  check::equal(__FILE__, line, "first",
               std::memcmp(&first, &call.first, sizeof(first)), 0);
  check::equal(__FILE__, line, "third", call.third, -1.0f);
}

static void testBadArguments() {
  CountingScope scope;
  auto expect = [](int line, std::function<void(ScaleCall &)> change,
                   const std::string &sentence) {
    expectBadArgument(change, sentence, line);
  };
  expect(
      __LINE__, [](ScaleCall &c) { c.x.dtype = ATTN_RT_F64; },
      "input 0 (%x): expected element type f32, found f64");
  expect(
      __LINE__, [](ScaleCall &c) { c.x.dtype = 99; },
      "input 0 (%x): expected element type f32, found ?");
  expect(
      __LINE__, [](ScaleCall &c) { c.x.rank = 1; },
      "input 0 (%x): expected rank 2 (?x3), found rank 1 (4)");
  expect(
      __LINE__, [](ScaleCall &c) { c.x.rank = 0; },
      "input 0 (%x): expected rank 2 (?x3), found rank 0 (a scalar)");
  expect(
      __LINE__, [](ScaleCall &c) { c.x.rank = 1000; },
      "input 0 (%x): expected rank 2 (?x3), found rank 1000");
  expect(
      __LINE__, [](ScaleCall &c) { c.x.sizes[1] = 2; },
      "input 0 (%x): expected shape ?x3, found 4x2");
  expect(
      __LINE__, [](ScaleCall &c) { c.x.sizes[0] = -4; },
      "input 0 (%x): size of axis 0: expected at least 0, found -4");
  expect(
      __LINE__, [](ScaleCall &c) { c.x.data = nullptr; },
      "input 0 (%x): expected data, found a null pointer");
  expect(
      __LINE__,
      [](ScaleCall &c) { c.x.data = static_cast<char *>(c.x.data) + 2; },
      "input 0 (%x): expected data aligned to 4 bytes");
  expect(
      __LINE__, [](ScaleCall &c) { (c.second = c.x).dtype = ATTN_RT_I32; },
      "output 1: expected element type f32, found i32");
  expect(
      __LINE__, [](ScaleCall &c) { (c.second = c.x).sizes[0] = 3; },
      "output 1: expected shape 4x3, found 3x3");
  CHECK_EQ(counter.live.load(), 0);
}

static void testNullPointers() {
  ScaleCall call(1);
  const void *in[] = {nullptr, &call.factor};
  void *out[] = {&call.first, &call.second, nullptr};
  CHECK_EQ(attn_rt_invoke(&entry, in, out), ATTN_RT_BAD_ARGUMENT);
  CHECK_EQ(std::string(attn_rt_last_error()),
           "input 0 (%x): expected a tensor, found a null pointer");
  in[0] = &call.x;
  CHECK_EQ(attn_rt_invoke(&entry, in, out), ATTN_RT_BAD_ARGUMENT);
  CHECK_EQ(std::string(attn_rt_last_error()),
           "output 2: expected an address, found a null pointer");
}

static void testFailedChecks() {
  CountingScope scope;
  ScaleCall call(5);
  CHECK_EQ(call.run(), ATTN_RT_CHECK_FAILED);
  CHECK_EQ(std::string(attn_rt_last_error()),
           "rows: expected a multiple of 2, found 1");
  ScaleCall other(6);
  CHECK_EQ(other.run(), ATTN_RT_CHECK_FAILED);
  CHECK_EQ(std::string(attn_rt_last_error()), "in the loop");
  CHECK(!other.first.data && other.third == -1.0f);
  CHECK_EQ(counter.live.load(), 0);
}

/// Whichever allocation fails, the call says so and leaves nothing behind.
static void testNoMemory() {
  int failures = 0;
  for (int failing = 0;; ++failing) {
    CountingScope scope(failing);
    ScaleCall call(4);
    call.x.strides[0] = 1;
    attn_rt_status status = call.run();
    if (status == ATTN_RT_OK) {
      call.free();
      break;
    }
    ++failures;
    CHECK_EQ(status, ATTN_RT_NO_MEMORY);
    CHECK_EQ(std::string(attn_rt_last_error()).substr(0, 30),
             "tensor memory: cannot allocate");
    CHECK(!call.first.data && !call.second.data);
    CHECK_EQ(counter.live.load(), 0);
  }
  // The parts of the call, the dense copy, the result, the second result.
  CHECK_EQ(failures, 4);
}

/// Sizes whose product cannot be counted are refused before any copy.
static void testHugeSizes() {
  ScaleCall call(4);
  call.x.sizes[0] = 1ll << 62;
  call.x.strides[0] = 0;
  CHECK_EQ(call.run(), ATTN_RT_CHECK_FAILED);
  CHECK_EQ(std::string(attn_rt_last_error()),
           "size of tensor: expected at most 9223372036854775807 bytes, found "
           "more");
}

static void testVersion() {
  attn_rt_entry newer = entry;
  newer.version = ATTN_RT_VERSION + 1;
  CHECK_EQ(attn_rt_invoke(&newer, nullptr, nullptr), ATTN_RT_INCOMPATIBLE);
  CHECK_EQ(std::string(attn_rt_last_error()),
           "runtime library: expected version 2, for which the code was "
           "compiled, found 1");
}

/// Code for vectors that the processor does not have is not entered.
static void testProcessorLevel() {
  attn_rt_entry wider = entry;
  wider.cpu_level = ATTN_RT_CPU_AVX512 + 1;
  wider.cpu = "tomorrow";
  CHECK_EQ(attn_rt_invoke(&wider, nullptr, nullptr), ATTN_RT_INCOMPATIBLE);
  CHECK_EQ(std::string(attn_rt_last_error()),
           std::string("code for cpu tomorrow needs AVX-512, which this "
                       "processor (") +
               attn_rt_cpu_name() + ") does not have");
  ScaleCall call(1);
  attn_rt_entry same = entry;
  same.cpu_level = attn_rt_cpu_level();
  const void *in[] = {&call.x, &call.factor};
  void *out[] = {&call.first, &call.second, &call.third};
  CHECK_EQ(attn_rt_invoke(&same, in, out), ATTN_RT_OK);
  call.free();
}

/// Calls on several threads do not see each other's failures.
static void testConcurrentCalls() {
  CountingScope scope;
  attn_rt_set_threads(3);
  std::vector<std::thread> threads;
  for (int64_t rows : {4, 5, 6, 7})
    threads.emplace_back([rows] {
      for (int round = 0; round < 200; ++round) {
        ScaleCall call(rows);
        attn_rt_status status = call.run();
        bool fails = rows == 5 || rows == 6;
        CHECK_EQ(status, fails ? ATTN_RT_CHECK_FAILED : ATTN_RT_OK);
        CHECK_EQ(std::string(attn_rt_last_error()),
                 rows == 5   ? "rows: expected a multiple of 2, found 1"
                 : rows == 6 ? "in the loop"
                             : "");
        call.free();
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  CHECK_EQ(counter.live.load(), 0);
}

/// A scratch block that cannot grow is a failure of the call, too.
static void testNoScratch() {
  CountingScope scope(0);
  CHECK_EQ(tryRun([] { attn_rt_scratch(1 << 24); }), ATTN_RT_NO_MEMORY);
  CHECK_EQ(std::string(attn_rt_last_error()),
           "scratch memory: cannot allocate 16777216 bytes");
  CHECK_EQ(tryRun([] { std::memset(attn_rt_scratch(1 << 24), 1, 1 << 24); }),
           ATTN_RT_OK);
}

int main() {
  testTryReturnsTheSentence();
  testTryComesBeforeTheHandler();
  testTryFreesMemory();
  testNestedTry();
  testFailuresInBodies();
  testInvoke();
  testStrides();
  testBadArguments();
  testNullPointers();
  testFailedChecks();
  testNoMemory();
  testHugeSizes();
  testVersion();
  testProcessorLevel();
  testConcurrentCalls();
  testNoScratch();
  return check::finish("CallTest");
}
