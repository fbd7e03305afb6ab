//===- CallWrappers.cpp - what callers see of compiled code ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each entry f gets
//
//   void f.packed(void **arguments)        unpacks for _mlir_ciface_f
//   const attn_rt_entry attn_entry_f       says what f takes and returns
//   int f(inputs..., outputs...)           calls attn_rt_invoke
//
// Names with a dot are no names of entries, which are identifiers of C.
//
//===----------------------------------------------------------------------===//

#include "CallWrappers.h"

#include "attn/Runtime/Runtime.h"

#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::attn;

std::string mlir::attn::getEntrySymbol(StringRef name) {
  return ("attn_entry_" + name).str();
}

namespace {

/// Builds the wrappers of one entry.
class WrapperBuilder {
public:
  WrapperBuilder(ModuleOp module, const Signature &signature,
                 const CPUTarget &cpu)
      : module(module), signature(signature), cpu(cpu), symbols(module),
        b(module.getLoc(), module.getContext()),
        pointer(LLVM::LLVMPointerType::get(b.getContext())) {
    valueType = LLVM::LLVMStructType::getLiteral(
        b.getContext(), {pointer, b.getI32Type(), b.getI32Type(), pointer});
    entryType = LLVM::LLVMStructType::getLiteral(
        b.getContext(),
        {b.getI32Type(), b.getI32Type(), b.getI32Type(), b.getI32Type(),
         pointer, pointer, pointer, pointer, pointer});
  }

  void build() {
    LLVM::LLVMFuncOp packed = buildPacked();
    LLVM::GlobalOp entry = buildEntry(packed);
    buildFunction(entry);
  }

private:
  LLVM::LLVMFuncOp buildPacked();
  /// Calls the runtime for the right to use tile registers.
  void requireAMX();
  LLVM::GlobalOp buildEntry(LLVM::LLVMFuncOp packed);
  void buildFunction(LLVM::GlobalOp entry);

  /// Returns a function at the end of the module, with the builder in it.
  LLVM::LLVMFuncOp startFunction(StringRef name, Type result,
                                 ArrayRef<Type> parameters,
                                 LLVM::Linkage linkage);
  /// Returns a new constant of `type` whose value `initialize` returns, with a
  /// name that starts with `name`.
  LLVM::GlobalOp createConstant(StringRef name, Type type,
                                LLVM::Linkage linkage,
                                llvm::function_ref<Value()> initialize);
  /// Returns the address of the constants, or null if there are none.
  Value createValues(StringRef name, ArrayRef<ValueSpec> specs);
  Value createValue(const ValueSpec &spec);
  Value createString(StringRef text);
  Value createSizes(ArrayRef<int64_t> shape);
  /// Returns the struct or array of `type` that holds `fields`.
  Value createAggregate(Type type, ArrayRef<Value> fields);
  Value createInt(int64_t value) {
    return LLVM::ConstantOp::create(b, b.getI32IntegerAttr(value));
  }
  /// Returns the address of element `index` of an array of pointers.
  Value getSlot(Value array, int32_t index) {
    return LLVM::GEPOp::create(b, pointer, pointer, array,
                               ArrayRef<LLVM::GEPArg>{index});
  }
  /// Returns the address of an array on the stack that holds `pointers`.
  Value storePointers(ArrayRef<Value> pointers);
  /// Returns memory on the stack for `count` elements of `type`.
  Value allocate(Type type, int64_t count) {
    Value size = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(count));
    return LLVM::AllocaOp::create(b, pointer, type, size);
  }
  /// Returns the type in which a scalar of `kind` is passed in C.
  Type getScalarType(ElementKind kind);
  /// Returns the address of `scalar` in the form that compiled code reads.
  Value storeScalar(Value scalar, ElementKind kind);

  ModuleOp module;
  const Signature &signature;
  const CPUTarget &cpu;
  SymbolTable symbols;
  ImplicitLocOpBuilder b;
  Type pointer, valueType, entryType;
};

} // namespace

LLVM::LLVMFuncOp WrapperBuilder::startFunction(StringRef name, Type result,
                                               ArrayRef<Type> parameters,
                                               LLVM::Linkage linkage) {
  b.setInsertionPointToEnd(module.getBody());
  auto type = LLVM::LLVMFunctionType::get(result, parameters);
  auto function = LLVM::LLVMFuncOp::create(b, name, type, linkage);
  symbols.insert(function);
  b.setInsertionPointToStart(function.addEntryBlock(b));
  return function;
}

