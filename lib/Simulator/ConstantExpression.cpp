// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constant expressions. PTX ISA, section 4.5: 64-bit integers, unsigned if one
// operand is.

#include "Parser.h"

#include <cstring>

using namespace attn::sim;

namespace {

/// A binary operator and how strongly it binds.
struct BinaryOperator {
  std::string_view text;
  unsigned precedence;
};

} // namespace

static constexpr BinaryOperator binaryOperators[] = {
    {"||", 1}, {"&&", 2}, {"|", 3}, {"^", 4},  {"&", 5},  {"==", 6},
    {"!=", 6}, {"<", 7},  {">", 7}, {"<=", 7}, {">=", 7}, {"<<", 8},
    {">>", 8}, {"+", 9},  {"-", 9}, {"*", 10}, {"/", 10}, {"%", 10},
};

/// Expressions in more parentheses and signs than this are refused.
static constexpr unsigned maxNesting = 64;

static Constant makeInteger(uint64_t bits, bool isUnsigned = false) {
  return {isUnsigned ? Constant::Kind::Unsigned : Constant::Kind::Signed, bits};
}

/// Returns the precedence of a binary operator, 0 if `token` is none.
static unsigned precedenceOf(const Token &token) {
  if (!token.is(Token::Kind::Punctuation))
    return 0;
  for (const BinaryOperator &op : binaryOperators)
    if (op.text == token.text)
      return op.precedence;
  return 0;
}

/// Returns a / b, for b other than 0.
static uint64_t divide(uint64_t a, uint64_t b, bool isUnsigned) {
  if (isUnsigned)
    return a / b;
  // The one overflow of the signed division.
  if (b == UINT64_MAX)
    return 0 - a;
  return uint64_t(int64_t(a) / int64_t(b));
}

/// Returns a << n or a >> n. Like ptxas, counts modulo 64.
static uint64_t shift(bool left, uint64_t a, uint64_t n, bool isUnsigned) {
  n &= 63;
  if (left)
    return a << n;
  uint64_t sign = !isUnsigned && int64_t(a) < 0 ? UINT64_MAX : 0;
  return n ? a >> n | sign << (64 - n) : a;
}

/// Returns -1, 0 or 1.
static int compare(uint64_t a, uint64_t b, bool isUnsigned) {
  bool less = isUnsigned ? a < b : int64_t(a) < int64_t(b);
  return less ? -1 : a != b;
}

/// Computes `a op b` for integers, for all operators but division by 0.
static Constant evaluate(std::string_view op, Constant a, Constant b) {
  bool isUnsigned =
      a.kind == Constant::Kind::Unsigned || b.kind == Constant::Kind::Unsigned;
  bool shiftUnsigned = a.kind == Constant::Kind::Unsigned;
  int order = compare(a.bits, b.bits, isUnsigned);
  if (op == "||")
    return makeInteger(a.bits || b.bits);
  if (op == "&&")
    return makeInteger(a.bits && b.bits);
  if (op == "==")
    return makeInteger(order == 0);
  if (op == "!=")
    return makeInteger(order != 0);
  if (op == "<")
    return makeInteger(order < 0);
  if (op == ">")
    return makeInteger(order > 0);
  if (op == "<=")
    return makeInteger(order <= 0);
  if (op == ">=")
    return makeInteger(order >= 0);
  if (op == "|")
    return makeInteger(a.bits | b.bits, isUnsigned);
  if (op == "^")
    return makeInteger(a.bits ^ b.bits, isUnsigned);
  if (op == "&")
    return makeInteger(a.bits & b.bits, isUnsigned);
  if (op == "<<" || op == ">>")
    return makeInteger(shift(op == "<<", a.bits, b.bits, shiftUnsigned),
                       shiftUnsigned);
  if (op == "+")
    return makeInteger(a.bits + b.bits, isUnsigned);
  if (op == "-")
    return makeInteger(a.bits - b.bits, isUnsigned);
  if (op == "*")
    return makeInteger(a.bits * b.bits, isUnsigned);
  // Remainders are unsigned whatever the operands are.
  if (op == "%")
    return makeInteger(a.bits % b.bits, /*isUnsigned=*/true);
  return makeInteger(divide(a.bits, b.bits, isUnsigned), isUnsigned);
}

bool Parser::parseConstant(Constant &result, unsigned minimum,
                           std::string_view what) {
  nesting = 0;
  if (minimum == 0)
    return parseConditional(result, what);
  return parseBinary(result, minimum, what);
}

bool Parser::parseInteger(uint64_t &value, unsigned minimum,
                          std::string_view what) {
  Location where = token.where;
  Constant constant;
  if (!parseConstant(constant, minimum, what))
    return false;
  if (!constant.isInteger())
    return fail(where, "expected an integer as " + std::string(what) +
                           ", found a floating-point number");
  value = constant.bits;
  return true;
}

