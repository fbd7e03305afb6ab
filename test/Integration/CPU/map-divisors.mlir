// A divisor in attn.map and attn.einsum must be positive, if there is anything
// to divide: one that all elements share is checked once, any other where it
// divides. Nothing is ever divided by 0.

// RUN: attn-run %s --entry=shared --input=random:1@10 --input=value:3 --check
// RUN: attn-run %s --entry=shared --input=random:1@0 --input=value:0 --check
// RUN: not attn-run %s --entry=shared --input=random:1@10 --input=value:0 2>&1 | FileCheck %s --check-prefix=MAP
// RUN: not attn-run %s --entry=shared --input=random:1@10 --input=value:-2 --reference 2>&1 | FileCheck %s --check-prefix=MAP2
// MAP: attn.map: divisor of an index: expected at least 1, found 0
// MAP2: attn.map: divisor of an index: expected at least 1, found -2

// RUN: %python -c "import numpy as np; np.save('%t.good.npy', np.array([1, 2, 3], np.int32)); np.save('%t.bad.npy', np.array([1, 0, 3], np.int32))"
// RUN: attn-run %s --entry=own --input=%t.good.npy --check
// RUN: not attn-run %s --entry=own --input=%t.bad.npy 2>&1 | FileCheck %s --check-prefix=OWN
// RUN: not attn-run %s --entry=own --input=%t.bad.npy --reference 2>&1 | FileCheck %s --check-prefix=OWN
// OWN: attn.map: divisor of an integer: expected at least 1, found 0

// RUN: attn-run %s --entry=sum --input=random:1@5x4 --input=random:2@3x4 --input=value:2 --check
// RUN: not attn-run %s --entry=sum --input=random:1@5x4 --input=random:2@3x4 --input=value:0 2>&1 | FileCheck %s --check-prefix=SUM
// SUM: attn.einsum: divisor of an index: expected at least 1, found 0

func.func @shared(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %y = attn.map [i] with (n = %n : index, %v = %x[i] : tensor<?xf32>, %p = %x[i floordiv n] : tensor<?xf32>) {
    %h = arith.addf %v, %p : f32
    attn.yield %h : f32
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
}

func.func @own(%x: tensor<?xi32>) -> tensor<?xf32> {
  %y = attn.map [i] with (%d = %x[i] : tensor<?xi32>) {
    %c = arith.constant 100 : i32
    %e = arith.index_cast %d : index to i32
    %q = arith.divsi %c, %e : i32
    %f = arith.sitofp %q : i32 to f32
    attn.yield %f : f32
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
}

func.func @sum(%x: tensor<?x?xf32>, %w: tensor<?x?xf32>, %n: index) -> tensor<?xf32> {
  %y = attn.einsum with (n = %n : index) (%x[i, d], %w[i floordiv n, d]) -> [i]
    : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?xf32>
  return %y : tensor<?xf32>
}
