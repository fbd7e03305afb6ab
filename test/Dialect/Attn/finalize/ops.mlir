// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// States of every kind become outputs.

// CHECK-LABEL: func @outputs(
// CHECK: attn.finalize exp (%{{.+}}, %{{.+}}, %{{.+}}) sink(%{{.+}} : tensor<3xf16>) : tensor<3x?x5xf32>, tensor<3x?xf32>, tensor<3x?xf32>
// CHECK: attn.finalize exp (%{{[^,]+}}, %{{[^,]+}}) : tensor<3x?xf32>, tensor<3x?xf32>
// CHECK: attn.finalize sum (%{{[^,]+}}, %{{[^,]+}}) : tensor<3x?x5xf32>, tensor<3x?xf32>
// CHECK: attn.finalize none (%{{[^,]+}}) : tensor<3x?x5xf32>
func.func @outputs(%a: tensor<3x?x5xf32>, %m: tensor<3x?xf32>, %d: tensor<3x?xf32>, %s: tensor<3xf16>)
    -> (tensor<3x?x5xf32>, tensor<3x?xf32>, tensor<3x?xf32>) {
  %o, %l = attn.finalize exp (%a, %m, %d) sink(%s : tensor<3xf16>) : tensor<3x?x5xf32>, tensor<3x?xf32>, tensor<3x?xf32>
  %l1 = attn.finalize exp (%m, %d) : tensor<3x?xf32>, tensor<3x?xf32>
  %o2 = attn.finalize sum (%o, %d) : tensor<3x?x5xf32>, tensor<3x?xf32>
  %o3 = attn.finalize none (%o2) : tensor<3x?x5xf32>
  return %o3, %l, %l1 : tensor<3x?x5xf32>, tensor<3x?xf32>, tensor<3x?xf32>
}