bool Parser::parseCount(uint64_t &value, uint64_t limit,
                        std::string_view what) {
  if (!at(Token::Kind::Integer))
    return failExpected(what);
  if (token.bits > limit)
    return fail(token.where, "expected at most " + std::to_string(limit) +
                                 " as " + std::string(what) + ", found " +
                                 std::to_string(token.bits));
  value = token.bits;
  advance();
  return true;
}

/// `condition ? a : b`, or less.
bool Parser::parseConditional(Constant &result, std::string_view what) {
  if (!parseBinary(result, 1, what))
    return false;
  if (!at('?'))
    return true;
  if (++nesting > maxNesting)
    return fail(token.where, "constant expression is nested too deeply");
  advance();
  Constant yes, no;
  if (!parseConditional(yes, what) ||
      !expect(':', "in a conditional expression") ||
      !parseConditional(no, what))
    return false;
  result = result.bits ? yes : no;
  --nesting;
  return true;
}

bool Parser::parseBinary(Constant &result, unsigned minimum,
                         std::string_view what) {
  if (!parseUnary(result, what))
    return false;
  while (true) {
    unsigned precedence = precedenceOf(token);
    if (precedence == 0 || precedence < minimum)
      return true;
    Token op = token;
    advance();
    Constant right;
    if (!parseBinary(right, precedence + 1, what))
      return false;
    if (!result.isInteger() || !right.isInteger())
      return fail(op.where,
                  "operator '" + std::string(op.text) + "' needs integers");
    if ((op.is('/') || op.is('%')) && right.bits == 0)
      return fail(op.where, "division by zero in a constant expression");
    result = evaluate(op.text, result, right);
  }
}

/// Returns the number with the other sign.
static Constant negate(Constant value) {
  if (value.kind == Constant::Kind::Float32)
    value.bits ^= uint64_t(1) << 31;
  else if (value.kind == Constant::Kind::Float64)
    value.bits ^= uint64_t(1) << 63;
  else
    value.bits = 0 - value.bits;
  return value;
}

bool Parser::parseUnary(Constant &result, std::string_view what) {
  bool isOperator = at('-') || at('+') || at('~') || at('!');
  if (!isOperator)
    return at('(') ? parseParenthesized(result, what) : parseAtom(result, what);
  if (++nesting > maxNesting)
    return fail(token.where, "constant expression is nested too deeply");
  Token op = token;
  advance();
  if (!parseUnary(result, what))
    return false;
  --nesting;
  if (op.is('-'))
    result = negate(result);
  if (op.is('-') || op.is('+'))
    return true;
  if (!result.isInteger())
    return fail(op.where,
                "operator '" + std::string(op.text) + "' needs an integer");
  if (op.is('~'))
    result = makeInteger(~result.bits, /*isUnsigned=*/true);
  else
    result = makeInteger(!result.bits);
  return true;
}

/// `(expression)`, `(.s64) operand` and `(.u64) operand`.
bool Parser::parseParenthesized(Constant &result, std::string_view what) {
  if (++nesting > maxNesting)
    return fail(token.where, "constant expression is nested too deeply");
  advance();
  if (token.isDotted("s64") || token.isDotted("u64")) {
    Token cast = token;
    advance();
    if (!expect(')', "after the type of a cast") || !parseUnary(result, what))
      return false;
    if (!result.isInteger())
      return fail(cast.where, "casts need an integer");
    result = makeInteger(result.bits, cast.isDotted("u64"));
  } else if (!parseConditional(result, what) ||
             !expect(')', "after a constant expression")) {
    return false;
  }
  --nesting;
  return true;
}

/// Reads `.5`, which looks like a qualifier.
static bool readFraction(std::string_view digits, uint64_t &bits) {
  std::string number = "0." + std::string(digits);
  Token token = Lexer(number).next();
  bits = token.bits;
  return token.is(Token::Kind::Float64) && token.text.size() == number.size();
}

/// A literal.
bool Parser::parseAtom(Constant &result, std::string_view what) {
  result.bits = token.bits;
  if (at(Token::Kind::Integer))
    result = makeInteger(token.bits, token.isUnsigned);
  else if (at(Token::Kind::Float32))
    result.kind = Constant::Kind::Float32;
  else if (at(Token::Kind::Float64))
    result.kind = Constant::Kind::Float64;
  else if (token.isIdentifier("WARP_SZ"))
    result = makeInteger(32);
  else if (at(Token::Kind::Dotted) && readFraction(token.text, result.bits))
    result.kind = Constant::Kind::Float64;
  else
    return failExpected(what);
  advance();
  return true;
}
