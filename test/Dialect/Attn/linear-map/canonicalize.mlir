// RUN: attn-opt %s --canonicalize --split-input-file | FileCheck %s

// Maps fold to their weights.

// Bins [0, 2) and [1, 3): they overlap where 3 is no multiple of 2.
// CHECK-LABEL: func @pool(
// CHECK{LITERAL}: arith.constant dense<[[5.000000e-01, 5.000000e-01, 0.000000e+00], [0.000000e+00, 5.000000e-01, 5.000000e-01]]> : tensor<2x3xf32>
func.func @pool() -> tensor<2x3xf32> {
  %0 = attn.linear_map pool_adaptive(3 -> 2)
  return %0 : tensor<2x3xf32>
}

// -----

// The outermost samples lie beyond the centres of the outermost pixels.
// CHECK-LABEL: func @resize_half_pixel(
// CHECK{LITERAL}: arith.constant dense<[[1.000000e+00, 0.000000e+00], [7.500000e-01, 2.500000e-01], [2.500000e-01, 7.500000e-01], [0.000000e+00, 1.000000e+00]]> : tensor<4x2xf32>
func.func @resize_half_pixel() -> tensor<4x2xf32> {
  %0 = attn.linear_map resize_bilinear(2 -> 4) half_pixel
  return %0 : tensor<4x2xf32>
}

// -----

// CHECK-LABEL: func @resize_corners(
// CHECK{LITERAL}: arith.constant dense<[[1.000000e+00, 0.000000e+00], [5.000000e-01, 5.000000e-01], [0.000000e+00, 1.000000e+00]]> : tensor<3x2xf32>
func.func @resize_corners() -> tensor<3x2xf32> {
  %0 = attn.linear_map resize_bilinear(2 -> 3)
  return %0 : tensor<3x2xf32>
}
