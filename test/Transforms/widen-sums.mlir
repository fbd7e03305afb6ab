// RUN: attn-opt %s --attn-widen-sums | FileCheck %s

// Sums of half-precision products are f32 and rounded once, at the end.

// CHECK-LABEL: func @matmul(
// CHECK:         %[[ZERO:.+]] = arith.extf %{{.+}} : bf16 to f32
// CHECK:         %[[INIT:.+]] = linalg.fill ins(%[[ZERO]] : f32) outs(%{{.+}} : tensor<4x2xf32>)
// CHECK:         %[[SUM:.+]] = linalg.generic {{.*}} outs(%[[INIT]] : tensor<4x2xf32>)
// CHECK:           ^bb0(%[[A:.+]]: bf16, %[[B:.+]]: bf16, %[[ACC:.+]]: f32):
// CHECK:           %[[AW:.+]] = arith.extf %[[A]]
// CHECK:           %[[BW:.+]] = arith.extf %[[B]]
// CHECK:           %[[P:.+]] = arith.mulf %[[AW]], %[[BW]] : f32
// CHECK:           arith.addf %[[ACC]], %[[P]] : f32
// CHECK:         linalg.generic {{.*}} ins(%[[SUM]] : tensor<4x2xf32>)
// CHECK:           arith.truncf %{{.+}} : f32 to bf16
func.func @matmul(%a: tensor<4x8xbf16>, %b: tensor<8x2xbf16>) -> tensor<4x2xbf16> {
  %zero = arith.constant 0.0 : bf16
  %empty = tensor.empty() : tensor<4x2xbf16>
  %init = linalg.fill ins(%zero : bf16) outs(%empty : tensor<4x2xbf16>) -> tensor<4x2xbf16>
  %0 = linalg.matmul ins(%a, %b : tensor<4x8xbf16>, tensor<8x2xbf16>)
      outs(%init : tensor<4x2xbf16>) -> tensor<4x2xbf16>
  return %0 : tensor<4x2xbf16>
}

// A maximum loses nothing.
// CHECK-LABEL: func @maximum(
// CHECK-NOT:     extf
// CHECK:         return
func.func @maximum(%x: tensor<4x8xf16>, %init: tensor<4xf16>) -> tensor<4xf16> {
  %0 = linalg.reduce ins(%x : tensor<4x8xf16>) outs(%init : tensor<4xf16>) dimensions = [1]
      (%in: f16, %acc: f16) {
        %m = arith.maximumf %in, %acc : f16
        linalg.yield %m : f16
      }
  return %0 : tensor<4xf16>
}
