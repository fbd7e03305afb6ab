// The name of the output says what it is. The same program gives the same bytes
// every time. Each entry has a C function and a description; all else is
// internal, so that objects can be linked with each other.

// RUN: rm -rf %t && mkdir %t

// RUN: attn-compile %s --cpu=x86-64-v3 -o %t/a.mlir
// RUN: attn-opt %t/a.mlir | FileCheck %s --check-prefix=MLIR
// MLIR-DAG: llvm.func internal @twice.memrefs(
// MLIR-DAG: llvm.func internal @_mlir_ciface_twice(
// MLIR-DAG: llvm.mlir.global external constant @attn_entry_twice()
// MLIR-DAG: llvm.func @twice(%{{.*}}: !llvm.ptr, %{{.*}}: f32, %{{.*}}: !llvm.ptr) -> i32
// MLIR-DAG: llvm.func @attn_rt_invoke(!llvm.ptr, !llvm.ptr, !llvm.ptr) -> i32
// MLIR-DAG: llvm.func @flip(%{{.*}}: i8, %{{.*}}: i64, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32

// RUN: attn-compile %s --cpu=x86-64-v3 -o %t/a.ll
// RUN: FileCheck %s --check-prefix=LL --input-file=%t/a.ll
// LL: target triple = "x86_64
// LL: define i32 @twice(ptr %0, float %1, ptr %2) #[[WRAPPER:[0-9]+]]
// LL-DAG: attributes #[[WRAPPER]] = { "target-cpu"="x86-64" "target-features"="+sse2" }
// LL-DAG: "target-cpu"="x86-64-v3"
// RUN: %llvm_bin/llc -filetype=obj -relocation-model=pic %t/a.ll -o %t/llc.o

// RUN: attn-compile %s --cpu=x86-64-v3 -o %t/a.s
// RUN: %llvm_bin/clang -c %t/a.s -o %t/as.o

// RUN: attn-compile %s --cpu=x86-64-v3 -o %t/a.o
// RUN: attn-compile %s --cpu=x86-64-v3 -o %t/b.o
// RUN: cmp %t/a.o %t/b.o
// RUN: %llvm_bin/llvm-nm --extern-only --defined-only --format=just-symbols %t/a.o > %t/names
// RUN: FileCheck %s --check-prefix=NAMES --match-full-lines --input-file=%t/names
// NAMES:      attn_entry_flip
// NAMES-NEXT: attn_entry_twice
// NAMES-NEXT: flip
// NAMES-NEXT: twice
// NAMES-NOT:  {{.}}

// Two entries may be compiled apart and linked together.
// RUN: attn-compile %s --entry=twice -o %t/twice.o
// RUN: attn-compile %s --entry=flip --entry=flip -o %t/flip.o
// RUN: %llvm_bin/ld.lld -r %t/twice.o %t/flip.o -o %t/both.o

// RUN: attn-compile %s --cpu=x86-64-v4 -o %t/v4.s
// RUN: FileCheck %s --check-prefix=V4 --input-file=%t/v4.s
// RUN: FileCheck %s --check-prefix=V3 --input-file=%t/a.s
// V4: zmm
// V3-NOT: zmm
// RUN: attn-compile %s --cpu=sapphirerapids -o %t/spr.o
// RUN: attn-compile %s --cpu=znver5 -o %t/znver5.o

// RUN: attn-compile %s --cpu=x86-64-v3 -o %t/a.o --header=%t/my-file.h
// RUN: FileCheck %s --check-prefix=HEADER --input-file=%t/my-file.h
// HEADER: Functions of outputs.mlir, compiled by attn-compile for cpu x86-64-v3.
// HEADER: #ifndef ATTN_COMPILED_MY_FILE_H
// HEADER: } attn_rt_tensor;
// HEADER: const char *attn_rt_last_error(void);
// HEADER:      /// Runs @twice.
// HEADER-NEXT: ///
// HEADER-NEXT: ///   input0: input, ?x16 of f32
// HEADER-NEXT: ///   scale: input, f32
// HEADER-NEXT: ///   output: output, ?x16 of f32
// HEADER-NEXT: attn_rt_status twice(const attn_rt_tensor *input0,
// HEADER-NEXT:                      float scale,
// HEADER-NEXT:                      attn_rt_tensor *output);
// HEADER:      ///   bit: input, i1
// HEADER-NEXT: ///   int64_t_: input, i64
// HEADER-NEXT: ///   output0: output, i1
// HEADER-NEXT: ///   output1: output, i64

func.func @twice(%0: tensor<?x16xf32>, %scale: f32) -> tensor<?x16xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %0, %c0 : tensor<?x16xf32>
  %init = tensor.empty(%n) : tensor<?x16xf32>
  %1 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<?x16xf32>) outs(%init : tensor<?x16xf32>) {
    ^bb0(%x: f32, %unused: f32):
      %y = arith.mulf %x, %scale : f32
      linalg.yield %y : f32
  } -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}

func.func @flip(%bit: i1, %int64_t: index) -> (i1, index) {
  %true = arith.constant true
  %not = arith.xori %bit, %true : i1
  %next = index.add %int64_t, %int64_t
  return %not, %next : i1, index
}
