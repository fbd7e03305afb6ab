// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses declarations of registers, variables and parameters, and initial
// values. PTX ISA, sections 5.1 to 5.4 and 11.6.

#include "Parser.h"

using namespace attn::sim;

/// Ranges of registers may be this large; the registers come with their use.
static constexpr uint64_t maxRegisterCount = UINT32_MAX;

static constexpr size_t maxDimensions = 16;

/// Returns the state space called `name`, if variables may be there.
static std::optional<Space> lookupVariableSpace(std::string_view name) {
  if (name == "global")
    return Space::Global;
  if (name == "shared")
    return Space::Shared;
  if (name == "local")
    return Space::Local;
  if (name == "param")
    return Space::Param;
  if (name == "const")
    return Space::Const;
  return std::nullopt;
}

/// Returns a * b, or `maxVariableSize` + 1 if that is more.
static uint64_t multiplySizes(uint64_t a, uint64_t b) {
  if (a != 0 && b > maxVariableSize / a)
    return maxVariableSize + 1;
  return a * b;
}

bool Parser::isVariableSpace() const {
  return at(Token::Kind::Dotted) && lookupVariableSpace(token.text);
}

bool Parser::parseAlignment(uint64_t &alignment) {
  advance();
  Location where = token.where;
  if (!parseInteger(alignment, 1, "an alignment"))
    return false;
  if (alignment == 0 || (alignment & (alignment - 1)) || alignment > 1 << 20)
    return fail(where, "expected a power of two up to 1048576 as alignment, "
                       "found " +
                           std::to_string(alignment));
  return true;
}

/// What follows `.ptr`: the space and the alignment of what is pointed to. They
/// are promises about the argument.
bool Parser::parsePointerAttributes() {
  advance();
  if (isVariableSpace())
    advance();
  uint64_t pointeeAlignment = 0;
  return !token.isDotted("align") || parseAlignment(pointeeAlignment);
}

/// `.attribute(.managed)`, `.attribute(.unified(1, 2))`: where the host sees a
/// variable.
bool Parser::parseAttribute() {
  advance();
  if (!expect('(', "after .attribute"))
    return false;
  do {
    if (!token.isDotted("managed") && !token.isDotted("unified"))
      return failExpected(".managed or .unified");
    bool isUnified = token.isDotted("unified");
    advance();
    uint64_t identifier = 0;
    if (isUnified && (!expect('(', "after .unified") ||
                      !parseInteger(identifier, 1, "an identifier") ||
                      !expect(',', "between two identifiers") ||
                      !parseInteger(identifier, 1, "an identifier") ||
                      !expect(')', "after two identifiers")))
      return false;
  } while (consume(','));
  return expect(')', "after an attribute");
}

bool Parser::parseSpecifiers(DeclarationSpecifiers &specifiers) {
  bool hasType = false;
  while (at(Token::Kind::Dotted)) {
    if (token.isDotted("align")) {
      if (!parseAlignment(specifiers.alignment))
        return false;
    } else if (token.isDotted("ptr")) {
      if (!parsePointerAttributes())
        return false;
    } else if (token.isDotted("attribute")) {
      if (!parseAttribute())
        return false;
    } else if (token.isDotted("v2") || token.isDotted("v4")) {
      specifiers.components = token.text[1] - '0';
      advance();
    } else if (std::optional<StorageType> type =
                   hasType ? std::nullopt : lookupStorageType(token.text)) {
      specifiers.type = *type;
      hasType = true;
      advance();
    } else {
      return failExpected(hasType ? "a name" : "a type");
    }
  }
  if (!hasType)
    return failExpected("a type");
  if (specifiers.type.isPredicate() && specifiers.space != Space::Register)
    return fail(token.where, "predicates can only be registers");
  if (uint64_t(specifiers.components) * specifiers.type.bits > 128)
    return fail(token.where, "vectors have at most 128 bits");
  return true;
}

