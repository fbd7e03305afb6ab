// RUN: attn-opt %s --attn-outline-parallel-loops | FileCheck %s

// The body becomes a function of the index and of what it uses; constants go
// along.

// CHECK-LABEL: func @ones(
// CHECK-SAME:      %[[N:.+]]: index, %[[X:.+]]: memref<?xf32>)
// CHECK-NOT:     scf.parallel
// CHECK:         call @ones_loop(%[[N]], %[[X]]) {attn.aliasing, attn.parallel}
// CHECK-LABEL: func private @ones_loop(
// CHECK-SAME:      %[[I:.+]]: index, %[[TARGET:.+]]: memref<?xf32>)
// CHECK:         %[[ONE:.+]] = arith.constant 1.000000e+00 : f32
// CHECK:         memref.store %[[ONE]], %[[TARGET]][%[[I]]]
func.func @ones(%n: index, %x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    memref.store %one, %x[%i] : memref<?xf32>
  }
  return
}

// CHECK-LABEL: func @other_start(
// CHECK:         scf.parallel
func.func @other_start(%n: index, %x: memref<?xf32>) {
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c1) to (%n) step (%c1) {
    memref.store %one, %x[%i] : memref<?xf32>
  }
  return
}
