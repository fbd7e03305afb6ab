// RUN: %catalog %s

// S013. Sigma: Differential Rescaling of Query, Key and Value for Efficient
// Language Models: fewer and narrower keys than values; keys are lifted before
// the score.

func.func @diffqkv_attention(
    %q: tensor<?x8x?x32xf32>, %k: tensor<?x1x?x16xf32>, %v: tensor<?x4x?x32xf32>,
    %w_k: tensor<16x32xf32>) -> tensor<?x8x?x32xf32> {
  %lifted = attn.einsum (%k[b, g, n, c], %w_k[c, d]) -> [b, g, n, d]
    : tensor<?x1x?x16xf32>, tensor<16x32xf32> -> tensor<?x1x?x32xf32>
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %lifted) values(%v) mask(%causal) scale = 0.17677669529663687
    : tensor<?x8x?x32xf32>, tensor<?x1x?x32xf32>, tensor<?x4x?x32xf32>, !attn.mask<1, 1>
    -> tensor<?x8x?x32xf32>
  return %o : tensor<?x8x?x32xf32>
}
