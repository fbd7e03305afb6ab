// RUN: %catalog %s

// S121. Imagine yourself: Tuning-Free Personalized Image Generation: image queries attend to
// three text encoders and a vision encoder in parallel; the outputs are added with weights.

func.func @parallel_multi_encoder_cross_attention(
    %q: tensor<?x4x?x16xf32>, %alpha: tensor<4xf32>,
    %k_clip: tensor<?x4x20x16xf32>, %v_clip: tensor<?x4x20x16xf32>, %valid_clip: tensor<?x20xi1>,
    %k_ul2: tensor<?x4x24x16xf32>, %v_ul2: tensor<?x4x24x16xf32>, %valid_ul2: tensor<?x24xi1>,
    %k_byt5: tensor<?x4x16x16xf32>, %v_byt5: tensor<?x4x16x16xf32>, %valid_byt5: tensor<?x16xi1>,
    %k_vision: tensor<?x4x17x16xf32>, %v_vision: tensor<?x4x17x16xf32>)
    -> tensor<?x4x?x16xf32> {
  %m_clip = attn.mask [j] with (%real = %valid_clip[b, j] : tensor<?x20xi1>) {
    attn.yield %real : i1
  }
  %m_ul2 = attn.mask [j] with (%real = %valid_ul2[b, j] : tensor<?x24xi1>) {
    attn.yield %real : i1
  }
  %m_byt5 = attn.mask [j] with (%real = %valid_byt5[b, j] : tensor<?x16xi1>) {
    attn.yield %real : i1
  }
  %clip = attn.attention dots(%q * %k_clip) values(%v_clip) mask(%m_clip) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x4x20x16xf32>, tensor<?x4x20x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x4x?x16xf32>
  %ul2 = attn.attention dots(%q * %k_ul2) values(%v_ul2) mask(%m_ul2) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x4x24x16xf32>, tensor<?x4x24x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x4x?x16xf32>
  %byt5 = attn.attention dots(%q * %k_byt5) values(%v_byt5) mask(%m_byt5) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x4x16x16xf32>, tensor<?x4x16x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x4x?x16xf32>
  %vision = attn.attention dots(%q * %k_vision) values(%v_vision) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x4x17x16xf32>, tensor<?x4x17x16xf32>
    -> tensor<?x4x?x16xf32>
  %o = attn.map [b, h, n, d]
    with (%o0 = %clip[b, h, n, d] : tensor<?x4x?x16xf32>, %a0 = %alpha[0] : tensor<4xf32>,
          %o1 = %ul2[b, h, n, d] : tensor<?x4x?x16xf32>, %a1 = %alpha[1] : tensor<4xf32>,
          %o2 = %byt5[b, h, n, d] : tensor<?x4x?x16xf32>, %a2 = %alpha[2] : tensor<4xf32>,
          %o3 = %vision[b, h, n, d] : tensor<?x4x?x16xf32>, %a3 = %alpha[3] : tensor<4xf32>) {
      %p0 = arith.mulf %a0, %o0 : f32
      %p1 = arith.mulf %a1, %o1 : f32
      %p2 = arith.mulf %a2, %o2 : f32
      %p3 = arith.mulf %a3, %o3 : f32
      %s1 = arith.addf %p0, %p1 : f32
      %s2 = arith.addf %s1, %p2 : f32
      %y = arith.addf %s2, %p3 : f32
      attn.yield %y : f32
    } -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}
