// RUN: %catalog %s

// S062. Grouping First, Attending Smartly: Training-Free Acceleration for Diffusion
// Transformers: video tokens see the 2 x 4 x 2 cells in line with theirs on an axis, and the
// 9 real of 12 text tokens; text tokens see everything but padding.

func.func @group_crisscross(
    %q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>)
    -> tensor<?x2x?x16xf32> {
  %c2 = arith.constant 2 : index
  %text = arith.constant 12 : index
  %frame = arith.constant 48 : index
  %n = tensor.dim %q, %c2 : tensor<?x2x?x16xf32>
  %video = arith.subi %n, %text : index
  %frames = arith.divsi %video, %frame : index
  %cross = attn.mask grid i(%frames, 8, 6) j(%frames, 8, 6)
    where { it floordiv 2 == jt floordiv 2 | iy floordiv 4 == jy floordiv 4
            | ix floordiv 2 == jx floordiv 2 }
  %real = attn.mask where { j < 9 }
  %m = attn.mask.piecewise i(%video, %text) j(%video, %text) [[%cross, %real], [full, %real]]
    : !attn.mask<3, 3>, !attn.mask<1, 1>, !attn.mask<1, 1>
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}
