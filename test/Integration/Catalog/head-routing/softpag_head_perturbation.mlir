// RUN: %catalog %s

// S041. Fine-Grained Perturbation Guidance via Attention Head Selection: in the selected
// heads the attention map is moved towards the identity, by 0.6.

func.func @softpag_head_perturbation(
    %q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x16xf32>,
    %head_mask: tensor<4xi1>) -> (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x16xf32>
  %perturbed = attn.map [b, h, n, d]
    with (%a = %o[b, h, n, d] : tensor<?x4x?x16xf32>, %own = %v[b, h, n, d] : tensor<?x4x?x16xf32>,
          %selected = %head_mask[h] : tensor<4xi1>) {
      %u = arith.constant 0.6 : f32
      %rest = arith.constant 0.4 : f32
      %x = arith.mulf %rest, %a : f32
      %y = arith.mulf %u, %own : f32
      %mixed = arith.addf %x, %y : f32
      %z = arith.select %selected, %mixed, %a : f32
      attn.yield %z : f32
    } -> tensor<?x4x?x16xf32>
  return %o, %perturbed : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>
}
