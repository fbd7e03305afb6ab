// REQUIRES: plugin
// The host is not instrumented, so it cannot load or link instrumented code.
// UNSUPPORTED: sanitizers
// RUN: %llvm_bin/mlir-opt --load-dialect-plugin=%attn_build/lib/libAttnPlugin.so %s \
// RUN:   | FileCheck %s --check-prefix=PARSE
// RUN: %llvm_bin/mlir-opt --load-dialect-plugin=%attn_build/lib/libAttnPlugin.so \
// RUN:   --load-pass-plugin=%attn_build/lib/libAttnPlugin.so \
// RUN:   --pass-pipeline="builtin.module(attn-to-cpu{target=x86-64-v3})" %s \
// RUN:   | FileCheck %s --check-prefix=COMPILE

// The plugin brings the dialects and the passes to the packaged mlir-opt, which
// then compiles attention down to the LLVM dialect.

// PARSE-LABEL: func.func @sliding
// PARSE: attn.mask.sliding
// PARSE: attn.attention

// COMPILE-NOT: {{(attn|tile)[.][a-z_.]+ [%@]}}
// COMPILE: llvm.func @sliding
// COMPILE: llvm.call @attn_rt_parallel_for
// COMPILE-NOT: {{(attn|tile)[.][a-z_.]+ [%@]}}

func.func @sliding(%q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>,
                   %v: tensor<?x2x?x32xf32>) -> tensor<?x2x?x32xf32> {
  %window = attn.mask.sliding window(100)
  %o = attn.attention dots(%q * %k) values(%v) mask(%window) scale = 0.25
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x32xf32>,
      !attn.mask<1, 1> -> tensor<?x2x?x32xf32>
  return %o : tensor<?x2x?x32xf32>
}
