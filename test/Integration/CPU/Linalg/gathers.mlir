// REQUIRES: avx2
// RUN: %python %S/Inputs/linalg.py %s gathers x86-64-v3
// RUN: %if avx512 %{ %python %S/Inputs/linalg.py %s gathers x86-64-v4 %}

// Gathers of rows and elements, pads and concatenations, and a loop that carries
// tensors.

#id2 = affine_map<(d0, d1) -> (d0, d1)>

func.func @gather_rows(%x: tensor<?x?xf32>, %idx: tensor<?xi32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %idx, %c0 : tensor<?xi32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %r = linalg.generic {indexing_maps=[affine_map<(i,j)->(i)>, #id2], iterator_types=["parallel","parallel"]} ins(%idx : tensor<?xi32>) outs(%e : tensor<?x?xf32>) {
    ^bb0(%i: i32, %o: f32):
      %p = arith.index_cast %i : i32 to index
      %j = linalg.index 1 : index
      %v = tensor.extract %x[%p, %j] : tensor<?x?xf32>
      linalg.yield %v : f32
  } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func @gather_elements(%x: tensor<?xf32>, %idx: tensor<?xi32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %idx, %c0 : tensor<?xi32>
  %e = tensor.empty(%m) : tensor<?xf32>
  %r = linalg.generic {indexing_maps=[affine_map<(i)->(i)>, affine_map<(i)->(i)>], iterator_types=["parallel"]} ins(%idx : tensor<?xi32>) outs(%e : tensor<?xf32>) {
    ^bb0(%i: i32, %o: f32):
      %p = arith.index_cast %i : i32 to index
      %v = tensor.extract %x[%p] : tensor<?xf32>
      linalg.yield %v : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func @pad_and_concat(%x: tensor<?x5xf32>, %y: tensor<?x5xf32>) -> tensor<?x9xf32> {
  %one = arith.constant 1.0 : f32
  %c = tensor.concat dim(0) %x, %y : (tensor<?x5xf32>, tensor<?x5xf32>) -> tensor<?x5xf32>
  %p = tensor.pad %c low[0, 1] high[0, 3] { ^bb0(%i: index, %j: index): tensor.yield %one : f32 } : tensor<?x5xf32> to tensor<?x9xf32>
  return %p : tensor<?x9xf32>
}

func.func @running_sum(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x?xf32>
  %d = tensor.dim %x, %c1 : tensor<?x?xf32>
  %zero = arith.constant 0.0 : f32
  %s0 = tensor.empty(%d) : tensor<?xf32>
  %s = linalg.fill ins(%zero : f32) outs(%s0 : tensor<?xf32>) -> tensor<?xf32>
  %o = tensor.empty(%n, %d) : tensor<?x?xf32>
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %s, %out = %o) -> (tensor<?xf32>, tensor<?x?xf32>) {
    %row = tensor.extract_slice %x[%i, 0] [1, %d] [1, 1] : tensor<?x?xf32> to tensor<?xf32>
    %nx = linalg.add ins(%acc, %row : tensor<?xf32>, tensor<?xf32>) outs(%acc : tensor<?xf32>) -> tensor<?xf32>
    %out2 = tensor.insert_slice %nx into %out[%i, 0] [1, %d] [1, 1] : tensor<?xf32> into tensor<?x?xf32>
    scf.yield %nx, %out2 : tensor<?xf32>, tensor<?x?xf32>
  }
  return %r#1 : tensor<?x?xf32>
}
