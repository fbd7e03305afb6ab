// RUN: %catalog %s

// S039. Generalized Neighborhood Attention: Multi-dimensional Sparse Attention at the
// Speed of Light: window, stride, dilation and causality per axis of a video.

func.func @generalized_neighborhood(
    %q: tensor<?x2x192x16xf32>, %k: tensor<?x2x192x16xf32>, %v: tensor<?x2x192x16xf32>)
    -> tensor<?x2x192x16xf32> {
  %m = attn.mask.neighborhood window [3, 4, 5] stride [1, 2, 3] grid i(4, 6, 8) j(4, 6, 8)
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.25
    : tensor<?x2x192x16xf32>, tensor<?x2x192x16xf32>, tensor<?x2x192x16xf32>,
      !attn.mask<3, 3> -> tensor<?x2x192x16xf32>
  return %o : tensor<?x2x192x16xf32>
}
