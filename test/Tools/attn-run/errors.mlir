// Whatever is wrong with the command line or the inputs is said in one
// sentence; the exit code is 1 and no output is written.

// RUN: %python -c "import numpy as np; np.save('%t.f64.npy', np.zeros((2, 4))); np.save('%t.rank.npy', np.zeros(4, np.float32)); np.save('%t.u8.npy', np.zeros(4, np.uint8))"

// RUN: not attn-run %s --entry=nobody 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: error: no public function @nobody: public functions are @matmul, @memref, @string, @scalar
// RUN: not attn-run %s 2>&1 | FileCheck %s --check-prefix=NO-ENTRY
// NO-ENTRY: error: expected --entry=NAME: public functions are @matmul,
// RUN: not attn-run %s --entry=hidden 2>&1 | FileCheck %s --check-prefix=HIDDEN
// HIDDEN: error: no public function @hidden: public functions are
// RUN: not attn-run %t.nowhere.mlir 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: error: cannot open input file '{{.*}}nowhere.mlir': No such file or directory
// RUN: echo 'func.func @f( {' > %t.bad.mlir
// RUN: not attn-run %t.bad.mlir 2>&1 | FileCheck %s --check-prefix=PARSE
// PARSE: bad.mlir:1:{{[0-9]+}}: error: expected
// PARSE: error: cannot parse {{.*}}bad.mlir

// RUN: not attn-run %s --entry=matmul --input=random:1 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: @matmul: expected 2 inputs, found 1
// RUN: not attn-run %s --entry=matmul --input=random:1@2x4 --input=random:1@4x5 --output=%t.a.npy --output=%t.b.npy 2>&1 | FileCheck %s --check-prefix=OUTPUTS
// OUTPUTS: error: @matmul: expected 1 outputs, found 2
// RUN: not attn-run %s --entry=matmul --input=%t.nowhere.npy --input=random:1@4x5 2>&1 | FileCheck %s --check-prefix=NPY
// NPY: error: input 0 (%lhs): {{.*}}nowhere.npy
// RUN: not attn-run %s --entry=matmul --input=%t.u8.npy --input=random:1@4x5 2>&1 | FileCheck %s --check-prefix=DESCR
// DESCR: error: input 0 (%lhs): {{.*}}u8.npy
// RUN: not attn-run %s --entry=matmul --input=%t.f64.npy --input=random:1@4x5 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: error: input 0 (%lhs): expected element type f32, found f64
// RUN: not attn-run %s --entry=matmul --input=random:1@2x4 --input=%t.rank.npy 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: error: input 1 (%rhs): expected rank 2 (4x?), found rank 1 (4)
// RUN: not attn-run %s --entry=matmul --input=random:1@2x4 --input=random:1@5x4 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: error: input 1 (%rhs): expected shape 4x?, found 5x4
// RUN: not attn-run %s --entry=matmul --input=random:1 --input=random:1@4x4 2>&1 | FileCheck %s --check-prefix=SIZES
// SIZES: error: input 0 (%lhs): expected sizes for shape ?x?, such as random:1@4x4, found none
// RUN: not attn-run %s --entry=matmul --input=random:1@2xx4 --input=random:1@4x4 2>&1 | FileCheck %s --check-prefix=SYNTAX
// SYNTAX: error: input 0 (%lhs): expected a shape such as 2x4x64, found '2xx4'
// RUN: not attn-run %s --entry=matmul --input=random:x@2x4 --input=random:1@4x4 2>&1 | FileCheck %s --check-prefix=SEED
// SEED: error: input 0 (%lhs):
// RUN: not attn-run %s --entry=matmul --input=random:1@4611686018427387904x4 --input=random:1@4x4 2>&1 | FileCheck %s --check-prefix=OVERFLOW
// OVERFLOW: error: input 0 (%lhs):
// RUN: not attn-run %s --entry=matmul --input=value:1 --input=random:1@4x4 2>&1 | FileCheck %s --check-prefix=VALUE
// VALUE: error: input 0 (%lhs): expected an array of shape ?x?, found the number 1
// RUN: not attn-run %s --entry=scalar --input=value:1.5 2>&1 | FileCheck %s --check-prefix=INTEGER
// INTEGER: error: input 0 (%n): expected an integer from -2147483648 to 2147483647, found '1.5'

// RUN: not attn-run %s --entry=matmul --input=random:1@2x4 --input=random:1@4x4 --output=%t.nowhere/a.npy 2>&1 | FileCheck %s --check-prefix=WRITE
// WRITE: error: cannot write {{.*}}nowhere/a.npy: No such file or directory
// RUN: not attn-run %s --entry=memref 2>&1 | FileCheck %s --check-prefix=MEMREF
// MEMREF: error: parameter 0 of @memref has type memref<4xf32>: expected a ranked tensor or a scalar of f16, bf16,
// RUN: not attn-run %s --entry=string 2>&1 | FileCheck %s --check-prefix=RESULT
// RESULT: error: result 0 of @string has type tensor<2xi4>: expected a ranked tensor

// RUN: not attn-run %s --entry=matmul --target=abacus 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'abacus': expected cpu, sm_80, sm_86, sm_89, sm_90a, sm_100a or sm_120a
// RUN: not attn-run %s --entry=matmul --cpu=z80 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: unknown cpu 'z80': expected native, x86-64-v3, x86-64-v4, sapphirerapids or znver5
// RUN: not attn-run %s --frobnicate 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: error: Unknown command line argument '--frobnicate'
// RUN: not attn-run %s --check=nice 2>&1 | FileCheck %s --check-prefix=TOLERANCE
// TOLERANCE: error: --check: expected a tolerance of at least 0, found 'nice'
// RUN: not attn-run %s --check --reference 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: error: --check compares with the reference: leave out --reference
// RUN: not attn-run %s --time --repeat=0 2>&1 | FileCheck %s --check-prefix=REPEAT
// REPEAT: error: --repeat: expected at least 1, found 0
// RUN: not attn-run %s --threads=-2 2>&1 | FileCheck %s --check-prefix=THREADS
// THREADS: error: --threads: expected at least 0, found -2

func.func @matmul(%lhs: tensor<?x?xf32>, %rhs: tensor<4x?xf32>) -> tensor<?x?xf32> {
  return %lhs : tensor<?x?xf32>
}
func.func @memref(%buffer: memref<4xf32>) {
  return
}
func.func @string() -> tensor<2xi4> {
  %0 = tensor.empty() : tensor<2xi4>
  return %0 : tensor<2xi4>
}
func.func @scalar(%n: i32) {
  return
}
func.func private @hidden() {
  return
}
