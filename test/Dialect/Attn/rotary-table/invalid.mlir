// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.rotary_table, broken once.

func.func @rotary_table_c1() {
  // expected-error @+1 {{'attn.rotary_table' op expected one of length and positions, found none}}
  %c, %s = attn.rotary_table dims(8) base(1.0e4) : tensor<?x4xf32>
  return
}

// -----

func.func @rotary_table_c1_both(%n: index, %p: tensor<?xi32>) {
  // expected-error @+1 {{'attn.rotary_table' op expected one of length and positions, found both}}
  %c, %s = attn.rotary_table length(%n) positions(%p : tensor<?xi32>) dims(8) base(1.0e4) : tensor<?x4xf32>
  return
}

// -----

func.func @rotary_table_c2(%n: index) {
  // expected-error @+1 {{'attn.rotary_table' op expected dims that are even and positive, found 7}}
  %c, %s = attn.rotary_table length(%n) dims(7) base(1.0e4) : tensor<?x4xf32>
  return
}

// -----

func.func @rotary_table_c3(%n: index) {
  // expected-error @+1 {{'attn.rotary_table' op expected a positive base, found 0.000000e+00}}
  %c, %s = attn.rotary_table length(%n) dims(8) base(0.0) : tensor<?x4xf32>
  return
}

// -----

func.func @rotary_table_c4(%n: index) {
  // expected-error @+1 {{'attn.rotary_table' op expected tables whose last axis is half of dims (4), found 'tensor<?x8xf32>'}}
  %c, %s = attn.rotary_table length(%n) dims(8) base(1.0e4) : tensor<?x8xf32>
  return
}

// -----

func.func @rotary_table_c5(%n: index) {
  // expected-error @+1 {{'attn.rotary_table' op expected tables of rank 2, found 'tensor<2x?x4xf32>'}}
  %c, %s = attn.rotary_table length(%n) dims(8) base(1.0e4) : tensor<2x?x4xf32>
  return
}

// -----

func.func @rotary_table_c5_positions(%p: tensor<2x?xi32>) {
  // expected-error @+1 {{'attn.rotary_table' op expected tables of the shape of positions 'tensor<2x?xi32>' and one more axis, found 'tensor<?x4xf32>'}}
  %c, %s = attn.rotary_table positions(%p : tensor<2x?xi32>) dims(8) base(1.0e4) : tensor<?x4xf32>
  return
}

// -----

func.func @rotary_table_c5_element(%p: tensor<?xcomplex<f32>>) {
  // expected-error @+1 {{'attn.rotary_table' op expected positions of integers or floats, found 'tensor<?xcomplex<f32>>'}}
  %c, %s = attn.rotary_table positions(%p : tensor<?xcomplex<f32>>) dims(8) base(1.0e4) : tensor<?x4xf32>
  return
}
