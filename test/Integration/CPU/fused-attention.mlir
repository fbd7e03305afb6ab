// What surrounds attention is done in its kernel, with the numbers of the
// reference, which makes every tensor: sizes that tiles do not divide, rows
// that see no key, packed heads, layouts, grids, other types than f32.

// RUN: attn-run %s --entry=gated --input=random:1@2x3x131x40 --input=random:2@2x3x77x40 --input=random:3@2x3x131x40 --input=random:4@3 --input=random:5@2x3x131 --input=random:6@40 --check
// RUN: attn-run %s --entry=gated --input=random:1@2x3x131x40 --input=random:2@2x3x77x40 --input=random:3@2x3x131x40 --input=random:4@3 --input=random:5@2x3x131 --input=random:6@40 --check --cpu=x86-64-v3
// RUN: attn-run %s --entry=gated --input=random:1@1x2x1x40 --input=random:2@1x2x1x40 --input=random:3@1x2x1x40 --input=random:4@2 --input=random:5@1x2x1 --input=random:6@40 --check
// RUN: attn-run %s --entry=gated --input=random:1@1x2x0x40 --input=random:2@1x2x5x40 --input=random:3@1x2x0x40 --input=random:4@2 --input=random:5@1x2x0 --input=random:6@40 --check
// RUN: attn-run %s --entry=gated --input=random:1@1x2x9x40 --input=random:2@1x2x0x40 --input=random:3@1x2x9x40 --input=random:4@2 --input=random:5@1x2x9 --input=random:6@40 --check
// RUN: attn-run %s --entry=hidden_rows --input=random:1@2x67x24 --input=random:2@2x67x24 --check
// RUN: attn-run %s --entry=grouped --input=random:1@2x53x6x32 --input=random:2@2x90x2x32 --input=random:3@2x90x2x48 --input=random:4@2x53x6x48 --input=random:5@6 --check
// RUN: attn-run %s --entry=one_tile --input=random:1 --input=random:2@2x99x24 --input=random:3@2x99x24 --input=random:4@2x99 --input=random:5@24 --check
// RUN: attn-run %s --entry=widened --input=random:1@2x3x70x32 --input=random:2@2x3x141x32 --input=random:3@2x3x141x32 --check
// RUN: attn-run %s --entry=widened --input=random:1@2x3x70x32 --input=random:2@2x3x141x32 --input=random:3@2x3x141x32 --check --cpu=x86-64-v3
// RUN: attn-run %s --entry=decode --input=random:1@2x8x1x64 --input=random:2@2x2x333x64 --input=random:3@2x8x1x64 --check
// RUN: attn-run %s --entry=normed --input=random:1@2x3x45x32 --input=random:2@2x3x50x32 --input=random:3@32 --check
// RUN: attn-run %s --entry=image --input=random:1@1x2x130x16 --input=random:2@1x2x130 --input=value:13 --input=value:10 --check
// RUN: attn-run %s --entry=with_lse --input=random:1@2x67x24 --input=random:2@2x67 --check
// RUN: attn-run %s --entry=doubled --input=random:1@2x3x33x16 --check
// RUN: attn-run %s --entry=positions --input=random:1@2x3x33x16 --input=random:2:int:0:20@33 --check

#id = affine_map<(b, h, i, c) -> (b, h, i, c)>
#head = affine_map<(b, h, i, c) -> (h)>
#row = affine_map<(b, h, i, c) -> (b, h, i)>
#token = affine_map<(b, h, i, c) -> (i)>
#feature = affine_map<(b, h, i, c) -> (c)>

