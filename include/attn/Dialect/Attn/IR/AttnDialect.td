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
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = ["arith::ArithDialect"];
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNDIALECT
