// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// attn.extract keeps its indices.

// CHECK-LABEL: func @element(
// CHECK-SAME: %[[X:.+]]: tensor<?x4xi32>, %[[I:.+]]: index, %[[J:.+]]: index)
// CHECK: attn.extract %[[X]][%[[I]], %[[J]]] : tensor<?x4xi32>
func.func @element(%x: tensor<?x4xi32>, %i: index, %j: index) -> i32 {
  %y = attn.extract %x[%i, %j] : tensor<?x4xi32>
  return %y : i32
}
