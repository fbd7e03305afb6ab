// RUN: attn-opt %s --generate-runtime-verification | FileCheck %s

// Upstream's pass emits in front of an op the checks that its lowerings emit.

// CHECK-LABEL: func @pairs(
// CHECK: tile.check at_least %{{.+}}, %{{.+}}, "attn.attention: divisor of an index"
// CHECK: attn.attention
// CHECK-NOT: tile.check
func.func @pairs(%q: tensor<1x2x3x8xf32>, %w: index) -> tensor<1x2x3x8xf32> {
  %m = attn.mask with (w = %w : index) where { i floordiv w == j }
  %o = attn.attention dots(%q * %q) values(%q) mask(%m)
    : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, !attn.mask<1, 1>
    -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// CHECK-LABEL: func @operands(
// CHECK: tile.check equal %{{.+}}, %{{.+}}, "attn.merge: size of axis 0 of lse 1"
// CHECK: attn.merge
func.func @operands(%a: tensor<?x8xf32>, %l: tensor<?xf32>, %b: tensor<?x8xf32>, %m: tensor<?xf32>)
    -> tensor<?x8xf32> {
  %o, %s = attn.merge (%a, %l), (%b, %m) : tensor<?x8xf32>, tensor<?xf32>
  return %o : tensor<?x8xf32>
}

// Nothing is left to check where all sizes are known.
// CHECK-LABEL: func @known(
// CHECK-NOT: tile.check
// CHECK: attn.observe
func.func @known(%q: tensor<1x2x3x8xf32>) -> tensor<3xf32> {
  %c = attn.observe dots(%q * %q) observe(%p) {
      attn.yield %p : f32
    } into [[j] add] : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<3xf32>
  return %c : tensor<3xf32>
}

// A mask of another function is checked after inlining.
// CHECK-LABEL: func @mask_argument(
// CHECK: tile.check {{.*}}"attn.attention: extent of 'i'
// CHECK: attn.attention
func.func @mask_argument(%q: tensor<1x2x?x8xf32>, %m: !attn.mask<1, 1>) -> tensor<1x2x?x8xf32> {
  %n = attn.mask.not %m : !attn.mask<1, 1>
  %o = attn.attention dots(%q * %q) values(%q) mask(%n)
    : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, !attn.mask<1, 1>
    -> tensor<1x2x?x8xf32>
  return %o : tensor<1x2x?x8xf32>
}