// A factor of the queries, and behind a gate per head, one per query, a bias per
// feature and a residual.
func.func @gated(%q: tensor<?x?x?x40xf32>, %k: tensor<?x?x?x40xf32>, %r: tensor<?x?x?x40xf32>, %g: tensor<?xf32>,
                 %s: tensor<?x?x?xf32>, %b: tensor<40xf32>) -> tensor<?x?x?x40xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %d0 = tensor.dim %q, %c0 : tensor<?x?x?x40xf32>
  %d1 = tensor.dim %q, %c1 : tensor<?x?x?x40xf32>
  %d2 = tensor.dim %q, %c2 : tensor<?x?x?x40xf32>
  %e = tensor.empty(%d0, %d1, %d2) : tensor<?x?x?x40xf32>
  %qs = linalg.generic {indexing_maps = [#id, #head, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q, %g : tensor<?x?x?x40xf32>, tensor<?xf32>) outs(%e : tensor<?x?x?x40xf32>) {
  ^bb0(%x: f32, %f: f32, %out: f32):
    %0 = math.tanh %f : f32
    %1 = arith.addf %x, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x?x?x40xf32>
  %m = attn.mask.causal
  %o = attn.attention dots(%qs * %k) values(%k) mask(%m) scale = 0.2
    : tensor<?x?x?x40xf32>, tensor<?x?x?x40xf32>, tensor<?x?x?x40xf32>, !attn.mask<1, 1> -> tensor<?x?x?x40xf32>
  %y = linalg.generic {indexing_maps = [#id, #head, #row, #feature, #id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%o, %g, %s, %b, %r : tensor<?x?x?x40xf32>, tensor<?xf32>, tensor<?x?x?xf32>, tensor<40xf32>, tensor<?x?x?x40xf32>)
      outs(%e : tensor<?x?x?x40xf32>) {
  ^bb0(%x: f32, %f: f32, %t: f32, %u: f32, %v: f32, %out: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %t : f32
    %p = math.exp %n : f32
    %d = arith.addf %p, %one : f32
    %0 = arith.mulf %x, %f : f32
    %1 = arith.divf %0, %d : f32
    %2 = arith.addf %1, %u : f32
    %3 = arith.addf %2, %v : f32
    linalg.yield %3 : f32
  } -> tensor<?x?x?x40xf32>
  return %y : tensor<?x?x?x40xf32>
}

// Rows without a key are 0 before the gate, which makes 1 of that.
func.func @hidden_rows(%q: tensor<2x?x24xf32>, %g: tensor<2x?x24xf32>) -> tensor<2x?x24xf32> {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x24xf32>
  %e = tensor.empty(%n) : tensor<2x?x24xf32>
  %m = attn.mask [i, j] where { i mod 3 >= 1, j <= i }
  %o = attn.attention over [h] dots(%q * %q) values(%q) mask(%m)
    : tensor<2x?x24xf32>, tensor<2x?x24xf32>, tensor<2x?x24xf32>, !attn.mask<1, 1> -> tensor<2x?x24xf32>
  %x = linalg.exp ins(%o : tensor<2x?x24xf32>) outs(%e : tensor<2x?x24xf32>) -> tensor<2x?x24xf32>
  %y = linalg.mul ins(%x, %g : tensor<2x?x24xf32>, tensor<2x?x24xf32>) outs(%e : tensor<2x?x24xf32>) -> tensor<2x?x24xf32>
  return %y : tensor<2x?x24xf32>
}

// Heads that share keys are rows of one tile; the layout is [b, i, h, c] on both
// sides, and the result is bf16.
func.func @grouped(%q: tensor<?x?x6x32xf32>, %k: tensor<?x?x2x32xf32>, %v: tensor<?x?x2x48xf32>, %g: tensor<?x?x6x48xf32>, %f: tensor<6xf32>)
    -> tensor<?x?x6x48xbf16> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %q, %c0 : tensor<?x?x6x32xf32>
  %n = tensor.dim %q, %c1 : tensor<?x?x6x32xf32>
  %e = tensor.empty(%b, %n) : tensor<?x?x6x32xf32>
  %eo = tensor.empty(%b, %n) : tensor<?x?x6x48xbf16>
  %qs = linalg.generic {indexing_maps = [#id, affine_map<(b, i, h, c) -> (h)>, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q, %f : tensor<?x?x6x32xf32>, tensor<6xf32>) outs(%e : tensor<?x?x6x32xf32>) {
  ^bb0(%x: f32, %s: f32, %out: f32):
    %0 = arith.mulf %x, %s : f32
    linalg.yield %0 : f32
  } -> tensor<?x?x6x32xf32>
  %et = tensor.empty(%b, %n) : tensor<?x6x?x48xf32>
  %o = attn.attention dots(%qs[b, i, h, :] * %k[b, j, h, :]) values(%v[b, j, h, :]) scale = 0.2
    : tensor<?x?x6x32xf32>, tensor<?x?x2x32xf32>, tensor<?x?x2x48xf32> -> tensor<?x6x?x48xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, i, h, c) -> (b, h, i, c)>, #id, affine_map<(b, i, h, c) -> (h)>, #id],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%o, %g, %f : tensor<?x6x?x48xf32>, tensor<?x?x6x48xf32>, tensor<6xf32>) outs(%eo : tensor<?x?x6x48xbf16>) {
  ^bb0(%x: f32, %s: f32, %t: f32, %out: bf16):
    %0 = arith.mulf %x, %s : f32
    %1 = arith.addf %0, %t : f32
    %2 = arith.truncf %1 : f32 to bf16
    linalg.yield %2 : bf16
  } -> tensor<?x?x6x48xbf16>
  return %y : tensor<?x?x6x48xbf16>
}

// One tile of queries: keys and values are made where they are loaded. What
// hidden keys would be, 1 / 0, does not count.
func.func @one_tile(%q: tensor<2x37x24xf32>, %k: tensor<2x?x24xf32>, %v: tensor<2x?x24xf32>, %g: tensor<2x?xf32>, %b: tensor<24xf32>)
    -> tensor<2x37x24xf32> {
  %c1 = arith.constant 1 : index
  %m = tensor.dim %k, %c1 : tensor<2x?x24xf32>
  %e = tensor.empty(%m) : tensor<2x?x24xf32>
  %ks = linalg.generic {indexing_maps = [affine_map<(h, j, c) -> (h, j, c)>, affine_map<(h, j, c) -> (h, j)>, affine_map<(h, j, c) -> (c)>, affine_map<(h, j, c) -> (h, j, c)>],
                        iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%k, %g, %b : tensor<2x?x24xf32>, tensor<2x?xf32>, tensor<24xf32>) outs(%e : tensor<2x?x24xf32>) {
  ^bb0(%x: f32, %s: f32, %t: f32, %out: f32):
    %0 = arith.mulf %x, %s : f32
    %1 = arith.addf %0, %t : f32
    linalg.yield %1 : f32
  } -> tensor<2x?x24xf32>
  %vs = linalg.generic {indexing_maps = [affine_map<(h, j, c) -> (h, j, c)>, affine_map<(h, j, c) -> (h, j)>, affine_map<(h, j, c) -> (h, j, c)>],
                        iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%v, %g : tensor<2x?x24xf32>, tensor<2x?xf32>) outs(%e : tensor<2x?x24xf32>) {
  ^bb0(%x: f32, %s: f32, %out: f32):
    %0 = math.absf %s : f32
    %1 = arith.divf %x, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x?x24xf32>
  %o = attn.attention over [h] dots(%q * %ks) values(%vs) scale = 0.2
    : tensor<2x37x24xf32>, tensor<2x?x24xf32>, tensor<2x?x24xf32> -> tensor<2x37x24xf32>
  return %o : tensor<2x37x24xf32>
}

// bf16 in memory, f32 in attention, bf16 again.
func.func @widened(%q: tensor<2x3x?x32xbf16>, %k: tensor<2x3x?x32xbf16>, %v: tensor<2x3x?x32xbf16>) -> tensor<2x3x?x32xbf16> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<2x3x?x32xbf16>
  %m = tensor.dim %k, %c2 : tensor<2x3x?x32xbf16>
  %eq = tensor.empty(%n) : tensor<2x3x?x32xf32>
  %ek = tensor.empty(%m) : tensor<2x3x?x32xf32>
  %eo = tensor.empty(%n) : tensor<2x3x?x32xbf16>
  %qf = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x3x?x32xbf16>) outs(%eq : tensor<2x3x?x32xf32>) {
  ^bb0(%x: bf16, %out: f32):
    %0 = arith.extf %x : bf16 to f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x32xf32>
  %kf = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x3x?x32xbf16>) outs(%ek : tensor<2x3x?x32xf32>) {
  ^bb0(%x: bf16, %out: f32):
    %0 = arith.extf %x : bf16 to f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x32xf32>
  %vf = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x3x?x32xbf16>) outs(%ek : tensor<2x3x?x32xf32>) {
  ^bb0(%x: bf16, %out: f32):
    %0 = arith.extf %x : bf16 to f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x32xf32>
  %o = attn.attention dots(%qf * %kf) values(%vf) scale = 0.2
    : tensor<2x3x?x32xf32>, tensor<2x3x?x32xf32>, tensor<2x3x?x32xf32> -> tensor<2x3x?x32xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%o : tensor<2x3x?x32xf32>) outs(%eo : tensor<2x3x?x32xbf16>) {
  ^bb0(%x: f32, %out: bf16):
    %0 = arith.truncf %x : f32 to bf16
    linalg.yield %0 : bf16
  } -> tensor<2x3x?x32xbf16>
  return %y : tensor<2x3x?x32xbf16>
}

// One query: few rows, keys that are read in place, and a gate.
func.func @decode(%q: tensor<?x8x1x64xf32>, %k: tensor<?x2x?x64xbf16>, %g: tensor<?x8x1x64xf32>) -> tensor<?x8x1x64xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %b = tensor.dim %q, %c0 : tensor<?x8x1x64xf32>
  %m = tensor.dim %k, %c2 : tensor<?x2x?x64xbf16>
  %e = tensor.empty(%b) : tensor<?x8x1x64xf32>
  %ek = tensor.empty(%b, %m) : tensor<?x2x?x64xf32>
  %kf = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<?x2x?x64xbf16>) outs(%ek : tensor<?x2x?x64xf32>) {
  ^bb0(%x: bf16, %out: f32):
    %0 = arith.extf %x : bf16 to f32
    linalg.yield %0 : f32
  } -> tensor<?x2x?x64xf32>
  %o = attn.attention dots(%q * %kf) values(%kf) scale = 0.125
    : tensor<?x8x1x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32> -> tensor<?x8x1x64xf32>
  %y = linalg.mul ins(%o, %g : tensor<?x8x1x64xf32>, tensor<?x8x1x64xf32>) outs(%e : tensor<?x8x1x64xf32>) -> tensor<?x8x1x64xf32>
  return %y : tensor<?x8x1x64xf32>
}

