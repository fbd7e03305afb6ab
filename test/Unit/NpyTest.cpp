// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of .npy files. "NpyTest fuzz SECONDS" parses mutated files for that
// long, "NpyTest copy FROM TO" reads one file and writes the other.

#include "attn/Runner/Npy.h"
#include "Check.h"
#include "attn/Runner/Compare.h"
#include "attn/Runner/RandomInput.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <vector>

using namespace llvm;
using namespace mlir::attn;

static constexpr ElementKind allKinds[] = {
    ElementKind::F16, ElementKind::BF16, ElementKind::F32,
    ElementKind::F64, ElementKind::I1,   ElementKind::I8,
    ElementKind::I16, ElementKind::I32,  ElementKind::I64};

/// Returns the sentence of a result, "" where there is none.
template <typename T>
static std::string failureOf(Expected<T> result) {
  return result ? "" : toString(result.takeError());
}

static std::string failureOf(Error error) {
  return error ? toString(std::move(error)) : "";
}

/// Returns the sentence that parsing `content` fails with.
static std::string parseFailure(StringRef content) {
  std::string sentence = failureOf(parseNpy(content, "f"));
  StringRef rest = sentence;
  if (!sentence.empty() && !rest.consume_front("f: "))
    check::report(__FILE__, __LINE__, "expected the name in: " + sentence);
  return rest.str();
}

/// Returns the start of a file up to its elements, as given.
static std::string makeFile(StringRef header, unsigned major = 1) {
  std::string file = "\x93NUMPY";
  file += char(major);
  file += char(0);
  for (unsigned i = 0; i < (major == 1 ? 2 : 4); ++i)
    file += char(header.size() >> (8 * i) & 0xff);
  return file + header.str();
}

/// Returns a file with the usual header and `bytes` bytes 1, 2, 3 ... after it.
static std::string makeFile(StringRef descr, StringRef shape, size_t bytes,
                            bool fortranOrder = false) {
  std::string file = makeFile(("{'descr': '" + descr + "', 'fortran_order': " +
                               (fortranOrder ? "True" : "False") +
                               ", 'shape': " + shape + ", }\n")
                                  .str());
  for (size_t i = 0; i < bytes; ++i)
    file += char(i + 1);
  return file;
}

namespace {

/// A folder that is deleted with what is in it.
class Folder {
public:
  Folder() {
    if (sys::fs::createUniqueDirectory("npy-test", path))
      check::report(__FILE__, __LINE__, "cannot create a folder");
  }
  ~Folder() { sys::fs::remove_directories(path); }

  std::string file(StringRef name) const {
    return (path.str() + "/" + name).str();
  }

  /// Returns the number of entries of the folder.
  int count() const {
    std::error_code error;
    int entries = 0;
    for (sys::fs::directory_iterator it(path, error), end; it != end && !error;
         it.increment(error))
      ++entries;
    return entries;
  }

private:
  SmallString<128> path;
};

} // namespace

