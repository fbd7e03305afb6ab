// RUN: attn-run %s --entry=decode --input=random:1@3x8x1x64 --input=random:2@3x2x333x64 --input=random:3@3x2x333x64 --check
// RUN: attn-run %s --entry=decode --input=random:1@1x8x1x64 --input=random:2@1x2x7x64 --input=random:3@1x2x7x64 --check --cpu=x86-64-v3
// RUN: attn-run %s --entry=decode_bf16 --input=random:1@2x8x1x64 --input=random:2@2x2x130x64 --input=random:3@2x2x130x64 --check
// RUN: attn-run %s --entry=layouts --input=random:1@2x67x6x32 --input=random:2@2x32x3x131 --input=random:3@2x3x131x48 --check

// Few queries read keys and values where they lie, four heads at a time: whole
// tiles of keys, and a last one that is cut.

func.func @decode(%q: tensor<?x8x1x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>)
    -> (tensor<?x8x1x64xf32>, tensor<?x8x1xf32>) {
  %o, %lse = attn.attention dots(%q * %k) values(%v) scale = 0.125 results(out, lse)
    : tensor<?x8x1x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32> -> (tensor<?x8x1x64xf32>, tensor<?x8x1xf32>)
  return %o, %lse : tensor<?x8x1x64xf32>, tensor<?x8x1xf32>
}

func.func @decode_bf16(%q: tensor<?x8x1x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>)
    -> tensor<?x8x1x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x8x1x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x8x1x64xbf16>
  return %o : tensor<?x8x1x64xbf16>
}

// Transposes of operands and of the output go into their maps; the reference
// carries them out.

func.func @layouts(%q: tensor<2x67x6x32xf32>, %k: tensor<2x32x3x131xf32>, %v: tensor<2x3x131x48xf32>)
    -> tensor<2x67x6x48xf32> {
  %q0 = tensor.empty() : tensor<2x6x67x32xf32>
  %k0 = tensor.empty() : tensor<2x3x131x32xf32>
  %o0 = tensor.empty() : tensor<2x67x6x48xf32>
  %qt = linalg.transpose ins(%q : tensor<2x67x6x32xf32>) outs(%q0 : tensor<2x6x67x32xf32>) permutation = [0, 2, 1, 3]
  %kt = linalg.transpose ins(%k : tensor<2x32x3x131xf32>) outs(%k0 : tensor<2x3x131x32xf32>) permutation = [0, 2, 3, 1]
  %m = attn.mask.causal
  %o = attn.attention dots(%qt * %kt) values(%v) mask(%m) scale = 0.2
    : tensor<2x6x67x32xf32>, tensor<2x3x131x32xf32>, tensor<2x3x131x48xf32>, !attn.mask<1, 1> -> tensor<2x6x67x48xf32>
  %t = linalg.transpose ins(%o : tensor<2x6x67x48xf32>) outs(%o0 : tensor<2x67x6x48xf32>) permutation = [0, 2, 1, 3]
  return %t : tensor<2x67x6x48xf32>
}
