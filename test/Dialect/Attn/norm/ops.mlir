// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Every form of attn.norm keeps its clauses.

// CHECK-LABEL: func @layer(
// CHECK: attn.norm layer %{{.+}} gain(%{{.+}} : tensor<8xf32>) offset(%{{.+}} : tensor<8xf32>) : tensor<2x?x8xf16>
func.func @layer(%x: tensor<2x?x8xf16>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x?x8xf16> {
  %y = attn.norm layer %x gain(%g : tensor<8xf32>) offset(%b : tensor<8xf32>) : tensor<2x?x8xf16>
  return %y : tensor<2x?x8xf16>
}

// CHECK-LABEL: func @rms_with_eps(
// CHECK: attn.norm rms %{{.+}} offset(%{{.+}} : tensor<?xf32>) eps = 2.500000e-01 : tensor<?xf32>
func.func @rms_with_eps(%x: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %y = attn.norm rms %x offset(%b : tensor<?xf32>) eps = 0.25 : tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func @l2(
// CHECK: attn.norm l2 %{{.+}} : tensor<3x8xf64>
func.func @l2(%x: tensor<3x8xf64>) -> tensor<3x8xf64> {
  %y = attn.norm l2 %x : tensor<3x8xf64>
  return %y : tensor<3x8xf64>
}
