// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Tables by length, dynamic or static, and by positions.

// CHECK-LABEL: func @tables(
// CHECK: attn.rotary_table length(%{{.+}}) dims(8) base(1.000000e+04) : tensor<?x4xf32>
// CHECK: attn.rotary_table length(%{{.+}}) dims(8) base(5.000000e+05) offset(%{{.+}}) : tensor<32x4xbf16>
// CHECK: attn.rotary_table positions(%{{.+}} : tensor<2x?xi32>) dims(6) base(1.000000e+04) offset(%{{.+}}) : tensor<2x?x3xf64>
func.func @tables(%n: index, %p: tensor<2x?xi32>) -> (tensor<?x4xf32>, tensor<32x4xbf16>, tensor<2x?x3xf64>) {
  %c0, %s0 = attn.rotary_table length(%n) dims(8) base(1.0e4) : tensor<?x4xf32>
  %c1, %s1 = attn.rotary_table length(%n) dims(8) base(5.0e5) offset(%n) : tensor<32x4xbf16>
  %c2, %s2 = attn.rotary_table positions(%p : tensor<2x?xi32>) dims(6) base(1.0e4) offset(%n) : tensor<2x?x3xf64>
  return %c0, %s1, %c2 : tensor<?x4xf32>, tensor<32x4xbf16>, tensor<2x?x3xf64>
}
