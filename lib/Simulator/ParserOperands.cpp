// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses the operands of instructions. PTX ISA, chapters 6 and 10.

#include "Parser.h"

using namespace attn::sim;

/// Constants in operands bind more strongly than `|`, which makes pairs.
static constexpr unsigned minimumPrecedence = 4;

/// Special registers of vector type: their elements are x, y and z.
static constexpr std::string_view specialVectors[] = {
    "%tid",       "%ntid",          "%ctaid",      "%nctaid",
    "%clusterid", "%cluster_ctaid", "%nclusterid", "%cluster_nctaid"};

static constexpr std::string_view specialScalars[] = {
    "%laneid",
    "%warpid",
    "%nwarpid",
    "%smid",
    "%nsmid",
    "%gridid",
    "%is_explicit_cluster",
    "%cluster_ctarank",
    "%cluster_nctarank",
    "%lanemask_eq",
    "%lanemask_le",
    "%lanemask_lt",
    "%lanemask_ge",
    "%lanemask_gt",
    "%clock",
    "%clock_hi",
    "%clock64",
    "%globaltimer",
    "%globaltimer_lo",
    "%globaltimer_hi",
    "%total_smem_size",
    "%aggr_smem_size",
    "%dynamic_smem_size",
    "%current_graph_exec",
    "%reserved_smem_offset_begin",
    "%reserved_smem_offset_end",
    "%reserved_smem_offset_cap",
    "%reserved_smem_offset_0",
    "%reserved_smem_offset_1"};

template <size_t N>
static bool contains(const std::string_view (&list)[N], std::string_view name) {
  for (std::string_view entry : list)
    if (entry == name)
      return true;
  return false;
}

/// Whether `name` is `prefix` and a number below `count`.
static bool isNumbered(std::string_view name, std::string_view prefix,
                       unsigned count) {
  if (name.size() <= prefix.size() || name.size() > prefix.size() + 2 ||
      name.substr(0, prefix.size()) != prefix)
    return false;
  std::string_view digits = name.substr(prefix.size());
  unsigned number = 0;
  for (char c : digits) {
    if (c < '0' || c > '9')
      return false;
    number = number * 10 + unsigned(c - '0');
  }
  bool leadingZero = digits.size() > 1 && digits[0] == '0';
  return !leadingZero && number < count;
}

/// Whether `name` is a special register that has no elements.
static bool isSpecialScalar(std::string_view name) {
  static constexpr std::string_view suffix = "_64";
  if (contains(specialScalars, name) || isNumbered(name, "%envreg", 32) ||
      isNumbered(name, "%pm", 8))
    return true;
  return name.size() > suffix.size() &&
         name.substr(name.size() - suffix.size()) == suffix &&
         isNumbered(name.substr(0, name.size() - suffix.size()), "%pm", 8);
}

/// Returns the index of an element called x, y, z, w or r, g, b, a.
static std::optional<unsigned> lookupElement(std::string_view name) {
  if (name.size() != 1)
    return std::nullopt;
  for (std::string_view letters : {"xyzw", "rgba"})
    if (size_t index = letters.find(name[0]); index != std::string_view::npos)
      return unsigned(index);
  return std::nullopt;
}

bool Parser::parseOffset(int64_t &offset) {
  while (at('+') || at('-')) {
    bool isMinus = at('-');
    advance();
    uint64_t term = 0;
    if (!parseInteger(term, 10, "an offset"))
      return false;
    offset = int64_t(uint64_t(offset) + (isMinus ? 0 - term : term));
  }
  return true;
}

/// `%tid.x`, `%laneid`. `name` has been read.
bool Parser::parseSpecialRegister(Operand &operand, std::string_view name) {
  operand.kind = Operand::Kind::Special;
  operand.name = std::string(name);
  if (isSpecialScalar(name))
    return true;
  if (!contains(specialVectors, name))
    return fail(operand.where, "unknown register '" + operand.name + "'");
  std::optional<unsigned> element;
  if (at(Token::Kind::Dotted))
    element = lookupElement(token.text);
  if (!element || *element > 2)
    return failExpected(".x, .y or .z after " + operand.name);
  operand.name += '.';
  operand.name += "xyz"[*element];
  advance();
  return true;
}

/// A register, all of a vector register, or an element of one. `name` has been
/// read.
bool Parser::parseRegisterName(Operand &operand, const Symbol &symbol,
                               std::string_view name) {
  operand.kind = Operand::Kind::Register;
  operand.index = symbol.index;
  if (at(Token::Kind::Dotted)) {
    std::optional<unsigned> element = lookupElement(token.text);
    if (!element || *element >= symbol.components || symbol.components == 1)
      return fail(token.where, "register '" + std::string(name) +
                                   "' has no element " + describeToken());
    operand.index += *element;
    advance();
    return true;
  }
  if (symbol.components == 1)
    return true;
  operand.kind = Operand::Kind::Vector;
  operand.index = 0;
  for (unsigned i = 0; i < symbol.components; ++i) {
    Operand element;
    element.kind = Operand::Kind::Register;
    element.index = symbol.index + i;
    element.where = operand.where;
    operand.parts.push_back(std::move(element));
  }
  return true;
}

