// RUN: %catalog %s

// S022. On the generalization capacity of neural networks during generic multimodal
// reasoning: a latent queries the rule tokens, then the stimulus tokens, each time
// followed by a residual and the same layer norm.

func.func private @stage(
    %z: tensor<?x?x64xf32>, %tokens: tensor<?x?x64xf32>, %ln_g: tensor<64xf32>,
    %ln_b: tensor<64xf32>, %w_q: tensor<64x64xf32>, %b_q: tensor<64xf32>,
    %w_k: tensor<64x64xf32>, %b_k: tensor<64xf32>, %w_v: tensor<64x64xf32>,
    %b_v: tensor<64xf32>, %w_o: tensor<64x64xf32>, %b_o: tensor<64xf32>)
    -> tensor<?x?x64xf32> {
  // Four heads of 16 features are the last axis of the weights, cut.
  %wq = tensor.expand_shape %w_q [[0], [1, 2]] output_shape [64, 4, 16]
    : tensor<64x64xf32> into tensor<64x4x16xf32>
  %wk = tensor.expand_shape %w_k [[0], [1, 2]] output_shape [64, 4, 16]
    : tensor<64x64xf32> into tensor<64x4x16xf32>
  %wv = tensor.expand_shape %w_v [[0], [1, 2]] output_shape [64, 4, 16]
    : tensor<64x64xf32> into tensor<64x4x16xf32>
  %wo = tensor.expand_shape %w_o [[0, 1], [2]] output_shape [4, 16, 64]
    : tensor<64x64xf32> into tensor<4x16x64xf32>
  %bq = tensor.expand_shape %b_q [[0, 1]] output_shape [4, 16]
    : tensor<64xf32> into tensor<4x16xf32>
  %bk = tensor.expand_shape %b_k [[0, 1]] output_shape [4, 16]
    : tensor<64xf32> into tensor<4x16xf32>
  %bv = tensor.expand_shape %b_v [[0, 1]] output_shape [4, 16]
    : tensor<64xf32> into tensor<4x16xf32>
  %q = attn.einsum (%z[b, n, c], %wq[c, h, d]) bias(%bq[h, d]) -> [b, h, n, d]
    : tensor<?x?x64xf32>, tensor<64x4x16xf32>, tensor<4x16xf32> -> tensor<?x4x?x16xf32>
  %k = attn.einsum (%tokens[b, n, c], %wk[c, h, d]) bias(%bk[h, d]) -> [b, h, n, d]
    : tensor<?x?x64xf32>, tensor<64x4x16xf32>, tensor<4x16xf32> -> tensor<?x4x?x16xf32>
  %v = attn.einsum (%tokens[b, n, c], %wv[c, h, d]) bias(%bv[h, d]) -> [b, h, n, d]
    : tensor<?x?x64xf32>, tensor<64x4x16xf32>, tensor<4x16xf32> -> tensor<?x4x?x16xf32>
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x16xf32>
  %y = attn.einsum (%o[b, h, n, d], %wo[h, d, c]) bias(%b_o[c]) -> [b, n, c]
    : tensor<?x4x?x16xf32>, tensor<4x16x64xf32>, tensor<64xf32> -> tensor<?x?x64xf32>
  %sum = linalg.add ins(%y, %z : tensor<?x?x64xf32>, tensor<?x?x64xf32>)
    outs(%y : tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %norm = attn.norm layer %sum gain(%ln_g : tensor<64xf32>) offset(%ln_b : tensor<64xf32>)
    : tensor<?x?x64xf32>
  return %norm : tensor<?x?x64xf32>
}

func.func @dual_stream_cross_attention(
    %latent0: tensor<?x?x64xf32>, %rule: tensor<?x?x64xf32>, %stim: tensor<?x?x64xf32>,
    %ln_g: tensor<64xf32>, %ln_b: tensor<64xf32>,
    %w_q_rule: tensor<64x64xf32>, %b_q_rule: tensor<64xf32>,
    %w_k_rule: tensor<64x64xf32>, %b_k_rule: tensor<64xf32>,
    %w_v_rule: tensor<64x64xf32>, %b_v_rule: tensor<64xf32>,
    %w_o_rule: tensor<64x64xf32>, %b_o_rule: tensor<64xf32>,
    %w_q_stim: tensor<64x64xf32>, %b_q_stim: tensor<64xf32>,
    %w_k_stim: tensor<64x64xf32>, %b_k_stim: tensor<64xf32>,
    %w_v_stim: tensor<64x64xf32>, %b_v_stim: tensor<64xf32>,
    %w_o_stim: tensor<64x64xf32>, %b_o_stim: tensor<64xf32>) -> tensor<?x?x64xf32> {
  %z = call @stage(%latent0, %rule, %ln_g, %ln_b, %w_q_rule, %b_q_rule, %w_k_rule, %b_k_rule,
                   %w_v_rule, %b_v_rule, %w_o_rule, %b_o_rule)
    : (tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<64xf32>, tensor<64xf32>,
       tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>,
       tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>)
    -> tensor<?x?x64xf32>
  %latent = call @stage(%z, %stim, %ln_g, %ln_b, %w_q_stim, %b_q_stim, %w_k_stim, %b_k_stim,
                        %w_v_stim, %b_v_stim, %w_o_stim, %b_o_stim)
    : (tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<64xf32>, tensor<64xf32>,
       tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>,
       tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>)
    -> tensor<?x?x64xf32>
  return %latent : tensor<?x?x64xf32>
}
