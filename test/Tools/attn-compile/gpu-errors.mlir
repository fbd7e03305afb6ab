// Whatever is wrong with a compilation for a GPU is said in one sentence; the
// exit code is 1 and no file is written.

// RUN: rm -rf %t && mkdir %t %t/bin

// RUN: not attn-compile %s --entry=good -o %t/a.ptx --target=sm_81 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'sm_81': expected cpu, sm_80, sm_86, sm_89, sm_90a, sm_100a or sm_120a
// RUN: not attn-compile %s --entry=good -o %t/a.ptx 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not attn-compile %s --entry=good -o %t/a.cubin 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: output {{.*}}/a.{{ptx|cubin}}: expected a --target that is a GPU, such as sm_80
// RUN: not attn-compile %s --entry=good -o %t/a.exe --target=sm_80 2>&1 | FileCheck %s --check-prefix=KIND
// KIND: error: output {{.*}}/a.exe: expected a name that ends in .mlir, .ll, .s, .o, .so, .ptx or .cubin
// RUN: not attn-compile %s --entry=good --target=sm_80 2>&1 | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: error: expected -o FILE with a name that ends in .mlir, .ll, .s, .o, .so, .ptx or .cubin
// RUN: not attn-compile %s --entry=good -o %t/a.ptx --header=%t/a.h --target=sm_80 2>&1 | FileCheck %s --check-prefix=HEADER
// HEADER: error: --header: {{.*}}/a.ptx has only kernels; compile to .o or .so for functions of C
// RUN: not attn-compile %s --entry=host -o %t/a.ptx --target=sm_80 2>&1 | FileCheck %s --check-prefix=HOST
// HOST: error: the program has no kernels for sm_80: nothing in it is attention
// RUN: not attn-compile %s --entry=map -o %t/a.ptx --target=sm_80 2>&1 | FileCheck %s --check-prefix=MAP
// MAP: error: 'attn.map' op has no kernel for sm_80; compile for cpu
// RUN: not attn-compile %s --entry=einsum -o %t/a.so --target=sm_90a 2>&1 | FileCheck %s --check-prefix=EINSUM
// EINSUM: error: 'attn.einsum' op has no kernel for sm_90a; compile for cpu
// EINSUM: error: cannot compile @einsum for sm_90a

// No assembler, and one that fails. CUDA_HOME is asked after the PATH.
// RUN: not env -u CUDA_HOME PATH=%t %attn_build/bin/attn-compile %s --entry=good -o %t/a.cubin --target=sm_80 2>&1 | FileCheck %s --check-prefix=NO-PTXAS
// RUN: not env CUDA_HOME=%t PATH=%t %attn_build/bin/attn-compile %s --entry=good -o %t/a.cubin --target=sm_80 2>&1 | FileCheck %s --check-prefix=NO-PTXAS
// NO-PTXAS: error: cannot assemble the kernels for sm_80: found no ptxas on the PATH or in $CUDA_HOME/bin; install the CUDA toolkit or the package nvidia-cuda-nvcc of PyPI, or compile to .ptx
// RUN: printf '#!/bin/sh\necho compiling >&2\necho "ptxas fatal : error: bad luck" >&2\nexit 3\n' > %t/bin/ptxas
// RUN: chmod +x %t/bin/ptxas
// RUN: not env PATH=%t/bin %attn_build/bin/attn-compile %s --entry=good -o %t/a.cubin --target=sm_80 2>&1 | FileCheck %s --check-prefix=BAD-PTXAS
// RUN: not env CUDA_HOME=%t PATH=%t %attn_build/bin/attn-compile %s --entry=good -o %t/a.cubin --target=sm_80 2>&1 | FileCheck %s --check-prefix=BAD-PTXAS
// BAD-PTXAS: error: cannot assemble the kernels for sm_80: {{.*}}/bin/ptxas failed: ptxas fatal : error: bad luck

// RUN: ls %t | FileCheck %s --check-prefix=LEFT --match-full-lines --implicit-check-not={{.}}
// LEFT: bin

func.func @good(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>,
                %v: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
func.func @host(%a: tensor<?xf32>) -> tensor<?xf32> {
  return %a : tensor<?xf32>
}
func.func @einsum(%x: tensor<3xf32>, %y: tensor<4xf32>) -> tensor<3x4xf32> {
  %z = attn.einsum (%x[n], %y[m]) -> [n, m] : tensor<3xf32>, tensor<4xf32> -> tensor<3x4xf32>
  return %z : tensor<3x4xf32>
}
func.func @map(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = attn.map [n] with (%a = %x[n] : tensor<3xf32>) {
    %b = arith.addf %a, %a : f32
    attn.yield %b : f32
  } -> tensor<3xf32>
  return %y : tensor<3xf32>
}
