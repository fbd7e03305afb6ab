// Attention of bf16 runs in the simulator with the numbers of the
// reference: lengths that fill no tile, several heads, one query, no key; with
// either sum of products, and copies that arrive late.

// RUN: attn-run %s --entry=full --target=sm_80 --device=sim --input=random:1@1x2x100x64 --input=random:2@1x2x177x64 --input=random:3@1x2x177x64 --check
// RUN: attn-run %s --entry=full --target=sm_80 --device=sim --sim=seed=1,mma=hardware,copies=late --input=random:1@2x1x63x64 --input=random:2@2x1x65x64 --input=random:3@2x1x65x64 --check
// RUN: attn-run %s --entry=full --target=sm_120a --device=sim --input=random:1@1x1x1x64 --input=random:2@1x1x1x64 --input=random:3@1x1x1x64 --check
// RUN: attn-run %s --entry=full --target=sm_80 --device=sim --input=random:1@1x1x70x64 --input=random:2@1x1x0x64 --input=random:3@1x1x0x64 --check
// RUN: attn-run %s --entry=causal --target=sm_80 --device=sim --input=random:1@1x4x300x64 --input=random:2@1x2x300x64 --input=random:3@1x1x300x64 --check
// RUN: attn-run %s --entry=causal --target=sm_89 --device=sim --sim=seed=7,copies=late --input=random:1@1x2x17x64 --input=random:2@1x2x64x64 --input=random:3@1x2x64x64 --check

// What fails in a kernel is an error of the call, and a target needs a device.

// RUN: not attn-run %s --entry=full --target=sm_80 --input=random:1@1x1x1x64 --input=random:2@1x1x1x64 --input=random:3@1x1x1x64 2>&1 | FileCheck %s --check-prefix=DEVICE
// DEVICE: error: --target=sm_80: expected --device=sim
// RUN: not attn-run %s --entry=full --target=sm_75 --device=sim 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'sm_75': expected cpu, sm_80, sm_86, sm_89, sm_90a, sm_100a or sm_120a
// RUN: not attn-run %s --entry=full --target=sm_80 --device=sim --sim=mma=fast 2>&1 | FileCheck %s --check-prefix=SETTING
// SETTING: error: --sim=mma: expected exact or hardware, found 'fast'

func.func @full(%q: tensor<?x?x?x64xbf16>, %k: tensor<?x?x?x64xbf16>, %v: tensor<?x?x?x64xbf16>) -> tensor<?x?x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16> -> tensor<?x?x?x64xbf16>
  return %o : tensor<?x?x?x64xbf16>
}

func.func @causal(%q: tensor<?x?x?x64xbf16>, %k: tensor<?x?x?x64xbf16>, %v: tensor<?x?x?x64xbf16>) -> tensor<?x?x?x64xbf16> {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.125
    : tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16>, !attn.mask<1, 1> -> tensor<?x?x?x64xbf16>
  return %o : tensor<?x?x?x64xbf16>
}
