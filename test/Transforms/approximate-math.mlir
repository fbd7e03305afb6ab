// RUN: attn-opt %s --attn-approximate-math | FileCheck %s

// None of these functions of f32 vectors is left to libm.

// CHECK-LABEL: func @functions(
// CHECK-NOT:     math.{{exp|exp2|log|tanh}} %{{.+}} : vector<8xf32>
// CHECK:         return
func.func @functions(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  %0 = math.exp %x : vector<8xf32>
  %1 = math.exp2 %x : vector<8xf32>
  %2 = math.log %x : vector<8xf32>
  %3 = math.tanh %x : vector<8xf32>
  return %0, %1, %2, %3 : vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>
}

// The remainder is taken in f64. Sines of huge numbers have a branch.
// CHECK-LABEL: func @sine(
// CHECK:         %[[LARGE:.+]] = arith.cmpf oge
// CHECK:         %[[ANY:.+]] = vector.reduction <or>, %[[LARGE]]
// CHECK:         scf.if %[[ANY]]
// CHECK:           math.sin %{{.+}} {attn.library}
// CHECK:         } else {
// CHECK-NOT:       math.sin
// CHECK:           math.fma %{{.+}} : vector<8xf64>
func.func @sine(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.sin %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// Half-precision numbers are computed in f32.
// CHECK-LABEL: func @half(
// CHECK:         arith.extf
// CHECK:         arith.truncf
func.func @half(%x: vector<8xf16>) -> vector<8xf16> {
  %0 = math.exp2 %x : vector<8xf16>
  return %0 : vector<8xf16>
}

// CHECK-LABEL: func @scalar(
// CHECK:         math.exp %{{.+}} : f32
func.func @scalar(%x: f32) -> f32 {
  %0 = math.exp %x : f32
  return %0 : f32
}
