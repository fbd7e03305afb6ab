// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.rotate_blocks, broken once.

func.func @rotate_blocks_c1(%x: tensor<5x?xf32>, %r: tensor<5x4x2x2xf32>) {
  // expected-error @+1 {{'attn.rotate_blocks' op expected x with a static last axis, found 'tensor<5x?xf32>'}}
  %y = attn.rotate_blocks %x, %r : tensor<5x?xf32>, tensor<5x4x2x2xf32>
  return
}

// -----

func.func @rotate_blocks_c2(%x: tensor<5x8xf32>, %r: tensor<3x5x4x2x2xf32>) {
  // expected-error @+1 {{'attn.rotate_blocks' op expected r of rank from 3 to two more than that of x (4), found rank 5}}
  %y = attn.rotate_blocks %x, %r : tensor<5x8xf32>, tensor<3x5x4x2x2xf32>
  return
}

// -----

func.func @rotate_blocks_c3(%x: tensor<5x8xf32>, %r: tensor<5x3x2x2xf32>) {
  // expected-error @+1 {{'attn.rotate_blocks' op expected r to end in square blocks that cover the last axis of x (8), found 'tensor<5x3x2x2xf32>'}}
  %y = attn.rotate_blocks %x, %r : tensor<5x8xf32>, tensor<5x3x2x2xf32>
  return
}

// -----

func.func @rotate_blocks_c4(%x: tensor<2x3x5x8xf32>, %r: tensor<2x5x4x2x2xf32>) {
  // expected-error @+1 {{'attn.rotate_blocks' op expected axis 0 of r to have size 1 or that of axis 1 of x (3), found 2}}
  %y = attn.rotate_blocks %x, %r : tensor<2x3x5x8xf32>, tensor<2x5x4x2x2xf32>
  return
}
