// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The .npy format: magic, version, length of the header, a Python dictionary,
// data.

#include "Npy.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

using namespace attn::sim;

namespace {

struct CloseFile {
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Diagnostic fail(const std::string &path, const std::string &why) {
  return {{}, "'" + path + "': " + why};
}

/// What follows `'key':` in a header, without blanks; empty if it is not there.
std::string_view findValue(std::string_view header, std::string_view key) {
  size_t at = header.find("'" + std::string(key) + "'");
  if (at == std::string_view::npos)
    return {};
  at = header.find(':', at);
  if (at == std::string_view::npos)
    return {};
  return header.substr(header.find_first_not_of(' ', at + 1));
}

/// Reads `(3, 4)`; false if there is something else.
bool parseShape(std::string_view text, std::vector<uint64_t> &shape) {
  if (text.empty() || text[0] != '(')
    return false;
  uint64_t value = 0;
  bool hasDigit = false;
  for (char c : text.substr(1)) {
    if (std::isdigit(static_cast<unsigned char>(c))) {
      value = value * 10 + uint64_t(c - '0');
      hasDigit = true;
      continue;
    }
    if (c != ',' && c != ')' && c != ' ')
      return false;
    if (c != ' ' && hasDigit) {
      shape.push_back(value);
      value = 0;
      hasDigit = false;
    }
    if (c == ')')
      return true;
  }
  return false;
}

/// Bytes of an element; 0 for types that are no plain numbers.
uint64_t getElementSize(std::string_view descr) {
  if (descr.size() != 3 || descr[0] == '>' || !std::isdigit(descr[2]) ||
      std::string_view("biuf").find(descr[1]) == std::string_view::npos)
    return 0;
  return uint64_t(descr[2] - '0');
}

} // namespace

Result<std::vector<uint8_t>> attn::sim::readFile(const std::string &path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (!file)
    return fail(path, std::strerror(errno));
  std::vector<uint8_t> bytes;
  uint8_t buffer[65536];
  while (size_t count = std::fread(buffer, 1, sizeof buffer, file.get()))
    bytes.insert(bytes.end(), buffer, buffer + count);
  if (std::ferror(file.get()))
    return fail(path, "cannot be read");
  return bytes;
}

Status attn::sim::writeFile(const std::string &path,
                            const std::vector<uint8_t> &bytes) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file)
    return fail(path, std::strerror(errno));
  size_t count = std::fwrite(bytes.data(), 1, bytes.size(), file);
  if (std::fclose(file) != 0 || count != bytes.size())
    return fail(path, "cannot be written");
  return success();
}

Result<NpyArray> attn::sim::readNpy(const std::string &path) {
  Result<std::vector<uint8_t>> file = readFile(path);
  if (!file)
    return file.error();
  const std::vector<uint8_t> &bytes = *file;
  if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0)
    return fail(path, "is no .npy file");
  size_t begin = bytes[6] == 1 ? 10 : 12;
  size_t length = bytes[8] | size_t(bytes[9]) << 8;
  if (bytes[6] != 1)
    length |= size_t(bytes[10]) << 16 | size_t(bytes[11]) << 24;
  if (length > bytes.size() - begin)
    return fail(path, "is cut off in its header");
  std::string_view header(reinterpret_cast<const char *>(&bytes[begin]),
                          length);
  NpyArray array;
  std::string_view descr = findValue(header, "descr");
  size_t end = descr.size() < 2 ? std::string_view::npos : descr.find('\'', 1);
  if (end != std::string_view::npos)
    array.descr = std::string(descr.substr(1, end - 1));
  uint64_t size = getElementSize(array.descr);
  if (size == 0)
    return fail(path,
                "elements of type '" + array.descr + "' are not supported");
  if (!parseShape(findValue(header, "shape"), array.shape))
    return fail(path, "has no shape");
  if (findValue(header, "fortran_order").substr(0, 4) == "True" &&
      array.shape.size() > 1)
    return fail(path, "is in Fortran order");
  for (uint64_t extent : array.shape)
    size *= extent;
  if (size != bytes.size() - begin - length)
    return fail(path, "has " + std::to_string(bytes.size() - begin - length) +
                          " bytes of data, not " + std::to_string(size));
  array.bytes.assign(bytes.begin() + begin + length, bytes.end());
  return array;
}

Status attn::sim::writeNpy(const std::string &path, const NpyArray &array) {
  std::string shape;
  for (uint64_t extent : array.shape)
    shape += std::to_string(extent) + ", ";
  if (array.shape.size() > 1)
    shape.resize(shape.size() - 2);
  else if (!shape.empty())
    shape.pop_back();
  std::string header = "{'descr': '" + array.descr +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // The data begins at a multiple of 64.
  while ((10 + header.size() + 1) % 64 != 0)
    header += ' ';
  header += '\n';
  std::vector<uint8_t> bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  bytes.push_back(uint8_t(header.size()));
  bytes.push_back(uint8_t(header.size() >> 8));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), array.bytes.begin(), array.bytes.end());
  return writeFile(path, bytes);
}
