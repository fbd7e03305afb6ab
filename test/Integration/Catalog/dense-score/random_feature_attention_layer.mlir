// RUN: %catalog %s

// S001. What can a Single Attention Layer Learn? A Study Through the Random
// Features Lens: frozen random key-query matrices, one value vector per head,
// ReLU weights averaged over keys, output summed over heads.

func.func @random_feature_attention_layer(
    %xq: tensor<?x?x16xf32>, %xk: tensor<?x?x16xf32>, %w: tensor<?x17x17xf32>,
    %v: tensor<?x17xf32>) -> tensor<?x?xf32> {
  %one = arith.constant 1.0 : f32
  // q' = [q; 1] and k' = [k; 1]
  %q1 = tensor.pad %xq low[0, 0, 0] high[0, 0, 1] {
  ^bb0(%b: index, %i: index, %c: index):
    tensor.yield %one : f32
  } : tensor<?x?x16xf32> to tensor<?x?x17xf32>
  %k1 = tensor.pad %xk low[0, 0, 0] high[0, 0, 1] {
  ^bb0(%b: index, %j: index, %c: index):
    tensor.yield %one : f32
  } : tensor<?x?x16xf32> to tensor<?x?x17xf32>
  %qw = attn.einsum (%q1[b, n, c], %w[m, c, d]) -> [b, m, n, d]
    : tensor<?x?x17xf32>, tensor<?x17x17xf32> -> tensor<?x?x?x17xf32>
  %vk = attn.einsum (%k1[b, n, d], %v[m, d]) -> [b, m, n]
    : tensor<?x?x17xf32>, tensor<?x17xf32> -> tensor<?x?x?xf32>
  %c1 = arith.constant 1 : index
  %keys = tensor.dim %xk, %c1 : tensor<?x?x16xf32>
  %keys64 = arith.index_cast %keys : index to i64
  %count = arith.sitofp %keys64 : i64 to f32
  %o = attn.attention dots(%qw * %k1[b, j, :]) values(%vk[b, h, j])
    weight relu normalise const(%count)
    : tensor<?x?x?x17xf32>, tensor<?x?x17xf32>, tensor<?x?x?xf32>, f32 -> tensor<?x?x?xf32>
  %y = attn.einsum (%o[b, m, n]) -> [b, n] : tensor<?x?x?xf32> -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
