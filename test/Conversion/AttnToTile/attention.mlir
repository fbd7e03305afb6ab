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

// -----

// A divisor of each head is checked in front of the launch, at every head but
// only if there are pairs; the kernel divides by at least 1.

// CHECK-LABEL: func @divisor_of_head(
// CHECK-SAME: %[[Q:.+]]: tensor<?x?x?x16xf32>, %[[W:.+]]: tensor<?xi32>)
// CHECK: %[[H:.+]] = tensor.dim %[[Q]], %c1
// CHECK: scf.for %{{.+}} = %c0 to %[[H]] step %c1
// CHECK: %[[LOADED:.+]] = attn.extract %[[W]]
// CHECK: %[[INDEX:.+]] = arith.index_cast %[[LOADED]]
// CHECK: tile.check at_least %[[INDEX]], %c1, "attn.attention: divisor of an index"
// CHECK: tile.launch
// CHECK: tile.kernel
// CHECK-NOT: tile.check
// CHECK: arith.maxsi
// CHECK: arith.floordivsi
func.func @divisor_of_head(%q: tensor<?x?x?x16xf32>, %w: tensor<?xi32>) -> tensor<?x?x?x16xf32> {
  %m = attn.mask with (w = %w[h] : tensor<?xi32>) where { i floordiv w == j floordiv w }
  %o = attn.attention dots(%q * %q) values(%q) mask(%m)
    : tensor<?x?x?x16xf32>, tensor<?x?x?x16xf32>, tensor<?x?x?x16xf32>, !attn.mask<1, 1, over = 2>
    -> tensor<?x?x?x16xf32>
  return %o : tensor<?x?x?x16xf32>
}

// -----

// A divisor of each key is checked in the kernel, at the pairs that exist.

// CHECK-LABEL: func @divisor_of_key(
// CHECK-NOT: tile.check at_least {{.*}}divisor
// CHECK: tile.kernel
// CHECK: tile.for_each
// CHECK: arith.select %{{.+}}, %{{.+}}, %{{.+}} : vector<16x32xi1>, vector<16x32xindex>
// CHECK: %[[ROWS:.+]] = tile.reduce <max> %{{.+}} : vector<16x32xindex>
// CHECK: vector.transpose %[[ROWS]]
// CHECK: tile.check at_least %{{.+}}, %c1, "attn.attention: divisor of an index"
// CHECK: tile.dot
func.func @divisor_of_key(%q: tensor<?x?x?x16xf32>, %w: tensor<?xi32>) -> tensor<?x?x?x16xf32> {
  %m = attn.mask with (w = %w[j] : tensor<?xi32>) where { i floordiv w <= j }
  %o = attn.attention dots(%q * %q) values(%q) mask(%m)
    : tensor<?x?x?x16xf32>, tensor<?x?x?x16xf32>, tensor<?x?x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x?x?x16xf32>
  return %o : tensor<?x?x?x16xf32>
}

// -----

// A mask over the axes of grids: a tile of 4 heads has boxes of 2 x 2 queries, and
// its keys are those of a box with bounds of its own. Positions in it become
// tokens, none of them behind the last.

// CHECK-LABEL: func @image(
// CHECK-SAME: %{{.+}}: tensor<?x8x?x64xf32>, %{{.+}}: tensor<?x2x?x64xf32>, %[[Y:.+]]: index, %[[X:.+]]: index)
// CHECK: %[[COLUMNS:.+]] = arith.ceildivsi %[[X]], %c2
// CHECK: %[[TILES:.+]] = arith.muli %{{.+}}, %[[COLUMNS]]
// CHECK: tile.launch @{{.+}} grid(%{{.+}}, %c2, %[[TILES]])
// CHECK: tile.kernel @{{.+}} grid(
// CHECK: tile.find_ranges %c0 to %{{.+}} step 32
// CHECK: tile.for_each
// CHECK: %[[POSITION:.+]] = tile.iota %{{.+}} dim(1) : vector<1x32xindex>
// CHECK: %[[DIVISOR:.+]] = vector.broadcast
// CHECK: arith.floordivsi %[[POSITION]], %[[DIVISOR]]
// CHECK: %[[TOKEN:.+]] = arith.minsi %{{.+}}, %{{.+}} : vector<1x32xindex>
// CHECK: tile.load %{{.+}}[%{{.+}}, %{{.+}}, %[[TOKEN]], %{{.+}}]
// CHECK: } partial {
// CHECK: tile.store {{.*}} : vector<16x64xf32>
func.func @image(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %y: index, %x: index) -> tensor<?x8x?x64xf32> {
  %m = attn.mask grid i(%y, %x) j(%y, %x) where { iy - 2 <= jy, jy <= iy + 2, ix - 3 <= jx, jx <= ix + 3 }
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.25
    : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask<2, 2> -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// -----

// A grid whose sizes are known has no token to cut, and its boxes are no longer
// than its axes: 1 x 4 x 4 queries of one head.

// CHECK-LABEL: func @frames(
// CHECK: tile.launch @{{.+}} grid(%{{.+}}, %c2, %c8)
// CHECK: tile.kernel
// CHECK-NOT: arith.minsi {{.*}} : vector
// CHECK: tile.return
func.func @frames(%q: tensor<?x2x112x64xf32>) -> tensor<?x2x112x64xf32> {
  %m = attn.mask grid i(1, 8, 14) j(1, 8, 14) where { jy <= iy, jx <= ix }
  %o = attn.attention dots(%q * %q) values(%q) mask(%m)
    : tensor<?x2x112x64xf32>, tensor<?x2x112x64xf32>, tensor<?x2x112x64xf32>, !attn.mask<3, 3> -> tensor<?x2x112x64xf32>
  return %o : tensor<?x2x112x64xf32>
}
