// RUN: attn-opt %s --attn-decompose-maps | FileCheck %s
// RUN: attn-opt %s --attn-decompose-maps=wide | FileCheck %s --check-prefix=WIDE

// Contractions over plain letters are linalg.generic with a product and a sum
// in the body; what is read elsewhere is read in the body.

// CHECK-DAG: #[[$X:.+]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[$W:.+]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[$Y:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>

// CHECK-LABEL: func @contraction(
// CHECK-SAME: %[[X:.+]]: tensor<?x6xf32>, %[[W:.+]]: tensor<?x5xf32>)
// WIDE-LABEL: func @contraction(
func.func @contraction(%x: tensor<?x6xf32>, %w: tensor<?x5xf32>) -> tensor<5x?xf32> {
  // CHECK: %[[C:.+]] = tensor.dim %[[W]]
  // CHECK: tile.check {{ *}}equal %[[C]], %{{.+}}, "attn.einsum: extent of 'c' in operand 1" : index
  // CHECK: %[[INIT:.+]] = linalg.fill
  // CHECK: linalg.generic {indexing_maps = [#[[$X]], #[[$W]], #[[$Y]]],
  // CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction"]}
  // CHECK-SAME: ins(%[[X]], %[[W]] : {{.*}}) outs(%[[INIT]] :
  // CHECK-NEXT: ^bb0(%[[A:.+]]: f32, %[[B:.+]]: f32, %[[SUM:.+]]: f32):
  // CHECK-NEXT: %[[P:.+]] = arith.mulf %[[A]], %[[B]] : f32
  // CHECK-NEXT: %[[S:.+]] = arith.addf %[[SUM]], %[[P]] : f32
  // CHECK-NEXT: linalg.yield %[[S]] : f32
  // WIDE: linalg.generic
  // WIDE: %[[P:.+]] = arith.mulf %{{.+}}, %{{.+}} : f64
  // WIDE: linalg.generic
  // WIDE: arith.truncf %{{.+}} : f64 to f32
  %y = attn.einsum (%x[n, c], %w[c, d]) -> [d, n]
    : tensor<?x6xf32>, tensor<?x5xf32> -> tensor<5x?xf32>
  return %y : tensor<5x?xf32>
}

// CHECK-LABEL: func @half_sums_in_f32(
func.func @half_sums_in_f32(%x: tensor<?xf16>, %b: tensor<f16>) -> tensor<f16> {
  // The sum starts with the bias.
  // CHECK: %[[BIAS:.+]] = linalg.generic {{.*}} ins(%arg1 : tensor<f16>)
  // CHECK: arith.extf
  // CHECK: %[[SUM:.+]] = linalg.generic {{.*}} ins(%arg0, %arg0 : tensor<?xf16>, tensor<?xf16>) outs(%[[BIAS]] : tensor<f32>)
  // CHECK: %[[P:.+]] = arith.mulf %{{.+}}, %{{.+}} : f32
  // CHECK: arith.addf %{{.+}}, %[[P]] : f32
  // CHECK: linalg.generic {{.*}} ins(%[[SUM]] : tensor<f32>)
  // CHECK: arith.truncf %{{.+}} : f32 to f16
  %y = attn.einsum (%x[n], %x[n]) bias(%b[]) -> [] : tensor<?xf16>, tensor<?xf16>, tensor<f16> -> tensor<f16>
  return %y : tensor<f16>
}

// A product without a sum reads no accumulator.
// CHECK-LABEL: func @product(
func.func @product(%x: tensor<3xf32>, %y: tensor<4xf32>) -> tensor<3x4xf32> {
  // CHECK-NOT: linalg.fill
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]}
  // CHECK: %[[P:.+]] = arith.mulf
  // CHECK-NEXT: linalg.yield %[[P]]
  %z = attn.einsum (%x[n], %y[m]) -> [n, m] : tensor<3xf32>, tensor<4xf32> -> tensor<3x4xf32>
  return %z : tensor<3x4xf32>
}

