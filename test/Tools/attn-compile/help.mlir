// The help teaches by example and lists no options of the LLVM libraries.

// RUN: attn-compile --help | FileCheck %s --implicit-check-not=x86-asm-syntax
// CHECK: OVERVIEW: attn-compile: compile functions on tensors to files
// CHECK: attn-compile attend.mlir --cpu=x86-64-v3 -o libattend.so --header=attend.h
// CHECK: --cpu=<name>
// CHECK: --entry=<name>
// CHECK: --header=<file.h>
