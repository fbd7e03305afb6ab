// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses what stands outside of functions: the module directives, debug
// information and the heads of functions. PTX ISA, chapter 11.

#include "Parser.h"

using namespace attn::sim;

//===----------------------------------------------------------------------===//
// Tokens and errors
//===----------------------------------------------------------------------===//

Parser::Parser(std::string_view text, std::string_view file) : lexer(text) {
  module.file = std::string(file);
  advance();
}

bool Parser::isFollowedBy(char symbol) const {
  Lexer ahead = lexer;
  return ahead.next().is(symbol);
}

bool Parser::isFollowedByNumber() const {
  Lexer ahead = lexer;
  Token next = ahead.next();
  return next.is(Token::Kind::Integer) || next.is('(') || next.is('~') ||
         next.is('!') || next.is('-');
}

bool Parser::consume(char symbol) {
  if (!at(symbol))
    return false;
  advance();
  return true;
}

bool Parser::expect(char symbol, std::string_view context) {
  if (consume(symbol))
    return true;
  return failExpected("'" + std::string(1, symbol) + "' " +
                      std::string(context));
}

bool Parser::fail(Location where, std::string message) {
  if (!error)
    error = Diagnostic{where, std::move(message)};
  return false;
}

std::string Parser::describeToken() const {
  if (at(Token::Kind::End))
    return "end of file";
  static constexpr size_t maxLength = 40;
  static constexpr char digits[] = "0123456789abcdef";
  std::string shown = at(Token::Kind::Dotted) ? "." : "";
  for (char c : token.text.substr(0, maxLength)) {
    if (c >= ' ' && c <= '~')
      shown += c;
    else
      shown += {'\\', 'x', digits[c >> 4 & 15], digits[c & 15]};
  }
  if (token.text.size() > maxLength)
    shown += "...";
  return "'" + shown + "'";
}

bool Parser::failExpected(std::string_view what) {
  if (at(Token::Kind::Invalid))
    return fail(token.where,
                std::string(lexer.problem()) + ": " + describeToken());
  return fail(token.where,
              "expected " + std::string(what) + ", found " + describeToken());
}

