// RUN: %python %S/Inputs/attention_reference.py %s

// Attention and its partial states, under the reference semantics and compiled,
// agree with formulas in numpy.

func.func @softmax(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x1x?x8xf32>)
    -> (tensor<?x4x?x8xf32>, tensor<?x4x?xf32>) {
  %mask = attn.mask.causal
  %o, %l = attn.attention dots(%q * %k) values(%v) mask(%mask) scale = 0.25 results(out, lse)
    : tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x1x?x8xf32>, !attn.mask<1, 1>
    -> (tensor<?x4x?x8xf32>, tensor<?x4x?xf32>)
  return %o, %l : tensor<?x4x?x8xf32>, tensor<?x4x?xf32>
}

// The same with all sizes dynamic, without a mask.
func.func @heads(%q: tensor<?x?x?x16xf32>, %k: tensor<?x?x?x16xf32>, %v: tensor<?x?x?x8xf32>)
    -> tensor<?x?x?x?xf32> {
  %o = attn.attention dots(%q * %k) values(%v)
    : tensor<?x?x?x16xf32>, tensor<?x?x?x16xf32>, tensor<?x?x?x8xf32> -> tensor<?x?x?x?xf32>
  return %o : tensor<?x?x?x?xf32>
}

// Query 0 and keys from 5 on see nobody and are seen by nobody.
func.func @hidden(%q: tensor<1x1x?x4xf32>, %k: tensor<1x1x?x4xf32>, %v: tensor<1x1x?x3xf32>)
    -> (tensor<1x1x?x3xf32>, tensor<1x1x?xf32>, tensor<1x1x?x3xf32>, tensor<1x1x?x3xf32>,
        tensor<1x1x?xf32>, tensor<1x1x?x3xf32>) {
  %zero = arith.constant 0.0 : f32
  %mask = attn.mask where { 0 < i, j < 5 }
  %o, %l = attn.attention dots(%q * %k) values(%v) mask(%mask) results(out, lse)
    : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x3xf32>, !attn.mask<1, 1>
    -> (tensor<1x1x?x3xf32>, tensor<1x1x?xf32>)
  %s = attn.attention dots(%q * %k) values(%v) mask(%mask) weight sigmoid normalise none
    : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x3xf32>, !attn.mask<1, 1>
    -> tensor<1x1x?x3xf32>
  %t, %d = attn.attention dots(%q * %k) values(%v) mask(%mask) weight softplus normalise sum
    results(out, den)
    : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x3xf32>, !attn.mask<1, 1>
    -> (tensor<1x1x?x3xf32>, tensor<1x1x?xf32>)
  %c = attn.attention dots(%q * %k) values(%v) mask(%mask) weight relu normalise const(%zero)
    : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x3xf32>, !attn.mask<1, 1>, f32
    -> tensor<1x1x?x3xf32>
  return %o, %l, %s, %t, %d, %c : tensor<1x1x?x3xf32>, tensor<1x1x?xf32>, tensor<1x1x?x3xf32>,
    tensor<1x1x?x3xf32>, tensor<1x1x?xf32>, tensor<1x1x?x3xf32>
}

func.func @weights(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x3xf32>, %c: f32)
    -> (tensor<?x2x?x3xf32>, tensor<?x2x?x3xf32>, tensor<?x2x?xf32>, tensor<?x2x?x3xf32>,
        tensor<?x2x?x3xf32>, tensor<?x2x?xf32>, tensor<?x2x?x3xf32>, tensor<?x2x?xf32>) {
  %mask = attn.mask.causal
  %0 = attn.attention dots(%q * %k) values(%v) mask(%mask) weight sigmoid normalise none
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>
    -> tensor<?x2x?x3xf32>
  %1, %2 = attn.attention dots(%q * %k) values(%v) mask(%mask) weight relu 3 normalise sum
    results(out, den)
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x3xf32>, tensor<?x2x?xf32>)
  %3 = attn.attention dots(%q * %k) values(%v) mask(%mask) weight softplus normalise const(%c)
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>, f32
    -> tensor<?x2x?x3xf32>
  %4, %5 = attn.attention dots(%q * %k) values(%v) mask(%mask) weight identity normalise sum
    results(out, den)
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x3xf32>, tensor<?x2x?xf32>)
  %6, %7 = attn.attention dots(%q * %k) values(%v) mask(%mask) weight(%x) {
      %y = math.absf %x : f32
      %z = math.sqrt %y : f32
      attn.yield %z : f32
    } normalise sum results(out, den)
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x3xf32>, tensor<?x2x?xf32>)
  return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<?x2x?x3xf32>, tensor<?x2x?x3xf32>,
    tensor<?x2x?xf32>, tensor<?x2x?x3xf32>, tensor<?x2x?x3xf32>, tensor<?x2x?xf32>,
    tensor<?x2x?x3xf32>, tensor<?x2x?xf32>
}