static std::string contentOf(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

static void writeFile(StringRef path, StringRef content) {
  std::error_code error;
  raw_fd_ostream os(path, error);
  if (error)
    check::report(__FILE__, __LINE__, "cannot write " + path.str());
  else
    os << content;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Returns whether two arrays are of one kind and shape and have equal bytes.
static bool isSame(const Array &a, const Array &b) {
  return a.kind == b.kind && a.shape == b.shape &&
         std::memcmp(a.data(), b.data(), a.getNumBytes()) == 0;
}

static void testRoundTrip() {
  Folder folder;
  std::string path = folder.file("a.npy");
  const SmallVector<int64_t> shapes[] = {
      {},     {1},    {3, 5, 7}, {0}, {3, 0, 7}, {0, int64_t(1) << 40},
      {1, 9}, {64, 1}};
  for (ElementKind kind : allKinds)
    for (const SmallVector<int64_t> &shape : shapes) {
      Array written = cantFail(randomArray("1", kind, shape));
      CHECK_EQ(failureOf(writeNpy(path, written)), "");
      Expected<Array> read = readNpy(path);
      if (!read) {
        check::report(__FILE__, __LINE__, toString(read.takeError()));
        continue;
      }
      CHECK(isSame(*read, written));
      CHECK_EQ((contentOf(path).size() - written.getNumBytes()) % 64, 0u);
    }
  CHECK_EQ(folder.count(), 1);
}

/// The content that numpy.save writes for numpy.arange(3, dtype='<i2').
static void testBytesOfFile() {
  Folder folder;
  std::string path = folder.file("a.npy");
  Array array = cantFail(Array::create(ElementKind::I16, 3));
  for (int64_t i = 0; i < 3; ++i)
    array.setInt(i, i);
  CHECK_EQ(failureOf(writeNpy(path, array)), "");
  std::string text =
      "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";
  std::string expected = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text +
                         std::string(117 - text.size(), ' ') + "\n" +
                         std::string("\0\0\1\0\2\0", 6);
  CHECK(contentOf(path) == expected);
}

/// A header of more than 65535 bytes needs format 2.0.
static void testLongHeader() {
  Folder folder;
  std::string path = folder.file("a.npy");
  Array array =
      cantFail(Array::create(ElementKind::F32, SmallVector<int64_t>(30000, 1)));
  array.setDouble(0, 5);
  CHECK_EQ(failureOf(writeNpy(path, array)), "");
  CHECK_EQ(int(contentOf(path)[6]), 2);
  Expected<Array> read = readNpy(path);
  CHECK(read && isSame(*read, array));
  consumeError(read.takeError());
}

static void testHeaderForms() {
  // Versions.
  for (unsigned major : {1, 2, 3}) {
    Array array = cantFail(parseNpy(
        makeFile("{'descr': '|i1', 'fortran_order': False, 'shape': (1,), }\n",
                 major) +
            "\x07",
        "f"));
    CHECK_EQ(array.getInt(0), 7);
  }
  // Any order, either quote, any space, long integers of Python 2.
  const char *headers[] = {
      "{'shape':(2,3),\"fortran_order\":False,'descr':\"|i1\"}",
      "  {'descr' :\n'<i1', 'shape' : ( 2L,3L, ), 'fortran_order':False }\t\n",
      "{'fortran_order': False, 'shape': (2, 3), 'descr': '>i1', }",
  };
  for (const char *header : headers) {
    Array array = cantFail(parseNpy(makeFile(header) + "abcdef", "f"));
    CHECK(array.kind == ElementKind::I8);
    CHECK(array.shape == SmallVector<int64_t>({2, 3}));
    CHECK_EQ(array.getInt(5), 'f');
  }
}

static void testElementTypes() {
  struct Case {
    const char *descr;
    ElementKind kind;
    uint64_t first; // the bytes 1, 2, 3 ... as one element
  };
  const Case cases[] = {
      {"<f2", ElementKind::F16, 0x0201},
      {">f2", ElementKind::F16, 0x0102},
      {"<V2", ElementKind::BF16, 0x0201},
      {"|V2", ElementKind::BF16, 0x0201},
      {">V2", ElementKind::BF16, 0x0102},
      {"<f4", ElementKind::F32, 0x04030201},
      {">f4", ElementKind::F32, 0x01020304},
      {"<f8", ElementKind::F64, 0x0807060504030201},
      {">f8", ElementKind::F64, 0x0102030405060708},
      {"|b1", ElementKind::I1, 1},
      {"|i1", ElementKind::I8, 1},
      {"<i2", ElementKind::I16, 0x0201},
      {">i2", ElementKind::I16, 0x0102},
      {"<i4", ElementKind::I32, 0x04030201},
      {">i4", ElementKind::I32, 0x01020304},
      {"<i8", ElementKind::I64, 0x0807060504030201},
      {">i8", ElementKind::I64, 0x0102030405060708},
  };
  for (const Case &c : cases) {
    size_t size = getElementBytes(c.kind);
    Array array = cantFail(parseNpy(makeFile(c.descr, "(2,)", 2 * size), "f"));
    CHECK(array.kind == c.kind);
    uint64_t first = 0;
    std::memcpy(&first, array.data(), size);
    CHECK_EQ(first, c.first);
  }

  // Every byte but 0 is true.
  Array flags = cantFail(
      parseNpy(makeFile("|b1", "(3,)", 0) + std::string("\0\2\xff", 3), "f"));
  CHECK(flags.data()[0] == 0 && flags.data()[1] == 1 && flags.data()[2] == 1);
}

/// Element (i, j, k) of a Fortran-order file is number i + 3 j + 3 * 1 * 5 k,
/// whatever its size and byte order.
static void testFortranOrder() {
  for (const char *descr : {"|i1", "<i2", ">i2", "<i4", ">i8"}) {
    size_t size = descr[2] - '0';
    std::string file = makeFile(descr, "(3, 1, 5, 7)", 0, true);
    for (int i = 0; i < 105; ++i) {
      std::string element(size, '\0');
      element[descr[0] == '>' ? size - 1 : 0] = char(i);
      file += element;
    }
    Array array = cantFail(parseNpy(file, "f"));
    CHECK(array.shape == SmallVector<int64_t>({3, 1, 5, 7}));
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 5; ++j)
        for (int k = 0; k < 7; ++k)
          CHECK_EQ(array.getInt((i * 5 + j) * 7 + k), i + 3 * j + 15 * k);
  }
  CHECK_EQ(parseFailure(makeFile("<f4", "()", 4, true)), "");
  CHECK_EQ(parseFailure(makeFile("<f4", "(3, 0)", 0, true)), "");
  CHECK_EQ(parseFailure(makeFile("<f4", "(1, 1)", 4, true)), "");
}

static void testNotNpy() {
  std::string prefix = "not an npy file: expected it to start with "
                       "'\\93NUMPY', found ";
  CHECK_EQ(parseFailure(""), prefix + "''");
  CHECK_EQ(parseFailure("\x93NUM"), prefix + "'\\93NUM'");
  CHECK_EQ(parseFailure(StringRef("PK\3\4abcdefgh")),
           prefix + "'PK\\03\\04ab'");
}

static void testVersions() {
  std::string prefix = "version is not supported: expected 1.0, 2.0 or 3.0, "
                       "found ";
  std::string file = makeFile("<f4", "(1,)", 4);
  for (auto [major, minor] : {std::pair(0, 0), {4, 0}, {1, 1}, {255, 0}}) {
    file[6] = char(major);
    file[7] = char(minor);
    CHECK_EQ(parseFailure(file),
             prefix + std::to_string(major) + "." + std::to_string(minor));
  }
}

/// Every prefix of a file is an error, and the sentence says where it ends.
static void testTruncation() {
  std::string file = makeFile("<f4", "(3,)", 12);
  for (size_t length = 0; length < file.size(); ++length)
    CHECK(parseFailure(file.substr(0, length)) != "");
  CHECK_EQ(parseFailure(file), "");

  std::string ends = "file ends in its header: expected ";
  CHECK_EQ(parseFailure(file.substr(0, 7)),
           ends + "2 bytes of version, found 1");
  CHECK_EQ(parseFailure(file.substr(0, 9)),
           ends + "2 bytes of length, found 1");
  CHECK_EQ(parseFailure(makeFile("", 2).substr(0, 11)),
           ends + "4 bytes of length, found 3");
  CHECK_EQ(parseFailure(file.substr(0, 20)),
           ends + std::to_string(file.size() - 22) +
               " bytes of header, found 10");
  CHECK_EQ(parseFailure(file.substr(0, file.size() - 1)),
           "file ends in its elements: expected 12 bytes of elements, found "
           "11");
  CHECK_EQ(parseFailure(file + "x"),
           "file goes on after its elements: expected 12 bytes of elements, "
           "found 13");
  CHECK_EQ(parseFailure(makeFile("<f4", "(0, 5)", 1)),
           "file goes on after its elements: expected 0 bytes of elements, "
           "found 1");
  // A header that claims more than there is memory.
  CHECK_EQ(parseFailure(makeFile("<f4", "(1000000000000, 1000)", 0)),
           "file ends in its elements: expected 4000000000000000 bytes of "
           "elements, found 0");
}

static void testUnsupportedTypes() {
  for (const char *descr :
       {"|u1", "<u2", "<u4", "<c8", "<f16", "|S5", "<U3", "|O", "<M8[ns]", "",
        "f4", "|f4", "=f4", "<b2", "|V4", "<<f4", "<f4 ", "\x01"}) {
    std::string shown = std::string(descr) == "\x01" ? "\\01" : descr;
    CHECK_EQ(parseFailure(makeFile(descr, "(1,)", 4)),
             "element type is not supported: expected f2, f4, f8, i2, i4, i8 "
             "or V2 (bf16) after < or >, |b1 or |i1, found '" +
                 shown + "'");
  }
}

static void testShapes() {
  CHECK_EQ(parseFailure(makeFile("<f4", "(3, -5)", 0)),
           "size of axis 1: expected at least 0, found -5");
  std::string tooLarge = "size of array: expected at most "
                         "9223372036854775807 bytes, found more";
  CHECK_EQ(parseFailure(makeFile("<f4", "(4294967296, 4294967296)", 0)),
           tooLarge);
  CHECK_EQ(parseFailure(makeFile("<f4", "(9223372036854775807,)", 0)),
           tooLarge);
  for (const char *size : {"9223372036854775808", "-9223372036854775809",
                           "99999999999999999999999999"})
    CHECK_EQ(parseFailure(makeFile("<f4", std::string("(") + size + ",)", 0)),
             std::string("size of axis: expected a number that fits in 64 "
                         "bits, found ") +
                 size);
}

static void testMalformedHeaders() {
  struct Case {
    const char *header, *where, *expected, *found;
  };
  const Case cases[] = {
      {"", "0", "'{'", "the end"},
      {"[1]", "0", "'{'", "'['"},
      {"{", "1", "a string", "the end"},
      {"{descr: 1}", "1", "a string", "'d'"},
      {"{'descr", "7", "a closing quote", "the end"},
      {"{'descr' '<f4'}", "9", "':'", "'''"},
      {"{'descr': [('a', '<f4')]}", "10", "a string", "'['"},
      {"{'descr': '<f4' 'shape'", "16", "'}'", "'''"},
      {"{'fortran_order': 1}", "18", "True or False", "'1'"},
      {"{'shape': 3}", "10", "'('", "'3'"},
      {"{'shape': (3)}", "12", "','", "')'"},
      {"{'shape': (3 4)}", "13", "','", "'4'"},
      {"{'shape': (3, 4 5)}", "16", "')'", "'5'"},
      {"{'shape': (,)}", "11", "a size", "','"},
      {"{'shape': (-, 3)}", "12", "a size", "','"},
      {"{'shape': (3.5,)}", "12", "','", "'.'"},
      {"{'shape': (3,", "13", "a size", "the end"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "56",
       "the end", "'x'"},
      {"{,}", "1", "a string", "','"},
  };
  for (const Case &c : cases)
    CHECK_EQ(parseFailure(makeFile(c.header) + "abcd"),
             std::string("header cannot be parsed at character ") + c.where +
                 ": expected " + c.expected + ", found " + c.found);

  CHECK_EQ(parseFailure(makeFile("{'kind': 1}")),
           "unknown key in header: expected 'descr', 'fortran_order' or "
           "'shape', found 'kind'");
  CHECK_EQ(parseFailure(makeFile("{'descr': '<f4', 'descr': '<f4'}")),
           "repeated key in header: expected one 'descr', found two");
  std::string incomplete = "header is incomplete: expected the keys 'descr', "
                           "'fortran_order' and 'shape', found no ";
  CHECK_EQ(parseFailure(makeFile("{}")), incomplete + "'descr'");
  CHECK_EQ(parseFailure(makeFile("{'descr': '<f4', 'shape': (1,)}")),
           incomplete + "'fortran_order'");
  CHECK_EQ(parseFailure(makeFile("{'descr': '<f4', 'fortran_order': True}")),
           incomplete + "'shape'");
}

static void testReadFailures() {
  Folder folder;
  std::string missing = folder.file("missing.npy");
  CHECK_EQ(failureOf(readNpy(missing)),
           missing + ": cannot be read: No such file or directory");
  std::string path = folder.file("");
  CHECK_EQ(failureOf(readNpy(path)), path + ": cannot be read: Is a directory");
  path = folder.file("short.npy");
  writeFile(path, makeFile("<f4", "(3,)", 11));
  CHECK_EQ(failureOf(readNpy(path)),
           path + ": file ends in its elements: expected 12 bytes of elements, "
                  "found 11");
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static void testWriteReplaces() {
  Folder folder;
  // A percent sign must not be taken for a placeholder.
  std::string path = folder.file("%%a%.npy");
  writeFile(path, "what was there");
  CHECK_EQ(failureOf(writeNpy(
               path, cantFail(randomArray("1", ElementKind::F32, {3, 5})))),
           "");
  CHECK_EQ(cantFail(readNpy(path)).getNumElements(), 15);
  CHECK_EQ(folder.count(), 1);
}

static void testWriteFailures() {
  Folder folder;
  Array array = cantFail(randomArray("1", ElementKind::F32, {100, 100}));
  std::string path = folder.file("none/a.npy");
  CHECK_EQ(failureOf(writeNpy(path, array)),
           path + ": cannot be written: No such file or directory");

  std::string special = ": cannot be written: expected a regular file or none, "
                        "found something else";
  path = folder.file("folder");
  CHECK(!sys::fs::create_directory(path));
  CHECK_EQ(failureOf(writeNpy(path, array)), path + special);
  CHECK_EQ(failureOf(writeNpy("/dev/null", array)), "/dev/null" + special);
  CHECK_EQ(folder.count(), 1);
}

/// A disk that becomes full leaves what was there and nothing else. A limit on
/// the size of files stands in for it.
static void testWriteInterrupted() {
  Folder folder;
  std::string path = folder.file("a.npy");
  writeFile(path, "what was there");
  Array array = cantFail(randomArray("1", ElementKind::F32, {100, 100}));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit saved, small;
  getrlimit(RLIMIT_FSIZE, &saved);
  small = saved;
  small.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &small);
  std::string failure = failureOf(writeNpy(path, array));
  setrlimit(RLIMIT_FSIZE, &saved);
  CHECK_EQ(failure, path + ": cannot be written: File too large");
  CHECK_EQ(contentOf(path), "what was there");
  CHECK_EQ(folder.count(), 1);
}

//===----------------------------------------------------------------------===//
// Mutations
//===----------------------------------------------------------------------===//

namespace {

/// Changes files at random, reproducibly.
class Mutator {
public:
  explicit Mutator(uint64_t seed) : state(seed) {}

  /// Returns a number in [0, bound).
  size_t below(size_t bound) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return bound ? (state >> 33) % bound : 0;
  }

  std::string mutate(std::string file) {
    for (size_t change = 0, count = 1 + below(4); change < count; ++change)
      changeOnce(file);
    return file;
  }

private:
  void changeOnce(std::string &file) {
    static const char *const tokens[] = {"{",
                                         "}",
                                         "(",
                                         ")",
                                         ",",
                                         "'",
                                         "\"",
                                         ":",
                                         "L",
                                         "-",
                                         "-1",
                                         "True",
                                         "False",
                                         "0",
                                         "1",
                                         "99",
                                         "<f4",
                                         ">V2",
                                         "|i1",
                                         "descr",
                                         "fortran_order",
                                         "shape",
                                         "9223372036854775807"};
    // Mostly in the header, which is most of what can go wrong.
    size_t at =
        below(below(3) ? std::min<size_t>(file.size(), 90) : file.size());
    switch (below(6)) {
    case 0:
      if (!file.empty())
        file[at] = char(below(256));
      return;
    case 1:
      if (!file.empty())
        file[at] ^= char(1 << below(8));
      return;
    case 2:
      file.erase(at, 1 + below(8));
      return;
    case 3:
      file.insert(at, tokens[below(std::size(tokens))]);
      return;
    case 4:
      file.replace(at, below(12), tokens[below(std::size(tokens))]);
      return;
    case 5:
      file.insert(at, file.substr(below(file.size()), below(20)));
      return;
    }
  }

  uint64_t state;
};

} // namespace

