// RUN: %catalog %s

// S074. From Next-Token to Next-Block: A Principled Adaptation Path for Diffusion LLMs: noisy
// tokens see their block and the clean blocks before it; clean tokens stay causal.

func.func @nbdiff_context_causal(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>)
    -> tensor<?x4x?x16xf32> {
  %c2 = arith.constant 2 : index
  %tokens = tensor.dim %q, %c2 : tensor<?x4x?x16xf32>
  %n = arith.divsi %tokens, %c2 : index
  %noisy = attn.mask.block_diagonal size(16)
  %before = attn.mask where { j floordiv 16 < i floordiv 16 }
  %causal = attn.mask.causal
  %m = attn.mask.piecewise i(%n, %n) j(%n, %n) [[%noisy, %before], [empty, %causal]]
    : !attn.mask<1, 1>, !attn.mask<1, 1>, !attn.mask<1, 1>
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}
