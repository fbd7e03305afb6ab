// Inputs come from files, random numbers and the command line, in the order of
// the parameters; every element type and scalars pass through unchanged.

// RUN: %python -c "import numpy as np; np.save('%t.f32.npy', np.arange(6, dtype=np.float32).reshape(2, 3)); np.save('%t.f16.npy', np.arange(4, dtype=np.float16)); np.save('%t.bf16.npy', np.array([0x3f80, 0xc000], np.uint16).view('V2')); np.save('%t.f64.npy', np.array(0.1)); np.save('%t.i1.npy', np.array([True, False, True])); np.save('%t.i32.npy', np.array([[-7]], np.int32))"
// RUN: attn-run %s --entry=types --input=%t.f32.npy --input=%t.f16.npy \
// RUN:   --input=%t.bf16.npy --input=%t.f64.npy --input=%t.i1.npy --input=%t.i32.npy \
// RUN:   | FileCheck %s --check-prefix=TYPES
// TYPES:      output 0: 2x3xf32 [0, 1, 2, 3, 4, 5]
// TYPES-NEXT: output 1: 4xf16 [0, 1, 2, 3]
// TYPES-NEXT: output 2: 2xbf16 [1, -2]
// TYPES-NEXT: output 3: f64 [0.1]
// TYPES-NEXT: output 4: 3xi1 [1, 0, 1]
// TYPES-NEXT: output 5: 1x1xi32 [-7]
func.func @types(%a: tensor<?x3xf32>, %b: tensor<?xf16>, %c: tensor<2xbf16>,
                 %d: tensor<f64>, %e: tensor<3xi1>, %f: tensor<?x?xi32>)
    -> (tensor<?x3xf32>, tensor<?xf16>, tensor<2xbf16>, tensor<f64>,
        tensor<3xi1>, tensor<?x?xi32>) {
  return %a, %b, %c, %d, %e, %f : tensor<?x3xf32>, tensor<?xf16>, tensor<2xbf16>,
      tensor<f64>, tensor<3xi1>, tensor<?x?xi32>
}

// RUN: attn-run %s --entry=scalars --input=value:3.5 --input=value:4 \
// RUN:   --input=value:-3 --input=value:1 --input=value:-0.5 \
// RUN:   | FileCheck %s --check-prefix=SCALARS
// SCALARS:      output 0: i1 [1]
// SCALARS-NEXT: output 1: 4xf32 [3.5, 3.5, 3.5, 3.5]
// SCALARS-NEXT: output 2: bf16 [-0.5]
// SCALARS-NEXT: output 3: i32 [-6]
// SCALARS-NEXT: output 4: i64 [4]
func.func @scalars(%x: f32, %n: index, %i: i32, %b: i1, %h: bf16)
    -> (i1, tensor<?xf32>, bf16, i32, index) {
  %t = tensor.splat %x[%n] : tensor<?xf32>
  %double = arith.addi %i, %i : i32
  return %b, %t, %h, %double, %n : i1, tensor<?xf32>, bf16, i32, index
}

// One scalar alone is returned in a register.
// RUN: attn-run %s --entry=one --input=value:1.5 | FileCheck %s --check-prefix=ONE
// ONE: output 0: f64 [3]
func.func @one(%x: f64) -> f64 {
  %y = arith.addf %x, %x : f64
  return %y : f64
}

// Random numbers are the same in every run; sizes follow an @.
// RUN: attn-run %s --entry=random --input=random:7@2x2 --input=random:7 \
// RUN:   --input=random:3:int:0:9@0x5 | FileCheck %s --check-prefix=RANDOM
// RANDOM:      output 0: 2x2xf32 [[NUMBERS:.+]]
// RANDOM-NEXT: output 1: 2x2xf32 [[NUMBERS]]
// RANDOM-NEXT: output 2: 0x5xi32 []
func.func @random(%a: tensor<?x?xf32>, %b: tensor<2x2xf32>, %c: tensor<?x?xi32>)
    -> (tensor<?x?xf32>, tensor<2x2xf32>, tensor<?x?xi32>) {
  return %a, %b, %c : tensor<?x?xf32>, tensor<2x2xf32>, tensor<?x?xi32>
}
