// RUN: attn-opt %s --split-input-file --verify-diagnostics --attn-lower-to-loops | FileCheck %s
// RUN: attn-opt %s --split-input-file --verify-diagnostics --attn-lower-to-loops=wide=false | FileCheck %s --check-prefix=NARROW

// The ops over pairs become loops that evaluate the score where the mask shows
// the pair, in f64 unless told otherwise.

// CHECK-LABEL: func @causal(
// CHECK-SAME: %[[Q:.+]]: tensor<?x4x?x8xf32>, %[[K:.+]]: tensor<?x2x?x8xf32>, %[[V:.+]]: tensor<?x2x?x6xf32>)
// NARROW-LABEL: func @causal(
func.func @causal(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x6xf32>)
    -> tensor<?x4x?x6xf32> {
  // CHECK-NOT: = attn.
  // CHECK: tile.check {{ *}}equal %{{.+}}, %{{.+}}, "attn.attention: extent of 'b' in the right side of dot product 0" : index
  // CHECK: tile.check {{ *}}equal %{{.+}}, %{{.+}}, "attn.attention: extent of 'b' in the value" : index
  // CHECK: tile.check {{ *}}equal %{{.+}}, %{{.+}}, "attn.attention: extent of 'j' in the value" : index
  // CHECK: scf.for %[[B:[a-z0-9]+]] =
  // CHECK: scf.for %[[H:[a-z0-9]+]] =
  // CHECK: scf.for %[[I:[a-z0-9]+]] =
  // CHECK: scf.for %[[J:[a-z0-9]+]] =
  // CHECK: %[[VISIBLE:.+]] = arith.cmpi sle, %[[J]], %[[I]]
  // CHECK: scf.if %[[VISIBLE]] -> (f64) {
  // CHECK: scf.for %[[D:[a-z0-9]+]] =
  // CHECK: tensor.extract %[[Q]][%[[B]], %[[H]], %[[I]], %[[D]]]
  // CHECK: %[[GROUP:.+]] = arith.floordivsi %[[H]],
  // CHECK: tensor.extract %[[K]][%[[B]], %[[GROUP]], %[[J]], %[[D]]]
  // CHECK: arith.maximumf
  // CHECK: math.exp %{{.+}} : f64
  // CHECK: tensor.extract %[[V]]
  // CHECK: arith.divf %{{.+}}, %{{.+}} : f64
  // CHECK: arith.truncf %{{.+}} : f64 to f32
  // NARROW-NOT: f64
  %mask = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%mask) scale = 0.5
    : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x6xf32>, !attn.mask<1, 1>
    -> tensor<?x4x?x6xf32>
  return %o : tensor<?x4x?x6xf32>
}

// A position that may lie outside is guarded; a divisor is checked.
// CHECK-LABEL: func @relative(
// CHECK-SAME: %[[T:.+]]: tensor<7xf32>
func.func @relative(%t: tensor<7xf32>, %n: index, %w: index) -> tensor<?xf32> {
  // CHECK: tile.check {{ *}}at_least %{{.+}}, %{{.+}}, "attn.attention: divisor of an index" : index
  // CHECK: arith.floordivsi
  // CHECK: scf.if
  // CHECK-NEXT: tensor.extract %[[T]]
  // CHECK: } else {
  // CHECK-NEXT: %[[ZERO:.+]] = arith.constant 0.000000e+00 : f32
  // CHECK-NEXT: scf.yield %[[ZERO]] : f32
  %l = attn.attention over [] extents(i = %n, j = %n) with (w = %w : index)
    bias(%t[(j - i) floordiv w]) : tensor<7xf32> -> tensor<?xf32>
  return %l : tensor<?xf32>
}

// CHECK-LABEL: func @observe(
func.func @observe(%q: tensor<?x8xf32>) -> tensor<?xf32> {
  // CHECK: arith.ceildivsi
  // CHECK: %[[SUM:.+]] = scf.for
  // CHECK: linalg.generic {{.*}} ins(%[[SUM]] : tensor<?xf64>)
  // CHECK: arith.truncf
  %s = attn.observe over [] dots(%q * %q) observe(%p) {
      attn.yield %p : f32
    } into [[j ceildiv 4] max] : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?xf32>
  return %s : tensor<?xf32>
}

// CHECK-LABEL: func @extract(
func.func @extract(%x: tensor<?xi32>, %i: index) -> i32 {
  // CHECK: %[[LOW:.+]] = arith.cmpi sge, %[[I:.+]], %{{.+}}
  // CHECK: %[[HIGH:.+]] = arith.cmpi slt, %[[I]], %{{.+}}
  // CHECK: scf.if
  %y = attn.extract %x[%i] : tensor<?xi32>
  return %y : i32
}

// -----

func.func @argument(%q: tensor<?x8xf32>, %mask: !attn.mask<1, 1>) -> tensor<?xf32> {
  // expected-error@+1 {{expected a mask that is defined by an op where it is used, found an argument; inline the function first}}
  %l = attn.attention over [] dots(%q * %q) mask(%mask)
    : tensor<?x8xf32>, tensor<?x8xf32>, !attn.mask<1, 1> -> tensor<?xf32>
  return %l : tensor<?xf32>
}
