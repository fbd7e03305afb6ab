// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.expm, broken once.

func.func @expm_c1(%a: tensor<4xf32>) {
  // expected-error @+1 {{'attn.expm' op expected x of rank 2 or more, found rank 1}}
  %0 = attn.expm %a : tensor<4xf32>
  return
}

// -----

func.func @expm_c2(%a: tensor<3x4x5xf32>) {
  // expected-error @+1 {{'attn.expm' op expected matrices of one static size up to 64, found 'tensor<3x4x5xf32>'}}
  %0 = attn.expm %a : tensor<3x4x5xf32>
  return
}

// -----

func.func @expm_c2_large(%a: tensor<65x65xf32>) {
  // expected-error @+1 {{'attn.expm' op expected matrices of one static size up to 64, found 'tensor<65x65xf32>'}}
  %0 = attn.expm %a : tensor<65x65xf32>
  return
}

// -----

func.func @expm_c2_dynamic(%a: tensor<?x?xf32>) {
  // expected-error @+1 {{'attn.expm' op expected matrices of one static size up to 64, found 'tensor<?x?xf32>'}}
  %0 = attn.expm %a : tensor<?x?xf32>
  return
}
