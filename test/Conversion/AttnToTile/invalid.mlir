// RUN: attn-opt %s --split-input-file --convert-attn-to-tile --verify-diagnostics

// What cannot be written as a tile program is named.

func.func @mask_argument(%q: tensor<?x2x?x16xf32>, %m: !attn.mask<1, 1>) -> tensor<?x2x?x16xf32> {
  // expected-error@+1 {{expected a mask that is defined by an op where it is used, found an argument; inline the function first}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%m)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}
