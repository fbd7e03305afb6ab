// RUN: attn-opt %s --split-input-file --attn-classify-masks="query-tile=16 key-tile=32" --canonicalize --cse | FileCheck %s

// The ranges of masks: by formula where each comparison bounds the key, by
// bisection elsewhere.

// CHECK-LABEL: func @causal(
// CHECK-SAME: %{{.+}}: index, %{{.+}}: index) -> tensor<?x?xi8>
// CHECK: tile.kernel @causal_classes grid(%[[TILE:[a-z0-9]+]])
// CHECK: arith.muli %[[TILE]], %c16
// CHECK: tile.ranges [%c0, %[[FULL:.+]], partial], [%[[FULL]], %[[DIAGONAL:.+]], full], [%[[DIAGONAL]], %{{.+}}, partial]
func.func @causal() -> !attn.mask<1, 1> {
  %m = attn.mask.causal
  return %m : !attn.mask<1, 1>
}

// -----

// A sink and a window: two intervals, put in order at run time.

// CHECK-LABEL: func @sink(
// CHECK-NOT: tile.find_ranges
// CHECK: tile.ranges [%{{.+}}, partial], [%{{.+}}, full], [%{{.+}}, partial], [%{{.+}}, partial], [%{{.+}}, full], [%{{.+}}, partial] :
func.func @sink() -> !attn.mask<1, 1> {
  %m = attn.mask.sliding window(64) sink(4)
  return %m : !attn.mask<1, 1>
}

// -----

// Two prefixes unite to one.

// CHECK-LABEL: func @prefix(
// CHECK-NOT: tile.find_ranges
// CHECK: tile.ranges [%{{.+}}, partial], [%{{.+}}, full], [%{{.+}}, partial] :
func.func @prefix(%n: index) -> !attn.mask<1, 1> {
  %m = attn.mask.prefix %n
  return %m : !attn.mask<1, 1>
}

// -----

// Some of any 32 positions are multiples of 4, and some are not.

// CHECK-LABEL: func @dilated(
// CHECK-NOT: tile.find_ranges
// CHECK: tile.ranges [%{{.+}}, %{{.+}}, partial] :
func.func @dilated() -> !attn.mask<1, 1> {
  %m = attn.mask.sliding window(64) dilation(4)
  return %m : !attn.mask<1, 1>
}

// -----

// The same of two windows: no tile is full, and no range is.

// CHECK-LABEL: func @two_dilated(
// CHECK: tile.ranges [%{{[^,]+}}, %{{[^,]+}}, partial], [%{{[^,]+}}, %{{[^,]+}}, partial] :
func.func @two_dilated(%past: index) -> !attn.mask<1, 1> {
  %a = attn.mask.sliding window(64) dilation(4)
  %b = attn.mask.sliding window(48) dilation(3)
  %c = attn.mask.offset %b q(%past) : !attn.mask<1, 1>
  %m = attn.mask.or %a, %c : !attn.mask<1, 1>, !attn.mask<1, 1>
  return %m : !attn.mask<1, 1>
}

// -----

// On a grid the key's column is a remainder: bisection. What depends on the
// query alone is computed before it.

// CHECK-LABEL: func @image(
// CHECK: tile.kernel
// CHECK: arith.floordivsi
// CHECK: tile.find_ranges %c0 to %{{.+}} step 32 {
// CHECK: ^bb0(%[[LO:.+]]: index, %[[HI:.+]]: index, %{{.+}}: index, %{{.+}}: index):
// CHECK: %[[LAST:.+]] = arith.subi %[[HI]], %c1
// CHECK: arith.floordivsi %[[LO]], %{{.+}} : index
// CHECK: arith.floordivsi %[[LAST]], %{{.+}} : index
// CHECK-NOT: arith.floordivsi
// CHECK: tile.classify
func.func @image(%y: index, %x: index) -> !attn.mask<2, 2> {
  %m = attn.mask.neighborhood window [3, 3] grid i(%y, %x) j(%y, %x)
  return %m : !attn.mask<2, 2>
}

// -----

// Every entry of the list is asked in the loop of the search.

// CHECK-LABEL: func @list(
// CHECK: tile.find_ranges
// CHECK: scf.for {{.+}} iter_args(%{{.+}} = %false, %{{.+}} = %false) -> (i1, i1)
// CHECK: tile.classify
func.func @list(%starts: tensor<?xi32>, %n: index) -> !attn.mask<1, 1> {
  %m = attn.mask.any (s < %n) with (start = %starts[s] : tensor<?xi32>) where { start <= j, j < start + 8 }
  return %m : !attn.mask<1, 1>
}

// -----

// Ids at keys are summed up by a tree before the launch; its nodes are read in
// the search.

// CHECK-LABEL: func @document(
// CHECK: %[[TREE:.+]] = tile.launch @[[SUMMARY:key_summary.*]] grid(%{{.+}}) ins({{.+}}) outs(%{{.+}} : tensor<?x2xindex>)
// CHECK: tile.launch @document_classes grid(%{{.+}}) ins({{.*}}%[[TREE]]
// CHECK: tile.kernel @[[SUMMARY]]
// CHECK: scf.for {{.+}} iter_args(%{{.+}} = %{{.+}}, %{{.+}} = %{{.+}}) -> (index, index)
// CHECK: tile.kernel @document_classes
// CHECK: scf.for {{.+}} iter_args(%{{.+}} = %c9223372036854775807, %{{.+}} = %c-9223372036854775808) -> (index, index)
// CHECK: tile.find_ranges
// CHECK: memref.load %{{.+}}[%{{.+}}, %c0] : memref<?x?xindex
// CHECK: tile.classify
func.func @document(%ids: tensor<?xi32>) -> !attn.mask<1, 1> {
  %m = attn.mask.document %ids : tensor<?xi32>
  return %m : !attn.mask<1, 1>
}
