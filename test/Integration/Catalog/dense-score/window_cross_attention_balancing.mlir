// RUN: %catalog %s

// S120. ARBEx: Attentive Feature Extraction with Reliability Balancing for Robust Facial
// Expression Learning: the same landmark queries attend to every 7 x 7 window of an image;
// label distributions are corrected by anchors and by attention across the batch, weighted
// by their confidences.

// The share of each of 8 classes in a softmax over 8 x 4 anchors.
func.func private @shares(%x: tensor<?x32xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %batch = tensor.dim %x, %c0 : tensor<?x32xf32>
  %p = attn.softmax %x : tensor<?x32xf32>
  %anchors = tensor.expand_shape %p [[0], [1, 2]] output_shape [%batch, 8, 4]
    : tensor<?x32xf32> into tensor<?x8x4xf32>
  %y = attn.einsum (%anchors[b, k, a]) -> [b, k] : tensor<?x8x4xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// 1 - entropy / ln 8
func.func private @confidence(%p: tensor<?x8xf32>) -> tensor<?xf32> {
  %terms = attn.map [b, k] with (%x = %p[b, k] : tensor<?x8xf32>) {
    %tiny = arith.constant 1.0e-37 : f32
    %ln8 = arith.constant 2.0794415416798357 : f32
    %safe = arith.maximumf %x, %tiny : f32
    %ln = math.log %safe : f32
    %t = arith.mulf %x, %ln : f32
    %y = arith.divf %t, %ln8 : f32
    attn.yield %y : f32
  } -> tensor<?x8xf32>
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %c = attn.einsum (%terms[b, k]) bias(%one[0]) -> [b]
    : tensor<?x8xf32>, tensor<1xf32> -> tensor<?xf32>
  return %c : tensor<?xf32>
}

func.func @window_cross_attention_balancing(
    %x: tensor<?x32x14x14xf32>, %lq: tensor<?x2x49x16xf32>, %ln_w: tensor<32xf32>,
    %ln_b: tensor<32xf32>, %wkv: tensor<32x64xf32>, %bkv: tensor<64xf32>,
    %table: tensor<169x2xf32>, %wp: tensor<32x32xf32>, %bp: tensor<32xf32>,
    %emb: tensor<?x32xf32>, %logits: tensor<?x8xf32>, %anchor: tensor<8x4x32xf32>,
    %wq: tensor<32x32xf32>, %wk: tensor<32x32xf32>, %wv: tensor<32x32xf32>,
    %wo: tensor<32x32xf32>, %bo: tensor<32xf32>)
    -> (tensor<?x32x14x14xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %batch = tensor.dim %x, %c0 : tensor<?x32x14x14xf32>
  // Windows (u, w) of tokens (y, x); two heads.
  %windows = tensor.expand_shape %x [[0], [1], [2, 3], [4, 5]] output_shape [%batch, 32, 2, 7, 2, 7]
    : tensor<?x32x14x14xf32> into tensor<?x32x2x7x2x7xf32>
  %wkv4 = tensor.expand_shape %wkv [[0], [1, 2, 3]] output_shape [32, 2, 2, 16]
    : tensor<32x64xf32> into tensor<32x2x2x16xf32>
  %bkv3 = tensor.expand_shape %bkv [[0, 1, 2]] output_shape [2, 2, 16]
    : tensor<64xf32> into tensor<2x2x16xf32>
  %wp3 = tensor.expand_shape %wp [[0, 1], [2]] output_shape [2, 16, 32]
    : tensor<32x32xf32> into tensor<2x16x32xf32>
  %tokens = attn.einsum (%windows[b, c, u, y, w, x]) -> [b, u, w, y, x, c]
    : tensor<?x32x2x7x2x7xf32> -> tensor<?x2x2x7x7x32xf32>
  %norm = attn.norm layer %tokens gain(%ln_w : tensor<32xf32>) offset(%ln_b : tensor<32xf32>)
    : tensor<?x2x2x7x7x32xf32>
  %kv = attn.einsum (%norm[b, u, w, y, x, c], %wkv4[c, s, h, d]) bias(%bkv3[s, h, d])
    -> [s, b, u, w, h, y, x, d]
    : tensor<?x2x2x7x7x32xf32>, tensor<32x2x2x16xf32>, tensor<2x2x16xf32>
    -> tensor<2x?x2x2x2x7x7x16xf32>
  %a = attn.attention over [b, u, w, h] grid i(7, 7) j(7, 7)
    dots(%lq[b, h, i, :] * %kv[0, b, u, w, h, jy, jx, :]) values(%kv[1, b, u, w, h, jy, jx, :])
    scale = 0.25 bias(%table[13 * (iy - jy + 6) + ix - jx + 6, h]) -> [b, u, iy, w, ix, h, :]
    : tensor<?x2x49x16xf32>, tensor<2x?x2x2x2x7x7x16xf32>, tensor<2x?x2x2x2x7x7x16xf32>,
      tensor<169x2xf32> -> tensor<?x2x7x2x7x2x16xf32>
  %projected = attn.einsum (%a[b, u, y, w, x, h, d], %wp3[h, d, c]) bias(%bp[c])
    -> [b, c, u, y, w, x]
    : tensor<?x2x7x2x7x2x16xf32>, tensor<2x16x32xf32>, tensor<32xf32> -> tensor<?x32x2x7x2x7xf32>
  %o = tensor.collapse_shape %projected [[0], [1], [2, 3], [4, 5]]
    : tensor<?x32x2x7x2x7xf32> into tensor<?x32x14x14xf32>

  // g: classes by the distance of their anchors.
  %offsets = attn.map [b, k, a, e]
    with (%to = %anchor[k, a, e] : tensor<8x4x32xf32>, %from = %emb[b, e] : tensor<?x32xf32>) {
      %d = arith.subf %to, %from : f32
      attn.yield %d : f32
    } -> tensor<?x8x4x32xf32>
  %squares = attn.einsum (%offsets[b, k, a, e], %offsets[b, k, a, e]) -> [b, k, a]
    : tensor<?x8x4x32xf32>, tensor<?x8x4x32xf32> -> tensor<?x8x4xf32>
  %near = attn.map [b, k, a] with (%s = %squares[b, k, a] : tensor<?x8x4xf32>) {
    %delta = arith.constant -2.0 : f32
    %d = math.sqrt %s : f32
    %y = arith.divf %d, %delta : f32
    attn.yield %y : f32
  } -> tensor<?x8x4xf32>
  %flat = tensor.collapse_shape %near [[0], [1, 2]] : tensor<?x8x4xf32> into tensor<?x32xf32>
  %g = call @shares(%flat) : (tensor<?x32xf32>) -> tensor<?x8xf32>

  // t: classes by attention across the batch, scale = 32^-0.5.
  %q = attn.einsum (%emb[b, e], %wq[e, m]) -> [b, m]
    : tensor<?x32xf32>, tensor<32x32xf32> -> tensor<?x32xf32>
  %k = attn.einsum (%emb[b, e], %wk[e, m]) -> [b, m]
    : tensor<?x32xf32>, tensor<32x32xf32> -> tensor<?x32xf32>
  %v = attn.einsum (%emb[b, e], %wv[e, m]) -> [b, m]
    : tensor<?x32xf32>, tensor<32x32xf32> -> tensor<?x32xf32>
  %av = attn.attention over [] dots(%q * %k) values(%v) scale = 0.17677669529663687
    : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x32xf32>
  %u = attn.einsum (%av[b, m], %wo[m, p]) bias(%bo[p]) -> [b, p]
    : tensor<?x32xf32>, tensor<32x32xf32>, tensor<32xf32> -> tensor<?x32xf32>
  %t = call @shares(%u) : (tensor<?x32xf32>) -> tensor<?x8xf32>

  %cold = attn.map [b, k] with (%l = %logits[b, k] : tensor<?x8xf32>) {
    %temperature = arith.constant 1.5 : f32
    %y = arith.divf %l, %temperature : f32
    attn.yield %y : f32
  } -> tensor<?x8xf32>
  %prob = attn.softmax %cold : tensor<?x8xf32>
  %conf_g = call @confidence(%g) : (tensor<?x8xf32>) -> tensor<?xf32>
  %conf_t = call @confidence(%t) : (tensor<?x8xf32>) -> tensor<?xf32>
  %conf_p = call @confidence(%prob) : (tensor<?x8xf32>) -> tensor<?xf32>
  // Full trust in the correction: conf p + (1 - conf) (g conf_g + t conf_t) / (conf_g + conf_t)
  %dist = attn.map [b, k]
    with (%p = %prob[b, k] : tensor<?x8xf32>, %cp = %conf_p[b] : tensor<?xf32>,
          %gk = %g[b, k] : tensor<?x8xf32>, %cg = %conf_g[b] : tensor<?xf32>,
          %tk = %t[b, k] : tensor<?x8xf32>, %ct = %conf_t[b] : tensor<?xf32>) {
      %one = arith.constant 1.0 : f32
      %by_anchor = arith.mulf %gk, %cg : f32
      %by_batch = arith.mulf %tk, %ct : f32
      %both = arith.addf %by_anchor, %by_batch : f32
      %confs = arith.addf %cg, %ct : f32
      %corr = arith.divf %both, %confs : f32
      %own = arith.mulf %cp, %p : f32
      %doubt = arith.subf %one, %cp : f32
      %rest = arith.mulf %doubt, %corr : f32
      %y = arith.addf %own, %rest : f32
      attn.yield %y : f32
    } -> tensor<?x8xf32>
  return %o, %dist, %prob : tensor<?x32x14x14xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}
