//===- AttnPositionOps.td - positions as rotations ---------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rotary embeddings, their tables, and rotations of wider blocks of features.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNPOSITIONOPS
#define ATTN_DIALECT_ATTN_IR_ATTNPOSITIONOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

//===----------------------------------------------------------------------===//
// attn.rotary_table
//===----------------------------------------------------------------------===//

def Attn_RotaryTableOp : Attn_Op<"rotary_table", [
    AttrSizedOperandSegments,
    AllTypesMatch<["cos", "sin"]>,
    Attn_ReifyShapes
  ]> {
  let summary = "the cosines and sines of a rotary embedding";
  let description = [{
    Computes, for every token `t` and every pair `p` of `dims / 2`:

    ```
    angle[t, p] = (offset + position[t]) * base^(-2 * p / dims)
    cos[t, p], sin[t, p] = cos(angle[t, p]), sin(angle[t, p])
    ```

    The positions are `0, 1, ..., length - 1`, or a tensor of integers or floats
    of any rank, whose shape is that of the result without its last axis. The
    angles, cosines and sines are computed in f64 and rounded once. An absent
    `offset` is 0.

    Constraints:
    - (C1) one of `length` and `positions` is present, and not both
    - (C2) `dims` is even and positive
    - (C3) `base > 0`
    - (C4) the last axis of the result has size `dims / 2`
    - (C5) the other axes are the shape of `positions`, or one axis, which may
      have a static size: it is then the value of `length`

    Edges: `length(0)` gives empty tables.

    Example:

    ```mlir
    // Tables for %n tokens that follow %past earlier ones, and for tokens at
    // given positions.
    func.func @tables(%n: index, %past: index, %p: tensor<2x?xi32>)
        -> (tensor<?x32xf32>, tensor<2x?x32xf32>) {
      %c0, %s0 = attn.rotary_table length(%n) dims(64) base(1.0e4) offset(%past)
        : tensor<?x32xf32>
      %c1, %s1 = attn.rotary_table positions(%p : tensor<2x?xi32>) dims(64)
        base(1.0e4) : tensor<2x?x32xf32>
      return %c0, %c1 : tensor<?x32xf32>, tensor<2x?x32xf32>
    }
    ```
  }];
  let arguments = (ins Optional<Index>:$length,
                       Optional<Attn_Tensor>:$positions, I64Attr:$dims,
                       F64Attr:$base, Optional<Index>:$offset);
  let results = (outs Attn_FloatTensor:$cos, Attn_FloatTensor:$sin);
  let assemblyFormat = [{
    (`length` `(` $length^ `)`)?
    (`positions` `(` $positions^ `:` type($positions) `)`)?
    `dims` `(` $dims `)` `base` `(` $base `)` (`offset` `(` $offset^ `)`)?
    attr-dict `:` type($cos)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// attn.rotate
//===----------------------------------------------------------------------===//

def Attn_RotateOp : Attn_Op<"rotate", [
    AllTypesMatch<["x", "result"]>,
    AllTypesMatch<["cos", "sin"]>,
    Attn_ReifyShapes
  ]> {
  let summary = "rotate pairs of features by an angle per token";
  let description = [{
    Computes, for the first `R` features along the last axis (`dims(R)`, all if
    absent) and every pair `p` of `R / 2`:

    ```
    interleaved:  a, b = 2 * p, 2 * p + 1
    halves:       a, b = p, p + R / 2
    y[a] = x[a] * cos[p] - x[b] * sin[p]
    y[b] = x[b] * cos[p] + x[a] * sin[p]
    ```

    The other features pass unchanged. `cos` and `sin` are aligned with the last
    axes of `x`, so `[N, R / 2]` serves every batch and head of `[B, H, N, D]`;
    an axis of size 1 serves every position of its axis. The arithmetic is in
    f32, or in f64 if an operand is f64.

    A negated `sin` rotates back.

    Constraints:
    - (C1) the last axis of `x` has a static size `D`
    - (C2) `R` is even, positive, and at most `D`
    - (C3) `1 <= rank(cos) <= rank(x)`
    - (C4) the last axis of `cos` has size `R / 2`
    - (C5) the other axes of `cos` have size 1 or that of their axis of `x`

    Example:

    ```mlir
    // The first 32 of 64 features rotate.
    func.func @rope(%q: tensor<2x8x?x64xf16>, %n: index)
        -> tensor<2x8x?x64xf16> {
      %cos, %sin = attn.rotary_table length(%n) dims(32) base(1.0e4)
        : tensor<?x16xf32>
      %r = attn.rotate halves %q, %cos, %sin dims(32)
        : tensor<2x8x?x64xf16>, tensor<?x16xf32>
      return %r : tensor<2x8x?x64xf16>
    }
    ```
  }];
  let arguments = (ins Attn_RotaryLayout:$layout, Attn_FloatTensor:$x,
                       Attn_FloatTensor:$cos, Attn_FloatTensor:$sin,
                       OptionalAttr<I64Attr>:$dims);
  let results = (outs Attn_FloatTensor:$result);
  let assemblyFormat = [{
    $layout $x `,` $cos `,` $sin (`dims` `(` $dims^ `)`)? attr-dict
    `:` type($x) `,` type($cos)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The number of features that rotate.
    int64_t getRotated() {
      return getDims().value_or(getX().getType().getShape().back());
    }
  }];
}

//===----------------------------------------------------------------------===//
// attn.rotate_blocks
//===----------------------------------------------------------------------===//

def Attn_RotateBlocksOp : Attn_Op<"rotate_blocks", [
    AllTypesMatch<["x", "result"]>,
    Attn_ReifyShapes
  ]> {
  let summary = "multiply blocks of features by a matrix per token";
  let description = [{
    The last axis of `x` is `D / b` blocks of `b` consecutive features; each is
    multiplied by its matrix:

    ```
    y[.., g * b + o] = sum_c r[.., g, o, c] * x[.., g * b + c]
    ```

    The axes of `r` before the last three are aligned with the last axes of `x`
    before its features, so `[N, D / b, b, b]` serves every batch and head of
    `[B, H, N, D]`; an axis of size 1 serves every position of its axis. The sum
    is in f32, or in f64 if an operand is f64, with `c` rising.

    Constraints:
    - (C1) the last axis of `x` has a static size `D`
    - (C2) `3 <= rank(r) <= rank(x) + 2`
    - (C3) the last three axes of `r` have the static sizes `D / b`, `b`, `b`
    - (C4) the other axes of `r` have size 1 or that of their axis of `x`

    Example:

    ```mlir
    // 32 features in 8 blocks of 4.
    func.func @blocks(%q: tensor<2x3x?x32xf32>, %r: tensor<?x8x4x4xf32>)
        -> tensor<2x3x?x32xf32> {
      %y = attn.rotate_blocks %q, %r : tensor<2x3x?x32xf32>, tensor<?x8x4x4xf32>
      return %y : tensor<2x3x?x32xf32>
    }
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$x, Attn_FloatTensor:$r);
  let results = (outs Attn_FloatTensor:$result);
  let assemblyFormat = "$x `,` $r attr-dict `:` type($x) `,` type($r)";
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNPOSITIONOPS
