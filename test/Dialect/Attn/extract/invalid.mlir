// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @extract_c1(%x: tensor<?x4xf32>, %i: index) {
  // expected-error@+1 {{'attn.extract' op expected 2 indices, found 1}}
  %y = attn.extract %x[%i] : tensor<?x4xf32>
  return
}

// -----

func.func @extract_c2(%x: tensor<?xf32>, %i: index) {
  // expected-error@+1 {{'attn.extract' op failed to verify that the result to have the element type of the source}}
  %y = "attn.extract"(%x, %i) : (tensor<?xf32>, index) -> i32
  return
}
