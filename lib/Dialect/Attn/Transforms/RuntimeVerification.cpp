//===- RuntimeVerification.cpp - checks in front of attn ops --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/ExternalModels.h"

#include "attn/Dialect/Attn/Utils/Checks.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether `mask` is defined by mask ops. Lowerings check the others, after
/// functions are inlined.
static bool isKnown(Value mask) {
  Operation *op = mask.getDefiningOp();
  return op && isa<AttnDialect>(op->getDialect()) &&
         llvm::all_of(op->getOperands(), [](Value operand) {
           return !isa<MaskType>(operand.getType()) || isKnown(operand);
         });
}

namespace {

using MessageFn = function_ref<std::string(Operation *, StringRef)>;

/// The checks of an op over pairs.
template <typename OpTy>
struct PairVerification final
    : RuntimeVerifiableOpInterface::ExternalModel<PairVerification<OpTy>,
                                                  OpTy> {
  void generateRuntimeVerification(Operation *op, OpBuilder &b, Location,
                                   MessageFn) const {
    PairView view = PairView::get(op);
    if (view.mask && !isKnown(view.mask))
      view.mask = Value();
    (void)emitPairChecks(b, view);
  }
};

/// The checks of an op without named coordinates.
template <typename OpTy>
struct OperandVerification final
    : RuntimeVerifiableOpInterface::ExternalModel<OperandVerification<OpTy>,
                                                  OpTy> {
  void generateRuntimeVerification(Operation *op, OpBuilder &b, Location,
                                   MessageFn) const {
    emitOperandChecks(b, op);
  }
};

template <template <typename> class Model, typename... Ops>
void attach(MLIRContext &context) {
  (Ops::template attachInterface<Model<Ops>>(context), ...);
}

} // namespace

void mlir::attn::registerRuntimeVerifiableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    attach<PairVerification, AttentionOp, PartialOp, ObserveOp>(*context);
    attach<OperandVerification, CombineOp, FinalizeOp, MergeOp, PrefixOp,
           RotateBlocksOp, RotateOp>(*context);
    context->loadDialect<arith::ArithDialect, scf::SCFDialect,
                         tensor::TensorDialect, tile::TileDialect>();
  });
}
