// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads and writes .npy files; the layout of the format is in numpy's
// documentation of numpy.lib.format.

#include "attn/Runner/Npy.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstring>
#include <optional>

using namespace llvm;
using namespace mlir::attn;

static_assert(sys::IsLittleEndianHost,
              "elements are copied between files and memory as they are");

/// The bytes that every .npy file starts with.
static constexpr StringLiteral magic("\x93NUMPY");

/// Returns `text` in quotes, with unprintable bytes escaped.
static std::string quote(StringRef text) {
  std::string result;
  raw_string_ostream os(result);
  os << '\'';
  printEscapedString(text, os);
  os << '\'';
  return result;
}

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

namespace {

/// What the header of a file says.
struct Header {
  std::string descr;
  bool fortranOrder;
  SmallVector<int64_t> shape;
};

/// Parses the dictionary in a header: a Python literal such as
///   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
public:
  explicit HeaderParser(StringRef text) : text(text), rest(text) {}

  Expected<Header> parse();

private:
  Error parseEntry();
  Expected<StringRef> parseString();
  Expected<bool> parseBool();
  Expected<SmallVector<int64_t>> parseShape();
  Expected<int64_t> parseSize();

  /// Stores a parsed value under `key`, which must not have one.
  template <typename T>
  Error assign(std::optional<T> &slot, StringRef key, Expected<T> value);

  /// Skips spaces, and then `token` if it follows.
  bool consume(StringRef token) {
    rest = rest.ltrim(" \t\n\r");
    return rest.consume_front(token);
  }

  /// Skips `token`, which must follow.
  Error expect(StringRef token) {
    return consume(token) ? Error::success() : unexpected(quote(token));
  }

  /// Returns the error that `expected` is not what follows.
  Error unexpected(const Twine &expected) {
    rest = rest.ltrim(" \t\n\r");
    return createStringError(
        "header cannot be parsed at character " +
        Twine(text.size() - rest.size()) + ": expected " + expected +
        ", found " + (rest.empty() ? "the end" : quote(rest.take_front())));
  }

  StringRef text;
  StringRef rest;
  std::optional<StringRef> descr;
  std::optional<bool> fortranOrder;
  std::optional<SmallVector<int64_t>> shape;
};

} // namespace

Expected<Header> HeaderParser::parse() {
  if (Error error = expect("{"))
    return error;
  while (!consume("}")) {
    if (Error error = parseEntry())
      return error;
    if (consume(","))
      continue;
    if (Error error = expect("}"))
      return error;
    break;
  }
  if (!consume("") || !rest.empty())
    return unexpected("the end");
  if (!descr || !fortranOrder || !shape)
    return createStringError("header is incomplete: expected the keys 'descr', "
                             "'fortran_order' and 'shape', found no " +
                             Twine(!descr          ? "'descr'"
                                   : !fortranOrder ? "'fortran_order'"
                                                   : "'shape'"));
  return Header{descr->str(), *fortranOrder, std::move(*shape)};
}

Error HeaderParser::parseEntry() {
  Expected<StringRef> key = parseString();
  if (!key)
    return key.takeError();
  if (Error error = expect(":"))
    return error;
  if (*key == "descr")
    return assign(descr, *key, parseString());
  if (*key == "fortran_order")
    return assign(fortranOrder, *key, parseBool());
  if (*key == "shape")
    return assign(shape, *key, parseShape());
  return createStringError("unknown key in header: expected 'descr', "
                           "'fortran_order' or 'shape', found " +
                           quote(*key));
}

template <typename T>
Error HeaderParser::assign(std::optional<T> &slot, StringRef key,
                           Expected<T> value) {
  if (!value)
    return value.takeError();
  if (slot)
    return createStringError("repeated key in header: expected one " +
                             quote(key) + ", found two");
  slot = std::move(*value);
  return Error::success();
}

Expected<StringRef> HeaderParser::parseString() {
  char mark = consume("'") ? '\'' : consume("\"") ? '"' : 0;
  if (!mark)
    return unexpected("a string");
  size_t length = rest.find(mark);
  if (length == StringRef::npos) {
    rest = {};
    return unexpected("a closing quote");
  }
  StringRef string = rest.take_front(length);
  rest = rest.drop_front(length + 1);
  return string;
}

Expected<bool> HeaderParser::parseBool() {
  if (consume("True"))
    return true;
  if (consume("False"))
    return false;
  return unexpected("True or False");
}

Expected<SmallVector<int64_t>> HeaderParser::parseShape() {
  if (Error error = expect("("))
    return error;
  SmallVector<int64_t> sizes;
  while (!consume(")")) {
    Expected<int64_t> size = parseSize();
    if (!size)
      return size.takeError();
    sizes.push_back(*size);
    if (consume(","))
      continue;
    // In Python, (3) is a number and (3,) a tuple.
    if (sizes.size() == 1)
      return unexpected("','");
    if (Error error = expect(")"))
      return error;
    break;
  }
  return sizes;
}

