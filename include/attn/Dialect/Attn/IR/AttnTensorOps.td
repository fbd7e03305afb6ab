//===- AttnTensorOps.td - what surrounds attention ---------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalisation of vectors, resampling matrices, and the matrix exponential.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNTENSOROPS
#define ATTN_DIALECT_ATTN_IR_ATTNTENSOROPS

include "attn/Dialect/Attn/IR/AttnBase.td"

//===----------------------------------------------------------------------===//
// attn.norm
//===----------------------------------------------------------------------===//

def Attn_NormOp : Attn_Op<"norm", [
    AttrSizedOperandSegments,
    AllTypesMatch<["x", "result"]>,
    Attn_ReifyShapes
  ]> {
  let summary = "normalise the vectors along the last axis";
  let description = [{
    Computes, for every vector `x` of `D` features along the last axis:

    ```
    layer:  (x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) * gain + offset
    rms:     x            / sqrt(mean(x^2) + eps)             * gain + offset
    l2:      x            / sqrt(sum(x^2) + eps)              * gain + offset
    ```

    Everything is carried out in f32, or in f64 if an operand is f64, and
    rounded once, at the end. `eps` is 1.0e-5 if absent, and 0 for `l2`. An
    absent `gain` is 1, an absent `offset` 0.

    Constraints:
    - (C1) `rank(x) >= 1`
    - (C2) `gain` and `offset` have rank 1 and the size of the last axis of `x`
    - (C3) `eps >= 0`

    Edges: where the root is 0, the quotient is 0, so a zero vector under
    `l2` with `eps` 0 gives `offset`, or 0 without one.

    Example:

    ```mlir
    func.func @norms(%x: tensor<2x?x64xf16>, %g: tensor<64xf32>)
        -> (tensor<2x?x64xf16>, tensor<2x?x64xf16>) {
      %a = attn.norm rms %x gain(%g : tensor<64xf32>) eps = 1.0e-6
        : tensor<2x?x64xf16>
      %b = attn.norm l2 %x : tensor<2x?x64xf16>
      return %a, %b : tensor<2x?x64xf16>, tensor<2x?x64xf16>
    }
    ```
  }];
  let arguments = (ins Attn_NormKind:$kind, Attn_FloatTensor:$x,
                       Optional<Attn_FloatTensor>:$gain,
                       Optional<Attn_FloatTensor>:$offset,
                       OptionalAttr<F64Attr>:$eps);
  let results = (outs Attn_FloatTensor:$result);
  let assemblyFormat = [{
    $kind $x (`gain` `(` $gain^ `:` type($gain) `)`)?
    (`offset` `(` $offset^ `:` type($offset) `)`)? (`eps` `=` $eps^)?
    attr-dict `:` type($x)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// `eps`, or what it is if absent.
    double getEpsilon() {
      if (getEps())
        return getEps()->convertToDouble();
      return getKind() == NormKind::L2 ? 0.0 : 1.0e-5;
    }
  }];
}

//===----------------------------------------------------------------------===//
// attn.softmax
//===----------------------------------------------------------------------===//

def Attn_SoftmaxOp : Attn_Op<"softmax", [
    AllTypesMatch<["x", "result"]>,
    Attn_ReifyShapes
  ]> {
  let summary = "softmax along the last axis";
  let description = [{
    Computes, for every vector `x` along the last axis:

    ```
    result[i] = exp(x[i] - max(x)) / sum_k exp(x[k] - max(x))
    ```

    Everything is carried out in f32, or in f64 for f64 inputs, and rounded
    once, at the end. For gates and routers; attention has its own softmax.

    Constraints:
    - (C1) `rank(x) >= 1`

    Edges: a vector whose elements are all -inf yields zeros. NaN propagates.

    Example:

    ```mlir
    func.func @gates(%logits: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> {
      %p = attn.softmax %logits : tensor<?x?x8xf32>
      return %p : tensor<?x?x8xf32>
    }
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$x);
  let results = (outs Attn_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// attn.linear_map
//===----------------------------------------------------------------------===//

def Attn_LinearMapOp : Attn_Op<"linear_map", [
    InferTypeOpAdaptor
  ]> {
  let summary = "the matrix of a resampling of one axis";
  let description = [{
    The result is the constant matrix `W` of shape `to x from` such that
    `y[i] = sum_n W[i, n] * x[n]` resamples an axis of `from` elements to `to`:

    ```
    pool_adaptive:    W[i, n] = 1 / (e - b)  if b <= n < e, else 0
                      b = floor(i * from / to), e = ceil((i + 1) * from / to)
    resize_bilinear:  W[i, n] = max(0, 1 - |s - n|)
      half_pixel:     s = clamp((i + 1/2) * from / to - 1/2, 0, from - 1)
      otherwise:      s = i * (from - 1) / (to - 1), and 0 if to = 1
    ```

    `half_pixel` places the samples at the centres of the pixels; without it the
    first and last samples of both axes coincide. The weights are computed in
    f64 and rounded to f32. The op folds to a constant; a resampling of several
    axes is a product with one matrix per axis.

    Constraints:
    - (C1) `half_pixel` is present only with `resize_bilinear`
    - (C2) `from * to <= 2^24`

    Example:

    ```mlir
    // 14 rows averaged to 7, and 7 rows interpolated to 14.
    func.func @maps() -> (tensor<7x14xf32>, tensor<14x7xf32>) {
      %p = attn.linear_map pool_adaptive(14 -> 7)
      %r = attn.linear_map resize_bilinear(7 -> 14) half_pixel
      return %p, %r : tensor<7x14xf32>, tensor<14x7xf32>
    }
    ```
  }];
  let arguments = (ins Attn_LinearMapKind:$kind,
                       ConfinedAttr<I64Attr, [IntPositive]>:$from,
                       ConfinedAttr<I64Attr, [IntPositive]>:$to,
                       UnitAttr:$half_pixel);
  let results = (outs 2DTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $kind `(` $from `->` $to `)` (`half_pixel` $half_pixel^)? attr-dict
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// attn.expm
//===----------------------------------------------------------------------===//

def Attn_ExpmOp : Attn_Op<"expm", [
    SameOperandsAndResultType,
    Attn_ReifyShapes
  ]> {
  let summary = "the exponential of square matrices";
  let description = [{
    Computes, for every matrix `A` of the last two axes:

    ```
    expm(A) = sum_n A^n / n!
    ```

    Each matrix is divided by the power of two that brings its largest absolute
    column sum to 1/2 or less, summed to the 14th power, and squared as many
    times as it was halved, all in f64; the result is rounded once. The
    exponential of a skew-symmetric matrix is a rotation.

    Constraints:
    - (C1) `rank(x) >= 2`
    - (C2) the last two axes have the same static size, at most 64

    Edges: a matrix with a NaN or an infinity gives NaN everywhere.

    Example:

    ```mlir
    // One rotation of 4 features per token and block.
    func.func @rotations(%a: tensor<?x8x4x4xf32>) -> tensor<?x8x4x4xf32> {
      %r = attn.expm %a : tensor<?x8x4x4xf32>
      return %r : tensor<?x8x4x4xf32>
    }
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$x);
  let results = (outs Attn_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNTENSOROPS
