// Boxes of queries and of keys against the reference: sizes that boxes do not
// divide, grids that are smaller than a box, a last row that is not whole, no
// tokens at all.

// RUN: attn-run %s --entry=image --input=random:1@2x8x130x16 --input=random:2@2x2x130x16 --input=value:13 --input=value:10 --input=random:3@8x100 --check
// RUN: attn-run %s --entry=image --input=random:1@1x8x7x16 --input=random:2@1x2x7x16 --input=value:1 --input=value:7 --input=random:3@8x100 --check
// RUN: attn-run %s --entry=image --input=random:1@1x8x0x16 --input=random:2@1x2x0x16 --input=value:0 --input=value:7 --input=random:3@8x100 --check
// RUN: attn-run %s --entry=image --input=random:1@1x8x0x16 --input=random:2@1x2x0x16 --input=value:5 --input=value:0 --input=random:3@8x100 --check
// RUN: attn-run %s --entry=short --input=random:1@1x2x93x16 --input=random:2@1x2x97x16 --input=value:11 --input=value:9 --check
// RUN: attn-run %s --entry=short --input=random:1@1x2x93x16 --input=random:2@1x2x97x16 --input=value:11 --input=value:9 --check --cpu=x86-64-v3
// RUN: attn-run %s --entry=short --input=random:1@1x2x23x16 --input=random:2@1x2x1x16 --input=value:40 --input=value:3 --check
// RUN: attn-run %s --entry=video --input=random:1@1x2x315x16 --input=random:2@1x2x315x16 --check
// RUN: attn-run %s --entry=coarse --input=random:1@1x2x221x16 --input=random:2@1x2x63x16 --check
// RUN: attn-run %s --entry=lists --input=random:1@1x4x117x16 --input=random:2@1x4x117x16 --input=random:3:int:0:8 --input=random:4:int:0:3 --check
// RUN: attn-run %s --entry=parts --input=random:1@1x4x221x16 --input=random:2@1x4x221x16 --check
// RUN: attn-run %s --entry=frames --input=random:1@1x2x150x16 --input=random:2@1x2x150x16 --check
// RUN: attn-run %s --entry=nothing --input=random:1@1x2x35x16 --input=random:2@1x2x35x16 --check
// RUN: attn-run %s --entry=two_grids --input=random:1@1x2x130x16 --input=random:2@1x2x130x16 --input=value:10 --check
// RUN: %python -c "import numpy as np; k = np.random.default_rng(0).standard_normal((1, 2, 93, 16)).astype('f4'); k[0, 0, 40] = k[0, 1, 0] = np.nan; k[0, 1, 92] = np.inf; np.save('%t.k.npy', k)"
// RUN: attn-run %s --entry=poison --input=random:1@1x2x93x16 --input=%t.k.npy --input=value:11 --input=value:9 --check
// RUN: attn-run %s --entry=poison --input=random:1@1x2x93x16 --input=%t.k.npy --input=value:11 --input=value:9 --output=%t.o.npy
// RUN: %python -c "import numpy as np; bad = ~np.isfinite(np.load('%t.o.npy')).all(-1); assert bad.sum(-1).tolist() == [[35, 27]], bad.sum(-1)"
// RUN: attn-run %s --entry=many_heads --input=random:1@1x40x63x16 --input=random:2@1x1x63x16 --check

// Four heads share the keys of a tile; a head has its own reach and table.
func.func @image(%q: tensor<?x8x?x16xf32>, %k: tensor<?x2x?x16xf32>, %y: index, %x: index,
                 %table: tensor<8x100xf32>) -> (tensor<?x8x?x16xf32>, tensor<?x8x?xf32>) {
  %m = attn.mask [h, iy, ix, jy, jx] grid i(%y, %x) j(%y, %x)
    where { iy - jy < 3 + h, jy - iy <= 2, ix - jx <= 4, jx - ix <= h }
  %o, %lse = attn.attention grid i(%y, %x) j(%y, %x)
    dots(%q * %k) values(%k) mask(%m) scale = 0.25
    bias(%table[h, 3 * (iy - jy + 9) + ix - jx + 9]) results(out, lse)
    : tensor<?x8x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<2, 2, over = 2>,
      tensor<8x100xf32> -> (tensor<?x8x?x16xf32>, tensor<?x8x?xf32>)
  return %o, %lse : tensor<?x8x?x16xf32>, tensor<?x8x?xf32>
}

