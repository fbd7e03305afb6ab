// RUN: attn-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize | FileCheck %s

// The number of rows is the length.

// CHECK-LABEL: func @sizes(
// CHECK-SAME: %[[N:.+]]: index
// CHECK: return %[[N]]
func.func @sizes(%n: index) -> index {
  %c0 = arith.constant 0 : index
  %c, %s = attn.rotary_table length(%n) dims(8) base(1.0e4) : tensor<?x4xf32>
  %m = tensor.dim %s, %c0 : tensor<?x4xf32>
  return %m : index
}
