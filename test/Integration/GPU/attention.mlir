// Attention on the simulator agrees with the reference semantics: heads, sizes,
// layouts, scores, weights and results.

// RUN: for t in sm_80 sm_89 sm_120a; do \
// RUN:   %simulate %s --entry=grouped --input=random:1@2x8x50x64 --input=random:2@2x2x70x64 --input=random:3@2x2x70x64 \
// RUN:     --target=$t || exit 1; \
// RUN: done
// RUN: for sums in exact hardware; do for copies in early late; do for seed in 1 2; do \
// RUN:   %simulate %s --entry=grouped --input=random:1@1x8x17x64 --input=random:2@1x2x130x64 --input=random:3@1x2x130x64 \
// RUN:     --sim=seed=$seed,mma=$sums,copies=$copies || exit 1; \
// RUN: done; done; done
// RUN: for m in 0 1 17 63 64 65 300; do \
// RUN:   %simulate %s --entry=grouped --input=random:1@1x8x1x64 --input=random:2@1x2x${m}x64 --input=random:3@1x2x${m}x64 || exit 1; \
// RUN:   %simulate %s --entry=half --input=random:1@1x4x20x72 --input=random:2@1x2x${m}x72 --input=random:3@1x2x${m}x20 || exit 1; \
// RUN:   %simulate %s --entry=decode --input=random:1@2x8x1x24 --input=random:2@2x2x${m}x24 --input=random:3@2x2x${m}x40 \
// RUN:     --input=random:4 || exit 1; \
// RUN:   %simulate %s --entry=split --input=random:1@1x2x40x48 --input=random:2@1x2x${m}x48 --sim=mma=hardware || exit 1; \
// RUN: done
// RUN: %simulate %s --entry=wide --input=random:1@1x1x33x256 --input=random:2@1x1x70x256 --input=random:3@1x1x70x128
// RUN: %simulate %s --entry=narrow --input=random:1@1x2x33x1 --input=random:2@1x2x70x1 --input=random:3@1x2x70x1
// RUN: for f in rows pages; do \
// RUN:   %simulate %s --entry=$f --input=random:1@2x20x3x32 --input=random:2@4x16x3x32 --input=random:3:int:0:3@2x4 || exit 1; \
// RUN: done
// RUN: for f in swapped shared; do \
// RUN:   %simulate %s --entry=$f --input=random:1@37x40x2 --input=random:2@2x40x90 --input=random:3@90x2x24 || exit 1; \
// RUN: done
// RUN: for f in capped slopes biased tables; do \
// RUN:   %simulate %s --entry=$f --input=random:1@1x4x70x40 --input=random:2@1x4x90x40 --input=random:3:uniform@4 \
// RUN:     --input=random:4@1x4x70x90 --input=random:5@159 --sim=mma=hardware || exit 1; \
// RUN: done
// RUN: for f in sigmoid relu softplus identity square constant; do \
// RUN:   %simulate %s --entry=$f --input=random:1@1x4x70x40 --input=random:2@1x4x90x40 --sim=mma=hardware || exit 1; \
// RUN: done
// RUN: %simulate %s --entry=lse --input=random:1@1x4x70x40 --input=random:2@1x4x90x40 --input=random:3@4
// RUN: %simulate %s --entry=den --input=random:1@1x4x70x40 --input=random:2@1x4x90x40
// RUN: %simulate %s --entry=two --input=random:1@1x4x70x16 --input=random:2@1x4x90x16 --input=random:3@1x4x70x40 --input=random:4@1x4x90x40
// RUN: %simulate %s --entry=relative --input=random:1@1x2x30x16 --input=random:2@79x16 --input=random:3@1x2x50x16

!q = tensor<?x4x?x40xbf16>

func.func @grouped(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>)
    -> tensor<?x8x?x64xbf16> {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.125
    : tensor<?x8x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, !attn.mask<1, 1> -> tensor<?x8x?x64xbf16>
  return %o : tensor<?x8x?x64xbf16>
}

