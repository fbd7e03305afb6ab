// RUN: attn-opt %s --attn-fuse-linalg | FileCheck %s

// Elementwise producers move into the op that uses them, unless that would
// repeat costly arithmetic for every read.

// CHECK-LABEL: func @chain(
// CHECK:         linalg.generic
// CHECK:           math.exp
// CHECK:           arith.negf
// CHECK-NOT:     linalg.generic
func.func @chain(%x: tensor<8xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
  %0 = linalg.exp ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  %1 = linalg.negf ins(%0 : tensor<8xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// Each element of the left side is read for every column.
// CHECK-LABEL: func @not_repeated(
// CHECK:         linalg.generic
// CHECK:           math.exp
// CHECK:         linalg.generic
// CHECK:           arith.mulf
func.func @not_repeated(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %e: tensor<4x8xf32>,
                        %c: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %0 = linalg.exp ins(%a : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = linalg.matmul ins(%0, %b : tensor<4x8xf32>, tensor<8x6xf32>)
      outs(%c : tensor<4x6xf32>) -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}

// A cast is cheap.
// CHECK-LABEL: func @cast_repeated(
// CHECK:         linalg.generic
// CHECK:           arith.extf
// CHECK:           arith.mulf
// CHECK-NOT:     linalg.generic
#id = affine_map<(i, j) -> (i, j)>
func.func @cast_repeated(%a: tensor<4x8xf16>, %b: tensor<8x6xf32>, %e: tensor<4x8xf32>,
                         %c: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4x8xf16>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%in: f16, %out: f32):
    %w = arith.extf %in : f16 to f32
    linalg.yield %w : f32
  } -> tensor<4x8xf32>
  %1 = linalg.matmul ins(%0, %b : tensor<4x8xf32>, tensor<8x6xf32>)
      outs(%c : tensor<4x6xf32>) -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}
