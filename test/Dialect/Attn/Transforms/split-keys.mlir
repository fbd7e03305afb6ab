// RUN: attn-opt %s --split-input-file --attn-split-keys=keys=64 | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-split-keys="keys=64 queries=0" | FileCheck %s --check-prefix=NONE
// NONE-NOT: attn.partial
// RUN: not attn-opt %s --split-input-file --attn-split-keys=keys=0 2>&1 | FileCheck %s --check-prefix=ZERO
// ZERO: error: attn-split-keys: expected at least 1 key in a part, found 0

// One query: the parts are states, which are joined and finalized. The sink
// counts once, at the end.
// CHECK-LABEL: func @decode(
// CHECK:         %[[S:.+]]:3 = attn.partial
// CHECK-SAME:      split j by 64
// CHECK-SAME:      -> (tensor<?x8x?x1x16xf32>, tensor<?x8x?x1xf32>, tensor<?x8x?x1xf32>)
// CHECK:         %[[J:.+]]:3 = attn.combine exp (%[[S]]#0, %[[S]]#1, %[[S]]#2) along 2
// CHECK:         %[[F:.+]]:2 = attn.finalize exp (%[[J]]#0, %[[J]]#1, %[[J]]#2) sink(
// CHECK:         %[[O:.+]] = arith.truncf %[[F]]#0
// CHECK:         return %[[O]], %[[F]]#1
func.func @decode(%q: tensor<?x8x1x16xbf16>, %k: tensor<?x2x?x16xbf16>, %s: tensor<8xf32>)
    -> (tensor<?x8x1x16xbf16>, tensor<?x8x1xf32>) {
  %o, %l = attn.attention dots(%q * %k) values(%k) scale = 0.25 sink(%s) results(out, lse)
    : tensor<?x8x1x16xbf16>, tensor<?x2x?x16xbf16>, tensor<?x2x?x16xbf16>, tensor<8xf32>
    -> (tensor<?x8x1x16xbf16>, tensor<?x8x1xf32>)
  return %o, %l : tensor<?x8x1x16xbf16>, tensor<?x8x1xf32>
}

// -----

// Statistics alone.
// CHECK-LABEL: func @lse(
// CHECK:         %[[S:.+]]:2 = attn.partial
// CHECK:         %[[J:.+]]:2 = attn.combine exp (%[[S]]#0, %[[S]]#1) along 2
// CHECK:         attn.finalize exp (%[[J]]#0, %[[J]]#1)
func.func @lse(%q: tensor<?x8x1x16xf32>, %k: tensor<?x2x?x16xf32>) -> tensor<?x8x1xf32> {
  %l = attn.attention dots(%q * %k) results(lse)
    : tensor<?x8x1x16xf32>, tensor<?x2x?x16xf32> -> tensor<?x8x1xf32>
  return %l : tensor<?x8x1xf32>
}

// -----

// Left as they are: an unknown number of queries, few keys, another weight,
// another order of axes, a sink for each query, values without an output.
// CHECK-LABEL: func @whole(
// CHECK-COUNT-6: attn.attention
// CHECK-NOT:     attn.partial
func.func @whole(%q: tensor<2x8x?x16xf32>, %q1: tensor<2x8x1x16xf32>, %k: tensor<2x8x?x16xf32>, %few: tensor<2x8x64x16xf32>,
                 %s: tensor<8x1xf32>)
    -> (tensor<2x8x?x16xf32>, tensor<2x8x1x16xf32>, tensor<2x8x1x16xf32>, tensor<2x1x8x16xf32>, tensor<2x8x1x16xf32>, tensor<2x8x1xf32>) {
  %0 = attn.attention dots(%q * %k) values(%k)
    : tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32> -> tensor<2x8x?x16xf32>
  %1 = attn.attention dots(%q1 * %few) values(%few)
    : tensor<2x8x1x16xf32>, tensor<2x8x64x16xf32>, tensor<2x8x64x16xf32> -> tensor<2x8x1x16xf32>
  %2 = attn.attention dots(%q1 * %k) values(%k) weight relu normalise sum
    : tensor<2x8x1x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32> -> tensor<2x8x1x16xf32>
  %3 = attn.attention dots(%q1 * %k) values(%k) -> [b, i, h, :]
    : tensor<2x8x1x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32> -> tensor<2x1x8x16xf32>
  %4 = attn.attention dots(%q1 * %k) values(%k) sink(%s[h, i])
    : tensor<2x8x1x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>, tensor<8x1xf32> -> tensor<2x8x1x16xf32>
  %5 = attn.attention dots(%q1 * %k) values(%k) results(lse)
    : tensor<2x8x1x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32> -> tensor<2x8x1xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<2x8x?x16xf32>, tensor<2x8x1x16xf32>, tensor<2x8x1x16xf32>, tensor<2x1x8x16xf32>, tensor<2x8x1x16xf32>, tensor<2x8x1xf32>
}
