// REQUIRES: avx2
// RUN: %python %S/Inputs/linalg.py %s reductions x86-64-v3
// RUN: %if avx512 %{ %python %S/Inputs/linalg.py %s reductions x86-64-v4 %}

// Reductions along lanes and across rows, with one result and with two, of
// numbers, truth values and indices.

#id2 = affine_map<(d0, d1) -> (d0, d1)>

func.func @row_sum(%a: tensor<?x?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %e = tensor.empty(%m) : tensor<?xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.reduce ins(%a : tensor<?x?xf32>) outs(%i : tensor<?xf32>) dimensions = [1]
    (%in: f32, %acc: f32) { %s = arith.addf %acc, %in : f32  linalg.yield %s : f32 }
  return %r : tensor<?xf32>
}

func.func @column_sum(%a: tensor<?x?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%m) : tensor<?xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.reduce ins(%a : tensor<?x?xf32>) outs(%i : tensor<?xf32>) dimensions = [0]
    (%in: f32, %acc: f32) { %s = arith.addf %acc, %in : f32  linalg.yield %s : f32 }
  return %r : tensor<?xf32>
}

func.func @softmax(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %r = linalg.softmax dimension(1) ins(%x : tensor<?x?xf32>) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func @argmax(%x: tensor<?x?xf32>) -> (tensor<?xf32>, tensor<?xi32>) {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0 : i32
  %ninf = arith.constant 0xff800000 : f32
  %n = tensor.dim %x, %c0 : tensor<?x?xf32>
  %e1 = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%ninf : f32) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  %e2 = tensor.empty(%n) : tensor<?xi32>
  %g = linalg.fill ins(%z : i32) outs(%e2 : tensor<?xi32>) -> tensor<?xi32>
  %r:2 = linalg.generic {indexing_maps=[#id2, affine_map<(i,j)->(i)>, affine_map<(i,j)->(i)>], iterator_types=["parallel","reduction"]} ins(%x : tensor<?x?xf32>) outs(%f, %g : tensor<?xf32>, tensor<?xi32>) {
    ^bb0(%v: f32, %m: f32, %i: i32):
      %c = arith.cmpf ogt, %v, %m : f32
      %j = linalg.index 1 : index
      %ji = arith.index_cast %j : index to i32
      %m2 = arith.select %c, %v, %m : f32
      %i2 = arith.select %c, %ji, %i : i32
      linalg.yield %m2, %i2 : f32, i32 } -> (tensor<?xf32>, tensor<?xi32>)
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xi32>
}

func.func @any_and_count(%x: tensor<?x?xi1>) -> (tensor<?xi1>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %false = arith.constant false
  %z = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x?xi1>
  %e1 = tensor.empty(%n) : tensor<?xi1>
  %f = linalg.fill ins(%false : i1) outs(%e1 : tensor<?xi1>) -> tensor<?xi1>
  %e2 = tensor.empty(%n) : tensor<?xf32>
  %g = linalg.fill ins(%z : f32) outs(%e2 : tensor<?xf32>) -> tensor<?xf32>
  %r:2 = linalg.generic {indexing_maps=[#id2, affine_map<(i,j)->(i)>, affine_map<(i,j)->(i)>], iterator_types=["parallel","reduction"]} ins(%x : tensor<?x?xi1>) outs(%f, %g : tensor<?xi1>, tensor<?xf32>) {
    ^bb0(%v: i1, %m: i1, %c: f32):
      %o = arith.ori %v, %m : i1
      %vf = arith.uitofp %v : i1 to f32
      %s = arith.addf %c, %vf : f32
      linalg.yield %o, %s : i1, f32 } -> (tensor<?xi1>, tensor<?xf32>)
  return %r#0, %r#1 : tensor<?xi1>, tensor<?xf32>
}

func.func @max_pool(%x: tensor<2x?x20xf32>) -> tensor<2x?x20xf32> {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c1 : tensor<2x?x20xf32>
  %m = arith.divsi %n, %c2 : index
  %ninf = arith.constant 0xff800000 : f32
  %e = tensor.empty(%m) : tensor<2x?x20xf32>
  %i = linalg.fill ins(%ninf : f32) outs(%e : tensor<2x?x20xf32>) -> tensor<2x?x20xf32>
  %win = tensor.empty() : tensor<2xf32>
  %r = linalg.pooling_nwc_max {strides = dense<2> : tensor<1xi64>} ins(%x, %win : tensor<2x?x20xf32>, tensor<2xf32>) outs(%i : tensor<2x?x20xf32>) -> tensor<2x?x20xf32>
  return %r : tensor<2x?x20xf32>
}
