// RUN: %catalog %s

// S003. Theory, Analysis, and Best Practices for Sigmoid Self-Attention: an
// elementwise sigmoid instead of softmax, with ALiBi and a bias of -ln N.

func.func @sigmoid_attention(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x16xf32>,
    %slopes: tensor<4xf32>) -> tensor<?x4x?x16xf32> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<?x4x?x16xf32>
  %n64 = arith.index_cast %n : index to i64
  %nf = arith.sitofp %n64 : i64 to f32
  %ln = math.log %nf : f32
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.25
    with (%slope = %slopes[h] : tensor<4xf32>, %distance = float(i - j), %bias = %ln : f32)
    score(%s) {
      %alibi = arith.mulf %slope, %distance : f32
      %t = arith.subf %s, %alibi : f32
      %x = arith.subf %t, %bias : f32
      attn.yield %x : f32
    } weight sigmoid normalise none
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}
