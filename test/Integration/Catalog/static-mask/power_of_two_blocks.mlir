// RUN: %catalog %s

// S043. PowerAttention: Exponentially Scaling of Receptive Fields for Effective Sparse
// Attention: a sink block, a window of two blocks, and blocks at distances 1, 2, 4, ..

func.func @power_of_two_blocks(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>)
    -> tensor<?x4x?x16xf32> {
  %power = attn.mask.any (s < 48) [i, j, s] {
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    %distance = arith.shli %c1, %s : index
    %query = arith.floordivsi %i, %c8 : index
    %key = arith.floordivsi %j, %c8 : index
    %x = arith.subi %query, %key : index
    %hit = arith.cmpi eq, %x, %distance : index
    attn.yield %hit : i1
  }
  %near = attn.mask where { i floordiv 8 - j floordiv 8 < 2 | j < 8 }
  %causal = attn.mask.causal
  %either = attn.mask.or %near, %power : !attn.mask<1, 1>, !attn.mask<1, 1>
  %m = attn.mask.and %causal, %either : !attn.mask<1, 1>, !attn.mask<1, 1>
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}
