// RUN: attn-opt %s --split-input-file --verify-diagnostics --convert-tile-to-vector=target=x86-64-v4
// RUN: not attn-opt --convert-tile-to-vector=target=z80 %S/check.mlir 2>&1 | FileCheck %s

// What the lowering for CPUs cannot do, it says.

// CHECK: error: expected the name of a CPU model, found z80

tile.kernel @k grid() args(%y: memref<4xf32>) {
  tile.return
}
func.func @launched_twice(%y: memref<4xf32>) {
  // expected-note @+1 {{the first launch is here}}
  tile.launch @k grid() outs(%y : memref<4xf32>)
  // expected-error @+1 {{expected a kernel of its own, found a second launch of @k}}
  tile.launch @k grid() outs(%y : memref<4xf32>)
  return
}

// -----

tile.kernel @k grid() args(%y: memref<4xf32>) {
  tile.return
}
func.func @tensors(%y: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected memrefs; bufferise before this pass, operand 0 is 'tensor<4xf32>'}}
  %0 = tile.launch @k grid() outs(%y : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

tile.kernel @unknown_operation grid() args(%v: f32) {
  %0 = vector.broadcast %v : f32 to vector<4x8xf32>
  // expected-error @+1 {{has no lowering for tiles on CPUs}}
  %1 = vector.extract_strided_slice %0 {offsets = [0, 0], sizes = [2, 8], strides = [1, 1]} : vector<4x8xf32> to vector<2x8xf32>
  tile.return
}

// -----

tile.kernel @one_dimension grid() args(%v: f32) {
  // expected-error @+1 {{expected 2-D vectors in a kernel, found 'vector<4xf32>'}}
  %0 = vector.broadcast %v : f32 to vector<4xf32>
  tile.return
}

// -----

tile.kernel @element grid() args(%v: f32) {
  %0 = vector.broadcast %v : f32 to vector<4x8xf32>
  // expected-error @+1 {{expected to extract the element of a 1x1 vector, found 'vector<4x8xf32>'}}
  %1 = vector.extract %0[0, 0] : f32 from vector<4x8xf32>
  tile.return
}

// -----

tile.kernel @region grid() args(%n: index) {
  // expected-error @+1 {{has no lowering in kernels on CPUs}}
  scf.while : () -> () {
    %c = arith.constant true
    scf.condition(%c)
  } do {
    scf.yield
  }
  tile.return
}

// -----

tile.kernel @constant grid() args(%y: memref<4x2xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{expected a constant tile whose elements are equal; load others from memory}}
  %0 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : vector<2x2xf32>
  tile.store %0, %y[%c0, %c0] : vector<2x2xf32>, memref<4x2xf32>, index, index
  tile.return
}
