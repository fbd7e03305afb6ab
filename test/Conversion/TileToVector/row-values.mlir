// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s

// What is made of the reductions of all rows is made of vectors of rows, in a
// loop between the one that reduces and the one that uses it. The scaled tile
// is computed twice rather than stored, and the weights take the place of the
// product, which nothing reads after them.

// CHECK-LABEL: func.func private @softmax(
// CHECK:         %[[ROW:.+]] = vector.load %[[DOT:.+]][%{{.+}}, %c0] : memref<32x32xf32>, vector<32xf32>
// CHECK-NEXT:    arith.mulf %[[ROW]]
// CHECK-NOT:     vector.store
// CHECK:         memref.store %{{.+}}, %[[MAX:.+]][%{{.+}}, %c0] : memref<64x1xf32>
// CHECK:       scf.for {{.*}} step %c16
// CHECK-NEXT:    memref.collapse_shape %[[MAX]]
// CHECK-NEXT:    vector.load {{.*}} vector<16xf32>
// CHECK-NEXT:    arith.negf {{.*}} : vector<16xf32>
// CHECK-NEXT:    memref.collapse_shape %[[LOW:.+]] {{\[\[}}
// CHECK-NEXT:    vector.store {{.*}} vector<16xf32>
// CHECK:       scf.for %{{.+}} = %c0 to %c32 step %c1 {
// CHECK-NEXT:    %[[AGAIN:.+]] = vector.load %[[DOT]][
// CHECK-NEXT:    arith.mulf %[[AGAIN]]
// CHECK-NEXT:    memref.load %[[LOW]]
// CHECK-NEXT:    vector.broadcast
// CHECK-NEXT:    %[[SUM:.+]] = arith.addf
// CHECK-NEXT:    vector.store %[[SUM]], %[[DOT]][
tile.kernel @softmax grid() args(%x: memref<32x8xf32>, %y: memref<8x32xf32>, %z: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %row = tile.iota %c0 dim(0) : vector<32x1xindex>
  %inner = tile.iota %c0 dim(1) : vector<1x8xindex>
  %depth = tile.iota %c0 dim(0) : vector<8x1xindex>
  %column = tile.iota %c0 dim(1) : vector<1x32xindex>
  %a = tile.load %x[%row, %inner] : memref<32x8xf32>, vector<32x1xindex>, vector<1x8xindex> -> vector<32x8xf32>
  %b = tile.load %y[%depth, %column] : memref<8x32xf32>, vector<8x1xindex>, vector<1x32xindex> -> vector<8x32xf32>
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %half = arith.constant dense<0.5> : vector<32x32xf32>
  %dot = tile.dot %a, %b, %zero : vector<32x8xf32>, vector<8x32xf32>, vector<32x32xf32>
  %s = arith.mulf %dot, %half : vector<32x32xf32>
  %max = tile.reduce <max> %s : vector<32x32xf32> -> vector<32x1xf32>
  %low = arith.negf %max : vector<32x1xf32>
  %wide = vector.broadcast %low : vector<32x1xf32> to vector<32x32xf32>
  %w = arith.addf %s, %wide : vector<32x32xf32>
  %more = tile.dot %w, %w, %zero : vector<32x32xf32>, vector<32x32xf32>, vector<32x32xf32>
  tile.store %more, %z[%row, %column] : vector<32x32xf32>, memref<32x32xf32>, vector<32x1xindex>, vector<1x32xindex>
  tile.return
}