/// An identifier that is no label.
bool Parser::parseName(Operand &operand) {
  std::string_view name = token.text;
  const Symbol *symbol = scopes.lookup(name, &function);
  advance();
  if (!symbol) {
    if (name[0] == '%')
      return parseSpecialRegister(operand, name);
    return fail(operand.where, "unknown name '" + std::string(name) + "'");
  }
  switch (symbol->kind) {
  case Symbol::Kind::Register:
    return parseRegisterName(operand, *symbol, name);
  case Symbol::Kind::Variable:
    operand.kind = Operand::Kind::Variable;
    operand.index = symbol->index;
    operand.moduleScope = symbol->moduleScope;
    return parseOffset(operand.offset);
  case Symbol::Kind::Function:
    operand.kind = Operand::Kind::Function;
    operand.index = symbol->index;
    return true;
  }
  return false;
}

bool Parser::parseConstantOperand(Operand &operand) {
  Constant constant;
  if (!parseConstant(constant, minimumPrecedence, "an operand"))
    return false;
  operand.bits = constant.bits;
  if (constant.isInteger())
    operand.kind = Operand::Kind::Integer;
  else if (constant.kind == Constant::Kind::Float32)
    operand.kind = Operand::Kind::Float32;
  else
    operand.kind = Operand::Kind::Float64;
  return true;
}

/// `!%p1`.
bool Parser::parseNegatedOperand(Operand &operand) {
  advance();
  operand.negated = true;
  if (!at(Token::Kind::Identifier) || token.text == "_")
    return failExpected("a predicate after '!'");
  return parseName(operand);
}

bool Parser::parseSimpleOperand(Operand &operand) {
  operand.where = token.where;
  if (at('!') && !isFollowedByNumber())
    return parseNegatedOperand(operand);
  if (token.isIdentifier("_")) {
    operand.kind = Operand::Kind::Sink;
    advance();
    return true;
  }
  if (at(Token::Kind::Identifier) && !token.isIdentifier("WARP_SZ"))
    return parseName(operand);
  return parseConstantOperand(operand);
}

/// `a|b`, of which `operand` is the first.
bool Parser::parsePair(Operand &operand) {
  Operand pair;
  pair.kind = Operand::Kind::Pair;
  pair.where = operand.where;
  pair.parts.resize(2);
  advance();
  if (!parseSimpleOperand(pair.parts[1]))
    return false;
  pair.parts[0] = std::move(operand);
  for (const Operand &part : pair.parts)
    if (part.kind != Operand::Kind::Register &&
        part.kind != Operand::Kind::Sink)
      return fail(part.where, "expected registers or '_' on both sides of '|'");
  operand = std::move(pair);
  return true;
}

/// `{a, b}`.
bool Parser::parseVector(Operand &operand) {
  operand.kind = Operand::Kind::Vector;
  operand.where = token.where;
  advance();
  do {
    operand.parts.emplace_back();
    if (!parseSimpleOperand(operand.parts.back()))
      return false;
  } while (consume(','));
  return expect('}', "after the elements of a vector");
}

/// `[base + offset]`, `[base, {x, y}]`.
bool Parser::parseAddress(Operand &operand) {
  operand.kind = Operand::Kind::Address;
  operand.where = token.where;
  advance();
  operand.parts.emplace_back();
  if (!parseSimpleOperand(operand.parts[0]))
    return false;
  Operand &base = operand.parts[0];
  bool isBase = base.kind == Operand::Kind::Register ||
                base.kind == Operand::Kind::Variable ||
                base.kind == Operand::Kind::Integer;
  if (!isBase || base.negated)
    return fail(base.where,
                "expected a register, a variable or an integer as address");
  std::swap(operand.offset, base.offset);
  if (!parseOffset(operand.offset))
    return false;
  while (consume(',')) {
    operand.parts.emplace_back();
    Operand &part = operand.parts.back();
    if (at('{') ? !parseVector(part) : !parseSimpleOperand(part))
      return false;
  }
  return expect(']', "after an address");
}

/// `(a, b)`, `()`.
bool Parser::parseList(Operand &operand) {
  operand.kind = Operand::Kind::List;
  operand.where = token.where;
  advance();
  if (consume(')'))
    return true;
  do {
    operand.parts.emplace_back();
    if (!parseSimpleOperand(operand.parts.back()))
      return false;
  } while (consume(','));
  return expect(')', "after the operands of a call");
}

bool Parser::parseLabelUse(const Instruction &instruction, Operand &operand,
                           bool alsoSymbols, bool &isLabel) {
  isLabel = at(Token::Kind::Identifier) && token.text[0] != '%' &&
            !(alsoSymbols &&
              (token.text == "_" || scopes.lookup(token.text, &function)));
  if (!isLabel)
    return alsoSymbols || failExpected("a label");
  operand.kind = Operand::Kind::Label;
  operand.where = token.where;
  LabelUse use;
  use.name = token.text;
  use.where = token.where;
  use.holder = uint32_t(function.body.size());
  use.slot = uint32_t(instruction.operands.size());
  scopes.useLabel(use);
  advance();
  return true;
}

bool Parser::parseOperand(const Instruction &instruction, Operand &operand) {
  bool isCall = instruction.opcode == "call";
  bool isBranch = instruction.opcode == "bra";
  if (isCall || isBranch || instruction.opcode == "brx") {
    bool isLabel = false;
    if (!parseLabelUse(instruction, operand, !isBranch, isLabel))
      return false;
    if (isLabel)
      return true;
  }
  if (at('['))
    return parseAddress(operand);
  if (at('{'))
    return parseVector(operand);
  if (at('(') && isCall)
    return parseList(operand);
  return parseSimpleOperand(operand) && (!at('|') || parsePair(operand));
}
