// RUN: attn-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize | FileCheck %s

// The sizes of the results are those of x, and k.

// CHECK-LABEL: func @sizes(
// CHECK-SAME: %[[X:.+]]: tensor<?x?xf32>
// CHECK-DAG: %[[C0:.+]] = arith.constant 0 : index
// CHECK-DAG: %[[C1:.+]] = arith.constant 1 : index
// CHECK-DAG: %[[N:.+]] = tensor.dim %[[X]], %[[C0]]
// CHECK-DAG: %[[M:.+]] = tensor.dim %[[X]], %[[C1]]
// CHECK: return %[[N]], %[[M]]
func.func @sizes(%x: tensor<?x?xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v, %i, %k = attn.topk %x, 4 keep : tensor<?x?xf32>
  %n = tensor.dim %i, %c0 : tensor<?x4xi32>
  %m = tensor.dim %k, %c1 : tensor<?x?xi1>
  return %n, %m : index, index
}
