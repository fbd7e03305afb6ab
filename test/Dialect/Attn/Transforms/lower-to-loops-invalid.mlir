// RUN: attn-opt %s --split-input-file --attn-lower-to-loops --verify-diagnostics
// RUN: attn-opt %s --split-input-file --convert-attn-to-tile --attn-lower-to-loops --verify-diagnostics

// A mask has no form at run time: whatever else uses one is named, once.

func.func @argument(%q: tensor<?x2x?x16xf32>, %m: !attn.mask<1, 1>) -> tensor<?x2x?x16xf32> {
  // expected-error@+1 {{expected a mask that is defined by an op where it is used, found an argument; inline the function first}}
  %o = attn.attention dots(%q * %q) values(%q) mask(%m)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// -----

// expected-error@+1 {{expected masks that stay within a function, found @unused with one as argument or result; inline it where it is used}}
func.func @unused(%m: !attn.mask<1, 1>) {
  return
}

// -----

// expected-error@+1 {{expected masks that stay within a function, found @returned with one as argument or result; inline it where it is used}}
func.func @returned() -> !attn.mask<1, 1> {
  %m = attn.mask.causal
  return %m : !attn.mask<1, 1>
}

// -----

// expected-error@+1 {{expected masks that stay within a function, found @declared with one as argument or result; inline it where it is used}}
func.func private @declared(!attn.mask<1, 1>)

func.func @call() {
  %m = attn.mask.causal
  call @declared(%m) : (!attn.mask<1, 1>) -> ()
  return
}

// -----

func.func @chosen(%q: tensor<?x2x?x16xf32>, %c: i1) -> tensor<?x2x?x16xf32> {
  %a = attn.mask.causal
  %b = attn.mask.block_diagonal size(4)
  // expected-error@+1 {{expected an op of the attn dialect to define a mask}}
  %m = arith.select %c, %a, %b : !attn.mask<1, 1>
  %o = attn.attention dots(%q * %q) values(%q) mask(%m)
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, !attn.mask<1, 1> -> tensor<?x2x?x16xf32>
  return %o : tensor<?x2x?x16xf32>
}

// -----

func.func @branch(%c: i1) {
  %m = attn.mask.causal
  // expected-error@+1 {{expected masks that only ops of the attn dialect use, found one in 'cf.br'}}
  cf.br ^next(%m : !attn.mask<1, 1>)
^next(%n: !attn.mask<1, 1>):
  return
}
