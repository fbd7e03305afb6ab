// RUN: %catalog %s

// S111. MemeTector: Enforcing deep focus for meme detection (ViTa): the final class token
// attends to the patches of every layer with one additive scorer; the pooled vectors are
// concatenated.

func.func @class_token_layer_attention(
    %z: tensor<?x?x?x32xf32>, %y: tensor<?x32xf32>, %w: tensor<64xf32>, %b: tensor<1xf32>)
    -> (tensor<?x?xf32>, tensor<?x?x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %layers = tensor.dim %z, %c0 : tensor<?x?x?x32xf32>
  %batch = tensor.dim %z, %c1 : tensor<?x?x?x32xf32>
  %tokens = tensor.dim %z, %c2 : tensor<?x?x?x32xf32>
  %n = arith.subi %tokens, %c1 : index
  %patches = tensor.extract_slice %z[0, 0, 1, 0] [%layers, %batch, %n, 32] [1, 1, 1, 1]
    : tensor<?x?x?x32xf32> to tensor<?x?x?x32xf32>
  %w2 = tensor.expand_shape %w [[0, 1]] output_shape [2, 32] : tensor<64xf32> into tensor<2x32xf32>
  %class = attn.einsum (%w2[0, c], %y[b, c]) bias(%b[0]) -> [b]
    : tensor<2x32xf32>, tensor<?x32xf32>, tensor<1xf32> -> tensor<?xf32>
  %s = attn.einsum (%w2[1, c], %patches[l, b, n, c]) bias(%class[b]) -> [l, b, n]
    : tensor<2x32xf32>, tensor<?x?x?x32xf32>, tensor<?xf32> -> tensor<?x?x?xf32>
  %alpha = attn.softmax %s : tensor<?x?x?xf32>
  %g = attn.einsum (%alpha[l, b, n], %patches[l, b, n, c]) -> [b, l, c]
    : tensor<?x?x?xf32>, tensor<?x?x?x32xf32> -> tensor<?x?x32xf32>
  %o = tensor.collapse_shape %g [[0], [1, 2]] : tensor<?x?x32xf32> into tensor<?x?xf32>
  return %o, %alpha : tensor<?x?xf32>, tensor<?x?x?xf32>
}
