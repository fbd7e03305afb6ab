// Attention under each mask on the simulator agrees with the reference
// semantics: lengths that are no multiple of a tile, and rows that see nothing.

// RUN: for f in full causal shifted offset sliding sunk dilated blocks prefix piecewise heads far; do \
// RUN:   %simulate %s --entry=$f --input=random:1@1x2x100x40 --input=random:2@1x2x130x40 \
// RUN:     --sim=seed=2,mma=hardware,copies=late || exit 1; \
// RUN: done
// RUN: for f in causal sliding heads; do for m in 0 1 17 63 64 65; do \
// RUN:   %simulate %s --entry=$f --input=random:1@1x2x${m}x40 --input=random:2@1x2x65x40 || exit 1; \
// RUN:   %simulate %s --entry=$f --input=random:1@1x2x17x40 --input=random:2@1x2x${m}x40 || exit 1; \
// RUN: done; done
// RUN: %simulate %s --entry=causal --input=random:1@1x2x40x40 --input=random:2@1x2x300x40 --target=sm_89
// RUN: %simulate %s --entry=causal --input=random:1@1x2x300x40 --input=random:2@1x2x40x40 --target=sm_120a
// RUN: %simulate %s --entry=document --input=random:1@2x1x100x40 --input=random:2@2x1x100x40 \
// RUN:   --input=random:3:int:0:2@2x100
// RUN: %simulate %s --entry=lists --input=random:1@1x2x100x40 --input=random:2@1x2x150x40 \
// RUN:   --input=random:3:int:0:3@1x2x2 --input=random:4:int:0:150@1x2x2x3 --sim=mma=hardware
// RUN: %simulate %s --entry=table --input=random:1@1x2x70x40 --input=random:2@1x2x90x40 --input=random:3:int:0:1@70x90
// RUN: for f in near near3 box; do \
// RUN:   %simulate %s --entry=$f --input=random:1@1x2x117x40 --sim=mma=hardware || exit 1; \
// RUN: done

!q = tensor<?x2x?x40xbf16>
!m = !attn.mask<1, 1>

func.func @full(%q: !q, %k: !q) -> !q {
  %o = attn.attention dots(%q * %k) values(%k) scale = 0.2 : !q, !q, !q -> !q
  return %o : !q
}

// As many keys before the first query as there are keys more than queries.
func.func @causal(%q: !q, %k: !q) -> !q {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : !q
  %m = tensor.dim %k, %c2 : !q
  %d = arith.subi %m, %n : index
  %mask = attn.mask.causal offset(%d)
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @shifted(%q: !q, %k: !q) -> !q {
  %mask = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

// The first rows see nothing.
func.func @offset(%q: !q, %k: !q) -> !q {
  %d = arith.constant -70 : index
  %mask = attn.mask.causal offset(%d)
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @sliding(%q: !q, %k: !q) -> !q {
  %mask = attn.mask.sliding window(23)
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @sunk(%q: !q, %k: !q) -> !q {
  %mask = attn.mask.sliding window(9) symmetric sink(3)
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @dilated(%q: !q, %k: !q) -> !q {
  %mask = attn.mask.sliding window(50) dilation(3)
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @blocks(%q: !q, %k: !q) -> !q {
  %mask = attn.mask.block_diagonal size(24) causal
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @prefix(%q: !q, %k: !q) -> !q {
  %n = arith.constant 71 : index
  %prefix = attn.mask.prefix %n
  %causal = attn.mask.causal
  %mask = attn.mask.or %prefix, %causal : !m, !m
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @piecewise(%q: !q, %k: !q) -> !q {
  %n = arith.constant 30 : index
  %rest = arith.constant 70 : index
  %others = arith.constant 100 : index
  %causal = attn.mask.causal
  %mask = attn.mask.piecewise i(%n, %rest) j(%n, %others) [[full, empty], [full, %causal]] : !m
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !attn.mask<1, 1> -> !q
  return %o : !q
}

func.func @heads(%q: !q, %k: !q) -> !q {
  %mask = attn.mask [h, i, j] where { j <= i, i - j < 20 * h + 5 | j < 2 }
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !attn.mask<1, 1, over = 2> -> !q
  return %o : !q
}

func.func @far(%q: !q, %k: !q) -> !q {
  %near = attn.mask.sliding window(11) symmetric
  %mask = attn.mask.not %near : !m
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @document(%q: tensor<?x?x?x40xbf16>, %k: tensor<?x?x?x40xbf16>, %ids: tensor<?x?xi32>)
    -> tensor<?x?x?x40xbf16> {
  %doc = attn.mask.document %ids : tensor<?x?xi32>
  %causal = attn.mask.causal
  %mask = attn.mask.and %causal, %doc : !m, !attn.mask<1, 1, over = 2>
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2
    : tensor<?x?x?x40xbf16>, tensor<?x?x?x40xbf16>, tensor<?x?x?x40xbf16>, !attn.mask<1, 1, over = 2>
    -> tensor<?x?x?x40xbf16>
  return %o : tensor<?x?x?x40xbf16>
}

// Blocks of keys by lists, for each block of queries.
func.func @lists(%q: !q, %k: !q, %count: tensor<?x2x?xi32>, %list: tensor<?x2x?x?xi32>) -> !q {
  %mask = attn.mask.any (s < %count[b, h, i floordiv 64] : tensor<?x2x?xi32>)
    with (n = %list[b, h, i floordiv 64, s] : tensor<?x2x?x?xi32>) where { j floordiv 16 == n floordiv 16 }
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !attn.mask<1, 1, over = 2> -> !q
  return %o : !q
}

func.func @table(%q: !q, %k: !q, %shown: tensor<?x?xi8>) -> !q {
  %mask = attn.mask with (%x = %shown[i, j] : tensor<?x?xi8>) {
    %c0 = arith.constant 0 : index
    %y = arith.cmpi ne, %x, %c0 : index
    attn.yield %y : i1
  }
  %o = attn.attention dots(%q * %k) values(%k) mask(%mask) scale = 0.2 : !q, !q, !q, !m -> !q
  return %o : !q
}

func.func @near(%q: !q) -> !q {
  %mask = attn.mask.neighborhood window [3, 5] grid i(9, 13) j(9, 13)
  %o = attn.attention dots(%q * %q) values(%q) mask(%mask) scale = 0.2 : !q, !q, !q, !attn.mask<2, 2> -> !q
  return %o : !q
}

func.func @near3(%q: !q) -> !q {
  %mask = attn.mask.neighborhood window [2, 3, 3] dilation [1, 1, 3] causal [1, 0, 0] grid i(3, 3, 13) j(3, 3, 13)
  %o = attn.attention dots(%q * %q) values(%q) mask(%mask) scale = 0.2 : !q, !q, !q, !attn.mask<3, 3> -> !q
  return %o : !q
}

func.func @box(%q: !q) -> !q {
  %mask = attn.mask [iy, ix, jy, jx] grid i(9, 13) j(9, 13) where { jy <= iy, ix - jx <= 3, jx - ix <= 3 }
  %o = attn.attention dots(%q * %q) values(%q) mask(%mask) scale = 0.2 : !q, !q, !q, !attn.mask<2, 2> -> !q
  return %o : !q
}