// Sinks with a map; the row statistic alone.
func.func @sinks(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x3xf32>,
                 %s: tensor<2xf32>, %t: tensor<?x2xf32>)
    -> (tensor<?x2x?x3xf32>, tensor<?x2x?xf32>, tensor<?x2x?xf32>) {
  %mask = attn.mask where { j < i }
  %o, %l = attn.attention dots(%q * %k) values(%v) mask(%mask) sink(%s) results(out, lse)
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>, tensor<2xf32>
    -> (tensor<?x2x?x3xf32>, tensor<?x2x?xf32>)
  %m = attn.attention dots(%q * %k) mask(%mask) sink(%t[i, h]) results(lse)
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, !attn.mask<1, 1>, tensor<?x2xf32>
    -> tensor<?x2x?xf32>
  return %o, %l, %m : tensor<?x2x?x3xf32>, tensor<?x2x?xf32>, tensor<?x2x?xf32>
}

// Two dot products with different key heads, one of them relative; a scale
// that is a value.
func.func @relative(%q: tensor<?x4x?x4xf32>, %k: tensor<?x2x?x4xf32>, %r: tensor<?x4x?x6xf32>,
                    %p: tensor<?x6xf32>, %v: tensor<?x4x?x3xf32>, %scale: f32)
    -> tensor<?x4x?x3xf32> {
  %o = attn.attention dots(%q * %k, %r * %p[i - j + 2, :]) values(%v) scale(%scale)
    : tensor<?x4x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x4x?x6xf32>, tensor<?x6xf32>,
      tensor<?x4x?x3xf32>, f32 -> tensor<?x4x?x3xf32>
  return %o : tensor<?x4x?x3xf32>
}

// No dot product: scores are biases, one of them read outside of its table.
func.func @biases(%v: tensor<?x2x?x3xf32>, %s: tensor<?x2x?x?xf32>, %t: tensor<2x5xf32>)
    -> tensor<?x2x?x3xf32> {
  %o = attn.attention values(%v) bias(%s[b, h, i, j], %t[h, j - i + 2])
    : tensor<?x2x?x3xf32>, tensor<?x2x?x?xf32>, tensor<2x5xf32> -> tensor<?x2x?x3xf32>
  return %o : tensor<?x2x?x3xf32>
}

// A score region with loads, a scalar, an expression and coordinates.
func.func @alibi(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %slopes: tensor<2xf16>,
                 %ids: tensor<?xi32>, %cap: f32) -> tensor<?x2x?x4xf32> {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.5
    with (%slope = %slopes[h] : tensor<2xf16>, id = %ids[j] : tensor<?xi32>,
          %c = %cap : f32, %d = float(i - j))
    score(%s) [i] {
      %slope32 = arith.extf %slope : f16 to f32
      %t = arith.mulf %slope32, %d : f32
      %u = arith.divf %s, %c : f32
      %w = math.tanh %u : f32
      %x = arith.mulf %w, %c : f32
      %y = arith.subf %x, %t : f32
      %same = arith.cmpi eq, %id, %i : index
      %ninf = arith.constant 0xFF800000 : f32
      %z = arith.select %same, %ninf, %y : f32
      attn.yield %z : f32
    } : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32> -> tensor<?x2x?x4xf32>
  return %o : tensor<?x2x?x4xf32>
}

// Keys and values in pages; the number of keys is given.
func.func @paged(%q: tensor<?x4x?x8xf32>, %pool: tensor<?x4x2x8xf32>, %table: tensor<?x?xi32>,
                 %m: index) -> tensor<?x4x?x8xf32> {
  %o = attn.attention extents(j = %m) with (p = %table[b, j floordiv 4] : tensor<?x?xi32>)
    dots(%q * %pool[p, j mod 4, h, :]) values(%pool[p, j mod 4, h, :])
    : tensor<?x4x?x8xf32>, tensor<?x4x2x8xf32>, tensor<?x4x2x8xf32> -> tensor<?x4x?x8xf32>
  return %o : tensor<?x4x?x8xf32>
}

// On a grid, with channels before tokens, and an output in that order.
func.func @image(%q: tensor<?x2x4x?x?xf32>, %k: tensor<?x2x4x?x?xf32>, %v: tensor<?x2x3x?x?xf32>,
                 %t: tensor<2x5x5xf32>, %y: index, %x: index) -> tensor<?x2x3x?x?xf32> {
  %mask = attn.mask.neighborhood window [3, 3] grid i(%y, %x) j(%y, %x)
  %o = attn.attention grid i(%y, %x) j(%y, %x)
    dots(%q[b, h, :, iy, ix] * %k[b, h, :, jy, jx]) values(%v[b, h, :, jy, jx]) mask(%mask)
    bias(%t[h, jy - iy + 2, jx - ix + 2]) -> [b, h, :, iy, ix]
    : tensor<?x2x4x?x?xf32>, tensor<?x2x4x?x?xf32>, tensor<?x2x3x?x?xf32>, !attn.mask<2, 2>,
      tensor<2x5x5xf32> -> tensor<?x2x3x?x?xf32>
  return %o : tensor<?x2x3x?x?xf32>
}

