// RUN: %catalog %s

// S012. An Efficient General-Purpose Modular Vision Model via Multi-Task
// Heterogeneous Training: each token picks four of twelve query and output
// projections by the router of its task; one key and value head is shared.

func.func @moe_head_attention(
    %x: tensor<?x?x64xf32>, %task: tensor<?xi32>, %w_gate: tensor<3x64x12xf32>,
    %w_q: tensor<12x64x16xf32>, %w_o: tensor<12x16x64xf32>, %k: tensor<?x?x16xf32>,
    %v: tensor<?x?x16xf32>) -> tensor<?x?x64xf32> {
  %logits = attn.einsum with (t = %task[b] : tensor<?xi32>) (%x[b, n, c], %w_gate[t, c, e])
    -> [b, n, e] : tensor<?x?x64xf32>, tensor<3x64x12xf32> -> tensor<?x?x12xf32>
  %p = attn.softmax %logits : tensor<?x?x12xf32>
  %gate, %expert = attn.topk %p, 4 : tensor<?x?x12xf32>
  %q = attn.einsum with (e = %expert[b, n, s] : tensor<?x?x4xi32>) (%x[b, n, c], %w_q[e, c, d])
    -> [b, n, s, d] : tensor<?x?x64xf32>, tensor<12x64x16xf32> -> tensor<?x?x4x16xf32>
  // The four slots are the heads.
  %o = attn.attention dots(%q[b, i, h, :] * %k[b, j, :]) values(%v[b, j, :]) scale = 0.25
    -> [b, i, h, :]
    : tensor<?x?x4x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32> -> tensor<?x?x4x16xf32>
  %y = attn.einsum with (e = %expert[b, n, s] : tensor<?x?x4xi32>)
    (%gate[b, n, s], %o[b, n, s, d], %w_o[e, d, c]) -> [b, n, c]
    : tensor<?x?x4xf32>, tensor<?x?x4x16xf32>, tensor<12x16x64xf32> -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}
