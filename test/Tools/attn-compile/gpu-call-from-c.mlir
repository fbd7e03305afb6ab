// A C program calls attention that was compiled for a GPU, linked as a shared
// library and as an object: without a device that fails, and in the simulator
// the bits are those of attn-run. The library needs no library of this project.

// Off under sanitizers, because the C program is compiled without them and
// could not link the runtime, which is compiled with them.
// UNSUPPORTED: sanitizers

// RUN: rm -rf %t && mkdir %t
// RUN: attn-compile %s --target=sm_80 -o %t/libattend.so --header=%t/attend.h
// RUN: %llvm_bin/llvm-readelf -d %t/libattend.so | FileCheck %s --check-prefix=NEEDED
// NEEDED: NEEDED
// NEEDED-NOT: [{{.*(Attn|LLVM|MLIR|cuda).*}}]
// RUN: %llvm_bin/clang -std=c11 -O1 -Wall -Wextra -Werror -pedantic -I%t -I%attn_source/include \
// RUN:   %S/Inputs/gpu.c -L%t -lattend -L%attn_build/lib -lAttnSimulatorDevice \
// RUN:   -Wl,-rpath,%t -Wl,-rpath,%attn_build/lib -o %t/shared
// RUN: %python %S/Inputs/gpu.py %s %t shared sm_80

// RUN: attn-compile %s --target=sm_89 -o %t/attend.o --header=%t/attend.h
// RUN: %llvm_bin/clang -std=c11 -O1 -Wall -Wextra -Werror -pedantic -I%t -I%attn_source/include \
// RUN:   %S/Inputs/gpu.c %t/attend.o %attn_build/lib/libAttnRuntimeStatic.a -pthread -lm -ldl \
// RUN:   -L%attn_build/lib -lAttnSimulatorDevice -Wl,-rpath,%attn_build/lib -o %t/static
// RUN: %python %S/Inputs/gpu.py %s %t static sm_89

// RUN: echo '#include "attend.h"' > %t/user.cpp
// RUN: %llvm_bin/clang++ -std=c++17 -Wall -Wextra -Werror -pedantic -I%t -fsyntax-only %t/user.cpp

func.func @attend(%q: tensor<1x2x?x64xbf16>, %k: tensor<1x2x?x64xbf16>,
                  %v: tensor<1x2x?x64xbf16>) -> tensor<1x2x?x64xbf16> {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.125
    : tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16>,
      !attn.mask<1, 1> -> tensor<1x2x?x64xbf16>
  return %o : tensor<1x2x?x64xbf16>
}
