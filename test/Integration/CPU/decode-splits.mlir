// REQUIRES: avx2
// One query, whose keys are cut into parts of 1,024: no key, one, one part, one
// more, and an odd number of them; with a shifted mask, grouped heads, a sink,
// and half-precision outputs. Two threads give the same bits as one.

// RUN: for m in 0 1 1023 1024 1025 3000; do \
// RUN:   attn-run %s --entry=decode --input=random:1@2x8x1x24 --input=random:2@2x2x${m}x24 --input=random:3@2x2x${m}x40 \
// RUN:     --input=random:4 --input=value:$(($m - 7)) --check || exit 1; \
// RUN:   attn-run %s --entry=half --input=random:1@3x4x2x16 --input=random:2@3x4x${m}x16 --check || exit 1; \
// RUN: done
// RUN: attn-run %s --entry=decode --input=random:1@2x8x1x24 --input=random:2@2x2x3000x24 --input=random:3@2x2x3000x40 \
// RUN:   --input=random:4 --input=value:2900 --threads=1 --output=%t.one.npy --output=%t.lse1.npy
// RUN: attn-run %s --entry=decode --input=random:1@2x8x1x24 --input=random:2@2x2x3000x24 --input=random:3@2x2x3000x40 \
// RUN:   --input=random:4 --input=value:2900 --threads=2 --output=%t.two.npy --output=%t.lse2.npy
// RUN: cmp %t.one.npy %t.two.npy
// RUN: cmp %t.lse1.npy %t.lse2.npy

func.func @decode(%q: tensor<?x8x1x24xf32>, %k: tensor<?x2x?x24xf32>, %v: tensor<?x2x?x40xf32>, %s: tensor<8xf32>,
                  %past: index) -> (tensor<?x8x1x40xf32>, tensor<?x8x1xf32>) {
  %causal = attn.mask.causal
  %m = attn.mask.offset %causal q(%past) : !attn.mask<1, 1>
  %o, %l = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.2 sink(%s) results(out, lse)
    : tensor<?x8x1x24xf32>, tensor<?x2x?x24xf32>, tensor<?x2x?x40xf32>, !attn.mask<1, 1>, tensor<8xf32>
    -> (tensor<?x8x1x40xf32>, tensor<?x8x1xf32>)
  return %o, %l : tensor<?x8x1x40xf32>, tensor<?x8x1xf32>
}

func.func @half(%q: tensor<?x4x2x16xbf16>, %k: tensor<?x4x?x16xbf16>) -> tensor<?x4x2x16xbf16> {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.25
    : tensor<?x4x2x16xbf16>, tensor<?x4x?x16xbf16>, tensor<?x4x?x16xbf16> -> tensor<?x4x2x16xbf16>
  return %o : tensor<?x4x2x16xbf16>
}