func.func @half(%q: tensor<?x4x?x72xf16>, %k: tensor<?x2x?x72xf16>, %v: tensor<?x2x?x20xf16>) -> tensor<?x4x?x20xf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.1
    : tensor<?x4x?x72xf16>, tensor<?x2x?x72xf16>, tensor<?x2x?x20xf16> -> tensor<?x4x?x20xf16>
  return %o : tensor<?x4x?x20xf16>
}

// One query of eight heads, which share two of keys, with a sink.
func.func @decode(%q: tensor<?x8x1x24xbf16>, %k: tensor<?x2x?x24xbf16>, %v: tensor<?x2x?x40xbf16>, %s: tensor<8xf32>)
    -> (tensor<?x8x1x40xbf16>, tensor<?x8x1xf32>) {
  %o, %l = attn.attention dots(%q * %k) values(%v) scale = 0.2 sink(%s) results(out, lse)
    : tensor<?x8x1x24xbf16>, tensor<?x2x?x24xbf16>, tensor<?x2x?x40xbf16>, tensor<8xf32>
    -> (tensor<?x8x1x40xbf16>, tensor<?x8x1xf32>)
  return %o, %l : tensor<?x8x1x40xbf16>, tensor<?x8x1xf32>
}

// States of parts of the keys in f32, and what they make together.
func.func @split(%q: tensor<?x2x?x48xbf16>, %k: tensor<?x2x?x48xbf16>) -> (tensor<?x2x?x48xf32>, tensor<?x2x?xf32>) {
  %a, %m, %d = attn.partial dots(%q * %k) values(%k) scale = 0.15 split j by 70
    : tensor<?x2x?x48xbf16>, tensor<?x2x?x48xbf16>, tensor<?x2x?x48xbf16>
    -> (tensor<?x2x?x?x48xf32>, tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>)
  %ca, %cm, %cd = attn.combine exp (%a, %m, %d) along 2
    : tensor<?x2x?x?x48xf32>, tensor<?x2x?x?xf32>, tensor<?x2x?x?xf32>
  %o, %l = attn.finalize exp (%ca, %cm, %cd) : tensor<?x2x?x48xf32>, tensor<?x2x?xf32>, tensor<?x2x?xf32>
  return %o, %l : tensor<?x2x?x48xf32>, tensor<?x2x?xf32>
}

func.func @wide(%q: tensor<?x1x?x256xbf16>, %k: tensor<?x1x?x256xbf16>, %v: tensor<?x1x?x128xbf16>)
    -> tensor<?x1x?x128xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.0625
    : tensor<?x1x?x256xbf16>, tensor<?x1x?x256xbf16>, tensor<?x1x?x128xbf16> -> tensor<?x1x?x128xbf16>
  return %o : tensor<?x1x?x128xbf16>
}

func.func @narrow(%q: tensor<?x2x?x1xbf16>, %k: tensor<?x2x?x1xbf16>, %v: tensor<?x2x?x1xbf16>)
    -> tensor<?x2x?x1xbf16> {
  %o = attn.attention dots(%q * %k) values(%v)
    : tensor<?x2x?x1xbf16>, tensor<?x2x?x1xbf16>, tensor<?x2x?x1xbf16> -> tensor<?x2x?x1xbf16>
  return %o : tensor<?x2x?x1xbf16>
}

// Tokens before heads.
func.func @rows(%q: tensor<?x?x3x32xbf16>, %pool: tensor<?x16x3x32xbf16>, %table: tensor<?x?xi32>)
    -> tensor<?x?x3x32xbf16> {
  %o = attn.attention over [b, h] dots(%q[b, i, h, :] * %q[b, j, h, :]) values(%q[b, j, h, :]) scale = 0.2 -> [b, i, h, :]
    : tensor<?x?x3x32xbf16>, tensor<?x?x3x32xbf16>, tensor<?x?x3x32xbf16> -> tensor<?x?x3x32xbf16>
  return %o : tensor<?x?x3x32xbf16>
}

