// RUN: %catalog %s

// S050. LaTtE-Flow: Layerwise Timestep-Expert Flow-based Transformer: a layer adds the
// attention map of the layer before, gated per head by the timestep; the sum is not
// normalised again.

func.func @timestep_residual_attention(
    %t_emb: tensor<?x24xf32>, %w_gate: tensor<4x24xf32>, %b_gate: tensor<4xf32>,
    %q1: tensor<?x4x?x16xf32>, %k1: tensor<?x2x?x16xf32>, %v1: tensor<?x2x?x16xf32>,
    %q2: tensor<?x4x?x16xf32>, %k2: tensor<?x2x?x16xf32>, %v2: tensor<?x2x?x16xf32>)
    -> (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x?xf32>) {
  %gate = attn.einsum (%t_emb[b, t], %w_gate[h, t]) bias(%b_gate[h]) -> [b, h]
    : tensor<?x24xf32>, tensor<4x24xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %o1, %lse1 = attn.attention dots(%q1 * %k1) values(%v1) scale = 0.25 results(out, lse)
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>
    -> (tensor<?x4x?x16xf32>, tensor<?x4x?xf32>)
  %lse2 = attn.attention dots(%q2 * %k2) scale = 0.25 results(lse)
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32> -> tensor<?x4x?xf32>
  // a2 = softmax(s2) + tanh(gate) softmax(s1)
  %a2 = attn.observe dots(%q1 * %k1, %q2 * %k2) scale = 0.25
    with (%l1 = %lse1[b, h, i] : tensor<?x4x?xf32>, %l2 = %lse2[b, h, i] : tensor<?x4x?xf32>,
          %x = %gate[b, h] : tensor<?x4xf32>)
    score(%s1, %s2) {
      %g = math.tanh %x : f32
      %d1 = arith.subf %s1, %l1 : f32
      %d2 = arith.subf %s2, %l2 : f32
      %a1 = math.exp %d1 : f32
      %own = math.exp %d2 : f32
      %reused = arith.mulf %g, %a1 : f32
      %a2 = arith.addf %own, %reused : f32
      attn.yield %a2 : f32
    } observe(%a) {
      attn.yield %a : f32
    } into [[b, h, i, j] add]
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>
    -> tensor<?x4x?x?xf32>
  %o2 = attn.einsum (%a2[b, h, i, j], %v2[b, h floordiv 2, j, d]) -> [b, h, i, d]
    : tensor<?x4x?x?xf32>, tensor<?x2x?x16xf32> -> tensor<?x4x?x16xf32>
  return %o1, %o2, %a2 : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x?xf32>
}
