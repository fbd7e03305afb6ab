// Causal attention with 4 heads of 32 features, for ahead-of-time.c.
// RUN: attn-opt %s | FileCheck %s
// CHECK: attn.attention
func.func @attend(%q: tensor<?x4x?x32xf32>, %k: tensor<?x4x?x32xf32>,
                  %v: tensor<?x4x?x32xf32>) -> tensor<?x4x?x32xf32> {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.1767766952966369
    : tensor<?x4x?x32xf32>, tensor<?x4x?x32xf32>, tensor<?x4x?x32xf32>,
      !attn.mask<1, 1> -> tensor<?x4x?x32xf32>
  return %o : tensor<?x4x?x32xf32>
}
