// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// einsum and map keep maps, bindings and letters.

// CHECK-LABEL: func @gather
func.func @gather(%x: tensor<?x?x64xf32>, %w: tensor<12x64x16xf32>, %idx: tensor<?x?x4xi32>, %bb: tensor<16xf32>) -> tensor<?x?x4x16xf32> {
  // CHECK: attn.einsum with (e = %{{.*}}[b, n, s] : tensor<?x?x4xi32>) (%{{.*}}[b, n, c], %{{.*}}[e, c, d]) bias(%{{.*}}[d]) -> [b, n, s, d]
  %q = attn.einsum with (e = %idx[b, n, s] : tensor<?x?x4xi32>) (%x[b, n, c], %w[e, c, d]) bias(%bb[d])
    -> [b, n, s, d] : tensor<?x?x64xf32>, tensor<12x64x16xf32>, tensor<16xf32> -> tensor<?x?x4x16xf32>
  return %q : tensor<?x?x4x16xf32>
}

// CHECK-LABEL: func @gate
func.func @gate(%o: tensor<?x8x?x16xf32>, %g: tensor<?x?x8xf32>) -> tensor<?x8x?x16xf32> {
  // CHECK: attn.map [b, h, n, d] with (%x = %{{.*}}[b, h, n, d] : tensor<?x8x?x16xf32>, %w = %{{.*}}[b, n, h] : tensor<?x?x8xf32>) {
  %y = attn.map [b, h, n, d]
    with (%x = %o[b, h, n, d] : tensor<?x8x?x16xf32>, %w = %g[b, n, h] : tensor<?x?x8xf32>) {
      %p = arith.mulf %x, %w : f32
      attn.yield %p : f32
    } -> tensor<?x8x?x16xf32>
  return %y : tensor<?x8x?x16xf32>
}

// CHECK-LABEL: func @two_results
func.func @two_results(%n: index) -> (tensor<?x4xf32>, tensor<?x4xindex>) {
  // CHECK: attn.map [t, c] extents(t = %{{.*}}) with (%x = float(t * 3 - c)) {
  %y, %z = attn.map [t, c] extents(t = %n) with (%x = float(3 * t - c)) {
      attn.yield %x, %t : f32, index
    } -> (tensor<?x4xf32>, tensor<?x4xindex>)
  return %y, %z : tensor<?x4xf32>, tensor<?x4xindex>
}
