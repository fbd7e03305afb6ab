// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of unit tests: each failure is printed with its place and counted, and
// the test goes on.

#ifndef ATTN_TEST_UNIT_CHECK_H
#define ATTN_TEST_UNIT_CHECK_H

#include <atomic>
#include <iostream>
#include <sstream>
#include <string>

namespace check {

/// The number of failed checks.
inline std::atomic<int> failures{0};

/// Counts one failed check and prints `text`.
inline void report(const char *file, int line, const std::string &text) {
  ++failures;
  std::cerr << file << ":" << line << ": " + text + "\n";
}

/// Checks that two values are equal.
template <typename A, typename B>
void equal(const char *file, int line, const char *text, const A &found,
           const B &expected) {
  if (found == expected)
    return;
  std::ostringstream os;
  os.precision(17);
  os << text << ": expected " << expected << ", found " << found;
  report(file, line, os.str());
}

/// Prints the outcome and returns the exit status of the test.
inline int finish(const char *name) {
  std::cout << name << ": " << failures << " failures\n";
  return failures ? 1 : 0;
}

} // namespace check

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition))                                                          \
      check::report(__FILE__, __LINE__, "expected " #condition);               \
  } while (false)

#define CHECK_EQ(found, expected)                                              \
  check::equal(__FILE__, __LINE__, #found, found, expected)

#endif // ATTN_TEST_UNIT_CHECK_H
