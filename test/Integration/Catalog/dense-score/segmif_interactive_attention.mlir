// RUN: %catalog %s

// S072. Multi-interactive Feature Learning and a Full-time Multi-modality Benchmark for
// Image Fusion and Segmentation: two images and a segmentation feature attend to each
// other's channels; four heads of 8 channels.

// (y | u) = relu(w x + b), as [b, y or u, head, channel, pixel].
func.func private @split(%x: tensor<?x32x64xf32>, %w: tensor<64x32xf32>, %b: tensor<64xf32>)
    -> tensor<?x2x4x8x64xf32> {
  %w5 = tensor.expand_shape %w [[0, 1, 2], [3]] output_shape [2, 4, 8, 32]
    : tensor<64x32xf32> into tensor<2x4x8x32xf32>
  %b3 = tensor.expand_shape %b [[0, 1, 2]] output_shape [2, 4, 8]
    : tensor<64xf32> into tensor<2x4x8xf32>
  %s = attn.einsum (%x[b, c, n], %w5[s, h, d, c]) bias(%b3[s, h, d]) -> [b, s, h, d, n]
    : tensor<?x32x64xf32>, tensor<2x4x8x32xf32>, tensor<2x4x8xf32> -> tensor<?x2x4x8x64xf32>
  %relu = attn.map [b, s, h, d, n] with (%a = %s[b, s, h, d, n] : tensor<?x2x4x8x64xf32>) {
    %zero = arith.constant 0.0 : f32
    %y = arith.maximumf %a, %zero : f32
    attn.yield %y : f32
  } -> tensor<?x2x4x8x64xf32>
  return %relu : tensor<?x2x4x8x64xf32>
}

// Half s of %u, attended by the map softmax(v k^T) over the key channels of half s of %t.
func.func private @exchange(
    %u: tensor<?x2x4x8x64xf32>, %t: tensor<?x2x4x8x64xf32>, %half: index, %w: tensor<64x32xf32>)
    -> tensor<?x4x8x64xf32> {
  %w5 = tensor.expand_shape %w [[0, 1, 2], [3, 4]] output_shape [2, 4, 8, 4, 8]
    : tensor<64x32xf32> into tensor<2x4x8x4x8xf32>
  %kv = attn.einsum with (s = %half : index) (%w5[a, h, d, g, c], %t[b, s, g, c, n])
    -> [a, b, h, d, n]
    : tensor<2x4x8x4x8xf32>, tensor<?x2x4x8x64xf32> -> tensor<2x?x4x8x64xf32>
  // scale = 8^-0.5
  %o = attn.attention with (s = %half : index)
    dots(%kv[1, b, h, i, :] * %kv[0, b, h, j, :]) values(%u[b, s, h, j, :])
    scale = 0.35355339059327373
    : tensor<2x?x4x8x64xf32>, tensor<2x?x4x8x64xf32>, tensor<?x2x4x8x64xf32>
    -> tensor<?x4x8x64xf32>
  return %o : tensor<?x4x8x64xf32>
}

// LayerNorm(x + we (z | v) + be) over the channels.
func.func private @join(
    %x: tensor<?x32x64xf32>, %z: tensor<?x4x8x64xf32>, %v: tensor<?x4x8x64xf32>,
    %we: tensor<32x64xf32>, %be: tensor<32xf32>, %g: tensor<32xf32>, %c: tensor<32xf32>)
    -> tensor<?x32x8x8xf32> {
  %both = tensor.concat dim(1) %z, %v
    : (tensor<?x4x8x64xf32>, tensor<?x4x8x64xf32>) -> tensor<?x8x8x64xf32>
  %we3 = tensor.expand_shape %we [[0], [1, 2]] output_shape [32, 8, 8]
    : tensor<32x64xf32> into tensor<32x8x8xf32>
  %y = attn.einsum (%both[b, h, d, n], %we3[c, h, d]) bias(%be[c]) -> [b, n, c]
    : tensor<?x8x8x64xf32>, tensor<32x8x8xf32>, tensor<32xf32> -> tensor<?x64x32xf32>
  %sum = attn.map [b, n, c]
    with (%old = %x[b, c, n] : tensor<?x32x64xf32>, %new = %y[b, n, c] : tensor<?x64x32xf32>) {
      %s = arith.addf %old, %new : f32
      attn.yield %s : f32
    } -> tensor<?x64x32xf32>
  %norm = attn.norm layer %sum gain(%g : tensor<32xf32>) offset(%c : tensor<32xf32>)
    : tensor<?x64x32xf32>
  %o = attn.map [b, c, y, x] with (%e = %norm[b, 8 * y + x, c] : tensor<?x64x32xf32>) {
    attn.yield %e : f32
  } -> tensor<?x32x8x8xf32>
  return %o : tensor<?x32x8x8xf32>
}

