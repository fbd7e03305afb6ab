// RUN: %catalog %s

// S106. Efficient-DLM: From Autoregressive to Diffusion Language Models, and Beyond in
// Speed: noised tokens, then their clean copies; a noised block sees itself and the clean
// blocks before it, a clean block the clean blocks up to itself.

func.func @block_diffusion_clean_context(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>)
    -> tensor<?x4x?x16xf32> {
  %c2 = arith.constant 2 : index
  %rows = tensor.dim %q, %c2 : tensor<?x4x?x16xf32>
  %n = arith.divsi %rows, %c2 : index
  %own = attn.mask.block_diagonal size(16)
  %before = attn.mask where { j floordiv 16 < i floordiv 16 }
  %up_to = attn.mask.block_diagonal size(16) causal
  %m = attn.mask.piecewise i(%n, %n) j(%n, %n) [[%own, %before], [empty, %up_to]]
    : !attn.mask<1, 1>, !attn.mask<1, 1>, !attn.mask<1, 1>
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}
