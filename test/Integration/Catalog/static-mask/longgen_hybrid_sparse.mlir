// RUN: %catalog %s

// S103. A Little Goes a Long Way: Efficient Long Context Training and Inference with Partial
// Contexts (LongGen): the middle third of the layers sees everything, the others two near
// blocks of 8 tokens and every fourth far block, another one for each head.

func.func @longgen_hybrid_sparse(
    %q: tensor<?x?x4x?x16xf32>, %k: tensor<?x?x2x?x16xf32>, %v: tensor<?x?x2x?x16xf32>)
    -> tensor<?x?x4x?x16xf32> {
  %c0 = arith.constant 0 : index
  %layers = tensor.dim %q, %c0 : tensor<?x?x4x?x16xf32>
  %m = attn.mask over [l, b, h]
    with (n = %layers : index, full = index((n - n floordiv 3) floordiv 2))
    where { j <= i, { full <= l, l < full + n floordiv 3
                      | i floordiv 8 - j floordiv 8 < 2
                      | (j floordiv 8 + h + 1) mod 4 == 0 } }
  %o = attn.attention over [l, b, h] dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x?x4x?x16xf32>, tensor<?x?x2x?x16xf32>, tensor<?x?x2x?x16xf32>,
      !attn.mask<1, 1, over = 3> -> tensor<?x?x4x?x16xf32>
  return %o : tensor<?x?x4x?x16xf32>
}
