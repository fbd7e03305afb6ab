// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.norm, broken once.

func.func @norm_c1(%x: tensor<f32>) {
  // expected-error @+1 {{'attn.norm' op expected x of rank 1 or more, found rank 0}}
  %y = attn.norm rms %x : tensor<f32>
  return
}

// -----

func.func @norm_c2(%x: tensor<3x8xf32>, %g: tensor<7xf32>) {
  // expected-error @+1 {{'attn.norm' op expected gain of the size of the last axis of x (8), found 7}}
  %y = attn.norm rms %x gain(%g : tensor<7xf32>) : tensor<3x8xf32>
  return
}

// -----

func.func @norm_c2_rank(%x: tensor<3x8xf32>, %b: tensor<3x8xf32>) {
  // expected-error @+1 {{'attn.norm' op expected offset of rank 1, found rank 2}}
  %y = attn.norm rms %x offset(%b : tensor<3x8xf32>) : tensor<3x8xf32>
  return
}

// -----

func.func @norm_c3(%x: tensor<3x8xf32>) {
  // expected-error @+1 {{'attn.norm' op expected eps of 0 or more, found -1.000000e+00}}
  %y = attn.norm rms %x eps = -1.0 : tensor<3x8xf32>
  return
}