/// `.reg .b32 a, %r<100>, x;`.
bool Parser::parseRegisters() {
  DeclarationSpecifiers specifiers;
  specifiers.space = Space::Register;
  advance();
  if (!parseSpecifiers(specifiers))
    return false;
  do {
    if (!parseRegister(specifiers))
      return false;
  } while (consume(','));
  return expect(';', "after a register declaration");
}

bool Parser::parseRegister(const DeclarationSpecifiers &specifiers) {
  if (!at(Token::Kind::Identifier))
    return failExpected("the name of a register");
  Token name = token;
  advance();
  std::optional<Location> earlier;
  if (consume('<')) {
    RegisterRange range;
    range.type = specifiers.type;
    range.components = uint8_t(specifiers.components);
    range.where = name.where;
    if (!parseCount(range.count, maxRegisterCount, "the number of registers") ||
        !expect('>', "after the number of registers"))
      return false;
    earlier = scopes.declareRange(name.text, range);
  } else {
    Symbol symbol;
    symbol.components = uint8_t(specifiers.components);
    symbol.where = name.where;
    symbol.index = RegisterId(function.registers.size());
    earlier = scopes.declare(name.text, symbol);
    if (!earlier)
      addRegisters(function, name.text, specifiers.type, specifiers.components);
  }
  return !earlier || failRedeclared(name.text, name.where, *earlier);
}

/// Declarations of variables of one space and type.
bool Parser::parseVariables(bool isExtern) {
  DeclarationSpecifiers specifiers;
  specifiers.space = *lookupVariableSpace(token.text);
  specifiers.isExtern = isExtern;
  advance();
  if (!parseSpecifiers(specifiers))
    return false;
  do {
    if (!parseVariable(specifiers))
      return false;
  } while (consume(','));
  return expect(';', "after a variable declaration");
}

/// Any number of `[n]`. `[]` gives 0, and only the first may be empty.
bool Parser::parseDimensions(std::vector<uint64_t> &dimensions) {
  while (at('[')) {
    Location where = token.where;
    advance();
    uint64_t size = 0;
    bool isEmpty = dimensions.empty() && at(']');
    if (!isEmpty && !parseInteger(size, 1, "the size of an array"))
      return false;
    if (!isEmpty && (size == 0 || size > maxVariableSize))
      return fail(where, "expected 1 to " + std::to_string(maxVariableSize) +
                             " as the size of an array, found " +
                             std::to_string(int64_t(size)));
    if (!expect(']', "after the size of an array"))
      return false;
    dimensions.push_back(size);
    if (dimensions.size() > maxDimensions)
      return fail(where, "array has more than 16 dimensions");
  }
  return true;
}

/// Makes the variable whose name is the token, and reads its dimensions. A
/// vector is a last dimension.
bool Parser::makeVariable(const DeclarationSpecifiers &specifiers,
                          std::vector<uint64_t> &dimensions,
                          Variable &variable) {
  if (!at(Token::Kind::Identifier))
    return failExpected("the name of a variable");
  uint64_t elementSize = specifiers.type.bits / 8;
  variable.name = std::string(token.text);
  variable.where = token.where;
  variable.space = specifiers.space;
  variable.type = specifiers.type;
  variable.isExtern = specifiers.isExtern;
  variable.alignment = specifiers.alignment
                           ? specifiers.alignment
                           : elementSize * specifiers.components;
  advance();
  if (at('<'))
    return fail(token.where, "only registers can be declared as a range");
  if (!parseDimensions(dimensions))
    return false;
  if (specifiers.components > 1)
    dimensions.push_back(specifiers.components);
  variable.size = elementSize;
  for (uint64_t size : dimensions)
    variable.size = multiplySizes(variable.size, size ? size : 1);
  if (variable.size > maxVariableSize)
    return fail(variable.where, "variable '" + variable.name +
                                    "' is larger than " +
                                    std::to_string(maxVariableSize) + " bytes");
  if (!dimensions.empty() && dimensions[0] == 0)
    variable.size = 0;
  return true;
}

