// RUN: attn-opt %s --split-input-file --convert-attn-to-tile | FileCheck %s

// The sizes of tiles: the rows of the running maximum, and the step over keys.

// CHECK-LABEL: tile.kernel @attention
// CHECK:         tile.for_each {{.*}} step 128 {{.*}} vector<128x1xf32>
func.func @dense(%q: tensor<?x2x?x64xf32>) -> tensor<?x2x?x64xf32> {
  %o = attn.attention dots(%q * %q) values(%q) : tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32> -> tensor<?x2x?x64xf32>
  return %o : tensor<?x2x?x64xf32>
}

// -----

// A window within another mask, and moved, has small tiles.
// CHECK-LABEL: tile.kernel @attention
// CHECK:         tile.for_each {{.*}} step 64 {{.*}} vector<64x1xf32>
func.func @window(%q: tensor<?x2x?x64xf32>, %past: index) -> tensor<?x2x?x64xf32> {
  %w = attn.mask.sliding window(512) sink(4)
  %s = attn.mask.offset %w q(%past) : !attn.mask<1, 1>
  %d = attn.mask [i, j] where { j mod 3 < 2 }
  %m = attn.mask.and %d, %s : !attn.mask<1, 1>, !attn.mask<1, 1>
  %o = attn.attention dots(%q * %q) values(%q) mask(%m) : tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask<1, 1> -> tensor<?x2x?x64xf32>
  return %o : tensor<?x2x?x64xf32>
}

// -----

// 512 keys to both sides are too many for small tiles.
// CHECK-LABEL: tile.kernel @attention
// CHECK:         tile.for_each {{.*}} step 128 {{.*}} vector<128x1xf32>
func.func @wide(%q: tensor<?x2x?x64xf32>) -> tensor<?x2x?x64xf32> {
  %m = attn.mask.sliding window(512) symmetric
  %o = attn.attention dots(%q * %q) values(%q) mask(%m) : tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask<1, 1> -> tensor<?x2x?x64xf32>
  return %o : tensor<?x2x?x64xf32>
}

// -----

// A window that is not known may be wide.
// CHECK-LABEL: tile.kernel @attention
// CHECK:         tile.for_each {{.*}} step 128 {{.*}} vector<128x1xf32>
func.func @dynamic(%q: tensor<?x2x?x64xf32>, %n: index) -> tensor<?x2x?x64xf32> {
  %m = attn.mask.sliding window(%n)
  %o = attn.attention dots(%q * %q) values(%q) mask(%m) : tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask<1, 1> -> tensor<?x2x?x64xf32>
  return %o : tensor<?x2x?x64xf32>
}

// -----

// Four heads share their keys and a tile of one query each.
// CHECK-LABEL: tile.kernel @attention
// CHECK:         tile.for_each {{.*}} step 256 {{.*}} vector<4x1xf32>
func.func @decode(%q: tensor<?x8x1x64xf32>, %k: tensor<?x2x?x64xf32>) -> tensor<?x8x1x64xf32> {
  %o = attn.attention dots(%q * %k) values(%k) : tensor<?x8x1x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32> -> tensor<?x8x1x64xf32>
  return %o : tensor<?x8x1x64xf32>
}

// -----

// A mask hides keys from few rows sharply.
// CHECK-LABEL: tile.kernel @attention
// CHECK:         tile.for_each {{.*}} step 32 {{.*}} vector<4x1xf32>
func.func @masked_decode(%q: tensor<?x8x1x64xf32>, %k: tensor<?x2x?x64xf32>, %n: index) -> tensor<?x8x1x64xf32> {
  %m = attn.mask with (n = %n : index) where { j < n }
  %o = attn.attention dots(%q * %k) values(%k) mask(%m) : tensor<?x8x1x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask<1, 1> -> tensor<?x8x1x64xf32>
  return %o : tensor<?x8x1x64xf32>
}
