//===- AttnScoreOps.td - how strongly pairs interact --------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNSCOREOPS
#define ATTN_DIALECT_ATTN_IR_ATTNSCOREOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

/// An op over all pairs of a query and a key. `common` are the clauses that say
/// what the score of a pair is; `extra` belong to the op alone.
class Attn_PairOp<string mnemonic, dag extra, list<Trait> traits = []>
    : Attn_RegionOp<mnemonic, !listconcat([AttrSizedResultSegments], traits)> {
  dag common = (ins Variadic<Attn_FloatTensor>:$lhs, Variadic<Attn_FloatTensor>:$rhs,
                    Optional<Attn_FloatTensor>:$values, Optional<Attn_MaskType>:$mask,
                    Optional<AnyFloat>:$scale, Variadic<Attn_FloatTensor>:$bias,
                    Variadic<AnyType>:$bindings, Variadic<Index>:$grid,
                    Variadic<Index>:$extents,
                    Attn_BindingArrayAttr:$bindingInfos, StrArrayAttr:$over,
                    DenseI64ArrayAttr:$queryGrid, DenseI64ArrayAttr:$keyGrid,
                    DenseI64ArrayAttr:$staticExtents,
                    AffineMapArrayAttr:$lhsMaps, AffineMapArrayAttr:$rhsMaps,
                    OptionalAttr<AffineMapAttr>:$valueMap,
                    AffineMapArrayAttr:$biasMaps,
                    OptionalAttr<F64Attr>:$scaleAttr,
                    DenseI64ArrayAttr:$scoreCoordinates);
  let arguments = !con(common, extra);
}

//===----------------------------------------------------------------------===//
// attn.attention
//===----------------------------------------------------------------------===//

