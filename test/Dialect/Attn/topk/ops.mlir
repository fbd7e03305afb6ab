// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// attn.topk has two results, and a third with keep.

// CHECK-LABEL: func @topk(
// CHECK: %{{.+}}, %{{.+}} = attn.topk %{{.+}}, 4 : tensor<2x?x11xf16>
// CHECK: %{{.+}}, %{{.+}}, %{{.+}} = attn.topk %{{.+}}, 12 keep least : tensor<2x?x11xf16>
// CHECK: return %{{.+}} : tensor<2x?x4xf16>, tensor<2x?x12xi32>, tensor<2x?x11xi1>
func.func @topk(%x: tensor<2x?x11xf16>) -> (tensor<2x?x4xf16>, tensor<2x?x12xi32>, tensor<2x?x11xi1>) {
  %v0, %i0 = attn.topk %x, 4 : tensor<2x?x11xf16>
  %v1, %i1, %k1 = attn.topk %x, 12 keep least : tensor<2x?x11xf16>
  return %v0, %i1, %k1 : tensor<2x?x4xf16>, tensor<2x?x12xi32>, tensor<2x?x11xi1>
}
