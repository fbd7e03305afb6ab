// RUN: %catalog %s

// S017. A Unified View of Long-Sequence Models towards Modeling Million-Scale Dependencies:
// each of two shards of the keys gives an output and a log sum exp, which are merged.

func.func @distributed_multihead_attention(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x16xf32>)
    -> (tensor<?x4x?x16xf32>, tensor<?x4x2x?x16xf32>, tensor<?x4x2x?xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %keys = tensor.dim %k, %c2 : tensor<?x4x?x16xf32>
  %half = arith.divsi %keys, %c2 : index
  %first = tensor.from_elements %c0, %half : tensor<2xindex>
  %end = tensor.from_elements %half, %keys : tensor<2xindex>
  %shard = attn.mask over [b, h, p]
    with (first = %first[p] : tensor<2xindex>, end = %end[p] : tensor<2xindex>)
    where { first <= j, j < end }
  // The binding says how many shards there are.
  %o_part, %lse_part = attn.attention over [b, h, p] with (first = %first[p] : tensor<2xindex>)
    dots(%q[b, h, i, :] * %k[b, h, j, :]) values(%v[b, h, j, :]) mask(%shard) scale = 0.25
    results(out, lse)
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>,
      !attn.mask<1, 1, over = 3> -> (tensor<?x4x2x?x16xf32>, tensor<?x4x2x?xf32>)
  %o, %lse = attn.merge (%o_part, %lse_part) along 2
    : tensor<?x4x2x?x16xf32>, tensor<?x4x2x?xf32>
  return %o, %o_part, %lse_part
    : tensor<?x4x?x16xf32>, tensor<?x4x2x?x16xf32>, tensor<?x4x2x?xf32>
}