def Attn_AttentionOp : Attn_PairOp<"attention",
    (ins Optional<AnyFloat>:$normaliser, Optional<Attn_FloatTensor>:$sink,
         OptionalAttr<AffineMapAttr>:$sinkMap,
         OptionalAttr<AffineMapAttr>:$outMap,
         Attn_Weight:$weight, DefaultValuedAttr<Attn_IntAttr, "1">:$power,
         Attn_Normalise:$normalise),
    [Attn_ReifyShapes, DeclareOpInterfaceMethods<TilingInterface, [
       "getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
       "getResultTilePosition", "generateResultTileValue"]>]> {
  let summary = "weighted sum of values over the visible keys of each query";
  let description = [{
    For every batch and head index (`over`, default `[b, h]`) and query `i`:

    ```
    s_n[i, j] = scale * sum_d lhs_n[.., i, d] * rhs_n[.., j, d]   one per dot product
    x[i, j]   = score(s_0, s_1, ..)        default: sum of s_n and of the biases
    w[i, j]   = weight(x[i, j])            if the mask shows (i, j), else 0
    out[i]    = sum_j w[i, j] * value[j] / normaliser[i]
    ```

    - `weight exp` (default) with `normalise sum` is softmax, evaluated with a
      running maximum. `sink(%s)` adds `exp(s)` to each row's sum. The second
      result is `lse[i] = ln sum_j exp(x[i, j])` (natural, the sink included).
    - Other weights are `sigmoid`, `relu` (`relu 3` is its third power),
      `softplus`, `identity`, or a region `weight(%x) {..}`. They need
      `normalise sum`, `normalise none` or `normalise const(%c)`; `const`
      divides by `c`. With `sum`, the second result is the row sum `den`.
    - Positions are maps over named coordinates: `%q[b, h, i, :]`, where `:` is
      the inner axis of a dot product or of the value. Without a map: the axes of
      `over`, then `i` (or `j`), then `:`. A letter left out broadcasts. The right
      side of a dot product may depend on `i` and `j` (`%table[i - j, :]`):
      relative positions. In dots and values, the last letter of `over` on an
      axis of size Hk means `h floordiv (H / Hk)`.
    - `grid i(Y, X) j(Y, X)` makes the axes `iy, ix, jy, jx` usable in maps.
    - `bias(%t[h, i, j], ..)` adds mapped terms to the score.
    - `with (..)` binds loads, scalars and expressions for the score region; see
      `attn.mask`. Maps are read at visible pairs only.
    - `results(out)`, `results(out, lse)`, `results(out, den)`, `results(lse)`.

    Statistics and sums are f32 (f64 if the first dot product or, without one,
    the value is f64); scores enter the regions in that type.

    The op tiles over batch, heads and queries (TilingInterface); a tile reads
    slices of the operands and a shifted mask. Queries on a grid do not tile.

    Edges: a row that sees no key, or whose weights sum to 0, yields 0; its LSE
    is -inf and its den 0. This holds under every normaliser. A score of -inf
    under `exp` is weight 0. A masked pair has no influence even if its key or
    value is NaN or infinite; NaN at a visible pair propagates. Lengths 0 are
    legal. A divisor of integers in a region or a position that is not positive
    stops the program with a sentence: if it depends on neither the query nor
    the key, wherever there are pairs, and else at visible pairs.

    Constraints:
    - (C1) a map has one result per dimension of its operand; `:` occurs once in
      each side of a dot product, at most once in the value
    - (C2) the inner axes of both sides of a dot product agree
    - (C3) the left side of a dot product and the sink do not depend on `j`, the
      value does not depend on `i`, also not by way of bound names
    - (C4) the number of heads of each dot operand and value divides the number
      of heads
    - (C5) every weight except `exp` names its normaliser; `sink` and `lse` go
      with `exp` only, `den` with `normalise sum` of another weight
    - (C6) a score region and `bias` exclude each other
    - (C7) the score region yields one value of the statistics type; ops in
      regions have no effects
    - (C8) the mask has the ranks of the grids, or ranks over linear tokens, and
      depends on no or on as many batch coordinates as `over` has
    - (C9) the result types have the shapes of `-> [..]` and of `[over.., i]`
    - (C10) the extents of `i`, `j` and each letter of `over` follow from an
      operand, the grid, or `extents(i = .., j = ..)`, and agree
    - (C12) the product of the extents of `i`, `j` and `over` is below 2^62, so
      that index arithmetic on them cannot wrap

    Example:

    ```mlir
    // Causal attention with grouped heads and a soft cap of the scores.
    func.func @softcap(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>,
                       %v: tensor<?x2x?x64xf32>) -> tensor<?x8x?x64xf32> {
      %causal = attn.mask.causal
      %o = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.125
        score(%s) {
          %cap = arith.constant 50.0 : f32
          %d = arith.divf %s, %cap : f32
          %t = math.tanh %d : f32
          %x = arith.mulf %t, %cap : f32
          attn.yield %x : f32
        } : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>,
            !attn.mask<1, 1> -> tensor<?x8x?x64xf32>
      return %o : tensor<?x8x?x64xf32>
    }
    ```
  }];
  let results = (outs Optional<Attn_FloatTensor>:$out, Optional<Attn_FloatTensor>:$stat);
  let hasCanonicalizer = 1;
  let regions = (region AnyRegion:$score, AnyRegion:$weightRegion);
  let builders = [
    // Softmax attention of tensors [b, h, n, d]; `mask` may be null.
    OpBuilder<(ins "Type":$out, "Value":$query, "Value":$key, "Value":$value,
                   "Value":$mask, "double":$scale)>
  ];
}

//===----------------------------------------------------------------------===//
// attn.partial
//===----------------------------------------------------------------------===//

