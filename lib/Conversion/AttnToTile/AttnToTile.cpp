//===- AttnToTile.cpp - attention to tile programs ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/AttnToTile.h"

#include "MaskRanges.h"
#include "PairKernel.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTATTNTOTILEPASS
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct ConvertAttnToTilePass final
    : attn::impl::ConvertAttnToTilePassBase<ConvertAttnToTilePass> {
  using ConvertAttnToTilePassBase::ConvertAttnToTilePassBase;

  void runOnOperation() override {
    if (!getOperation()->hasTrait<OpTrait::SymbolTable>()) {
      getOperation()->emitError(
          "expected convert-attn-to-tile to run on a symbol table");
      return signalPassFailure();
    }
    SymbolTable symbols(getOperation());
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<AttentionOp, PartialOp>(op))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : ops)
      if (failed(PairKernelBuilder(op, {queryTile, keyTile},
                                   {bf16Products, f16Products,
                                    narrowProductsOfFewRows, splitWeights},
                                   sharedBytes)
                     .build(symbols, rewriter)))
        return signalPassFailure();
    eraseUnusedMasks(getOperation());
  }
};
} // namespace
