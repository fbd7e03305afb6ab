// Products, exponentials and logarithms of f64 are as exact as f64.

// RUN: attn-run %s --entry=causal --target=sm_80 --device=sim --input=random:1@1x2x77x40 --input=random:2@1x2x131x40 --input=random:3@1x2x131x72 --check=1e-14
// RUN: attn-run %s --entry=causal --target=sm_90a --device=sim --sim=mma=hardware,seed=2,copies=late --input=random:1@1x2x77x40 --input=random:2@1x2x131x40 --input=random:3@1x2x131x72 --check=1e-14
// RUN: not attn-run %s --entry=latent --target=sm_86 --device=sim --input=random:1@1x1x33x576 --input=random:2@1x1x50x576 --input=random:3@1x1x50x576 2>&1 | FileCheck %s

func.func @causal(%q: tensor<?x?x?x40xf64>, %k: tensor<?x?x?x40xf64>, %v: tensor<?x?x?x72xf64>)
    -> (tensor<?x?x?x72xf64>, tensor<?x?x?xf64>) {
  %mask = attn.mask.causal
  %o, %lse = attn.attention dots(%q * %k) values(%v) mask(%mask) scale = 0.15 results(out, lse)
    : tensor<?x?x?x40xf64>, tensor<?x?x?x40xf64>, tensor<?x?x?x72xf64>, !attn.mask<1, 1>
    -> (tensor<?x?x?x72xf64>, tensor<?x?x?xf64>)
  return %o, %lse : tensor<?x?x?x72xf64>, tensor<?x?x?xf64>
}

// CHECK: 'tile.kernel' op takes {{[0-9]+}} bytes of shared memory, sm_86 has 101376; choose smaller tiles, or a smaller element type
func.func @latent(%q: tensor<?x?x?x576xf64>, %k: tensor<?x?x?x576xf64>, %v: tensor<?x?x?x576xf64>) -> tensor<?x?x?x576xf64> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.04
    : tensor<?x?x?x576xf64>, tensor<?x?x?x576xf64>, tensor<?x?x?x576xf64> -> tensor<?x?x?x576xf64>
  return %o : tensor<?x?x?x576xf64>
}
