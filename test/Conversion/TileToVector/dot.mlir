// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,V4
// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,V3

// A product is cut into blocks whose accumulators, with the vectors of the
// right operand and one element of the left one, fit the registers: 6 x 4
// vectors of 32, 6 x 2 of 16.

// CHECK-LABEL: func.func private @product(
// V4:          scf.for %[[J:[a-zA-Z0-9_]+]] = %{{.+}} to %{{.+}} step %c64
// V4:            scf.for %[[I:[a-zA-Z0-9_]+]] = %{{.+}} to %{{.+}} step %c6
// V4:              %{{.+}}:24 = scf.for %[[K:[a-zA-Z0-9_]+]] = %c0 to %c40 step %c1
// V4-COUNT-4:        vector.load %[[B:[a-zA-Z0-9_]+]][%[[K]], %{{.+}}] : memref<40x144xf32>, vector<16xf32>
// V4:                memref.load %{{.+}}[%[[I]], %[[K]]]
// V4:                vector.broadcast
// V4-COUNT-24:       vector.fma {{.+}} : vector<16xf32>
// V4:                scf.yield
// V4-COUNT-24:     vector.store
// V3:          scf.for %[[J:[a-zA-Z0-9_]+]] = %{{.+}} to %{{.+}} step %c16
// V3:            scf.for %[[I:[a-zA-Z0-9_]+]] = %{{.+}} to %{{.+}} step %c6
// V3:              %{{.+}}:12 = scf.for %[[K:[a-zA-Z0-9_]+]] = %c0 to %c40 step %c1
// V3-COUNT-12:       vector.fma {{.+}} : vector<8xf32>
tile.kernel @product grid() args(%x: memref<?x40xf32>, %y: memref<?x128xf32>, %z: memref<?x128xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<24x1xindex>
  %k0 = tile.iota %c0 dim(0) : vector<40x1xindex>
  %k1 = tile.iota %c0 dim(1) : vector<1x40xindex>
  %c = tile.iota %c0 dim(1) : vector<1x128xindex>
  %a = tile.load %x[%r, %k1] : memref<?x40xf32>, vector<24x1xindex>, vector<1x40xindex> -> vector<24x40xf32>
  %b = tile.load %y[%k0, %c] : memref<?x128xf32>, vector<40x1xindex>, vector<1x128xindex> -> vector<40x128xf32>
  %zero = arith.constant dense<0.0> : vector<24x128xf32>
  %p = tile.dot %a, %b, %zero : vector<24x40xf32>, vector<40x128xf32>, vector<24x128xf32>
  tile.store %p, %z[%r, %c] : vector<24x128xf32>, memref<?x128xf32>, vector<24x1xindex>, vector<1x128xindex>
  tile.return
}

// 13 rows are cut into 7 + 6 rather than 6 + 6 + 1, and f16 operands are
// widened once, where their buffers are filled.

// CHECK-LABEL: func.func private @remainder(
// CHECK:         arith.extf {{.+}} to vector<{{16|8}}xf32>
// CHECK:         arith.extf {{.+}} to vector<{{16|8}}xf32>
// V4:          %{{.+}}:13 = scf.for
// V4-COUNT-13:   vector.fma
// V3:          %{{.+}}:13 = scf.for
// V3-COUNT-13:   vector.fma
// CHECK-NOT:   vector.fma
tile.kernel @remainder grid() args(%x: memref<13x8xf16>, %y: memref<8x8xf16>, %z: memref<13x8xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<13x1xindex>
  %k0 = tile.iota %c0 dim(0) : vector<8x1xindex>
  %k1 = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%r, %k1] : memref<13x8xf16>, vector<13x1xindex>, vector<1x8xindex> -> vector<13x8xf16>
  %b = tile.load %y[%k0, %k1] : memref<8x8xf16>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xf16>
  %zero = arith.constant dense<0.0> : vector<13x8xf32>
  %p = tile.dot %a, %b, %zero : vector<13x8xf16>, vector<8x8xf16>, vector<13x8xf32>
  tile.store %p, %z[%r, %k1] : vector<13x8xf32>, memref<13x8xf32>, vector<13x1xindex>, vector<1x8xindex>
  tile.return
}

// With a mask the left operand is made zero, and the right one is tested for
// numbers that are not finite: only then are terms chosen one by one.

// CHECK-LABEL: func.func private @masked(
// CHECK:         arith.select
// CHECK:       arith.cmpf uno
// CHECK:       %[[BAD:[a-zA-Z0-9_]+]] = vector.reduction <or>
// CHECK:       scf.if %[[BAD]] {
// CHECK:         scf.if
// CHECK:           vector.fma
// CHECK:       } else {
// CHECK:         vector.fma
tile.kernel @masked grid() args(%x: memref<8x8xf32>, %m: memref<8x8xi1>, %z: memref<8x8xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<8x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%r, %c] : memref<8x8xf32>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xf32>
  %k = tile.load %m[%r, %c] : memref<8x8xi1>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xi1>
  %zero = arith.constant dense<0.0> : vector<8x8xf32>
  %p = tile.dot %a, %a, %zero mask(%k : vector<8x8xi1>) : vector<8x8xf32>, vector<8x8xf32>, vector<8x8xf32>
  tile.store %p, %z[%r, %c] : vector<8x8xf32>, memref<8x8xf32>, vector<8x1xindex>, vector<1x8xindex>
  tile.return
}
