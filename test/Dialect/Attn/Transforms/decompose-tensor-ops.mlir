// RUN: attn-opt %s --attn-decompose-tensor-ops --split-input-file | FileCheck %s --implicit-check-not='= attn.'
// RUN: attn-opt %s --attn-decompose-tensor-ops=wide --split-input-file | FileCheck %s --check-prefix=WIDE --implicit-check-not='= attn.'

// Each op becomes linalg on tensors; statistics of half-precision inputs are in
// f32, or in f64 with wide, and are rounded once.

// CHECK-DAG: #[[$ALL:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$ROW:.+]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[$FEATURE:.+]] = affine_map<(d0, d1) -> (d1)>

// CHECK-LABEL: func @norm_widens_half(
// CHECK-SAME: %[[X:.+]]: tensor<?x8xf16>, %[[G:.+]]: tensor<8xf32>
// CHECK: %[[SQUARES:.+]] = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[X]] : tensor<?x8xf16>) outs(%{{.+}} : tensor<?xf32>)
// CHECK: arith.extf %{{.+}} : f16 to f32
// CHECK: %[[ROOT:.+]] = linalg.generic {{.*}} ins(%[[SQUARES]] : tensor<?xf32>)
// CHECK: math.sqrt
// CHECK: %[[Y:.+]] = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]], #[[$FEATURE]], #[[$ALL]]], iterator_types = ["parallel", "parallel"]} ins(%[[X]], %[[ROOT]], %[[G]]
// CHECK: arith.truncf %{{.+}} : f32 to f16
// CHECK: return %[[Y]]
// WIDE-LABEL: func @norm_widens_half(
// WIDE: outs(%{{.+}} : tensor<?xf64>)
// WIDE: arith.extf %{{.+}} : f16 to f64
// WIDE: arith.truncf %{{.+}} : f64 to f16
func.func @norm_widens_half(%x: tensor<?x8xf16>, %g: tensor<8xf32>) -> tensor<?x8xf16> {
  %y = attn.norm rms %x gain(%g : tensor<8xf32>) : tensor<?x8xf16>
  return %y : tensor<?x8xf16>
}

// -----

// CHECK-LABEL: func @linear_map_is_constant(
// CHECK: arith.constant dense<5.000000e-01> : tensor<1x2xf32>
// WIDE-LABEL: func @linear_map_is_constant(
func.func @linear_map_is_constant() -> tensor<1x2xf32> {
  %w = attn.linear_map pool_adaptive(2 -> 1)
  return %w : tensor<1x2xf32>
}

// -----

// Halvings until the norm is small, a series, squarings; all in f64.
// CHECK-LABEL: func @expm_scales_and_squares(
// CHECK: scf.for
// CHECK: scf.while
// CHECK: arith.cmpf ogt, %{{.+}} : f64
// CHECK: scf.for
// CHECK: linalg.matmul {{.*}}tensor<3x3xf64>
// CHECK: scf.for
// CHECK: linalg.matmul {{.*}}tensor<3x3xf64>
// CHECK: arith.truncf %{{.+}} : f64 to f32
// CHECK: tensor.insert_slice
// WIDE-LABEL: func @expm_scales_and_squares(
func.func @expm_scales_and_squares(%a: tensor<?x3x3xf32>) -> tensor<?x3x3xf32> {
  %r = attn.expm %a : tensor<?x3x3xf32>
  return %r : tensor<?x3x3xf32>
}

// -----

// CHECK-LABEL: func @rotary_table_in_f64(
// CHECK: %[[FREQUENCIES:.+]] = arith.constant dense<[1.000000e+00, 1.000000e-02]> : tensor<2xf64>
// CHECK: linalg.generic {{.*}} ins(%[[FREQUENCIES]] : tensor<2xf64>) outs(%{{.+}}, %{{.+}} : tensor<?x2xf32>, tensor<?x2xf32>)
// CHECK: math.cos %{{.+}} : f64
// CHECK: math.sin %{{.+}} : f64
// WIDE-LABEL: func @rotary_table_in_f64(
func.func @rotary_table_in_f64(%n: index) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %c, %s = attn.rotary_table length(%n) dims(4) base(1.0e4) : tensor<?x2xf32>
  return %c, %s : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Other features are those of x.
// CHECK-LABEL: func @rotate_interleaved_slices(
// CHECK-SAME: %[[X:.+]]: tensor<?x7xf32>, %[[C:.+]]: tensor<?x2xf32>, %[[S:.+]]: tensor<?x2xf32>
// CHECK-DAG: %[[A:.+]] = tensor.extract_slice %[[X]][0, 0] [%{{.+}}, 2] [1, 2]
// CHECK-DAG: %[[B:.+]] = tensor.extract_slice %[[X]][0, 1] [%{{.+}}, 2] [1, 2]
// CHECK: %[[R:.+]]:2 = linalg.generic {{.*}} ins(%[[A]], %[[B]], %[[C]], %[[S]]
// CHECK: %[[Y:.+]] = tensor.insert_slice %[[R]]#0 into %[[X]][0, 0] [%{{.+}}, 2] [1, 2]
// CHECK: tensor.insert_slice %[[R]]#1 into %[[Y]][0, 1] [%{{.+}}, 2] [1, 2]
// WIDE-LABEL: func @rotate_interleaved_slices(
func.func @rotate_interleaved_slices(%x: tensor<?x7xf32>, %c: tensor<?x2xf32>, %s: tensor<?x2xf32>) -> tensor<?x7xf32> {
  %y = attn.rotate interleaved %x, %c, %s dims(4) : tensor<?x7xf32>, tensor<?x2xf32>
  return %y : tensor<?x7xf32>
}

// -----

