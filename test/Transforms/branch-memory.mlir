// RUN: attn-opt %s --attn-to-cpu --mlir-print-ir-after=one-shot-bufferize -o /dev/null 2>&1 | FileCheck %s

// What the branch for many queries has made is returned, not copied.

// CHECK:     scf.if {{.+}} -> (memref<?x4x?x16xf32>)
// CHECK-NOT: memref.copy
// CHECK:     return
func.func @attend(%q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %o = attn.attention dots(%q * %k) values(%k)
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}
