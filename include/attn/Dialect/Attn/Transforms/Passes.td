//===- Passes.td - passes inside the attn dialect ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes on attn ops, in alphabetical order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_PASSES
#define ATTN_DIALECT_ATTN_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// attn-decompose-tensor-ops
//===----------------------------------------------------------------------===//

def AttnDecomposeTensorOpsPass : Pass<"attn-decompose-tensor-ops"> {
  let summary = "rewrite the ops without named coordinates into linalg";
  let description = [{
    Rewrites `attn.norm`, `attn.linear_map`, `attn.expm`, `attn.rotary_table`,
    `attn.rotate`, `attn.rotate_blocks`, `attn.topk`, `attn.combine`,
    `attn.prefix`, `attn.finalize` and `attn.merge` into `linalg`, `tensor`,
    `scf`, `arith` and `math` ops on tensors, of any rank and of dynamic sizes.

    Afterwards none of these ops is left. Nothing else is touched: no op is
    folded, so that a wrong fold cannot hide. Ranks and static sizes stay; sizes
    that must agree at run time are not compared.

    Arithmetic is in f32, or in f64 where an operand is f64, and rounded at the
    end of each op. With `wide` it is in f64 everywhere.

    Example:

    ```mlir
    func.func @unit(%x: tensor<?x16xf16>) -> tensor<?x16xf16> {
      %y = attn.norm l2 %x : tensor<?x16xf16>
      return %y : tensor<?x16xf16>
    }
    ```
  }];
  let options = [
    Option<"wide", "wide", "bool", /*default=*/"false",
           "Compute in f64 and round at the end of each op">
  ];
  let dependentDialects = [
    "arith::ArithDialect", "linalg::LinalgDialect", "math::MathDialect",
    "scf::SCFDialect", "tensor::TensorDialect"
  ];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES
