//===- AttnBase.td - what the op families share -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNBASE
#define ATTN_DIALECT_ATTN_IR_ATTNBASE

include "attn/Dialect/Attn/IR/AttnAttrs.td"
include "attn/Dialect/Attn/IR/AttnTypes.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

/// The op tells the sizes of its results in terms of those of its operands.
def Attn_ReifyShapes : DeclareOpInterfaceMethods<
    ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>;

class Attn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Attn_Dialect, mnemonic, !listconcat([Pure], traits)>;

/// An op with regions over named coordinates. The regions see nothing but their
/// arguments; the parser derives the arguments from the clauses.
class Attn_RegionOp<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, !listconcat([
        IsolatedFromAbove, AttrSizedOperandSegments,
        DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>
      ], traits)> {
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Attn_YieldOp : Op<Attn_Dialect, "yield", [
    Pure, Terminator, ReturnLike,
    ParentOneOf<["AttentionOp", "MapOp", "MaskAnyOp", "MaskOp", "ObserveOp", "PartialOp"]>
  ]> {
  let summary = "hand the values of a region to its op";
  let description = [{
    Ends every region of this dialect.

    Example:

    ```mlir
    func.func @even() -> !attn.mask<1, 1> {
      %m = attn.mask [j] {
        %c2 = arith.constant 2 : index
        %c0 = arith.constant 0 : index
        %r = arith.remui %j, %c2 : index
        %e = arith.cmpi eq, %r, %c0 : index
        attn.yield %e : i1
      }
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Attn_ExtractOp : Attn_Op<"extract", [TypesMatchWith<
    "the result to have the element type of the source", "source", "result",
    "::llvm::cast<RankedTensorType>($_self).getElementType()">]> {
  let summary = "an element of a tensor, or 0 outside of it";
  let description = [{
    ```
    result = source[indices]  if 0 <= indices[n] < dim(source, n) for all n, else 0
    ```

    What maps and bindings are read by. It is evaluated at pairs that a mask may
    hide, whose positions need not exist.

    Constraints:
    - (C1) one index per dimension
    - (C2) the result has the element type of the source

    Example:

    ```mlir
    func.func @left(%x: tensor<?xf32>, %i: index) -> f32 {
      %c1 = arith.constant 1 : index
      %j = arith.subi %i, %c1 : index
      %y = attn.extract %x[%j] : tensor<?xf32>
      return %y : f32
    }
    ```
  }];
  let arguments = (ins AnyRankedTensor:$source, Variadic<Index>:$indices);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$source `[` $indices `]` attr-dict `:` type($source)";
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNBASE
