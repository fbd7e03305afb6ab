// RUN: %python %S/Inputs/masks_reference.py %s

// Each mask op shows the pairs that a formula in numpy shows, each once. The
// functions return, for every pair, how often the reference visits it.

func.func @causal(%n: index, %m: index, %offset: index) -> tensor<?x?xf32> {
  %mask = attn.mask.causal offset(%offset)
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @sliding(%n: index, %m: index) -> tensor<?x?xf32> {
  %mask = attn.mask.sliding window(4)
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @sliding_all(%n: index, %m: index, %w: index) -> tensor<?x?xf32> {
  %mask = attn.mask.sliding window(%w) sink(2) dilation(3)
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @sliding_symmetric(%n: index, %m: index, %w: index) -> tensor<?x?xf32> {
  %mask = attn.mask.sliding window(%w) symmetric sink(1) dilation(2)
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @blocks(%n: index, %m: index) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %mask = attn.mask.block_diagonal size(4)
  %causal = attn.mask.block_diagonal size(3) causal
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  %d = attn.observe over [] extents(i = %n, j = %m) mask(%causal) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c, %d : tensor<?x?xf32>, tensor<?x?xf32>
}

func.func @prefix(%n: index, %m: index, %length: index) -> tensor<?x?xf32> {
  %mask = attn.mask.prefix %length
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @document(%zero: tensor<?x?xf32>, %n: index, %m: index, %q: tensor<?x?xi32>,
                    %k: tensor<?x?xi32>) -> tensor<?x?x?x?xf32> {
  %mask = attn.mask.document %q, %k : tensor<?x?xi32>, tensor<?x?xi32>
  %c = attn.observe extents(i = %n, j = %m) mask(%mask) bias(%zero[b, h]) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[b, h, i, j] add]
    : !attn.mask<1, 1, over = 2>, tensor<?x?xf32> -> tensor<?x?x?x?xf32>
  return %c : tensor<?x?x?x?xf32>
}

func.func @document_of_batch(%zero: tensor<?xf32>, %n: index, %m: index, %q: tensor<?x?xi32>,
                             %k: tensor<?x?xi32>) -> tensor<?x?x?xf32> {
  %mask = attn.mask.document %q, %k over 1 : tensor<?x?xi32>, tensor<?x?xi32>
  %c = attn.observe over [b] extents(i = %n, j = %m) mask(%mask) bias(%zero[b]) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[b, i, j] add] : !attn.mask<1, 1, over = 1>, tensor<?xf32> -> tensor<?x?x?xf32>
  return %c : tensor<?x?x?xf32>
}

func.func @document_shared(%n: index, %ids: tensor<?xi8>) -> tensor<?x?xf32> {
  %mask = attn.mask.document %ids : tensor<?xi8>
  %c = attn.observe over [] extents(i = %n, j = %n) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @line(%x: index) -> tensor<?x?xf32> {
  %mask = attn.mask.neighborhood window [5] stride [2] dilation [2] grid i(%x) j(%x)
  %c = attn.observe over [] extents(i = %x, j = %x) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @image(%y: index, %x: index) -> tensor<?x?xf32> {
  %mask = attn.mask.neighborhood window [3, 4] stride [1, 3] dilation [2, 1] causal [0, 1]
    grid i(%y, %x) j(%y, %x)
  %c = attn.observe over [] grid i(%y, %x) j(%y, %x) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<2, 2> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @video(%t: index) -> tensor<?x?xf32> {
  %mask = attn.mask.neighborhood window [2, 3, 3] stride [2, 1, 1] causal [1, 0, 0]
    grid i(%t, 4, 5) j(%t, 4, 5)
  %c = attn.observe over [] grid i(%t, 4, 5) j(%t, 4, 5) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<3, 3> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// The mask's grid is not that of the tokens: ix of the query and jy, jx of the
// keys differ in extent.
func.func @grids(%qy: index, %qx: index, %ky: index, %kx: index) -> tensor<?x?xf32> {
  %mask = attn.mask [iy, ix, jy, jx] grid i(%qy, %qx) j(%ky, %kx)
    where { iy floordiv 2 == jy floordiv 2, ix - 3 <= jx | jx < 2 * (ix ceildiv 4) - 1 }
  %c = attn.observe over [] grid i(%qy, %qx) j(%ky, %kx) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<2, 2> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// The width of the window is a value of each head.
func.func @window_per_head(%zero: tensor<?x?xf32>, %n: index, %m: index,
                           %width: tensor<?xi32>) -> tensor<?x?x?x?xf32> {
  %mask = attn.mask [i, j] with (w = %width[h] : tensor<?xi32>) where { j <= i, i - j < w }
  %c = attn.observe extents(i = %n, j = %m) mask(%mask) bias(%zero[b, h]) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[b, h, i, j] add]
    : !attn.mask<1, 1, over = 2>, tensor<?x?xf32> -> tensor<?x?x?x?xf32>
  return %c : tensor<?x?x?x?xf32>
}

// Floats, bits and an expression in a region.
func.func @region(%n: index, %m: index, %gate: tensor<?xf32>, %bits: tensor<?x?xi1>,
                  %limit: f32) -> tensor<?x?xf32> {
  %mask = attn.mask [j]
    with (%g = %gate[i] : tensor<?xf32>, %on = %bits[i, j] : tensor<?x?xi1>,
          %l = %limit : f32, r = index((i + 2 * j) mod 3), %x = float(j - i)) {
      %c1 = arith.constant 1 : index
      %a = arith.cmpf ogt, %g, %l : f32
      %e = arith.cmpi eq, %r, %c1 : index
      %f = arith.cmpf olt, %x, %g : f32
      %s = arith.select %a, %on, %f : i1
      %y = arith.ori %s, %e : i1
      attn.yield %y : i1
    }
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func @segments(%n: index, %seg: tensor<?x2xi32>, %count: index) -> tensor<?x?xf32> {
  %mask = attn.mask.any (s < %count) disjoint [i, j]
    with (b0 = %seg[s, 0] : tensor<?x2xi32>, e0 = %seg[s, 1] : tensor<?x2xi32>)
    where { b0 <= i, i < e0, b0 <= j, j < e0 }
  %c = attn.observe over [] extents(i = %n, j = %n) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// Blocks are listed twice; a list may be empty or its count negative.
func.func @block_lists(%zero: tensor<?x?xf32>, %n: index, %m: index,
                       %idx: tensor<?x?x?x?xi32>, %cnt: tensor<?x?x?xi32>)
    -> tensor<?x?x?x?xf32> {
  %mask = attn.mask.any (s < %cnt[b, h, i floordiv 4] : tensor<?x?x?xi32>)
    with (blk = %idx[b, h, i floordiv 4, s] : tensor<?x?x?x?xi32>)
    where { j floordiv 3 == blk }
  %c = attn.observe extents(i = %n, j = %m) mask(%mask) bias(%zero[b, h]) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[b, h, i, j] add]
    : !attn.mask<1, 1, over = 2>, tensor<?x?xf32> -> tensor<?x?x?x?xf32>
  return %c : tensor<?x?x?x?xf32>
}

func.func @powers(%n: index, %m: index) -> tensor<?x?xf32> {
  %mask = attn.mask.any (s < 3) [i, j, s] {
      %c1 = arith.constant 1 : index
      %d = arith.shli %c1, %s : index
      %x = arith.subi %i, %j : index
      %y = arith.cmpi eq, %x, %d : index
      attn.yield %y : i1
    }
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// (causal and same document) or not (shifted window), all seen from an offset.
func.func @algebra(%zero: tensor<?x?xf32>, %n: index, %m: index, %ids: tensor<?x?xi32>,
                   %dq: index, %dk: index) -> tensor<?x?x?x?xf32> {
  %causal = attn.mask.causal
  %doc = attn.mask.document %ids : tensor<?x?xi32>
  %both = attn.mask.and %causal, %doc : !attn.mask<1, 1>, !attn.mask<1, 1, over = 2>
  %window = attn.mask.sliding window(5) symmetric
  %shifted = attn.mask.offset %window q(%dq) k(%dk) : !attn.mask<1, 1>
  %far = attn.mask.not %shifted : !attn.mask<1, 1>
  %either = attn.mask.or %both, %far : !attn.mask<1, 1, over = 2>, !attn.mask<1, 1>
  %mask = attn.mask.offset %either k(%dk) : !attn.mask<1, 1, over = 2>
  %c = attn.observe extents(i = %n, j = %m) mask(%mask) bias(%zero[b, h]) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[b, h, i, j] add]
    : !attn.mask<1, 1, over = 2>, tensor<?x?xf32> -> tensor<?x?x?x?xf32>
  return %c : tensor<?x?x?x?xf32>
}

// An image and a text: the image sees a neighbourhood and all text, the text
// itself causally. Tokens behind both are hidden.
func.func @pieces(%n: index, %m: index, %image: index, %text: index) -> tensor<?x?xf32> {
  %near = attn.mask.neighborhood window [3, 3] grid i(4, 5) j(4, 5)
  %causal = attn.mask.causal
  %mask = attn.mask.piecewise i(%image, %text) j(%image, %text)
    [[%near, full], [empty, %causal]] : !attn.mask<2, 2>, !attn.mask<1, 1>
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// A mask that crosses a call.
func.func private @count(%mask: !attn.mask<1, 1>, %n: index, %m: index) -> tensor<?x?xf32> {
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

func.func private @even() -> !attn.mask<1, 1> {
  %mask = attn.mask where { j mod 2 == 0 }
  return %mask : !attn.mask<1, 1>
}

func.func @called(%n: index, %m: index) -> tensor<?x?xf32> {
  %mask = call @even() : () -> !attn.mask<1, 1>
  %c = call @count(%mask, %n, %m) : (!attn.mask<1, 1>, index, index) -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// The divisor is an operand.
func.func @strided(%n: index, %m: index, %width: tensor<?xi32>) -> tensor<?x?xf32> {
  %mask = attn.mask [i, j] with (w = %width[0] : tensor<?xi32>)
    where { i floordiv w == j floordiv w }
  %c = attn.observe over [] extents(i = %n, j = %m) mask(%mask) observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[i, j] add] : !attn.mask<1, 1> -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}
