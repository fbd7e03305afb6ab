//===- AttnMaskOps.td - which pairs interact ----------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNMASKOPS
#define ATTN_DIALECT_ATTN_IR_ATTNMASKOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

//===----------------------------------------------------------------------===//
// attn.mask
//===----------------------------------------------------------------------===//

def Attn_MaskOp : Attn_RegionOp<"mask"> {
  let summary = "a mask given by a predicate";
  let description = [{
    A pair of a query and a key is visible iff the predicate is true:

    ```
    visible(over.., i, j) = predicate(bindings, coordinates)
    ```

    The coordinates in brackets are those the predicate reads: letters of `over`
    (default `b, h`), `i` and `j`, and on grids the axes `iy, ix` (rank 2) or
    `it, iy, ix` (rank 3), likewise for `j`. `grid i(Y, X) j(Y, X)` gives the
    extents of the axes, numbers or index values; tokens are row-major,
    `i = iy * X + ix`.

    The predicate is a region that yields `i1`, or a `where {...}` clause: a
    comma means and, `|` means or (and binds weaker), braces group, and an atom
    compares two index expressions by `<`, `<=`, `>`, `>=` or `==`. The
    clause expands to the region. Division and remainder in expressions floor.

    Bound names (`with`) are loads from tensors at mapped positions, scalars,
    `float(expression)` or `index(expression)`. Integers are sign-extended to
    index; floats and `i1` keep their type.

    Edges: loads are evaluated where all coordinates are in range; a load out of
    range yields 0. A divisor of integers that is not positive stops the program
    with a sentence. A divisor that depends on neither the query, nor the key,
    nor the entry of a list is checked before anything runs, if there are pairs
    at all. Any other is checked at each pair at which the predicate is
    evaluated; a pair may be left out whose visibility is known without it.

    Constraints:
    - (C1) the region yields one `i1`, and its ops have no effects
    - (C2) the result type has the ranks of the grids, and `over` is the number
      of batch and head coordinates if one of them is read, else 0
    - (C3) a map has one result per dimension of its tensor, and uses only names
      bound before it
    - (C4) the tokens of a grid are fewer than 2^62

    Example:

    ```mlir
    // A causal window whose width is a value of each head.
    func.func @window(%width: tensor<8xi32>) -> !attn.mask<1, 1, over = 2> {
      %m = attn.mask [i, j] with (w = %width[h] : tensor<8xi32>)
             where { j <= i, i - j < w }
      return %m : !attn.mask<1, 1, over = 2>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$bindings, Variadic<Index>:$grid,
                       Attn_BindingArrayAttr:$bindingInfos,
                       StrArrayAttr:$over, DenseI64ArrayAttr:$coordinates,
                       DenseI64ArrayAttr:$queryGrid, DenseI64ArrayAttr:$keyGrid);
  let results = (outs Attn_MaskType:$result);
  let regions = (region SizedRegion<1>:$predicate);
}

//===----------------------------------------------------------------------===//
// attn.mask.any
//===----------------------------------------------------------------------===//

def Attn_MaskAnyOp : Attn_RegionOp<"mask.any"> {
  let summary = "a mask that holds if a predicate holds for any entry of a list";
  let description = [{
    A pair is visible iff the predicate is true for at least one entry `s` of a
    list of `count` entries:

    ```
    visible(over.., i, j) = exists s in [0, count): predicate(s, bindings, coordinates)
    ```

    `count` is a number, an index value, or a load from a tensor of integers;
    a count <= 0 hides every pair. Lists have the meaning of sets: an entry that
    occurs twice changes nothing. `disjoint` claims that no pair satisfies the
    predicate for two entries.

    Everything else is as in `attn.mask`; `s` may be used in maps.

    Constraints:
    - (C1) .. (C4) of `attn.mask`
    - (C5) the name of the entry differs from every other name

    Example:

    ```mlir
    // Query and key lie in one of the segments [start, end).
    func.func @segments(%seg: tensor<?x2xi32>, %n: index) -> !attn.mask<1, 1> {
      %m = attn.mask.any (s < %n) disjoint [i, j]
        with (b0 = %seg[s, 0] : tensor<?x2xi32>, e0 = %seg[s, 1] : tensor<?x2xi32>)
        where { b0 <= i, i < e0, b0 <= j, j < e0 }
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Optional<AnyType>:$count, Variadic<AnyType>:$bindings,
                       Variadic<Index>:$grid, Attn_BindingAttr:$countInfo,
                       Attn_BindingArrayAttr:$bindingInfos,
                       StrArrayAttr:$over, DenseI64ArrayAttr:$coordinates,
                       DenseI64ArrayAttr:$queryGrid, DenseI64ArrayAttr:$keyGrid,
                       UnitAttr:$disjoint);
  let results = (outs Attn_MaskType:$result);
  let regions = (region SizedRegion<1>:$predicate);
}

//===----------------------------------------------------------------------===//
// Combinations
//===----------------------------------------------------------------------===//

class Attn_MaskBinaryOp<string mnemonic> : Attn_Op<mnemonic, [Commutative,
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let arguments = (ins Attn_MaskType:$lhs, Attn_MaskType:$rhs);
  let results = (outs Attn_MaskType:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";
  let hasFolder = 1;
}

def Attn_MaskAndOp : Attn_MaskBinaryOp<"mask.and"> {
  let summary = "pairs visible in both masks";
  let description = [{
    ```
    visible(p) = lhs(p) and rhs(p)
    ```

    Constraints:
    - (C1) equal query ranks and equal key ranks; if both depend on batch
      coordinates, on the same number of them

    `m and m` folds to `m`.

    Example:

    ```mlir
    func.func @both(%a: !attn.mask<1, 1>) -> !attn.mask<1, 1> {
      %c = attn.mask.causal
      %m = attn.mask.and %c, %a : !attn.mask<1, 1>, !attn.mask<1, 1>
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
}

def Attn_MaskOrOp : Attn_MaskBinaryOp<"mask.or"> {
  let summary = "pairs visible in at least one of two masks";
  let description = [{
    ```
    visible(p) = lhs(p) or rhs(p)
    ```

    A pair visible in both is one pair: nothing is counted twice.

    Constraints:
    - (C1) as for `attn.mask.and`

    `m or m` folds to `m`.

    Example:

    ```mlir
    func.func @sink_or_window() -> !attn.mask<1, 1> {
      %sink = attn.mask where { j < 4 }
      %window = attn.mask.sliding window(64)
      %m = attn.mask.or %sink, %window : !attn.mask<1, 1>, !attn.mask<1, 1>
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
}

def Attn_MaskNotOp : Attn_Op<"mask.not", [SameOperandsAndResultType]> {
  let summary = "pairs not visible in a mask";
  let description = [{
    ```
    visible(p) = not mask(p)
    ```

    `not (not m)` folds to `m`.

    Example:

    ```mlir
    func.func @future() -> !attn.mask<1, 1> {
      %c = attn.mask.causal
      %m = attn.mask.not %c : !attn.mask<1, 1>
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Attn_MaskType:$mask);
  let results = (outs Attn_MaskType:$result);
  let assemblyFormat = "$mask attr-dict `:` type($mask)";
  let hasFolder = 1;
}

def Attn_MaskOffsetOp : Attn_Op<"mask.offset", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "a mask seen from shifted query and key positions";
  let description = [{
    ```
    visible(over.., i, j) = mask(over + d.., i + dq, j + dk)
    ```

    Used where a part of the queries or keys is computed on its own: decoding
    (`q` is the number of tokens already seen), tiles, shards. An offset of 0 is
    dropped, and an offset of an offset is their sum.

    Constraints:
    - (C1) a shift of queries (keys) needs the query (key) rank 1: a shift of a
      token in a grid is not a shift of its axes
    - (C2) `over(..)` has one offset per batch coordinate of the mask, or is
      absent

    Example:

    ```mlir
    func.func @decode(%past: index) -> !attn.mask<1, 1> {
      %c = attn.mask.causal
      %m = attn.mask.offset %c q(%past) : !attn.mask<1, 1>
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Attn_MaskType:$mask, Optional<Index>:$queryOffset,
                       Optional<Index>:$keyOffset, Variadic<Index>:$overOffsets);
  let results = (outs Attn_MaskType:$result);
  let assemblyFormat = [{
    $mask (`q` `(` $queryOffset^ `)`)? (`k` `(` $keyOffset^ `)`)?
    (`over` `(` $overOffsets^ `)`)? attr-dict
    `:` type($mask)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let hasFolder = 1;
}

def Attn_MaskPiecewiseOp : Attn_Op<"mask.piecewise", [AttrSizedOperandSegments]> {
  let summary = "a mask put together from segments of queries and of keys";
  let description = [{
    Queries are cut into segments of the given lengths, keys likewise. The piece
    in row `r` and column `c` decides about the pairs of query segment `r` and
    key segment `c`, in coordinates that start at 0 in each segment. `full` and
    `empty` are pieces that see everything and nothing. Pairs behind the last
    segment are not visible. A length below 0, and lengths whose sum is 2^62 or
    more, stop the program with a sentence.

    Constraints:
    - (C1) one row of pieces per query segment, one piece per key segment in
      each row; each mask is one piece
    - (C2) pieces that depend on batch coordinates depend on the same number

    Example:

    ```mlir
    // A 6x8 image, then text: the image sees a neighbourhood and all text.
    func.func @joint(%image: index, %text: index) -> !attn.mask<1, 1> {
      %near = attn.mask.neighborhood window [3, 3] grid i(6, 8) j(6, 8)
      %causal = attn.mask.causal
      %m = attn.mask.piecewise i(%image, %text) j(%image, %text)
        [[%near, full], [empty, %causal]]
        : !attn.mask<2, 2>, !attn.mask<1, 1>
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Variadic<Attn_MaskType>:$pieces, Variadic<Index>:$queryLengths,
                       Variadic<Index>:$keyLengths, DenseI64ArrayAttr:$layout);
  let results = (outs Attn_MaskType:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Entries of `layout`: the number of a piece, or one of these.
    static constexpr int64_t kFull = -1, kEmpty = -2;
  }];
}

//===----------------------------------------------------------------------===//
// Named masks
//===----------------------------------------------------------------------===//

class Attn_NamedMaskOp<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, !listconcat([DeclareOpInterfaceMethods<InferTypeOpInterface>], traits)> {
  let results = (outs Attn_MaskType:$result);
}

def Attn_MaskCausalOp : Attn_NamedMaskOp<"mask.causal"> {
  let summary = "keys that are not later than the query";
  let description = [{
    ```
    visible(i, j) = j <= i + offset
    ```

    Without an offset the mask is aligned top-left. Bottom-right alignment (the
    last query sees all keys) is the offset `M - N`, passed as a value: a mask
    knows no lengths.

    Example:

    ```mlir
    func.func @bottom_right(%n: index, %m: index) -> !attn.mask<1, 1> {
      %d = arith.subi %m, %n : index
      %c = attn.mask.causal offset(%d)
      return %c : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Optional<Index>:$offset);
  let assemblyFormat = "(`offset` `(` $offset^ `)`)? attr-dict";
}

def Attn_MaskSlidingOp : Attn_NamedMaskOp<"mask.sliding"> {
  let summary = "a window of keys that ends at, or surrounds, the query";
  let description = [{
    ```
    causal (default):  0 <= i - j < window
    symmetric:         |i - j| < window
    ```

    `window` is a number or an index value; a window <= 0 is empty.
    `sink(s)` adds keys `j < s` with `j <= i` (`symmetric`: without that bound).
    `dilation(d)` keeps of the window the keys with `(i - j) mod d == 0`.

    Constraints:
    - (C1) exactly one of a static and a dynamic window is given
    - (C2) `dilation` is at least 1, `sink` at least 0

    Example:

    ```mlir
    func.func @streaming() -> !attn.mask<1, 1> {
      %m = attn.mask.sliding window(256) sink(4)
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Optional<Index>:$window, OptionalAttr<Attn_IntAttr>:$staticWindow,
                       UnitAttr:$symmetric,
                       DefaultValuedAttr<Attn_IntAttr, "0">:$sink,
                       DefaultValuedAttr<Attn_IntAttr, "1">:$dilation);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Attn_MaskBlocksOp : Attn_NamedMaskOp<"mask.block_diagonal"> {
  let summary = "pairs in the same block of consecutive tokens";
  let description = [{
    ```
    visible(i, j) = i floordiv size == j floordiv size          (default)
    causal:         j floordiv size <= i floordiv size
    ```

    With `causal`, every block sees itself whole and all blocks before it
    (block-causal).

    Constraints:
    - (C1) `size` is at least 1

    Example:

    ```mlir
    func.func @block_causal() -> !attn.mask<1, 1> {
      %m = attn.mask.block_diagonal size(32) causal
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Attn_IntAttr:$size, UnitAttr:$causal);
  let assemblyFormat = "`size` `(` $size `)` (`causal` $causal^)? attr-dict";
  let hasVerifier = 1;
}

def Attn_MaskPrefixOp : Attn_NamedMaskOp<"mask.prefix"> {
  let summary = "causal, but the first tokens see each other";
  let description = [{
    ```
    visible(i, j) = j <= i or j < length
    ```

    Example:

    ```mlir
    func.func @prefix(%length: index) -> !attn.mask<1, 1> {
      %m = attn.mask.prefix %length
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Index:$length);
  let assemblyFormat = "$length attr-dict";
}

def Attn_MaskDocumentOp : Attn_NamedMaskOp<"mask.document"> {
  let summary = "pairs in the same document of a packed batch";
  let description = [{
    ```
    visible(b, i, j) = query_ids[b, i] == key_ids[b, j]
    ```

    With one tensor, queries and keys share their ids. Rank-1 tensors hold for
    every batch; then the mask does not depend on batch coordinates. Ids of
    rank 2 are read at the first letter of `over`, of which the op that uses the
    mask has `over N`, 2 if it is not given.

    Constraints:
    - (C1) both tensors have the same rank, 1 or 2, and the same element type
    - (C2) `over` is at least 1, and given for rank 2 only

    Example:

    ```mlir
    func.func @packed(%ids: tensor<?x?xi32>) -> !attn.mask<1, 1, over = 2> {
      %m = attn.mask.document %ids : tensor<?x?xi32>
      return %m : !attn.mask<1, 1, over = 2>
    }
    ```
  }];
  let arguments = (ins TensorRankOf<[I8, I32, I64], [1, 2]>:$queryIds,
                       Optional<TensorRankOf<[I8, I32, I64], [1, 2]>>:$keyIds,
                       OptionalAttr<I64Attr>:$over);
  let assemblyFormat = [{
    $queryIds (`,` $keyIds^)? (`over` $over^)? attr-dict `:` type($queryIds) (`,` type($keyIds)^)?
  }];
  let hasVerifier = 1;
}

def Attn_MaskNeighborhoodOp : Attn_NamedMaskOp<"mask.neighborhood"> {
  let summary = "a window around each query on a grid of 1 to 3 axes";
  let description = [{
    A key is visible iff it is a neighbour on every axis. Per axis of length n
    with window w, stride s and dilation g (all divisions floor):

    ```
    r = i mod g;  a = i div g;  len = (n - r + g - 1) div g
    visible iff j mod g == r and lo <= j div g < hi
    not causal: lead = min((a div s) * s + s div 2, len - 1)
                lo = min(max(lead - w div 2, 0), len - w);  hi = lo + w
    causal:     lead = min((a div s) * s + s - 1, len - 1)
                lo = max(lead - w + 1, 0);  hi = a + 1
    ```

    Windows at the border are moved inside, so that each query of an axis that
    is not causal sees exactly w keys. Stride 1 is neighbourhood attention;
    a stride makes groups of queries share the window of their leader
    (generalised neighbourhood attention, GNA).

    Constraints:
    - (C1) `window`, `stride`, `dilation`, `causal` and both grids have the same
      number of axes, 1 to 3
    - (C2) 1 <= stride <= window, dilation >= 1, and window * dilation <= extent
      where the extent is static
    - (C3) query and key grids are equal

    Example:

    ```mlir
    func.func @image(%y: index, %x: index) -> !attn.mask<2, 2> {
      %m = attn.mask.neighborhood window [5, 7] dilation [2, 1] grid i(%y, %x) j(%y, %x)
      return %m : !attn.mask<2, 2>
    }
    ```
  }];
  let arguments = (ins Variadic<Index>:$grid, DenseI64ArrayAttr:$window,
                       DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$dilation,
                       DenseI64ArrayAttr:$causal, DenseI64ArrayAttr:$queryGrid,
                       DenseI64ArrayAttr:$keyGrid);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNMASKOPS
