// REQUIRES: avx2
// One binary for any number of queries: none, one, some. One query gives the
// bits of a type that says so. Numbers of queries that disagree are refused,
// one of them or not.

// RUN: for n in 0 1 2 19; do for m in 0 5 1100; do \
// RUN:   attn-run %s --entry=attend --input=random:1@2x4x${n}x32 --input=random:2@2x2x${m}x32 --input=random:3@2x2x${m}x48 \
// RUN:     --input=value:$(($m - 3)) --check || exit 1; \
// RUN:   attn-run %s --entry=transposed --input=random:1@2x${n}x4x32 --input=random:2@2x${m}x4x32 --check || exit 1; \
// RUN: done; done
// RUN: attn-run %s --entry=attend --input=random:1@2x4x1x32 --input=random:2@2x2x1100x32 --input=random:3@2x2x1100x48 --input=value:1000 --output=%t.any.npy --output=%t.any-lse.npy
// RUN: attn-run %s --entry=single --input=random:1@2x4x1x32 --input=random:2@2x2x1100x32 --input=random:3@2x2x1100x48 --input=value:1000 --output=%t.one.npy
// RUN: cmp %t.any.npy %t.one.npy
// RUN: attn-run %s --entry=two --input=random:1@2x1x16 --input=random:2@2x1x16 --input=random:3@2x9x16 --check
// RUN: not attn-run %s --entry=two --input=random:1@2x1x16 --input=random:2@2x2x16 --input=random:3@2x9x16 2>&1 | FileCheck %s
// RUN: not attn-run %s --entry=two --input=random:1@2x3x16 --input=random:2@2x1x16 --input=random:3@2x9x16 2>&1 | FileCheck %s
// CHECK: error: {{.+}}

func.func @attend(%q: tensor<?x4x?x32xf32>, %k: tensor<?x2x?x32xf32>, %v: tensor<?x2x?x48xf32>, %past: index)
    -> (tensor<?x4x?x48xf32>, tensor<?x4x?xf32>) {
  %causal = attn.mask.causal
  %m = attn.mask.offset %causal q(%past) : !attn.mask<1, 1>
  %o, %l = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.2 results(out, lse)
    : tensor<?x4x?x32xf32>, tensor<?x2x?x32xf32>, tensor<?x2x?x48xf32>, !attn.mask<1, 1>
    -> (tensor<?x4x?x48xf32>, tensor<?x4x?xf32>)
  return %o, %l : tensor<?x4x?x48xf32>, tensor<?x4x?xf32>
}

func.func @single(%q: tensor<?x4x1x32xf32>, %k: tensor<?x2x?x32xf32>, %v: tensor<?x2x?x48xf32>, %past: index)
    -> tensor<?x4x1x48xf32> {
  %causal = attn.mask.causal
  %m = attn.mask.offset %causal q(%past) : !attn.mask<1, 1>
  %o = attn.attention dots(%q * %k) values(%v) mask(%m) scale = 0.2
    : tensor<?x4x1x32xf32>, tensor<?x2x?x32xf32>, tensor<?x2x?x48xf32>, !attn.mask<1, 1> -> tensor<?x4x1x48xf32>
  return %o : tensor<?x4x1x48xf32>
}

func.func @transposed(%q: tensor<?x?x4x32xf32>, %k: tensor<?x?x4x32xf32>) -> tensor<?x?x4x32xf32> {
  %o = attn.attention dots(%q[b, i, h, :] * %k[b, j, h, :]) values(%k[b, j, h, :]) scale = 0.2 -> [b, i, h, :]
    : tensor<?x?x4x32xf32>, tensor<?x?x4x32xf32>, tensor<?x?x4x32xf32> -> tensor<?x?x4x32xf32>
  return %o : tensor<?x?x4x32xf32>
}

func.func @two(%q: tensor<?x?x16xf32>, %r: tensor<?x?x16xf32>, %k: tensor<?x?x16xf32>) -> tensor<?x?x16xf32> {
  %o = attn.attention over[b] dots(%q * %k, %r * %k) values(%k) score(%x, %y) { %z = arith.addf %x, %y : f32 attn.yield %z : f32 }
    : tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32> -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}
