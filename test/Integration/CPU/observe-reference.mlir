// RUN: %python %S/Inputs/observe_reference.py %s

// Reductions over the attention map, under the reference semantics and compiled,
// agree with formulas in numpy.

// What each key receives, and the entropy of each row.
func.func @received(%q: tensor<?x2x?x4xf32>, %k: tensor<?x1x?x4xf32>)
    -> (tensor<?x?xf32>, tensor<?x2x?xf32>) {
  %mask = attn.mask where { j < i }
  %lse = attn.attention dots(%q * %k) mask(%mask) scale = 0.5
    : tensor<?x2x?x4xf32>, tensor<?x1x?x4xf32>, !attn.mask<1, 1> -> tensor<?x2x?xf32>
  %sum, %entropy = attn.observe dots(%q * %k) mask(%mask) scale = 0.5 lse(%lse) observe(%p) {
      %l = math.log %p : f32
      %x = arith.mulf %p, %l : f32
      %e = arith.negf %x : f32
      attn.yield %p, %e : f32, f32
    } into [[b, j] add, [b, h, i] add]
    : tensor<?x2x?x4xf32>, tensor<?x1x?x4xf32>, !attn.mask<1, 1>, tensor<?x2x?xf32>
    -> (tensor<?x?xf32>, tensor<?x2x?xf32>)
  return %sum, %entropy : tensor<?x?xf32>, tensor<?x2x?xf32>
}

// Scores: block maxima and minima, an initial value, both coordinates in one
// position.
func.func @blocks(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %w: tensor<2xf32>)
    -> (tensor<?x2x?x?xf32>, tensor<?xf32>, tensor<9xf32>, tensor<?xf32>) {
  %mask = attn.mask where { 3 * (j floordiv 3) <= i }
  %max, %min, %diagonal, %count = attn.observe dots(%q * %k) mask(%mask)
    with (%weight = %w[h] : tensor<2xf32>)
    observe(%p) [j] {
      %c2 = arith.constant 2 : index
      %odd = arith.remsi %j, %c2 : index
      %odd32 = arith.index_cast %odd : index to i32
      %n = arith.sitofp %odd32 : i32 to f32
      %x = arith.mulf %p, %weight : f32
      attn.yield %p, %x, %p, %n : f32, f32, f32, f32
    } into [[b, h, i floordiv 4, j floordiv 3] max init(-100.0), [h] min, [i - j + 2] max,
            [2 * (j mod 2) + i] add init(0.5)]
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, !attn.mask<1, 1>
    -> (tensor<?x2x?x?xf32>, tensor<?xf32>, tensor<9xf32>, tensor<?xf32>)
  return %max, %min, %diagonal, %count
    : tensor<?x2x?x?xf32>, tensor<?xf32>, tensor<9xf32>, tensor<?xf32>
}

// A score region and a bound position.
func.func @clusters(%q: tensor<1x1x?x4xf64>, %ids: tensor<?xi32>, %lse: tensor<1x1x?xf64>)
    -> tensor<3x3xf64> {
  %sum = attn.observe with (a = %ids[i] : tensor<?xi32>, c = %ids[j] : tensor<?xi32>)
    dots(%q * %q) score(%s: f64) [i, j] {
      %same = arith.cmpi eq, %i, %j : index
      %ninf = arith.constant 0xFFF0000000000000 : f64
      %x = arith.select %same, %ninf, %s : f64
      attn.yield %x : f64
    } lse(%lse) observe(%p: f64) {
      attn.yield %p : f64
    } into [[a, c] add]
    : tensor<1x1x?x4xf64>, tensor<1x1x?x4xf64>, tensor<1x1x?xf64> -> tensor<3x3xf64>
  return %sum : tensor<3x3xf64>
}
