// RUN: %catalog %s

// S047. OverLoCK: An Overview-first-Look-Closely-next ConvNet with Context-Mixing Dynamic
// Kernels: each pixel's kernel comes from its affinity with pooled context; softmax over
// the taps of a window that is moved inside at the border. Two kernel sizes, 3 and 5.

func.func @contmix_dynamic_conv(
    %x: tensor<?x32x9x10xf32>, %q: tensor<?x16x9x10xf32>, %ctx: tensor<?x16x6x7xf32>,
    %w: tensor<34x16xf32>, %b: tensor<34xf32>, %rpb1: tensor<2x5x5xf32>,
    %rpb2: tensor<2x9x9xf32>) -> tensor<?x32x9x10xf32> {
  %c0 = arith.constant 0 : index
  %batch = tensor.dim %x, %c0 : tensor<?x32x9x10xf32>
  %q5 = tensor.expand_shape %q [[0], [1, 2], [3], [4]] output_shape [%batch, 2, 8, 9, 10]
    : tensor<?x16x9x10xf32> into tensor<?x2x8x9x10xf32>
  %ctx5 = tensor.expand_shape %ctx [[0], [1, 2], [3], [4]] output_shape [%batch, 2, 8, 6, 7]
    : tensor<?x16x6x7xf32> into tensor<?x2x8x6x7xf32>
  %w3 = tensor.expand_shape %w [[0], [1, 2]] output_shape [34, 4, 4]
    : tensor<34x16xf32> into tensor<34x4x4xf32>
  %x6 = tensor.expand_shape %x [[0], [1, 2, 3], [4], [5]] output_shape [%batch, 2, 2, 8, 9, 10]
    : tensor<?x32x9x10xf32> into tensor<?x2x2x8x9x10xf32>

  // Affinity with 4 x 4 pooled regions, times (32 / 2)^-0.5, then 34 taps per pixel.
  %py = attn.linear_map pool_adaptive(6 -> 4)
  %px = attn.linear_map pool_adaptive(7 -> 4)
  %key = attn.einsum (%py[s, y], %px[t, x], %ctx5[b, g, c, y, x]) -> [b, g, c, s, t]
    : tensor<4x6xf32>, tensor<4x7xf32>, tensor<?x2x8x6x7xf32> -> tensor<?x2x8x4x4xf32>
  %scale = arith.constant dense<0.25> : tensor<1xf32>
  %affinity = attn.einsum (%scale[one], %q5[b, g, c, y, x], %key[b, g, c, s, t])
    -> [b, g, s, t, y, x]
    : tensor<1xf32>, tensor<?x2x8x9x10xf32>, tensor<?x2x8x4x4xf32> -> tensor<?x2x4x4x9x10xf32>
  %taps = attn.einsum (%w3[p, s, t], %affinity[b, g, s, t, y, x]) bias(%b[p])
    -> [b, g, p, y, x]
    : tensor<34x4x4xf32>, tensor<?x2x4x4x9x10xf32>, tensor<34xf32> -> tensor<?x2x34x9x10xf32>

  // First row and column of each pixel's window.
  %sy1 = attn.map [p] {
    %c0_ = arith.constant 0 : index
    %half = arith.constant 1 : index
    %last = arith.constant 6 : index
    %a = arith.subi %p, %half : index
    %lo = arith.maxsi %a, %c0_ : index
    %s = arith.minsi %lo, %last : index
    attn.yield %s : index
  } -> tensor<9xindex>
  %sx1 = attn.map [p] {
    %c0_ = arith.constant 0 : index
    %half = arith.constant 1 : index
    %last = arith.constant 7 : index
    %a = arith.subi %p, %half : index
    %lo = arith.maxsi %a, %c0_ : index
    %s = arith.minsi %lo, %last : index
    attn.yield %s : index
  } -> tensor<10xindex>
  %sy2 = attn.map [p] {
    %c0_ = arith.constant 0 : index
    %half = arith.constant 2 : index
    %last = arith.constant 4 : index
    %a = arith.subi %p, %half : index
    %lo = arith.maxsi %a, %c0_ : index
    %s = arith.minsi %lo, %last : index
    attn.yield %s : index
  } -> tensor<9xindex>
  %sx2 = attn.map [p] {
    %c0_ = arith.constant 0 : index
    %half = arith.constant 2 : index
    %last = arith.constant 5 : index
    %a = arith.subi %p, %half : index
    %lo = arith.maxsi %a, %c0_ : index
    %s = arith.minsi %lo, %last : index
    attn.yield %s : index
  } -> tensor<10xindex>
  %m1 = attn.mask.neighborhood window [3, 3] grid i(9, 10) j(9, 10)
  %o1 = attn.attention grid i(9, 10) j(9, 10)
    with (sy = %sy1[iy] : tensor<9xindex>, sx = %sx1[ix] : tensor<10xindex>)
    values(%x6[b, 0, h, :, jy, jx]) mask(%m1)
    bias(%taps[b, h, 3 * (jy - sy) + jx - sx, iy, ix], %rpb1[h, jy - iy + 2, jx - ix + 2])
    -> [b, h, :, iy, ix]
    : tensor<?x2x2x8x9x10xf32>, !attn.mask<2, 2>, tensor<?x2x34x9x10xf32>, tensor<2x5x5xf32>
    -> tensor<?x2x8x9x10xf32>
  %m2 = attn.mask.neighborhood window [5, 5] grid i(9, 10) j(9, 10)
  %o2 = attn.attention grid i(9, 10) j(9, 10)
    with (sy = %sy2[iy] : tensor<9xindex>, sx = %sx2[ix] : tensor<10xindex>)
    values(%x6[b, 1, h, :, jy, jx]) mask(%m2)
    bias(%taps[b, h, 5 * (jy - sy) + jx - sx + 9, iy, ix], %rpb2[h, jy - iy + 4, jx - ix + 4])
    -> [b, h, :, iy, ix]
    : tensor<?x2x2x8x9x10xf32>, !attn.mask<2, 2>, tensor<?x2x34x9x10xf32>, tensor<2x9x9xf32>
    -> tensor<?x2x8x9x10xf32>
  %c1 = tensor.collapse_shape %o1 [[0], [1, 2], [3], [4]]
    : tensor<?x2x8x9x10xf32> into tensor<?x16x9x10xf32>
  %c2 = tensor.collapse_shape %o2 [[0], [1, 2], [3], [4]]
    : tensor<?x2x8x9x10xf32> into tensor<?x16x9x10xf32>
  %o = tensor.concat dim(1) %c1, %c2
    : (tensor<?x16x9x10xf32>, tensor<?x16x9x10xf32>) -> tensor<?x32x9x10xf32>
  return %o : tensor<?x32x9x10xf32>
}
