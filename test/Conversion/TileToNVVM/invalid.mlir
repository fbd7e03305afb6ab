// RUN: attn-opt %s --convert-tile-to-nvvm=target=sm_86 --split-input-file --verify-diagnostics

// What has no lowering is named, with the way out.

func.func @twice(%y: memref<?xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) outs(%y : memref<?xf32>)
  // expected-error @below {{'tile.launch' op expected a kernel of its own, found a second launch of @k}}
  tile.launch @k grid(%c1) outs(%y : memref<?xf32>)
  return
}
tile.kernel @k grid(%x) args(%y: memref<?xf32>) {
  tile.return
}

// -----

func.func @tensors(%y: tensor<4xf32>) -> tensor<4xf32> {
  %c1 = arith.constant 1 : index
  // expected-error @below {{'tile.launch' op expected memrefs; bufferise before this pass}}
  %z = tile.launch @k grid(%c1) outs(%y : tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
tile.kernel @k grid(%x) args(%y: memref<?xf32>) {
  tile.return
}

// -----

func.func @constant(%y: memref<2x1xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) outs(%y : memref<2x1xf32>)
  return
}
tile.kernel @k grid(%x) args(%y: memref<?x1xf32>) {
  %c0 = arith.constant 0 : index
  %i = tile.iota %c0 dim(0) : vector<2x1xindex>
  // expected-error @below {{'arith.constant' op expected a constant tile whose elements are equal; load others from memory}}
  %v = arith.constant dense<[[0.0], [1.0]]> : vector<2x1xf32>
  tile.store %v, %y[%i, %c0] : vector<2x1xf32>, memref<?x1xf32>, vector<2x1xindex>, index
  tile.return
}

// -----

func.func @transpose(%x: memref<?x8xf32>, %y: memref<?x8xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) ins(%x : memref<?x8xf32>) outs(%y : memref<?x8xf32>)
  return
}
tile.kernel @k grid(%g) args(%x: memref<?x8xf32>, %y: memref<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %i = tile.iota %c0 dim(0) : vector<8x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x8xindex>
  %v = tile.load %x[%i, %j] : memref<?x8xf32>, vector<8x1xindex>, vector<1x8xindex> -> vector<8x8xf32>
  // expected-error @below {{'vector.transpose' op has no lowering for tiles on GPUs}}
  %t = vector.transpose %v, [1, 0] : vector<8x8xf32> to vector<8x8xf32>
  tile.store %t, %y[%i, %j] : vector<8x8xf32>, memref<?x8xf32>, vector<8x1xindex>, vector<1x8xindex>
  tile.return
}

// -----

func.func @check(%y: memref<?xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) outs(%y : memref<?xf32>)
  return
}
tile.kernel @k grid(%x) args(%y: memref<?xf32>) {
  %c1 = arith.constant 1 : index
  // expected-error @below {{'tile.check' op has no lowering in kernels on GPUs; run the program on a CPU}}
  tile.check at_least %x, %c1, "enough" : index
  tile.return
}

// -----

func.func @exponential(%x: memref<?xf64>, %y: memref<?xf64>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) ins(%x : memref<?xf64>) outs(%y : memref<?xf64>)
  return
}
tile.kernel @k grid(%g) args(%x: memref<?xf64>, %y: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %i = tile.iota %c0 dim(0) : vector<16x1xindex>
  %v = tile.load %x[%i] : memref<?xf64>, vector<16x1xindex> -> vector<16x1xf64>
  // expected-error @below {{'math.sin' op of f64 has no lowering on GPUs; compute it in f32}}
  %e = math.sin %v : vector<16x1xf64>
  tile.store %e, %y[%i] : vector<16x1xf64>, memref<?xf64>, vector<16x1xindex>
  tile.return
}

// -----

func.func @outside(%q: memref<?x16xbf16>, %y: memref<?x16xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) ins(%q : memref<?x16xbf16>) outs(%y : memref<?x16xf32>)
  return
}
tile.kernel @k grid(%g) args(%q: memref<?x16xbf16>, %y: memref<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %i = tile.iota %c0 dim(0) : vector<16x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x16xindex>
  %a = tile.load %q[%i, %j] : memref<?x16xbf16>, vector<16x1xindex>, vector<1x16xindex> -> vector<16x16xbf16>
  %zero = arith.constant dense<0.0> : vector<16x16xf32>
  // expected-error @below {{'tile.dot' op expected a right operand that is loaded in the same step of a loop on GPUs}}
  %p = tile.dot %a, %a, %zero : vector<16x16xbf16>, vector<16x16xbf16>, vector<16x16xf32>
  tile.store %p, %y[%i, %j] : vector<16x16xf32>, memref<?x16xf32>, vector<16x1xindex>, vector<1x16xindex>
  tile.return
}

// -----

func.func @computed(%q: memref<?x16xbf16>, %y: memref<?x16xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) ins(%q : memref<?x16xbf16>) outs(%y : memref<?x16xf32>)
  return
}
tile.kernel @k grid(%g) args(%q: memref<?x16xbf16>, %y: memref<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %i = tile.iota %c0 dim(0) : vector<16x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x16xindex>
  %a = tile.load %q[%i, %j] : memref<?x16xbf16>, vector<16x1xindex>, vector<1x16xindex> -> vector<16x16xbf16>
  %b = arith.addf %a, %a : vector<16x16xbf16>
  %zero = arith.constant dense<0.0> : vector<16x16xf32>
  // expected-error @below {{'tile.dot' op expected a right operand that is loaded on GPUs}}
  %p = tile.dot %a, %b, %zero : vector<16x16xbf16>, vector<16x16xbf16>, vector<16x16xf32>
  tile.store %p, %y[%i, %j] : vector<16x16xf32>, memref<?x16xf32>, vector<16x1xindex>, vector<1x16xindex>
  tile.return
}