/// Parses mutated files until `isDone(number)`: each is an error with a
/// sentence, or an array that takes the bytes that the file has.
static void testMutations(function_ref<bool(int64_t)> isDone) {
  std::vector<std::string> files;
  for (const char *descr : {"<f4", ">f2", "<V2", "|b1", "<i8", ">i4"})
    for (bool fortranOrder : {false, true})
      files.push_back(
          makeFile(descr, "(3, 1, 5)", 15 * (descr[2] - '0'), fortranOrder));
  files.push_back(makeFile("<f8", "()", 8));
  files.push_back(makeFile("<f8", "(4, 0)", 0));
  files.push_back(
      makeFile("{'descr': '|i1', 'fortran_order': True, 'shape': (2,), }", 2) +
      "ab");

  Mutator mutator(1);
  int64_t number = 0, accepted = 0;
  for (; !isDone(number); ++number) {
    std::string file = mutator.mutate(files[mutator.below(files.size())]);
    Expected<Array> array = parseNpy(file, "f");
    if (!array) {
      std::string sentence = toString(array.takeError());
      CHECK(StringRef(sentence).starts_with("f: "));
      CHECK(StringRef(sentence).contains(": expected "));
      continue;
    }
    ++accepted;
    CHECK(array->getNumBytes() <= int64_t(file.size()));
    CHECK_EQ(compareArrays(*array, *array).differing, 0);
  }
  std::cout << number << " mutated files, " << accepted << " accepted\n";
  CHECK(accepted > 0 && accepted < number);
}