// Fewer tokens than the grid has.
func.func @short(%q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>, %y: index, %x: index)
    -> tensor<?x2x?x16xf32> {
  %near = attn.mask [iy, ix, jy, jx] grid i(%y, %x) j(%y, %x)
    where { iy - 2 <= jy, jy <= iy + 2, ix - 3 <= jx, jx <= ix + 3 }
  %cross = attn.mask [iy, ix, jy, jx] grid i(%y, %x) j(%y, %x) where { iy == jy | ix == jx }
  %far = attn.mask.not %near : !attn.mask<2, 2>
  %m = attn.mask.and %far, %cross : !attn.mask<2, 2>, !attn.mask<2, 2>
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<2, 2> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

func.func @video(%q: tensor<?x2x315x16xf32>, %k: tensor<?x2x315x16xf32>) -> tensor<?x2x315x16xf32> {
  %m = attn.mask.neighborhood window [2, 5, 3] dilation [1, 1, 3] causal [true, false, false] grid i(5, 7, 9) j(5, 7, 9)
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x2x315x16xf32>, tensor<?x2x315x16xf32>, tensor<?x2x315x16xf32>, !attn.mask<3, 3> -> tensor<?x2x315x16xf32>
  return %o : tensor<?x2x315x16xf32>
}

// The keys lie on a coarser grid.
func.func @coarse(%q: tensor<?x2x221x16xf32>, %k: tensor<?x2x63x16xf32>) -> tensor<?x2x221x16xf32> {
  %m = attn.mask [iy, ix, jy, jx] grid i(13, 17) j(7, 9)
    where { iy - 4 <= 2 * jy, 2 * jy <= iy + 4, jx == ix floordiv 2 | jx == ix floordiv 4 }
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x2x221x16xf32>, tensor<?x2x63x16xf32>, tensor<?x2x63x16xf32>, !attn.mask<2, 2> -> tensor<?x2x221x16xf32>
  return %o : tensor<?x2x221x16xf32>
}

// Each query has a list of columns.
func.func @lists(%q: tensor<?x4x117x16xf32>, %k: tensor<?x4x117x16xf32>, %columns: tensor<117x3xi32>,
                 %count: tensor<117xi32>) -> tensor<?x4x117x16xf32> {
  %m = attn.mask.any grid i(9, 13) j(9, 13) (s < %count[i] : tensor<117xi32>) [i, iy, jy, jx]
    with (column = %columns[i, s] : tensor<117x3xi32>)
    where { jx == column, jy <= iy + 1, iy <= jy + 3 }
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x4x117x16xf32>, tensor<?x4x117x16xf32>, tensor<?x4x117x16xf32>, !attn.mask<2, 2> -> tensor<?x4x117x16xf32>
  return %o : tensor<?x4x117x16xf32>
}

// A partial state has boxes; one that is split by tokens has runs.
func.func @parts(%q: tensor<?x4x221x16xf32>, %k: tensor<?x4x221x16xf32>)
    -> (tensor<?x4x221x16xf32>, tensor<?x4x221xf32>, tensor<?x4x221xf32>, tensor<?x4x5x221x16xf32>,
        tensor<?x4x5x221xf32>, tensor<?x4x5x221xf32>) {
  %m = attn.mask.neighborhood window [5, 3] grid i(13, 17) j(13, 17)
  %p:3 = attn.partial dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x4x221x16xf32>, tensor<?x4x221x16xf32>, tensor<?x4x221x16xf32>, !attn.mask<2, 2>
      -> (tensor<?x4x221x16xf32>, tensor<?x4x221xf32>, tensor<?x4x221xf32>)
  %s:3 = attn.partial dots(%q * %k) values(%k) mask(%m) scale = 0.25 split j by 50
    : tensor<?x4x221x16xf32>, tensor<?x4x221x16xf32>, tensor<?x4x221x16xf32>, !attn.mask<2, 2>
      -> (tensor<?x4x5x221x16xf32>, tensor<?x4x5x221xf32>, tensor<?x4x5x221xf32>)
  return %p#0, %p#1, %p#2, %s#0, %s#1, %s#2
    : tensor<?x4x221x16xf32>, tensor<?x4x221xf32>, tensor<?x4x221xf32>, tensor<?x4x5x221x16xf32>,
      tensor<?x4x5x221xf32>, tensor<?x4x5x221xf32>
}

// Results, queries and keys by axes of the grid.
func.func @frames(%q: tensor<?x2x150x16xf32>, %k: tensor<?x2x150x16xf32>) -> tensor<?x10x15x2x16xf32> {
  %m = attn.mask [iy, ix, jy, jx] grid i(10, 15) j(10, 15) where { jy <= iy, ix - jx <= 3, jx - ix <= 3 }
  %o = attn.attention grid i(10, 15) j(10, 15) dots(%q * %k) values(%k) mask(%m) scale = 0.25
    -> [b, iy, ix, h, :]
    : tensor<?x2x150x16xf32>, tensor<?x2x150x16xf32>, tensor<?x2x150x16xf32>, !attn.mask<2, 2>
      -> tensor<?x10x15x2x16xf32>
  return %o : tensor<?x10x15x2x16xf32>
}

// No query sees a key.
func.func @nothing(%q: tensor<?x2x35x16xf32>, %k: tensor<?x2x35x16xf32>) -> tensor<?x2x35x16xf32> {
  %m = attn.mask [iy, ix, jy, jx] grid i(5, 7) j(5, 7) where { jy < iy, jy > iy, jx == ix }
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x2x35x16xf32>, tensor<?x2x35x16xf32>, tensor<?x2x35x16xf32>, !attn.mask<2, 2> -> tensor<?x2x35x16xf32>
  return %o : tensor<?x2x35x16xf32>
}

// Boxes of one grid, and axes of another one.
func.func @two_grids(%q: tensor<?x2x130x16xf32>, %k: tensor<?x2x130x16xf32>, %x: index) -> tensor<?x2x130x16xf32> {
  %wide = attn.mask [iy, ix, jy, jx] grid i(10, 13) j(10, 13) where { iy - 2 <= jy, jy <= iy + 2, jx <= ix }
  %high = attn.mask [iy, ix, jy, jx] grid i(13, %x) j(13, %x) where { jx >= ix, jy <= iy + 1 }
  %m = attn.mask.and %wide, %high : !attn.mask<2, 2>, !attn.mask<2, 2>
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x2x130x16xf32>, tensor<?x2x130x16xf32>, tensor<?x2x130x16xf32>, !attn.mask<2, 2> -> tensor<?x2x130x16xf32>
  return %o : tensor<?x2x130x16xf32>
}

// Keys and values that are no numbers reach the queries that see them, and no
// others: not even those whose boxes reach behind the last token.
func.func @poison(%q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>, %y: index, %x: index)
    -> tensor<?x2x?x16xf32> {
  %m = attn.mask [iy, ix, jy, jx] grid i(%y, %x) j(%y, %x)
    where { iy - 2 <= jy, jy <= iy + 2, ix - 3 <= jx, jx <= ix + 3 }
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<2, 2> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// More heads share their keys than a small tile has rows: all have one query.
func.func @many_heads(%q: tensor<?x40x63x16xf32>, %k: tensor<?x1x63x16xf32>) -> tensor<?x40x63x16xf32> {
  %m = attn.mask.neighborhood window [3, 5] grid i(7, 9) j(7, 9)
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x40x63x16xf32>, tensor<?x1x63x16xf32>, tensor<?x1x63x16xf32>, !attn.mask<2, 2> -> tensor<?x40x63x16xf32>
  return %o : tensor<?x40x63x16xf32>
}
