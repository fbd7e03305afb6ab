// RUN: %catalog %s

// S053. ConViT: Improving Vision Transformers with Soft Convolutional Inductive Biases:
// a gate per head mixes content attention with attention to relative positions alone.

func.func @gated_positional_attention(
    %q: tensor<?x4x64x16xf32>, %k: tensor<?x4x64x16xf32>, %v: tensor<?x4x64x16xf32>,
    %pos_w: tensor<4x3xf32>, %pos_b: tensor<4xf32>, %gate: tensor<4xf32>)
    -> tensor<?x4x64x16xf32> {
  %content = attn.attention dots(%q * %k) values(%v) scale = 0.25
    : tensor<?x4x64x16xf32>, tensor<?x4x64x16xf32>, tensor<?x4x64x16xf32>
    -> tensor<?x4x64x16xf32>
  %position = attn.attention grid i(8, 8) j(8, 8) values(%v)
    with (%dx = float(jx - ix), %dy = float(jy - iy), %w0 = %pos_w[h, 0] : tensor<4x3xf32>,
          %w1 = %pos_w[h, 1] : tensor<4x3xf32>, %w2 = %pos_w[h, 2] : tensor<4x3xf32>,
          %bias = %pos_b[h] : tensor<4xf32>)
    score() {
      %x = arith.mulf %w0, %dx : f32
      %y = arith.mulf %w1, %dy : f32
      %x2 = arith.mulf %dx, %dx : f32
      %y2 = arith.mulf %dy, %dy : f32
      %r2 = arith.addf %x2, %y2 : f32
      %r = arith.mulf %w2, %r2 : f32
      %xy = arith.addf %x, %y : f32
      %xyr = arith.addf %xy, %r : f32
      %s = arith.addf %xyr, %bias : f32
      attn.yield %s : f32
    } : tensor<?x4x64x16xf32> -> tensor<?x4x64x16xf32>
  %o = attn.map [b, h, n, d]
    with (%c = %content[b, h, n, d] : tensor<?x4x64x16xf32>,
          %p = %position[b, h, n, d] : tensor<?x4x64x16xf32>, %g = %gate[h] : tensor<4xf32>) {
      %one = arith.constant 1.0 : f32
      %minus = arith.negf %g : f32
      %e = math.exp %minus : f32
      %e1 = arith.addf %e, %one : f32
      %s = arith.divf %one, %e1 : f32
      %rest = arith.subf %one, %s : f32
      %x = arith.mulf %rest, %c : f32
      %y = arith.mulf %s, %p : f32
      %z = arith.addf %x, %y : f32
      attn.yield %z : f32
    } -> tensor<?x4x64x16xf32>
  return %o : tensor<?x4x64x16xf32>
}
