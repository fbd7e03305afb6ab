// RUN: %catalog %s

// S037. FreeSwim: Revisiting Sliding-Window Attention Mechanisms for Training-Free
// Ultra-High-Resolution Video Generation: branch 0 sees a 3 x 5 window in every frame, moved
// inside at the border, branch 1 everything; both take the text from branch 1.

func.func @freeswim_inward_window(
    %q: tensor<2x2x126x16xf32>, %k: tensor<2x2x126x16xf32>, %v: tensor<2x2x126x16xf32>,
    %qc: tensor<2x2x126x16xf32>, %kt: tensor<1x2x?x16xf32>, %vt: tensor<1x2x?x16xf32>)
    -> (tensor<2x2x126x16xf32>, tensor<2x2x126x16xf32>) {
  %window = attn.mask.neighborhood window [2, 3, 5] grid i(2, 7, 9) j(2, 7, 9)
  %native = attn.mask grid i(2, 7, 9) j(2, 7, 9) where { b == 1 }
  %m = attn.mask.or %window, %native : !attn.mask<3, 3>, !attn.mask<3, 3, over = 2>
  // sqrt(ln(2 * 1560) / ln(1560) / 16)
  %self = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.26151893193832554
    : tensor<2x2x126x16xf32>, tensor<2x2x126x16xf32>, tensor<2x2x126x16xf32>,
      !attn.mask<3, 3, over = 2> -> tensor<2x2x126x16xf32>
  %text = attn.attention over [h]
    dots(%qc[1, h, i, :] * %kt[0, h, j, :]) values(%vt[0, h, j, :]) scale = 0.25
    : tensor<2x2x126x16xf32>, tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32> -> tensor<2x126x16xf32>
  %cross = attn.map [b, h, n, d] with (%x = %text[h, n, d] : tensor<2x126x16xf32>) {
    attn.yield %x : f32
  } -> tensor<2x2x126x16xf32>
  return %self, %cross : tensor<2x2x126x16xf32>, tensor<2x2x126x16xf32>
}
