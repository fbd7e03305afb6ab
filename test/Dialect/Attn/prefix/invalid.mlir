// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.prefix, broken once.

func.func @prefix_c1(%m: tensor<3xf32>) {
  // expected-error @+1 {{expected a state (acc, max, den) or (max, den), found 1 components}}
  %0 = attn.prefix exp (%m) along 0 : tensor<3xf32>
  return
}

// -----

func.func @prefix_c2(%a: tensor<3xf32>, %m: tensor<3xf32>) {
  // expected-error @+1 {{'attn.prefix' op expected acc of the shape of den 'tensor<3xf32>' and one more axis, found 'tensor<3xf32>'}}
  %0:3 = attn.prefix exp (%a, %m, %m) along 0 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @prefix_c3(%a: tensor<3x5xf64>, %d: tensor<3xf32>) {
  // expected-error @+1 {{'attn.prefix' op expected states of one element type ('f32'), found 'f64'}}
  %0:2 = attn.prefix sum (%a, %d) along 0 : tensor<3x5xf64>, tensor<3xf32>
  return
}

// -----

func.func @prefix_c4(%m: tensor<3xf32>) {
  // expected-error @+1 {{'attn.prefix' op expected along to be an axis before the features (1 axes), found 1}}
  %0:2 = attn.prefix exp (%m, %m) along 1 : tensor<3xf32>, tensor<3xf32>
  return
}
