// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recursive-descent parser of PTX text. PTX ISA, chapters 4, 5, 7 and 11.

#ifndef ATTN_LIB_SIMULATOR_PARSER_H
#define ATTN_LIB_SIMULATOR_PARSER_H

#include "Lexer.h"
#include "Scopes.h"

#include "attn/Simulator/Module.h"

#include <string>
#include <string_view>

namespace attn::sim {

/// Larger variables are refused; sizes and addresses then never overflow.
constexpr uint64_t maxVariableSize = uint64_t(1) << 44;

/// A number known to the parser.
struct Constant {
  enum class Kind : uint8_t { Signed, Unsigned, Float32, Float64 };
  Kind kind = Kind::Signed;
  uint64_t bits = 0;

  bool isInteger() const {
    return kind == Kind::Signed || kind == Kind::Unsigned;
  }
};

/// What a declaration says before the first name.
struct DeclarationSpecifiers {
  Space space = Space::Global;
  bool isExtern = false;
  StorageType type;
  /// 2 or 4 for `.v2` and `.v4`.
  unsigned components = 1;
  /// 0 where not given.
  uint64_t alignment = 0;
};

/// Parses one text. Each `parse...` returns false after the first error, which
/// is kept in `error`; none of them reads on then.
class Parser {
public:
  Parser(std::string_view text, std::string_view file);

  Result<Module> run();

private:
  // Tokens and errors.
  void advance() { token = lexer.next(); }
  bool at(char symbol) const { return token.is(symbol); }
  bool at(Token::Kind kind) const { return token.is(kind); }
  /// Whether the token after this one is `symbol`.
  bool isFollowedBy(char symbol) const;
  /// Whether the token after this one starts a constant.
  bool isFollowedByNumber() const;
  /// Skips `symbol` if it is here.
  bool consume(char symbol);
  /// Demands `symbol`; `context` goes on the sentence: "after the operands".
  bool expect(char symbol, std::string_view context);
  bool fail(Location where, std::string message);
  bool failExpected(std::string_view what);
  bool failRedeclared(std::string_view name, Location where, Location earlier);
  /// The token for messages.
  std::string describeToken() const;

  // Constants.
  /// An integer or floating-point expression of operators that bind as strongly
  /// as `minimum` or more. `what` names it in messages.
  bool parseConstant(Constant &result, unsigned minimum, std::string_view what);
  bool parseInteger(uint64_t &value, unsigned minimum, std::string_view what);
  /// An integer literal of at most `limit`.
  bool parseCount(uint64_t &value, uint64_t limit, std::string_view what);
  bool parseBinary(Constant &result, unsigned minimum, std::string_view what);
  bool parseUnary(Constant &result, std::string_view what);
  bool parseParenthesized(Constant &result, std::string_view what);
  bool parseAtom(Constant &result, std::string_view what);
  bool parseConditional(Constant &result, std::string_view what);

  // The module.
  bool parseModuleHeader();
  bool parseVersion();
  bool parseTarget();
  bool parseAddressSize();
  bool parseModuleStatement();
  bool isLinkage() const;
  bool skipLinkage();
  bool parseAlias();
  bool parseFunctionName(FunctionId &id);
  bool resolveAliases();

  // Debug information and hints; none of it changes what a program does.
  bool isInformation() const;
  bool parseInformation();
  bool parseFile();
  bool parseLoc();
  bool parseSection();
  bool parsePragma();

  // Registers, variables and parameters.
  bool isVariableSpace() const;
  bool parseVariables(bool isExtern);
  bool parseRegisters();
  bool parseRegister(const DeclarationSpecifiers &specifiers);
  bool parseSpecifiers(DeclarationSpecifiers &specifiers);
  bool parseAlignment(uint64_t &alignment);
  bool parsePointerAttributes();
  bool parseAttribute();
  /// A name, its dimensions and its initial value.
  bool parseVariable(const DeclarationSpecifiers &specifiers);
  bool parseDimensions(std::vector<uint64_t> &dimensions);
  bool finishVariable(Variable variable, std::string_view name,
                      const DeclarationSpecifiers &specifiers);
  bool declareModuleVariable(Variable variable, std::string_view name);
  bool parseParameters(std::vector<Function::Parameter> &parameters);
  bool parseParameter(std::vector<Function::Parameter> &parameters);
  bool makeVariable(const DeclarationSpecifiers &specifiers,
                    std::vector<uint64_t> &dimensions, Variable &variable);

  // Initial values.
  bool parseInitializer(Variable &variable, std::vector<uint64_t> &dimensions,
                        size_t level, uint64_t offset);
  bool parseInitialElement(Variable &variable, uint64_t offset);
  bool parseInitialNumber(Variable &variable, uint64_t offset);
  bool parseInitialAddress(Variable &variable, uint64_t offset);
  bool parseInitialAddressByte(Variable &variable, uint64_t offset);
  bool parseSymbolAddress(Variable::Relocation &relocation);
  bool reserveInitial(Variable &variable, uint64_t end, Location where);

  // Functions.
  bool parseFunction();
  bool parseFunctionHeader(std::string_view &name);
  bool parseFunctionDirectives();
  bool parseExtent(Function::Extent &extent);
  bool declareFunction(std::string_view name, FunctionId &id);
  bool parseBody();
  bool parseStatement();
  bool parseBodyDirective();
  bool parseLabel();
  bool parseBranchTargets();
  bool parseCallTargets();
  bool parseCallPrototype();
  bool parsePrototypeParameters();

  // Instructions.
  bool parseInstruction();
  bool parseGuard(Instruction &instruction);
  bool parseOperands(Instruction &instruction, std::string_view name);
  /// An operand of an instruction: anything.
  bool parseOperand(const Instruction &instruction, Operand &operand);
  /// A label, or with `alsoSymbols` perhaps something else.
  bool parseLabelUse(const Instruction &instruction, Operand &operand,
                     bool alsoSymbols, bool &isLabel);
  /// What vectors, addresses and lists are made of: a name, a constant or `_`.
  bool parseSimpleOperand(Operand &operand);
  bool parseNegatedOperand(Operand &operand);
  bool parseConstantOperand(Operand &operand);
  bool parseName(Operand &operand);
  bool parseRegisterName(Operand &operand, const Symbol &symbol,
                         std::string_view name);
  bool parseSpecialRegister(Operand &operand, std::string_view name);
  /// Any number of `+ n` and `- n`.
  bool parseOffset(int64_t &offset);
  bool parsePair(Operand &operand);
  bool parseVector(Operand &operand);
  bool parseAddress(Operand &operand);
  bool parseList(Operand &operand);

  Lexer lexer;
  Token token;
  Module module;
  Scopes scopes;
  /// The function that is being parsed, if there is one.
  bool inFunction = false;
  Function function;
  /// The labels right before this statement, without instructions between.
  std::optional<LabelId> lastLabel;
  struct Alias {
    FunctionId alias, function;
    Location where;
  };
  std::vector<Alias> aliases;
  /// Bytes still expected of an address that is given byte by byte.
  unsigned missingAddressBytes = 0;
  /// Open parentheses and unary operators of the current constant.
  unsigned nesting = 0;
  std::optional<Diagnostic> error;
};

} // namespace attn::sim

#endif // ATTN_LIB_SIMULATOR_PARSER_H
