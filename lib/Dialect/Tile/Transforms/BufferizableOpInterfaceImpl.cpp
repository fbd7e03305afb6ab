//===- BufferizableOpInterfaceImpl.cpp - bufferise launches ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Tile/Transforms/BufferizableOpInterfaceImpl.h"

#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::bufferization;

namespace {

/// Bufferises `tile.launch` by giving it the buffers of its tensors.
struct LaunchOpModel
    : public DstBufferizableOpInterfaceExternalModel<LaunchOpModel,
                                                     tile::LaunchOp> {
  /// A kernel writes its outputs completely, so what they held is not read.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto launch = cast<tile::LaunchOp>(op);
    auto getBuffers = [&](ValueRange values, SmallVector<Value> &buffers) {
      for (Value value : values) {
        if (!isa<TensorType>(value.getType())) {
          buffers.push_back(value);
          continue;
        }
        FailureOr<Value> buffer = getBuffer(rewriter, value, options, state);
        if (failed(buffer))
          return failure();
        buffers.push_back(*buffer);
      }
      return success();
    };

    SmallVector<Value> inputs, outputs;
    if (failed(getBuffers(launch.getInputs(), inputs)) ||
        failed(getBuffers(launch.getOutputs(), outputs)))
      return failure();
    rewriter.setInsertionPoint(op);
    auto newLaunch = tile::LaunchOp::create(rewriter, op->getLoc(), TypeRange(),
                                            launch.getKernelAttr(),
                                            launch.getGrid(), inputs, outputs);
    newLaunch->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    replaceOpWithBufferizedValues(rewriter, op, outputs);
    return success();
  }
};

} // namespace

void mlir::tile::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, TileDialect *dialect) {
    LaunchOp::attachInterface<LaunchOpModel>(*context);
  });
}