// Keys in pages that a table names.
func.func @pages(%q: tensor<?x?x3x32xbf16>, %pool: tensor<?x16x3x32xbf16>, %table: tensor<?x?xi32>)
    -> tensor<?x?x3x32xbf16> {
  %n = arith.constant 53 : index
  %o = attn.attention over [b, h] extents(j = %n) with (p = %table[b, j floordiv 16] : tensor<?x?xi32>)
    dots(%q[b, i, h, :] * %pool[p, j mod 16, h, :]) values(%pool[p, j mod 16, h, :]) scale = 0.2 -> [b, i, h, :]
    : tensor<?x?x3x32xbf16>, tensor<?x16x3x32xbf16>, tensor<?x16x3x32xbf16> -> tensor<?x?x3x32xbf16>
  return %o : tensor<?x?x3x32xbf16>
}

// Features before tokens, and heads last.
func.func @swapped(%q: tensor<?x40x2xbf16>, %k: tensor<2x40x?xbf16>, %v: tensor<?x2x24xbf16>) -> tensor<2x24x?xbf16> {
  %o = attn.attention over [h] dots(%q[i, :, h] * %k[h, :, j]) values(%v[j, h, :]) scale = 0.2 -> [h, :, i]
    : tensor<?x40x2xbf16>, tensor<2x40x?xbf16>, tensor<?x2x24xbf16> -> tensor<2x24x?xbf16>
  return %o : tensor<2x24x?xbf16>
}

// Transposed copies fold into the attention.
func.func @shared(%q: tensor<?x40x2xbf16>, %k: tensor<2x40x?xbf16>, %v: tensor<?x2x24xbf16>) -> tensor<2x?x24xbf16> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c0 : tensor<?x40x2xbf16>
  %m = tensor.dim %k, %c2 : tensor<2x40x?xbf16>
  %eq = tensor.empty(%n) : tensor<2x?x40xbf16>
  %tq = linalg.transpose ins(%q : tensor<?x40x2xbf16>) outs(%eq : tensor<2x?x40xbf16>) permutation = [2, 0, 1]
  %ek = tensor.empty(%m) : tensor<2x?x40xbf16>
  %tk = linalg.transpose ins(%k : tensor<2x40x?xbf16>) outs(%ek : tensor<2x?x40xbf16>) permutation = [0, 2, 1]
  %ev = tensor.empty(%m) : tensor<2x?x24xbf16>
  %tv = linalg.transpose ins(%v : tensor<?x2x24xbf16>) outs(%ev : tensor<2x?x24xbf16>) permutation = [1, 0, 2]
  %o = attn.attention over [h] dots(%tq * %tk) values(%tv) scale = 0.2
    : tensor<2x?x40xbf16>, tensor<2x?x40xbf16>, tensor<2x?x24xbf16> -> tensor<2x?x24xbf16>
  return %o : tensor<2x?x24xbf16>
}

func.func @capped(%q: !q, %k: !q, %slopes: tensor<4xf32>, %bias: tensor<?x4x?x?xbf16>, %far: tensor<?xf32>) -> !q {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.3 score(%s) {
    %c = arith.constant 7.5 : f32
    %d = arith.divf %s, %c : f32
    %t = math.tanh %d : f32
    %x = arith.mulf %t, %c : f32
    attn.yield %x : f32
  } : !q, !q, !q -> !q
  return %o : !q
}

func.func @slopes(%q: !q, %k: !q, %slopes: tensor<4xf32>, %bias: tensor<?x4x?x?xbf16>, %far: tensor<?xf32>) -> !q {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.3
    with (%a = %slopes[h] : tensor<4xf32>, %d = float(i - j)) score(%s) {
    %e = math.absf %d : f32
    %f = arith.mulf %a, %e : f32
    %x = arith.subf %s, %f : f32
    attn.yield %x : f32
  } : !q, !q, !q -> !q
  return %o : !q
}