// Tokens before heads, other letters, a value without an inner axis.
func.func @letters(%q: tensor<?x?x2x4xf32>, %k: tensor<?x?x2x4xf32>, %v: tensor<?x?xf32>)
    -> tensor<?x?x2xf32> {
  %o = attn.attention over [s, g] dots(%q[s, i, g, :] * %k[s, j, g, :]) values(%v[s, j])
    -> [s, i, g]
    : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?xf32> -> tensor<?x?x2xf32>
  return %o : tensor<?x?x2xf32>
}

func.func @single(%q: tensor<?x4xf32>, %k: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %o = attn.attention over [] dots(%q * %k) values(%k)
    : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %o : tensor<?x4xf32>
}

func.func @half(%q: tensor<1x2x?x16xf16>, %k: tensor<1x2x?x16xf16>, %v: tensor<1x2x?x8xf16>)
    -> (tensor<1x2x?x8xf16>, tensor<1x2x?xf32>) {
  %o, %l = attn.attention dots(%q * %k) values(%v) results(out, lse)
    : tensor<1x2x?x16xf16>, tensor<1x2x?x16xf16>, tensor<1x2x?x8xf16>
    -> (tensor<1x2x?x8xf16>, tensor<1x2x?xf32>)
  return %o, %l : tensor<1x2x?x8xf16>, tensor<1x2x?xf32>
}

func.func @brain(%q: tensor<1x2x?x16xbf16>, %k: tensor<1x2x?x16xbf16>, %v: tensor<1x2x?x8xbf16>)
    -> (tensor<1x2x?x8xbf16>, tensor<1x2x?xf32>) {
  %o, %l = attn.attention dots(%q * %k) values(%v) results(out, lse)
    : tensor<1x2x?x16xbf16>, tensor<1x2x?x16xbf16>, tensor<1x2x?x8xbf16>
    -> (tensor<1x2x?x8xbf16>, tensor<1x2x?xf32>)
  return %o, %l : tensor<1x2x?x8xbf16>, tensor<1x2x?xf32>
}

func.func @double(%q: tensor<1x2x?x16xf64>, %k: tensor<1x2x?x16xf64>, %v: tensor<1x2x?x8xf64>)
    -> (tensor<1x2x?x8xf64>, tensor<1x2x?xf64>) {
  %o, %l = attn.attention dots(%q * %k) values(%v) score(%s: f64) {
      %two = arith.constant 2.0 : f64
      %x = arith.divf %s, %two : f64
      attn.yield %x : f64
    } results(out, lse)
    : tensor<1x2x?x16xf64>, tensor<1x2x?x16xf64>, tensor<1x2x?x8xf64>
    -> (tensor<1x2x?x8xf64>, tensor<1x2x?xf64>)
  return %o, %l : tensor<1x2x?x8xf64>, tensor<1x2x?xf64>
}

func.func @partial(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x3xf32>)
    -> (tensor<?x2x?x3xf32>, tensor<?x2x?xf32>, tensor<?x2x?xf32>) {
  %mask = attn.mask where { j < i }
  %a, %m, %d = attn.partial dots(%q * %k) values(%v) mask(%mask)
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x3xf32>, tensor<?x2x?xf32>, tensor<?x2x?xf32>)
  return %a, %m, %d : tensor<?x2x?x3xf32>, tensor<?x2x?xf32>, tensor<?x2x?xf32>
}

func.func @split(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x3xf32>)
    -> (tensor<?x2x?x?x3xf32>, tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>,
        tensor<?x2x?x?xf32>, tensor<?x2x?x?x3xf32>, tensor<?x2x?x?xf32>) {
  %mask = attn.mask where { j < i }
  %a, %m, %d = attn.partial dots(%q * %k) values(%v) mask(%mask) split j by 4
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x?x3xf32>, tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>)
  %n, %e = attn.partial dots(%q * %k) values() mask(%mask) split j by 4
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>)
  %s, %f = attn.partial dots(%q * %k) values(%v) mask(%mask) weight sigmoid normalise sum
    split j by 4
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x?x3xf32>, tensor<?x2x?x?xf32>)
  return %a, %m, %d, %n, %e, %s, %f : tensor<?x2x?x?x3xf32>, tensor<?x2x?x?xf32>,
    tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>, tensor<?x2x?x?x3xf32>,
    tensor<?x2x?x?xf32>
}

// Results that claim more than the operands.
func.func @claims(%q: tensor<?x?x?x4xf32>, %k: tensor<?x?x?x4xf32>) -> (tensor<2x?x3x4xf32>) {
  %o = attn.attention dots(%q * %k) values(%k)
    : tensor<?x?x?x4xf32>, tensor<?x?x?x4xf32>, tensor<?x?x?x4xf32> -> tensor<2x?x3x4xf32>
  return %o : tensor<2x?x3x4xf32>
}
