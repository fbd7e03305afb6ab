// A function that returns a mask is drawn: rows are tiles of queries.

// RUN: attn-run %s --entry=window --input=value:40 --draw=100x130 --draw-tile=16x32 | FileCheck %s --strict-whitespace --match-full-lines --check-prefix=WINDOW
//      WINDOW:+....
// WINDOW-NEXT:+....
// WINDOW-NEXT:++...
// WINDOW-NEXT:++...
// WINDOW-NEXT:+++..
// WINDOW-NEXT:.++..
// WINDOW-NEXT:.+#+.
// WINDOW-NEXT:100 queries, 130 keys, tiles of 16x32: 1 full, 13 partial, 21 empty

// With tiles of one pair the drawing shows pairs, here of head 1.
// RUN: %python -c "import numpy as np; np.save('%t.npy', np.array([1, 2], np.int32))"
// RUN: attn-run %s --entry=heads --input=%t.npy --draw=3x4 --draw-tile=1x1 --draw-at=0,1 | FileCheck %s --strict-whitespace --match-full-lines --check-prefix=HEAD
//      HEAD:#...
// HEAD-NEXT:##..
// HEAD-NEXT:.##.
// HEAD-NEXT:3 queries, 4 keys, tiles of 1x1: 5 full, 0 partial, 7 empty

// RUN: attn-run %s --entry=window --input=value:40 --draw=0x130 | FileCheck %s --check-prefix=NONE
// NONE: 0 queries, 130 keys, tiles of 64x64: 0 full, 0 partial, 0 empty

// Tiles of one class side by side are one rectangle.
// RUN: attn-run %s --entry=window --input=value:100 --draw=128x192 --draw-tile=64x64 --draw-output=%t.svg | count 0
// RUN: FileCheck %s --check-prefix=SVG --input-file=%t.svg
// SVG: <svg xmlns="http://www.w3.org/2000/svg" width="24" height="16">
// SVG-NEXT: <title>128 queries, 192 keys, tiles of 64x64: 0 full, 3 partial, 3 empty</title>
// SVG: <rect x="0" y="0" width="8" height="8" fill="#9ecae1"/>
// SVG-NEXT: <rect x="0" y="8" width="16" height="8" fill="#9ecae1"/>
// SVG-NEXT: </svg>

// Pairs by the tiles of attention: boxes of 2 x 2 queries see two or three columns.
// RUN: attn-run %s --entry=image --draw=8x8 --draw-tile=4x4 --draw-pairs | FileCheck %s --strict-whitespace --match-full-lines --check-prefix=BOXES
//      BOXES:++..++..
// BOXES-NEXT:++..++..
// BOXES-NEXT:.+++.+++
// BOXES-NEXT:.+++.+++
// BOXES-NEXT:++..++..
// BOXES-NEXT:++..++..
// BOXES-NEXT:.+++.+++
// BOXES-NEXT:.+++.+++
// BOXES-NEXT:8 queries, 8 keys, tiles of 4x4: 0 pairs in full tiles, 40 in partial tiles, 24 not visited

// What is wrong is said in one sentence.
// RUN: not attn-run %s --entry=window --input=value:1 --draw=12 2>&1 | FileCheck %s --check-prefix=SIZES
// SIZES: error: --draw: expected two numbers of at least 0, such as 512x256, found '12'
// RUN: not attn-run %s --entry=window --input=value:1 --draw=1x1 --draw-tile=0x4 2>&1 | FileCheck %s --check-prefix=TILE
// TILE: error: --draw-tile: expected two numbers of at least 1, such as 512x256, found '0x4'
// RUN: not attn-run %s --entry=window --draw=64x64 2>&1 | FileCheck %s --check-prefix=INPUTS
// INPUTS: error: @window: expected 1 inputs, found 0
// RUN: not attn-run %s --entry=number --draw=64x64 2>&1 | FileCheck %s --check-prefix=MASK
// MASK: error: --draw: @number does not return a mask
// RUN: not attn-run %s --entry=heads --input=%t.npy --draw=64x64 --draw-at=1 2>&1 | FileCheck %s --check-prefix=AT
// AT: error: --draw-at: @heads has 2 batch coordinates, found 1
// RUN: not attn-run %s --entry=heads --input=%t.npy --draw=64x64 --draw-at=0,-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: error: --draw-at: expected indices of at least 0, found -1
// RUN: not attn-run %s --entry=window --input=value:1 --draw=100000x100000 --draw-tile=1x1 2>&1 | FileCheck %s --check-prefix=MANY
// MANY: error: --draw: more than 1048576 tiles; choose larger ones with --draw-tile
// RUN: not attn-run %s --entry=window --input=value:1 --draw=64x64 --draw-output=%t.nowhere/x.svg 2>&1 | FileCheck %s --check-prefix=WRITE
// WRITE: error: cannot write {{.*}}nowhere/x.svg: No such file or directory
// RUN: not attn-run %s --entry=window --input=value:1 --draw=64x64 --check 2>&1 | FileCheck %s --check-prefix=CHECK-TOO
// CHECK-TOO: error: --draw shows a mask: leave out --check, --time, --reference and --output
// RUN: not attn-run %s --entry=window --input=value:1 --draw-tile=64x64 2>&1 | FileCheck %s --check-prefix=ALONE
// ALONE: error: expected --draw=QUERIESxKEYS with the other options of a drawing
// RUN: echo 'func.func @argument(%%m: !attn.mask<1, 1>) -> !attn.mask<1, 1> { return %%m : !attn.mask<1, 1> }' > %t.mlir
// RUN: not attn-run %t.mlir --draw=64x64 2>&1 | FileCheck %s --check-prefix=ARGUMENT
// ARGUMENT: error: cannot draw @argument

func.func @window(%width: index) -> !attn.mask<1, 1> {
  %m = attn.mask.sliding window(%width)
  return %m : !attn.mask<1, 1>
}
func.func @heads(%width: tensor<?xi32>) -> !attn.mask<1, 1, over = 2> {
  %m = attn.mask with (w = %width[h] : tensor<?xi32>) where { j <= i, i - j < w }
  return %m : !attn.mask<1, 1, over = 2>
}
func.func @image() -> !attn.mask<2, 2> {
  %m = attn.mask grid i(2, 4) j(2, 4) where { jx <= ix, ix <= jx + 1, iy == jy }
  return %m : !attn.mask<2, 2>
}
func.func @number() -> index {
  %0 = arith.constant 0 : index
  return %0 : index
}
