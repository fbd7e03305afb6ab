// Products of bf16 run on units for that where the processor has fast ones, and
// in f32 elsewhere.

// RUN: attn-compile %s --cpu=znver5 -o %t.znver5.s
// RUN: FileCheck %s --check-prefix=ZEN --input-file=%t.znver5.s
// RUN: attn-compile %s --cpu=x86-64-v3 -o %t.v3.s
// RUN: FileCheck %s --check-prefix=V3 --input-file=%t.v3.s
// RUN: attn-compile %s --cpu=sapphirerapids -o %t.spr.s
// RUN: FileCheck %s --check-prefix=SPR --input-file=%t.spr.s

// ZEN-COUNT-40: vdpbf16ps
// ZEN:          vcvtneps2bf16
// ZEN-COUNT-40: vdpbf16ps
// V3-NOT: bf16
// V3:     vfmadd
// V3-NOT: bf16
// SPR-NOT: vdpbf16ps

func.func @attention(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x8x?x64xbf16>, %v: tensor<?x8x?x64xbf16>)
    -> tensor<?x8x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xbf16>
  return %o : tensor<?x8x?x64xbf16>
}
