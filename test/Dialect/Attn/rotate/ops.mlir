// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Both layouts, all or part of the features, shared or broadcast tables.

// CHECK-LABEL: func @rotations(
// CHECK: attn.rotate interleaved %{{.+}}, %{{.+}}, %{{.+}} : tensor<2x3x?x8xf16>, tensor<?x4xf32>
// CHECK: attn.rotate halves %{{.+}}, %{{.+}}, %{{.+}} dims(6) : tensor<2x3x?x8xf16>, tensor<2x1x?x3xf32>
func.func @rotations(%x: tensor<2x3x?x8xf16>, %c: tensor<?x4xf32>, %s: tensor<?x4xf32>,
                     %cp: tensor<2x1x?x3xf32>, %sp: tensor<2x1x?x3xf32>) -> tensor<2x3x?x8xf16> {
  %0 = attn.rotate interleaved %x, %c, %s : tensor<2x3x?x8xf16>, tensor<?x4xf32>
  %1 = attn.rotate halves %0, %cp, %sp dims(6) : tensor<2x3x?x8xf16>, tensor<2x1x?x3xf32>
  return %1 : tensor<2x3x?x8xf16>
}
