// RUN: %catalog %s

// S127. Softplus Attention with Re-weighting Boosts Length Extrapolation in Large
// Language Models: a softplus map with a length-dependent scale, normalised by its sum
// (LSSA), then sharpened by a shifted power (LSSAR).

func.func @softplus_reweighted_attention(
    %q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>)
    -> (tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>) {
  %qn = attn.norm l2 %q : tensor<?x2x?x16xf32>
  %kn = attn.norm l2 %k : tensor<?x2x?x16xf32>
  %causal = attn.mask.causal
  // scale = ln 16
  %lssa, %den = attn.attention dots(%qn * %kn) values(%v) mask(%causal) scale = 2.772588722239781
    with (%n = float(i + 1))
    score(%s) {
      %ln = math.log %n : f32
      %x = arith.mulf %s, %ln : f32
      attn.yield %x : f32
    } weight softplus normalise sum results(out, den)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x16xf32>, tensor<?x2x?xf32>)
  // U^15 / sum U^15 is the softmax of 15 ln U, which cannot overflow.
  %o = attn.attention dots(%qn * %kn) values(%v) mask(%causal) scale = 2.772588722239781
    with (%n = float(i + 1), %sum = %den[b, h, i] : tensor<?x2x?xf32>)
    score(%s) [i] {
      %zero = arith.constant 0.0 : f32
      %one = arith.constant 1.0 : f32
      %power = arith.constant 15.0 : f32
      %c3 = arith.constant 3 : index
      %ln = math.log %n : f32
      %x = arith.mulf %s, %ln : f32
      // softplus(x) = max(x, 0) + ln(1 + e^-|x|)
      %abs = math.absf %x : f32
      %minus = arith.negf %abs : f32
      %e = math.exp %minus : f32
      %tail = math.log1p %e : f32
      %head = arith.maximumf %x, %zero : f32
      %softplus = arith.addf %head, %tail : f32
      %scaled = arith.mulf %n, %softplus : f32
      %na = arith.divf %scaled, %sum : f32
      %early = arith.cmpi slt, %i, %c3 : index
      %offset = arith.select %early, %zero, %one : f32
      %shifted = arith.subf %na, %offset : f32
      %u = arith.maximumf %shifted, %zero : f32
      %lu = math.log %u : f32
      %y = arith.mulf %power, %lu : f32
      attn.yield %y : f32
    }
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x2x?x16xf32>
  return %o, %lssa : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>
}
