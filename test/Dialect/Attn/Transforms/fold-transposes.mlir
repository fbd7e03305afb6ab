// RUN: attn-opt %s --attn-fold-transposes | FileCheck %s

// CHECK-LABEL: func @operands(
// CHECK-SAME: %[[Q:.+]]: tensor<?x?x8x64xf32>, %[[K:.+]]: tensor<?x64x8x?xf32>, %[[V:.+]]: tensor<?x8x?x32xf32>
// CHECK-NOT: linalg.transpose
// CHECK: attn.attention dots(%[[Q]][b, i, h, :] * %[[K]][b, :, h, j]) values(%[[V]])
func.func @operands(%q: tensor<?x?x8x64xf32>, %k: tensor<?x64x8x?xf32>, %v: tensor<?x8x?x32xf32>,
                    %0: tensor<?x8x?x64xf32>) -> tensor<?x8x?x32xf32> {
  %qt = linalg.transpose ins(%q : tensor<?x?x8x64xf32>) outs(%0 : tensor<?x8x?x64xf32>) permutation = [0, 2, 1, 3]
  %kt = linalg.transpose ins(%k : tensor<?x64x8x?xf32>) outs(%0 : tensor<?x8x?x64xf32>) permutation = [0, 2, 3, 1]
  %o = attn.attention dots(%qt * %kt) values(%v)
    : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x32xf32> -> tensor<?x8x?x32xf32>
  return %o : tensor<?x8x?x32xf32>
}

// CHECK-LABEL: func @output(
// CHECK: %[[O:.+]] = attn.attention {{.*}} -> [b, i, h, :]
// CHECK-SAME: -> tensor<?x?x8x64xf32>
// CHECK-NOT: linalg.transpose
// CHECK: return %[[O]]
func.func @output(%q: tensor<?x8x?x64xf32>, %0: tensor<?x?x8x64xf32>) -> tensor<?x?x8x64xf32> {
  %o = attn.attention dots(%q * %q) values(%q)
    : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32> -> tensor<?x8x?x64xf32>
  %t = linalg.transpose ins(%o : tensor<?x8x?x64xf32>) outs(%0 : tensor<?x?x8x64xf32>) permutation = [0, 2, 1, 3]
  return %t : tensor<?x?x8x64xf32>
}

// The output is used as it is, too.

// CHECK-LABEL: func @used_twice(
// CHECK: linalg.transpose
func.func @used_twice(%q: tensor<?x8x?x64xf32>, %0: tensor<?x?x8x64xf32>) -> (tensor<?x8x?x64xf32>, tensor<?x?x8x64xf32>) {
  %o = attn.attention dots(%q * %q) values(%q)
    : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32> -> tensor<?x8x?x64xf32>
  %t = linalg.transpose ins(%o : tensor<?x8x?x64xf32>) outs(%0 : tensor<?x?x8x64xf32>) permutation = [0, 2, 1, 3]
  return %o, %t : tensor<?x8x?x64xf32>, tensor<?x?x8x64xf32>
}
