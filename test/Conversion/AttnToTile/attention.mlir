// RUN: attn-opt %s --split-input-file --convert-attn-to-tile="query-tile=16 key-tile=32" --canonicalize --cse | FileCheck %s

// Attention becomes one kernel and its launch: the grid is batch, heads and tiles
// of queries; without a mask only the last keys are partial. The four heads that
// read the same keys share a tile: its 16 rows are 4 queries of each.

// CHECK-LABEL: func @dense(
// CHECK: %[[TILES:.+]] = arith.ceildivsi %{{.+}}, %c4
// CHECK: tile.launch @[[KERNEL:.+]] grid(%{{.+}}, %c2, %[[TILES]])
// CHECK-NOT: attn.attention
// CHECK: tile.kernel @[[KERNEL]] grid(
// CHECK: tile.load {{.*}} -> vector<16x64xf32>
// CHECK: tile.ranges [%c0, %[[MIDDLE:.+]], full], [%[[MIDDLE]], %{{.+}}, partial]
// CHECK: tile.for_each %{{.+}} step 32 {{.*}} full {
// CHECK-NOT: arith.select %{{.+}}, %{{.+}}, %{{.+}} : vector<16x32xi1>
// CHECK: tile.dot {{.*}} : vector<16x64xf32>, vector<64x32xf32>, vector<16x32xf32>
// CHECK: tile.reduce <max>
// CHECK: tile.reduce <add>
// CHECK: tile.dot {{.*}} : vector<16x32xf32>, vector<32x48xf32>, vector<16x48xf32>
// CHECK: } partial {
// CHECK: arith.select %{{.+}}, %{{.+}}, %{{.+}} : vector<16x32xi1>
// CHECK: tile.store
func.func @dense(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x48xf32>)
    -> tensor<?x8x?x48xf32> {
  %o = attn.attention dots(%q * %k) values(%v)
    : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x48xf32> -> tensor<?x8x?x48xf32>
  return %o : tensor<?x8x?x48xf32>
}

// -----

// A mask is one column of queries against one row of keys; the product of the
// weights and the values knows it.

// CHECK-LABEL: func @causal(
// CHECK-NOT: attn.mask
// CHECK: tile.for_each
// CHECK: } partial {
// CHECK: arith.cmpi sle, %{{.+}}, %{{.+}} : vector<16x32xindex>
// CHECK: tile.dot {{.*}} mask(%{{.+}} : vector<16x32xi1>)
func.func @causal(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  %c = attn.mask.causal
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// -----

// Split partial states have one more point in the grid, and no quotient.

// CHECK-LABEL: func @split(
// CHECK: tile.launch @{{.+}} grid(%{{.+}}, %c2, %{{.+}}, %{{.+}})
// CHECK: tile.kernel
// CHECK-NOT: arith.divf
// CHECK: tile.return
func.func @split(%q: tensor<?x2x?x16xf32>) -> (tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>) {
  %m, %d = attn.partial dots(%q * %q) split j by 64
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32> -> (tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>)
  return %m, %d : tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>
}
