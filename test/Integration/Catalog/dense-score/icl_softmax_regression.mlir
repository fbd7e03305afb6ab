// RUN: %catalog %s

// S027. In-Context Linear Regression Demystified: Training Dynamics and Mechanistic
// Interpretability of Multi-Head Softmax Attention: one layer of bilinear softmax
// attention over example pairs predicts the label of a query.

func.func @icl_softmax_regression(
    %x: tensor<?x?x16xf32>, %y: tensor<?x?x1xf32>, %xq: tensor<?x?x16xf32>,
    %kq: tensor<2x17x17xf32>, %ov: tensor<2x17x17xf32>) -> tensor<?x?x17xf32> {
  %zero = arith.constant 0.0 : f32
  %z = tensor.concat dim(2) %x, %y
    : (tensor<?x?x16xf32>, tensor<?x?x1xf32>) -> tensor<?x?x17xf32>
  %zq = tensor.pad %xq low[0, 0, 0] high[0, 0, 1] {
  ^bb0(%b: index, %i: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<?x?x16xf32> to tensor<?x?x17xf32>
  %qh = attn.einsum (%kq[h, c, d], %zq[b, n, d]) -> [b, h, n, c]
    : tensor<2x17x17xf32>, tensor<?x?x17xf32> -> tensor<?x2x?x17xf32>
  %o = attn.attention dots(%qh * %z[b, j, :]) values(%z[b, j, :])
    : tensor<?x2x?x17xf32>, tensor<?x?x17xf32>, tensor<?x?x17xf32> -> tensor<?x2x?x17xf32>
  %heads = attn.einsum (%ov[h, c, d], %o[b, h, n, d]) -> [b, n, c]
    : tensor<2x17x17xf32>, tensor<?x2x?x17xf32> -> tensor<?x?x17xf32>
  %sum = linalg.add ins(%zq, %heads : tensor<?x?x17xf32>, tensor<?x?x17xf32>)
    outs(%heads : tensor<?x?x17xf32>) -> tensor<?x?x17xf32>
  return %sum : tensor<?x?x17xf32>
}
