// RUN: attn-run %s --entry=window --input=value:16384 --input=value:9000 | FileCheck %s
// RUN: attn-run %s --entry=window --input=value:1048576 --input=value:9000 | FileCheck %s --check-prefix=LONG
// RUN: attn-run %s --entry=window --input=value:1048576 --input=value:1048575 | FileCheck %s --check-prefix=LAST
// RUN: attn-run %s --entry=window --input=value:4611686018427387904 --input=value:9000 | FileCheck %s --check-prefix=HUGE

// The search asks about a number of groups that grows with the logarithm of the
// number of keys, not with their number. A window of 4096 keys reaches into 65
// tiles of 64 keys. Counted are evaluations, full tiles and partial tiles.

// CHECK: output 0: 1x3xi64 [32, 63, 2]
// LAST: output 0: 1x3xi64 [18, 64, 0]
// LONG: output 0: 1x3xi64 [44, 63, 2]
// HUGE: output 0: 1x3xi64 [128, 63, 2]
func.func @window(%keys: index, %query: index) -> tensor<1x3xindex> {
  %c1 = arith.constant 1 : index
  %empty = tensor.empty() : tensor<1x3xindex>
  %counts = tile.launch @search grid(%c1) ins(%keys, %query : index, index) outs(%empty : tensor<1x3xindex>) -> tensor<1x3xindex>
  return %counts : tensor<1x3xindex>
}
tile.kernel @search grid(%zero) args(%keys: index, %query: index, %counts: memref<?x?xindex, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %width = arith.constant 4096 : index
  memref.store %c0, %counts[%c0, %c0] : memref<?x?xindex, strided<[?, ?], offset: ?>>
  memref.store %c0, %counts[%c0, %c1] : memref<?x?xindex, strided<[?, ?], offset: ?>>
  memref.store %c0, %counts[%c0, %c2] : memref<?x?xindex, strided<[?, ?], offset: ?>>
  %begin = arith.subi %query, %width : index
  %found = tile.find_ranges %c0 to %keys step 64 {
  ^bb0(%lo: index, %hi: index, %first: index, %count: index):
    %old = memref.load %counts[%c0, %c0] : memref<?x?xindex, strided<[?, ?], offset: ?>>
    %new = arith.addi %old, %c1 : index
    memref.store %new, %counts[%c0, %c0] : memref<?x?xindex, strided<[?, ?], offset: ?>>
    %last = arith.subi %hi, %c1 : index
    %may0 = arith.cmpi sgt, %last, %begin : index
    %may1 = arith.cmpi sle, %lo, %query : index
    %may = arith.andi %may0, %may1 : i1
    %must0 = arith.cmpi sgt, %lo, %begin : index
    %must1 = arith.cmpi sle, %last, %query : index
    %must = arith.andi %must0, %must1 : i1
    tile.classify %may, %must
  } : !tile.ranges
  tile.for_each %found step 64 full {
  ^bb0(%key: index, %end: index):
    %old = memref.load %counts[%c0, %c1] : memref<?x?xindex, strided<[?, ?], offset: ?>>
    %new = arith.addi %old, %c1 : index
    memref.store %new, %counts[%c0, %c1] : memref<?x?xindex, strided<[?, ?], offset: ?>>
    tile.yield
  } partial {
  ^bb0(%key: index, %end: index):
    %old = memref.load %counts[%c0, %c2] : memref<?x?xindex, strided<[?, ?], offset: ?>>
    %new = arith.addi %old, %c1 : index
    memref.store %new, %counts[%c0, %c2] : memref<?x?xindex, strided<[?, ?], offset: ?>>
    tile.yield
  }
  tile.return
}
