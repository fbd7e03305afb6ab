// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses the initial values of variables. PTX ISA, section 5.4.4.

#include "Parser.h"

#include <cstring>

using namespace attn::sim;

/// Initial values that spread over more bytes are refused.
static constexpr uint64_t maxInitialSize = uint64_t(1) << 26;

/// Makes the initial value reach at least to byte `end`.
bool Parser::reserveInitial(Variable &variable, uint64_t end, Location where) {
  if (end > maxInitialSize)
    return fail(where, "initial value is longer than " +
                           std::to_string(maxInitialSize) + " bytes");
  if (variable.initial.size() < end)
    variable.initial.resize(end);
  return true;
}

/// Elements from dimension `level` on, at `offset`. An unknown first dimension
/// becomes the number of elements.
bool Parser::parseInitializer(Variable &variable,
                              std::vector<uint64_t> &dimensions, size_t level,
                              uint64_t offset) {
  if (level == dimensions.size())
    return parseInitialElement(variable, offset);
  uint64_t stride = variable.type.bits / 8;
  for (size_t i = level + 1; i < dimensions.size(); ++i)
    stride *= dimensions[i];
  if (!expect('{', "before a list of initial values"))
    return false;
  uint64_t count = 0;
  if (!at('}')) {
    do {
      if (dimensions[level] && count == dimensions[level])
        return fail(token.where, "more initial values than the " +
                                     std::to_string(count) +
                                     " elements of the array");
      if ((count + 1) * stride > maxVariableSize)
        return fail(token.where,
                    "initial value of a variable that is too large");
      if (!parseInitializer(variable, dimensions, level + 1,
                            offset + count * stride))
        return false;
      ++count;
    } while (consume(','));
  }
  if (!expect('}', "after a list of initial values"))
    return false;
  if (dimensions[level] == 0) {
    dimensions[level] = count;
    variable.size = count * stride;
  }
  return true;
}

bool Parser::parseInitialElement(Variable &variable, uint64_t offset) {
  uint64_t size = variable.type.bits / 8;
  if (!reserveInitial(variable, offset + size, token.where))
    return false;
  bool isMask = at(Token::Kind::Integer) && isFollowedBy('(');
  if (isMask)
    return parseInitialAddressByte(variable, offset);
  if (missingAddressBytes)
    return failExpected("the next byte of an address");
  if (at(Token::Kind::Identifier) && !token.isIdentifier("WARP_SZ"))
    return parseInitialAddress(variable, offset);
  return parseInitialNumber(variable, offset);
}

/// Returns the bits of `value` rounded to `size` bytes, 4 or 8.
static uint64_t convertFloat(const Constant &value, uint64_t size) {
  uint64_t bits = value.bits;
  if (value.kind == Constant::Kind::Float32 && size == 8) {
    float narrow;
    std::memcpy(&narrow, &bits, sizeof(narrow));
    double wide = narrow;
    std::memcpy(&bits, &wide, sizeof(wide));
  } else if (value.kind == Constant::Kind::Float64 && size == 4) {
    double wide;
    std::memcpy(&wide, &bits, sizeof(wide));
    float narrow = float(wide);
    bits = 0;
    std::memcpy(&bits, &narrow, sizeof(narrow));
  }
  return bits;
}

/// Integers lose the bits that the element has no room for; elements of 128
/// bits are extended with zeros.
bool Parser::parseInitialNumber(Variable &variable, uint64_t offset) {
  Location where = token.where;
  uint64_t size = variable.type.bits / 8;
  Constant value;
  if (!parseConstant(value, 0, "an initial value"))
    return false;
  char letter = variable.type.name[0];
  bool takesFloat = (size == 4 || size == 8) && variable.type.name != "f16x2" &&
                    (letter == 'f' || letter == 'b');
  bool takesInteger = letter != 'f';
  if (value.isInteger() ? !takesInteger : !takesFloat)
    return fail(where, "a variable of type ." +
                           std::string(variable.type.name) +
                           " cannot have this initial value");
  if (!value.isInteger())
    value.bits = convertFloat(value, size);
  for (uint64_t i = 0; i < size && i < sizeof(value.bits); ++i)
    variable.initial[offset + i] = uint8_t(value.bits >> (8 * i));
  return true;
}

/// `x`, `x+4`, `generic(x)`, `generic(x)+4`.
bool Parser::parseSymbolAddress(Variable::Relocation &relocation) {
  relocation.generic = token.isIdentifier("generic") && isFollowedBy('(');
  if (relocation.generic) {
    advance();
    advance();
  }
  if (!at(Token::Kind::Identifier))
    return failExpected("the name of a variable or function");
  const Symbol *symbol = scopes.lookupInModule(token.text);
  if (!symbol)
    return fail(token.where, "unknown variable or function '" +
                                 std::string(token.text) + "'");
  relocation.index = symbol->index;
  relocation.isFunction = symbol->kind == Symbol::Kind::Function;
  advance();
  if (!parseOffset(relocation.addend))
    return false;
  if (!relocation.generic)
    return true;
  int64_t outer = 0;
  if (!expect(')', "after generic(name") || !parseOffset(outer))
    return false;
  relocation.addend = int64_t(uint64_t(relocation.addend) + uint64_t(outer));
  return true;
}

/// An address as one element.
bool Parser::parseInitialAddress(Variable &variable, uint64_t offset) {
  Variable::Relocation relocation;
  Location where = token.where;
  relocation.offset = offset;
  if (!parseSymbolAddress(relocation))
    return false;
  if (variable.type.bits != 64 || variable.type.name == "f64")
    return fail(where, "an address needs an element of 64 bits, found ." +
                           std::string(variable.type.name));
  variable.relocations.push_back(relocation);
  return true;
}

/// `0xFF00(x)`: one byte of an address, in an array of bytes. The eight bytes
/// follow each other.
bool Parser::parseInitialAddressByte(Variable &variable, uint64_t offset) {
  Location where = token.where;
  unsigned byte = missingAddressBytes ? 8 - missingAddressBytes : 0;
  uint64_t mask = token.bits;
  advance();
  advance();
  Variable::Relocation relocation;
  relocation.offset = offset - byte;
  if (!parseSymbolAddress(relocation) || !expect(')', "after a masked address"))
    return false;
  if (variable.type.bits != 8)
    return fail(where, "masked addresses need elements of 8 bits, found ." +
                           std::string(variable.type.name));
  if (mask != uint64_t(0xff) << (8 * byte))
    return fail(where, "expected the mask of byte " + std::to_string(byte) +
                           " of an address");
  missingAddressBytes = 7 - byte;
  if (byte == 0) {
    variable.relocations.push_back(relocation);
    return true;
  }
  const Variable::Relocation &first = variable.relocations.back();
  if (first.offset != relocation.offset || first.index != relocation.index ||
      first.isFunction != relocation.isFunction ||
      first.generic != relocation.generic || first.addend != relocation.addend)
    return fail(where, "the bytes of an address name different variables");
  return true;
}
