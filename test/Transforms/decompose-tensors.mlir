// RUN: attn-opt %s --attn-decompose-tensors | FileCheck %s

// Only few kinds of ops are left, and what belongs to the caller is read-only.

// CHECK-LABEL: func @softmax(
// CHECK-SAME:      tensor<?x8xf32> {bufferization.writable = false}
// CHECK-NOT:     linalg.softmax
// CHECK:         linalg.generic
func.func @softmax(%x: tensor<?x8xf32>, %init: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = linalg.softmax dimension(1) ins(%x : tensor<?x8xf32>)
      outs(%init : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// CHECK-LABEL: func @pad_and_concat(
// CHECK-NOT:     tensor.pad
// CHECK-NOT:     tensor.concat
// CHECK:         linalg.fill
// CHECK:         tensor.insert_slice
func.func @pad_and_concat(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %one = arith.constant 1.0 : f32
  %0 = tensor.concat dim(0) %x, %y : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %1 = tensor.pad %0 low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %one : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %1 : tensor<?xf32>
}

// CHECK-LABEL: func @elementwise(
// CHECK:         linalg.generic
// CHECK:           math.exp %{{.+}} : f32
func.func @elementwise(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = math.exp %x : tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: func private @helper(
// CHECK-NOT:     bufferization.writable
// CHECK:         return
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
