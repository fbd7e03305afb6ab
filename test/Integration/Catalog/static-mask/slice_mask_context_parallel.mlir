// RUN: %catalog %s

// S002. Long-Context Attention Benchmark: From Kernel Efficiency to Distributed Context
// Parallelism: a mask is a list of rectangles, each full (0), causal (1, aligned at its end),
// inverse causal (2, aligned at its start) or both (3).

func.func @slice_mask_context_parallel(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>,
    %slices: tensor<3x5xi32>) -> (tensor<?x4x?x16xf32>, tensor<?x4x?xf32>) {
  %m = attn.mask.any (s < 3) disjoint
    with (q0 = %slices[s, 0] : tensor<3x5xi32>, q1 = %slices[s, 1] : tensor<3x5xi32>,
          k0 = %slices[s, 2] : tensor<3x5xi32>, k1 = %slices[s, 3] : tensor<3x5xi32>,
          type = %slices[s, 4] : tensor<3x5xi32>)
    where { q0 <= i, i < q1, k0 <= j, j < k1,
            { type mod 2 == 0 | j - k1 <= i - q1 }, { type < 2 | j - k0 >= i - q0 } }
  %o, %lse = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25 results(out, lse)
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> (tensor<?x4x?x16xf32>, tensor<?x4x?xf32>)
  return %o, %lse : tensor<?x4x?x16xf32>, tensor<?x4x?xf32>
}
