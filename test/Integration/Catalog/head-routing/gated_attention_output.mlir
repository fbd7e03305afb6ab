// RUN: %catalog %s

// S082. Gated Attention for Large Language Models: Non-linearity, Sparsity, and
// Attention-Sink-Free: the output of attention times a sigmoid of the layer's projected
// input, per channel or per head.

func.func @gated_attention_output(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>,
    %x: tensor<?x?x32xf32>, %w_gate: tensor<64x32xf32>, %w_gate_head: tensor<4x32xf32>)
    -> (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) {
  %causal = attn.mask.causal
  %a = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x4x?x16xf32>
  %w = tensor.expand_shape %w_gate [[0, 1], [2]] output_shape [4, 16, 32]
    : tensor<64x32xf32> into tensor<4x16x32xf32>
  %channel_gate = attn.einsum (%x[b, n, c], %w[h, d, c]) -> [b, h, n, d]
    : tensor<?x?x32xf32>, tensor<4x16x32xf32> -> tensor<?x4x?x16xf32>
  %head_gate = attn.einsum (%x[b, n, c], %w_gate_head[h, c]) -> [b, h, n]
    : tensor<?x?x32xf32>, tensor<4x32xf32> -> tensor<?x4x?xf32>
  %o, %o_headwise = attn.map [b, h, n, d]
    with (%y = %a[b, h, n, d] : tensor<?x4x?x16xf32>,
          %c = %channel_gate[b, h, n, d] : tensor<?x4x?x16xf32>,
          %g = %head_gate[b, h, n] : tensor<?x4x?xf32>) {
      // y sigmoid(g) = y / (1 + exp(-g))
      %one = arith.constant 1.0 : f32
      %minus_c = arith.negf %c : f32
      %exp_c = math.exp %minus_c : f32
      %den_c = arith.addf %one, %exp_c : f32
      %y_c = arith.divf %y, %den_c : f32
      %minus_g = arith.negf %g : f32
      %exp_g = math.exp %minus_g : f32
      %den_g = arith.addf %one, %exp_g : f32
      %y_g = arith.divf %y, %den_g : f32
      attn.yield %y_c, %y_g : f32, f32
    } -> (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>)
  return %o, %o_headwise : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>
}