// The quotient of a norm with the root of each row.
func.func @normed(%q: tensor<2x3x?x32xf32>, %k: tensor<2x3x?x32xf32>, %g: tensor<32xf32>) -> tensor<2x3x?x32xf32> {
  %qn = attn.norm rms %q gain(%g : tensor<32xf32>) : tensor<2x3x?x32xf32>
  %o = attn.attention dots(%qn * %k) values(%k) scale = 0.2
    : tensor<2x3x?x32xf32>, tensor<2x3x?x32xf32>, tensor<2x3x?x32xf32> -> tensor<2x3x?x32xf32>
  return %o : tensor<2x3x?x32xf32>
}

// Tiles of queries that are boxes.
func.func @image(%q: tensor<1x2x?x16xf32>, %g: tensor<1x2x?xf32>, %y: index, %x: index) -> tensor<1x2x?x16xf32> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<1x2x?x16xf32>
  %e = tensor.empty(%n) : tensor<1x2x?x16xf32>
  %qs = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q, %g : tensor<1x2x?x16xf32>, tensor<1x2x?xf32>) outs(%e : tensor<1x2x?x16xf32>) {
  ^bb0(%a: f32, %s: f32, %out: f32):
    %0 = arith.subf %a, %s : f32
    linalg.yield %0 : f32
  } -> tensor<1x2x?x16xf32>
  %m = attn.mask.neighborhood window [3, 5] grid i(%y, %x) j(%y, %x)
  %o = attn.attention grid i(%y, %x) j(%y, %x) dots(%qs * %q) values(%q) mask(%m)
    : tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>, !attn.mask<2, 2> -> tensor<1x2x?x16xf32>
  %z = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%o, %g : tensor<1x2x?x16xf32>, tensor<1x2x?xf32>) outs(%e : tensor<1x2x?x16xf32>) {
  ^bb0(%a: f32, %s: f32, %out: f32):
    %0 = arith.addf %a, %s : f32
    linalg.yield %0 : f32
  } -> tensor<1x2x?x16xf32>
  return %z : tensor<1x2x?x16xf32>
}