bool Parser::parseVariable(const DeclarationSpecifiers &specifiers) {
  Variable variable;
  std::vector<uint64_t> dimensions;
  std::string_view name = token.text;
  if (!makeVariable(specifiers, dimensions, variable))
    return false;
  if (at('=')) {
    if (variable.space != Space::Global && variable.space != Space::Const)
      return fail(token.where, "only variables in global and constant memory "
                               "have an initial value");
    advance();
    missingAddressBytes = 0;
    if (!parseInitializer(variable, dimensions, 0, 0))
      return false;
    if (missingAddressBytes)
      return fail(token.where, "expected the other bytes of an address");
  } else if (variable.size == 0 && !variable.isExtern) {
    return fail(variable.where, "the size of '" + variable.name +
                                    "' is neither given nor follows from an "
                                    "initial value");
  }
  return finishVariable(std::move(variable), name, specifiers);
}

/// Declares `variable` in the function or the module.
bool Parser::finishVariable(Variable variable, std::string_view name,
                            const DeclarationSpecifiers &specifiers) {
  if (!inFunction)
    return declareModuleVariable(std::move(variable), name);
  Symbol symbol;
  symbol.kind = Symbol::Kind::Variable;
  symbol.where = variable.where;
  symbol.index = VariableId(function.variables.size());
  if (std::optional<Location> earlier = scopes.declare(name, symbol))
    return failRedeclared(name, symbol.where, *earlier);
  function.variables.push_back(std::move(variable));
  return true;
}

/// An `.extern` declaration and the definition are one variable.
bool Parser::declareModuleVariable(Variable variable, std::string_view name) {
  Symbol symbol;
  symbol.kind = Symbol::Kind::Variable;
  symbol.moduleScope = true;
  symbol.where = variable.where;
  symbol.index = VariableId(module.variables.size());
  std::optional<Location> earlier = scopes.declare(name, symbol);
  if (!earlier) {
    module.variables.push_back(std::move(variable));
    return true;
  }
  const Symbol *other = scopes.lookupInModule(name);
  if (!other || other->kind != Symbol::Kind::Variable)
    return failRedeclared(name, symbol.where, *earlier);
  Variable &known = module.variables[other->index];
  if (!known.isExtern && !variable.isExtern)
    return failRedeclared(name, symbol.where, *earlier);
  if (known.space != variable.space || known.type.name != variable.type.name)
    return fail(symbol.where, "'" + std::string(name) +
                                  "' was declared with another type or state "
                                  "space in line " +
                                  std::to_string(earlier->line));
  if (known.isExtern)
    known = std::move(variable);
  return true;
}

/// `(.param .b32 a, .reg .b32 b)`.
bool Parser::parseParameters(std::vector<Function::Parameter> &parameters) {
  if (!expect('(', "before parameters"))
    return false;
  if (consume(')'))
    return true;
  do {
    if (!parseParameter(parameters))
      return false;
  } while (consume(','));
  return expect(')', "after parameters");
}

bool Parser::parseParameter(std::vector<Function::Parameter> &parameters) {
  DeclarationSpecifiers specifiers;
  Function::Parameter parameter;
  parameter.isRegister = token.isDotted("reg");
  if (!parameter.isRegister && !token.isDotted("param"))
    return failExpected(".param or .reg");
  specifiers.space = parameter.isRegister ? Space::Register : Space::Param;
  advance();
  if (!parseSpecifiers(specifiers))
    return false;
  if (parameter.isRegister) {
    parameter.index = RegisterId(function.registers.size());
    if (specifiers.components > 1)
      return fail(token.where, "parameters cannot be vector registers");
    if (!parseRegister(specifiers))
      return false;
    if (function.registers.size() == parameter.index)
      return fail(token.where, "parameters cannot be ranges of registers");
  } else {
    parameter.index = VariableId(function.variables.size());
    Variable variable;
    std::vector<uint64_t> dimensions;
    std::string_view name = token.text;
    if (!makeVariable(specifiers, dimensions, variable) ||
        !finishVariable(std::move(variable), name, specifiers))
      return false;
  }
  parameters.push_back(parameter);
  return true;
}
