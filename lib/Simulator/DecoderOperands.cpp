// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives the operands of instructions their slots.

#include "Decoder.h"

#include "SpecialRegisters.h"

#include <cstring>

using namespace attn::sim;

/// Registers may be wider than the type of these. PTX ISA 9.4.1.
static bool allowsWiderRegisters(std::string_view opcode) {
  return opcode == "ld" || opcode == "ldu" || opcode == "st" || opcode == "cvt";
}

static bool isFloat(Type type) {
  return type == Type::F16 || type == Type::BF16 || type == Type::F32 ||
         type == Type::F64 || type == Type::TF32;
}

/// Returns the slot of two rows with the halves of `bits` in all lanes.
Slot Decoder::addConstant(uint64_t bits) {
  auto [entry, isNew] =
      constants.try_emplace(bits, kConstant | Slot(program.constants.size()));
  if (isNew)
    for (uint32_t half : {uint32_t(bits), uint32_t(bits >> 32)}) {
      Row row;
      row.lane.fill(half);
      program.constants.push_back(row);
    }
  return entry->second;
}

Result<Slot> Decoder::addSpecial(const Operand &operand, unsigned &bits) {
  const SpecialRegister *special = lookupSpecialRegister(operand.name);
  if (!special)
    return Diagnostic{operand.where,
                      "unknown special register '" + operand.name + "'"};
  bits = special->bits;
  if (!special->value)
    return kNone;
  for (const SpecialRow &row : program.specials)
    if (row.name == special->name)
      return row.slot;
  Slot slot = program.rows;
  program.rows += 2;
  program.specials.push_back({std::string(special->name), slot});
  return slot;
}

Result<Slot> Decoder::decodePredicate(const Frame &frame,
                                      const Operand &operand) {
  if (operand.kind == Operand::Kind::Integer)
    return kConstant | Slot(operand.bits == 0);
  if (operand.kind != Operand::Kind::Register ||
      !frame.function->registers[operand.index].type.isPredicate())
    return Diagnostic{operand.where, "expected a predicate"};
  return frame.registers[operand.index] | (operand.negated ? kNegated : 0);
}

Result<Slot> Decoder::decodeImmediate(const Operand &operand, Type type,
                                      unsigned factor) {
  unsigned width = getBits(type) * factor;
  switch (operand.kind) {
  case Operand::Kind::Integer: {
    if (isFloat(type))
      return Diagnostic{operand.where,
                        "expected a floating-point number, found an integer"};
    uint64_t mask =
        width == 0 || width >= 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
    return addConstant(operand.bits & mask);
  }
  case Operand::Kind::Float32:
    if (type == Type::F64 || (width != 32 && width != 0))
      return Diagnostic{operand.where, "a number of 32 bits does not fit here"};
    return addConstant(operand.bits);
  default:
    break;
  }
  // A double; decimal numbers may also be meant as single precision.
  if (width == 64 || width == 0)
    return addConstant(operand.bits);
  if (type != Type::F32)
    return Diagnostic{operand.where, "a number of 64 bits does not fit here"};
  double value;
  std::memcpy(&value, &operand.bits, 8);
  float single = float(value);
  uint32_t bits;
  std::memcpy(&bits, &single, 4);
  return addConstant(bits);
}

/// Decodes a register; its width must be that of the type.
Result<Slot> Decoder::decodeRegister(const Frame &frame,
                                     const Instruction &instruction,
                                     const Operand &operand, Type type,
                                     unsigned factor, unsigned &bits) {
  const Register &reg = frame.function->registers[operand.index];
  if (reg.type.isPredicate())
    return Diagnostic{operand.where, "'" + reg.name + "' is a predicate; '" +
                                         getText(instruction) +
                                         "' takes another register here"};
  if (operand.negated)
    return Diagnostic{operand.where,
                      "'!' is for predicates; '" + reg.name + "' is none"};
  bits = reg.type.bits;
  unsigned expected = getBits(type) * factor;
  bool fits = expected == 0 || bits == expected ||
              (bits > expected &&
               (expected < 16 || allowsWiderRegisters(instruction.opcode)));
  if (fits)
    return frame.registers[operand.index];
  return Diagnostic{operand.where, "'" + reg.name + "' has " +
                                       std::to_string(bits) + " bits; '" +
                                       getText(instruction) + "' takes " +
                                       std::to_string(expected) + " here"};
}

Result<Slot> Decoder::decodeScalar(const Frame &frame,
                                   const Instruction &instruction,
                                   const Operand &operand,
                                   const OperandSyntax &syntax, Type type,
                                   unsigned &bits) {
  using Kind = Operand::Kind;
  bits = 0;
  if (operand.kind == Kind::Sink)
    return kNone;
  bool isPredicate =
      operand.kind == Kind::Register &&
      frame.function->registers[operand.index].type.isPredicate();
  bool mayBeAny = syntax.typeIndex == OperandSyntax::kAny;
  if (type == Type::Pred || (isPredicate && mayBeAny))
    return decodePredicate(frame, operand);
  if (operand.kind == Kind::Register)
    return decodeRegister(frame, instruction, operand, type, syntax.factor,
                          bits);
  if (operand.kind == Kind::Special) {
    Result<Slot> slot = addSpecial(operand, bits);
    if (slot && *slot == kNone && instruction.opcode != "mov")
      return Diagnostic{operand.where, "only mov reads '" + operand.name + "'"};
    if (slot && bits < getBits(type))
      return Diagnostic{operand.where,
                        "'" + operand.name + "' has only 32 bits"};
    return slot;
  }
  if (operand.kind == Kind::Variable) {
    Result<Place> place = findPlace(frame, operand);
    if (!place)
      return place.error();
    bits = 64;
    return addConstant(place->offset + uint64_t(operand.offset));
  }
  bits = getBits(type) * syntax.factor;
  return decodeImmediate(operand, type, syntax.factor);
}

