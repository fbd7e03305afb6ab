// Products of bf16 run on units for that where the processor has fast ones, and
// in f32 elsewhere.

// RUN: attn-compile %s --cpu=znver5 -o %t.znver5.s
// RUN: FileCheck %s --check-prefix=ZEN --input-file=%t.znver5.s
// RUN: attn-compile %s --cpu=x86-64-v3 -o %t.v3.s
// RUN: FileCheck %s --check-prefix=V3 --input-file=%t.v3.s
// RUN: attn-compile %s --cpu=sapphirerapids -o %t.spr.s
// RUN: FileCheck %s --check-prefix=SPR --input-file=%t.spr.s \
// RUN:   --implicit-check-not=ldtilecfg --implicit-check-not=vdpbf16ps \
// RUN:   --implicit-check-not='{{tile(stored|loadd).*[(]%rsp}}'
// RUN: attn-compile %s --cpu=sapphirerapids -o %t.spr.ll
// RUN: FileCheck %s --check-prefix=ASKS --input-file=%t.spr.ll

// ZEN-COUNT-40: vdpbf16ps
// ZEN:          vcvtneps2bf16
// ZEN-COUNT-40: vdpbf16ps
// V3-NOT: {{v[a-z0-9]+bf16}}
// V3:     vfmadd
// V3-NOT: {{v[a-z0-9]+bf16}}

// Sapphire Rapids multiplies tiles, configured once in a kernel and kept in
// registers: none is on the stack. The process has asked for them before.
// SPR:         ldtilecfg
// SPR-COUNT-4: tilezero
// SPR:         tileloadd
// SPR-COUNT-8: tdpbf16ps
// SPR-COUNT-4: tilestored
// SPR-COUNT-16: tdpbf16ps
// SPR:         tilerelease
// ASKS:      define internal void @attention.packed(ptr %0)
// ASKS-NEXT:   call void @attn_rt_require_amx()

func.func @attention(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x8x?x64xbf16>, %v: tensor<?x8x?x64xbf16>)
    -> tensor<?x8x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xbf16>
  return %o : tensor<?x8x?x64xbf16>
}
