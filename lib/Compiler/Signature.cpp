//===- Signature.cpp - what an entry function takes and returns -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads signatures off functions.
//
//===----------------------------------------------------------------------===//

#include "attn/Compiler/Signature.h"

#include "mlir/AsmParser/AsmParserState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Returns an error with the given sentence.
static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// Returns the kind of arrays with elements of `type`, if there is one.
static std::optional<ElementKind> getElementKind(Type type) {
  if (type.isF16())
    return ElementKind::F16;
  if (type.isBF16())
    return ElementKind::BF16;
  if (type.isF32())
    return ElementKind::F32;
  if (type.isF64())
    return ElementKind::F64;
  if (type.isIndex() || type.isSignlessInteger(64))
    return ElementKind::I64;
  if (type.isSignlessInteger(32))
    return ElementKind::I32;
  if (type.isSignlessInteger(16))
    return ElementKind::I16;
  if (type.isSignlessInteger(8))
    return ElementKind::I8;
  if (type.isSignlessInteger(1))
    return ElementKind::I1;
  return std::nullopt;
}

/// Returns the array form of `type`, if there is one.
static std::optional<ValueSpec> getValueSpec(Type type) {
  ValueSpec spec;
  auto tensor = dyn_cast<RankedTensorType>(type);
  std::optional<ElementKind> kind =
      getElementKind(tensor ? tensor.getElementType() : type);
  if (!kind)
    return std::nullopt;
  spec.kind = *kind;
  spec.isScalar = !tensor;
  if (tensor)
    spec.shape = SmallVector<int64_t>(tensor.getShape());
  return spec;
}

/// Returns the spelling of block argument `index` in the source, if known.
static std::string getSourceName(Block &block, unsigned index,
                                 const AsmParserState *state) {
  if (!state)
    return "";
  const AsmParserState::BlockDefinition *definition =
      state->getBlockDef(&block);
  if (!definition || index >= definition->arguments.size())
    return "";
  llvm::SMRange range = definition->arguments[index].loc;
  if (!range.isValid())
    return "";
  const char *start = range.Start.getPointer();
  return std::string(start, range.End.getPointer() - start);
}

/// Returns the error for a type that no array can hold.
static llvm::Error makeTypeError(const Twine &what, func::FuncOp function,
                                 Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return makeError(what + " of @" + function.getName() + " has type " + text +
                   ": expected a ranked tensor or a scalar of f16, bf16, f32, "
                   "f64, i1, i8, i16, i32, i64 or index");
}

SmallVector<func::FuncOp> mlir::attn::getPublicFunctions(ModuleOp module) {
  SmallVector<func::FuncOp> functions;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      functions.push_back(function);
  return functions;
}

llvm::Expected<func::FuncOp> mlir::attn::findEntry(ModuleOp module,
                                                   StringRef name) {
  SmallVector<func::FuncOp> functions = getPublicFunctions(module);
  if (name.empty() && functions.size() == 1)
    return functions.front();
  for (func::FuncOp function : functions)
    if (function.getName() == name)
      return function;

  std::string known =
      llvm::join(llvm::map_range(functions,
                                 [](func::FuncOp function) {
                                   return "@" + function.getName().str();
                                 }),
                 ", ");
  std::string found = known.empty() ? "the module has no public function"
                                    : "public functions are " + known;
  if (name.empty())
    return makeError("expected --entry=NAME: " + found);
  return makeError("no public function @" + name + ": " + found);
}

/// Returns the spec of a parameter or result, which errors call `what`.
static llvm::Expected<ValueSpec>
makeValueSpec(const Twine &what, func::FuncOp function, Type type) {
  std::optional<ValueSpec> spec = getValueSpec(type);
  if (!spec)
    return makeTypeError(what, function, type);
  if (spec->shape.size() > ATTN_RT_MAX_RANK)
    return makeError(what + " of @" + function.getName() + " has rank " +
                     Twine(spec->shape.size()) + ": expected at most " +
                     Twine(ATTN_RT_MAX_RANK));
  return *spec;
}

llvm::Expected<Signature>
mlir::attn::getSignature(func::FuncOp function, const AsmParserState *state) {
  Signature signature;
  signature.functionName = function.getName().str();
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto spec = makeValueSpec("parameter " + Twine(index), function, type);
    if (!spec)
      return spec.takeError();
    spec->name = getSourceName(function.front(), index, state);
    signature.parameters.push_back(std::move(*spec));
  }
  for (auto [index, type] : llvm::enumerate(function.getResultTypes())) {
    auto spec = makeValueSpec("result " + Twine(index), function, type);
    if (!spec)
      return spec.takeError();
    signature.results.push_back(std::move(*spec));
  }
  return signature;
}

std::string mlir::attn::describeParameter(const Signature &signature,
                                          size_t index) {
  std::string text = "input " + std::to_string(index);
  const std::string &name = signature.parameters[index].name;
  return name.empty() ? text : text + " (" + name + ")";
}

std::string mlir::attn::describeShape(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "a scalar";
  return llvm::join(llvm::map_range(shape,
                                    [](int64_t size) {
                                      return ShapedType::isDynamic(size)
                                                 ? std::string("?")
                                                 : std::to_string(size);
                                    }),
                    "x");
}
