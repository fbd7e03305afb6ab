//===- CHeader.cpp - headers for compiled code ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes the prototypes of compiled functions, with what callers must know.
//
//===----------------------------------------------------------------------===//

#include "CallWrappers.h"
#include "Embedded.h"
#include "attn/Compiler/Compiler.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// Words that are no names in C or C++.
static constexpr StringLiteral kKeywords =
    " alignas alignof and asm auto bool break case catch char class const "
    "constexpr continue decltype default delete do double else enum explicit "
    "export extern false float for friend goto if inline int long mutable "
    "namespace new noexcept not nullptr operator or private protected public "
    "register restrict return short signed sizeof static struct switch "
    "template this throw true try typedef typeid typename typeof union "
    "unsigned using virtual void volatile while xor ";

/// Returns whether `name` is an identifier of C and C++.
static bool isIdentifier(StringRef name) {
  auto isPart = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  return !name.empty() && !llvm::isDigit(name[0]) &&
         llvm::all_of(name, isPart) &&
         !kKeywords.contains((" " + name + " ").str());
}

llvm::Error mlir::attn::checkNames(ArrayRef<Signature> entries) {
  for (const Signature &entry : entries) {
    StringRef name = entry.functionName;
    if (!isIdentifier(name))
      return llvm::createStringError("@" + name +
                                     ": expected a function whose name is an "
                                     "identifier of C");
    if (name.starts_with("attn_rt_") || name.starts_with("attn_entry_"))
      return llvm::createStringError(
          "@" + name +
          ": names that start with attn_rt_ and attn_entry_ are "
          "those of the runtime library");
  }
  return llvm::Error::success();
}

std::string mlir::attn::makeHeaderGuard(StringRef path) {
  std::string guard = "ATTN_COMPILED_";
  for (char c : llvm::sys::path::filename(path))
    guard += llvm::isAlnum(c) ? llvm::toUpper(c) : '_';
  return guard;
}

namespace {

/// Writes what belongs to one entry.
class EntryWriter {
public:
  EntryWriter(const Signature &signature, llvm::raw_ostream &os)
      : signature(signature), os(os) {
    for (auto [index, spec] : llvm::enumerate(signature.parameters))
      parameters.push_back(chooseName(StringRef(spec.name).ltrim('%'),
                                      "input" + std::to_string(index)));
    bool single = signature.results.size() == 1;
    for (size_t i = 0; i < signature.results.size(); ++i) {
      std::string name = single ? "output" : "output" + std::to_string(i);
      results.push_back(chooseName(name, name));
    }
  }

  void write();

private:
  /// Returns `wanted`, or `otherwise` if it is no identifier, made unique.
  std::string chooseName(StringRef wanted, StringRef otherwise) {
    std::string name = (isIdentifier(wanted) ? wanted : otherwise).str();
    while (!taken.insert(name).second)
      name += '_';
    return name;
  }
  void writeValue(StringRef name, StringRef role, const ValueSpec &spec);
  void writeDescription();
  void writePrototype();

  const Signature &signature;
  llvm::raw_ostream &os;
  /// Names that parameters cannot have: those of types, and of each other.
  llvm::StringSet<> taken = {"attn_rt_tensor", "uint8_t", "uint16_t", "int8_t",
                             "int16_t",        "int32_t", "int64_t"};
  std::vector<std::string> parameters, results;
};

} // namespace

/// Returns the type of a scalar in C.
static StringRef getScalarType(ElementKind kind) {
  switch (kind) {
  case ElementKind::F16:
  case ElementKind::BF16:
    return "uint16_t";
  case ElementKind::F32:
    return "float";
  case ElementKind::F64:
    return "double";
  case ElementKind::I1:
    return "uint8_t";
  case ElementKind::I8:
    return "int8_t";
  case ElementKind::I16:
    return "int16_t";
  case ElementKind::I32:
    return "int32_t";
  case ElementKind::I64:
    return "int64_t";
  }
  llvm_unreachable("unknown element kind");
}

