// RUN: attn-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize | FileCheck %s

// The sizes of the result are those of x.

// CHECK-LABEL: func @sizes(
// CHECK-SAME: %[[X:.+]]: tensor<?x8xf32>
// CHECK: %[[N:.+]] = tensor.dim %[[X]]
// CHECK: return %[[N]]
func.func @sizes(%x: tensor<?x8xf32>) -> index {
  %c0 = arith.constant 0 : index
  %y = attn.norm l2 %x : tensor<?x8xf32>
  %n = tensor.dim %y, %c0 : tensor<?x8xf32>
  return %n : index
}
