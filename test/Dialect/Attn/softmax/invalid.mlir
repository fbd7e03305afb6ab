// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @softmax_c1(%x: tensor<f32>) {
  // expected-error@+1 {{'attn.softmax' op expected x of rank 1 or more, found rank 0}}
  %p = attn.softmax %x : tensor<f32>
  return
}
