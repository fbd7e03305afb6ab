// For a GPU, .ptx is the kernels alone; the other files contain them as a
// constant and launch them. The same program gives the same bytes every time.

// RUN: rm -rf %t && mkdir %t

// RUN: attn-compile %s --target=sm_80 -o %t/sm_80.ptx
// RUN: attn-compile %s --target=sm_86 -o %t/sm_86.ptx
// RUN: attn-compile %s --target=sm_89 -o %t/sm_89.ptx
// RUN: attn-compile %s --target=sm_90a -o %t/sm_90a.ptx
// RUN: attn-compile %s --target=sm_100a -o %t/sm_100a.ptx
// RUN: attn-compile %s --target=sm_120a -o %t/sm_120a.ptx
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/sm_80.ptx -DTARGET=sm_80
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/sm_86.ptx -DTARGET=sm_86
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/sm_89.ptx -DTARGET=sm_89
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/sm_90a.ptx -DTARGET=sm_90a
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/sm_100a.ptx -DTARGET=sm_100a
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/sm_120a.ptx -DTARGET=sm_120a
// PTX: .version 8.7
// PTX-NEXT: .target [[TARGET]]
// PTX: .visible .entry attention
// PTX: mma.sync

// RUN: attn-compile %s --target=sm_80 -o %t/again.ptx
// RUN: cmp %t/sm_80.ptx %t/again.ptx
// RUN: for i in 1 2 3 4 5 6; do attn-compile %s --target=sm_80 -o %t/again.ptx && cmp %t/sm_80.ptx %t/again.ptx || exit 1; done
// RUN: attn-compile %s --target=sm_80 -o %t/a.mlir
// RUN: attn-opt %t/a.mlir | FileCheck %s --check-prefix=MLIR
// MLIR-DAG: llvm.mlir.global internal constant @{{.*}}_ptx("{{.*}}.target sm_80
// MLIR-DAG: llvm.call @attn_rt_launch(
// MLIR-DAG: llvm.func @attend(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32

// RUN: attn-compile %s --target=sm_80 --cpu=x86-64-v3 -o %t/a.ll
// RUN: %llvm_bin/llc -filetype=obj -relocation-model=pic %t/a.ll -o %t/llc.o
// RUN: attn-compile %s --target=sm_80 -o %t/a.s
// RUN: %llvm_bin/clang -c %t/a.s -o %t/as.o
// RUN: attn-compile %s --target=sm_80 --cpu=x86-64-v3 -o %t/a.o --header=%t/a.h
// RUN: attn-compile %s --target=sm_80 --cpu=x86-64-v3 -o %t/b.o
// RUN: cmp %t/a.o %t/b.o
// RUN: %llvm_bin/llvm-nm --extern-only --defined-only --format=just-symbols %t/a.o > %t/names
// RUN: FileCheck %s --check-prefix=NAMES --match-full-lines --input-file=%t/names
// NAMES:      attend
// NAMES-NEXT: attn_entry_attend
// NAMES-NOT:  {{.}}

// RUN: FileCheck %s --check-prefix=HEADER --input-file=%t/a.h
// HEADER: Functions of gpu-outputs.mlir, compiled by attn-compile for sm_80, launched from cpu x86-64-v3.
// HEADER: runs its kernels on the device that attn_rt_set_device has installed
// HEADER: } attn_rt_tensor;
// HEADER-NOT: #include "attn
// HEADER: void attn_rt_set_device(const attn_rt_device *device);
// HEADER: const attn_rt_device *attn_rt_cuda_device(void);
// HEADER: attn_rt_status attend(const attn_rt_tensor *q,

func.func @attend(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>,
                  %v: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>
      -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
