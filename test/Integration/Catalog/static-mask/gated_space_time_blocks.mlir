// RUN: %catalog %s

// S066. PredFormer: Transformers Are Effective Spatial-Temporal Predictive Learners: four
// gated transformer blocks that attend over the frames of a patch, the patches of a frame,
// twice, and the frames again.

func.func private @norm(
    %x: tensor<?x6x16x32xf32>, %layer: index, %gains: tensor<4x32xf32>, %offsets: tensor<4x32xf32>)
    -> tensor<?x6x16x32xf32> {
  %gain = tensor.extract_slice %gains[%layer, 0] [1, 32] [1, 1] : tensor<4x32xf32> to tensor<32xf32>
  %offset = tensor.extract_slice %offsets[%layer, 0] [1, 32] [1, 1]
    : tensor<4x32xf32> to tensor<32xf32>
  %y = attn.norm layer %x gain(%gain : tensor<32xf32>) offset(%offset : tensor<32xf32>)
    : tensor<?x6x16x32xf32>
  return %y : tensor<?x6x16x32xf32>
}

func.func @gated_space_time_blocks(
    %x: tensor<?x6x16x32xf32>, %w_qkv: tensor<4x96x32xf32>, %w_o: tensor<4x32x32xf32>,
    %b_o: tensor<4x32xf32>, %w_g: tensor<4x64x32xf32>, %b_g: tensor<4x64xf32>,
    %w_x: tensor<4x64x32xf32>, %b_x: tensor<4x64xf32>, %w_2: tensor<4x32x64xf32>,
    %b_2: tensor<4x32xf32>, %g1: tensor<4x32xf32>, %be1: tensor<4x32xf32>, %g2: tensor<4x32xf32>,
    %be2: tensor<4x32xf32>, %g3: tensor<4x32xf32>, %be3: tensor<4x32xf32>)
    -> tensor<?x6x16x32xf32> {
  // Queries, keys and values of four heads of 8 features.
  %wi = tensor.expand_shape %w_qkv [[0], [1, 2, 3], [4]] output_shape [4, 3, 4, 8, 32]
    : tensor<4x96x32xf32> into tensor<4x3x4x8x32xf32>
  %wo = tensor.expand_shape %w_o [[0], [1], [2, 3]] output_shape [4, 32, 4, 8]
    : tensor<4x32x32xf32> into tensor<4x32x4x8xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %spatial = arith.constant dense<[false, true, true, false]> : tensor<4xi1>
  %y = scf.for %layer = %c0 to %c4 step %c1 iter_args(%z = %x) -> (tensor<?x6x16x32xf32>) {
    %u1 = func.call @norm(%z, %layer, %g1, %be1)
      : (tensor<?x6x16x32xf32>, index, tensor<4x32xf32>, tensor<4x32xf32>) -> tensor<?x6x16x32xf32>
    %qkv = attn.einsum with (l = %layer : index) (%u1[b, t, p, c], %wi[l, s, h, d, c])
      -> [s, b, h, t, p, d]
      : tensor<?x6x16x32xf32>, tensor<4x3x4x8x32xf32> -> tensor<3x?x4x6x16x8xf32>
    // Over the patches of a frame, or the frames of a patch; scale = 8^-0.5.
    %in_frame = tensor.extract %spatial[%layer] : tensor<4xi1>
    %o = scf.if %in_frame -> (tensor<?x4x6x16x8xf32>) {
      %s = attn.attention over [b, h, t] dots(%qkv[0, b, h, t, i, :] * %qkv[1, b, h, t, j, :])
        values(%qkv[2, b, h, t, j, :]) scale = 0.35355339059327373 -> [b, h, t, i, :]
        : tensor<3x?x4x6x16x8xf32>, tensor<3x?x4x6x16x8xf32>, tensor<3x?x4x6x16x8xf32>
        -> tensor<?x4x6x16x8xf32>
      scf.yield %s : tensor<?x4x6x16x8xf32>
    } else {
      %s = attn.attention over [b, h, p] dots(%qkv[0, b, h, i, p, :] * %qkv[1, b, h, j, p, :])
        values(%qkv[2, b, h, j, p, :]) scale = 0.35355339059327373 -> [b, h, i, p, :]
        : tensor<3x?x4x6x16x8xf32>, tensor<3x?x4x6x16x8xf32>, tensor<3x?x4x6x16x8xf32>
        -> tensor<?x4x6x16x8xf32>
      scf.yield %s : tensor<?x4x6x16x8xf32>
    }
    %y1 = attn.einsum with (l = %layer : index) (%o[b, h, t, p, d], %wo[l, c, h, d])
      bias(%b_o[l, c]) -> [b, t, p, c]
      : tensor<?x4x6x16x8xf32>, tensor<4x32x4x8xf32>, tensor<4x32xf32> -> tensor<?x6x16x32xf32>
    %z1 = linalg.add ins(%z, %y1 : tensor<?x6x16x32xf32>, tensor<?x6x16x32xf32>)
      outs(%y1 : tensor<?x6x16x32xf32>) -> tensor<?x6x16x32xf32>

    %u2 = func.call @norm(%z1, %layer, %g2, %be2)
      : (tensor<?x6x16x32xf32>, index, tensor<4x32xf32>, tensor<4x32xf32>) -> tensor<?x6x16x32xf32>
    %gate = attn.einsum with (l = %layer : index) (%u2[b, t, p, c], %w_g[l, f, c])
      bias(%b_g[l, f]) -> [b, t, p, f]
      : tensor<?x6x16x32xf32>, tensor<4x64x32xf32>, tensor<4x64xf32> -> tensor<?x6x16x64xf32>
    %up = attn.einsum with (l = %layer : index) (%u2[b, t, p, c], %w_x[l, f, c])
      bias(%b_x[l, f]) -> [b, t, p, f]
      : tensor<?x6x16x32xf32>, tensor<4x64x32xf32>, tensor<4x64xf32> -> tensor<?x6x16x64xf32>
    %gated = attn.map [b, t, p, f]
      with (%g = %gate[b, t, p, f] : tensor<?x6x16x64xf32>,
            %w = %up[b, t, p, f] : tensor<?x6x16x64xf32>) {
        %one = arith.constant 1.0 : f32
        %minus = arith.negf %g : f32
        %e = math.exp %minus : f32
        %e1 = arith.addf %e, %one : f32
        %silu = arith.divf %g, %e1 : f32
        %a = arith.mulf %silu, %w : f32
        attn.yield %a : f32
      } -> tensor<?x6x16x64xf32>
    %y2 = attn.einsum with (l = %layer : index) (%gated[b, t, p, f], %w_2[l, c, f])
      bias(%b_2[l, c]) -> [b, t, p, c]
      : tensor<?x6x16x64xf32>, tensor<4x32x64xf32>, tensor<4x32xf32> -> tensor<?x6x16x32xf32>
    %z2 = linalg.add ins(%z1, %y2 : tensor<?x6x16x32xf32>, tensor<?x6x16x32xf32>)
      outs(%y2 : tensor<?x6x16x32xf32>) -> tensor<?x6x16x32xf32>
    %z3 = func.call @norm(%z2, %layer, %g3, %be3)
      : (tensor<?x6x16x32xf32>, index, tensor<4x32xf32>, tensor<4x32xf32>) -> tensor<?x6x16x32xf32>
    scf.yield %z3 : tensor<?x6x16x32xf32>
  }
  return %y : tensor<?x6x16x32xf32>
}
