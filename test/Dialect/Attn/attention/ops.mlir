// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Every clause of attention, partial and observe survives a round trip.

// CHECK-LABEL: func @softmax
func.func @softmax(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x32xf32>)
    -> (tensor<?x8x?x32xf32>, tensor<?x8x?xf32>) {
  // CHECK: attn.attention dots(%{{.*}} * %{{.*}}) values(%{{.*}}) mask(%{{.*}}) scale = 1.250000e-01 results(out, lse) : tensor<?x8x?x64xf32>,
  %c = attn.mask.causal
  %o, %l = attn.attention dots(%q * %k) values(%v) mask(%c) scale = 0.125 results(out, lse)
    : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32>, !attn.mask<1, 1>
    -> (tensor<?x8x?x32xf32>, tensor<?x8x?xf32>)
  return %o, %l : tensor<?x8x?x32xf32>, tensor<?x8x?xf32>
}

// CHECK-LABEL: func @sigmoid
func.func @sigmoid(%q: tensor<?x4x?x16xf32>, %slopes: tensor<4xf32>, %b: f32) -> tensor<?x4x?x16xf32> {
  // CHECK: with (%slope = %{{.*}}[h] : tensor<4xf32>, %d = float(i - j), %bias = %{{.*}} : f32) score(%s) {
  // CHECK: weight sigmoid normalise none
  %o = attn.attention dots(%q * %q) values(%q) scale = 0.25
    with (%slope = %slopes[h] : tensor<4xf32>, %d = float(i - j), %bias = %b : f32)
    score(%s) {
      %t = arith.mulf %slope, %d : f32
      %u = arith.subf %s, %t : f32
      %x = arith.addf %u, %bias : f32
      attn.yield %x : f32
    } weight sigmoid normalise none
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// CHECK-LABEL: func @grid_bias
func.func @grid_bias(%x: tensor<?x2x8x9x10xf32>, %lg: tensor<?x2x9x9x10xf32>, %t: tensor<2x5x5xf32>) -> tensor<?x2x8x9x10xf32> {
  %m = attn.mask.neighborhood window [3, 3] grid i(9, 10) j(9, 10)
  // CHECK: grid i(9, 10) j(9, 10) values(%{{.*}}[b, h, :, jy, jx]) mask(%{{.*}}) bias(%{{.*}}[b, h, (jy - iy) * 3 + jx - ix + 4, iy, ix], %{{.*}}[h, jy - iy + 2, jx - ix + 2]) -> [b, h, :, iy, ix]
  %o = attn.attention grid i(9, 10) j(9, 10) values(%x[b, h, :, jy, jx]) mask(%m)
    bias(%lg[b, h, 3 * (jy - iy) + jx - ix + 4, iy, ix], %t[h, jy - iy + 2, jx - ix + 2])
    -> [b, h, :, iy, ix]
    : tensor<?x2x8x9x10xf32>, !attn.mask<2, 2>, tensor<?x2x9x9x10xf32>, tensor<2x5x5xf32>
    -> tensor<?x2x8x9x10xf32>
  return %o : tensor<?x2x8x9x10xf32>
}

// CHECK-LABEL: func @paged
func.func @paged(%q: tensor<?x8x?x64xf32>, %pool: tensor<?x16x8x64xf32>, %table: tensor<?x?xi32>, %m: index) -> tensor<?x8x?x64xf32> {
  // CHECK: extents(j = %{{.*}}) with (p = %{{.*}}[b, j floordiv 16] : tensor<?x?xi32>) dots(%{{.*}} * %{{.*}}[p, j mod 16, h, :])
  %o = attn.attention extents(j = %m) with (p = %table[b, j floordiv 16] : tensor<?x?xi32>)
    dots(%q * %pool[p, j mod 16, h, :]) values(%pool[p, j mod 16, h, :])
    : tensor<?x8x?x64xf32>, tensor<?x16x8x64xf32>, tensor<?x16x8x64xf32> -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// CHECK-LABEL: func @relative
func.func @relative(%q: tensor<?x2x?x16xf32>, %p: tensor<?x16xf32>, %s: tensor<2xf32>) -> tensor<?x2x?x16xf32> {
  %c = attn.mask.causal
  // CHECK: dots(%{{.*}} * %{{.*}}, %{{.*}} * %{{.*}}[i - j, :])
  // CHECK-SAME: sink(%{{.*}})
  %o = attn.attention dots(%q * %q, %q * %p[i - j, :]) values(%q) mask(%c) sink(%s)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>, tensor<2xf32>
    -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// CHECK-LABEL: func @weights
func.func @weights(%q: tensor<?x2x?x16xf32>, %n: f32) -> (tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>) {
  // CHECK: weight relu 3 normalise const(%{{.*}})
  %o = attn.attention dots(%q * %q) values(%q) weight relu 3 normalise const(%n)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, f32 -> tensor<?x2x?x16xf32>
  // CHECK: weight(%x) {
  %p, %d = attn.attention dots(%q * %q) values(%q) weight(%x) {
      %y = math.absf %x : f32
      attn.yield %y : f32
    } normalise sum results(out, den)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32> -> (tensor<?x2x?x16xf32>, tensor<?x2x?xf32>)
  return %o, %p : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>
}

// CHECK-LABEL: func @partial
func.func @partial(%q: tensor<?x2x?x16xf32>) -> (tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>) {
  // CHECK: attn.partial dots(%{{.*}} * %{{.*}}) scale = 2.500000e-01 split j by 16
  %m, %d = attn.partial dots(%q * %q) values() scale = 0.25 split j by 16
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32> -> (tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>)
  return %m, %d : tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>
}

// CHECK-LABEL: func @observe
func.func @observe(%q: tensor<?x2x?x16xf32>, %lse: tensor<?x2x?xf32>) -> (tensor<?x?xf32>, tensor<?x2x?x?xf32>) {
  // CHECK: lse(%{{.*}}) observe(%p) [i] {
  // CHECK: into [{{\[}}b, j] add, [b, h, i floordiv 8, j floordiv 8] max init(0.000000e+00)]
  %s, %x = attn.observe dots(%q * %q) lse(%lse) observe(%p) [i] {
      attn.yield %p, %p : f32, f32
    } into [[b, j] add, [b, h, i floordiv 8, j floordiv 8] max init(0.0)]
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?xf32> -> (tensor<?x?xf32>, tensor<?x2x?x?xf32>)
  return %s, %x : tensor<?x?xf32>, tensor<?x2x?x?xf32>
}
