// RUN: attn-opt %s --attn-explain-masks -verify-diagnostics -o /dev/null

func.func @causal(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  %c = attn.mask.causal
  // expected-remark @+1 {{key ranges of the mask: by formula, 1 interval}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

func.func @dilated(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  %c = attn.mask.sliding window(64) dilation(4)
  // expected-remark @+1 {{key ranges of the mask: by formula, 1 interval, never full}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// A table of bits says nothing about tiles.
func.func @bits(%q: tensor<?x2x?x16xf32>, %bits: tensor<?x?xi1>) -> tensor<?x2x?x16xf32> {
  // expected-note @+2 {{this has no formula}}
  // expected-note @+1 {{this may be anything, as far as tiles are concerned}}
  %c = attn.mask with (bit = %bits[i, j] : tensor<?x?xi1>) {
    attn.yield %bit : i1
  }
  // expected-remark @+1 {{key ranges of the mask: by bisection, never full}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

func.func @boxes(%q: tensor<?x2x24x16xf32>) -> tensor<?x2x24x16xf32> {
  // expected-note @+1 {{this has no formula}}
  %c = attn.mask.neighborhood window [3, 3] grid i(4, 6) j(4, 6)
  // expected-remark @+1 {{key ranges of the mask: by bisection, boxes of the grid}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, !attn.mask<2, 2> -> tensor<?x2x24x16xf32>
  return %o : tensor<?x2x24x16xf32>
}

// Blocks of rows are bounds on the position in the box.
func.func @boxes_by_formula(%q: tensor<?x2x24x16xf32>) -> tensor<?x2x24x16xf32> {
  %c = attn.mask [iy, ix, jy, jx] grid i(4, 6) j(4, 6) where { jy <= iy }
  // expected-remark @+1 {{key ranges of the mask: by formula, 1 interval, boxes of the grid}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, !attn.mask<2, 2> -> tensor<?x2x24x16xf32>
  return %o : tensor<?x2x24x16xf32>
}

// Whole rows are better seen by runs of tokens.
func.func @rows(%q: tensor<?x2x24x16xf32>) -> tensor<?x2x24x16xf32> {
  %c = attn.mask grid i(4, 6) j(4, 6) where { jy <= iy }
  // expected-remark @+1 {{key ranges of the mask: by formula, 1 interval}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, !attn.mask<2, 2> -> tensor<?x2x24x16xf32>
  return %o : tensor<?x2x24x16xf32>
}

// Keys without a grid.
func.func @one_grid(%q: tensor<?x2x24x16xf32>) -> tensor<?x2x24x16xf32> {
  %c = attn.mask grid i(4, 6) where { j <= ix + iy }
  // expected-remark @+1 {{key ranges of the mask: by formula, 1 interval}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, !attn.mask<2, 1> -> tensor<?x2x24x16xf32>
  return %o : tensor<?x2x24x16xf32>
}

// A split counts tokens.
func.func @split(%q: tensor<?x2x24x16xf32>) -> tensor<?x2x3x24xf32> {
  // expected-note @+1 {{this has no formula}}
  %c = attn.mask.neighborhood window [3, 3] grid i(4, 6) j(4, 6)
  // expected-remark @+1 {{key ranges of the mask: by bisection}}
  %m, %d = attn.partial dots(%q * %q) mask(%c) split j by 8
    : tensor<?x2x24x16xf32>, tensor<?x2x24x16xf32>, !attn.mask<2, 2> -> (tensor<?x2x3x24xf32>, tensor<?x2x3x24xf32>)
  return %m : tensor<?x2x3x24xf32>
}
