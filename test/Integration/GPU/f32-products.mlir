// Products of f32 are as exact as f32, also where matrix units truncate sums.

// RUN: attn-run %s --entry=dense --target=sm_80 --device=sim --input=random:1@1x1x77x64 --input=random:2@1x1x1000x64 --input=random:3@1x1x1000x64 --check=1e-6
// RUN: attn-run %s --entry=dense --target=sm_80 --device=sim --sim=mma=hardware,seed=2,copies=late --input=random:1@1x1x77x64 --input=random:2@1x1x1000x64 --input=random:3@1x1x1000x64 --check=1e-6
// RUN: attn-run %s --entry=causal --target=sm_120a --device=sim --sim=mma=hardware --input=random:1@1x4x77x100 --input=random:2@1x2x131x100 --input=random:3@1x2x131x300 --check=1e-6
// RUN: attn-run %s --entry=causal --target=sm_80 --device=sim --sim=seed=2,copies=late --input=random:1@1x4x77x100 --input=random:2@1x2x131x100 --input=random:3@1x2x131x300 --check=1e-6
// RUN: attn-run %s --entry=transposed --target=sm_80 --device=sim --input=random:1@1x1x70x64 --input=random:2@1x1x64x83 --input=random:3@1x1x40x83 --check=1e-6
// RUN: attn-run %s --entry=latent --target=sm_86 --device=sim --sim=mma=hardware --input=random:1@1x1x33x576 --input=random:2@1x1x50x576 --input=random:3@1x1x50x512 --check=1e-6

func.func @dense(%q: tensor<?x?x?x64xf32>, %k: tensor<?x?x?x64xf32>, %v: tensor<?x?x?x64xf32>) -> tensor<?x?x?x64xf32> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x?x?x64xf32>, tensor<?x?x?x64xf32>, tensor<?x?x?x64xf32> -> tensor<?x?x?x64xf32>
  return %o : tensor<?x?x?x64xf32>
}

// Heads that share keys; values whose features are split among points of the
// grid, the statistics stored once.
func.func @causal(%q: tensor<?x4x?x100xf32>, %k: tensor<?x2x?x100xf32>, %v: tensor<?x2x?x300xf32>)
    -> (tensor<?x4x?x300xf32>, tensor<?x4x?xf32>) {
  %mask = attn.mask.causal
  %o, %lse = attn.attention dots(%q * %k) values(%v) mask(%mask) scale = 0.1 results(out, lse)
    : tensor<?x4x?x100xf32>, tensor<?x2x?x100xf32>, tensor<?x2x?x300xf32>, !attn.mask<1, 1>
    -> (tensor<?x4x?x300xf32>, tensor<?x4x?xf32>)
  return %o, %lse : tensor<?x4x?x300xf32>, tensor<?x4x?xf32>
}

// Keys and values in an order of memory that ldmatrix does not read.
func.func @transposed(%q: tensor<1x1x70x64xf32>, %kt: tensor<1x1x64x83xf32>, %vt: tensor<1x1x40x83xf32>) -> tensor<1x1x70x40xf32> {
  %ke = tensor.empty() : tensor<1x1x83x64xf32>
  %k = linalg.transpose ins(%kt : tensor<1x1x64x83xf32>) outs(%ke : tensor<1x1x83x64xf32>) permutation = [0, 1, 3, 2]
  %ve = tensor.empty() : tensor<1x1x83x40xf32>
  %v = linalg.transpose ins(%vt : tensor<1x1x40x83xf32>) outs(%ve : tensor<1x1x83x40xf32>) permutation = [0, 1, 3, 2]
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<1x1x70x64xf32>, tensor<1x1x83x64xf32>, tensor<1x1x83x40xf32> -> tensor<1x1x70x40xf32>
  return %o : tensor<1x1x70x40xf32>
}

func.func @latent(%q: tensor<?x?x?x576xf32>, %k: tensor<?x?x?x576xf32>, %v: tensor<?x?x?x512xf32>) -> tensor<?x?x?x512xf32> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.04
    : tensor<?x?x?x576xf32>, tensor<?x?x?x576xf32>, tensor<?x?x?x512xf32> -> tensor<?x?x?x512xf32>
  return %o : tensor<?x?x?x512xf32>
}
