// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// States of every kind, with and without values; several, or along an axis.

// CHECK-LABEL: func @exp(
// CHECK: attn.combine exp (%{{.+}}, %{{.+}}, %{{.+}}), (%{{.+}}, %{{.+}}, %{{.+}}) : tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>
// CHECK: attn.combine exp (%{{[^,]+}}, %{{[^,]+}}), (%{{[^,]+}}, %{{[^,]+}}) : tensor<2x?xf32>, tensor<2x?xf32>
// CHECK: attn.combine exp (%{{.+}}, %{{.+}}, %{{.+}}) along 1 : tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>
// CHECK: return %{{.+}} : tensor<2x?x5xf32>, tensor<2x5xf32>
func.func @exp(%a: tensor<2x?x5xf32>, %m: tensor<2x?xf32>, %d: tensor<2x?xf32>) -> (tensor<2x?x5xf32>, tensor<2x5xf32>) {
  %0:3 = attn.combine exp (%a, %m, %d), (%a, %m, %d) : tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>
  %1:2 = attn.combine exp (%m, %d), (%0#1, %0#2) : tensor<2x?xf32>, tensor<2x?xf32>
  %2:3 = attn.combine exp (%0#0, %m, %d) along 1 : tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>
  return %0#0, %2#0 : tensor<2x?x5xf32>, tensor<2x5xf32>
}

// CHECK-LABEL: func @others(
// CHECK: attn.combine sum (%{{[^,]+}}, %{{[^,]+}}), (%{{[^,]+}}, %{{[^,]+}}) : tensor<3x5xf64>, tensor<3xf64>
// CHECK: attn.combine sum (%{{[^,]+}}), (%{{[^,]+}}), (%{{[^,]+}}) : tensor<3xf64>
// CHECK: attn.combine none (%{{[^,]+}}) along 0 : tensor<3x5xf64>
func.func @others(%a: tensor<3x5xf64>, %d: tensor<3xf64>) -> (tensor<3x5xf64>, tensor<3xf64>, tensor<5xf64>) {
  %0:2 = attn.combine sum (%a, %d), (%a, %d) : tensor<3x5xf64>, tensor<3xf64>
  %1 = attn.combine sum (%d), (%d), (%0#1) : tensor<3xf64>
  %2 = attn.combine none (%a) along 0 : tensor<3x5xf64>
  return %0#0, %1, %2 : tensor<3x5xf64>, tensor<3xf64>, tensor<5xf64>
}
