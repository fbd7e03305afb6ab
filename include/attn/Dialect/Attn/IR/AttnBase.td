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
}

def Attn_YieldOp : Op<Attn_Dialect, "yield", [Pure, Terminator, ReturnLike]> {
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

#endif // ATTN_DIALECT_ATTN_IR_ATTNBASE
