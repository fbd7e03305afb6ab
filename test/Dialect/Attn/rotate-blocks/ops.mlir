// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// One matrix per token and block, or per head, token and block.

// CHECK-LABEL: func @rotations(
// CHECK: attn.rotate_blocks %{{.+}}, %{{.+}} : tensor<2x3x?x8xf16>, tensor<?x4x2x2xf32>
// CHECK: attn.rotate_blocks %{{.+}}, %{{.+}} : tensor<2x3x?x8xf16>, tensor<3x1x2x4x4xf32>
func.func @rotations(%x: tensor<2x3x?x8xf16>, %r: tensor<?x4x2x2xf32>, %h: tensor<3x1x2x4x4xf32>) -> tensor<2x3x?x8xf16> {
  %0 = attn.rotate_blocks %x, %r : tensor<2x3x?x8xf16>, tensor<?x4x2x2xf32>
  %1 = attn.rotate_blocks %0, %h : tensor<2x3x?x8xf16>, tensor<3x1x2x4x4xf32>
  return %1 : tensor<2x3x?x8xf16>
}
