// RUN: attn-opt %s --convert-tile-to-nvvm=target=sm_80 | FileCheck %s

// The left operand is copied before the loop and read into registers once:
// 4 strips of 16 rows, one for each of 4 warps, and 3 steps of 16 terms of 40.
// The right one is copied a step ahead, to the other of two stages, and read by
// pairs of 8 columns: 3 steps of 4 pairs, each for two products.

// CHECK-LABEL: func.func @launch(
// CHECK:         %[[ANY:.+]] = arith.cmpi ne
// CHECK:         scf.if %[[ANY]] {
// CHECK:           gpu.launch_func @attn_kernels::@scores
// CHECK-SAME:        dynamic_shared_memory_size
// CHECK:       gpu.module @attn_kernels [#nvvm.target<O = 3, chip = "sm_80", features = "+ptx87">]
// CHECK:         gpu.func @scores({{.*}}) kernel attributes {known_block_size = array<i32: 128, 1, 1>}
// CHECK:           nvvm.cp.async.shared.global
// CHECK:           nvvm.cp.async.commit.group
// CHECK:           nvvm.cp.async.shared.global
// CHECK:           nvvm.cp.async.commit.group
// CHECK:           nvvm.cp.async.wait.group 1
// CHECK:           nvvm.barrier0
// CHECK-COUNT-3:   nvvm.ldmatrix {{.*}}num = 4
// CHECK-NOT:       nvvm.ldmatrix
// CHECK:           scf.while
// CHECK:           } do {
// CHECK:             nvvm.cp.async.wait.group 0
// CHECK:             nvvm.barrier0
// CHECK:             nvvm.cp.async.shared.global
// CHECK:             nvvm.cp.async.commit.group
// CHECK-COUNT-12:    nvvm.ldmatrix {{.*}}num = 4
// CHECK-NOT:         nvvm.ldmatrix
// CHECK:           gpu.return
func.func @launch(%q: memref<?x40xbf16>, %k: memref<?x40xbf16>, %y: memref<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %n = memref.dim %q, %c0 : memref<?x40xbf16>
  %g = arith.ceildivsi %n, %c64 : index
  tile.launch @scores grid(%g) ins(%q, %k : memref<?x40xbf16>, memref<?x40xbf16>) outs(%y : memref<?x64xf32>)
  return
}
tile.kernel @scores grid(%x) args(%q: memref<?x40xbf16>, %k: memref<?x40xbf16>, %y: memref<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %m = memref.dim %k, %c0 : memref<?x40xbf16>
  %first = arith.muli %x, %c64 : index
  %i = tile.iota %first dim(0) : vector<64x1xindex>
  %d = tile.iota %c0 dim(1) : vector<1x40xindex>
  %c = tile.iota %c0 dim(1) : vector<1x64xindex>
  %a = tile.load %q[%i, %d] : memref<?x40xbf16>, vector<64x1xindex>, vector<1x40xindex> -> vector<64x40xbf16>
  %zero = arith.constant dense<0.0> : vector<64x64xf32>
  %whole = tile.ranges [%c0, %m, full] : !tile.ranges
  %sum = tile.for_each %whole step 64 iter_args(%zero) -> (vector<64x64xf32>) full {
  ^bb0(%j: index, %end: index, %s: vector<64x64xf32>):
    %jd = tile.iota %c0 dim(0) : vector<40x1xindex>
    %jj = tile.iota %j dim(1) : vector<1x64xindex>
    %b = tile.load %k[%jj, %jd] : memref<?x40xbf16>, vector<1x64xindex>, vector<40x1xindex> -> vector<40x64xbf16>
    %p = tile.dot %a, %b, %s : vector<64x40xbf16>, vector<40x64xbf16>, vector<64x64xf32>
    tile.yield %p : vector<64x64xf32>
  }
  tile.store %sum, %y[%i, %c] : vector<64x64xf32>, memref<?x64xf32>, vector<64x1xindex>, vector<1x64xindex>
  tile.return
}
