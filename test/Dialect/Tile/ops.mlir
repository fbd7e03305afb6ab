// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Every form of every operation survives printing, the generic form and
// bytecode.

// CHECK-LABEL: tile.kernel @no_grid grid() args() {
// CHECK-NEXT:    tile.return
tile.kernel @no_grid grid() args() {
  tile.return
}

// CHECK-LABEL: tile.kernel private @scheduled grid(%{{.*}}, %{{.*}}) args(%{{.*}}: memref<?x8xf32>, %{{.*}}: index)
// CHECK-SAME:    schedule <rows = 128, keys = 64> attributes {note = "kept"} {
tile.kernel private @scheduled grid(%b, %t) args(%x: memref<?x8xf32>, %n: index)
    schedule <rows = 128, keys = 64> attributes {note = "kept"} {
  tile.return
}

tile.kernel @two grid(%b) args(%x: memref<?x8xf32>, %s: f32, %y: memref<?x8xf32>, %z: memref<4xf64>) {
  tile.return
}

// CHECK-LABEL: func @launch_tensors(
// CHECK: tile.launch @two grid(%{{.*}}) ins(%{{.*}}, %{{.*}} : tensor<?x8xf32>, f32)
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<4xf64>) -> tensor<?x8xf32>, tensor<4xf64>
func.func @launch_tensors(%g: index, %x: tensor<?x8xf32>, %s: f32, %y: tensor<?x8xf32>, %z: tensor<4xf64>)
    -> (tensor<?x8xf32>, tensor<4xf64>) {
  %r:2 = tile.launch @two grid(%g) ins(%x, %s : tensor<?x8xf32>, f32)
      outs(%y, %z : tensor<?x8xf32>, tensor<4xf64>) -> tensor<?x8xf32>, tensor<4xf64>
  return %r#0, %r#1 : tensor<?x8xf32>, tensor<4xf64>
}

// CHECK-LABEL: func @launch_memrefs(
// CHECK: tile.launch @two grid(%{{.*}}) ins(%{{.*}}, %{{.*}} : memref<?x8xf32, strided<[?, ?], offset: ?>>, f32)
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : memref<3x8xf32>, memref<4xf64>)
func.func @launch_memrefs(%g: index, %x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %s: f32,
                          %y: memref<3x8xf32>, %z: memref<4xf64>) {
  tile.launch @two grid(%g) ins(%x, %s : memref<?x8xf32, strided<[?, ?], offset: ?>>, f32)
      outs(%y, %z : memref<3x8xf32>, memref<4xf64>)
  return
}

// CHECK-LABEL: func @launch_no_operands(
// CHECK: tile.launch @no_grid grid(){{$}}
func.func @launch_no_operands() {
  tile.launch @no_grid grid()
  return
}

// CHECK-LABEL: func @load(
// CHECK: tile.load %{{.*}}[%{{.*}}, %{{.*}}] valid(%{{.*}}, %{{.*}} : vector<16x1xi1>, i1)
// CHECK-SAME: : memref<?x8xf32>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf32>
// CHECK: tile.load %{{.*}}[%{{.*}}, %{{.*}}] : memref<?x8xf32>, index, vector<16x8xindex> -> vector<16x8xf32>
// CHECK: tile.load %{{.*}}[] : memref<f16> -> vector<1x1xf16>
func.func @load(%x: memref<?x8xf32>, %z: memref<f16>, %i: index, %r: vector<16x1xindex>,
                %c: vector<1x8xindex>, %e: vector<16x8xindex>, %m: vector<16x1xi1>, %u: i1) {
  %0 = tile.load %x[%r, %c] valid(%m, %u : vector<16x1xi1>, i1)
      : memref<?x8xf32>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf32>
  %1 = tile.load %x[%i, %e] : memref<?x8xf32>, index, vector<16x8xindex> -> vector<16x8xf32>
  %2 = tile.load %z[] : memref<f16> -> vector<1x1xf16>
  return
}

// CHECK-LABEL: func @store(
// CHECK: tile.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] valid(%{{.*}} : vector<16x1xi1>)
// CHECK-SAME: : vector<16x8xf32>, memref<?x8xf32>, vector<16x1xindex>, vector<1x8xindex>
// CHECK: tile.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] : vector<16x8xf32>, memref<?x8xf32>, index, vector<16x8xindex>
func.func @store(%v: vector<16x8xf32>, %x: memref<?x8xf32>, %i: index, %r: vector<16x1xindex>,
                 %c: vector<1x8xindex>, %e: vector<16x8xindex>, %m: vector<16x1xi1>) {
  tile.store %v, %x[%r, %c] valid(%m : vector<16x1xi1>)
      : vector<16x8xf32>, memref<?x8xf32>, vector<16x1xindex>, vector<1x8xindex>
  tile.store %v, %x[%i, %e] : vector<16x8xf32>, memref<?x8xf32>, index, vector<16x8xindex>
  return
}

