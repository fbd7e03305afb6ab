// RUN: %catalog %s

// S117. Attention, Please! Revisiting Attentive Probing for Masked Image Modeling: learned
// queries attend to the patch features themselves; each pools its own slice of the values.

func.func @efficient_probing(%x: tensor<?x?x64xf32>, %query: tensor<?x64xf32>, %wv: tensor<64x64xf32>)
    -> (tensor<?x64xf32>, tensor<?x?x?xf32>) {
  %scale = arith.constant dense<0.125> : tensor<1xf32>
  %logits = attn.einsum (%scale[one], %query[m, c], %x[b, n, c]) -> [b, m, n]
    : tensor<1xf32>, tensor<?x64xf32>, tensor<?x?x64xf32> -> tensor<?x?x?xf32>
  %attn = attn.softmax %logits : tensor<?x?x?xf32>
  %v = attn.einsum (%x[b, n, c], %wv[c, d]) -> [b, n, d]
    : tensor<?x?x64xf32>, tensor<64x64xf32> -> tensor<?x?x64xf32>
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %queries = tensor.dim %query, %c0 : tensor<?x64xf32>
  %slice = arith.divsi %c64, %queries : index
  %o = attn.einsum with (s = %slice : index) (%attn[b, d floordiv s, n], %v[b, n, d]) -> [b, d]
    : tensor<?x?x?xf32>, tensor<?x?x64xf32> -> tensor<?x64xf32>
  return %o, %attn : tensor<?x64xf32>, tensor<?x?x?xf32>
}
