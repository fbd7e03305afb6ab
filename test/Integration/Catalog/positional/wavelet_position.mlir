// RUN: %catalog %s

// S051. Wavelet-based Positional Representation for Long Context: relative position
// vectors of Ricker wavelets at four scales, added to the key in the score.

func.func @wavelet_position(
    %q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>)
    -> tensor<?x2x?x16xf32> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<?x2x?x16xf32>
  // P(t)_c = (1 - u^2) e^(-u^2 / 2), u = (t - c mod 4) / 2^(c floordiv 4)
  %table = attn.map [t, c] extents(t = %n)
    with (%shifted = float(t - c mod 4), octave = index(c floordiv 4)) {
      %c1 = arith.constant 1 : index
      %one = arith.constant 1.0 : f32
      %minus_half = arith.constant -0.5 : f32
      %width = arith.shli %c1, %octave : index
      %width64 = arith.index_cast %width : index to i64
      %a = arith.sitofp %width64 : i64 to f32
      %u = arith.divf %shifted, %a : f32
      %u2 = arith.mulf %u, %u : f32
      %h = arith.mulf %u2, %minus_half : f32
      %e = math.exp %h : f32
      %d = arith.subf %one, %u2 : f32
      %p = arith.mulf %d, %e : f32
      attn.yield %p : f32
    } -> tensor<?x16xf32>
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k, %q * %table[i - j, :]) values(%v) mask(%causal) scale = 0.25
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x16xf32>,
      tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}
