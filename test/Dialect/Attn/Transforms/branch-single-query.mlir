// RUN: attn-opt %s --split-input-file --attn-branch-single-query | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-branch-single-query --attn-split-keys=keys=64 | FileCheck %s --check-prefix=SPLIT

// Attention of a dynamic number of queries is also computed on one. Each left
// operand, the output and the statistics have one query then, wherever it is.

// CHECK-LABEL: func @branch(
// CHECK-SAME:      %[[Q:[a-z0-9]+]]: tensor<?x4x?x16xf32>, %[[R:[a-z0-9]+]]: tensor<?x?x4x8xf32>
// CHECK:         %[[N:.+]] = tensor.dim %[[Q]], %c2
// CHECK:         %[[ONE:.+]] = arith.cmpi eq, %[[N]], %c1
// CHECK:         %[[M:.+]] = tensor.dim %[[R]], %c1
// CHECK:         %[[ALSO:.+]] = arith.cmpi eq, %[[M]], %c1
// CHECK:         %[[BOTH:.+]] = arith.andi %[[ONE]], %[[ALSO]]
// CHECK:         %[[RESULT:.+]]:2 = scf.if %[[BOTH]]
// CHECK-DAG:       tensor.cast %[[Q]] : {{.+}} to tensor<?x4x1x16xf32>
// CHECK-DAG:       tensor.cast %[[R]] : {{.+}} to tensor<?x1x4x8xf32>
// CHECK:           attn.attention
// CHECK:           -> (tensor<?x1x4x24xf32>, tensor<?x4x1xf32>)
// CHECK:         } else {
// CHECK:           attn.attention dots(%[[Q]] *
// CHECK:           -> (tensor<?x?x4x24xf32>, tensor<?x4x?xf32>)
// CHECK:         return %[[RESULT]]#0, %[[RESULT]]#1
func.func @branch(%q: tensor<?x4x?x16xf32>, %r: tensor<?x?x4x8xf32>, %k: tensor<?x4x?x16xf32>, %l: tensor<?x4x?x8xf32>,
                  %v: tensor<?x4x?x24xf32>) -> (tensor<?x?x4x24xf32>, tensor<?x4x?xf32>) {
  %o, %s = attn.attention dots(%q * %k, %r[b, i, h, :] * %l) values(%v) score(%x, %y) { %z = arith.addf %x, %y : f32 attn.yield %z : f32 } results(out, lse) -> [b, i, h, :]
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x?x4x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x24xf32>
    -> (tensor<?x?x4x24xf32>, tensor<?x4x?xf32>)
  return %o, %s : tensor<?x?x4x24xf32>, tensor<?x4x?xf32>
}

// -----

// The keys of one query are split.
// SPLIT-LABEL: func @split(
// SPLIT:         scf.if
// SPLIT:           attn.partial
// SPLIT:         } else {
// SPLIT:           attn.attention
func.func @split(%q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %o = attn.attention dots(%q * %k) values(%k)
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// Left as they are: a static number of queries, another weight, keys that are
// the queries, a grid of queries.
// CHECK-LABEL: func @whole(
// CHECK-NOT:     scf.if
// CHECK-COUNT-4: attn.attention
// CHECK:         return
func.func @whole(%two: tensor<2x8x2x16xf32>, %q: tensor<2x8x?x16xf32>, %k: tensor<2x8x?x16xf32>)
    -> (tensor<2x8x2x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>) {
  %0 = attn.attention dots(%two * %k) values(%k)
    : tensor<2x8x2x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32> -> tensor<2x8x2x16xf32>
  %1 = attn.attention dots(%q * %k) values(%k) weight relu normalise sum
    : tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32> -> tensor<2x8x?x16xf32>
  %2 = attn.attention dots(%q * %q) values(%q)
    : tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32> -> tensor<2x8x?x16xf32>
  %m = attn.mask.neighborhood window [3, 3] grid i(8, 8) j(8, 8)
  %3 = attn.attention dots(%q * %k) values(%k) mask(%m)
    : tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>, !attn.mask<2, 2> -> tensor<2x8x?x16xf32>
  return %0, %1, %2, %3 : tensor<2x8x2x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>, tensor<2x8x?x16xf32>
}

// -----

// A result of a static number of queries.
// CHECK-LABEL: func @result(
// CHECK-NOT:     scf.if
// CHECK:         return
func.func @result(%q: tensor<2x?x?x16xf32>, %k: tensor<2x?x?x16xf32>) -> tensor<2x?x3x16xf32> {
  %o = attn.attention dots(%q * %k) values(%k)
    : tensor<2x?x?x16xf32>, tensor<2x?x?x16xf32>, tensor<2x?x?x16xf32> -> tensor<2x?x3x16xf32>
  return %o : tensor<2x?x3x16xf32>
}

// -----

// Scores without a dot product.
// CHECK-LABEL: func @bias(
// CHECK-NOT:     scf.if
// CHECK:         return
func.func @bias(%v: tensor<?x2x?x3xf32>, %s: tensor<?x2x?x?xf32>) -> tensor<?x2x?x3xf32> {
  %o = attn.attention values(%v) bias(%s[b, h, i, j])
    : tensor<?x2x?x3xf32>, tensor<?x2x?x?xf32> -> tensor<?x2x?x3xf32>
  return %o : tensor<?x2x?x3xf32>
}

// -----

// What is elementwise around the op goes into both branches, where kernels take
// it in; a second user of the sum ends the chain.

// CHECK-LABEL: func @around(
// CHECK:         %[[GATED:.+]] = scf.if
// CHECK:           linalg.exp
// CHECK:           attn.attention
// CHECK:           linalg.mul
// CHECK-NOT:       linalg
// CHECK:         } else {
// CHECK:           %[[EMPTY:.+]] = tensor.empty
// CHECK:           %[[EXP:.+]] = linalg.exp ins({{.*}}) outs(%[[EMPTY]]
// CHECK:           %[[O:.+]] = attn.attention over [h] dots(%[[EXP]]
// CHECK:           linalg.mul ins(%[[O]],
// CHECK-NOT:       linalg
// CHECK:         }
// CHECK:         linalg.negf ins(%[[GATED]]
// CHECK:         linalg.add ins(%[[GATED]],
func.func @around(%q: tensor<4x?x16xf32>, %k: tensor<4x?x16xf32>, %g: tensor<4x?x16xf32>, %e: tensor<4x?x16xf32>)
    -> (tensor<4x?x16xf32>, tensor<4x?x16xf32>) {
  %x = linalg.exp ins(%q : tensor<4x?x16xf32>) outs(%e : tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<4x?x16xf32>
  %empty = tensor.empty(%n) : tensor<4x?x16xf32>
  %y = linalg.exp ins(%x : tensor<4x?x16xf32>) outs(%empty : tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %o = attn.attention over [h] dots(%y * %k) values(%k)
    : tensor<4x?x16xf32>, tensor<4x?x16xf32>, tensor<4x?x16xf32> -> tensor<4x?x16xf32>
  %m = linalg.mul ins(%o, %g : tensor<4x?x16xf32>, tensor<4x?x16xf32>) outs(%empty : tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %s = linalg.negf ins(%m : tensor<4x?x16xf32>) outs(%empty : tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %t = linalg.add ins(%m, %g : tensor<4x?x16xf32>, tensor<4x?x16xf32>) outs(%empty : tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  return %s, %t : tensor<4x?x16xf32>, tensor<4x?x16xf32>
}
