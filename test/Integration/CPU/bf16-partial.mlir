// Partial states are f32, and as exact as f32, also where queries, keys and
// values are bf16.

// RUN: attn-run %s --input=random:1@2x4x77x40 --input=random:2@2x2x131x40 --input=random:3@2x2x131x24 --check
// RUN: attn-run %s --input=random:1@2x4x77x40 --input=random:2@2x2x131x40 --input=random:3@2x2x131x24 --check --cpu=x86-64-v3

func.func @partial(%q: tensor<?x4x?x40xbf16>, %k: tensor<?x2x?x40xbf16>, %v: tensor<?x2x?x24xbf16>)
    -> (tensor<?x4x?x24xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>) {
  %mask = attn.mask.causal
  %acc, %max, %den = attn.partial dots(%q * %k) values(%v) mask(%mask) scale = 0.125
    : tensor<?x4x?x40xbf16>, tensor<?x2x?x40xbf16>, tensor<?x2x?x24xbf16>, !attn.mask<1, 1>
    -> (tensor<?x4x?x24xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>)
  return %acc, %max, %den : tensor<?x4x?x24xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>
}
