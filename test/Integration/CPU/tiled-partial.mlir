// RUN: attn-run %s --entry=states --input=random:1@2x8x70x16 --input=random:2@2x4x90x16 \
// RUN:   --input=random:3@90 --output=%t.acc.npy --output=%t.max.npy --output=%t.den.npy --output=%t.sum.npy --output=%t.part.npy
// RUN: attn-opt %s --transform-preload-library=transform-library-paths=%S/Inputs/tile-keys.mlir \
// RUN:   --transform-interpreter -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: attn-run %t.mlir --entry=states --input=random:1@2x8x70x16 --input=random:2@2x4x90x16 \
// RUN:   --input=random:3@90 --output=%t.acc2.npy --output=%t.max2.npy --output=%t.den2.npy --output=%t.sum2.npy --output=%t.part2.npy
// RUN: %python -c "import numpy as np; names = ('acc', 'max', 'den', 'sum', 'part'); pairs = [[np.load('%t.' + n + end + '.npy') for end in ('', '2')] for n in names]; assert all(np.isfinite(a).all() and a.any() and np.allclose(a, b, rtol=1e-5, atol=1e-6) for a, b in pairs)"

// Parts of the keys, or of the queries, put together, are the whole: with grouped heads, a mask
// and a score that depend on the key, and a key tensor that the score reads.

// CHECK-LABEL: func @states(
// CHECK:         scf.for
// CHECK:           attn.partial
// CHECK:             {in_order}
// CHECK:           attn.combine exp
// CHECK:         attn.combine exp {{.*}} along 2
// CHECK:         scf.forall
// CHECK:           attn.partial
// CHECK-SAME:        {at_once}
// CHECK:         attn.combine sum {{.*}} along 2
// CHECK-COUNT-3: scf.for
// CHECK:           attn.partial
// CHECK-SAME:        {by_queries}
func.func @states(%q: tensor<?x8x?x16xf32>, %k: tensor<?x4x?x16xf32>, %bias: tensor<?xf32>)
    -> (tensor<?x8x?x16xf32>, tensor<?x8x?xf32>, tensor<?x8x?xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>) {
  %near = attn.mask [h, i, j] where { j <= i + 3, i - j < 5 * h + 9 }
  %acc, %max, %den = attn.partial dots(%q * %k) values(%k) mask(%near) scale = 0.25
    with (%t = %bias[j] : tensor<?xf32>)
    score(%s) [j] {
      %c7 = arith.constant 7 : index
      %two = arith.constant 2.0 : f32
      %one = arith.constant 1.0 : f32
      %r = arith.remui %j, %c7 : index
      %c0 = arith.constant 0 : index
      %e = arith.cmpi eq, %r, %c0 : index
      %f = arith.select %e, %two, %one : f32
      %a = arith.mulf %s, %f : f32
      %x = arith.addf %a, %t : f32
      attn.yield %x : f32
    } {in_order}
    : tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask<1, 1, over = 2>
    -> (tensor<?x8x?x16xf32>, tensor<?x8x?xf32>, tensor<?x8x?xf32>)
  %sum, %weights = attn.partial dots(%q * %k) values(%k) mask(%near) weight sigmoid normalise sum {at_once}
    : tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask<1, 1, over = 2>
    -> (tensor<?x8x?x16xf32>, tensor<?x8x?xf32>)
  %part = attn.partial dots(%q * %k) values(%k) mask(%near) weight relu normalise none {by_queries}
    : tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask<1, 1, over = 2>
    -> tensor<?x8x?x16xf32>
  return %acc, %max, %den, %sum, %part : tensor<?x8x?x16xf32>, tensor<?x8x?xf32>, tensor<?x8x?xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>
}
