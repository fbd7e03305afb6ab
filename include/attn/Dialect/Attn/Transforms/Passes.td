//===- Passes.td - passes inside the attn dialect ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes on attn ops, in alphabetical order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_PASSES
#define ATTN_DIALECT_ATTN_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// attn-branch-single-query
//===----------------------------------------------------------------------===//

def AttnBranchSingleQueryPass : Pass<"attn-branch-single-query"> {
  let summary = "give attention of a dynamic number of queries a branch for one";
  let description = [{
    *What*: softmax attention of a dynamic number of queries becomes an `scf.if`
    with the same op on one query, and on any number. The same binary then
    decodes as fast as one that is compiled for one query, and also computes
    prompts. Elementwise `linalg` ops that make an operand for it alone, and
    those behind its output, go into both branches, so that kernels can take
    them in.

    *Before* and *after*: any IR. An op stays as it is if its number of queries
    is static, or given by an `extents` clause, if queries or keys are on a
    grid, if there is no dot product or one without an axis of queries, or if
    keys are the queries themselves.

    Example:

    ```mlir
    func.func @attend(%q: tensor<?x32x?x128xf32>, %k: tensor<?x8x?x128xf32>, %v: tensor<?x8x?x128xf32>)
        -> tensor<?x32x?x128xf32> {
      %o = attn.attention dots(%q * %k) values(%v) scale = 0.0884
        : tensor<?x32x?x128xf32>, tensor<?x8x?x128xf32>, tensor<?x8x?x128xf32> -> tensor<?x32x?x128xf32>
      return %o : tensor<?x32x?x128xf32>
    }
    ```
  }];
  let dependentDialects = [
    "arith::ArithDialect", "scf::SCFDialect", "tensor::TensorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-decompose-maps
//===----------------------------------------------------------------------===//

def AttnDecomposeMapsPass : Pass<"attn-decompose-maps"> {
  let summary = "rewrite attn.einsum and attn.map into linalg.generic";
  let description = [{
    Operands whose positions are different plain letters become operands of the
    `linalg.generic` with an indexing map, so that a product of two of them
    stays a contraction. Other positions (index expressions, gathers, a letter
    twice) are read in the body.

    Sums are carried out in f32, or f64 where an operand of the op is f64, and
    rounded once, at the end. With `wide` they, and the f32 arithmetic of
    regions, are in f64.

    An einsum of three or more operands is contracted two by two: as long as
    more than two are left, the first two operands with plain positions (in the
    order of pairs (0, 1), (0, 2), .., (1, 2), ..) for which some summed letter
    occurs nowhere else are replaced by their product, summed over such letters.
    What has no such pair is one sum of products.

    Sizes that are dynamic are checked (`tile.check`) where letters say that
    they agree. Afterwards no `attn.einsum`, `attn.map` or `attn.extract` is
    left. Nothing is folded.

    Example:

    ```mlir
    func.func @project(%x: tensor<?x64xf32>, %w: tensor<64x16xf32>) -> tensor<?x16xf32> {
      %y = attn.einsum (%x[n, c], %w[c, d]) -> [n, d]
        : tensor<?x64xf32>, tensor<64x16xf32> -> tensor<?x16xf32>
      return %y : tensor<?x16xf32>
    }
    ```
  }];
  let options = [
    Option<"wide", "wide", "bool", /*default=*/"false",
           "Compute in f64 and round at the end of each op">
  ];
  let dependentDialects = [
    "arith::ArithDialect", "linalg::LinalgDialect", "math::MathDialect",
    "scf::SCFDialect", "tensor::TensorDialect", "tile::TileDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-decompose-tensor-ops
//===----------------------------------------------------------------------===//

def AttnDecomposeTensorOpsPass : Pass<"attn-decompose-tensor-ops"> {
  let summary = "rewrite the ops without named coordinates into linalg";
  let description = [{
    Rewrites `attn.norm`, `attn.linear_map`, `attn.expm`, `attn.rotary_table`,
    `attn.rotate`, `attn.rotate_blocks`, `attn.topk`, `attn.combine`,
    `attn.prefix`, `attn.finalize` and `attn.merge` into `linalg`, `tensor`,
    `scf`, `arith` and `math` ops on tensors, of any rank and of dynamic sizes.

    Afterwards none of these ops is left. Nothing else is touched: no op is
    folded, so that a wrong fold cannot hide. Ranks and static sizes stay; sizes
    of operands that must agree are checked at run time (`tile.check`).

    Arithmetic is in f32, or in f64 where an operand is f64, and rounded at the
    end of each op. With `wide` it is in f64 everywhere.

    Example:

    ```mlir
    func.func @unit(%x: tensor<?x16xf16>) -> tensor<?x16xf16> {
      %y = attn.norm l2 %x : tensor<?x16xf16>
      return %y : tensor<?x16xf16>
    }
    ```
  }];
  let options = [
    Option<"wide", "wide", "bool", /*default=*/"false",
           "Compute in f64 and round at the end of each op">
  ];
  let dependentDialects = [
    "arith::ArithDialect", "linalg::LinalgDialect", "math::MathDialect",
    "scf::SCFDialect", "tensor::TensorDialect", "tile::TileDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-fold-transposes
//===----------------------------------------------------------------------===//

def AttnFoldTransposesPass : Pass<"attn-fold-transposes"> {
  let summary = "read and write transposed tensors of attention in place";
  let description = [{
    *What*: a `linalg.transpose` that is the query, key, value or bias of
    `attn.attention`, `attn.partial` or `attn.observe` goes into the map of that
    operand, and one that is the only use of the output of `attn.attention` into
    the map of the output. The layouts [batch, sequence, head, feature] and
    [batch, head, sequence, feature] then cost the same.

    *Before* and *after*: any IR.

    Example: the keys come as [b, j, h, c].

    ```mlir
    func.func @f(%q: tensor<?x8x?x64xf32>, %k: tensor<?x?x8x64xf32>, %n: tensor<?x8x?x64xf32>)
        -> tensor<?x8x?x64xf32> {
      %t = linalg.transpose ins(%k : tensor<?x?x8x64xf32>) outs(%n : tensor<?x8x?x64xf32>)
        permutation = [0, 2, 1, 3]
      %o = attn.attention dots(%q * %t) values(%t)
        : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32> -> tensor<?x8x?x64xf32>
      return %o : tensor<?x8x?x64xf32>
    }
    ```
  }];
  let dependentDialects = ["linalg::LinalgDialect"];
}

//===----------------------------------------------------------------------===//
// attn-lower-to-loops
//===----------------------------------------------------------------------===//

def AttnLowerToLoopsPass : Pass<"attn-lower-to-loops"> {
  let summary = "rewrite the ops over pairs into the plainest loops";
  let description = [{
    Rewrites `attn.attention`, `attn.partial` and `attn.observe` into `scf` loops
    over tensors that follow the formulas of the ops: for each query a row of
    scores, its maximum, its weights, their sum, and the sum of weighted values.
    This is what the ops mean; other lowerings are tested against it. A pair
    that the mask hides is not evaluated. Costs N * M * (D + Dv) per head.

    With `wide` the arithmetic is in f64 and results are rounded at the end.

    Before: masks are defined in the function that uses them, and no other op
    uses them; anything else is an error. Sizes that must agree are checked at run time (`tile.check`), as
    are divisors of integers, which must be positive.
    After: no op over pairs, no mask op and no `attn.extract` is left. Nothing
    is folded, so that a wrong fold cannot hide.

    Example:

    ```mlir
    func.func @softmax(%q: tensor<?x8x?x64xf32>, %k: tensor<?x8x?x64xf32>,
                       %v: tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32> {
      %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
        : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>
        -> tensor<?x8x?x64xf32>
      return %o : tensor<?x8x?x64xf32>
    }
    ```
  }];
  let options = [
    Option<"wide", "wide", "bool", /*default=*/"true",
           "Compute in f64 and round at the end of each op">
  ];
  let dependentDialects = [
    "arith::ArithDialect", "linalg::LinalgDialect", "math::MathDialect",
    "scf::SCFDialect", "tensor::TensorDialect", "tile::TileDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-split-keys
//===----------------------------------------------------------------------===//

def AttnSplitKeysPass : Pass<"attn-split-keys"> {
  let summary = "compute attention of few queries in parts of the keys";
  let description = [{
    *What*: softmax attention of a small static number of queries, as in
    decoding, becomes `attn.partial` with `split j by` a constant, the
    `attn.combine` of the parts, and `attn.finalize`. Heads alone are few tasks;
    the parts of their keys are more. How keys are cut depends on nothing but
    their number, so results do not depend on the number of threads.

    *Before* and *after*: any IR. An op stays as it is if it has more queries,
    or no more keys than a part, queries or keys on a grid, another weight than
    `exp`, an output whose axes are in another order, values but no output, or a
    sink that is not one number per head.

    Example: one query.

    ```mlir
    func.func @decode(%q: tensor<?x32x1x128xf32>, %k: tensor<?x8x?x128xf32>, %v: tensor<?x8x?x128xf32>)
        -> tensor<?x32x1x128xf32> {
      %o = attn.attention dots(%q * %k) values(%v) scale = 0.0884
        : tensor<?x32x1x128xf32>, tensor<?x8x?x128xf32>, tensor<?x8x?x128xf32> -> tensor<?x32x1x128xf32>
      return %o : tensor<?x32x1x128xf32>
    }
    ```
  }];
  let options = [
    Option<"keys", "keys", "int64_t", /*default=*/"1024",
           "The number of keys in a part">,
    Option<"queries", "queries", "int64_t", /*default=*/"16",
           "The largest number of queries that counts as few">
  ];
  let dependentDialects = ["arith::ArithDialect", "tensor::TensorDialect"];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES
