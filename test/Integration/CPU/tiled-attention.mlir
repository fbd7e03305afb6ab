// RUN: attn-run %s --entry=attention --input=random:1@2x8x70x16 --input=random:2@2x4x90x16 \
// RUN:   --input=random:3 --input=random:4@2x8x70 --output=%t.whole.npy --output=%t.lse.npy
// RUN: attn-opt %s --transform-preload-library=transform-library-paths=%S/Inputs/tile-queries.mlir \
// RUN:   --transform-interpreter -o %t.mlir
// RUN: attn-run %t.mlir --entry=attention --input=random:1@2x8x70x16 --input=random:2@2x4x90x16 \
// RUN:   --input=random:3 --input=random:4@2x8x70 --output=%t.tiles.npy --output=%t.lses.npy
// RUN: %python -c "import numpy as np; a, b, c, d = [np.load('%t.' + n + '.npy') for n in ('whole', 'tiles', 'lse', 'lses')]; assert np.isfinite(a).all() and a.any(); assert np.allclose(a, b, rtol=1e-5, atol=1e-6) and np.allclose(c, d, rtol=1e-5, atol=1e-6)"

// Tiles of heads and queries, put together, are the whole: with grouped heads,
// a mask and a score that depend on the head and on the position, a sink.

func.func @attention(%q: tensor<?x8x?x16xf32>, %k: tensor<?x4x?x16xf32>, %slopes: tensor<8xf32>,
                     %shift: tensor<?x8x?xf32>) -> (tensor<?x8x?x16xf32>, tensor<?x8x?xf32>) {
  %near = attn.mask [h, i, j] where { j <= i + 3, i - j < 5 * h + 9 }
  %o, %l = attn.attention dots(%q * %k) values(%k) mask(%near) scale = 0.25
    with (%slope = %slopes[h] : tensor<8xf32>, %d = float(i - 2 * j),
          %t = %shift[b, h, i] : tensor<?x8x?xf32>)
    score(%s) [i] {
      %c7 = arith.constant 7 : index
      %two = arith.constant 2.0 : f32
      %one = arith.constant 1.0 : f32
      %r = arith.remui %i, %c7 : index
      %c0 = arith.constant 0 : index
      %e = arith.cmpi eq, %r, %c0 : index
      %f = arith.select %e, %two, %one : f32
      %a = arith.mulf %s, %f : f32
      %b = arith.mulf %slope, %d : f32
      %tenth = arith.constant 0.01 : f32
      %g = arith.mulf %b, %tenth : f32
      %x = arith.addf %a, %g : f32
      %y = arith.addf %x, %t : f32
      attn.yield %y : f32
    } sink(%slopes) results(out, lse)
    : tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>,
      !attn.mask<1, 1, over = 2>, tensor<8xf32> -> (tensor<?x8x?x16xf32>, tensor<?x8x?xf32>)
  return %o, %l : tensor<?x8x?x16xf32>, tensor<?x8x?xf32>
}