void EntryWriter::writeValue(StringRef name, StringRef role,
                             const ValueSpec &spec) {
  os << "///   " << name << ": " << role << ", ";
  if (spec.isScalar) {
    bool isSmall =
        spec.kind == ElementKind::F16 || spec.kind == ElementKind::BF16;
    os << getElementName(spec.kind) << (isSmall ? " (its bits)" : "") << "\n";
    return;
  }
  if (spec.shape.empty())
    os << "a tensor without axes";
  else
    os << describeShape(spec.shape);
  os << " of " << getElementName(spec.kind) << "\n";
}

void EntryWriter::writeDescription() {
  os << "/// Runs @" << signature.functionName << ".\n///\n";
  for (auto [name, spec] : llvm::zip_equal(parameters, signature.parameters))
    writeValue(name, "input", spec);
  for (auto [name, spec] : llvm::zip_equal(results, signature.results))
    writeValue(name, "output", spec);
}

void EntryWriter::writePrototype() {
  SmallVector<std::string> list;
  for (auto [name, spec] : llvm::zip_equal(parameters, signature.parameters))
    list.push_back(spec.isScalar ? (getScalarType(spec.kind) + " " + name).str()
                                 : "const attn_rt_tensor *" + name);
  for (auto [name, spec] : llvm::zip_equal(results, signature.results))
    list.push_back(spec.isScalar
                       ? (getScalarType(spec.kind) + " *" + name).str()
                       : "attn_rt_tensor *" + name);
  std::string start = "attn_rt_status " + signature.functionName + "(";
  std::string separator = ",\n" + std::string(start.size(), ' ');
  os << start << (list.empty() ? "void" : llvm::join(list, separator))
     << ");\n\n";
}

void EntryWriter::write() {
  writeDescription();
  writePrototype();
}

/// What holds for all functions of a header.
static const char *const kRules =
    R"(// Every function below
//
// - returns ATTN_RT_OK, or a status whose sentence attn_rt_last_error() gives:
//   ATTN_RT_BAD_ARGUMENT for a tensor of another rank, element type or fixed
//   size, ATTN_RT_CHECK_FAILED for sizes that disagree with each other and
//   values that the function forbids, ATTN_RT_NO_MEMORY;
// - accepts any size where a shape says ?, zero included;
// - only reads its inputs, which may have any strides; those that are not dense
//   in C order are copied first, so dense ones are faster;
// - allocates an output whose `data` is null: start with attn_rt_tensor t = {0},
//   and give the memory back with attn_rt_tensor_free(&t). If `data` is set,
//   the result is copied there, and sizes and strides must fit;
// - changes no output if it fails;
// - uses attn_rt_threads() threads, see attn_rt_set_threads; the results do not
//   depend on their number. It may be called from several threads at once.
)";

/// What holds for functions with kernels, after the rules.
static const char *const kKernelRules =
    R"(// - runs its kernels on the device that attn_rt_set_device has installed, such
//   as attn_rt_cuda_device(): inputs are copied to its memory and outputs back.
//   Without a device the status is ATTN_RT_NO_DEVICE, and one that cannot run
//   them gives ATTN_RT_DEVICE_FAILED.
)";

/// Returns the text of Device.h without the line that includes Call.h, which
/// stands before it.
static std::string getDeviceDeclarations() {
  auto [before, after] =
      getDeviceHeader().split("#include \"attn/Runtime/Call.h\"\n");
  return (before + after).str();
}

std::string mlir::attn::makeHeader(const LoweredProgram &program,
                                   const CPUTarget &cpu, StringRef title,
                                   StringRef guard) {
  std::string text;
  llvm::raw_string_ostream os(text);
  bool kernels = !program.gpu.empty();
  os << "// Functions of " << title << ", compiled by attn-compile for ";
  if (kernels)
    os << program.gpu << ", launched from ";
  os << "cpu " << cpu.request << ".\n//\n" << kRules;
  if (kernels)
    os << kKernelRules;
  os << "\n#ifndef " << guard << "\n#define " << guard << "\n\n"
     << getCallHeader();
  if (kernels)
    os << "\n" << getDeviceDeclarations();
  os << "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  for (const Signature &entry : program.entries)
    EntryWriter(entry, os).write();
  os << "#ifdef __cplusplus\n}\n#endif\n\n#endif // " << guard << "\n";
  return text;
}
