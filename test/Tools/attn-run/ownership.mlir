// Parameters may be returned, once or twice, and are never written to.

// RUN: attn-run %s --entry=twice --input=random:1:int:1:1@3 | FileCheck %s --check-prefix=TWICE
// TWICE: output 0: 3xf32 [1, 1, 1]
// TWICE: output 1: 3xf32 [1, 1, 1]
func.func @twice(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  return %x, %x : tensor<?xf32>, tensor<?xf32>
}

// RUN: attn-run %s --entry=in_place --input=random:1:int:1:1@3 | FileCheck %s --check-prefix=IN-PLACE
// IN-PLACE: output 0: 3xf32 [-1, -1, -1]
// IN-PLACE: output 1: 3xf32 [1, 1, 1]
func.func @in_place(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %y = linalg.negf ins(%x : tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
  return %y, %x : tensor<?xf32>, tensor<?xf32>
}

// RUN: attn-run %s --entry=constant | FileCheck %s --check-prefix=CONSTANT
// CONSTANT: output 0: 2xi32 [4, 5]
func.func @constant() -> tensor<2xi32> {
  %c = arith.constant dense<[4, 5]> : tensor<2xi32>
  return %c : tensor<2xi32>
}

// A slice has gaps; the result has not.
// RUN: attn-run %s --entry=slice | FileCheck %s --check-prefix=SLICE
// SLICE: output 0: 2x1xi32 [2, 4]
func.func @slice() -> tensor<2x1xi32> {
  %c = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %s = tensor.extract_slice %c[0, 1] [2, 1] [1, 1] : tensor<2x2xi32> to tensor<2x1xi32>
  return %s : tensor<2x1xi32>
}
