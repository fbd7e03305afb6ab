// RUN: attn-run %s --entry=lists --input=random:1 --input=random:2:int:0:5 --check
// RUN: attn-run %s --entry=lanes --input=random:1:int:0:9@3x64 \
// RUN:   --input=random:2@4x3x1x16 --input=random:3 --input=random:4@3x4x1x3 \
// RUN:   --input=random:5@3x1x3x64 --input=random:6@3x4x64x16 --check
// RUN: attn-run %s --entry=divisors --input=random:1 --input=random:2:int:1:5 \
// RUN:   --input=random:3:int:1:5 --check
// RUN: attn-run %s --entry=wide_values --input=random:1 --input=random:2 --check=1e-6
// RUN: attn-run %s --entry=wide_queries --input=random:1 --input=random:2 --check

// Programs that random tests have found.

// The lists depend on the query alone, so their length is known before any key is.
func.func @lists(%q: tensor<2x4x5x16xf32>, %count: tensor<5xi32>) -> tensor<2x4x5x16xf32> {
  %m = attn.mask.any (s < %count[i] : tensor<5xi32>) where { i == 2 * s }
  %o = attn.attention dots(%q * %q) values(%q) mask(%m)
    : tensor<2x4x5x16xf32>, tensor<2x4x5x16xf32>, tensor<2x4x5x16xf32>, !attn.mask<1, 1>
    -> tensor<2x4x5x16xf32>
  return %o : tensor<2x4x5x16xf32>
}

// LLVM's vectoriser divided by the heads of a group only where the first of
// several keys was visible, and used the quotient for the others.
func.func @lanes(%ids: tensor<?x64xi32>, %q: tensor<?x?x?x16xf64>, %k: tensor<16x1x3x64xf64>,
                 %r: tensor<?x?x1x3xf64>, %s: tensor<?x1x3x?xf64>, %v: tensor<?x4x?x16xf64>)
    -> tensor<3x?x1x16xf64> {
  %m = attn.mask with (x = %ids[b, j] : tensor<?x64xi32>) where { x mod 3 == 1 }
  %o = attn.attention dots(%q[h, b, i, :] * %k[:, h, b, j], %r * %s[b, h, :, j]) values(%v) mask(%m)
    : tensor<?x?x?x16xf64>, tensor<16x1x3x64xf64>, tensor<?x?x1x3xf64>, tensor<?x1x3x?xf64>,
      tensor<?x4x?x16xf64>, !attn.mask<1, 1, over = 2> -> tensor<3x?x1x16xf64>
  return %o : tensor<3x?x1x16xf64>
}

// Divisors are positive at all tokens, and read 0 behind the last.
func.func @divisors(%q: tensor<1x1x5x16xf32>, %a: tensor<5xi32>, %c: tensor<5xi32>)
    -> tensor<1x1x5x16xf32> {
  %m = attn.mask with (a = %a[i] : tensor<5xi32>) where { i floordiv a <= j floordiv a }
  %n = attn.mask [i, j] with (c = %c[j] : tensor<5xi32>) {
    %x = arith.divsi %i, %c : index
    %y = arith.remui %j, %c : index
    %z = arith.cmpi sge, %x, %y : index
    attn.yield %z : i1
  }
  %both = attn.mask.or %m, %n : !attn.mask<1, 1>, !attn.mask<1, 1>
  %o = attn.attention dots(%q * %q) values(%q) mask(%both)
    : tensor<1x1x5x16xf32>, tensor<1x1x5x16xf32>, tensor<1x1x5x16xf32>, !attn.mask<1, 1>
    -> tensor<1x1x5x16xf32>
  return %o : tensor<1x1x5x16xf32>
}

// The first dot product decides about the type of statistics and sums.
func.func @wide_values(%q: tensor<1x1x5x16xf32>, %v: tensor<1x1x5x16xf64>)
    -> (tensor<1x1x5x16xf64>, tensor<1x1x5xf32>) {
  %o, %l = attn.attention dots(%q * %v) values(%v) results(out, lse)
    : tensor<1x1x5x16xf32>, tensor<1x1x5x16xf64>, tensor<1x1x5x16xf64>
    -> (tensor<1x1x5x16xf64>, tensor<1x1x5xf32>)
  return %o, %l : tensor<1x1x5x16xf64>, tensor<1x1x5xf32>
}

func.func @wide_queries(%q: tensor<1x1x5x16xf64>, %v: tensor<1x1x5x16xf16>)
    -> (tensor<1x1x5x16xf16>, tensor<1x1x5xf64>) {
  %o, %l = attn.attention dots(%q * %v) values(%v) results(out, lse)
    : tensor<1x1x5x16xf64>, tensor<1x1x5x16xf16>, tensor<1x1x5x16xf16>
    -> (tensor<1x1x5x16xf16>, tensor<1x1x5xf64>)
  return %o, %l : tensor<1x1x5x16xf16>, tensor<1x1x5xf64>
}
