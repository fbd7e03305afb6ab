// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// attn.softmax keeps its form.

// CHECK-LABEL: func @gates(
// CHECK: attn.softmax %{{.+}} : tensor<?x3x8xf16>
func.func @gates(%x: tensor<?x3x8xf16>) -> tensor<?x3x8xf16> {
  %p = attn.softmax %x : tensor<?x3x8xf16>
  return %p : tensor<?x3x8xf16>
}
