// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.finalize, broken once.

func.func @finalize_c1(%m: tensor<3xf32>) {
  // expected-error @+1 {{expected a state (acc), found 2 components}}
  %0 = attn.finalize none (%m, %m) : tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @finalize_c2(%a: tensor<3x4x5xf32>, %m: tensor<3xf32>) {
  // expected-error @+1 {{'attn.finalize' op expected acc of the shape of den 'tensor<3xf32>' and one more axis, found 'tensor<3x4x5xf32>'}}
  %0:2 = attn.finalize exp (%a, %m, %m) : tensor<3x4x5xf32>, tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @finalize_c3(%m: tensor<3xf64>, %d: tensor<3xf32>) {
  // expected-error @+1 {{'attn.finalize' op expected states of one element type ('f32'), found 'f64'}}
  %0 = attn.finalize exp (%m, %d) : tensor<3xf64>, tensor<3xf32>
  return
}

// -----

func.func @finalize_c4(%a: tensor<2x3x5xf32>, %d: tensor<2x3xf32>, %s: tensor<2xf32>) {
  // expected-error @+1 {{'attn.finalize' op expected a sink with exp, found sum}}
  %0 = attn.finalize sum (%a, %d) sink(%s : tensor<2xf32>) : tensor<2x3x5xf32>, tensor<2x3xf32>
  return
}

// -----

func.func @finalize_c5(%m: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error @+1 {{'attn.finalize' op expected a sink for each head (2), found 3}}
  %0 = attn.finalize exp (%m, %m) sink(%s : tensor<3xf32>) : tensor<2x3xf32>, tensor<2x3xf32>
  return
}

// -----

func.func @finalize_c5_rank(%m: tensor<3xf32>, %s: tensor<3xf32>) {
  // expected-error @+1 {{'attn.finalize' op expected a sink of rank 1 and max of rank 2 or more, found ranks 1 and 1}}
  %0 = attn.finalize exp (%m, %m) sink(%s : tensor<3xf32>) : tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @finalize_c6(%d: tensor<3xf32>) {
  // expected-error @+1 {{'attn.finalize' op expected an acc to divide by den, found none}}
  attn.finalize sum (%d) : tensor<3xf32>
  return
}
