// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Scans of states with and without values.

// CHECK-LABEL: func @scans(
// CHECK: attn.prefix exp (%{{.+}}, %{{.+}}, %{{.+}}) along 1 : tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>
// CHECK: attn.prefix exp (%{{[^,]+}}, %{{[^,]+}}) along 0 : tensor<2x?xf32>, tensor<2x?xf32>
// CHECK: attn.prefix none (%{{[^,]+}}) along 0 : tensor<2x?x5xf32>
func.func @scans(%a: tensor<2x?x5xf32>, %m: tensor<2x?xf32>, %d: tensor<2x?xf32>) -> (tensor<2x?x5xf32>, tensor<2x?xf32>) {
  %0:3 = attn.prefix exp (%a, %m, %d) along 1 : tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>
  %1:2 = attn.prefix exp (%0#1, %0#2) along 0 : tensor<2x?xf32>, tensor<2x?xf32>
  %2 = attn.prefix none (%0#0) along 0 : tensor<2x?x5xf32>
  return %2, %1#0 : tensor<2x?x5xf32>, tensor<2x?xf32>
}
