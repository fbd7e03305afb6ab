// The help teaches by example and lists no options of the LLVM libraries.

// RUN: attn-run --help | FileCheck %s --implicit-check-not=x86-asm-syntax
// CHECK: OVERVIEW: attn-run: compile a function on tensors, run it, and check or time it
// CHECK: random:SEED[:DIST][@SHAPE]
// CHECK: attn-run matmul.mlir --entry=matmul --input=a.npy --input=b.npy --output=c.npy
// CHECK: --check[=<tolerance>]
// CHECK: --threads=<n>
