// RUN: %catalog %s

// S118. ComRoPE: Scalable and Robust Rotary Position Embedding Parameterized by Trainable
// Commuting Angle Matrices: blocks of four features are rotated by the exponential of a
// skew-symmetric matrix times an angle that is linear in the position.

func.func @comrope_commuting_rotations(
    %q: tensor<?x2x65x32xf32>, %k: tensor<?x2x65x32xf32>, %v: tensor<?x2x65x32xf32>,
    %pos: tensor<65x2xf32>, %p: tensor<2x8x4x4xf32>, %theta: tensor<2x8xf32>)
    -> tensor<?x2x65x32xf32> {
  %angle = attn.einsum (%pos[n, a], %theta[a, g]) -> [n, g]
    : tensor<65x2xf32>, tensor<2x8xf32> -> tensor<65x8xf32>
  %skew = attn.map [h, n, g, r, c]
    with (%t = %angle[n, g] : tensor<65x8xf32>, %x = %p[h, g, r, c] : tensor<2x8x4x4xf32>,
          %y = %p[h, g, c, r] : tensor<2x8x4x4xf32>) {
      %d = arith.subf %x, %y : f32
      %s = arith.mulf %t, %d : f32
      attn.yield %s : f32
    } -> tensor<2x65x8x4x4xf32>
  %rotation = attn.expm %skew : tensor<2x65x8x4x4xf32>
  %qr = attn.rotate_blocks %q, %rotation : tensor<?x2x65x32xf32>, tensor<2x65x8x4x4xf32>
  %kr = attn.rotate_blocks %k, %rotation : tensor<?x2x65x32xf32>, tensor<2x65x8x4x4xf32>
  %o = attn.attention dots(%qr * %kr) values(%v) scale = 0.17677669529663687
    : tensor<?x2x65x32xf32>, tensor<?x2x65x32xf32>, tensor<?x2x65x32xf32>
    -> tensor<?x2x65x32xf32>
  return %o : tensor<?x2x65x32xf32>
}
