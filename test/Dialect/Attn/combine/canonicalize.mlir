// RUN: attn-opt %s --canonicalize --split-input-file | FileCheck %s

// One state is its own sum; one state along an axis is not.

// CHECK-LABEL: func @one_state(
// CHECK-SAME: %[[M:.+]]: tensor<3xf32>, %[[D:.+]]: tensor<3xf32>
// CHECK-NEXT: return %[[M]], %[[D]]
func.func @one_state(%m: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:2 = attn.combine exp (%m, %d) : tensor<3xf32>, tensor<3xf32>
  return %0#0, %0#1 : tensor<3xf32>, tensor<3xf32>
}

// -----

// CHECK-LABEL: func @one_state_along(
// CHECK: attn.combine sum
func.func @one_state_along(%d: tensor<1x3xf32>) -> tensor<3xf32> {
  %0 = attn.combine sum (%d) along 0 : tensor<1x3xf32>
  return %0 : tensor<3xf32>
}

// -----

// CHECK-LABEL: func @two_states(
// CHECK: attn.combine sum
func.func @two_states(%d: tensor<3xf32>) -> tensor<3xf32> {
  %0 = attn.combine sum (%d), (%d) : tensor<3xf32>
  return %0 : tensor<3xf32>
}
