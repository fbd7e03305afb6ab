// RUN: attn-opt %s --split-input-file --convert-tile-to-nvvm --canonicalize --cse | FileCheck %s

// A product of f32 is three of tf32, the small ones first. It sums from zero;
// the threads add it to what the accumulator has.

// CHECK-LABEL: gpu.func @single
// CHECK: %[[ZERO:.+]] = arith.constant 0.0{{.*}} : f32
// CHECK: scf.while
// CHECK: } do {
// CHECK: ^bb0({{.*}}%[[ACC:[a-z0-9]+]]: f32, %{{[a-z0-9]+}}: f32, %{{[a-z0-9]+}}: f32, %{{[a-z0-9]+}}: f32):
// CHECK: nvvm.ldmatrix
// CHECK-COUNT-12: llvm.call_intrinsic "llvm.nvvm.f2tf32.rna"
// CHECK: %[[FIRST:.+]] = nvvm.mma.sync A[{{.*}}] B[{{.*}}] C[%[[ZERO]], %[[ZERO]], %[[ZERO]], %[[ZERO]]] {{.*}}tf32{{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 8>
// CHECK: %[[S0:.+]] = llvm.extractvalue %[[FIRST]][0]
// CHECK: nvvm.mma.sync {{.*}} C[%[[S0]],
// CHECK: %[[THIRD:.+]] = nvvm.mma.sync
// CHECK: %[[T0:.+]] = llvm.extractvalue %[[THIRD]][0]
// CHECK-NOT: nvvm.mma.sync
// CHECK: arith.addf %[[ACC]], %[[T0]]
tile.kernel @single grid() args(%x: memref<16x8xf32>, %y: memref<8x8xf32>, %z: memref<16x8xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %r = tile.iota %c0 dim(0) : vector<16x1xindex>
  %k0 = tile.iota %c0 dim(0) : vector<8x1xindex>
  %k1 = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%r, %k1] : memref<16x8xf32>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf32>
  %three = arith.constant dense<3.0> : vector<16x8xf32>
  %ranges = tile.ranges [%c0, %c8, full] : !tile.ranges
  %s = tile.for_each %ranges step 8 iter_args(%three) -> (vector<16x8xf32>) full {
  ^bb0(%key: index, %end: index, %acc: vector<16x8xf32>):
    %b = tile.load %y[%k0, %k1] : memref<8x8xf32>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xf32>
    %p = tile.dot %a, %b, %acc : vector<16x8xf32>, vector<8x8xf32>, vector<16x8xf32>
    tile.yield %p : vector<16x8xf32>
  }
  tile.store %s, %z[%r, %k1] : vector<16x8xf32>, memref<16x8xf32>, vector<16x1xindex>, vector<1x8xindex>
  tile.return
}
func.func @launch_single(%x: memref<16x8xf32>, %y: memref<8x8xf32>, %z: memref<16x8xf32>) {
  tile.launch @single grid() ins(%x, %y : memref<16x8xf32>, memref<8x8xf32>) outs(%z : memref<16x8xf32>)
  return
}

// -----

// A product of f64 is four, of two halves of the rows and of the terms.

// CHECK-LABEL: gpu.func @double
// CHECK-NOT: nvvm.ldmatrix
// CHECK-COUNT-4: nvvm.mma.sync {{.*}}shape = #nvvm.shape<m = 8, n = 8, k = 4>
// CHECK-NOT: nvvm.mma.sync
// CHECK: arith.addf
tile.kernel @double grid() args(%x: memref<16x8xf64>, %y: memref<8x8xf64>, %z: memref<16x8xf64>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %r = tile.iota %c0 dim(0) : vector<16x1xindex>
  %k0 = tile.iota %c0 dim(0) : vector<8x1xindex>
  %k1 = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%r, %k1] : memref<16x8xf64>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf64>
  %three = arith.constant dense<3.0> : vector<16x8xf64>
  %ranges = tile.ranges [%c0, %c8, full] : !tile.ranges
  %s = tile.for_each %ranges step 8 iter_args(%three) -> (vector<16x8xf64>) full {
  ^bb0(%key: index, %end: index, %acc: vector<16x8xf64>):
    %b = tile.load %y[%k0, %k1] : memref<8x8xf64>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xf64>
    %p = tile.dot %a, %b, %acc : vector<16x8xf64>, vector<8x8xf64>, vector<16x8xf64>
    tile.yield %p : vector<16x8xf64>
  }
  tile.store %s, %z[%r, %k1] : vector<16x8xf64>, memref<16x8xf64>, vector<16x1xindex>, vector<1x8xindex>
  tile.return
}
func.func @launch_double(%x: memref<16x8xf64>, %y: memref<8x8xf64>, %z: memref<16x8xf64>) {
  tile.launch @double grid() ins(%x, %y : memref<16x8xf64>, memref<8x8xf64>) outs(%z : memref<16x8xf64>)
  return
}
