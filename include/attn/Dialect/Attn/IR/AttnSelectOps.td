//===- AttnSelectOps.td - choosing some of many ------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Selection along an axis.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNSELECTOPS
#define ATTN_DIALECT_ATTN_IR_ATTNSELECTOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

//===----------------------------------------------------------------------===//
// attn.topk
//===----------------------------------------------------------------------===//

def Attn_TopkOp : Attn_Op<"topk", [
    InferTypeOpAdaptor,
    Attn_ReifyShapes
  ]> {
  let summary = "the k largest elements along the last axis";
  let description = [{
    Computes, for every row `x` along the last axis, the first `k` of its
    eligible elements in falling order (`least`: in rising order):

    ```
    x[indices[0]] >= x[indices[1]] >= ...     values[r] = x[indices[r]]
    kept[c] = c is one of the indices         (with `keep`)
    ```

    Equal elements are taken with the lowest index first; -0 equals +0. NaN and
    -inf are never eligible, also with `least`: -inf is the score of a masked
    candidate. Indices are i32; entries past the number of eligible elements
    have index -1 and value 0.

    Constraints:
    - (C1) `rank(x) >= 1`
    - (C2) a static last axis has a size below 2^31

    Edges: a row without eligible elements gives -1 and 0 everywhere.

    Example:

    ```mlir
    // Four experts of each token, and which ones they are.
    func.func @route(%p: tensor<2x?x16xf32>)
        -> (tensor<2x?x4xf32>, tensor<2x?x4xi32>, tensor<2x?x16xi1>) {
      %g, %i, %kept = attn.topk %p, 4 keep : tensor<2x?x16xf32>
      return %g, %i, %kept
        : tensor<2x?x4xf32>, tensor<2x?x4xi32>, tensor<2x?x16xi1>
    }
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$x,
                       ConfinedAttr<I64Attr, [IntPositive]>:$k,
                       UnitAttr:$keep, UnitAttr:$least);
  let results = (outs Attn_FloatTensor:$values, TensorOf<[I32]>:$indices,
                      Optional<TensorOf<[I1]>>:$kept);
  let assemblyFormat = [{
    $x `,` $k (`keep` $keep^)? (`least` $least^)? attr-dict `:` type($x)
  }];
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNSELECTOPS
