//===- AttnPartialOps.td - partial states of attention -----*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The monoid in which attention over parts of the keys is joined.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNPARTIALOPS
#define ATTN_DIALECT_ATTN_IR_ATTNPARTIALOPS

include "attn/Dialect/Attn/IR/AttnBase.td"

def Attn_PartialKind : Attn_Enum<"PartialKind", "what a partial state holds", [
    I32EnumAttrCase<"Exp", 0, "exp">,
    I32EnumAttrCase<"Sum", 1, "sum">,
    I32EnumAttrCase<"None", 2, "none">,
  ]>;

def Attn_AxisAttr : ConfinedAttr<I64Attr, [IntNonNegative]>;

def Attn_StateTensor
    : TensorRankOf<[F32, F64], [0, 1, 2, 3, 4, 5, 6, 7, 8]>;

//===----------------------------------------------------------------------===//
// attn.combine
//===----------------------------------------------------------------------===//

def Attn_CombineOp : Attn_Op<"combine", [
    AttrSizedOperandSegments,
    InferTypeOpAdaptor,
    Attn_ReifyShapes
  ]> {
  let summary = "join partial states of attention";
  let description = [{
    The partial state of a query over some of its keys is, for keys `j` with
    scores `s`, weights `w` and values `v`:

    ```
    exp:   max = max_j s_j, w_j = e^(s_j - max)
           den = sum_j w_j, acc = sum_j w_j v_j
    sum:   den = sum_j w_j, acc = sum_j w_j v_j
    none:  acc = sum_j w_j v_j
    ```

    A state is written `(acc, max, den)`, `(acc, den)` or `(acc)`; under `exp`
    and `sum` a state without values leaves `acc` out. `max` and `den` have the
    shape `[.., i]`, and `acc` has one axis more, the features of the values.

    States over disjoint keys are joined, in their order, by:

    ```
    exp:        max = max_n max_n, c_n = e^(max_n - max)
                den = sum_n c_n den_n, acc = sum_n c_n acc_n
    sum, none:  den = sum_n den_n, acc = sum_n acc_n
    ```

    The identity is `(0, -inf, 0)`: a state whose `max` is -inf has no
    influence, whatever its `acc` and `den` are. `along d` joins the states that
    lie along axis `d` of one state instead of several states; the axis
    disappears.

    Arithmetic is in the element type of the states, f32 or f64.

    Constraints:
    - (C1) all states have the components of their kind, with equal types
    - (C2) `shape(acc) = shape(den) + [features]`, and `shape(max) = shape(den)`
    - (C3) all components have the same element type
    - (C4) `along` has one state, and is an axis of `den` (of `acc` without its
      last axis for `none`)

    Edges: only identities, or an axis of size 0, give the identity. One state
    folds to itself.

    Example:

    ```mlir
    // Two halves of the keys, and the splits along axis 1.
    func.func @joined(%a: tensor<2x?x16xf32>, %m: tensor<2x?xf32>,
                      %d: tensor<2x?xf32>, %ms: tensor<2x?x63xf32>,
                      %ds: tensor<2x?x63xf32>)
        -> (tensor<2x?x16xf32>, tensor<2x63xf32>) {
      %a1, %m1, %d1 = attn.combine exp (%a, %m, %d), (%a, %m, %d)
        : tensor<2x?x16xf32>, tensor<2x?xf32>, tensor<2x?xf32>
      %m2, %d2 = attn.combine exp (%ms, %ds) along 1
        : tensor<2x?x63xf32>, tensor<2x?x63xf32>
      return %a1, %m2 : tensor<2x?x16xf32>, tensor<2x63xf32>
    }
    ```
  }];
  let arguments = (ins Attn_PartialKind:$kind,
                       Variadic<Attn_StateTensor>:$accs,
                       Variadic<Attn_StateTensor>:$maxes,
                       Variadic<Attn_StateTensor>:$dens,
                       OptionalAttr<Attn_AxisAttr>:$axis);
  let results = (outs Variadic<Attn_StateTensor>:$state);
  let assemblyFormat = [{
    $kind custom<States>($accs, $maxes, $dens, ref($kind)) (`along` $axis^)?
    attr-dict `:`
    custom<StateTypes>(type($accs), type($maxes), type($dens), ref($accs),
                       ref($maxes), ref($dens))
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    /// The number of states.
    size_t getNumStates() {
      return std::max(getAccs().size(), getDens().size());
    }
    /// The joined accumulator, maximum and denominator; null if there is none.
    Value getAcc() { return getAccs().empty() ? Value() : getState().front(); }
    Value getMax() {
      return getMaxes().empty() ? Value() : getState()[!getAccs().empty()];
    }
    Value getDen() { return getDens().empty() ? Value() : getState().back(); }
  }];
}

