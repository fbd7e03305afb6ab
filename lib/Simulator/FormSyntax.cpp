// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses the lines of the instruction table and matches instructions with them.

#include "FormSyntax.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

using namespace attn::sim;

namespace {

/// Reads one syntax line.
class SyntaxReader {
public:
  explicit SyntaxReader(std::string_view text) : text(text) {}

  FormSyntax read() {
    FormSyntax result;
    result.opcode = std::string(word());
    while (peek() == '.' || peek() == '[')
      result.qualifiers.push_back(qualifier());
    if (position < text.size())
      expect(' ');
    bool isOptional = false;
    while (position < text.size()) {
      isOptional |= accept("[, ");
      result.operands.push_back(operand());
      result.operands.back().isOptional = isOptional;
      while (isOptional && accept("]"))
        ;
      accept(", ");
    }
    return result;
  }

private:
  using Alternatives = std::vector<QualifierSyntax::Sequence>;

  char peek() const { return position < text.size() ? text[position] : '\0'; }

  bool accept(std::string_view what) {
    if (text.substr(position, what.size()) != what)
      return false;
    position += what.size();
    return true;
  }

  void expect(char what) {
    if (peek() == what) {
      ++position;
      return;
    }
    std::fprintf(stderr, "instruction table: expected '%c' at %zu in '%s'\n",
                 what, position, std::string(text).c_str());
    std::abort();
  }

  std::string_view word() {
    size_t begin = position;
    while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '_' ||
           peek() == ':')
      ++position;
    if (begin == position)
      expect('a');
    return text.substr(begin, position - begin);
  }

  QualifierSyntax qualifier() {
    QualifierSyntax result;
    result.isOptional = accept("[");
    result.alternatives = sequence(result.isOptional);
    if (result.isOptional)
      expect(']');
    return result;
  }

  /// Reads `.a.{b|c}`: the sequences a b, a c. Stops at what cannot go on one.
  Alternatives sequence(bool isGroup) {
    Alternatives result = {{}};
    bool more = true;
    while (more) {
      expect('.');
      Alternatives next;
      if (peek() == '{')
        next = choice();
      else
        next = {{std::string(word())}};
      Alternatives product;
      for (const auto &first : result)
        for (const auto &second : next) {
          product.push_back(first);
          product.back().insert(product.back().end(), second.begin(),
                                second.end());
        }
      result = std::move(product);
      // Outside of brackets each qualifier is a place of its own.
      more = isGroup && peek() == '.';
    }
    return result;
  }

  /// Reads `{b|c.d}`.
  Alternatives choice() {
    expect('{');
    Alternatives result;
    do {
      QualifierSyntax::Sequence names = {std::string(word())};
      while (accept("."))
        names.push_back(std::string(word()));
      result.push_back(std::move(names));
    } while (accept("|"));
    expect('}');
    return result;
  }

  OperandSyntax operand() {
    OperandSyntax result;
    using Kind = OperandSyntax::Kind;
    if (accept("...")) {
      result.kind = Kind::Anything;
    } else if (accept("#") || accept("@")) {
      result.kind = text[position - 1] == '#' ? Kind::Number : Kind::Name;
      word();
    } else if (accept("[")) {
      result.kind = Kind::Address;
      word();
      while (accept(", "))
        result.parts.push_back(operand());
      expect(']');
    } else if (accept("{")) {
      result.kind = Kind::Vector;
      scalar(result);
      expect('}');
    } else {
      scalar(result);
    }
    return result;
  }

  /// Reads `d`, `d:u32`, `d:t0`, `d?`, `d:2x`, `d*4:b32`, `d|p`, `d:pred|q`.
  void scalar(OperandSyntax &result) {
    result.isDestination = peek() == 'd';
    letters();
    result.mayBeSink = accept("?");
    if (accept("*"))
      result.count = number();
    if (accept(":"))
      type(result);
    if (accept("|")) {
      result.kind = OperandSyntax::Kind::Pair;
      result.isDestination = true;
      letters();
      accept(":pred");
    }
  }

  void type(OperandSyntax &result) {
    if (peek() >= '0' && peek() <= '9') {
      result.factor = number();
      expect('x');
      return;
    }
    std::string_view name = letters();
    result.type = lookupType(name);
    if (name == "any")
      result.typeIndex = OperandSyntax::kAny;
    else if (result.type == Type::None && name.size() == 2 && name[0] == 't')
      result.typeIndex = name[1] - '0';
    else if (result.type == Type::None)
      expect('?');
  }

  std::string_view letters() {
    size_t begin = position;
    while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '_')
      ++position;
    if (begin == position)
      expect('a');
    return text.substr(begin, position - begin);
  }

  unsigned number() {
    unsigned result = 0;
    while (peek() >= '0' && peek() <= '9')
      result = result * 10 + (text[position++] - '0');
    return result;
  }

  std::string_view text;
  size_t position = 0;
};

/// Matches the qualifiers from `at` on with the places of `form` from `place`
/// on.
bool matchQualifiers(const Instruction &instruction, size_t at,
                     const FormSyntax &form, size_t place, size_t &furthest) {
  const auto &names = instruction.qualifiers;
  furthest = std::max(furthest, at);
  if (place == form.qualifiers.size())
    return at == names.size();
  const QualifierSyntax &syntax = form.qualifiers[place];
  for (const auto &sequence : syntax.alternatives) {
    size_t length = 0;
    while (length < sequence.size() && at + length < names.size() &&
           names[at + length] == sequence[length])
      ++length;
    furthest = std::max(furthest, at + length);
    if (length == sequence.size() &&
        matchQualifiers(instruction, at + length, form, place + 1, furthest))
      return true;
  }
  return syntax.isOptional &&
         matchQualifiers(instruction, at, form, place + 1, furthest);
}

/// The number of the first operand that does not fit, or -1 if all do.
int findMismatch(const Instruction &instruction, const FormSyntax &form) {
  const auto &operands = instruction.operands;
  if (!form.operands.empty() &&
      form.operands[0].kind == OperandSyntax::Kind::Anything)
    return -1;
  for (size_t i = 0; i < form.operands.size(); ++i) {
    if (i >= operands.size())
      return form.operands[i].isOptional ? -1 : int(i);
    if (!form.operands[i].accepts(operands[i]))
      return int(i);
  }
  return operands.size() > form.operands.size() ? int(form.operands.size())
                                                : -1;
}

using FormIndex = std::unordered_map<std::string, std::vector<FormSyntax>>;

/// All forms by opcode, parsed once.
const FormIndex &getFormIndex() {
  static const FormIndex index = [] {
    FormIndex result;
    for (const Form &form : getInstructionForms()) {
      FormSyntax syntax = parseForm(form);
      std::string opcode = syntax.opcode;
      result[opcode].push_back(std::move(syntax));
    }
    return result;
  }();
  return index;
}

Diagnostic qualifierError(const Instruction &instruction, size_t furthest,
                          const FormSyntax &best) {
  std::string text = getText(instruction);
  std::string message = furthest < instruction.qualifiers.size()
                            ? "unknown qualifier '." +
                                  instruction.qualifiers[furthest] + "' in '" +
                                  text + "'"
                            : "missing qualifier in '" + text + "'";
  return {instruction.where,
          message + "; expected " + std::string(best.form->syntax)};
}

Diagnostic operandError(const Instruction &instruction, int number,
                        const FormSyntax &best) {
  std::string text = getText(instruction);
  std::string message;
  if (size_t(number) >= instruction.operands.size())
    message = "too few operands of '" + text + "'";
  else if (size_t(number) >= best.operands.size())
    message = "too many operands of '" + text + "'";
  else
    message = "operand " + std::to_string(number + 1) + " of '" + text +
              "' is of the wrong kind";
  return {instruction.where,
          message + "; expected " + std::string(best.form->syntax)};
}

} // namespace

std::string attn::sim::getText(const Instruction &instruction) {
  std::string result = instruction.opcode;
  for (const std::string &name : instruction.qualifiers)
    result += "." + name;
  return result;
}

FormSyntax attn::sim::parseForm(const Form &form) {
  FormSyntax result = SyntaxReader(form.syntax).read();
  result.form = &form;
  return result;
}

Type OperandSyntax::getType(const std::vector<Type> &types) const {
  if (type != Type::None)
    return type;
  if (types.empty() || typeIndex == kAny)
    return Type::None;
  if (typeIndex == kLast)
    return types.back();
  return size_t(typeIndex) < types.size() ? types[typeIndex] : Type::None;
}

bool OperandSyntax::accepts(const Operand &operand) const {
  using From = Operand::Kind;
  bool isRegister =
      operand.kind == From::Register ||
      (operand.kind == From::Sink && mayBeSink) ||
      (!isDestination &&
       (operand.kind == From::Integer || operand.kind == From::Float32 ||
        operand.kind == From::Float64 || operand.kind == From::Special ||
        operand.kind == From::Variable));
  switch (kind) {
  case Kind::Register:
    return isRegister;
  case Kind::Pair:
    return isRegister || operand.kind == From::Pair;
  case Kind::Address:
    if (operand.kind != From::Address ||
        operand.parts.size() != parts.size() + 1)
      return false;
    for (size_t i = 0; i < parts.size(); ++i)
      if (!parts[i].accepts(operand.parts[i + 1]))
        return false;
    return true;
  case Kind::Vector:
    if (operand.kind == From::Vector)
      return count == 0 || operand.parts.size() == count;
    return isRegister && count <= 1;
  case Kind::Number:
    return operand.kind == From::Integer;
  case Kind::Name:
    return operand.kind == From::Label || operand.kind == From::Function;
  case Kind::Anything:
    return true;
  }
  return false;
}

Result<const FormSyntax *> attn::sim::findForm(const Instruction &instruction) {
  const FormIndex &index = getFormIndex();
  auto entry = index.find(instruction.opcode);
  if (entry == index.end())
    return Diagnostic{instruction.where,
                      "unknown instruction '" + getText(instruction) + "'"};
  const FormSyntax *bestOperands = nullptr, *bestQualifiers = nullptr;
  size_t furthest = 0;
  int mismatch = -1;
  for (const FormSyntax &form : entry->second) {
    size_t reached = 0;
    if (!matchQualifiers(instruction, 0, form, 0, reached)) {
      if (!bestQualifiers || reached > furthest) {
        bestQualifiers = &form;
        furthest = reached;
      }
      continue;
    }
    int found = findMismatch(instruction, form);
    if (found < 0)
      return &form;
    if (!bestOperands || found > mismatch) {
      bestOperands = &form;
      mismatch = found;
    }
  }
  if (bestOperands)
    return operandError(instruction, mismatch, *bestOperands);
  return qualifierError(instruction, furthest, *bestQualifiers);
}
