// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.rotate, broken once.

func.func @rotate_c1(%x: tensor<5x?xf32>, %c: tensor<5x4xf32>) {
  // expected-error @+1 {{'attn.rotate' op expected x with a static last axis, found 'tensor<5x?xf32>'}}
  %y = attn.rotate halves %x, %c, %c : tensor<5x?xf32>, tensor<5x4xf32>
  return
}

// -----

func.func @rotate_c2(%x: tensor<5x8xf32>, %c: tensor<5x5xf32>) {
  // expected-error @+1 {{'attn.rotate' op expected an even number of rotated features from 2 to the last axis of x (8), found 10}}
  %y = attn.rotate halves %x, %c, %c dims(10) : tensor<5x8xf32>, tensor<5x5xf32>
  return
}

// -----

func.func @rotate_c2_odd(%x: tensor<5x7xf32>, %c: tensor<5x3xf32>) {
  // expected-error @+1 {{'attn.rotate' op expected an even number of rotated features from 2 to the last axis of x (7), found 7}}
  %y = attn.rotate halves %x, %c, %c : tensor<5x7xf32>, tensor<5x3xf32>
  return
}

// -----

func.func @rotate_c3(%x: tensor<5x8xf32>, %c: tensor<2x5x4xf32>) {
  // expected-error @+1 {{'attn.rotate' op expected cos of rank from 1 to that of x (2), found rank 3}}
  %y = attn.rotate halves %x, %c, %c : tensor<5x8xf32>, tensor<2x5x4xf32>
  return
}

// -----

func.func @rotate_c4(%x: tensor<5x8xf32>, %c: tensor<5x8xf32>) {
  // expected-error @+1 {{'attn.rotate' op expected the last axis of cos to be half of the rotated features (4), found 8}}
  %y = attn.rotate halves %x, %c, %c : tensor<5x8xf32>, tensor<5x8xf32>
  return
}

// -----

func.func @rotate_c5(%x: tensor<2x3x5x8xf32>, %c: tensor<2x5x4xf32>) {
  // expected-error @+1 {{'attn.rotate' op expected axis 0 of cos to have size 1 or that of axis 1 of x (3), found 2}}
  %y = attn.rotate halves %x, %c, %c : tensor<2x3x5x8xf32>, tensor<2x5x4xf32>
  return
}
