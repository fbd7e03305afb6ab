// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Several outputs, or outputs along an axis.

// CHECK-LABEL: func @merges(
// CHECK: attn.merge (%{{.+}}, %{{.+}}), (%{{.+}}, %{{.+}}) : tensor<2x?x5xf16>, tensor<2x?xf32>
// CHECK: attn.merge (%{{.+}}, %{{.+}}) along 1 : tensor<2x?x5xf16>, tensor<2x?xf32>
// CHECK: return %{{.+}} : tensor<2x5xf16>, tensor<2xf32>
func.func @merges(%o: tensor<2x?x5xf16>, %l: tensor<2x?xf32>) -> (tensor<2x5xf16>, tensor<2xf32>) {
  %o0, %l0 = attn.merge (%o, %l), (%o, %l) : tensor<2x?x5xf16>, tensor<2x?xf32>
  %o1, %l1 = attn.merge (%o0, %l0) along 1 : tensor<2x?x5xf16>, tensor<2x?xf32>
  return %o1, %l1 : tensor<2x5xf16>, tensor<2xf32>
}
