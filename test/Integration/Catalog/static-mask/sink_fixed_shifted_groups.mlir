// RUN: %catalog %s

// S095. SinkLoRA: Enhanced Efficiency and Chat Capabilities for Long-Context Large Language
// Models: causal attention inside groups of 24 tokens, which heads 6 and 7 shift by half a
// group; the first four tokens are global.

func.func @sink_fixed_shifted_groups(
    %q: tensor<?x8x?x16xf32>, %k: tensor<?x8x?x16xf32>, %v: tensor<?x8x?x16xf32>)
    -> tensor<?x8x?x16xf32> {
  %m = attn.mask with (shift = index(12 * (h floordiv 6)))
    where { j <= i, { (i + shift) floordiv 24 == (j + shift) floordiv 24 | j < 4 | i < 4 } }
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x8x?x16xf32>
  return %o : tensor<?x8x?x16xf32>
}