func.func @segmif_interactive_attention(
    %x1: tensor<?x32x8x8xf32>, %x2: tensor<?x32x8x8xf32>, %seg: tensor<?x32x8x8xf32>,
    %wp1: tensor<64x32xf32>, %bp1: tensor<64xf32>, %wkv1: tensor<64x32xf32>,
    %wp2: tensor<64x32xf32>, %bp2: tensor<64xf32>, %wkv2: tensor<64x32xf32>,
    %wp3: tensor<64x32xf32>, %bp3: tensor<64xf32>, %wkv3: tensor<64x32xf32>,
    %we1: tensor<32x64xf32>, %be1: tensor<32xf32>, %g1: tensor<32xf32>, %c1: tensor<32xf32>,
    %we2: tensor<32x64xf32>, %be2: tensor<32xf32>, %g2: tensor<32xf32>, %c2: tensor<32xf32>)
    -> (tensor<?x32x8x8xf32>, tensor<?x32x8x8xf32>) {
  %t1 = tensor.collapse_shape %x1 [[0], [1], [2, 3]]
    : tensor<?x32x8x8xf32> into tensor<?x32x64xf32>
  %t2 = tensor.collapse_shape %x2 [[0], [1], [2, 3]]
    : tensor<?x32x8x8xf32> into tensor<?x32x64xf32>
  %t3 = tensor.collapse_shape %seg [[0], [1], [2, 3]]
    : tensor<?x32x8x8xf32> into tensor<?x32x64xf32>
  %yu1 = call @split(%t1, %wp1, %bp1)
    : (tensor<?x32x64xf32>, tensor<64x32xf32>, tensor<64xf32>) -> tensor<?x2x4x8x64xf32>
  %yu2 = call @split(%t2, %wp2, %bp2)
    : (tensor<?x32x64xf32>, tensor<64x32xf32>, tensor<64xf32>) -> tensor<?x2x4x8x64xf32>
  %yu3 = call @split(%t3, %wp3, %bp3)
    : (tensor<?x32x64xf32>, tensor<64x32xf32>, tensor<64xf32>) -> tensor<?x2x4x8x64xf32>
  // v_i: u_i in the context of u_3; z_i: y_3 in the context of y_i.
  %y = arith.constant 0 : index
  %u = arith.constant 1 : index
  %v1 = call @exchange(%yu1, %yu3, %u, %wkv3)
    : (tensor<?x2x4x8x64xf32>, tensor<?x2x4x8x64xf32>, index, tensor<64x32xf32>)
    -> tensor<?x4x8x64xf32>
  %v2 = call @exchange(%yu2, %yu3, %u, %wkv3)
    : (tensor<?x2x4x8x64xf32>, tensor<?x2x4x8x64xf32>, index, tensor<64x32xf32>)
    -> tensor<?x4x8x64xf32>
  %z1 = call @exchange(%yu3, %yu1, %y, %wkv1)
    : (tensor<?x2x4x8x64xf32>, tensor<?x2x4x8x64xf32>, index, tensor<64x32xf32>)
    -> tensor<?x4x8x64xf32>
  %z2 = call @exchange(%yu3, %yu2, %y, %wkv2)
    : (tensor<?x2x4x8x64xf32>, tensor<?x2x4x8x64xf32>, index, tensor<64x32xf32>)
    -> tensor<?x4x8x64xf32>
  %o1 = call @join(%t1, %z1, %v1, %we1, %be1, %g1, %c1)
    : (tensor<?x32x64xf32>, tensor<?x4x8x64xf32>, tensor<?x4x8x64xf32>, tensor<32x64xf32>,
       tensor<32xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32x8x8xf32>
  %o2 = call @join(%t2, %z2, %v2, %we2, %be2, %g2, %c2)
    : (tensor<?x32x64xf32>, tensor<?x4x8x64xf32>, tensor<?x4x8x64xf32>, tensor<32x64xf32>,
       tensor<32xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32x8x8xf32>
  return %o1, %o2 : tensor<?x32x8x8xf32>, tensor<?x32x8x8xf32>
}