// y is summed by the first pair that has it alone, then x.
// CHECK-LABEL: func @pairs(
// CHECK-SAME: %[[S:.+]]: tensor<3x7xf32>, %[[T:.+]]: tensor<4x6xf32>, %[[X:.+]]: tensor<5x7x6xf32>)
func.func @pairs(%s: tensor<3x7xf32>, %t: tensor<4x6xf32>, %x: tensor<5x7x6xf32>) -> tensor<5x3x4xf32> {
  // CHECK: %[[SX:.+]] = linalg.generic {{.*}} ins(%[[S]], %[[X]] : {{.*}}) outs(%{{.+}} : tensor<5x3x6xf32>)
  // CHECK: linalg.generic {{.*}} ins(%[[SX]], %[[T]] : {{.*}}) outs(%{{.+}} : tensor<5x3x4xf32>)
  %z = attn.einsum (%s[s, y], %t[t, x], %x[c, y, x]) -> [c, s, t]
    : tensor<3x7xf32>, tensor<4x6xf32>, tensor<5x7x6xf32> -> tensor<5x3x4xf32>
  return %z : tensor<5x3x4xf32>
}

// The expert is read as an operand, its weights in the body, inside of bounds.
// CHECK-LABEL: func @gather(
// CHECK-SAME: %[[X:.+]]: tensor<?x6xf32>, %[[W:.+]]: tensor<3x6x5xf32>, %[[I:.+]]: tensor<?xi32>)
func.func @gather(%x: tensor<?x6xf32>, %w: tensor<3x6x5xf32>, %idx: tensor<?xi32>) -> tensor<?x5xf32> {
  // CHECK: linalg.generic {{.*}} ins(%[[X]], %[[I]] : tensor<?x6xf32>, tensor<?xi32>)
  // CHECK-NEXT: ^bb0(%{{.+}}: f32, %[[E:.+]]: i32, %{{.+}}: f32):
  // CHECK: %[[AT:.+]] = arith.index_cast %[[E]] : i32 to index
  // CHECK: scf.if
  // CHECK-NEXT: tensor.extract %[[W]][%[[AT]], %{{.+}}, %{{.+}}]
  %y = attn.einsum with (e = %idx[n] : tensor<?xi32>) (%x[n, c], %w[e, c, d]) -> [n, d]
    : tensor<?x6xf32>, tensor<3x6x5xf32> -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// A letter that no operand has on an axis of its own still gets an extent.
// CHECK-LABEL: func @diagonal(
func.func @diagonal(%x: tensor<?x?xf32>) -> tensor<f32> {
  // CHECK: %[[SHAPE:.+]] = tensor.empty(%{{.+}}) : tensor<?xf32>
  // CHECK: linalg.generic {{.*}}iterator_types = ["reduction"]} ins(%[[SHAPE]] : tensor<?xf32>)
  %y = attn.einsum (%x[n, n]) -> [] : tensor<?x?xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func @map(
// CHECK-SAME: %[[X:.+]]: tensor<?x4xf32>, %[[L:.+]]: tensor<9xf32>, %[[N:.+]]: index)
func.func @map(%x: tensor<?x4xf32>, %long: tensor<9xf32>, %n: index) -> (tensor<?x3xf32>, tensor<?x3xindex>) {
  // CHECK: tile.check {{ *}}at_least %{{.+}}, %[[N]], "attn.map: extent of 't' in 'a'" : index
  // CHECK: %[[A:.+]] = tensor.extract_slice %[[X]][0, 0] [%[[N]], 3] [1, 1]
  // CHECK: %[[B:.+]] = tensor.extract_slice %[[L]][0] [%[[N]]] [1]
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[A]], %[[B]] :
  // CHECK: linalg.index 0
  // CHECK-NOT: linalg.index 1
  // CHECK: linalg.yield %{{.+}}, %{{.+}} : f32, index
  %y, %z = attn.map [t, c] extents(t = %n)
    with (%a = %x[t, c] : tensor<?x4xf32>, %b = %long[t] : tensor<9xf32>) {
      %s = arith.addf %a, %b : f32
      attn.yield %s, %t : f32, index
    } -> (tensor<?x3xf32>, tensor<?x3xindex>)
  return %y, %z : tensor<?x3xf32>, tensor<?x3xindex>
}
