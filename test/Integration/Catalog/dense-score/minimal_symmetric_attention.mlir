// RUN: %catalog %s

// S123. Reducing the Transformer Architecture to a Minimum: two layers of single-head
// attention whose similarity is (h T)(h T)^T with a lower-triangular T, stored packed row
// by row; no values, no projections.

func.func @minimal_symmetric_attention(%x: tensor<?x?x32xf32>, %t: tensor<2x528xf32>)
    -> tensor<?x?x32xf32> {
  // T[s, r, c] = t[s, r (r + 1) / 2 + c] for c <= r, else 0
  %full = attn.map [s, r, c] with (l = index(s)) {
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %r1 = arith.addi %r, %c1 : index
    %rr = arith.muli %r, %r1 : index
    %row = arith.divsi %rr, %c2 : index
    %at = arith.addi %row, %c : index
    attn.yield %at : index
  } -> tensor<2x32x32xindex>
  %tri = attn.map [s, r, c]
    with (at = %full[s, r, c] : tensor<2x32x32xindex>, %v = %t[s, at] : tensor<2x528xf32>) {
      %zero = arith.constant 0.0 : f32
      %lower = arith.cmpi sle, %c, %r : index
      %y = arith.select %lower, %v, %zero : f32
      attn.yield %y : f32
    } -> tensor<2x32x32xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %h = scf.for %layer = %c0 to %c2 step %c1 iter_args(%h0 = %x) -> (tensor<?x?x32xf32>) {
    %p = attn.einsum with (l = %layer : index) (%h0[b, n, c], %tri[l, c, d]) -> [b, n, d]
      : tensor<?x?x32xf32>, tensor<2x32x32xf32> -> tensor<?x?x32xf32>
    %o = attn.attention over [b] dots(%p * %p) values(%h0) scale = 0.17677669529663687
      : tensor<?x?x32xf32>, tensor<?x?x32xf32>, tensor<?x?x32xf32> -> tensor<?x?x32xf32>
    scf.yield %o : tensor<?x?x32xf32>
  }
  return %h : tensor<?x?x32xf32>
}
