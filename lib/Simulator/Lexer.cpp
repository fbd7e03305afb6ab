// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Divides PTX text into tokens.

#include "Lexer.h"

#include <charconv>
#include <cstring>

using namespace attn::sim;

static bool isDigit(char c) { return c >= '0' && c <= '9'; }

static bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether `c` may start an identifier.
static bool isNameStart(char c) {
  return isLetter(c) || c == '_' || c == '$' || c == '%';
}

/// Whether `c` may go on an identifier.
static bool isNamePart(char c) {
  return isLetter(c) || isDigit(c) || c == '_' || c == '$';
}

/// Returns the value of a digit in a base up to 16, or 16.
static unsigned digitValue(char c) {
  if (isDigit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return 16;
}

void Lexer::skipLine() {
  size_t end = text.find('\n', position);
  position = end == std::string_view::npos ? text.size() : end;
}

bool Lexer::skipBlockComment() {
  size_t end = text.find("*/", position + 2);
  if (end == std::string_view::npos)
    return false;
  for (; position < end + 2; ++position)
    if (text[position] == '\n') {
      ++line;
      lineStart = position + 1;
    }
  return true;
}

bool Lexer::skipBlanks() {
  // A preprocessor's line marker starts a line.
  bool startOfLine = position == lineStart;
  while (position < text.size()) {
    char c = text[position];
    if (c == '\n') {
      ++position;
      ++line;
      lineStart = position;
      startOfLine = true;
    } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
      ++position;
    } else if (c == '/' && at(1) == '/') {
      skipLine();
    } else if (c == '/' && at(1) == '*') {
      if (!skipBlockComment())
        return false;
    } else if (c == '#' && startOfLine) {
      skipLine();
    } else {
      break;
    }
  }
  return true;
}

/// Ends `token`, the next `length` characters.
Token Lexer::finish(Token token, Token::Kind kind, size_t length) {
  token.kind = kind;
  token.text = text.substr(position, length);
  position += length;
  return token;
}

/// Ends the text: nothing is read behind an invalid token.
Token Lexer::invalid(Token token, const char *why, size_t length) {
  message = why;
  token = finish(token, Token::Kind::Invalid, length);
  position = text.size();
  return token;
}

Token Lexer::next() {
  bool complete = skipBlanks();
  Token token;
  token.where = {line, unsigned(position - lineStart + 1)};
  if (!complete)
    return invalid(token, "comment without end", 2);
  if (position == text.size())
    return token;
  char c = text[position];
  if (isNameStart(c) && (c != '%' || isNamePart(at(1)))) {
    size_t length = 1;
    while (isNamePart(at(length)))
      ++length;
    return finish(token, Token::Kind::Identifier, length);
  }
  if (c == '.')
    return lexDotted(token);
  if (isDigit(c))
    return lexNumber(token);
  if (c == '"')
    return lexString(token);
  return lexPunctuation(token);
}

/// `.word` and `.word::word`.
Token Lexer::lexDotted(Token token) {
  size_t length = 1;
  while (isNamePart(at(length)) ||
         (at(length) == ':' && at(length + 1) == ':' &&
          isNamePart(at(length + 2))))
    length += at(length) == ':' ? 2 : 1;
  if (length == 1)
    return invalid(token, "a dot must be followed by a word", 1);
  token = finish(token, Token::Kind::Dotted, length);
  token.text.remove_prefix(1);
  return token;
}

Token Lexer::lexString(Token token) {
  size_t end = text.find_first_of("\"\n", position + 1);
  if (end == std::string_view::npos || text[end] == '\n')
    return invalid(token, "string without end", 1);
  token = finish(token, Token::Kind::String, end + 1 - position);
  token.text = token.text.substr(1, token.text.size() - 2);
  return token;
}

Token Lexer::lexNumber(Token token) {
  char marker = at() == '0' ? at(1) : '\0';
  if (marker == 'f' || marker == 'F')
    return lexHexFloat(token, 8);
  if (marker == 'd' || marker == 'D')
    return lexHexFloat(token, 16);
  size_t length = 0;
  while (isDigit(at(length)))
    ++length;
  bool isFloat = false;
  if (at(length) == '.' && !isLetter(at(length + 1)) && at(length + 1) != '_') {
    isFloat = true;
    ++length;
    while (isDigit(at(length)))
      ++length;
  }
  if (at(length) == 'e' || at(length) == 'E') {
    bool sign = at(length + 1) == '+' || at(length + 1) == '-';
    isFloat = true;
    length += sign ? 2 : 1;
    while (isDigit(at(length)))
      ++length;
  }
  return isFloat ? lexDecimalFloat(token, length) : lexInteger(token);
}

/// `0f` and 8, or `0d` and 16 hexadecimal digits.
Token Lexer::lexHexFloat(Token token, size_t digits) {
  for (size_t i = 2; i < 2 + digits; ++i) {
    unsigned digit = digitValue(at(i));
    if (digit > 15)
      return invalid(token, "too few hexadecimal digits in a number", i);
    token.bits = token.bits << 4 | digit;
  }
  if (isNamePart(at(2 + digits)))
    return invalid(token, "too many digits in a number", 3 + digits);
  return finish(token,
                digits == 8 ? Token::Kind::Float32 : Token::Kind::Float64,
                2 + digits);
}

Token Lexer::lexDecimalFloat(Token token, size_t length) {
  const char *begin = text.data() + position;
  double value = 0;
  auto [end, error] = std::from_chars(begin, begin + length, value);
  if (error != std::errc() || end != begin + length || isNamePart(at(length)))
    return invalid(token, "malformed or unrepresentable number", length);
  std::memcpy(&token.bits, &value, sizeof(value));
  return finish(token, Token::Kind::Float64, length);
}

/// Decimal, 0x, 0b and octal digits, and perhaps a U.
Token Lexer::lexInteger(Token token) {
  unsigned base = 10;
  size_t length = 0;
  if (at() == '0') {
    bool hexadecimal = at(1) == 'x' || at(1) == 'X';
    bool binary = at(1) == 'b' || at(1) == 'B';
    base = hexadecimal ? 16 : binary ? 2 : 8;
    length = hexadecimal || binary ? 2 : 0;
  }
  size_t firstDigit = length;
  for (; digitValue(at(length)) < base; ++length) {
    if (token.bits > (UINT64_MAX - digitValue(at(length))) / base)
      return invalid(token, "integer of more than 64 bits", length + 1);
    token.bits = token.bits * base + digitValue(at(length));
  }
  bool noDigits = length == firstDigit;
  token.isUnsigned = at(length) == 'U' || token.bits > uint64_t(INT64_MAX);
  if (at(length) == 'U')
    ++length;
  if (noDigits || isNamePart(at(length)))
    return invalid(token, "malformed number", length + 1);
  return finish(token, Token::Kind::Integer, length);
}

Token Lexer::lexPunctuation(Token token) {
  static constexpr std::string_view pairs[] = {
      "<<", ">>", "<=", ">=", "==", "!=", "&&", "||"};
  std::string_view two = text.substr(position, 2);
  for (std::string_view pair : pairs)
    if (two == pair)
      return finish(token, Token::Kind::Punctuation, 2);
  static constexpr std::string_view singles = "(){}[]<>,;:|!@+-=*/%~&^?";
  if (singles.find(text[position]) != std::string_view::npos)
    return finish(token, Token::Kind::Punctuation, 1);
  return invalid(token, "unexpected character", 1);
}