bool Parser::failRedeclared(std::string_view name, Location where,
                            Location earlier) {
  return fail(where, "'" + std::string(name) +
                         "' is already declared in line " +
                         std::to_string(earlier.line));
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

Result<Module> Parser::run() {
  bool succeeded = parseModuleHeader();
  while (succeeded && !at(Token::Kind::End))
    succeeded = parseModuleStatement();
  if (!succeeded || !resolveAliases())
    return *error;
  return std::move(module);
}

/// `.version` and `.target` come first.
bool Parser::parseModuleHeader() {
  while (token.isDotted("file") || token.isDotted("pragma"))
    if (!parseInformation())
      return false;
  return parseVersion() && parseTarget() &&
         (!token.isDotted("address_size") || parseAddressSize());
}

/// `.version 8.7`.
bool Parser::parseVersion() {
  if (!token.isDotted("version"))
    return failExpected(".version at the start of a module");
  advance();
  std::string_view digits = token.text;
  size_t point = digits.find('.');
  if (!at(Token::Kind::Float64) || point > 2 || digits.size() != point + 2)
    return failExpected("a version such as 8.7");
  for (char c : digits)
    if (c != '.')
      module.version = module.version * 10 + unsigned(c - '0');
  advance();
  return true;
}

/// `.target sm_90a`, `.target sm_80, debug`.
bool Parser::parseTarget() {
  if (!token.isDotted("target"))
    return failExpected(".target after the version");
  advance();
  std::string_view prefix = "sm_";
  if (!at(Token::Kind::Identifier) ||
      token.text.substr(0, prefix.size()) != prefix ||
      token.text.size() == prefix.size())
    return failExpected("a target such as sm_80");
  module.target = std::string(token.text);
  advance();
  while (consume(',')) {
    if (!at(Token::Kind::Identifier))
      return failExpected("a target option");
    module.targetOptions.emplace_back(token.text);
    advance();
  }
  return true;
}

bool Parser::parseAddressSize() {
  advance();
  if (!at(Token::Kind::Integer) || token.bits != 64)
    return failExpected("an address size of 64");
  advance();
  return true;
}

/// Skips the words before a declaration and returns whether `.extern` is one of
/// them.
bool Parser::skipLinkage() {
  bool isExtern = false;
  while (isLinkage()) {
    isExtern |= token.isDotted("extern");
    advance();
  }
  return isExtern;
}

bool Parser::isLinkage() const {
  return token.isDotted("visible") || token.isDotted("extern") ||
         token.isDotted("weak") || token.isDotted("common");
}

bool Parser::parseModuleStatement() {
  if (isInformation())
    return parseInformation();
  if (token.isDotted("alias"))
    return parseAlias();
  bool isExtern = skipLinkage();
  if (token.isDotted("entry") || token.isDotted("func"))
    return parseFunction();
  if (isVariableSpace() && !token.isDotted("param") && !token.isDotted("local"))
    return parseVariables(isExtern);
  return failExpected("a variable, a function or a directive of a module");
}

bool Parser::parseFunctionName(FunctionId &id) {
  if (!at(Token::Kind::Identifier))
    return failExpected("the name of a function");
  const Symbol *symbol = scopes.lookupInModule(token.text);
  if (!symbol || symbol->kind != Symbol::Kind::Function)
    return fail(token.where,
                "unknown function '" + std::string(token.text) + "'");
  id = symbol->index;
  advance();
  return true;
}

/// `.alias name, function;`.
bool Parser::parseAlias() {
  Alias alias;
  advance();
  alias.where = token.where;
  if (!parseFunctionName(alias.alias) ||
      !expect(',', "between the names of .alias") ||
      !parseFunctionName(alias.function) || !expect(';', "after .alias"))
    return false;
  aliases.push_back(alias);
  return true;
}

/// Replaces the functions that `operand` names by `functions[id]`.
static void redirectFunctions(Operand &operand,
                              const std::vector<FunctionId> &functions) {
  if (operand.kind == Operand::Kind::Function)
    operand.index = functions[operand.index];
  for (Operand &part : operand.parts)
    redirectFunctions(part, functions);
}

/// Replaces uses of aliases by uses of their functions.
bool Parser::resolveAliases() {
  if (aliases.empty())
    return true;
  std::vector<FunctionId> targets(module.functions.size());
  for (FunctionId id = 0; id < targets.size(); ++id)
    targets[id] = id;
  for (const Alias &alias : aliases) {
    const Function &target = module.functions[alias.function];
    const Function &named = module.functions[alias.alias];
    if (target.isDeclaration || !named.isDeclaration)
      return fail(alias.where, "expected a declared function and one with a "
                               "body, found '" +
                                   named.name + "' and '" + target.name + "'");
    targets[alias.alias] = alias.function;
  }
  for (Function &user : module.functions)
    for (Instruction &instruction : user.body)
      for (Operand &operand : instruction.operands)
        redirectFunctions(operand, targets);
  for (Variable &variable : module.variables)
    for (Variable::Relocation &relocation : variable.relocations)
      if (relocation.isFunction)
        relocation.index = targets[relocation.index];
  return true;
}

//===----------------------------------------------------------------------===//
// Debug information and hints
//===----------------------------------------------------------------------===//

bool Parser::isInformation() const {
  return token.isDotted("file") || token.isDotted("loc") ||
         token.isDotted("section") || token.isDotted("pragma");
}

bool Parser::parseInformation() {
  if (token.isDotted("file"))
    return parseFile();
  if (token.isDotted("loc"))
    return parseLoc();
  if (token.isDotted("section"))
    return parseSection();
  return parsePragma();
}

/// `.file 1 "name"`, `.file 1 "name", time, size`.
bool Parser::parseFile() {
  advance();
  uint64_t number = 0;
  if (!parseCount(number, UINT64_MAX, "the index of a file"))
    return false;
  if (!at(Token::Kind::String))
    return failExpected("the name of a file");
  advance();
  while (consume(','))
    if (!parseCount(number, UINT64_MAX, "the time or size of a file"))
      return false;
  return true;
}

/// `.loc file line column`, and perhaps `, function_name label, inlined_at file
/// line column`.
bool Parser::parseLoc() {
  advance();
  uint64_t number = 0;
  auto parsePlace = [&] {
    return parseCount(number, UINT64_MAX, "the index of a file") &&
           parseCount(number, UINT64_MAX, "a line") &&
           parseCount(number, UINT64_MAX, "a column");
  };
  if (!parsePlace())
    return false;
  while (consume(',')) {
    bool isInlinedAt = token.isIdentifier("inlined_at");
    if (!isInlinedAt && !token.isIdentifier("function_name"))
      return failExpected("function_name or inlined_at");
    advance();
    if (isInlinedAt) {
      if (!parsePlace())
        return false;
      continue;
    }
    int64_t offset = 0;
    if (!at(Token::Kind::Identifier))
      return failExpected("a label");
    advance();
    if (!parseOffset(offset))
      return false;
  }
  return true;
}

/// `.section .debug_info { ... }`: data for debuggers.
bool Parser::parseSection() {
  advance();
  if (!at(Token::Kind::Dotted))
    return failExpected("the name of a section");
  advance();
  if (!expect('{', "before the content of a section"))
    return false;
  for (unsigned depth = 1; depth > 0; advance()) {
    if (at(Token::Kind::End) || at(Token::Kind::Invalid))
      return failExpected("'}' after the content of a section");
    depth += at('{');
    depth -= at('}');
  }
  return true;
}

/// `.pragma "nounroll";`.
bool Parser::parsePragma() {
  do {
    advance();
    if (!at(Token::Kind::String))
      return failExpected("a string");
    advance();
  } while (at(','));
  return expect(';', "after .pragma");
}

//===----------------------------------------------------------------------===//
// Heads of functions
//===----------------------------------------------------------------------===//

/// Up to three numbers; those not given are 1.
bool Parser::parseExtent(Function::Extent &extent) {
  uint64_t sizes[3] = {1, 1, 1};
  advance();
  for (unsigned i = 0; i < 3; ++i) {
    if (i > 0 && !consume(','))
      break;
    if (at(Token::Kind::Integer) && token.bits == 0)
      return failExpected("a size other than 0");
    if (!parseCount(sizes[i], UINT32_MAX, "a size"))
      return false;
  }
  extent = {uint32_t(sizes[0]), uint32_t(sizes[1]), uint32_t(sizes[2])};
  return true;
}

/// What stands between the parameters and the body.
bool Parser::parseFunctionDirectives() {
  while (at(Token::Kind::Dotted)) {
    uint64_t number = 0;
    auto parseNumber = [&] {
      advance();
      return parseCount(number, UINT32_MAX, "a number");
    };
    bool parsed = true;
    if (token.isDotted("maxntid")) {
      parsed = parseExtent(function.maxThreads);
    } else if (token.isDotted("reqntid")) {
      parsed = parseExtent(function.requiredThreads);
    } else if (token.isDotted("reqnctapercluster")) {
      parsed = parseExtent(function.requiredCluster);
    } else if (token.isDotted("minnctapersm")) {
      parsed = parseNumber();
      function.minBlocksPerMultiprocessor = uint32_t(number);
    } else if (token.isDotted("maxnreg")) {
      parsed = parseNumber();
      function.maxRegisters = uint32_t(number);
    } else if (token.isDotted("maxclusterrank")) {
      parsed = parseNumber();
      function.maxClusterRank = uint32_t(number);
    } else if (token.isDotted("maxnctapersm") ||
               token.isDotted("abi_preserve") ||
               token.isDotted("abi_preserve_control")) {
      parsed = parseNumber();
    } else if (token.isDotted("explicitcluster")) {
      function.explicitCluster = true;
      advance();
    } else if (token.isDotted("blocksareclusters")) {
      function.blocksAreClusters = true;
      advance();
    } else if (token.isDotted("noreturn")) {
      advance();
    } else if (isInformation()) {
      parsed = parseInformation();
    } else {
      return failExpected("a directive of a function, its body or ';'");
    }
    if (!parsed)
      return false;
  }
  return true;
}

/// `.func (results) name(parameters)` and `.entry name(parameters)`, with the
/// directives that follow.
bool Parser::parseFunctionHeader(std::string_view &name) {
  function.isEntry = token.isDotted("entry");
  advance();
  if (token.isDotted("attribute") && !parseAttribute())
    return false;
  if (!function.isEntry && at('(') && !parseParameters(function.results))
    return false;
  if (!at(Token::Kind::Identifier))
    return failExpected("the name of a function");
  name = token.text;
  function.name = std::string(name);
  function.where = token.where;
  advance();
  if (at('(') && !parseParameters(function.parameters))
    return false;
  return parseFunctionDirectives();
}

/// Declares the function in the module. A declaration and the definition have
/// one id.
bool Parser::declareFunction(std::string_view name, FunctionId &id) {
  Symbol symbol;
  symbol.kind = Symbol::Kind::Function;
  symbol.moduleScope = true;
  symbol.where = function.where;
  symbol.index = FunctionId(module.functions.size());
  const Symbol *other = scopes.lookupInModule(name);
  if (!other) {
    scopes.redefine(name, symbol);
    module.functions.emplace_back();
    module.functions.back().name = function.name;
    module.functions.back().isDeclaration = true;
    id = symbol.index;
    return true;
  }
  if (other->kind != Symbol::Kind::Function ||
      (!module.functions[other->index].isDeclaration &&
       !function.isDeclaration))
    return failRedeclared(name, function.where, other->where);
  id = other->index;
  return true;
}

bool Parser::parseFunction() {
  std::string_view name;
  FunctionId id = 0;
  function = Function();
  inFunction = true;
  lastLabel.reset();
  scopes.open();
  if (!parseFunctionHeader(name))
    return false;
  function.isDeclaration = !at('{');
  if (!declareFunction(name, id))
    return false;
  if (function.isDeclaration) {
    if (!expect(';', "after the declaration of a function"))
      return false;
    scopes.close(function);
  } else if (!parseBody()) {
    return false;
  }
  inFunction = false;
  if (module.functions[id].isDeclaration)
    module.functions[id] = std::move(function);
  return true;
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

Result<Module> attn::sim::parseModule(std::string_view text,
                                      std::string_view file) {
  return Parser(text, file).run();
}

const Function *Module::lookupFunction(std::string_view name) const {
  for (const Function &function : functions)
    if (function.name == name)
      return &function;
  return nullptr;
}
