// REQUIRES: avx2
// RUN: %python %S/Inputs/linalg.py %s elementwise x86-64-v3
// RUN: %if avx512 %{ %python %S/Inputs/linalg.py %s elementwise x86-64-v4 %}
// RUN: %python %S/Inputs/linalg.py %s elementwise native

// Elementwise ops: broadcasts, transpositions, truth values, indices, bf16, and
// math functions over their whole range.

#id2 = affine_map<(d0, d1) -> (d0, d1)>

func.func @gelu(%x: tensor<?x?xf32>, %bias: tensor<?xf32>) -> tensor<?x?xf32> {
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %root = arith.constant 0.70710678 : f32
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, #id2],
                       iterator_types = ["parallel", "parallel"]}
      ins(%bias : tensor<?xf32>) outs(%x : tensor<?x?xf32>) {
    ^bb0(%b: f32, %x0: f32):
      %v = arith.addf %x0, %b : f32
      %s = arith.mulf %v, %root : f32
      %e = math.erf %s : f32
      %p = arith.addf %e, %one : f32
      %h = arith.mulf %v, %half : f32
      %y = arith.mulf %h, %p : f32
      linalg.yield %y : f32
  } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func @transpose(%a: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %n = tensor.dim %a, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%n, %m) : tensor<?x?xf32>
  %r = linalg.transpose ins(%a : tensor<?x?xf32>) outs(%e : tensor<?x?xf32>) permutation = [1, 0]
  return %r : tensor<?x?xf32>
}

func.func @compare(%x: tensor<?x?xf32>) -> (tensor<?x?xi1>, tensor<?x?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%m, %n) : tensor<?x?xi1>
  %f = tensor.empty(%m, %n) : tensor<?x?xi32>
  %r:2 = linalg.generic {indexing_maps=[#id2, #id2, #id2], iterator_types=["parallel","parallel"]} ins(%x : tensor<?x?xf32>) outs(%e, %f : tensor<?x?xi1>, tensor<?x?xi32>) {
    ^bb0(%v: f32, %o: i1, %p: i32):
      %c = arith.cmpf ogt, %v, %zero : f32
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %ij = arith.muli %i, %j : index
      %k = arith.index_cast %ij : index to i32
      %l = arith.constant 3 : i32
      %q = arith.divsi %k, %l : i32
      linalg.yield %c, %q : i1, i32
  } -> (tensor<?x?xi1>, tensor<?x?xi32>)
  return %r#0, %r#1 : tensor<?x?xi1>, tensor<?x?xi32>
}

func.func @select(%c: tensor<?x?xi1>, %x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %zero = arith.constant 0.0 : f32
  %r = linalg.generic {indexing_maps=[#id2, #id2], iterator_types=["parallel","parallel"]} ins(%c : tensor<?x?xi1>) outs(%x : tensor<?x?xf32>) {
    ^bb0(%b: i1, %o: f32):
      %s = arith.select %b, %o, %zero : f32
      linalg.yield %s : f32
  } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func @scale_bf16(%x: tensor<?x?xbf16>) -> tensor<?x?xbf16> {
  %k = arith.constant 1.5 : bf16
  %r = linalg.map ins(%x : tensor<?x?xbf16>) outs(%x : tensor<?x?xbf16>) (%in: bf16, %out: bf16) {
    %s = arith.mulf %in, %k : bf16
    linalg.yield %s : bf16
  }
  return %r : tensor<?x?xbf16>
}

func.func @functions(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %a = math.exp %x : tensor<?xf32>
  %b = math.exp2 %x : tensor<?xf32>
  %c = math.tanh %x : tensor<?xf32>
  %d = math.sin %x : tensor<?xf32>
  %e = math.cos %x : tensor<?xf32>
  %ab = math.absf %x : tensor<?xf32>
  %f = math.log %ab : tensor<?xf32>
  %g = math.log1p %ab : tensor<?xf32>
  %h = math.rsqrt %ab : tensor<?xf32>
  %i = math.erf %x : tensor<?xf32>
  return %a, %b, %c, %d, %e, %f, %g, %h, %i : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}