Expected<int64_t> HeaderParser::parseSize() {
  consume("");
  StringRef digits = rest;
  rest.consume_front("-");
  rest = rest.ltrim("0123456789");
  digits = digits.drop_back(rest.size());
  if (digits.empty() || digits == "-")
    return unexpected("a size");
  int64_t size;
  if (digits.getAsInteger(10, size))
    return createStringError(
        "size of axis: expected a number that fits in 64 bits, found " +
        digits);
  // Python 2 marks long integers.
  rest.consume_front("L");
  return size;
}

namespace {

/// How elements are stored in a file.
struct FileElement {
  ElementKind kind;
  bool swapped;
};

} // namespace

/// Returns what the element type `descr` of a header means.
static Expected<FileElement> parseDescr(StringRef descr) {
  struct Entry {
    StringLiteral name;
    ElementKind kind;
  };
  static constexpr Entry entries[] = {
      {"f2", ElementKind::F16}, {"V2", ElementKind::BF16},
      {"f4", ElementKind::F32}, {"f8", ElementKind::F64},
      {"b1", ElementKind::I1},  {"i1", ElementKind::I8},
      {"i2", ElementKind::I16}, {"i4", ElementKind::I32},
      {"i8", ElementKind::I64},
  };
  for (const Entry &entry : entries) {
    StringRef order = descr;
    if (!order.consume_back(entry.name) || order.size() != 1)
      continue;
    // Without a byte order go single bytes, and bytes without a type.
    bool unordered = getElementBytes(entry.kind) == 1 || entry.name == "V2";
    if (order == "<" || order == ">" || (order == "|" && unordered))
      return FileElement{entry.kind, order == ">"};
  }
  return createStringError(
      "element type is not supported: expected f2, f4, f8, i2, i4, i8 or V2 "
      "(bf16) after < or >, |b1 or |i1, found " +
      quote(descr));
}

/// Returns the element type of `kind` in a header.
static StringRef getDescr(ElementKind kind) {
  switch (kind) {
  case ElementKind::F16:
    return "<f2";
  case ElementKind::BF16:
    return "<V2";
  case ElementKind::F32:
    return "<f4";
  case ElementKind::F64:
    return "<f8";
  case ElementKind::I1:
    return "|b1";
  case ElementKind::I8:
    return "|i1";
  case ElementKind::I16:
    return "<i2";
  case ElementKind::I32:
    return "<i4";
  case ElementKind::I64:
    return "<i8";
  }
  llvm_unreachable("unknown element kind");
}

