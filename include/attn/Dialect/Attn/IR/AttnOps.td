//===- AttnOps.td - operations of the attn dialect ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNOPS
#define ATTN_DIALECT_ATTN_IR_ATTNOPS

include "attn/Dialect/Attn/IR/AttnDialect.td"

def Attn_MaskType : TypeDef<Attn_Dialect, "Mask"> {
  let mnemonic = "mask";
  let summary = "a predicate over query and key coordinates";
  let parameters = (ins "unsigned":$queryRank, "unsigned":$keyRank);
  let assemblyFormat = "`<` $queryRank `,` $keyRank `>`";
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNOPS
