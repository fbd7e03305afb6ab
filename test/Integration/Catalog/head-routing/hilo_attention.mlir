// RUN: %catalog %s

// S054. Fast Vision Transformers with HiLo Attention: two heads attend inside windows of
// 2 x 2 pixels, two attend from every pixel to the means of all windows.

func.func @hilo_attention(
    %q: tensor<?x4x96x16xf32>, %k: tensor<?x4x96x16xf32>, %v: tensor<?x4x96x16xf32>)
    -> tensor<?x4x96x16xf32> {
  %c0 = arith.constant 0 : index
  %batch = tensor.dim %k, %c0 : tensor<?x4x96x16xf32>
  %window = attn.mask [iy, ix, jy, jx] grid i(8, 12) j(8, 12)
    where { iy floordiv 2 == jy floordiv 2, ix floordiv 2 == jx floordiv 2 }
  %q_hi = tensor.extract_slice %q[0, 0, 0, 0] [%batch, 2, 96, 16] [1, 1, 1, 1]
    : tensor<?x4x96x16xf32> to tensor<?x2x96x16xf32>
  %q_lo = tensor.extract_slice %q[0, 2, 0, 0] [%batch, 2, 96, 16] [1, 1, 1, 1]
    : tensor<?x4x96x16xf32> to tensor<?x2x96x16xf32>
  %k_hi = tensor.extract_slice %k[0, 0, 0, 0] [%batch, 2, 96, 16] [1, 1, 1, 1]
    : tensor<?x4x96x16xf32> to tensor<?x2x96x16xf32>
  %v_hi = tensor.extract_slice %v[0, 0, 0, 0] [%batch, 2, 96, 16] [1, 1, 1, 1]
    : tensor<?x4x96x16xf32> to tensor<?x2x96x16xf32>
  %hi = attn.attention dots(%q_hi * %k_hi) values(%v_hi) mask(%window) scale = 0.25
    : tensor<?x2x96x16xf32>, tensor<?x2x96x16xf32>, tensor<?x2x96x16xf32>, !attn.mask<2, 2>
    -> tensor<?x2x96x16xf32>
  // Means over windows of the low-frequency heads.
  %k6 = tensor.expand_shape %k [[0], [1], [2, 3, 4, 5], [6]]
    output_shape [%batch, 4, 4, 2, 6, 2, 16]
    : tensor<?x4x96x16xf32> into tensor<?x4x4x2x6x2x16xf32>
  %v6 = tensor.expand_shape %v [[0], [1], [2, 3, 4, 5], [6]]
    output_shape [%batch, 4, 4, 2, 6, 2, 16]
    : tensor<?x4x96x16xf32> into tensor<?x4x4x2x6x2x16xf32>
  %quarter = arith.constant dense<0.25> : tensor<1xf32>
  %km = attn.einsum (%quarter[one], %k6[b, h, s, y, t, x, d]) -> [b, h, s, t, d]
    : tensor<1xf32>, tensor<?x4x4x2x6x2x16xf32> -> tensor<?x4x4x6x16xf32>
  %vm = attn.einsum (%quarter[one], %v6[b, h, s, y, t, x, d]) -> [b, h, s, t, d]
    : tensor<1xf32>, tensor<?x4x4x2x6x2x16xf32> -> tensor<?x4x4x6x16xf32>
  %lo = attn.attention grid j(4, 6)
    dots(%q_lo * %km[b, h + 2, jy, jx, :]) values(%vm[b, h + 2, jy, jx, :]) scale = 0.25
    : tensor<?x2x96x16xf32>, tensor<?x4x4x6x16xf32>, tensor<?x4x4x6x16xf32>
    -> tensor<?x2x96x16xf32>
  %o = tensor.concat dim(1) %hi, %lo
    : (tensor<?x2x96x16xf32>, tensor<?x2x96x16xf32>) -> tensor<?x4x96x16xf32>
  return %o : tensor<?x4x96x16xf32>
}
