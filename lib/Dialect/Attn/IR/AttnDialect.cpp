//===- AttnDialect.cpp - registration of the attn dialect -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types, attributes and the bytecode version of the attn dialect.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"

#include "AttnPartialSyntax.h"

#include "mlir/Bytecode/BytecodeImplementation.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

#include "attn/Dialect/Attn/IR/AttnDialect.cpp.inc"
#include "attn/Dialect/Attn/IR/AttnEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Attn/IR/AttnAttributes.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "attn/Dialect/Attn/IR/AttnTypes.cpp.inc"

#define GET_OP_CLASSES
#include "attn/Dialect/Attn/IR/AttnOps.cpp.inc"

LogicalResult MaskType::verify(function_ref<InFlightDiagnostic()> emitError,
                               unsigned queryRank, unsigned keyRank,
                               unsigned over) {
  for (unsigned rank : {queryRank, keyRank})
    if (rank < 1 || rank > 3)
      return emitError() << "expected mask ranks from 1 to 3, found " << rank;
  return success();
}

namespace {
/// Functions with ops of this dialect may be inlined: all ops are pure.
struct AttnInlinerInterface final : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;

  bool isLegalToInline(Operation *, Region *, bool,
                       IRMapping &) const override {
    return true;
  }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const override {
    return true;
  }
};
} // namespace

Operation *AttnDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                            Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

namespace {

/// The version of the dialect that bytecode was written with.
struct AttnVersion final : DialectVersion {
  explicit AttnVersion(uint64_t number) : number(number) {}
  uint64_t number;
};

/// Writes the version of the dialect to bytecode; bytecode of a later version
/// is refused with both numbers.
struct AttnBytecodeInterface final : BytecodeDialectInterface {
  explicit AttnBytecodeInterface(Dialect *dialect)
      : BytecodeDialectInterface(dialect) {}

  static constexpr uint64_t kVersion = 1;

  void writeVersion(DialectBytecodeWriter &writer) const override {
    writer.writeVarInt(kVersion);
  }

  std::unique_ptr<DialectVersion>
  readVersion(DialectBytecodeReader &reader) const override {
    uint64_t found;
    if (failed(reader.readVarInt(found)))
      return nullptr;
    if (found > kVersion) {
      reader.emitError() << "expected version " << kVersion
                         << " of the attn dialect or an earlier one, found "
                         << found;
      return nullptr;
    }
    return std::make_unique<AttnVersion>(found);
  }
};

} // namespace

void AttnDialect::initialize() {
  addInterfaces<AttnBytecodeInterface>();
  addInterfaces<AttnInlinerInterface>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attn/Dialect/Attn/IR/AttnAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "attn/Dialect/Attn/IR/AttnTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "attn/Dialect/Attn/IR/AttnOps.cpp.inc"
      >();
}
