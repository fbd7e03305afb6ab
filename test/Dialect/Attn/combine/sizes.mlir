// RUN: attn-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize | FileCheck %s

// The axis along which states lie is gone.

// CHECK-LABEL: func @sizes(
// CHECK-SAME: %[[M:[^:]+]]: tensor<2x?x?xf32>
// CHECK: %[[C2:.+]] = arith.constant 2 : index
// CHECK: %[[N:.+]] = tensor.dim %[[M]], %[[C2]]
// CHECK: return %[[N]]
func.func @sizes(%m: tensor<2x?x?xf32>, %d: tensor<2x?x?xf32>) -> index {
  %c1 = arith.constant 1 : index
  %0:2 = attn.combine exp (%m, %d) along 1 : tensor<2x?x?xf32>, tensor<2x?x?xf32>
  %n = tensor.dim %0#0, %c1 : tensor<2x?xf32>
  return %n : index
}