// Both results are fused.
func.func @with_lse(%q: tensor<2x?x24xf32>, %s: tensor<2x?xf32>) -> (tensor<2x?x24xf32>, tensor<2x?xf32>) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x24xf32>
  %e = tensor.empty(%n) : tensor<2x?x24xf32>
  %er = tensor.empty(%n) : tensor<2x?xf32>
  %o, %lse = attn.attention over [h] dots(%q * %q) values(%q) scale = 0.2 results(out, lse)
    : tensor<2x?x24xf32>, tensor<2x?x24xf32>, tensor<2x?x24xf32> -> (tensor<2x?x24xf32>, tensor<2x?xf32>)
  %l = linalg.sub ins(%lse, %s : tensor<2x?xf32>, tensor<2x?xf32>) outs(%er : tensor<2x?xf32>) -> tensor<2x?xf32>
  %x = linalg.add ins(%o, %q : tensor<2x?x24xf32>, tensor<2x?x24xf32>) outs(%e : tensor<2x?x24xf32>) -> tensor<2x?x24xf32>
  return %x, %l : tensor<2x?x24xf32>, tensor<2x?xf32>
}

// Queries, keys and values in f64, of one tensor that is made in f32.
func.func @doubled(%q: tensor<2x3x?x16xf32>) -> tensor<2x3x?x16xf64> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<2x3x?x16xf32>
  %e = tensor.empty(%n) : tensor<2x3x?x16xf64>
  %x = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x3x?x16xf32>) outs(%e : tensor<2x3x?x16xf64>) {
  ^bb0(%a: f32, %out: f64):
    %0 = arith.extf %a : f32 to f64
    linalg.yield %0 : f64
  } -> tensor<2x3x?x16xf64>
  %o = attn.attention dots(%x * %x) values(%x) scale = 0.2
    : tensor<2x3x?x16xf64>, tensor<2x3x?x16xf64>, tensor<2x3x?x16xf64> -> tensor<2x3x?x16xf64>
  %y = linalg.exp ins(%o : tensor<2x3x?x16xf64>) outs(%e : tensor<2x3x?x16xf64>) -> tensor<2x3x?x16xf64>
  return %y : tensor<2x3x?x16xf64>
}

