// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Divides PTX text into tokens. PTX ISA, chapter 4.

#ifndef ATTN_LIB_SIMULATOR_LEXER_H
#define ATTN_LIB_SIMULATOR_LEXER_H

#include "attn/Simulator/Result.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace attn::sim {

struct Token {
  enum class Kind : uint8_t {
    End,
    /// No token: `Lexer::problem` says why.
    Invalid,
    /// `%r1`, `$L_1`, `_`, `add`.
    Identifier,
    /// A dot and what follows without a blank: `.s32`, `.shared::cta`,
    /// `.32x32b`. `text` is without the dot.
    Dotted,
    /// `bits` has the value.
    Integer,
    /// `0f3f800000`.
    Float32,
    /// `0d...` or decimal digits with a point or an exponent; `bits` has the
    /// bits of the double.
    Float64,
    /// `text` is without the quotes.
    String,
    /// One or two characters.
    Punctuation,
  };
  Kind kind = Kind::End;
  /// An integer that is unsigned: with the suffix U, or too large for s64.
  bool isUnsigned = false;
  std::string_view text;
  uint64_t bits = 0;
  Location where;

  bool is(Kind other) const { return kind == other; }
  bool is(char symbol) const {
    return kind == Kind::Punctuation && text.size() == 1 && text[0] == symbol;
  }
  /// Whether this is the word `.name`.
  bool isDotted(std::string_view name) const {
    return kind == Kind::Dotted && text == name;
  }
  bool isIdentifier(std::string_view name) const {
    return kind == Kind::Identifier && text == name;
  }
};

/// A position in a text. Copies look ahead.
class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) {}

  /// Returns the next token. After an `Invalid` one only `End` follows.
  Token next();

  /// Why the last token is invalid.
  const char *problem() const { return message; }

private:
  /// Skips blanks, comments and line markers; false if a comment has no end.
  bool skipBlanks();
  bool skipBlockComment();
  void skipLine();
  /// Returns the character at `offset` from the position, 0 behind the end.
  char at(size_t offset = 0) const {
    return position + offset < text.size() ? text[position + offset] : '\0';
  }
  Token finish(Token token, Token::Kind kind, size_t length);
  Token invalid(Token token, const char *why, size_t length);
  Token lexDotted(Token token);
  Token lexString(Token token);
  Token lexNumber(Token token);
  Token lexHexFloat(Token token, size_t digits);
  Token lexDecimalFloat(Token token, size_t length);
  Token lexInteger(Token token);
  Token lexPunctuation(Token token);

  std::string_view text;
  size_t position = 0;
  size_t lineStart = 0;
  unsigned line = 1;
  const char *message = "";
};

} // namespace attn::sim

#endif // ATTN_LIB_SIMULATOR_LEXER_H