/// Parses mutated files for `seconds` seconds.
static void fuzz(double seconds) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
  testMutations([&](int64_t number) {
    return number % 1000 == 0 && number > 0 &&
           std::chrono::duration<double>(Clock::now() - start).count() >
               seconds;
  });
}

/// Reads one file and writes it to another.
static void copyFile(const char *from, const char *to) {
  Expected<Array> array = readNpy(from);
  std::string failure =
      array ? failureOf(writeNpy(to, *array)) : toString(array.takeError());
  if (!failure.empty())
    check::report(__FILE__, __LINE__, failure);
}

int main(int argc, char **argv) {
  StringRef command = argc > 1 ? argv[1] : "";
  if (command == "fuzz" && argc == 3) {
    fuzz(std::atof(argv[2]));
    return check::finish("NpyTest");
  }
  if (command == "copy" && argc == 4) {
    copyFile(argv[2], argv[3]);
    return check::failures ? 1 : 0;
  }
  testRoundTrip();
  testBytesOfFile();
  testLongHeader();
  testHeaderForms();
  testElementTypes();
  testFortranOrder();
  testNotNpy();
  testVersions();
  testTruncation();
  testUnsupportedTypes();
  testShapes();
  testMalformedHeaders();
  testReadFailures();
  testWriteReplaces();
  testWriteFailures();
  testWriteInterrupted();
  testMutations([](int64_t number) { return number == 20000; });
  return check::finish("NpyTest");
}
