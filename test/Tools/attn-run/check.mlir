// --check compares with the reference, prints one line per result, and fails
// above the tolerance; --time prints times.

// RUN: attn-run %s --entry=sums --input=random:1@37x50 --check \
// RUN:   | FileCheck %s --check-prefix=GOOD
// GOOD: output 0: 37xf32 relative error {{[0-9.e-]+}} (tolerance 2e-05), max abs {{[0-9.e-]+}} at [{{[0-9]+}}]
// RUN: not attn-run %s --entry=sums --input=random:1@37x50 --check=0 \
// RUN:   --output=%t.none.npy 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not ls %t.none.npy
// BAD: output 0: {{.*}} (tolerance 0e+00), {{.*}} <- too large
// BAD: error: output 0 differs from the reference by more than the tolerance
// RUN: attn-run %s --entry=sums --input=random:1@37x50 --time --repeat=3 --threads=1 \
// RUN:   | FileCheck %s --check-prefix=TIME
// TIME:      compile {{[0-9.]+}} ms
// TIME-NEXT: first {{[0-9.]+}} ms
// TIME-NEXT: best {{[0-9.]+}} ms of 3 runs
// TIME-NEXT: median {{[0-9.]+}} ms
// TIME-NEXT: threads 1, cpu native
func.func @sums(%x: tensor<?x?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %init = tensor.empty(%m) : tensor<?xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%init : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.reduce ins(%x : tensor<?x?xf32>) outs(%fill : tensor<?xf32>)
      dimensions = [1] (%in: f32, %acc: f32) {
        %s = arith.addf %acc, %in : f32
        linalg.yield %s : f32
      }
  return %sum : tensor<?xf32>
}

// Memory that nobody writes is NaN under --check.
// RUN: attn-run %s --entry=unwritten --check | FileCheck %s --check-prefix=NAN
// NAN: output 0: f32 relative error 0.00e+00
// RUN: attn-run %s --entry=unwritten --check --output=%t.npy
// RUN: %python -c "import numpy as np; assert np.isnan(np.load('%t.npy'))"
func.func @unwritten() -> f32 {
  %c5 = arith.constant 5 : index
  %init = tensor.empty() : tensor<9xf32>
  %x = tensor.extract %init[%c5] : tensor<9xf32>
  return %x : f32
}
