//===- AttnDialect.td - the attn dialect --------------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is computed: which pairs interact, how strongly, and what comes out.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNDIALECT
#define ATTN_DIALECT_ATTN_IR_ATTNDIALECT

include "mlir/IR/OpBase.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let cppNamespace = "::mlir::attn";
  let summary = "attention of every kind, on tensors";
  let description = [{
    The dialect asks three questions about attention, and has one family of ops
    for each: which pairs of query and key interact (`attn.mask` and its
    builders), how strongly (`attn.attention` and the ops it is made of), and
    how what surrounds them is written down (`attn.einsum`, `attn.map`, ...).

    All ops have value semantics on tensors. Index arithmetic is written over
    *named coordinates*: the batch and head coordinates declared by
    `over [b, h]`, the query coordinate `i`, the key coordinate `j`, their grid
    axes (`iy, ix`, `jt, jy, jx`), and the names that a `with (...)` clause
    binds.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["arith::ArithDialect", "math::MathDialect",
                           "tensor::TensorDialect"];
  let hasConstantMaterializer = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNDIALECT
