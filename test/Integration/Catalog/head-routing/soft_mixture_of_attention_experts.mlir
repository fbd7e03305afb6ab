// RUN: %catalog %s

// S019. BAM! Just Like That: Simple and Efficient Parameter Upcycling for Mixture
// of Experts: every token goes through all attention experts, mixed by soft gates.

func.func @soft_mixture_of_attention_experts(
    %q: tensor<?x4x2x?x16xf32>, %k: tensor<?x4x2x?x16xf32>, %v: tensor<?x4x2x?x16xf32>,
    %w_o: tensor<4x32x32xf32>, %router: tensor<?x?x4xf32>) -> tensor<?x?x32xf32> {
  %causal = attn.mask.causal
  %o = attn.attention over [b, e, h] dots(%q * %k) values(%v) mask(%causal) scale = 0.25
    -> [b, i, e, h, :]
    : tensor<?x4x2x?x16xf32>, tensor<?x4x2x?x16xf32>, tensor<?x4x2x?x16xf32>,
      !attn.mask<1, 1> -> tensor<?x?x4x2x16xf32>
  %g = attn.softmax %router : tensor<?x?x4xf32>
  %w = tensor.expand_shape %w_o [[0], [1, 2], [3]] output_shape [4, 2, 16, 32]
    : tensor<4x32x32xf32> into tensor<4x2x16x32xf32>
  %y = attn.einsum (%g[b, n, e], %o[b, n, e, h, d], %w[e, h, d, c]) -> [b, n, c]
    : tensor<?x?x4xf32>, tensor<?x?x4x2x16xf32>, tensor<4x2x16x32xf32> -> tensor<?x?x32xf32>
  return %y : tensor<?x?x32xf32>
}
