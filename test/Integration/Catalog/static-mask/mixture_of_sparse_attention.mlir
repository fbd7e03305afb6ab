// RUN: %catalog %s

// S010. MoA: Mixture of Sparse Attention for Automatic Large Language Model
// Compression: each head has a sink and a span of its own, span = alpha + beta N.

func.func @mixture_of_sparse_attention(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x16xf32>,
    %alpha: tensor<4xf32>, %beta: tensor<4xf32>) -> tensor<?x4x?x16xf32> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<?x4x?x16xf32>
  // Blocks of the sink and of the band, per head.
  %sink, %band = attn.map [h]
    with (%a = %alpha[h] : tensor<4xf32>, %bt = %beta[h] : tensor<4xf32>, l = %n : index) {
      %c15 = arith.constant 15 : index
      %c16 = arith.constant 16 : index
      %c32 = arith.constant 32 : index
      %l64 = arith.index_cast %l : index to i64
      %lf = arith.sitofp %l64 : i64 to f32
      %bl = arith.mulf %bt, %lf : f32
      %x = arith.addf %a, %bl : f32
      %t64 = arith.fptosi %x : f32 to i64
      %t = arith.index_cast %t64 : i64 to index
      %span = arith.minsi %t, %l : index
      %least = arith.maxsi %span, %c32 : index
      %blocks = arith.ceildivsi %least, %c16 : index
      %size = arith.muli %blocks, %c16 : index
      %first = arith.minsi %size, %c16 : index
      %rest = arith.subi %size, %first : index
      %s = arith.divsi %first, %c16 : index
      %w = arith.divsi %rest, %c16 : index
      attn.yield %s, %w : index, index
    } -> (tensor<4xindex>, tensor<4xindex>)
  %m = attn.mask with (a = %sink[h] : tensor<4xindex>, w = %band[h] : tensor<4xindex>)
    where { j <= i, { j floordiv 16 < a | i floordiv 16 - j floordiv 16 < w } }
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}
