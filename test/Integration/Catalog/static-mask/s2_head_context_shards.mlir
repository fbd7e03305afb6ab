// RUN: %catalog %s

// S096. Efficient LLM Training and Serving with Heterogeneous Context Sharding among
// Attention Heads: key/value head g sees two near blocks of 8 tokens and the far blocks c with
// c + g a multiple of 4; the last head is dense.

func.func @s2_head_context_shards(
    %q: tensor<?x8x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x16xf32>)
    -> (tensor<?x8x?x16xf32>, tensor<4x?x?xi32>) {
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %n = tensor.dim %q, %c2 : tensor<?x8x?x16xf32>
  %blocks = arith.ceildivsi %n, %c8 : index
  %m = attn.mask with (g = index(h floordiv 2), a = index(i floordiv 8), c = index(j floordiv 8))
    where { j <= i, { a - c < 2 | (c + g) mod 4 == 0 | g == 3 } }
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x8x?x16xf32>
  // The same per block.
  %pattern = attn.map [g, a, c] extents(a = %blocks, c = %blocks)
    with (distance = index(a - c), phase = index((c + g) mod 4)) {
      %zero = arith.constant 0 : index
      %two = arith.constant 2 : index
      %last = arith.constant 3 : index
      %past = arith.cmpi sge, %distance, %zero : index
      %near = arith.cmpi slt, %distance, %two : index
      %far = arith.cmpi eq, %phase, %zero : index
      %dense = arith.cmpi eq, %g, %last : index
      %either = arith.ori %near, %far : i1
      %any = arith.ori %either, %dense : i1
      %seen = arith.andi %past, %any : i1
      %y = arith.extui %seen : i1 to i32
      attn.yield %y : i32
    } -> tensor<4x?x?xi32>
  return %o, %pattern : tensor<?x8x?x16xf32>, tensor<4x?x?xi32>
}
