// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.topk, broken once.

func.func @topk_c1(%x: tensor<f32>) {
  // expected-error @+1 {{'attn.topk' op expected x of rank 1 or more, found rank 0}}
  %v, %i = "attn.topk"(%x) <{k = 4 : i64}> : (tensor<f32>) -> (tensor<f32>, tensor<i32>)
  return
}

// -----

func.func @topk_c2(%x: tensor<2147483648xf32>) {
  // expected-error @+1 {{'attn.topk' op expected at most 2^31 - 1 candidates, found 2147483648}}
  %v, %i = attn.topk %x, 4 : tensor<2147483648xf32>
  return
}

// -----

func.func @topk_positive(%x: tensor<8xf32>) {
  // expected-error @+1 {{'attn.topk' op attribute 'k' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %v, %i = attn.topk %x, 0 : tensor<8xf32>
  return
}
