// RUN: attn-opt %s --canonicalize --split-input-file | FileCheck %s

// One output is its own merge; one output along an axis is not.

// CHECK-LABEL: func @one_output(
// CHECK-SAME: %[[O:.+]]: tensor<3x5xf16>, %[[L:.+]]: tensor<3xf32>
// CHECK-NEXT: return %[[O]], %[[L]]
func.func @one_output(%o: tensor<3x5xf16>, %l: tensor<3xf32>) -> (tensor<3x5xf16>, tensor<3xf32>) {
  %0:2 = attn.merge (%o, %l) : tensor<3x5xf16>, tensor<3xf32>
  return %0#0, %0#1 : tensor<3x5xf16>, tensor<3xf32>
}

// -----

// CHECK-LABEL: func @one_output_along(
// CHECK: attn.merge
func.func @one_output_along(%o: tensor<1x3x5xf16>, %l: tensor<1x3xf32>) -> tensor<3x5xf16> {
  %0:2 = attn.merge (%o, %l) along 0 : tensor<1x3x5xf16>, tensor<1x3xf32>
  return %0#0 : tensor<3x5xf16>
}
