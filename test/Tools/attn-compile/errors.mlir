// Whatever is wrong is said in one sentence; the exit code is 1 and no file is
// written or changed.

// RUN: rm -rf %t && mkdir %t %t/folder.o

// RUN: not attn-compile %s -o %t/a.o --target=abacus 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'abacus': expected cpu, sm_80, sm_86, sm_89, sm_90a, sm_100a or sm_120a
// RUN: not attn-compile %s -o %t/a.o --cpu=z80 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: unknown cpu 'z80': expected native, x86-64-v3, x86-64-v4, sapphirerapids or znver5
// RUN: not attn-compile %s 2>&1 | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: error: expected -o FILE with a name that ends in .mlir, .ll, .s, .o or .so
// RUN: not attn-compile %s -o %t/a.exe 2>&1 | FileCheck %s --check-prefix=KIND
// KIND: error: output {{.*}}/a.exe: expected a name that ends in .mlir, .ll, .s, .o or .so
// RUN: not attn-compile %s -o %t/a.o --frobnicate 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: error: Unknown command line argument '--frobnicate'

// RUN: not attn-compile %s -o %t/nowhere/a.o 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: error: cannot write {{.*}}/nowhere/a.o: No such file or directory
// RUN: not attn-compile %s -o %t/folder.o 2>&1 | FileCheck %s --check-prefix=IS-FOLDER
// IS-FOLDER: error: cannot write {{.*}}/folder.o: is a directory
// RUN: not attn-compile %s --entry=good -o %t/a.o --header=%t/nowhere/a.h 2>&1 | FileCheck %s --check-prefix=HEADER
// HEADER: error: cannot write {{.*}}/nowhere/a.h: No such file or directory
// RUN: not attn-compile %s --entry=good -o %t/a.s --header=%t/a.s 2>&1 | FileCheck %s --check-prefix=SAME
// SAME: error: --header: expected another file than {{.*}}/a.s

// A full disk leaves nothing behind, and what was there before as it was.
// RUN: echo before > %t/kept.mlir
// RUN: not bash -c 'trap "" XFSZ; ulimit -f 1; attn-compile %s --entry=good -o %t/kept.mlir' 2>&1 | FileCheck %s --check-prefix=FULL
// FULL: error: cannot write {{.*}}/kept.mlir: File too large
// RUN: grep -x before %t/kept.mlir

// RUN: not attn-compile %s --entry=nobody -o %t/a.o 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: error: no public function @nobody: public functions are @good, @memref, @a.b, @rank
// RUN: not attn-compile %s --entry=good --entry=hidden -o %t/a.o 2>&1 | FileCheck %s --check-prefix=HIDDEN
// HIDDEN: error: no public function @hidden: public functions are
// RUN: echo 'func.func private @f()' > %t/private.txt
// RUN: not attn-compile %t/private.txt -o %t/a.o 2>&1 | FileCheck %s --check-prefix=NO-ENTRY
// NO-ENTRY: error: the module has no public function
// RUN: not attn-compile %s --entry=memref -o %t/a.o 2>&1 | FileCheck %s --check-prefix=MEMREF
// MEMREF: error: parameter 0 of @memref has type memref<4xf32>: expected a ranked tensor or a scalar of f16, bf16,
// RUN: not attn-compile %s --entry=a.b -o %t/a.o 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: @a.b: expected a function whose name is an identifier of C
// RUN: not attn-compile %s --entry=attn_rt_alloc -o %t/a.o 2>&1 | FileCheck %s --check-prefix=RESERVED
// RESERVED: error: @attn_rt_alloc: names that start with attn_rt_ and attn_entry_ are those of the runtime library
// RUN: not attn-compile %s --entry=rank -o %t/a.o 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: error: parameter 0 of @rank has rank 9: expected at most 8

// RUN: not attn-compile %t/nowhere.mlir -o %t/a.o 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: error: cannot open input file '{{.*}}nowhere.mlir': No such file or directory
// RUN: echo 'func.func @f( {' > %t/bad.txt
// RUN: not attn-compile %t/bad.txt -o %t/a.o 2>&1 | FileCheck %s --check-prefix=PARSE
// PARSE: bad.txt:1:{{[0-9]+}}: error: expected
// PARSE: error: cannot parse {{.*}}bad.txt
// RUN: echo 'func.func @f(%%a: tensor<2xf32>) -> tensor<3xf32> { return %%a : tensor<2xf32> }' > %t/invalid.txt
// RUN: not attn-compile %t/invalid.txt -o %t/a.o 2>&1 | FileCheck %s --check-prefix=VERIFY
// VERIFY: error: type of return operand 0 ('tensor<2xf32>') doesn't match function result type ('tensor<3xf32>')
// VERIFY: error: cannot parse {{.*}}invalid.txt

// No linker, and one that fails.
// RUN: env PATH=%t %attn_build/bin/attn-compile %s --entry=good -o %t/a.o
// RUN: rm %t/a.o
// RUN: not env PATH=%t %attn_build/bin/attn-compile %s --entry=good -o %t/a.so --header=%t/a.h 2>&1 | FileCheck %s --check-prefix=NO-LINKER
// NO-LINKER: error: cannot link the shared library: found no clang-22, clang, cc or gcc on the PATH; install one, or compile to .o and link that
// RUN: mkdir %t/bin
// RUN: printf '#!/bin/sh\necho bad luck >&2\nexit 3\n' > %t/bin/cc
// RUN: chmod +x %t/bin/cc
// RUN: not env PATH=%t/bin:%t %attn_build/bin/attn-compile %s --entry=good -o %t/a.so --header=%t/a.h 2>&1 | FileCheck %s --check-prefix=BAD-LINKER
// BAD-LINKER: error: cannot link the shared library: {{.*}}/bin/cc failed: bad luck

// RUN: ls %t | FileCheck %s --check-prefix=LEFT --match-full-lines --implicit-check-not={{.}}
// LEFT: bad.txt
// LEFT: bin
// LEFT: folder.o
// LEFT: invalid.txt
// LEFT: kept.mlir
// LEFT: private.txt

func.func @good(%a: tensor<?xf32>) -> tensor<?xf32> {
  return %a : tensor<?xf32>
}
func.func @memref(%buffer: memref<4xf32>) {
  return
}
func.func @"a.b"() {
  return
}
func.func @rank(%a: tensor<1x1x1x1x1x1x1x1x?xf32>) {
  return
}
func.func @attn_rt_alloc() {
  return
}
func.func private @hidden() {
  return
}
