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
