// RUN: attn-opt %s --canonicalize | FileCheck %s

// A constant scale is an attribute, a scale of 1 is none; others stay.

// CHECK-LABEL: func @constant_scale
func.func @constant_scale(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  // CHECK: scale = 5.000000e-01 :
  %s = arith.constant 0.5 : f32
  %o = attn.attention dots(%q * %q) values(%q) scale(%s)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, f32 -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// CHECK-LABEL: func @unit_scale
func.func @unit_scale(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  // CHECK-NOT: scale
  %o = attn.attention dots(%q * %q) values(%q) scale = 1.0
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// CHECK-LABEL: func @value_scale
func.func @value_scale(%q: tensor<?x2x?x16xf32>, %s: f32) -> tensor<?x2x?x16xf32> {
  // CHECK: scale(%{{.+}})
  %o = attn.attention dots(%q * %q) values(%q) scale(%s)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, f32 -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}
