// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// attn.expm of one matrix and of many.

// CHECK-LABEL: func @matrices(
// CHECK: attn.expm %{{.+}} : tensor<4x4xf64>
// CHECK: attn.expm %{{.+}} : tensor<?x3x64x64xf16>
func.func @matrices(%a: tensor<4x4xf64>, %b: tensor<?x3x64x64xf16>) -> (tensor<4x4xf64>, tensor<?x3x64x64xf16>) {
  %0 = attn.expm %a : tensor<4x4xf64>
  %1 = attn.expm %b : tensor<?x3x64x64xf16>
  return %0, %1 : tensor<4x4xf64>, tensor<?x3x64x64xf16>
}
