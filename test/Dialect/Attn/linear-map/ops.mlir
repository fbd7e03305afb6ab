// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Every form of attn.linear_map, whose result type is derived.

// CHECK-LABEL: func @maps(
// CHECK: attn.linear_map pool_adaptive(6 -> 4)
// CHECK: attn.linear_map resize_bilinear(7 -> 14) half_pixel
// CHECK: attn.linear_map resize_bilinear(3 -> 5)
// CHECK: return %{{.+}} : tensor<4x6xf32>, tensor<14x7xf32>, tensor<5x3xf32>
func.func @maps() -> (tensor<4x6xf32>, tensor<14x7xf32>, tensor<5x3xf32>) {
  %0 = attn.linear_map pool_adaptive(6 -> 4)
  %1 = attn.linear_map resize_bilinear(7 -> 14) half_pixel
  %2 = attn.linear_map resize_bilinear(3 -> 5)
  return %0, %1, %2 : tensor<4x6xf32>, tensor<14x7xf32>, tensor<5x3xf32>
}
