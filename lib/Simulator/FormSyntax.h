// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The syntax lines of the instruction table, parsed, and the choice of the form
// that an instruction has. InstructionTable.h describes the lines.

#ifndef ATTN_SIMULATOR_FORMSYNTAX_H
#define ATTN_SIMULATOR_FORMSYNTAX_H

#include "attn/Simulator/InstructionTable.h"

namespace attn::sim {

/// What a form takes at one place.
struct OperandSyntax {
  enum class Kind : uint8_t {
    Register,
    Pair,
    Address,
    Vector,
    Number,
    Name,
    Anything
  };
  Kind kind = Kind::Register;
  bool isDestination = false;
  bool mayBeSink = false;
  bool isOptional = false;
  /// None: a type among the qualifiers, number `typeIndex` or, with kLast, the
  /// last; with kAny, none.
  Type type = Type::None;
  static constexpr int kLast = -1, kAny = -2;
  int typeIndex = kLast;
  unsigned factor = 1;
  /// The length of a vector; 0: any.
  unsigned count = 0;
  /// What follows the base of an address.
  std::vector<OperandSyntax> parts;

  /// The type of the operand in an instruction with these type qualifiers.
  Type getType(const std::vector<Type> &types) const;
  /// Whether an operand has this shape; types are not looked at.
  bool accepts(const Operand &operand) const;
};

/// One place among the qualifiers: sequences of which one must be there.
struct QualifierSyntax {
  using Sequence = std::vector<std::string>;
  std::vector<Sequence> alternatives;
  bool isOptional = false;
};

/// A line of the table.
struct FormSyntax {
  const Form *form = nullptr;
  std::string opcode;
  std::vector<QualifierSyntax> qualifiers;
  std::vector<OperandSyntax> operands;
};

/// Parses a syntax line. Lines are written by us: an error stops the program.
FormSyntax parseForm(const Form &form);

/// Returns the first form that `instruction` has, or says what is wrong with
/// it.
Result<const FormSyntax *> findForm(const Instruction &instruction);

/// The opcode with its qualifiers, as written.
std::string getText(const Instruction &instruction);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_FORMSYNTAX_H
