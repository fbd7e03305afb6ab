// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses bodies of functions: scopes, labels and instructions.

#include "Parser.h"

using namespace attn::sim;

/// `{ ... }`. Braces inside only open scopes.
bool Parser::parseBody() {
  // The parameters are in the scope of the outermost braces.
  advance();
  for (unsigned depth = 1; depth > 0;) {
    if (at('{')) {
      if (!scopes.open())
        return fail(token.where, "scopes are nested too deeply");
      ++depth;
      advance();
    } else if (at('}')) {
      scopes.close(function);
      --depth;
      advance();
    } else if (at(Token::Kind::End)) {
      return failExpected("'}' after the body of '" + function.name + "'");
    } else if (!parseStatement()) {
      return false;
    }
  }
  if (scopes.unresolved().empty())
    return true;
  const LabelUse &use = scopes.unresolved().front();
  bool isCall = !use.inTargets && function.body[use.holder].opcode == "call";
  return fail(use.where, std::string(isCall ? "unknown function or label '"
                                            : "unknown label '") +
                             std::string(use.name) + "'");
}

bool Parser::parseStatement() {
  if (isInformation())
    return parseInformation();
  if (at(Token::Kind::Identifier) && isFollowedBy(':'))
    return parseLabel();
  if (at(Token::Kind::Dotted))
    return parseBodyDirective();
  lastLabel.reset();
  return parseInstruction();
}

bool Parser::parseBodyDirective() {
  if (token.isDotted("branchtargets"))
    return parseBranchTargets();
  if (token.isDotted("calltargets"))
    return parseCallTargets();
  if (token.isDotted("callprototype"))
    return parseCallPrototype();
  lastLabel.reset();
  if (token.isDotted("reg"))
    return parseRegisters();
  bool isExtern = skipLinkage();
  if (isVariableSpace())
    return parseVariables(isExtern);
  return failExpected("a declaration, a label or an instruction");
}

/// `name:`.
bool Parser::parseLabel() {
  Label label;
  label.name = std::string(token.text);
  label.instruction = uint32_t(function.body.size());
  label.where = token.where;
  LabelId id = LabelId(function.labels.size());
  if (std::optional<Location> earlier =
          scopes.defineLabel(token.text, id, token.where))
    return failRedeclared(token.text, token.where, *earlier);
  function.labels.push_back(std::move(label));
  lastLabel = id;
  advance();
  advance();
  return true;
}

/// `label: .branchtargets a, b;`.
bool Parser::parseBranchTargets() {
  if (!lastLabel)
    return fail(token.where, "expected a label before .branchtargets");
  advance();
  do {
    if (!at(Token::Kind::Identifier))
      return failExpected("a label");
    LabelUse use;
    use.name = token.text;
    use.where = token.where;
    use.holder = *lastLabel;
    use.slot = uint32_t(function.labels[*lastLabel].targets.size());
    use.inTargets = true;
    function.labels[*lastLabel].targets.push_back(0);
    scopes.useLabel(use);
    advance();
  } while (consume(','));
  lastLabel.reset();
  return expect(';', "after the labels of .branchtargets");
}

/// `label: .calltargets f, g;`: a promise about a call.
bool Parser::parseCallTargets() {
  if (!lastLabel)
    return fail(token.where, "expected a label before .calltargets");
  advance();
  do {
    FunctionId target = 0;
    if (!parseFunctionName(target))
      return false;
  } while (consume(','));
  lastLabel.reset();
  return expect(';', "after the functions of .calltargets");
}

/// `label: .callprototype (results) _ (parameters) .noreturn;`: the types of an
/// indirect call. The call itself has variables of these types.
bool Parser::parseCallPrototype() {
  if (!lastLabel)
    return fail(token.where, "expected a label before .callprototype");
  advance();
  if (at('(') && !parsePrototypeParameters())
    return false;
  if (!token.isIdentifier("_"))
    return failExpected("'_' in .callprototype");
  advance();
  if (at('(') && !parsePrototypeParameters())
    return false;
  while (token.isDotted("noreturn") || token.isDotted("abi_preserve") ||
         token.isDotted("abi_preserve_control")) {
    bool hasNumber = !token.isDotted("noreturn");
    uint64_t number = 0;
    advance();
    if (hasNumber && !parseCount(number, UINT32_MAX, "a number"))
      return false;
  }
  lastLabel.reset();
  return expect(';', "after .callprototype");
}

/// Parameters without effect: their names, mostly `_`, belong to nothing.
bool Parser::parsePrototypeParameters() {
  advance();
  if (consume(')'))
    return true;
  do {
    DeclarationSpecifiers specifiers;
    Variable variable;
    std::vector<uint64_t> dimensions;
    if (!token.isDotted("param") && !token.isDotted("reg"))
      return failExpected(".param or .reg");
    specifiers.space = token.isDotted("reg") ? Space::Register : Space::Param;
    advance();
    if (!parseSpecifiers(specifiers) ||
        !makeVariable(specifiers, dimensions, variable))
      return false;
  } while (consume(','));
  return expect(')', "after the parameters of .callprototype");
}

/// `@p` or `@!p`.
bool Parser::parseGuard(Instruction &instruction) {
  advance();
  instruction.guardNegated = consume('!');
  if (!at(Token::Kind::Identifier))
    return failExpected("a predicate after '@'");
  Operand guard;
  guard.where = token.where;
  std::string_view name = token.text;
  if (!parseName(guard))
    return false;
  if (guard.kind != Operand::Kind::Register ||
      !function.registers[guard.index].type.isPredicate())
    return fail(guard.where,
                "expected a predicate register after '@', found '" +
                    std::string(name) + "'");
  instruction.guard = guard.index;
  return true;
}

bool Parser::parseInstruction() {
  Instruction instruction;
  if (at('@') && !parseGuard(instruction))
    return false;
  if (!at(Token::Kind::Identifier) || token.text[0] == '%')
    return failExpected("an instruction");
  const char *start = token.text.data();
  instruction.opcode = std::string(token.text);
  instruction.where = token.where;
  const char *end = start + token.text.size();
  advance();
  while (at(Token::Kind::Dotted)) {
    instruction.qualifiers.emplace_back(token.text);
    end = token.text.data() + token.text.size();
    advance();
  }
  if (!parseOperands(instruction, std::string_view(start, size_t(end - start))))
    return false;
  function.body.push_back(std::move(instruction));
  return true;
}

bool Parser::parseOperands(Instruction &instruction, std::string_view name) {
  if (consume(';'))
    return true;
  instruction.operands.reserve(4);
  do {
    Operand operand;
    if (!parseOperand(instruction, operand))
      return false;
    instruction.operands.push_back(std::move(operand));
  } while (consume(','));
  if (consume(';'))
    return true;
  return failExpected("';' after the operands of " + std::string(name));
}
