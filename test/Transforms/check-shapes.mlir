// RUN: attn-opt %s --attn-check-shapes | FileCheck %s

// Sizes that are not known to fit are compared at run time; the message names
// the op and its place. Sizes that are equal by construction are not.

// CHECK-DAG: llvm.mlir.global internal constant @[[$MATMUL:.+]]("check-shapes.mlir:{{[0-9]+}}: linalg.matmul: axis 0 of operand 1\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[$CAST:.+]]("check-shapes.mlir:{{[0-9]+}}: tensor.cast: axis 0\00")
// CHECK-DAG: llvm.mlir.global internal constant @{{.+}}("check-shapes.mlir:{{[0-9]+}}: tensor.extract_slice: size of axis 0 that is sliced\00")

// CHECK-LABEL: func @matmul(
// CHECK-SAME:      %[[A:.+]]: tensor<4x?xf32>, %[[B:.+]]: tensor<?x?xf32>,
// CHECK-DAG:     %[[K:.+]] = tensor.dim %[[A]], %c1
// CHECK-DAG:     %[[ROWS:.+]] = tensor.dim %[[B]], %c0
// CHECK-DAG:     %[[FOUND:.+]] = arith.index_cast %[[ROWS]] : index to i64
// CHECK-DAG:     %[[EXPECTED:.+]] = arith.index_cast %[[K]] : index to i64
// CHECK:         %[[MESSAGE:.+]] = llvm.mlir.addressof @[[$MATMUL]]
// CHECK:         call @attn_rt_check_equal(%[[FOUND]], %[[EXPECTED]], %[[MESSAGE]])
// CHECK-NOT:     call
// CHECK:         linalg.matmul
func.func @matmul(%a: tensor<4x?xf32>, %b: tensor<?x?xf32>, %n: index) -> tensor<4x?xf32> {
  %c1 = arith.constant 1 : index
  %columns = tensor.dim %b, %c1 : tensor<?x?xf32>
  %init = tensor.empty(%columns) : tensor<4x?xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<4x?xf32>, tensor<?x?xf32>)
      outs(%init : tensor<4x?xf32>) -> tensor<4x?xf32>
  return %0 : tensor<4x?xf32>
}

// CHECK-LABEL: func @cast(
// CHECK:         %[[MESSAGE:.+]] = llvm.mlir.addressof @[[$CAST]]
// CHECK:         call @attn_rt_check_equal(%{{.+}}, %{{.+}}, %[[MESSAGE]])
// CHECK:         tensor.cast
func.func @cast(%x: tensor<?x3xf32>) -> tensor<4x3xf32> {
  %0 = tensor.cast %x : tensor<?x3xf32> to tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// CHECK-LABEL: func @slice(
// CHECK:         call @attn_rt_check_at_least
// CHECK:         call @attn_rt_check_at_least
// CHECK:         tensor.extract_slice
func.func @slice(%x: tensor<8x3xf32>, %i: index) -> tensor<2x3xf32> {
  %0 = tensor.extract_slice %x[%i, 0] [2, 3] [1, 1] : tensor<8x3xf32> to tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func @known(
// CHECK-NOT:     call
// CHECK:         return
func.func @known(%x: tensor<8x?xf32>) -> tensor<8x?xf32> {
  %0 = linalg.exp ins(%x : tensor<8x?xf32>) outs(%x : tensor<8x?xf32>) -> tensor<8x?xf32>
  return %0 : tensor<8x?xf32>
}

// A window may be smaller than the image, but not larger.
// CHECK-LABEL: func @convolution(
// CHECK:         call @attn_rt_check_at_least
// CHECK:         linalg.conv_1d
func.func @convolution(%x: tensor<?xf32>, %w: tensor<3xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %0 = linalg.conv_1d ins(%x, %w : tensor<?xf32>, tensor<3xf32>)
      outs(%y : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
