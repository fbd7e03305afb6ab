// RUN: %catalog %s

// S130. Low Rank Factorization for Compact Multi-Head Self-Attention (LAMA): distributions
// over the words of a sentence from one context vector and two low-rank factors of the
// affinity; each word's affinities have length 1 over the heads.

func.func @low_rank_context_attention(
    %h: tensor<?x?x32xf32>, %c: tensor<32xf32>, %p: tensor<32x?xf32>, %q: tensor<32x?xf32>,
    %valid: tensor<?x?xi1>) -> (tensor<?x?xf32>, tensor<?x?x?xf32>) {
  %context = attn.einsum (%p[c, m], %c[c]) -> [m] : tensor<32x?xf32>, tensor<32xf32> -> tensor<?xf32>
  %words = attn.einsum (%h[b, n, c], %q[c, m]) -> [b, n, m]
    : tensor<?x?x32xf32>, tensor<32x?xf32> -> tensor<?x?x?xf32>
  %affinity = attn.map [b, n, m]
    with (%w = %words[b, n, m] : tensor<?x?x?xf32>, %g = %context[m] : tensor<?xf32>) {
      %x = arith.mulf %g, %w : f32
      %t = math.tanh %x : f32
      attn.yield %t : f32
    } -> tensor<?x?x?xf32>
  %f = attn.norm l2 %affinity : tensor<?x?x?xf32>
  // The queries are the heads m.
  %real = attn.mask over [b] [j] with (%w = %valid[b, j] : tensor<?x?xi1>) {
    attn.yield %w : i1
  }
  %o, %lse = attn.attention over [b] values(%h) mask(%real) bias(%f[b, j, i]) results(out, lse)
    : tensor<?x?x32xf32>, !attn.mask<1, 1, over = 1>, tensor<?x?x?xf32>
    -> (tensor<?x?x32xf32>, tensor<?x?xf32>)
  %attn = attn.observe over [b] mask(%real) bias(%f[b, j, i]) lse(%lse)
    observe(%a) {
      attn.yield %a : f32
    } into [[b, i, j] add]
    : !attn.mask<1, 1, over = 1>, tensor<?x?x?xf32>, tensor<?x?xf32> -> tensor<?x?x?xf32>
  %flat = tensor.collapse_shape %o [[0], [1, 2]] : tensor<?x?x32xf32> into tensor<?x?xf32>
  return %flat, %attn : tensor<?x?xf32>, tensor<?x?x?xf32>
}
