// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.combine, broken once.

func.func @combine_c1(%m: tensor<3xf32>) {
  // expected-error @+1 {{expected a state (acc, max, den) or (max, den), found 1 components}}
  %0 = attn.combine exp (%m), (%m) : tensor<3xf32>
  return
}

// -----

func.func @combine_c1_sum(%m: tensor<3xf32>) {
  // expected-error @+1 {{expected a state (acc, den) or (den), found 3 components}}
  %0 = attn.combine sum (%m, %m, %m) : tensor<3xf32>
  return
}

// -----

func.func @combine_c1_none(%m: tensor<3xf32>) {
  // expected-error @+1 {{expected a state (acc), found 2 components}}
  %0 = attn.combine none (%m, %m) : tensor<3xf32>
  return
}

// -----

func.func @combine_c1_components(%a: tensor<3x5xf32>, %m: tensor<3xf32>) {
  // expected-error @+1 {{'attn.combine' op expected states (acc, max, den) or (max, den), found 1 accumulators, 2 maxima and 2 denominators}}
  %0:3 = "attn.combine"(%a, %m, %m, %m, %m) <{kind = 0 : i32, operandSegmentSizes = array<i32: 1, 2, 2>}>
    : (tensor<3x5xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>, tensor<3xf32>)
  return
}

// -----

func.func @combine_c1_types(%a: tensor<3xf32>, %b: tensor<?xf32>) {
  // expected-error @+1 {{'attn.combine' op expected every den of type 'tensor<3xf32>', found 'tensor<?xf32>'}}
  %0 = "attn.combine"(%a, %b) <{kind = 1 : i32, operandSegmentSizes = array<i32: 0, 0, 2>}>
    : (tensor<3xf32>, tensor<?xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @combine_c2(%a: tensor<4x5xf32>, %m: tensor<3xf32>) {
  // expected-error @+1 {{'attn.combine' op expected acc of the shape of den 'tensor<3xf32>' and one more axis, found 'tensor<4x5xf32>'}}
  %0:3 = attn.combine exp (%a, %m, %m), (%a, %m, %m) : tensor<4x5xf32>, tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @combine_c2_max(%m: tensor<4xf32>, %d: tensor<3xf32>) {
  // expected-error @+1 {{'attn.combine' op expected max of the shape of den 'tensor<3xf32>', found 'tensor<4xf32>'}}
  %0:2 = attn.combine exp (%m, %d), (%m, %d) : tensor<4xf32>, tensor<3xf32>
  return
}

// -----

func.func @combine_c3(%m: tensor<3xf64>, %d: tensor<3xf32>) {
  // expected-error @+1 {{'attn.combine' op expected states of one element type ('f32'), found 'f64'}}
  %0:2 = attn.combine exp (%m, %d), (%m, %d) : tensor<3xf64>, tensor<3xf32>
  return
}

// -----

func.func @combine_c4(%m: tensor<3xf32>) {
  // expected-error @+1 {{'attn.combine' op expected one state to combine along an axis, found 2}}
  %0:2 = attn.combine exp (%m, %m), (%m, %m) along 0 : tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @combine_c4_axis(%a: tensor<3x5xf32>) {
  // expected-error @+1 {{'attn.combine' op expected along to be an axis before the features (1 axes), found 1}}
  %0 = attn.combine none (%a) along 1 : tensor<3x5xf32>
  return
}

// -----

func.func @combine_narrow(%d: tensor<3xf16>) {
  // expected-error @+1 {{'attn.combine' op operand #0 must be variadic of}}
  %0 = attn.combine sum (%d), (%d) : tensor<3xf16>
  return
}
