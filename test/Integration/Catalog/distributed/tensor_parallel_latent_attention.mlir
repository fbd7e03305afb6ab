// RUN: %catalog %s

// S020. TPLA: Tensor Parallel Latent Attention for Efficient Disaggregated Prefill & Decode
// Inference: each of two devices holds a slice of the rotated latent for all heads,
// normalises and attends to it alone; corrected by alpha and mu, the outputs are summed.

func.func @tensor_parallel_latent_attention(
    %q_lat: tensor<?x4x?x32xf32>, %q_pe: tensor<?x4x?x8xf32>, %c: tensor<?x?x32xf32>,
    %k_pe: tensor<?x?x8xf32>, %u: tensor<32x32xf32>, %w_uv: tensor<4x32x16xf32>,
    %alpha: tensor<2xf32>, %mu: tensor<2xf32>) -> tensor<?x4x?x16xf32> {
  // Rotate, and cut into slices g.
  %ug = tensor.expand_shape %u [[0], [1, 2]] output_shape [32, 2, 16]
    : tensor<32x32xf32> into tensor<32x2x16xf32>
  %qg = attn.einsum (%q_lat[b, h, n, l], %ug[l, g, c]) -> [b, g, h, n, c]
    : tensor<?x4x?x32xf32>, tensor<32x2x16xf32> -> tensor<?x2x4x?x16xf32>
  %cg = attn.einsum (%c[b, m, l], %ug[l, g, c]) -> [b, g, m, c]
    : tensor<?x?x32xf32>, tensor<32x2x16xf32> -> tensor<?x2x?x16xf32>
  %wg = attn.einsum (%ug[l, g, c], %w_uv[h, l, v]) -> [g, h, c, v]
    : tensor<32x2x16xf32>, tensor<4x32x16xf32> -> tensor<2x4x16x16xf32>
  // A slice stands for the whole latent in its rms norm.
  %squares = attn.einsum (%cg[b, g, m, c], %cg[b, g, m, c]) -> [b, g, m]
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32> -> tensor<?x2x?xf32>
  %ch = attn.map [b, g, m, c]
    with (%x = %cg[b, g, m, c] : tensor<?x2x?x16xf32>, %s = %squares[b, g, m] : tensor<?x2x?xf32>,
          %a = %alpha[g] : tensor<2xf32>) {
      %width = arith.constant 32.0 : f32
      %eps = arith.constant 1.0e-6 : f32
      %share = arith.divf %a, %width : f32
      %mean = arith.mulf %share, %s : f32
      %safe = arith.addf %mean, %eps : f32
      %rms = math.sqrt %safe : f32
      %y = arith.divf %x, %rms : f32
      attn.yield %y : f32
    } -> tensor<?x2x?x16xf32>
  // The queries are the last positions; scale = (16 + 8)^-0.5.
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q_pe, %c2 : tensor<?x4x?x8xf32>
  %m = tensor.dim %k_pe, %c1 : tensor<?x?x8xf32>
  %past = arith.subi %m, %n : index
  %causal = attn.mask.causal offset(%past)
  %o = attn.attention over [b, g, h]
    dots(%qg * %ch[b, g, j, :], %q_pe[b, h, i, :] * %k_pe[b, j, :])
    values(%ch[b, g, j, :]) mask(%causal) scale = 0.2041241452319315
    with (%mu_g = %mu[g] : tensor<2xf32>)
    score(%latent, %position) {
      %s = arith.mulf %mu_g, %latent : f32
      %x = arith.addf %s, %position : f32
      attn.yield %x : f32
    }
    : tensor<?x2x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x4x?x8xf32>, tensor<?x?x8xf32>,
      tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x4x?x16xf32>
  %sum = attn.einsum (%o[b, g, h, n, c], %wg[g, h, c, v]) -> [b, h, n, v]
    : tensor<?x2x4x?x16xf32>, tensor<2x4x16x16xf32> -> tensor<?x4x?x16xf32>
  return %sum : tensor<?x4x?x16xf32>
}
