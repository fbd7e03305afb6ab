// RUN: attn-opt %s --transform-interpreter --canonicalize --cse | FileCheck %s

// A tile of batch, heads and queries reads slices of the operands that have
// those axes, keeps the keys whole, and sees the mask from where it begins.

module attributes {transform.with_named_sequence} {
  // CHECK-LABEL: func @causal(
  // CHECK-SAME: %[[Q:.+]]: tensor<2x8x100x16xf32>, %[[K:.+]]: tensor<2x4x120x16xf32>
  func.func @causal(%q: tensor<2x8x100x16xf32>, %k: tensor<2x4x120x16xf32>) -> tensor<2x8x100x16xf32> {
    // CHECK: scf.for %[[B:[a-z0-9]+]] =
    // CHECK: scf.for %[[H:[a-z0-9]+]] =
    // CHECK: scf.for %[[I:[a-z0-9]+]] =
    // CHECK-DAG: %[[PART:.+]] = tensor.extract_slice %[[Q]][%[[B]], %[[H]], %[[I]], 0]
    // CHECK-DAG: %[[KEYS:.+]] = tensor.extract_slice %[[K]][%[[B]], 0, 0, 0] [1, 4, 120, 16]
    // CHECK-DAG: %[[M:.+]] = attn.mask.offset %{{.+}} q(%[[I]])
    // CHECK: attn.attention
    // CHECK-SAME: %[[PART]] * %[[KEYS]][b, (h + start_h) floordiv 2, j, :]
    // CHECK-SAME: mask(%[[M]])
    %c = attn.mask.causal
    %o = attn.attention dots(%q * %k) values(%k) mask(%c) scale = 0.25
      : tensor<2x8x100x16xf32>, tensor<2x4x120x16xf32>, tensor<2x4x120x16xf32>, !attn.mask<1, 1>
      -> tensor<2x8x100x16xf32>
    return %o : tensor<2x8x100x16xf32>
  }

  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["attn.attention"]} in %root
      : (!transform.any_op) -> !transform.any_op
    %tile, %loops:3 = transform.structured.tile_using_for %op tile_sizes [1, 2, 32]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
