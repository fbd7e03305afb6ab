//===- AttnTypes.td - types of the attn dialect -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mask type: a predicate as a value.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNTYPES
#define ATTN_DIALECT_ATTN_IR_ATTNTYPES

include "attn/Dialect/Attn/IR/AttnDialect.td"
include "mlir/IR/AttrTypeBase.td"

def Attn_MaskType : TypeDef<Attn_Dialect, "Mask"> {
  let mnemonic = "mask";
  let summary = "a predicate over pairs of a query and a key";
  let description = [{
    `!attn.mask<Q, K>` says for every pair of a query and a key whether the
    query sees the key. `Q` and `K` (1 to 3) are the ranks of their coordinates:
    1 for tokens in a line, 2 for an image, 3 for a video. `over = n` is present
    if the predicate also depends on the `n` batch and head coordinates; a mask
    without it fits any batch.

    A mask is never stored: whoever uses it evaluates the predicate.
  }];
  let parameters = (ins "unsigned":$queryRank, "unsigned":$keyRank,
                        DefaultValuedParameter<"unsigned", "0">:$over);
  let assemblyFormat = "`<` $queryRank `,` $keyRank (`,` `over` `=` $over^)? `>`";
  let genVerifyDecl = 1;
}

def Attn_Tensor : Type<CPred<"::llvm::isa<::mlir::RankedTensorType>($_self)">,
                       "ranked tensor", "::mlir::RankedTensorType">;
def Attn_FloatTensor
    : TensorRankOf<[F16, BF16, F32, F64], [0, 1, 2, 3, 4, 5, 6, 7, 8]>;

#endif // ATTN_DIALECT_ATTN_IR_ATTNTYPES
