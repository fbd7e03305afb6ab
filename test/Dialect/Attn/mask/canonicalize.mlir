// RUN: attn-opt %s --canonicalize | FileCheck %s

// Masks fold where the meaning stays, and only there.

// CHECK-LABEL: func @double_not(
// CHECK-SAME: %[[M:.+]]: !attn.mask<1, 1>
func.func @double_not(%m: !attn.mask<1, 1>) -> !attn.mask<1, 1> {
  // CHECK: return %[[M]]
  %0 = attn.mask.not %m : !attn.mask<1, 1>
  %1 = attn.mask.not %0 : !attn.mask<1, 1>
  return %1 : !attn.mask<1, 1>
}

// CHECK-LABEL: func @single_not(
func.func @single_not(%m: !attn.mask<1, 1>) -> !attn.mask<1, 1> {
  // CHECK: attn.mask.not
  %0 = attn.mask.not %m : !attn.mask<1, 1>
  return %0 : !attn.mask<1, 1>
}

// CHECK-LABEL: func @same_and_or(
// CHECK-SAME: %[[M:.+]]: !attn.mask<1, 1>
func.func @same_and_or(%m: !attn.mask<1, 1>) -> !attn.mask<1, 1> {
  // CHECK: return %[[M]]
  %0 = attn.mask.and %m, %m : !attn.mask<1, 1>, !attn.mask<1, 1>
  %1 = attn.mask.or %0, %0 : !attn.mask<1, 1>, !attn.mask<1, 1>
  return %1 : !attn.mask<1, 1>
}

// CHECK-LABEL: func @different_and(
func.func @different_and(%m: !attn.mask<1, 1>, %n: !attn.mask<1, 1>) -> !attn.mask<1, 1> {
  // CHECK: attn.mask.and
  %0 = attn.mask.and %m, %n : !attn.mask<1, 1>, !attn.mask<1, 1>
  return %0 : !attn.mask<1, 1>
}

// CHECK-LABEL: func @zero_offset(
// CHECK-SAME: %[[M:.+]]: !attn.mask<1, 1>
func.func @zero_offset(%m: !attn.mask<1, 1>) -> !attn.mask<1, 1> {
  // CHECK: return %[[M]]
  %c0 = arith.constant 0 : index
  %0 = attn.mask.offset %m q(%c0) : !attn.mask<1, 1>
  return %0 : !attn.mask<1, 1>
}

// CHECK-LABEL: func @offset_of_offset(
// CHECK-SAME: %[[M:.+]]: !attn.mask<1, 1>, %[[A:.+]]: index, %[[B:.+]]: index)
func.func @offset_of_offset(%m: !attn.mask<1, 1>, %a: index, %b: index) -> !attn.mask<1, 1> {
  // CHECK: %[[SUM:.+]] = arith.addi %[[A]], %[[B]]
  // CHECK: attn.mask.offset %[[M]] q(%[[SUM]]) k(%[[B]])
  %0 = attn.mask.offset %m q(%a) : !attn.mask<1, 1>
  %1 = attn.mask.offset %0 q(%b) k(%b) : !attn.mask<1, 1>
  return %1 : !attn.mask<1, 1>
}
