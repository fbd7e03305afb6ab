// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s

// One range of each kind: one loop after the other. The carried tile stays in
// one buffer, in which the product of each iteration is made.

// CHECK-LABEL: func.func private @in_turn(
// CHECK-SAME:      %{{.+}}: index, %[[B:[a-zA-Z0-9_]+]]: index, %[[M:[a-zA-Z0-9_]+]]: index, %[[E:[a-zA-Z0-9_]+]]: index,
// CHECK:       %[[ACC:[a-zA-Z0-9_]+]] = memref.view %{{.+}}[%c0][] : {{.+}} to memref<6x16xf32>
// CHECK:       scf.for %{{.+}} = %[[B]] to %[[M]] step %c8 {
// CHECK:         scf.for
// CHECK:           arith.mulf
// CHECK:           vector.store %{{.+}}, %[[ACC]]
// CHECK:         vector.load %[[ACC]]
// CHECK:         vector.fma
// CHECK:         vector.store %{{.+}}, %[[ACC]]
// CHECK:       scf.for %{{.+}} = %[[M]] to %[[E]] step %c8 {
tile.kernel @in_turn grid() args(%b: index, %m: index, %e: index, %x: memref<?x16xf32>, %y: memref<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<6x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x16xindex>
  %zero = arith.constant dense<0.0> : vector<6x16xf32>
  %two = arith.constant dense<2.0> : vector<6x16xf32>
  %p = arith.constant dense<0.5> : vector<6x8xf32>
  %ranges = tile.ranges [%b, %m, full], [%m, %e, partial] : !tile.ranges
  %acc = tile.for_each %ranges step 8 iter_args(%zero) -> (vector<6x16xf32>) full {
  ^bb0(%key: index, %end: index, %a: vector<6x16xf32>):
    %k = tile.iota %key dim(0) : vector<8x1xindex>
    %v = tile.load %x[%k, %c] : memref<?x16xf32>, vector<8x1xindex>, vector<1x16xindex> -> vector<8x16xf32>
    %s = arith.mulf %a, %two : vector<6x16xf32>
    %n = tile.dot %p, %v, %s : vector<6x8xf32>, vector<8x16xf32>, vector<6x16xf32>
    tile.yield %n : vector<6x16xf32>
  } partial {
  ^bb0(%key: index, %end: index, %a: vector<6x16xf32>):
    %s = arith.mulf %a, %two : vector<6x16xf32>
    tile.yield %s : vector<6x16xf32>
  }
  tile.store %acc, %y[%r, %c] : vector<6x16xf32>, memref<?x16xf32>, vector<6x1xindex>, vector<1x16xindex>
  tile.return
}

// Two ranges of a kind: one loop over the list, so that no body is repeated.

// CHECK-LABEL: func.func private @in_loop(
// CHECK-SAME:      %{{.+}}: index, %[[B:[a-zA-Z0-9_]+]]: index, %[[M:[a-zA-Z0-9_]+]]: index, %[[E:[a-zA-Z0-9_]+]]: index,
// CHECK:       scf.for %[[I:[a-zA-Z0-9_]+]] = %c0 to %c3 step %c1 iter_args(%[[N:[a-zA-Z0-9_]+]] = %c0) -> (index) {
// CHECK:         scf.if %{{.+}} -> (index) {
// CHECK:           scf.for {{.+}} iter_args
// CHECK:         } else {
// CHECK:           scf.for {{.+}} iter_args
// CHECK:       }
// CHECK-NOT:   scf.for
tile.kernel @in_loop grid() args(%b: index, %m: index, %e: index, %y: memref<?xindex>) {
  %c0 = arith.constant 0 : index
  %ranges = tile.ranges [%b, %m, partial], [%m, %e, full], [%e, %b, partial] : !tile.ranges
  %n = tile.for_each %ranges step 8 iter_args(%c0) -> (index) full {
  ^bb0(%key: index, %end: index, %a: index):
    %n = arith.addi %a, %key : index
    tile.yield %n : index
  } partial {
  ^bb0(%key: index, %end: index, %a: index):
    %n = arith.muli %a, %key : index
    tile.yield %n : index
  }
  memref.store %n, %y[%c0] : memref<?xindex>
  tile.return
}
