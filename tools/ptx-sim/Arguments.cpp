// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses arguments: numbers, buffers, structures.

#include "Arguments.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace attn::sim;

namespace {

struct ElementType {
  std::string_view name;
  const char *descr;
  unsigned size;
};

constexpr ElementType kElementTypes[] = {
    {"i8", "|i1", 1},  {"i16", "<i2", 2}, {"i32", "<i4", 4}, {"i64", "<i8", 8},
    {"u8", "|u1", 1},  {"u16", "<u2", 2}, {"u32", "<u4", 4}, {"u64", "<u8", 8},
    {"f16", "<f2", 2}, {"f32", "<f4", 4}, {"f64", "<f8", 8},
};

Diagnostic fail(const std::string &text, const std::string &why) {
  return {{}, "argument '" + text + "': " + why};
}

template <typename T>
std::vector<uint8_t> toBytes(T value, size_t size = sizeof(T)) {
  std::vector<uint8_t> bytes(size);
  std::memcpy(bytes.data(), &value, size);
  return bytes;
}

/// Rounds a number to a binary format of 16 bits with `exponent` bits of
/// exponent, to nearest, ties to even.
uint16_t roundTo16(double value, int exponent) {
  const int mantissa = 15 - exponent, bias = (1 << (exponent - 1)) - 1;
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const uint16_t infinity = uint16_t(((1 << exponent) - 1) << mantissa);
  if (std::isnan(value))
    return sign | infinity | uint16_t(1 << (mantissa - 1));
  if (std::isinf(value))
    return sign | infinity;
  int power;
  std::frexp(value, &power);
  // The unit of the last place; subnormal numbers share the smallest.
  int unit = std::max(power - 1, 1 - bias) - mantissa;
  double scaled = std::nearbyint(std::ldexp(std::fabs(value), -unit));
  // Exponent and mantissa as one integer: a carry goes into the exponent.
  int64_t bits = int64_t(scaled);
  if (value != 0 && power - 1 >= 1 - bias)
    bits += int64_t(power - 1 + bias - 1) << mantissa;
  return bits >= infinity ? sign | infinity : uint16_t(sign | bits);
}

Result<std::vector<uint8_t>> parseFloat(const std::string &text,
                                        const std::string &type,
                                        const std::string &digits) {
  char *end;
  double value = std::strtod(digits.c_str(), &end);
  if (digits.empty() || *end != '\0')
    return fail(text, "expected a number");
  if (type == "f64")
    return toBytes(value);
  if (type == "f32")
    return toBytes(std::strtof(digits.c_str(), &end));
  return toBytes(roundTo16(value, type == "f16" ? 5 : 8));
}

void setBuffer(Argument &argument, unsigned index, GlobalMemory &memory,
               uint64_t size, uint8_t fill) {
  argument.isBuffer = true;
  argument.address =
      memory.allocate("argument " + std::to_string(index), size, fill);
  argument.value = toBytes(argument.address);
}

/// `out:DTYPE:COUNT` and `zero:DTYPE:COUNT`.
Status makeBuffer(Argument &argument, const std::string &rest, bool isOutput,
                  unsigned index, GlobalMemory &memory) {
  size_t colon = rest.find(':');
  const ElementType *type = nullptr;
  for (const ElementType &candidate : kElementTypes)
    if (candidate.name == std::string_view(rest).substr(0, colon))
      type = &candidate;
  if (!type)
    return fail(argument.text, "expected an element type: i8 i16 i32 i64 u8 "
                               "u16 u32 u64 f16 f32 f64");
  uint64_t count = 0;
  if (colon == std::string::npos ||
      !parseInteger(rest.substr(colon + 1), 40, count))
    return fail(argument.text, "expected a count of elements");
  argument.array.descr = type->descr;
  argument.array.shape = {count};
  // All bits set: NaN as a number, -1 as an integer.
  setBuffer(argument, index, memory, count * type->size, isOutput ? 0xff : 0);
  return success();
}

Status makeInput(Argument &argument, const std::string &path, unsigned index,
                 GlobalMemory &memory) {
  Result<NpyArray> array = readNpy(path);
  if (!array)
    return fail(argument.text, array.error().message);
  argument.array = *array;
  uint64_t size = array->bytes.size();
  setBuffer(argument, index, memory, size, 0);
  if (size != 0)
    std::memcpy(memory.find(argument.address, size)->bytes.get(),
                array->bytes.data(), size);
  return success();
}

} // namespace

bool attn::sim::parseInteger(const std::string &text, unsigned bits,
                             uint64_t &value) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])))
    return false;
  char *end;
  errno = 0;
  bool isNegative = text[0] == '-';
  value = isNegative ? uint64_t(std::strtoll(text.c_str(), &end, 0))
                     : std::strtoull(text.c_str(), &end, 0);
  if (errno != 0 || *end != '\0')
    return false;
  if (bits == 64)
    return true;
  return isNegative ? int64_t(value) >= -(int64_t(1) << (bits - 1))
                    : value < uint64_t(1) << bits;
}

Result<Argument> attn::sim::makeArgument(const std::string &text,
                                         unsigned index, GlobalMemory &memory) {
  Argument argument;
  argument.text = text;
  if (text == "null") {
    argument.value.resize(8);
    return argument;
  }
  size_t colon = text.find(':');
  std::string kind = text.substr(0, colon);
  std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  Status status = success();
  if (kind == "i8" || kind == "i16" || kind == "i32" || kind == "i64") {
    unsigned bits = unsigned(std::atoi(kind.c_str() + 1));
    uint64_t value = 0;
    if (!parseInteger(rest, bits, value))
      return fail(text,
                  "expected an integer of " + std::to_string(bits) + " bits");
    argument.value = toBytes(value, bits / 8);
  } else if (kind == "f16" || kind == "bf16" || kind == "f32" ||
             kind == "f64") {
    Result<std::vector<uint8_t>> value = parseFloat(text, kind, rest);
    if (!value)
      return value.error();
    argument.value = *value;
  } else if (kind == "bytes") {
    Result<std::vector<uint8_t>> value = readFile(rest);
    if (!value)
      return fail(text, value.error().message);
    argument.value = *value;
  } else if (kind == "in") {
    status = makeInput(argument, rest, index, memory);
  } else if (kind == "out" || kind == "zero") {
    status = makeBuffer(argument, rest, kind == "out", index, memory);
  } else if (kind == "tmap") {
    return fail(text, "tensor maps are not supported");
  } else {
    return fail(text, "expected i8:, i16:, i32:, i64:, f16:, bf16:, f32:, "
                      "f64:, in:, out:, zero:, bytes: or null");
  }
  if (!status)
    return status.error();
  return argument;
}

Result<std::vector<uint8_t>>
attn::sim::layOutParameters(const Program &program,
                            const std::vector<Argument> &arguments) {
  if (arguments.size() != program.parameters.size())
    return Diagnostic{{},
                      "'" + program.name + "' has " +
                          std::to_string(program.parameters.size()) +
                          " parameters; there are " +
                          std::to_string(arguments.size()) + " arguments"};
  std::vector<uint8_t> bytes(program.parameterBytes);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Program::Parameter &parameter = program.parameters[i];
    const Argument &argument = arguments[i];
    if (argument.value.size() != parameter.size)
      return fail(argument.text,
                  "has " + std::to_string(argument.value.size()) +
                      " bytes; parameter " + std::to_string(i) + " of '" +
                      program.name + "' has " + std::to_string(parameter.size));
    std::copy(argument.value.begin(), argument.value.end(),
              bytes.begin() + int64_t(parameter.offset));
  }
  return bytes;
}