/// Takes the header text off `content`, which then holds the elements only.
static Expected<StringRef> takeHeader(StringRef &content) {
  if (!content.consume_front(magic))
    return createStringError("not an npy file: expected it to start with " +
                             quote(magic) + ", found " +
                             quote(content.take_front(magic.size())));
  if (content.size() < 2)
    return createStringError("file ends in its header: expected 2 bytes of "
                             "version, found " +
                             Twine(content.size()));
  unsigned major = uint8_t(content[0]), minor = uint8_t(content[1]);
  content = content.drop_front(2);
  if (major < 1 || major > 3 || minor != 0)
    return createStringError("version is not supported: expected 1.0, 2.0 or "
                             "3.0, found " +
                             Twine(major) + "." + Twine(minor));

  size_t lengthBytes = major == 1 ? 2 : 4;
  if (content.size() < lengthBytes)
    return createStringError("file ends in its header: expected " +
                             Twine(lengthBytes) + " bytes of length, found " +
                             Twine(content.size()));
  size_t length = major == 1 ? support::endian::read16le(content.data())
                             : support::endian::read32le(content.data());
  content = content.drop_front(lengthBytes);
  if (content.size() < length)
    return createStringError("file ends in its header: expected " +
                             Twine(length) + " bytes of header, found " +
                             Twine(content.size()));
  StringRef header = content.take_front(length);
  content = content.drop_front(length);
  return header;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// Reverses the bytes of every element.
static void swapBytes(Array &array) {
  int64_t size = getElementBytes(array.kind);
  uint8_t *end = array.data() + array.getNumBytes();
  for (uint8_t *element = array.data(); element != end; element += size)
    std::reverse(element, element + size);
}

/// Copies elements whose first axis is contiguous into C order.
static void copyFortranOrder(Array &array, const char *source) {
  // Axes of size one change no address, and without them the depth of the
  // counter below is bounded by the logarithm of the number of elements.
  SmallVector<int64_t> sizes, strides;
  int64_t size = getElementBytes(array.kind), stride = size;
  for (int64_t axisSize : array.shape) {
    if (axisSize == 1)
      continue;
    sizes.push_back(axisSize);
    strides.push_back(stride);
    stride *= axisSize;
  }

  // Counts through the elements in C order, like the digits of an odometer.
  SmallVector<int64_t> position(sizes.size(), 0);
  int64_t offset = 0;
  uint8_t *end = array.data() + array.getNumBytes();
  for (uint8_t *element = array.data(); element != end; element += size) {
    std::memcpy(element, source + offset, size);
    for (size_t axis = sizes.size(); axis-- > 0;) {
      offset += strides[axis];
      if (++position[axis] < sizes[axis])
        break;
      offset -= strides[axis] * sizes[axis];
      position[axis] = 0;
    }
  }
}

/// Returns the array in the content of a file; errors do not name the file.
static Expected<Array> parseContent(StringRef content) {
  Expected<StringRef> text = takeHeader(content);
  if (!text)
    return text.takeError();
  Expected<Header> header = HeaderParser(*text).parse();
  if (!header)
    return header.takeError();
  Expected<FileElement> element = parseDescr(header->descr);
  if (!element)
    return element.takeError();
  Expected<int64_t> count = countElements(element->kind, header->shape);
  if (!count)
    return count.takeError();

  // Before any memory is allocated: the header may claim any size.
  uint64_t bytes = *count * getElementBytes(element->kind);
  if (content.size() != bytes)
    return createStringError(
        Twine(content.size() < bytes ? "file ends in its elements"
                                     : "file goes on after its elements") +
        ": expected " + Twine(bytes) + " bytes of elements, found " +
        Twine(content.size()));

  Expected<Array> array = Array::create(element->kind, header->shape);
  if (!array)
    return array.takeError();
  if (header->fortranOrder)
    copyFortranOrder(*array, content.data());
  else
    std::memcpy(array->data(), content.data(), bytes);
  if (element->swapped)
    swapBytes(*array);
  if (array->kind == ElementKind::I1)
    for (uint8_t &flag : MutableArrayRef(array->data(), bytes))
      flag = flag != 0;
  return array;
}

Expected<Array> mlir::attn::parseNpy(StringRef content, StringRef name) {
  Expected<Array> array = parseContent(content);
  if (!array)
    return createStringError(name + ": " + toString(array.takeError()));
  return array;
}

Expected<Array> mlir::attn::readNpy(StringRef path) {
  // Volatile files are read, not mapped: one that shrinks meanwhile must not
  // end in a signal.
  ErrorOr<std::unique_ptr<MemoryBuffer>> file =
      MemoryBuffer::getFile(path, /*IsText=*/false,
                            /*RequiresNullTerminator=*/false,
                            /*IsVolatile=*/true);
  if (!file)
    return createStringError(path +
                             ": cannot be read: " + file.getError().message());
  return parseNpy((*file)->getBuffer(), path);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Returns all of the file that comes before the elements.
static std::string makeHeader(const Array &array) {
  std::string text;
  raw_string_ostream os(text);
  os << "{'descr': '" << getDescr(array.kind)
     << "', 'fortran_order': False, 'shape': (";
  interleave(array.shape, os, ", ");
  os << (array.shape.size() == 1 ? ",), }" : "), }");

  // The elements start at a multiple of 64 bytes, after a line feed. Version
  // 2.0 differs in the bytes of the length.
  for (unsigned major : {1, 2}) {
    size_t prefix = magic.size() + 2 + (major == 1 ? 2 : 4);
    size_t length = alignTo(prefix + text.size() + 1, 64) - prefix;
    if (major == 1 && length > UINT16_MAX)
      continue;
    std::string padded = text + std::string(length - text.size() - 1, ' ');
    std::string header = magic.str() + char(major) + char(0);
    for (size_t i = 0; i < prefix - magic.size() - 2; ++i)
      header += char(length >> (8 * i) & 0xff);
    return header + padded + '\n';
  }
  llvm_unreachable("version 2.0 holds every header");
}

/// Creates a file with a name of its own beside `path`.
static std::error_code createBeside(StringRef path, std::string &name,
                                    int &descriptor) {
  std::error_code error;
  for (unsigned attempt = 0; attempt < 1000; ++attempt) {
    name = (path + ".tmp-" + Twine(sys::Process::getProcessId()) + "-" +
            Twine(attempt))
               .str();
    error = sys::fs::openFileForWrite(name, descriptor, sys::fs::CD_CreateNew);
    if (error != std::errc::file_exists)
      break;
  }
  return error;
}

/// Writes `array` to the open file and closes it.
static std::error_code writeAndClose(int descriptor, const Array &array) {
  raw_fd_ostream os(descriptor, /*shouldClose=*/true);
  os << makeHeader(array)
     << StringRef(reinterpret_cast<const char *>(array.data()),
                  array.getNumBytes());
  os.close();
  std::error_code error = os.error();
  os.clear_error();
  return error;
}

Error mlir::attn::writeNpy(StringRef path, const Array &array) {
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && !sys::fs::is_regular_file(status))
    return createStringError(path + ": cannot be written: expected a regular "
                                    "file or none, found something else");

  std::string temporary;
  int descriptor;
  std::error_code error = createBeside(path, temporary, descriptor);
  if (!error) {
    sys::RemoveFileOnSignal(temporary);
    error = writeAndClose(descriptor, array);
    if (!error)
      error = sys::fs::rename(temporary, path);
    if (error)
      sys::fs::remove(temporary);
    sys::DontRemoveFileOnSignal(temporary);
  }
  if (error)
    return createStringError(path + ": cannot be written: " + error.message());
  return Error::success();
}
