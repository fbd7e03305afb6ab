// RUN: attn-opt %s --split-input-file --verify-diagnostics --convert-tile-to-nvvm

// What products take from where.

tile.kernel @early grid() args(%x: memref<16x8xf32>, %y: memref<8x8xf32>, %z: memref<16x8xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %r = tile.iota %c0 dim(0) : vector<16x1xindex>
  %k0 = tile.iota %c0 dim(0) : vector<8x1xindex>
  %k1 = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%r, %k1] : memref<16x8xf32>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf32>
  %b = tile.load %y[%k0, %k1] : memref<8x8xf32>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xf32>
  %three = arith.constant dense<3.0> : vector<16x8xf32>
  %ranges = tile.ranges [%c0, %c8, full] : !tile.ranges
  %s = tile.for_each %ranges step 8 iter_args(%three) -> (vector<16x8xf32>) full {
  ^bb0(%key: index, %end: index, %acc: vector<16x8xf32>):
    // expected-error@below {{'tile.dot' op expected a right operand that is loaded in the same step of a loop on GPUs}}
    %p = tile.dot %a, %b, %acc : vector<16x8xf32>, vector<8x8xf32>, vector<16x8xf32>
    tile.yield %p : vector<16x8xf32>
  }
  tile.store %s, %z[%r, %k1] : vector<16x8xf32>, memref<16x8xf32>, vector<16x1xindex>, vector<1x8xindex>
  tile.return
}
func.func @launch_early(%x: memref<16x8xf32>, %y: memref<8x8xf32>, %z: memref<16x8xf32>) {
  tile.launch @early grid() ins(%x, %y : memref<16x8xf32>, memref<8x8xf32>) outs(%z : memref<16x8xf32>)
  return
}

// -----

tile.kernel @late grid() args(%x: memref<16x8xf32>, %y: memref<8x8xf32>, %z: memref<16x8xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %r = tile.iota %c0 dim(0) : vector<16x1xindex>
  %k0 = tile.iota %c0 dim(0) : vector<8x1xindex>
  %k1 = tile.iota %c0 dim(1) : vector<1x8xindex>
  %three = arith.constant dense<3.0> : vector<16x8xf32>
  %ranges = tile.ranges [%c0, %c8, full] : !tile.ranges
  %s = tile.for_each %ranges step 8 iter_args(%three) -> (vector<16x8xf32>) full {
  ^bb0(%key: index, %end: index, %acc: vector<16x8xf32>):
    %a = tile.load %x[%r, %k1] : memref<16x8xf32>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf32>
    %b = tile.load %y[%k0, %k1] : memref<8x8xf32>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xf32>
    // expected-error@below {{'tile.dot' op expected a left operand that is loaded outside of loops on GPUs}}
    %p = tile.dot %a, %b, %acc : vector<16x8xf32>, vector<8x8xf32>, vector<16x8xf32>
    tile.yield %p : vector<16x8xf32>
  }
  tile.store %s, %z[%r, %k1] : vector<16x8xf32>, memref<16x8xf32>, vector<16x1xindex>, vector<1x8xindex>
  tile.return
}
func.func @launch_late(%x: memref<16x8xf32>, %y: memref<8x8xf32>, %z: memref<16x8xf32>) {
  tile.launch @late grid() ins(%x, %y : memref<16x8xf32>, memref<8x8xf32>) outs(%z : memref<16x8xf32>)
  return
}

// -----

tile.kernel @function grid() args(%x: memref<16x8xf64>, %y: memref<8x8xf64>, %z: memref<16x8xf64>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %r = tile.iota %c0 dim(0) : vector<16x1xindex>
  %k0 = tile.iota %c0 dim(0) : vector<8x1xindex>
  %k1 = tile.iota %c0 dim(1) : vector<1x8xindex>
  %a = tile.load %x[%r, %k1] : memref<16x8xf64>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf64>
  %three = arith.constant dense<3.0> : vector<16x8xf64>
  %ranges = tile.ranges [%c0, %c8, full] : !tile.ranges
  %s = tile.for_each %ranges step 8 iter_args(%three) -> (vector<16x8xf64>) full {
  ^bb0(%key: index, %end: index, %acc: vector<16x8xf64>):
    %b = tile.load %y[%k0, %k1] : memref<8x8xf64>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xf64>
    %p = tile.dot %a, %b, %acc : vector<16x8xf64>, vector<8x8xf64>, vector<16x8xf64>
    tile.yield %p : vector<16x8xf64>
  }
  // expected-error@below {{'math.sin' op of f64 has no lowering on GPUs; compute it in f32}}
  %w = math.sin %s : vector<16x8xf64>
  tile.store %w, %z[%r, %k1] : vector<16x8xf64>, memref<16x8xf64>, vector<16x1xindex>, vector<1x8xindex>
  tile.return
}
func.func @launch_function(%x: memref<16x8xf64>, %y: memref<8x8xf64>, %z: memref<16x8xf64>) {
  tile.launch @function grid() ins(%x, %y : memref<16x8xf64>, memref<8x8xf64>) outs(%z : memref<16x8xf64>)
  return
}