func.func @biased(%q: !q, %k: !q, %slopes: tensor<4xf32>, %bias: tensor<?x4x?x?xbf16>, %far: tensor<?xf32>) -> !q {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.3 bias(%bias[b, h, i, j])
    : !q, !q, !q, tensor<?x4x?x?xbf16> -> !q
  return %o : !q
}

func.func @tables(%q: !q, %k: !q, %slopes: tensor<4xf32>, %bias: tensor<?x4x?x?xbf16>, %far: tensor<?xf32>) -> !q {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.3 bias(%far[i - j + 89]) mask(%causal)
    : !q, !q, !q, !attn.mask<1, 1>, tensor<?xf32> -> !q
  return %o : !q
}

func.func @sigmoid(%q: !q, %k: !q) -> !q {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.2 weight sigmoid normalise sum : !q, !q, !q -> !q
  return %o : !q
}

func.func @relu(%q: !q, %k: !q) -> !q {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%k) mask(%causal) scale = 0.2 weight relu 2 normalise none
    : !q, !q, !q, !attn.mask<1, 1> -> !q
  return %o : !q
}

func.func @softplus(%q: !q, %k: !q) -> !q {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.2 weight softplus normalise sum : !q, !q, !q -> !q
  return %o : !q
}

func.func @identity(%q: !q, %k: !q) -> !q {
  %causal = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%k) mask(%causal) scale = 0.2 weight identity normalise none
    : !q, !q, !q, !attn.mask<1, 1> -> !q
  return %o : !q
}

func.func @square(%q: !q, %k: !q) -> !q {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.2 weight(%x) {
    %y = arith.mulf %x, %x : f32
    attn.yield %y : f32
  } normalise sum : !q, !q, !q -> !q
  return %o : !q
}

func.func @constant(%q: !q, %k: !q) -> !q {
  %c = arith.constant 64.0 : f32
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.2 weight sigmoid normalise const(%c) : !q, !q, !q, f32 -> !q
  return %o : !q
}

func.func @lse(%q: !q, %k: !q, %s: tensor<4xf32>) -> (!q, tensor<?x4x?xf32>) {
  %causal = attn.mask.causal
  %o, %l = attn.attention dots(%q * %k) values(%k) mask(%causal) scale = 0.2 sink(%s) results(out, lse)
    : !q, !q, !q, !attn.mask<1, 1>, tensor<4xf32> -> (!q, tensor<?x4x?xf32>)
  return %o, %l : !q, tensor<?x4x?xf32>
}

func.func @den(%q: !q, %k: !q) -> tensor<?x4x?xf32> {
  %l = attn.attention dots(%q * %k) values(%k) scale = 0.2 weight softplus normalise sum results(den)
    : !q, !q, !q -> tensor<?x4x?xf32>
  return %l : tensor<?x4x?xf32>
}

// Two products, as content and position.
func.func @two(%q: tensor<?x4x?x16xbf16>, %k: tensor<?x4x?x16xbf16>, %r: !q, %s: !q) -> !q {
  %o = attn.attention dots(%q * %k, %r * %s) values(%s) scale = 0.2
    : tensor<?x4x?x16xbf16>, tensor<?x4x?x16xbf16>, !q, !q, !q -> !q
  return %o : !q
}

// A vector for each distance.
func.func @relative(%q: tensor<?x2x?x16xbf16>, %r: tensor<?x16xbf16>, %k: tensor<?x2x?x16xbf16>)
    -> tensor<?x2x?x16xbf16> {
  %o = attn.attention dots(%q * %k, %q * %r[i - j + 49, :]) values(%k) scale = 0.2
    : tensor<?x2x?x16xbf16>, tensor<?x2x?x16xbf16>, tensor<?x2x?x16xbf16>, tensor<?x16xbf16>, tensor<?x2x?x16xbf16>
    -> tensor<?x2x?x16xbf16>
  return %o : tensor<?x2x?x16xbf16>
}
