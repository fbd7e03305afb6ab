// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of attn.merge, broken once.

func.func @merge_c1(%a: tensor<3x5xf32>, %b: tensor<?x5xf32>, %l: tensor<3xf32>) {
  // expected-error @+1 {{'attn.merge' op expected every output of type 'tensor<3x5xf32>', found 'tensor<?x5xf32>'}}
  %0:2 = "attn.merge"(%a, %b, %l, %l) <{operandSegmentSizes = array<i32: 2, 2>}> : (tensor<3x5xf32>, tensor<?x5xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>)
  return
}

// -----

func.func @merge_c2(%o: tensor<3x5xf32>, %l: tensor<4xf32>) {
  // expected-error @+1 {{'attn.merge' op expected outputs of the shape of lse 'tensor<4xf32>' and one more axis, found 'tensor<3x5xf32>'}}
  %0:2 = attn.merge (%o, %l), (%o, %l) : tensor<3x5xf32>, tensor<4xf32>
  return
}

// -----

func.func @merge_c3(%o: tensor<3x5xf32>, %l: tensor<3xf32>) {
  // expected-error @+1 {{'attn.merge' op expected one pair to merge along an axis, found 2}}
  %0:2 = attn.merge (%o, %l), (%o, %l) along 0 : tensor<3x5xf32>, tensor<3xf32>
  return
}

// -----

func.func @merge_c3_axis(%o: tensor<3x5xf32>, %l: tensor<3xf32>) {
  // expected-error @+1 {{'attn.merge' op expected along to be an axis before the features (1 axes), found 1}}
  %0:2 = attn.merge (%o, %l) along 1 : tensor<3x5xf32>, tensor<3xf32>
  return
}

// -----

func.func @merge_c1_count(%o: tensor<3x5xf32>, %l: tensor<3xf32>) {
  // expected-error @+1 {{'attn.merge' op expected as many outputs as lses, at least one, found 1 and 2}}
  %0:2 = "attn.merge"(%o, %l, %l) <{operandSegmentSizes = array<i32: 1, 2>}> : (tensor<3x5xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>)
  return
}
