// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s

// Functions of f32 in a kernel become arithmetic; those of f64 stay for the C
// library, as does what has neither an expansion nor an intrinsic.

// CHECK-LABEL: func.func private @functions(
// CHECK-NOT:   math.{{exp|log|tanh|erf|(sin|cos) [^{]*$}}
// CHECK:       call @atanhf
// CHECK-NOT:   math.{{exp|log|tanh|erf|(sin|cos) [^{]*$}}
// CHECK:       return
tile.kernel @functions grid() args(%x: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c = tile.iota %c0 dim(1) : vector<1x16xindex>
  %0 = tile.load %x[%c] : memref<16xf32>, vector<1x16xindex> -> vector<1x16xf32>
  %1 = math.exp %0 : vector<1x16xf32>
  %2 = math.exp2 %1 : vector<1x16xf32>
  %3 = math.log %2 : vector<1x16xf32>
  %4 = math.log1p %3 : vector<1x16xf32>
  %5 = math.tanh %4 : vector<1x16xf32>
  %6 = math.sin %5 : vector<1x16xf32>
  %7 = math.cos %6 : vector<1x16xf32>
  %8 = math.erf %7 : vector<1x16xf32>
  %9 = math.atanh %8 : vector<1x16xf32>
  tile.store %9, %x[%c] : vector<1x16xf32>, memref<16xf32>, vector<1x16xindex>
  tile.return
}

// CHECK-LABEL: func.func private @wide(
// CHECK:       math.exp %{{.+}} : vector<16xf64>
// CHECK:       call @log1p(
tile.kernel @wide grid() args(%x: memref<16xf64>) {
  %c0 = arith.constant 0 : index
  %c = tile.iota %c0 dim(1) : vector<1x16xindex>
  %0 = tile.load %x[%c] : memref<16xf64>, vector<1x16xindex> -> vector<1x16xf64>
  %1 = math.exp %0 : vector<1x16xf64>
  %2 = math.log1p %1 : vector<1x16xf64>
  tile.store %2, %x[%c] : vector<1x16xf64>, memref<16xf64>, vector<1x16xindex>
  tile.return
}