def Attn_PartialOp : Attn_PairOp<"partial",
    (ins Attn_Weight:$weight, DefaultValuedAttr<Attn_IntAttr, "1">:$power,
         Attn_Normalise:$normalise, OptionalAttr<Attn_IntAttr>:$split),
    [Attn_ReifyShapes, DeclareOpInterfaceMethods<TilingInterface, [
       "getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
       "getResultTilePosition"]>,
     DeclareOpInterfaceMethods<PartialReductionOpInterface, [
       "generateInitialTensorForPartialReduction", "tileToPartialReduction",
       "mergeReductions", "getPartialResultTilePosition"]>]> {
  let summary = "the state of an attention before it is normalised";
  let description = [{
    The clauses are those of `attn.attention`, which is `finalize` of `partial`.
    The results are the state of each row:

    ```
    exp:          acc = sum_j e^(x_j - max) v_j, max = max_j x_j, den = sum_j e^(x_j - max)
    normalise sum:   acc = sum_j w_j v_j, den = sum_j w_j
    normalise none:  acc = sum_j w_j v_j
    ```

    Shapes: acc `[over.., i, :]`, max and den `[over.., i]`, all in the
    statistics type. `values()` may be absent: then there is no acc. With
    `split j by c` each state has one more axis in front of `i`, of extent
    `ceildiv(M, c)`: entry t holds the keys `t*c` to `min(t*c + c, M) - 1`.

    States form a monoid with the identity (0, -inf, 0); see `attn.combine`.

    The op tiles over batch, heads and queries (TilingInterface), and over keys
    by parts whose states lie along a new axis in front of `i` and are joined
    by `attn.combine` (PartialReductionOpInterface): in parallel, one state per
    part, or one after the other. An op on grids, and one with `split`, do not
    tile.

    Edges: a row that sees no key has the identity as its state.

    Constraints:
    - (C1) .. (C8), (C10), (C12) of `attn.attention`; sink, const and results belong to
      `attn.finalize`
    - (C9) the result types have the shapes above
    - (C11) `split` is at least 1

    Example:

    ```mlir
    // Running maximum and denominator after each tile of 16 keys.
    func.func @trace(%q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>)
        -> (tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>) {
      %max, %den = attn.partial dots(%q * %k) scale = 0.25 split j by 16
        : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>
        -> (tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>)
      return %max, %den : tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>
    }
    ```
  }];
  let results = (outs Optional<Attn_FloatTensor>:$acc, Optional<Attn_FloatTensor>:$max,
                      Optional<Attn_FloatTensor>:$den);
  let regions = (region AnyRegion:$score, AnyRegion:$weightRegion);
}

//===----------------------------------------------------------------------===//
// attn.observe
//===----------------------------------------------------------------------===//