Status Decoder::addScalar(Binding &binding, Cursor &cursor, Slot slot,
                          unsigned bits) {
  if (cursor.scalars == binding.op.operands.size())
    return Diagnostic{binding.instruction.where,
                      "too many operands in the form of '" +
                          getText(binding.instruction) + "'"};
  binding.op.operands[cursor.scalars] = slot;
  binding.bits[cursor.scalars++] = bits;
  return success();
}

/// Decodes `[base + offset]`, and what follows.
Status Decoder::decodeAddress(const Frame &frame, Binding &binding,
                              const Operand &operand,
                              const OperandSyntax &syntax, Cursor &cursor) {
  const Operand &base = operand.parts[0];
  int64_t offset = operand.offset;
  unsigned bits = 64;
  Slot slot = kNone;
  if (base.kind == Operand::Kind::Register) {
    Result<Slot> result =
        decodeRegister(frame, binding.instruction, base, Type::None, 1, bits);
    if (!result)
      return result.error();
    slot = *result;
    if (bits < 32)
      return Diagnostic{base.where, "an address has 32 or 64 bits"};
  } else if (base.kind == Operand::Kind::Integer) {
    slot = addConstant(base.bits);
  } else if (base.kind == Operand::Kind::Variable) {
    Result<Place> place = findPlace(frame, base);
    if (!place)
      return place.error();
    bool isCallParameter =
        binding.space == Space::Param && place->space == Space::Local;
    if (binding.space == Space::Generic || isCallParameter)
      binding.space = place->space;
    else if (cursor.addresses == 0 && binding.space != place->space)
      return Diagnostic{base.where, "'" + getVariable(frame, base).name +
                                        "' is in another space than '" +
                                        getText(binding.instruction) + "'"};
    offset += base.offset;
    slot = addConstant(place->offset);
  } else {
    return Diagnostic{base.where, "expected a register, a variable or a number "
                                  "as the base of an address"};
  }
  (cursor.addresses++ == 0 ? binding.op.immediate : binding.op.immediate2) =
      offset;
  if (Status status = addScalar(binding, cursor, slot, bits); !status)
    return status;
  for (size_t i = 0; i < syntax.parts.size(); ++i)
    if (Status status = decodeOperand(frame, binding, operand.parts[i + 1],
                                      syntax.parts[i], cursor);
        !status)
      return status;
  return success();
}

/// Decodes `{a, b}`, or a single register, to the list.
Status Decoder::decodeVector(const Frame &frame, Binding &binding,
                             const Operand &operand,
                             const OperandSyntax &syntax, Cursor &cursor) {
  Type type = syntax.getType(binding.types);
  auto add = [&](const Operand &element) -> Status {
    unsigned bits;
    OperandSyntax scalar = syntax;
    scalar.kind = OperandSyntax::Kind::Register;
    if (element.kind != Operand::Kind::Sink && !scalar.accepts(element))
      return Diagnostic{element.where, "this cannot stand in a vector of '" +
                                           getText(binding.instruction) + "'"};
    Result<Slot> slot =
        decodeScalar(frame, binding.instruction, element, scalar, type, bits);
    if (!slot)
      return slot.error();
    cursor.list.push_back(*slot);
    binding.listBits.push_back(bits);
    return success();
  };
  if (operand.kind != Operand::Kind::Vector) {
    binding.lengths.push_back(1);
    return add(operand);
  }
  binding.lengths.push_back(unsigned(operand.parts.size()));
  for (const Operand &element : operand.parts)
    if (Status status = add(element); !status)
      return status;
  return success();
}

Status Decoder::decodeOperand(const Frame &frame, Binding &binding,
                              const Operand &operand,
                              const OperandSyntax &syntax, Cursor &cursor) {
  using Kind = OperandSyntax::Kind;
  Type type = syntax.getType(binding.types);
  auto addTyped = [&](const Operand &scalar, Type type) -> Status {
    unsigned bits;
    Result<Slot> slot =
        decodeScalar(frame, binding.instruction, scalar, syntax, type, bits);
    if (!slot)
      return slot.error();
    return addScalar(binding, cursor, *slot, bits);
  };
  switch (syntax.kind) {
  case Kind::Register:
    return addTyped(operand, type);
  case Kind::Pair: {
    bool isPair = operand.kind == Operand::Kind::Pair;
    Status first = addTyped(isPair ? operand.parts[0] : operand, type);
    if (!first)
      return first;
    return isPair ? addTyped(operand.parts[1], Type::Pred)
                  : addScalar(binding, cursor, kNone, 0);
  }
  case Kind::Address:
    return decodeAddress(frame, binding, operand, syntax, cursor);
  case Kind::Vector:
    return decodeVector(frame, binding, operand, syntax, cursor);
  case Kind::Number:
    binding.immediates.push_back(int64_t(operand.bits));
    return success();
  case Kind::Name:
  case Kind::Anything:
    return success();
  }
  return success();
}
