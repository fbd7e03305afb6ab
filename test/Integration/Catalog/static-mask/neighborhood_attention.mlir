// RUN: %catalog %s

// S028. Faster Neighborhood Attention: Reducing the O(n^2) Cost of Self Attention at
// the Threadblock Level: a 5 x 7 neighbourhood on a 12 x 14 image, rows dilated by 2.

func.func @neighborhood_attention(
    %q: tensor<?x2x168x16xf32>, %k: tensor<?x2x168x16xf32>, %v: tensor<?x2x168x16xf32>)
    -> tensor<?x2x168x16xf32> {
  %m = attn.mask.neighborhood window [1, 5, 7] dilation [1, 2, 1]
    grid i(1, 12, 14) j(1, 12, 14)
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x2x168x16xf32>, tensor<?x2x168x16xf32>, tensor<?x2x168x16xf32>,
      !attn.mask<3, 3> -> tensor<?x2x168x16xf32>
  return %o : tensor<?x2x168x16xf32>
}