def Attn_ObserveOp : Attn_RegionOp<"observe", [Attn_ReifyShapes]> {
  let summary = "reductions over the attention map, which is never stored";
  let description = [{
    Evaluates a region at every visible pair and joins the yielded values into
    tensors by maps of the coordinates:

    ```
    p[i, j]  = exp(x[i, j] - lse[i])     if lse is given, else x[i, j]
    y_n      = region(p, bindings, coordinates)
    out_n[map_n(over.., i, j)]  joined with y_n by add, max or min
    ```

    Dots, mask, scale, bias, `with` and the score region are those of
    `attn.attention`. `into [map kind init(c), ..]` gives each result its map,
    its kind and the value of positions that no visible pair reaches (default:
    0 for add, -inf for max, +inf for min). A map may contain `floordiv` by a
    constant (blocks) and both `i` and `j`. An extent that the result type leaves
    open is the largest value of the expression plus 1.

    Edges: rows without visible keys contribute nothing. A visible score of -inf
    has p = 0. Positions outside of a result are left out.

    Constraints:
    - (C1) .. (C4), (C6) .. (C8), (C10), (C12) of `attn.attention`
    - (C5) the region yields one value of the statistics type per result
    - (C9) each result has one dimension per result of its map; where the map
      uses a bound name, its extent is static

    Example:

    ```mlir
    // How much attention each key receives, over all heads and queries.
    func.func @received(%q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>,
                        %lse: tensor<?x2x?xf32>) -> tensor<?x?xf32> {
      %sum = attn.observe dots(%q * %k) scale = 0.25 lse(%lse)
        observe(%p) {
          attn.yield %p : f32
        } into [[b, j] add]
        : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?xf32> -> tensor<?x?xf32>
      return %sum : tensor<?x?xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Attn_FloatTensor>:$lhs, Variadic<Attn_FloatTensor>:$rhs,
                    Optional<Attn_MaskType>:$mask,
                    Optional<AnyFloat>:$scale, Variadic<Attn_FloatTensor>:$bias,
                    Variadic<AnyType>:$bindings, Variadic<Index>:$grid,
                    Variadic<Index>:$extents, Optional<Attn_FloatTensor>:$lse,
                    Attn_BindingArrayAttr:$bindingInfos, StrArrayAttr:$over,
                    DenseI64ArrayAttr:$queryGrid, DenseI64ArrayAttr:$keyGrid,
                    DenseI64ArrayAttr:$staticExtents,
                    AffineMapArrayAttr:$lhsMaps, AffineMapArrayAttr:$rhsMaps,
                    AffineMapArrayAttr:$biasMaps,
                    OptionalAttr<F64Attr>:$scaleAttr,
                    DenseI64ArrayAttr:$scoreCoordinates,
                    DenseI64ArrayAttr:$observeCoordinates,
                    AffineMapArrayAttr:$intoMaps, DenseI32ArrayAttr:$kinds,
                    DenseF64ArrayAttr:$inits);
  let results = (outs Variadic<Attn_FloatTensor>:$observed);
  let regions = (region AnyRegion:$score, AnyRegion:$observeRegion);
}

//===----------------------------------------------------------------------===//
// attn.einsum
//===----------------------------------------------------------------------===//

def Attn_EinsumOp : Attn_Op<"einsum", [AttrSizedOperandSegments]> {
  let summary = "sum of products of tensors over named axes";
  let description = [{
    ```
    out[letters] = sum over the other letters of x_0[map_0] * x_1[map_1] * .. + bias[map]
    ```

    Letters are named by the maps. Letters that are not on the right are summed.
    A map may use index expressions and bound indices (`with (e = %idx[b, s])`,
    then `%w[e, c]` is a gather). The bias is added once per output element.

    Sums are f32 (f64 if an operand is f64); the result has the element type of
    the first operand.

    Edges: an empty sum is 0. A divisor of a position that is not positive stops
    the program with a sentence, if anything is computed.

    Constraints:
    - (C1) a map has one result per dimension of its operand
    - (C2) every letter is a plain position of some operand; extents of a letter
      agree
    - (C3) the output is a list of different letters; the bias depends on no
      other

    Example:

    ```mlir
    // Project tokens to heads.
    func.func @project(%x: tensor<?x?x64xf32>, %w: tensor<64x4x16xf32>)
        -> tensor<?x4x?x16xf32> {
      %q = attn.einsum (%x[b, n, c], %w[c, h, d]) -> [b, h, n, d]
        : tensor<?x?x64xf32>, tensor<64x4x16xf32> -> tensor<?x4x?x16xf32>
      return %q : tensor<?x4x?x16xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Attn_FloatTensor>:$inputs, Optional<Attn_FloatTensor>:$bias,
                       Variadic<AnyType>:$bindings,
                       Attn_BindingArrayAttr:$bindingInfos, StrArrayAttr:$letters,
                       AffineMapArrayAttr:$inputMaps, OptionalAttr<AffineMapAttr>:$biasMap,
                       AffineMapAttr:$outMap);
  let results = (outs Attn_FloatTensor:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// attn.map
//===----------------------------------------------------------------------===//

def Attn_MapOp : Attn_RegionOp<"map"> {
  let summary = "tensors computed element by element from named coordinates";
  let description = [{
    ```
    out_n[c_0, c_1, ..] = region(bindings, c_0, c_1, ..)
    ```

    The coordinates are the axes of the results; the region sees the bindings
    and all coordinates. Reading another position, a gather or a broadcast is a
    binding with the right map. Static extents come from the result types,
    dynamic ones from a binding that reads the plain coordinate, or from
    `extents(c = %n)`.

    Edges: a divisor of integers, in a position or in the region, that is not
    positive stops the program with a sentence; one that all elements share, as
    soon as there are elements.

    Constraints:
    - (C1) results have one axis per coordinate and equal shapes
    - (C2) the region yields one element per result
    - (C3) the extent of each coordinate is known and agrees with what is read

    Example:

    ```mlir
    // Gate each head of each token.
    func.func @gate(%o: tensor<?x8x?x16xf32>, %g: tensor<?x?x8xf32>) -> tensor<?x8x?x16xf32> {
      %y = attn.map [b, h, n, d]
        with (%x = %o[b, h, n, d] : tensor<?x8x?x16xf32>, %w = %g[b, n, h] : tensor<?x?x8xf32>) {
          %p = arith.mulf %x, %w : f32
          attn.yield %p : f32
        } -> tensor<?x8x?x16xf32>
      return %y : tensor<?x8x?x16xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$bindings, Variadic<Index>:$extents,
                       Attn_BindingArrayAttr:$bindingInfos, StrArrayAttr:$letters,
                       DenseI64ArrayAttr:$extentCoordinates);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNSCOREOPS
