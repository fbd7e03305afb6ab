// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s
// RUN: attn-opt %s --emit-bytecode | attn-opt | FileCheck %s

// Masks keep their meaning through every form of the IR; `where` becomes the
// region it stands for.

// CHECK-LABEL: func @window_per_head(
// CHECK-SAME: %[[W:.+]]: tensor<8xi32>) -> !attn.mask<1, 1, over = 2>
func.func @window_per_head(%width: tensor<8xi32>) -> !attn.mask<1, 1, over = 2> {
  // CHECK: attn.mask [i, j] with (w = %[[W]][h] : tensor<8xi32>) {
  // CHECK: %[[CAUSAL:.+]] = arith.cmpi sle, %j, %i
  // CHECK: %[[NEAR:.+]] = arith.cmpi slt, %{{.+}}, %w
  // CHECK: arith.andi %[[CAUSAL]], %[[NEAR]]
  %m = attn.mask [i, j] with (w = %width[h] : tensor<8xi32>) where { j <= i, i - j < w }
  return %m : !attn.mask<1, 1, over = 2>
}

// CHECK-LABEL: func @region
// CHECK: attn.mask [j] {
func.func @region() -> !attn.mask<1, 1> {
  %m = attn.mask [j] {
    %c2 = arith.constant 2 : index
    %c0 = arith.constant 0 : index
    %r = arith.remui %j, %c2 : index
    %e = arith.cmpi eq, %r, %c0 : index
    attn.yield %e : i1
  }
  return %m : !attn.mask<1, 1>
}

// CHECK-LABEL: func @grid
// CHECK: attn.mask [iy, ix, jy, jx] grid i(%[[Y:.+]], %[[X:.+]]) j(%[[Y]], %[[X]]) {
func.func @grid(%y: index, %x: index) -> !attn.mask<2, 2> {
  %m = attn.mask [iy, ix, jy, jx] grid i(%y, %x) j(%y, %x)
    where { iy floordiv 2 == jy floordiv 2 | ix - 3 <= jx, jx < 4 * (ix ceildiv 4) + 8 }
  return %m : !attn.mask<2, 2>
}

// CHECK-LABEL: func @any
// CHECK: attn.mask.any (s < %{{.+}}) disjoint [i, j] with (b0 = %[[S:.+]][s, 0] : tensor<?x2xi32>, e0 = %[[S]][s, 1] : tensor<?x2xi32>) {
func.func @any(%seg: tensor<?x2xi32>, %n: index) -> !attn.mask<1, 1> {
  %m = attn.mask.any (s < %n) disjoint [i, j]
    with (b0 = %seg[s, 0] : tensor<?x2xi32>, e0 = %seg[s, 1] : tensor<?x2xi32>)
    where { b0 <= i, i < e0, b0 <= j, j < e0 }
  return %m : !attn.mask<1, 1>
}

// CHECK-LABEL: func @blocks
// CHECK: attn.mask.any (s < %{{.+}}[b, h, i floordiv 64] : tensor<?x4x?xi32>) [j] with (blk = %{{.+}}[b, h, i floordiv 64, s] : tensor<?x4x?x8xi32>) {
func.func @blocks(%idx: tensor<?x4x?x8xi32>, %cnt: tensor<?x4x?xi32>) -> !attn.mask<1, 1, over = 2> {
  %m = attn.mask.any (s < %cnt[b, h, i floordiv 64] : tensor<?x4x?xi32>)
    with (blk = %idx[b, h, i floordiv 64, s] : tensor<?x4x?x8xi32>)
    where { j floordiv 64 == blk }
  return %m : !attn.mask<1, 1, over = 2>
}

// CHECK-LABEL: func @named
// CHECK-SAME: %[[D:.+]]: index, %[[IDS:.+]]: tensor<?x?xi32>)
// CHECK: attn.mask.causal{{$}}
// CHECK: attn.mask.causal offset(%[[D]])
// CHECK: attn.mask.sliding window(%[[D]]) symmetric
// CHECK: attn.mask.sliding window(64) sink(4) dilation(2)
// CHECK: attn.mask.block_diagonal size(32) causal
// CHECK: attn.mask.prefix %[[D]]
// CHECK: attn.mask.document %[[IDS]] : tensor<?x?xi32>
// CHECK: attn.mask.document %[[IDS]], %[[IDS]] over 1 : tensor<?x?xi32>, tensor<?x?xi32>
// CHECK: attn.mask.neighborhood window [3, 5] stride [1, 2] causal [1, 0] grid i(6, %[[D]]) j(6, %[[D]])
// CHECK: attn.mask.and
// CHECK: attn.mask.or
// CHECK: attn.mask.not
// CHECK: attn.mask.offset %{{.+}} q(%[[D]]) k(%[[D]])
// CHECK: attn.mask.piecewise i(%[[D]], %[[D]]) j(%[[D]]) {{\[\[}}%{{.+}}], [empty]] : !attn.mask<2, 2>
func.func @named(%d: index, %ids: tensor<?x?xi32>) {
  %0 = attn.mask.causal
  %1 = attn.mask.causal offset(%d)
  %2 = attn.mask.sliding window(%d) symmetric
  %3 = attn.mask.sliding window(64) sink(4) dilation(2)
  %4 = attn.mask.block_diagonal size(32) causal
  %5 = attn.mask.prefix %d
  %6 = attn.mask.document %ids : tensor<?x?xi32>
  %13 = attn.mask.document %ids, %ids over 1 : tensor<?x?xi32>, tensor<?x?xi32>
  %14 = attn.mask.and %0, %13 : !attn.mask<1, 1>, !attn.mask<1, 1, over = 1>
  %7 = attn.mask.neighborhood window [3, 5] stride [1, 2] causal [1, 0] grid i(6, %d) j(6, %d)
  %8 = attn.mask.and %0, %6 : !attn.mask<1, 1>, !attn.mask<1, 1, over = 2>
  %9 = attn.mask.or %8, %3 : !attn.mask<1, 1, over = 2>, !attn.mask<1, 1>
  %10 = attn.mask.not %9 : !attn.mask<1, 1, over = 2>
  %11 = attn.mask.offset %10 q(%d) k(%d) : !attn.mask<1, 1, over = 2>
  %12 = attn.mask.piecewise i(%d, %d) j(%d) [[%7], [empty]] : !attn.mask<2, 2>
  return
}
