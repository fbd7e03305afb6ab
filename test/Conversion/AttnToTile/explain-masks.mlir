// RUN: attn-opt %s --attn-explain-masks -verify-diagnostics -o /dev/null

func.func @causal(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  %c = attn.mask.causal
  // expected-remark @+1 {{key ranges of the mask: by formula, 1 interval}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// The last key of the window that is visible is 60 before the query.
func.func @dilated(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  %c = attn.mask.sliding window(64) dilation(4)
  // expected-remark @+1 {{key ranges of the mask: by formula, 1 interval, with cuts, never full}}
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

// The two say that 2 * i >= 370.
func.func @cuts_by_formula(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  %c = attn.mask where { i + j >= 300, i - j >= 70 }
  // expected-remark @+1 {{key ranges of the mask: by formula, 1 interval, with cuts}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// No remainder of 7 lies between 7 and 107.
func.func @cuts_by_bisection(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  // expected-note @+1 {{this has no formula}}
  %c = attn.mask where { (i - j) mod 100 == 7, i - j < 107, i >= j }
  // expected-remark @+1 {{key ranges of the mask: by bisection, with cuts}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// Of 17 alternatives each is looked at by itself.
func.func @too_many_alternatives(%q: tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32> {
  // expected-note @+1 {{this has no formula}}
  %c = attn.mask where { j + 0 * i <= 0, i floordiv 2 <= j | j + 1 * i <= 9, i floordiv 3 <= j | j + 2 * i <= 18, i floordiv 4 <= j | j + 3 * i <= 27, i floordiv 5 <= j | j + 4 * i <= 36, i floordiv 6 <= j | j + 5 * i <= 45, i floordiv 7 <= j | j + 6 * i <= 54, i floordiv 8 <= j | j + 7 * i <= 63, i floordiv 9 <= j | j + 8 * i <= 72, i floordiv 10 <= j | j + 9 * i <= 81, i floordiv 11 <= j | j + 10 * i <= 90, i floordiv 12 <= j | j + 11 * i <= 99, i floordiv 13 <= j | j + 12 * i <= 108, i floordiv 14 <= j | j + 13 * i <= 117, i floordiv 15 <= j | j + 14 * i <= 126, i floordiv 16 <= j | j + 15 * i <= 135, i floordiv 17 <= j | j + 16 * i <= 144, i floordiv 18 <= j }
  // expected-remark @+1 {{key ranges of the mask: by bisection, with cuts, too many comparisons to see all together}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%c)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}
