// Sizes that do not fit together are found while the program runs. The output
// is not written.

// RUN: not attn-run %s --entry=matmul --input=random:1@2x3 --input=random:2@4x5 \
// RUN:   --output=%t.npy 2>&1 | FileCheck %s --check-prefix=MATMUL
// RUN: not ls %t.npy
// MATMUL: error: run-time-checks.mlir:[[# @LINE + 10]]: linalg.matmul: axis 0 of operand 1: expected 3, found 4
// RUN: not attn-run %s --entry=matmul --input=random:1@2x3 --input=random:2@4x5 --reference 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MATMUL
func.func @matmul(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %n = tensor.dim %b, %c1 : tensor<?x?xf32>
  %init = tensor.empty(%m, %n) : tensor<?x?xf32>
  %c = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// RUN: not attn-run %s --entry=sizes --input=value:4611686018427387904 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OVERFLOW
// OVERFLOW: error: size of tensor: expected at most 9223372036854775807 bytes, found more
// RUN: not attn-run %s --entry=sizes --input=value:-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: error: size of tensor axis 0: expected at least 0, found -1
// RUN: attn-run %s --entry=sizes --input=value:0 | FileCheck %s --check-prefix=EMPTY
// EMPTY: output 0: 0x0xf32 []
func.func @sizes(%n: index) -> tensor<?x?xf32> {
  %0 = tensor.empty(%n, %n) : tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// RUN: not attn-run %s --entry=assertion --input=value:3 2>&1 | FileCheck %s --check-prefix=ASSERT
// ASSERT: error: three is not enough
func.func @assertion(%n: index) {
  %c4 = arith.constant 4 : index
  %enough = arith.cmpi sge, %n, %c4 : index
  cf.assert %enough, "three is not enough"
  return
}
