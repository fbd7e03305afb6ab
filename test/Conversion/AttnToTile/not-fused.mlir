// RUN: attn-opt %s --attn-fuse-into-kernels | FileCheck %s

// What stays in memory, though it is around a launch.

#id = affine_map<(n, d) -> (n, d)>
#half = affine_map<(n, d) -> (n, d floordiv 2)>

// A result with two users.

tile.kernel @shared grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_shared(
// CHECK: tile.launch
// CHECK: linalg.exp
func.func @on_shared(%x: tensor<?x8xf32>, %n: index) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %y = tile.launch @shared grid(%n) ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %z = linalg.exp ins(%y : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y, %z : tensor<?x8xf32>, tensor<?x8xf32>
}

// A sum over features.

tile.kernel @summed grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_summed(
// CHECK: tile.launch
// CHECK: linalg.reduce
func.func @on_summed(%x: tensor<?x8xf32>, %n: index) -> tensor<?xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %y = tile.launch @summed grid(%n) ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %i = tensor.empty(%n) : tensor<?xf32>
  %z = linalg.reduce ins(%y : tensor<?x8xf32>) outs(%i : tensor<?xf32>) dimensions = [1] (%a: f32, %b: f32) {
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  }
  return %z : tensor<?xf32>
}

// A consumer that repeats each element.

tile.kernel @repeated grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_repeated(
// CHECK: tile.launch
// CHECK: linalg.broadcast
func.func @on_repeated(%x: tensor<?x8xf32>, %n: index) -> tensor<?x8x3xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %y = tile.launch @repeated grid(%n) ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %i = tensor.empty(%n) : tensor<?x8x3xf32>
  %z = linalg.broadcast ins(%y : tensor<?x8xf32>) outs(%i : tensor<?x8x3xf32>) dimensions = [2]
  return %z : tensor<?x8x3xf32>
}

// The rows of the tile would lie apart.

tile.kernel @transposed grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_transposed(
// CHECK: tile.launch
// CHECK: linalg.transpose
func.func @on_transposed(%x: tensor<?x8xf32>, %n: index) -> tensor<8x?xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %y = tile.launch @transposed grid(%n) ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %i = tensor.empty(%n) : tensor<8x?xf32>
  %z = linalg.transpose ins(%y : tensor<?x8xf32>) outs(%i : tensor<8x?xf32>) permutation = [1, 0]
  return %z : tensor<8x?xf32>
}

// The launch would run once for each iteration.

tile.kernel @looped grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_looped(
// CHECK: tile.launch
// CHECK: scf.for
// CHECK: linalg.exp
func.func @on_looped(%x: tensor<?x8xf32>, %n: index) -> tensor<?x8xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %y = tile.launch @looped grid(%n) ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = scf.for %i = %c0 to %n step %c1 iter_args(%a = %e) -> (tensor<?x8xf32>) {
    %b = linalg.exp ins(%y : tensor<?x8xf32>) outs(%a : tensor<?x8xf32>) -> tensor<?x8xf32>
    scf.yield %b : tensor<?x8xf32>
  }
  return %z : tensor<?x8xf32>
}

// A consumer adds to what its destination holds.

tile.kernel @added grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_added(
// CHECK: tile.launch
// CHECK: linalg.generic
func.func @on_added(%x: tensor<?x8xf32>, %n: index, %old: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %y = tile.launch @added grid(%n) ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<?x8xf32>) outs(%old : tensor<?x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// A division of integers may trap at elements that a mask hides.

tile.kernel @divided grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_divided(
// CHECK: linalg.generic
// CHECK: tile.launch
func.func @on_divided(%x: tensor<?x8xf32>, %n: index, %p: tensor<?x8xi32>) -> tensor<?x8xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %x0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%p : tensor<?x8xi32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%a: i32, %b: f32):
    %c7 = arith.constant 7 : i32
    %0 = arith.divsi %c7, %a : i32
    %1 = arith.sitofp %0 : i32 to f32
    linalg.yield %1 : f32
  } -> tensor<?x8xf32>
  %z = tile.launch @divided grid(%n) ins(%x0 : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// A position that is computed.

tile.kernel @halved grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_halved(
// CHECK: linalg.generic
// CHECK: tile.launch
func.func @on_halved(%x: tensor<?x8xf32>, %n: index, %p: tensor<?x4xf32>) -> tensor<?x8xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %x0 = linalg.generic {indexing_maps = [#half, #id], iterator_types = ["parallel", "parallel"]} ins(%p : tensor<?x4xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.sin %a : f32
    linalg.yield %0 : f32
  } -> tensor<?x8xf32>
  %z = tile.launch @halved grid(%n) ins(%x0 : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// Another user of what a producer makes.

tile.kernel @kept grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_kept(
// CHECK: linalg.exp
// CHECK: tile.launch
func.func @on_kept(%x: tensor<?x8xf32>, %n: index) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %x0 = linalg.exp ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = tile.launch @kept grid(%n) ins(%x0 : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %x0, %y : tensor<?x8xf32>, tensor<?x8xf32>
}

// An element that is read outside of tiles.

tile.kernel @scalar grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %s = memref.load %x[%i, %c0] : memref<?x8xf32, strided<[?, ?], offset: ?>>
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = vector.broadcast %s : f32 to vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_scalar(
// CHECK: linalg.exp
// CHECK: tile.launch
func.func @on_scalar(%x: tensor<?x8xf32>, %n: index) -> tensor<?x8xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %x0 = linalg.exp ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = tile.launch @scalar grid(%n) ins(%x0 : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// The other result is needed before the consumer, which needs it too.

tile.kernel @early grid(%i) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>, %z: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%i, %col] : memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex> -> vector<1x8xf32>
  tile.store %a, %y[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.store %a, %z[%i, %col] : vector<1x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, index, vector<1x8xindex>
  tile.return
}
// CHECK-LABEL: func @on_early(
// CHECK: tile.launch
// CHECK: linalg.mul
// CHECK: return
func.func @on_early(%x: tensor<?x8xf32>, %n: index) -> tensor<?x8xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %y:2 = tile.launch @early grid(%n) ins(%x : tensor<?x8xf32>) outs(%e, %e : tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>, tensor<?x8xf32>
  %z = linalg.mul ins(%y#0, %y#1 : tensor<?x8xf32>, tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}
