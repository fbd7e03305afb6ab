// RUN: %catalog %s

// S030. Scaling Local Self-Attention for Parameter Efficient Visual Backbones: the
// queries of a 4 x 4 block share the 8 x 8 keys around it; relative rows and columns
// are dot products, and keys outside of the image are zeros that count.

func.func @halo_attention(
    %q: tensor<?x2x256x16xf32>, %k: tensor<?x2x256x16xf32>, %v: tensor<?x2x256x16xf32>,
    %rel_y: tensor<11x16xf32>, %rel_x: tensor<11x16xf32>) -> tensor<?x2x256x16xf32> {
  %c0 = arith.constant 0 : index
  %batch = tensor.dim %k, %c0 : tensor<?x2x256x16xf32>
  %zero = arith.constant 0.0 : f32
  %k5 = tensor.expand_shape %k [[0], [1], [2, 3], [4]] output_shape [%batch, 2, 16, 16, 16]
    : tensor<?x2x256x16xf32> into tensor<?x2x16x16x16xf32>
  %v5 = tensor.expand_shape %v [[0], [1], [2, 3], [4]] output_shape [%batch, 2, 16, 16, 16]
    : tensor<?x2x256x16xf32> into tensor<?x2x16x16x16xf32>
  %kp = tensor.pad %k5 low[0, 0, 2, 2, 0] high[0, 0, 2, 2, 0] {
  ^bb0(%b: index, %h: index, %y: index, %x: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<?x2x16x16x16xf32> to tensor<?x2x20x20x16xf32>
  %vp = tensor.pad %v5 low[0, 0, 2, 2, 0] high[0, 0, 2, 2, 0] {
  ^bb0(%b: index, %h: index, %y: index, %x: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<?x2x16x16x16xf32> to tensor<?x2x20x20x16xf32>
  %m = attn.mask [iy, ix, jy, jx] grid i(16, 16) j(20, 20) where {
    4 * (iy floordiv 4) <= jy, jy < 4 * (iy floordiv 4) + 8,
    4 * (ix floordiv 4) <= jx, jx < 4 * (ix floordiv 4) + 8 }
  // Row of the table: key offset in the window - query offset in the block + 3.
  %o = attn.attention grid i(16, 16) j(20, 20)
    dots(%q * %kp[b, h, jy, jx, :], %q * %rel_y[jy - iy + 3, :], %q * %rel_x[jx - ix + 3, :])
    values(%vp[b, h, jy, jx, :]) mask(%m) scale = 0.25
    : tensor<?x2x256x16xf32>, tensor<?x2x20x20x16xf32>, tensor<?x2x256x16xf32>,
      tensor<11x16xf32>, tensor<?x2x256x16xf32>, tensor<11x16xf32>,
      tensor<?x2x20x20x16xf32>, !attn.mask<2, 2> -> tensor<?x2x256x16xf32>
  return %o : tensor<?x2x256x16xf32>
}
