// RUN: %catalog %s

// S008. MoH: Multi-Head Attention as Mixture-of-Head Attention: shared heads and
// the two routed heads of largest gate, combined by two-stage gates.

func.func @mixture_of_head_attention(
    %q: tensor<?x8x?x16xf32>, %k: tensor<?x8x?x16xf32>, %v: tensor<?x8x?x16xf32>,
    %x: tensor<?x?x128xf32>, %w_route: tensor<128x4xf32>, %w_shared: tensor<128x4xf32>,
    %w_mix: tensor<128x2xf32>) -> tensor<?x8x?x16xf32> {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.25
    : tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x8x?x16xf32>
  %r_logits = attn.einsum (%x[b, n, c], %w_route[c, e]) -> [b, n, e]
    : tensor<?x?x128xf32>, tensor<128x4xf32> -> tensor<?x?x4xf32>
  %s_logits = attn.einsum (%x[b, n, c], %w_shared[c, e]) -> [b, n, e]
    : tensor<?x?x128xf32>, tensor<128x4xf32> -> tensor<?x?x4xf32>
  %m_logits = attn.einsum (%x[b, n, c], %w_mix[c, e]) -> [b, n, e]
    : tensor<?x?x128xf32>, tensor<128x2xf32> -> tensor<?x?x2xf32>
  %r = attn.softmax %r_logits : tensor<?x?x4xf32>
  %s = attn.softmax %s_logits : tensor<?x?x4xf32>
  %mix = attn.softmax %m_logits : tensor<?x?x2xf32>
  %best, %at, %keep = attn.topk %r, 2 keep : tensor<?x?x4xf32>
  %kept = attn.einsum (%best[b, n, e]) -> [b, n] : tensor<?x?x2xf32> -> tensor<?x?xf32>
  // Heads 0..3 are shared, 4..7 routed.
  %shared = attn.map [b, n, h]
    with (%share = %s[b, n, h] : tensor<?x?x4xf32>, %m0 = %mix[b, n, 0] : tensor<?x?x2xf32>) {
      %eight = arith.constant 8.0 : f32
      %g = arith.mulf %m0, %share : f32
      %z = arith.mulf %g, %eight : f32
      attn.yield %z : f32
    } -> tensor<?x?x4xf32>
  %routed = attn.map [b, n, h]
    with (%share = %r[b, n, h] : tensor<?x?x4xf32>, %kp = %keep[b, n, h] : tensor<?x?x4xi1>,
          %total = %kept[b, n] : tensor<?x?xf32>, %m1 = %mix[b, n, 1] : tensor<?x?x2xf32>) {
      %zero = arith.constant 0.0 : f32
      %four = arith.constant 4.0 : f32
      %eps = arith.constant 1.1920929e-7 : f32
      %floor = arith.maximumf %total, %eps : f32
      %part = arith.divf %share, %floor : f32
      %g = arith.mulf %m1, %part : f32
      %scaled = arith.mulf %g, %four : f32
      %z = arith.select %kp, %scaled, %zero : f32
      attn.yield %z : f32
    } -> tensor<?x?x4xf32>
  %gate = tensor.concat dim(2) %shared, %routed
    : (tensor<?x?x4xf32>, tensor<?x?x4xf32>) -> tensor<?x?x8xf32>
  %y = attn.map [b, h, n, d]
    with (%x = %o[b, h, n, d] : tensor<?x8x?x16xf32>, %g = %gate[b, n, h] : tensor<?x?x8xf32>) {
      %z = arith.mulf %x, %g : f32
      attn.yield %z : f32
    } -> tensor<?x8x?x16xf32>
  return %y : tensor<?x8x?x16xf32>
}