// Positions and integers take part in the arithmetic.
func.func @positions(%q: tensor<2x3x?x16xf32>, %p: tensor<?xi32>) -> tensor<2x3x?x16xf32> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<2x3x?x16xf32>
  %e = tensor.empty(%n) : tensor<2x3x?x16xf32>
  %o = attn.attention dots(%q * %q) values(%q) scale = 0.2
    : tensor<2x3x?x16xf32>, tensor<2x3x?x16xf32>, tensor<2x3x?x16xf32> -> tensor<2x3x?x16xf32>
  %y = linalg.generic {indexing_maps = [#id, #token, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%o, %p : tensor<2x3x?x16xf32>, tensor<?xi32>) outs(%e : tensor<2x3x?x16xf32>) {
  ^bb0(%x: f32, %a: i32, %out: f32):
    %h = linalg.index 1 : index
    %i = linalg.index 2 : index
    %c = linalg.index 3 : index
    %hi = arith.addi %h, %i : index
    %sum = arith.addi %hi, %c : index
    %int = arith.index_cast %sum : index to i32
    %all = arith.addi %int, %a : i32
    %f = arith.sitofp %all : i32 to f32
    %big = arith.cmpi sgt, %a, %int : i32
    %0 = arith.addf %x, %f : f32
    %1 = arith.select %big, %0, %x : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x16xf32>
  return %y : tensor<2x3x?x16xf32>
}
