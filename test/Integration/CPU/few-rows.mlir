// REQUIRES: avx2
// Products of 1 to 16 rows read keys and values where they lie: no key, one,
// and tiles of which some keys do not exist; long rows of features,
// f64 and bf16.

// RUN: for m in 0 1 259 513; do for cpu in native x86-64-v3; do \
// RUN:   attn-run %s --entry=one --input=random:1@2x3x1x32 --input=random:2@2x3x${m}x32 --input=random:3@2x3x${m}x80 --cpu=$cpu --check && \
// RUN:   attn-run %s --entry=three --input=random:1@2x6x1x64 --input=random:2@2x2x${m}x64 --input=random:3@2x2x${m}x48 --cpu=$cpu --check && \
// RUN:   attn-run %s --entry=sixteen --input=random:1@1x16x2x32 --input=random:2@1x2x${m}x32 --input=random:3@1x2x${m}x144 --cpu=$cpu --check && \
// RUN:   attn-run %s --entry=long --input=random:1@1x5x1x576 --input=random:2@1x1x${m}x576 --cpu=$cpu --check && \
// RUN:   attn-run %s --entry=double --input=random:1@2x4x1x32 --input=random:2@2x2x${m}x32 --cpu=$cpu --check && \
// RUN:   attn-run %s --entry=half --input=random:1@2x4x1x32 --input=random:2@2x2x${m}x32 --cpu=$cpu --check || exit 1; \
// RUN: done; done
// RUN: attn-run %s --entry=masked --input=random:1@2x4x3x32 --input=random:2@2x2x131x32 --input=value:110 --check

func.func @one(%q: tensor<?x?x1x32xf32>, %k: tensor<?x?x?x32xf32>, %v: tensor<?x?x?x80xf32>) -> tensor<?x?x1x80xf32> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.2
    : tensor<?x?x1x32xf32>, tensor<?x?x?x32xf32>, tensor<?x?x?x80xf32> -> tensor<?x?x1x80xf32>
  return %o : tensor<?x?x1x80xf32>
}

func.func @three(%q: tensor<?x6x1x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x48xf32>)
    -> (tensor<?x6x1x48xf32>, tensor<?x6x1xf32>) {
  %o, %l = attn.attention dots(%q * %k) values(%v) scale = 0.125 results(out, lse)
    : tensor<?x6x1x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x48xf32> -> (tensor<?x6x1x48xf32>, tensor<?x6x1xf32>)
  return %o, %l : tensor<?x6x1x48xf32>, tensor<?x6x1xf32>
}

func.func @sixteen(%q: tensor<?x16x2x32xf32>, %k: tensor<?x2x?x32xf32>, %v: tensor<?x2x?x144xf32>)
    -> tensor<?x16x2x144xf32> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.2
    : tensor<?x16x2x32xf32>, tensor<?x2x?x32xf32>, tensor<?x2x?x144xf32> -> tensor<?x16x2x144xf32>
  return %o : tensor<?x16x2x144xf32>
}

func.func @long(%q: tensor<?x5x1x576xf32>, %k: tensor<?x1x?x576xf32>) -> tensor<?x5x1x576xf32> {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.05
    : tensor<?x5x1x576xf32>, tensor<?x1x?x576xf32>, tensor<?x1x?x576xf32> -> tensor<?x5x1x576xf32>
  return %o : tensor<?x5x1x576xf32>
}

func.func @double(%q: tensor<?x4x1x32xf64>, %k: tensor<?x2x?x32xf64>) -> tensor<?x4x1x32xf64> {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.2
    : tensor<?x4x1x32xf64>, tensor<?x2x?x32xf64>, tensor<?x2x?x32xf64> -> tensor<?x4x1x32xf64>
  return %o : tensor<?x4x1x32xf64>
}

func.func @half(%q: tensor<?x4x1x32xbf16>, %k: tensor<?x2x?x32xbf16>) -> tensor<?x4x1x32xbf16> {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.2
    : tensor<?x4x1x32xbf16>, tensor<?x2x?x32xbf16>, tensor<?x2x?x32xbf16> -> tensor<?x4x1x32xbf16>
  return %o : tensor<?x4x1x32xbf16>
}

func.func @masked(%q: tensor<?x4x3x32xf32>, %k: tensor<?x2x?x32xf32>, %past: index) -> tensor<?x4x3x32xf32> {
  %causal = attn.mask.causal
  %m = attn.mask.offset %causal q(%past) : !attn.mask<1, 1>
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) scale = 0.2
    : tensor<?x4x3x32xf32>, tensor<?x2x?x32xf32>, tensor<?x2x?x32xf32>, !attn.mask<1, 1> -> tensor<?x4x3x32xf32>
  return %o : tensor<?x4x3x32xf32>
}