// CHECK-LABEL: func @rotate_halves_slices(
// CHECK-SAME: %[[X:.+]]: tensor<5x4xf32>
// CHECK-DAG: tensor.extract_slice %[[X]][0, 0] [5, 2] [1, 1]
// CHECK-DAG: tensor.extract_slice %[[X]][0, 2] [5, 2] [1, 1]
// CHECK: tensor.insert_slice %{{.+}} into %{{.+}}[0, 0] [5, 2] [1, 1]
// CHECK: tensor.insert_slice %{{.+}} into %{{.+}}[0, 2] [5, 2] [1, 1]
// WIDE-LABEL: func @rotate_halves_slices(
func.func @rotate_halves_slices(%x: tensor<5x4xf32>, %c: tensor<1x2xf32>, %s: tensor<1x2xf32>) -> tensor<5x4xf32> {
  %y = attn.rotate halves %x, %c, %s : tensor<5x4xf32>, tensor<1x2xf32>
  return %y : tensor<5x4xf32>
}

// -----

// CHECK-LABEL: func @rotate_blocks_contracts(
// CHECK: tensor.expand_shape %{{.+}} {{\[\[}}0], [1, 2]] {{.*}} : tensor<?x6xf32> into tensor<?x3x2xf32>
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "reduction"]
// CHECK: tensor.collapse_shape
// WIDE-LABEL: func @rotate_blocks_contracts(
func.func @rotate_blocks_contracts(%x: tensor<?x6xf32>, %r: tensor<?x3x2x2xf32>) -> tensor<?x6xf32> {
  %y = attn.rotate_blocks %x, %r : tensor<?x6xf32>, tensor<?x3x2x2xf32>
  return %y : tensor<?x6xf32>
}

// -----

// CHECK-LABEL: func @topk_loops(
// CHECK: scf.for
// CHECK: scf.for
// CHECK: scf.for
// CHECK: tensor.extract
// CHECK: tensor.insert
// WIDE-LABEL: func @topk_loops(
func.func @topk_loops(%x: tensor<?x9xf16>) -> tensor<?x2xi32> {
  %v, %i = attn.topk %x, 2 : tensor<?x9xf16>
  return %i : tensor<?x2xi32>
}

// -----

// Two maxima, two weights, one sum.
// CHECK-LABEL: func @combine_states(
// CHECK-SAME: %[[M0:.+]]: tensor<3xf32>, %[[D0:.+]]: tensor<3xf32>, %[[M1:.+]]: tensor<3xf32>, %[[D1:.+]]: tensor<3xf32>
// CHECK: %[[M:.+]] = linalg.generic {{.*}} ins(%[[M0]], %[[M1]]
// CHECK: arith.maximumf
// CHECK: %[[W0:.+]] = linalg.generic {{.*}} ins(%[[M0]], %[[M]]
// CHECK: math.exp
// CHECK: %[[W1:.+]] = linalg.generic {{.*}} ins(%[[M1]], %[[M]]
// CHECK: %[[D:.+]] = linalg.generic {{.*}} ins(%[[D0]], %[[W0]], %[[M0]], %[[D1]], %[[W1]], %[[M1]]
// CHECK: return %[[M]], %[[D]]
// WIDE-LABEL: func @combine_states(
// WIDE: math.exp %{{.+}} : f64
func.func @combine_states(%m0: tensor<3xf32>, %d0: tensor<3xf32>, %m1: tensor<3xf32>, %d1: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:2 = attn.combine exp (%m0, %d0), (%m1, %d1) : tensor<3xf32>, tensor<3xf32>
  return %0#0, %0#1 : tensor<3xf32>, tensor<3xf32>
}

// -----

// CHECK-LABEL: func @combine_along_reduces(
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction", "parallel"]
// CHECK: arith.addf
// WIDE-LABEL: func @combine_along_reduces(
func.func @combine_along_reduces(%d: tensor<2x?x3xf32>) -> tensor<2x3xf32> {
  %0 = attn.combine sum (%d) along 1 : tensor<2x?x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// The loop carries the scan and the last state.
// CHECK-LABEL: func @prefix_carries_state(
// CHECK: scf.for {{.*}} -> (tensor<?x3xf32>, tensor<3xf32>)
// CHECK: tensor.extract_slice
// CHECK: linalg.generic
// CHECK: tensor.insert_slice
// WIDE-LABEL: func @prefix_carries_state(
// WIDE: scf.for {{.*}} -> (tensor<?x3xf32>, tensor<3xf64>)
func.func @prefix_carries_state(%d: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = attn.prefix sum (%d) along 0 : tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

// CHECK-LABEL: func @finalize_with_sink(
// CHECK: linalg.generic
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: math.log
// CHECK: linalg.generic
// CHECK: arith.divf
// WIDE-LABEL: func @finalize_with_sink(
func.func @finalize_with_sink(%a: tensor<2x?x3xf32>, %m: tensor<2x?xf32>, %d: tensor<2x?xf32>, %s: tensor<2xf32>) -> tensor<2x?x3xf32> {
  %o, %l = attn.finalize exp (%a, %m, %d) sink(%s : tensor<2xf32>) : tensor<2x?x3xf32>, tensor<2x?xf32>, tensor<2x?xf32>
  return %o : tensor<2x?x3xf32>
}

// -----

// CHECK-LABEL: func @merge_rounds_once(
// CHECK-COUNT-1: arith.truncf
// CHECK-NOT: arith.truncf
// WIDE-LABEL: func @merge_rounds_once(
func.func @merge_rounds_once(%o: tensor<?x3xf16>, %l: tensor<?xf32>) -> tensor<?x3xf16> {
  %0:2 = attn.merge (%o, %l), (%o, %l) : tensor<?x3xf16>, tensor<?xf32>
  return %0#0 : tensor<?x3xf16>
}
