// RUN: %catalog %s

// S084. Region Attention Transformer for Medical Image Restoration: pixels attend inside
// their segmented region, read at the nearest pixel of a map four times as large.

func.func @region_attention(
    %q: tensor<?x4x64x16xf32>, %k: tensor<?x4x64x16xf32>, %v: tensor<?x4x64x16xf32>,
    %regions: tensor<?x32x32xi32>) -> tensor<?x4x64x16xf32> {
  %m = attn.mask grid i(8, 8) j(8, 8)
    with (r = %regions[b, 4 * iy, 4 * ix] : tensor<?x32x32xi32>,
          s = %regions[b, 4 * jy, 4 * jx] : tensor<?x32x32xi32>)
    where { r == s }
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.5
    : tensor<?x4x64x16xf32>, tensor<?x4x64x16xf32>, tensor<?x4x64x16xf32>,
      !attn.mask<2, 2, over = 2> -> tensor<?x4x64x16xf32>
  return %o : tensor<?x4x64x16xf32>
}
