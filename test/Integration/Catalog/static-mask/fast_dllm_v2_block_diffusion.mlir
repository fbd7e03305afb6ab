// RUN: %catalog %s

// S071. Fast-dLLM v2: Efficient Block-Diffusion LLM: noisy tokens see their block and the
// clean blocks before it, clean tokens are block-causal; decoding overwrites the rows of
// sub-block 2 of the current block's cache.

func.func @fast_dllm_v2_block_diffusion(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>,
    %k_prefix: tensor<?x2x16x16xf32>, %v_prefix: tensor<?x2x16x16xf32>,
    %k_block: tensor<?x2x16x16xf32>, %v_block: tensor<?x2x16x16xf32>,
    %q_sub: tensor<?x4x4x16xf32>, %k_sub: tensor<?x2x4x16xf32>, %v_sub: tensor<?x2x4x16xf32>)
    -> (tensor<?x4x?x16xf32>, tensor<?x4x4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %tokens = tensor.dim %q, %c2 : tensor<?x4x?x16xf32>
  %n = arith.divsi %tokens, %c2 : index
  %noisy = attn.mask.block_diagonal size(16)
  %before = attn.mask where { j floordiv 16 < i floordiv 16 }
  %clean = attn.mask.block_diagonal size(16) causal
  %m = attn.mask.piecewise i(%n, %n) j(%n, %n) [[%noisy, %before], [empty, %clean]]
    : !attn.mask<1, 1>, !attn.mask<1, 1>, !attn.mask<1, 1>
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x4x?x16xf32>

  %batch = tensor.dim %k_block, %c0 : tensor<?x2x16x16xf32>
  %k_now = tensor.insert_slice %k_sub into %k_block[0, 0, 8, 0] [%batch, 2, 4, 16] [1, 1, 1, 1]
    : tensor<?x2x4x16xf32> into tensor<?x2x16x16xf32>
  %v_now = tensor.insert_slice %v_sub into %v_block[0, 0, 8, 0] [%batch, 2, 4, 16] [1, 1, 1, 1]
    : tensor<?x2x4x16xf32> into tensor<?x2x16x16xf32>
  %k_all = tensor.concat dim(2) %k_prefix, %k_now
    : (tensor<?x2x16x16xf32>, tensor<?x2x16x16xf32>) -> tensor<?x2x32x16xf32>
  %v_all = tensor.concat dim(2) %v_prefix, %v_now
    : (tensor<?x2x16x16xf32>, tensor<?x2x16x16xf32>) -> tensor<?x2x32x16xf32>
  %o_sub = attn.attention dots(%q_sub * %k_all) values(%v_all) scale = 0.25
    : tensor<?x4x4x16xf32>, tensor<?x2x32x16xf32>, tensor<?x2x32x16xf32>
    -> tensor<?x4x4x16xf32>
  return %o, %o_sub : tensor<?x4x?x16xf32>, tensor<?x4x4x16xf32>
}
