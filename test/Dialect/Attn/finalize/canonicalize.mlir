// RUN: attn-opt %s --canonicalize --split-input-file | FileCheck %s

// Without a normaliser the output is the accumulator; with one it is not.

// CHECK-LABEL: func @none(
// CHECK-SAME: %[[A:.+]]: tensor<3x5xf32>
// CHECK-NEXT: return %[[A]]
func.func @none(%a: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %o = attn.finalize none (%a) : tensor<3x5xf32>
  return %o : tensor<3x5xf32>
}

// -----

// CHECK-LABEL: func @sum(
// CHECK: attn.finalize sum
func.func @sum(%a: tensor<3x5xf32>, %d: tensor<3xf32>) -> tensor<3x5xf32> {
  %o = attn.finalize sum (%a, %d) : tensor<3x5xf32>, tensor<3xf32>
  return %o : tensor<3x5xf32>
}