/// Returns whether a function of `module` multiplies in tile registers.
static bool usesAMX(ModuleOp module) {
  return module
      .walk([](LLVM::CallIntrinsicOp call) {
        return call.getIntrin() == "llvm.x86.tdpbf16ps.internal"
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

void WrapperBuilder::requireAMX() {
  LLVM::LLVMFuncOp require =
      *LLVM::lookupOrCreateFn(b, module, "attn_rt_require_amx", {},
                              LLVM::LLVMVoidType::get(b.getContext()));
  LLVM::CallOp::create(b, require, ValueRange());
}

LLVM::LLVMFuncOp WrapperBuilder::buildPacked() {
  const std::string name = signature.functionName;
  auto callee = symbols.lookup<LLVM::LLVMFuncOp>("_mlir_ciface_" + name);
  auto voidType = LLVM::LLVMVoidType::get(b.getContext());
  LLVM::LLVMFuncOp packed = startFunction(name + ".packed", voidType, pointer,
                                          LLVM::Linkage::Internal);
  if (usesAMX(module))
    requireAMX();
  Value arguments = packed.getArgument(0);
  bool returnsScalar =
      !isa<LLVM::LLVMVoidType>(callee.getFunctionType().getReturnType());
  SmallVector<Value> operands;
  for (auto [index, type] :
       llvm::enumerate(callee.getFunctionType().getParams())) {
    Value slot = getSlot(arguments, index + (returnsScalar ? 1 : 0));
    Value operand = LLVM::LoadOp::create(b, pointer, slot);
    if (!isa<LLVM::LLVMPointerType>(type))
      operand = LLVM::LoadOp::create(b, type, operand);
    operands.push_back(operand);
  }
  auto call = LLVM::CallOp::create(b, callee, operands);
  if (returnsScalar) {
    Value place = LLVM::LoadOp::create(b, pointer, getSlot(arguments, 0));
    LLVM::StoreOp::create(b, call.getResult(), place);
  }
  LLVM::ReturnOp::create(b, ValueRange());
  return packed;
}

//===----------------------------------------------------------------------===//
// The description
//===----------------------------------------------------------------------===//

LLVM::GlobalOp
WrapperBuilder::createConstant(StringRef name, Type type, LLVM::Linkage linkage,
                               llvm::function_ref<Value()> initialize) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(module.getBody());
  auto global = LLVM::GlobalOp::create(b, type, /*isConstant=*/true, linkage,
                                       name, Attribute());
  symbols.insert(global);
  b.createBlock(&global.getInitializerRegion());
  LLVM::ReturnOp::create(b, initialize());
  return global;
}

Value WrapperBuilder::createAggregate(Type type, ArrayRef<Value> fields) {
  Value aggregate = LLVM::UndefOp::create(b, type);
  for (auto [index, field] : llvm::enumerate(fields))
    aggregate = LLVM::InsertValueOp::create(b, aggregate, field,
                                            static_cast<int64_t>(index));
  return aggregate;
}

Value WrapperBuilder::createString(StringRef text) {
  std::string bytes = text.str() + '\0';
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
  LLVM::GlobalOp global = createConstant(
      "attn_name", type, LLVM::Linkage::Internal, [&]() -> Value {
        return LLVM::ConstantOp::create(b, type, b.getStringAttr(bytes));
      });
  return LLVM::AddressOfOp::create(b, global);
}

Value WrapperBuilder::createSizes(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return LLVM::ZeroOp::create(b, pointer);
  SmallVector<int64_t> sizes(shape);
  for (int64_t &size : sizes)
    size = ShapedType::isDynamic(size) ? -1 : size;
  auto type = LLVM::LLVMArrayType::get(b.getI64Type(), sizes.size());
  LLVM::GlobalOp global = createConstant(
      "attn_sizes", type, LLVM::Linkage::Internal, [&]() -> Value {
        return LLVM::ConstantOp::create(b, type, b.getI64TensorAttr(sizes));
      });
  return LLVM::AddressOfOp::create(b, global);
}

Value WrapperBuilder::createValue(const ValueSpec &spec) {
  int32_t rank = spec.isScalar ? -1 : static_cast<int32_t>(spec.shape.size());
  return createAggregate(valueType, {createString(spec.name),
                                     createInt(getRuntimeType(spec.kind)),
                                     createInt(rank), createSizes(spec.shape)});
}

Value WrapperBuilder::createValues(StringRef name, ArrayRef<ValueSpec> specs) {
  if (specs.empty())
    return LLVM::ZeroOp::create(b, pointer);
  auto type = LLVM::LLVMArrayType::get(valueType, specs.size());
  LLVM::GlobalOp global =
      createConstant(name, type, LLVM::Linkage::Internal, [&] {
        SmallVector<Value> values;
        for (const ValueSpec &spec : specs)
          values.push_back(createValue(spec));
        return createAggregate(type, values);
      });
  return LLVM::AddressOfOp::create(b, global);
}

LLVM::GlobalOp WrapperBuilder::buildEntry(LLVM::LLVMFuncOp packed) {
  return createConstant(
      getEntrySymbol(signature.functionName), entryType,
      LLVM::Linkage::External, [&] {
        return createAggregate(
            entryType,
            {createInt(ATTN_RT_VERSION), createInt(cpu.level),
             createInt(signature.parameters.size()),
             createInt(signature.results.size()), createString(cpu.name),
             createString(signature.functionName),
             LLVM::AddressOfOp::create(b, packed),
             createValues("attn_inputs", signature.parameters),
             createValues("attn_outputs", signature.results)});
      });
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

Type WrapperBuilder::getScalarType(ElementKind kind) {
  switch (kind) {
  case ElementKind::F32:
    return b.getF32Type();
  case ElementKind::F64:
    return b.getF64Type();
  default:
    return b.getIntegerType(8 * getElementBytes(kind));
  }
}

Value WrapperBuilder::storeScalar(Value scalar, ElementKind kind) {
  // Compiled code must find 0 or 1, whatever C hands over.
  if (kind == ElementKind::I1) {
    Value zero = LLVM::ConstantOp::create(b, b.getI8IntegerAttr(0));
    Value truth =
        LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, scalar, zero);
    scalar = LLVM::ZExtOp::create(b, b.getI8Type(), truth);
  }
  Value place = allocate(scalar.getType(), 1);
  LLVM::StoreOp::create(b, scalar, place);
  return place;
}

Value WrapperBuilder::storePointers(ArrayRef<Value> pointers) {
  Value array = allocate(pointer, pointers.size());
  for (auto [index, value] : llvm::enumerate(pointers))
    LLVM::StoreOp::create(b, value, getSlot(array, index));
  return array;
}

void WrapperBuilder::buildFunction(LLVM::GlobalOp entry) {
  SmallVector<Type> types;
  for (const ValueSpec &spec : signature.parameters)
    types.push_back(spec.isScalar ? getScalarType(spec.kind) : pointer);
  types.append(signature.results.size(), pointer);
  LLVM::LLVMFuncOp function = startFunction(
      signature.functionName, b.getI32Type(), types, LLVM::Linkage::External);
  function.setTargetCpu("x86-64");
  function.setTargetFeaturesAttr(LLVM::TargetFeaturesAttr::get(
      b.getContext(), ArrayRef<StringRef>{"+sse2"}));
  SmallVector<Value> inputs, outputs;
  for (auto [index, spec] : llvm::enumerate(signature.parameters)) {
    Value argument = function.getArgument(index);
    inputs.push_back(spec.isScalar ? storeScalar(argument, spec.kind)
                                   : argument);
  }
  for (size_t i = signature.parameters.size(); i < types.size(); ++i)
    outputs.push_back(function.getArgument(i));
  LLVM::LLVMFuncOp invoke = *LLVM::lookupOrCreateFn(
      b, module, "attn_rt_invoke", {pointer, pointer, pointer}, b.getI32Type());
  Value description = LLVM::AddressOfOp::create(b, entry);
  Value status =
      LLVM::CallOp::create(b, invoke,
                           ValueRange{description, storePointers(inputs),
                                      storePointers(outputs)})
          .getResult();
  LLVM::ReturnOp::create(b, status);
}

/// Makes all functions internal, so that compiled modules can be linked with
/// each other, and frees the names of the entries.
static void hideFunctions(ModuleOp module, ArrayRef<Signature> entries) {
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    if (function.isExternal())
      continue;
    function.setLinkage(LLVM::Linkage::Internal);
    function.setDsoLocal(true);
  }
  SymbolTable symbols(module);
  for (const Signature &entry : entries) {
    Operation *function = symbols.lookup(entry.functionName);
    (void)symbols.rename(function, entry.functionName + ".memrefs");
  }
}

void mlir::attn::addCallWrappers(ModuleOp module, ArrayRef<Signature> entries,
                                 const CPUTarget &cpu) {
  hideFunctions(module, entries);
  for (const Signature &entry : entries)
    WrapperBuilder(module, entry, cpu).build();
}