// -----

// A position that the loop carries is not known a step ahead.

func.func @carried(%q: memref<?x16xbf16>, %y: memref<?x16xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) ins(%q : memref<?x16xbf16>) outs(%y : memref<?x16xf32>)
  return
}
tile.kernel @k grid(%g) args(%q: memref<?x16xbf16>, %y: memref<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %i = tile.iota %c0 dim(0) : vector<16x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x16xindex>
  %a = tile.load %q[%i, %j] : memref<?x16xbf16>, vector<16x1xindex>, vector<1x16xindex> -> vector<16x16xbf16>
  %zero = arith.constant dense<0.0> : vector<16x16xf32>
  %r = tile.ranges [%c0, %c9, full] : !tile.ranges
  %sum, %last = tile.for_each %r step 1 iter_args(%zero, %c0) -> (vector<16x16xf32>, index) full {
  ^bb0(%key: index, %end: index, %s: vector<16x16xf32>, %n: index):
    %k = tile.iota %n dim(0) : vector<16x1xindex>
    %b = tile.load %q[%k, %j] : memref<?x16xbf16>, vector<16x1xindex>, vector<1x16xindex> -> vector<16x16xbf16>
    // expected-error @below {{'tile.dot' op expected operands at positions that follow from indices and loads on GPUs}}
    %p = tile.dot %a, %b, %s : vector<16x16xbf16>, vector<16x16xbf16>, vector<16x16xf32>
    %next = arith.addi %n, %c1 : index
    tile.yield %p, %next : vector<16x16xf32>, index
  }
  tile.store %sum, %y[%i, %j] : vector<16x16xf32>, memref<?x16xf32>, vector<16x1xindex>, vector<1x16xindex>
  tile.return
}

// -----

func.func @left(%q: memref<?x16xbf16>, %y: memref<?x16xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) ins(%q : memref<?x16xbf16>) outs(%y : memref<?x16xf32>)
  return
}
tile.kernel @k grid(%g) args(%q: memref<?x16xbf16>, %y: memref<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c9 = arith.constant 9 : index
  %i = tile.iota %c0 dim(0) : vector<16x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x16xindex>
  %zero = arith.constant dense<0.0> : vector<16x16xf32>
  %r = tile.ranges [%c0, %c9, full] : !tile.ranges
  %sum = tile.for_each %r step 1 iter_args(%zero) -> (vector<16x16xf32>) full {
  ^bb0(%key: index, %end: index, %s: vector<16x16xf32>):
    %k = tile.iota %key dim(0) : vector<16x1xindex>
    %b = tile.load %q[%k, %j] : memref<?x16xbf16>, vector<16x1xindex>, vector<1x16xindex> -> vector<16x16xbf16>
    // expected-error @below {{'tile.dot' op expected a left operand that is loaded outside of loops on GPUs}}
    %p = tile.dot %b, %b, %s : vector<16x16xbf16>, vector<16x16xbf16>, vector<16x16xf32>
    tile.yield %p : vector<16x16xf32>
  }
  tile.store %sum, %y[%i, %j] : vector<16x16xf32>, memref<?x16xf32>, vector<16x1xindex>, vector<1x16xindex>
  tile.return
}

// -----

func.func @large(%q: memref<?x64xbf16>, %k: memref<?x1024xbf16>, %y: memref<?x1024xf32>) {
  %c1 = arith.constant 1 : index
  tile.launch @k grid(%c1) ins(%q, %k : memref<?x64xbf16>, memref<?x1024xbf16>) outs(%y : memref<?x1024xf32>)
  return
}
// expected-error @below {{'tile.kernel' op takes 134400 bytes of shared memory, sm_86 has 101376; choose smaller tiles, or a smaller element type}}
tile.kernel @k grid(%g) args(%q: memref<?x64xbf16>, %k: memref<?x1024xbf16>, %y: memref<?x1024xf32>) {
  %c0 = arith.constant 0 : index
  %c9 = arith.constant 9 : index
  %i = tile.iota %c0 dim(0) : vector<16x1xindex>
  %d = tile.iota %c0 dim(1) : vector<1x64xindex>
  %j = tile.iota %c0 dim(1) : vector<1x1024xindex>
  %a = tile.load %q[%i, %d] : memref<?x64xbf16>, vector<16x1xindex>, vector<1x64xindex> -> vector<16x64xbf16>
  %zero = arith.constant dense<0.0> : vector<16x1024xf32>
  %r = tile.ranges [%c0, %c9, full] : !tile.ranges
  %sum = tile.for_each %r step 64 iter_args(%zero) -> (vector<16x1024xf32>) full {
  ^bb0(%key: index, %end: index, %s: vector<16x1024xf32>):
    %n = tile.iota %key dim(0) : vector<64x1xindex>
    %b = tile.load %k[%n, %j] : memref<?x1024xbf16>, vector<64x1xindex>, vector<1x1024xindex> -> vector<64x1024xbf16>
    %p = tile.dot %a, %b, %s : vector<16x64xbf16>, vector<64x1024xbf16>, vector<16x1024xf32>
    tile.yield %p : vector<16x1024xf32>
  }
  tile.store %sum, %y[%i, %j] : vector<16x1024xf32>, memref<?x1024xf32>, vector<16x1xindex>, vector<1x1024xindex>
  tile.return
}
