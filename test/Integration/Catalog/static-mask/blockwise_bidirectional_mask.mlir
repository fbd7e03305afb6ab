// RUN: %catalog %s

// S104. LaDiR: Latent Diffusion Enhances LLMs for Text Reasoning: text is causal, without its
// padding; the thought tokens of a block (-1: text) see each other in both directions.

func.func @blockwise_bidirectional_mask(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>,
    %block: tensor<?x?xi32>, %valid: tensor<?x?xi1>) -> tensor<?x4x?x16xf32> {
  %real = attn.mask with (%x = %valid[b, j] : tensor<?x?xi1>) {
    attn.yield %x : i1
  }
  %causal = attn.mask.causal
  %text = attn.mask.and %causal, %real : !attn.mask<1, 1>, !attn.mask<1, 1, over = 2>
  %thought = attn.mask
    with (mine = %block[b, i] : tensor<?x?xi32>, its = %block[b, j] : tensor<?x?xi32>)
    where { mine >= 0, mine == its }
  %m = attn.mask.or %text, %thought : !attn.mask<1, 1, over = 2>, !attn.mask<1, 1, over = 2>
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}