// CHECK-LABEL: func @iota(
// CHECK: tile.iota %{{.*}} dim(0) : vector<16x1xindex>
// CHECK: tile.iota %{{.*}} dim(1) : vector<1x8xindex>
func.func @iota(%i: index) {
  %0 = tile.iota %i dim(0) : vector<16x1xindex>
  %1 = tile.iota %i dim(1) : vector<1x8xindex>
  return
}

// CHECK-LABEL: func @dot(
// CHECK: tile.dot %{{.*}}, %{{.*}}, %{{.*}} : vector<16x8xbf16>, vector<8x4xbf16>, vector<16x4xf32>
// CHECK: tile.dot %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : vector<16x8xi1>) : vector<16x8xbf16>, vector<8x4xbf16>, vector<16x4xf32>
func.func @dot(%a: vector<16x8xbf16>, %b: vector<8x4xbf16>, %c: vector<16x4xf32>, %m: vector<16x8xi1>) {
  %0 = tile.dot %a, %b, %c : vector<16x8xbf16>, vector<8x4xbf16>, vector<16x4xf32>
  %1 = tile.dot %a, %b, %0 mask(%m : vector<16x8xi1>) : vector<16x8xbf16>, vector<8x4xbf16>, vector<16x4xf32>
  return
}

// CHECK-LABEL: func @reduce(
// CHECK: tile.reduce <max> %{{.*}} : vector<16x8xf32> -> vector<16x1xf32>
// CHECK: tile.reduce <add> %{{.*}} : vector<16x8xf32> -> vector<16x1xf32>
func.func @reduce(%s: vector<16x8xf32>) {
  %0 = tile.reduce <max> %s : vector<16x8xf32> -> vector<16x1xf32>
  %1 = tile.reduce <add> %s : vector<16x8xf32> -> vector<16x1xf32>
  return
}

// CHECK-LABEL: func @ranges(
// CHECK: tile.ranges : !tile.ranges
// CHECK: tile.ranges [%{{.*}}, %{{.*}}, full], [%{{.*}}, %{{.*}}, partial] : !tile.ranges
func.func @ranges(%i: index, %j: index, %k: index) {
  %0 = tile.ranges : !tile.ranges
  %1 = tile.ranges [%i, %j, full], [%j, %k, partial] : !tile.ranges
  return
}

// CHECK-LABEL: func @for_each(
// CHECK: tile.for_each %{{.*}} step 64 iter_args(%{{.*}}, %{{.*}}) -> (vector<16x1xf32>, index) full {
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index, %{{.*}}: vector<16x1xf32>, %{{.*}}: index):
// CHECK:   tile.yield %{{.*}}, %{{.*}} : vector<16x1xf32>, index
// CHECK: } partial {
// CHECK: tile.for_each %{{.*}} step 8 partial {
// CHECK:   tile.yield{{$}}
func.func @for_each(%r: !tile.ranges, %v: vector<16x1xf32>, %n: index) {
  %0:2 = tile.for_each %r step 64 iter_args(%v, %n) -> (vector<16x1xf32>, index) full {
  ^bb0(%key: index, %end: index, %x: vector<16x1xf32>, %y: index):
    tile.yield %x, %key : vector<16x1xf32>, index
  } partial {
  ^bb0(%key: index, %end: index, %x: vector<16x1xf32>, %y: index):
    tile.yield %x, %end : vector<16x1xf32>, index
  }
  %p = tile.ranges [%n, %n, partial] : !tile.ranges
  tile.for_each %p step 8 partial {
  ^bb0(%key: index, %end: index):
    tile.yield
  }
  return
}

// CHECK-LABEL: func @check(
// CHECK: tile.check equal %{{.*}}, %{{.*}}, "same length" : index
// CHECK: tile.check at_least %{{.*}}, %{{.*}}, "long enough" : index
// CHECK: tile.check at_most %{{.*}}, %{{.*}}, "short enough" : index
// CHECK: tile.check multiple %{{.*}}, %{{.*}}, "whole blocks" : index
func.func @check(%i: index, %j: index) {
  tile.check equal %i, %j, "same length" : index
  tile.check at_least %i, %j, "long enough" : index
  tile.check at_most %i, %j, "short enough" : index
  tile.check multiple %i, %j, "whole blocks" : index
  return
}

// CHECK-LABEL: func @find_ranges(
// CHECK: tile.find_ranges %{{.*}} to %{{.*}} step 64 {
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index):
// CHECK:   tile.classify %{{.*}}, %{{.*}}
// CHECK: } : !tile.ranges
func.func @find_ranges(%i: index, %no: i1) {
  %r = tile.find_ranges %i to %i step 64 {
  ^bb0(%lo: index, %hi: index, %first: index, %count: index):
    tile.classify %no, %no
  } : !tile.ranges
  return
}
