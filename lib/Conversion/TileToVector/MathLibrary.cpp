//===- MathLibrary.cpp - functions that the C library computes ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MathLibrary.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

/// Returns the library's name of the function that `op` computes, or an empty
/// one if LLVM has an accurate intrinsic for it.
static std::string getLibraryName(Operation *op) {
  if (!isa<math::AcoshOp, math::AsinhOp, math::AtanhOp, math::CbrtOp,
           math::ErfOp, math::ErfcOp, math::ExpM1Op, math::Log1pOp>(op))
    return "";
  Type type = getElementTypeOrSelf(op->getResultTypes().front());
  if (!type.isF32() && !type.isF64())
    return "";
  return (op->getName().stripDialect() + (type.isF32() ? "f" : "")).str();
}

void mlir::tile::callMathLibrary(
    Operation *root,
    llvm::function_ref<void(StringRef name, Type type)> declare) {
  root->walk([&](Operation *op) {
    std::string name = getLibraryName(op);
    if (name.empty())
      return;
    ImplicitLocOpBuilder b(op->getLoc(), op);
    Value operand = op->getOperand(0);
    auto vector = dyn_cast<VectorType>(operand.getType());
    if (vector && vector.getRank() != 1)
      return;
    Type type = getElementTypeOrSelf(operand.getType());
    declare(name, type);
    auto call = [&](Value x) -> Value {
      return func::CallOp::create(b, name, type, x).getResult(0);
    };
    Value result;
    if (vector) {
      SmallVector<Value> lanes;
      for (int64_t i = 0; i < vector.getDimSize(0); ++i)
        lanes.push_back(
            call(vector::ExtractOp::create(b, operand, ArrayRef{i})));
      result = vector::FromElementsOp::create(b, vector, lanes);
    } else {
      result = call(operand);
    }
    op->replaceAllUsesWith(ValueRange{result});
    op->erase();
  });
}
