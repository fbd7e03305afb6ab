// A C program calls compiled code, linked as an object and as a shared library,
// at several lengths: the bits are those of attn-run. The shared library needs
// no library of this project.

// Off under sanitizers, because the C program is compiled without them and
// could not link the runtime, which is compiled with them.
// UNSUPPORTED: sanitizers

// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: attn-compile %s -o %t/attend.o --header=%t/attend.h
// RUN: attn-compile %s -o %t/libattend.so
// RUN: %llvm_bin/clang -std=c11 -O1 -Wall -Wextra -Werror -pedantic -I%t %S/Inputs/main.c \
// RUN:   %t/attend.o %attn_build/lib/libAttnRuntimeStatic.a -pthread -lm -o %t/static
// RUN: %llvm_bin/clang -std=c11 -O1 -Wall -Wextra -Werror -pedantic -I%t %S/Inputs/main.c \
// RUN:   -L%t -lattend -Wl,-rpath,%t -o %t/shared
// RUN: echo '#include "attend.h"' > %t/user.cpp
// RUN: %llvm_bin/clang++ -std=c++17 -Wall -Wextra -Werror -pedantic -I%t -fsyntax-only %t/user.cpp
// RUN: %llvm_bin/llvm-readelf -d %t/libattend.so | FileCheck %s --check-prefix=NEEDED
// NEEDED: NEEDED
// NEEDED-NOT: [{{.*(Attn|LLVM|MLIR|stdc).*}}]

// RUN: %python %S/Inputs/compare.py %s %t

// RUN: %t/static errors | FileCheck %s --check-prefix=ERRORS
// RUN: %t/shared errors | FileCheck %s --check-prefix=ERRORS
// ERRORS: {{^}}2: attn.attention: extent of 'j' in the value: expected 5, found 6
// ERRORS-NEXT: {{^}}1: input 0 (%q): expected shape ?x4x?x32, found 2x3x3x32
// ERRORS-NEXT: {{^}}1: input 0 (%q): expected rank 4 (?x4x?x32), found rank 3 (2x4x3)
// ERRORS-NEXT: {{^}}1: input 1 (%k): expected element type f32, found bf16
// ERRORS-NEXT: {{^}}1: input 2 (%v): expected a tensor, found a null pointer
// ERRORS-NEXT: {{^}}3: tensor memory: cannot allocate {{[0-9]+}} bytes
// ERRORS: {{^}}3: scratch memory: cannot allocate {{[0-9]+}} bytes
// ERRORS: succeeds after failures
// ERRORS-NEXT: {{^}}1: output 0: expected shape 2x4x3x32, found 2x4x5x32

func.func @attend(%q: tensor<?x4x?x32xf32>, %k: tensor<?x4x?x32xf32>,
                  %v: tensor<?x4x?x32xf32>) -> tensor<?x4x?x32xf32> {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.1767766952966369
    : tensor<?x4x?x32xf32>, tensor<?x4x?x32xf32>, tensor<?x4x?x32xf32>,
      !attn.mask<1, 1> -> tensor<?x4x?x32xf32>
  return %o : tensor<?x4x?x32xf32>
}