//===----------------------------------------------------------------------===//
// attn.prefix
//===----------------------------------------------------------------------===//

def Attn_PrefixOp : Attn_Op<"prefix", [
    AttrSizedOperandSegments,
    InferTypeOpAdaptor,
    Attn_ReifyShapes
  ]> {
  let summary = "join partial states with all earlier ones along an axis";
  let description = [{
    The inclusive scan of the states along axis `d` with the monoid of
    `attn.combine`:

    ```
    state[.., t, ..] = combine(state[.., 0, ..], ..., state[.., t, ..])
    ```

    The states are joined one after the other, from the first to the last.

    Constraints:
    - (C1) .. (C3) of `attn.combine`
    - (C4) `along` is an axis of `den` (of `acc` without its last axis for
      `none`)

    Example:

    ```mlir
    // The softmax statistics after each block of keys.
    func.func @trace(%m: tensor<2x?x48xf32>, %d: tensor<2x?x48xf32>)
        -> (tensor<2x?x48xf32>, tensor<2x?x48xf32>) {
      %rm, %rd = attn.prefix exp (%m, %d) along 1
        : tensor<2x?x48xf32>, tensor<2x?x48xf32>
      return %rm, %rd : tensor<2x?x48xf32>, tensor<2x?x48xf32>
    }
    ```
  }];
  let arguments = (ins Attn_PartialKind:$kind, Optional<Attn_StateTensor>:$acc,
                       Optional<Attn_StateTensor>:$max,
                       Optional<Attn_StateTensor>:$den,
                       Attn_AxisAttr:$axis);
  let results = (outs Variadic<Attn_StateTensor>:$state);
  let assemblyFormat = [{
    $kind custom<State>($acc, $max, $den, ref($kind)) `along` $axis attr-dict
    `:` custom<StateTypes>(type($acc), type($max), type($den), ref($acc),
                           ref($max), ref($den))
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// attn.finalize
//===----------------------------------------------------------------------===//

def Attn_FinalizeOp : Attn_Op<"finalize", [
    AttrSizedOperandSegments,
    InferTypeOpAdaptor,
    Attn_ReifyShapes
  ]> {
  let summary = "turn a partial state into the output of attention";
  let description = [{
    Computes, for every query:

    ```
    exp:   out = acc / (den + e^(sink - max))
           lse = max + ln(den + e^(sink - max))
    sum:   out = acc / den
    none:  out = acc
    ```

    `sink` is a score without a value, one per head: the head is the axis before
    the query's, so `max` is `[.., head, i]`. It enters the denominator and
    `lse` once; an absent one is -inf. The results are `out` and `lse` for
    `exp`, only `lse` if there is no `acc`, and only `out` for the other kinds.
    They have the types of `acc` and of `max`. The quotient is evaluated
    relative to `max(max, sink)`, so it does not overflow.

    Constraints:
    - (C1) .. (C3) of `attn.combine`
    - (C4) `sink` is present only with `exp`
    - (C5) `sink` has rank 1, and the size of the axis of `max` before its last
    - (C6) under `sum` there is an `acc`

    Edges: a row whose denominator is 0 has `out` 0 and `lse` -inf; under `sum`,
    0 / 0 is 0. So a row without visible pairs is 0; with a sink its `lse` is
    the sink. `none` folds to `acc`.

    Example:

    ```mlir
    func.func @output(%a: tensor<2x8x?x64xf32>, %m: tensor<2x8x?xf32>,
                      %d: tensor<2x8x?xf32>, %sink: tensor<8xf32>)
        -> (tensor<2x8x?x64xf32>, tensor<2x8x?xf32>) {
      %o, %lse = attn.finalize exp (%a, %m, %d) sink(%sink : tensor<8xf32>)
        : tensor<2x8x?x64xf32>, tensor<2x8x?xf32>, tensor<2x8x?xf32>
      return %o, %lse : tensor<2x8x?x64xf32>, tensor<2x8x?xf32>
    }
    ```
  }];
  let arguments = (ins Attn_PartialKind:$kind, Optional<Attn_StateTensor>:$acc,
                       Optional<Attn_StateTensor>:$max,
                       Optional<Attn_StateTensor>:$den,
                       Optional<Attn_FloatTensor>:$sink);
  let results = (outs Variadic<Attn_StateTensor>:$outputs);
  let assemblyFormat = [{
    $kind custom<State>($acc, $max, $den, ref($kind))
    (`sink` `(` $sink^ `:` type($sink) `)`)? attr-dict
    `:` custom<StateTypes>(type($acc), type($max), type($den), ref($acc),
                           ref($max), ref($den))
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    /// The output and its log-sum-exp; null if there is none.
    Value getOut() { return getAcc() ? getOutputs().front() : Value(); }
    Value getLse() { return getMax() ? getOutputs().back() : Value(); }
  }];
}

//===----------------------------------------------------------------------===//
// attn.merge
//===----------------------------------------------------------------------===//

def Attn_MergeOp : Attn_Op<"merge", [
    AttrSizedOperandSegments,
    InferTypeOpAdaptor,
    Attn_ReifyShapes
  ]> {
  let summary = "merge finished outputs of attention over disjoint keys";
  let description = [{
    Merges outputs `o_n` of attention with exp weights by their log-sum-exps:

    ```
    lse = ln(sum_n e^lse_n)        out = sum_n e^(lse_n - lse) * o_n
    ```

    `lse_n` has the shape `[.., i]`, and `o_n` one axis more. `along d` merges
    the outputs that lie along axis `d` of one pair instead of several pairs;
    the axis disappears. The arithmetic is in f32, or in f64 if an operand is
    f64, from the first to the last.

    Constraints:
    - (C1) there is a pair, and all pairs have equal types
    - (C2) `shape(o) = shape(lse) + [features]`
    - (C3) `along` has one pair, and is an axis of `lse`

    Edges: an output whose `lse` is -inf has no influence, whatever it holds; if
    all are, `out` is 0 and `lse` is -inf. One pair folds to itself. A sink may
    be part of one of the outputs only, else it is counted twice.

    Example:

    ```mlir
    func.func @merged(%o0: tensor<2x?x64xf16>, %l0: tensor<2x?xf32>,
                      %o1: tensor<2x?x64xf16>, %l1: tensor<2x?xf32>)
        -> (tensor<2x?x64xf16>, tensor<2x?xf32>) {
      %o, %l = attn.merge (%o0, %l0), (%o1, %l1)
        : tensor<2x?x64xf16>, tensor<2x?xf32>
      return %o, %l : tensor<2x?x64xf16>, tensor<2x?xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Attn_FloatTensor>:$outs,
                       Variadic<Attn_StateTensor>:$lses,
                       OptionalAttr<Attn_AxisAttr>:$axis);
  let results = (outs Attn_FloatTensor:$out, Attn_StateTensor:$lse);
  let assemblyFormat = [{
    custom<Outputs>($outs, $lses) (`along` $axis^)? attr-dict `:`
    custom<OutputTypes>(type($outs), type($lses), ref($outs))
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNPARTIALOPS
