// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values or the reason why there is none: the simulator uses neither exceptions
// nor LLVM.

#ifndef ATTN_SIMULATOR_RESULT_H
#define ATTN_SIMULATOR_RESULT_H

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace attn::sim {

/// A place in a PTX file; lines and columns count from 1, 0 is no place.
struct Location {
  unsigned line = 0;
  unsigned column = 0;
};

/// What is wrong with an input: one sentence, lower case, no final period, that
/// says what was expected and what was found.
struct Diagnostic {
  Location where;
  std::string message;

  /// `file:line:column: error: message`.
  std::string str(std::string_view file) const;
};

/// A value of type T, or a diagnostic.
template <typename T>
class [[nodiscard]] Result {
public:
  Result(T value) : content(std::move(value)) {}
  Result(Diagnostic diagnostic) : content(std::move(diagnostic)) {}

  explicit operator bool() const { return content.index() == 0; }
  T &operator*() { return std::get<0>(content); }
  const T &operator*() const { return std::get<0>(content); }
  T *operator->() { return &std::get<0>(content); }
  const T *operator->() const { return &std::get<0>(content); }
  const Diagnostic &error() const { return std::get<1>(content); }

private:
  std::variant<T, Diagnostic> content;
};

/// Success, or a diagnostic.
using Status = Result<std::monostate>;
inline Status success() { return std::monostate(); }

} // namespace attn::sim

#endif // ATTN_SIMULATOR_RESULT_H
