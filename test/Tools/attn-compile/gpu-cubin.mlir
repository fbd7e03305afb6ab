// With ptxas, .cubin is machine code for each target: an ELF file for CUDA.

// REQUIRES: ptxas

// RUN: rm -rf %t && mkdir %t
// RUN: attn-compile %s --target=sm_80 -o %t/80.cubin
// RUN: %llvm_bin/llvm-readelf -h %t/80.cubin | FileCheck %s
// RUN: attn-compile %s --target=sm_86 -o %t/86.cubin
// RUN: %llvm_bin/llvm-readelf -h %t/86.cubin | FileCheck %s
// RUN: attn-compile %s --target=sm_89 -o %t/89.cubin
// RUN: %llvm_bin/llvm-readelf -h %t/89.cubin | FileCheck %s
// RUN: attn-compile %s --target=sm_90a -o %t/90a.cubin
// RUN: %llvm_bin/llvm-readelf -h %t/90a.cubin | FileCheck %s
// RUN: attn-compile %s --target=sm_100a -o %t/100a.cubin
// RUN: %llvm_bin/llvm-readelf -h %t/100a.cubin | FileCheck %s
// RUN: attn-compile %s --target=sm_120a -o %t/120a.cubin
// RUN: %llvm_bin/llvm-readelf -h %t/120a.cubin | FileCheck %s
// CHECK: NVIDIA CUDA

func.func @attend(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>,
                  %v: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
