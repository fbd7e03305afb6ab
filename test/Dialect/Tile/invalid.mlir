// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Each constraint of the tile dialect, broken once.

// expected-error @+1 {{expected a block argument for each of the 2 grid indices, found 1}}
"tile.kernel"() <{sym_name = "kernel_c1", grid_rank = 2 : i64}> ({
^bb0(%i: index):
  "tile.return"() : () -> ()
}) : () -> ()

// -----

// expected-error @+1 {{expected grid indices of type 'index', found 'f32'}}
"tile.kernel"() <{sym_name = "kernel_c1_type", grid_rank = 1 : i64}> ({
^bb0(%i: f32):
  "tile.return"() : () -> ()
}) : () -> ()

// -----

// expected-error @+1 {{expected arguments that are memrefs or scalars, found 'tensor<4xf32>'}}
tile.kernel @kernel_c2 grid(%i) args(%x: tensor<4xf32>) {
  tile.return
}

// -----

// expected-error @+1 {{expected the body to end in tile.return, found llvm.unreachable}}
tile.kernel @kernel_c3 grid(%i) args() {
  llvm.unreachable
}

// -----

func.func private @not_a_kernel()
func.func @launch_c1() {
  // expected-error @+1 {{expected the name of a tile.kernel, found @not_a_kernel}}
  tile.launch @not_a_kernel grid()
  return
}

// -----

tile.kernel @k grid(%i, %j) args() {
  tile.return
}
func.func @launch_c2(%n: index) {
  // expected-error @+1 {{expected 2 grid extents, found 1}}
  tile.launch @k grid(%n)
  return
}

// -----

tile.kernel @k grid() args(%x: f32, %y: memref<4xf32>) {
  tile.return
}
func.func @launch_c3(%y: memref<4xf32>) {
  // expected-error @+1 {{expected 2 operands in ins and outs, found 1}}
  tile.launch @k grid() outs(%y : memref<4xf32>)
  return
}

// -----

tile.kernel @k grid() args(%x: memref<?x8xf32>, %y: memref<4xf32>) {
  tile.return
}
func.func @launch_c4(%x: memref<3x9xf32>, %y: memref<4xf32>) {
  // expected-error @+1 {{expected operand 0 to bind to 'memref<?x8xf32>', found 'memref<3x9xf32>'}}
  tile.launch @k grid() ins(%x : memref<3x9xf32>) outs(%y : memref<4xf32>)
  return
}

// -----

tile.kernel @k grid() args(%x: f32) {
  tile.return
}
func.func @launch_c4_scalar(%x: f64) {
  // expected-error @+1 {{expected operand 0 to bind to 'f32', found 'f64'}}
  tile.launch @k grid() ins(%x : f64)
  return
}

// -----

tile.kernel @k grid() args(%y: memref<4xf32>) {
  tile.return
}
func.func @launch_c5(%y: tensor<4xf32>) {
  // expected-error @+1 {{expected result types ('tensor<4xf32>') of the tensors in outs, found ()}}
  tile.launch @k grid() outs(%y : tensor<4xf32>)
  return
}

// -----

tile.kernel @k grid() args(%x: memref<4xf32>, %y: memref<4xf32>) {
  tile.return
}
func.func @launch_c6(%x: memref<4xf32>, %y: tensor<4xf32>) {
  // expected-error @+1 {{expected operands that are all tensors or all memrefs, found both}}
  %0 = tile.launch @k grid() ins(%x : memref<4xf32>) outs(%y : tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @load_c1(%x: memref<?x8xf32>, %i: index) {
  // expected-error @+1 {{expected 2 indices, found 1}}
  %0 = tile.load %x[%i] : memref<?x8xf32>, index -> vector<4x8xf32>
  return
}

// -----

func.func @load_c2(%x: memref<?x8xf32>, %i: index) {
  // expected-error @+1 {{expected the memory's element type 'f32', found 'f16'}}
  %0 = tile.load %x[%i, %i] : memref<?x8xf32>, index, index -> vector<4x8xf16>
  return
}

// -----

func.func @load_c3(%x: memref<?x8xf32>, %i: index, %r: vector<5x1xindex>) {
  // expected-error @+1 {{expected indices that broadcast to 'vector<4x8xf32>', found 'vector<5x1xindex>'}}
  %0 = tile.load %x[%r, %i] : memref<?x8xf32>, vector<5x1xindex>, index -> vector<4x8xf32>
  return
}

// -----

func.func @load_c4(%x: memref<?x8xf32>, %i: index, %m: vector<1x4xi1>) {
  // expected-error @+1 {{expected masks that broadcast to 'vector<4x8xf32>', found 'vector<1x4xi1>'}}
  %0 = tile.load %x[%i, %i] valid(%m : vector<1x4xi1>) : memref<?x8xf32>, index, index -> vector<4x8xf32>
  return
}

// -----

func.func @store_c1(%v: vector<4x8xf32>, %x: memref<?x8xf32>, %i: index) {
  // expected-error @+1 {{expected 2 indices, found 3}}
  tile.store %v, %x[%i, %i, %i] : vector<4x8xf32>, memref<?x8xf32>, index, index, index
  return
}

// -----

func.func @store_c2(%v: vector<4x8xf64>, %x: memref<?x8xf32>, %i: index) {
  // expected-error @+1 {{expected the memory's element type 'f32', found 'f64'}}
  tile.store %v, %x[%i, %i] : vector<4x8xf64>, memref<?x8xf32>, index, index
  return
}

// -----

func.func @store_c3(%v: vector<4x8xf32>, %x: memref<?x8xf32>, %i: index, %c: vector<1x4xindex>) {
  // expected-error @+1 {{expected indices that broadcast to 'vector<4x8xf32>', found 'vector<1x4xindex>'}}
  tile.store %v, %x[%i, %c] : vector<4x8xf32>, memref<?x8xf32>, index, vector<1x4xindex>
  return
}

// -----

func.func @store_c4(%v: vector<4x8xf32>, %x: memref<?x8xf32>, %i: index, %m: vector<8x1xi1>) {
  // expected-error @+1 {{expected masks that broadcast to 'vector<4x8xf32>', found 'vector<8x1xi1>'}}
  tile.store %v, %x[%i, %i] valid(%m : vector<8x1xi1>) : vector<4x8xf32>, memref<?x8xf32>, index, index
  return
}

// -----

func.func @iota_c1(%i: index) {
  // expected-error @+1 {{expected size 1 along dimension 1, found 4}}
  %0 = tile.iota %i dim(0) : vector<8x4xindex>
  return
}

// -----

func.func @dot_c2(%a: vector<4x8xf16>, %b: vector<8x3xbf16>, %c: vector<4x3xf32>) {
  // expected-error @+1 {{failed to verify that all of {lhs, rhs} have same element type}}
  %0 = tile.dot %a, %b, %c : vector<4x8xf16>, vector<8x3xbf16>, vector<4x3xf32>
  return
}

// -----

func.func @dot_c3(%a: vector<4x8xf32>, %b: vector<7x3xf32>, %c: vector<4x3xf32>) {
  // expected-error @+1 {{expected lhs columns (8) to match rhs rows, found 7}}
  %0 = tile.dot %a, %b, %c : vector<4x8xf32>, vector<7x3xf32>, vector<4x3xf32>
  return
}

// -----

func.func @dot_c4(%a: vector<4x8xf32>, %b: vector<8x3xf32>, %c: vector<4x2xf32>) {
  // expected-error @+1 {{expected acc of shape 4x3, found 'vector<4x2xf32>'}}
  %0 = tile.dot %a, %b, %c : vector<4x8xf32>, vector<8x3xf32>, vector<4x2xf32>
  return
}

// -----

func.func @dot_c5(%a: vector<4x8xf64>, %b: vector<8x3xf64>, %c: vector<4x3xf32>) {
  // expected-error @+1 {{expected acc of f64, found 'f32'}}
  %0 = tile.dot %a, %b, %c : vector<4x8xf64>, vector<8x3xf64>, vector<4x3xf32>
  return
}

// -----

func.func @dot_c6(%a: vector<4x8xf32>, %b: vector<8x3xf32>, %c: vector<4x3xf32>, %m: vector<4x3xi1>) {
  // expected-error @+1 {{expected a mask of the shape of lhs 'vector<4x8xf32>', found 'vector<4x3xi1>'}}
  %0 = tile.dot %a, %b, %c mask(%m : vector<4x3xi1>) : vector<4x8xf32>, vector<8x3xf32>, vector<4x3xf32>
  return
}

// -----

func.func @reduce_c1(%s: vector<4x8xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{inferred type(s) 'vector<4x1xf32>' are incompatible with return type(s) of operation 'vector<1x8xf32>'}}
  %0 = tile.reduce <max> %s : vector<4x8xf32> -> vector<1x8xf32>
  return
}

// -----

func.func @ranges_c1(%i: index) {
  // expected-error @+1 {{expected as many begins as ends and kinds, found 1, 1 and 0}}
  %0 = "tile.ranges"(%i, %i) <{kinds = [], operandSegmentSizes = array<i32: 1, 1>}> : (index, index) -> !tile.ranges
  return
}

// -----

func.func @ranges_kind(%i: index) {
  // expected-error @+1 {{expected full or partial, found empty}}
  %0 = tile.ranges [%i, %i, empty] : !tile.ranges
  return
}

// -----

func.func @for_each_c2(%r: !tile.ranges, %x: f32) {
  // expected-error @+1 {{expected the full region to have arguments of types ('index', 'index', 'f32'), found ('index', 'f32')}}
  %0 = tile.for_each %r step 8 iter_args(%x) -> (f32) full {
  ^bb0(%key: index, %y: f32):
    tile.yield %y : f32
  }
  return
}

// -----

func.func @for_each_c3(%r: !tile.ranges, %x: f32) {
  // expected-error @+1 {{expected the partial region to yield ('f32'), found ('index')}}
  %0 = tile.for_each %r step 8 iter_args(%x) -> (f32) partial {
  ^bb0(%key: index, %end: index, %y: f32):
    tile.yield %key : index
  }
  return
}

// -----

func.func @for_each_c4(%i: index) {
  %r = tile.ranges [%i, %i, partial] : !tile.ranges
  // expected-error @+1 {{expected a partial region for the partial ranges, found none}}
  tile.for_each %r step 8 full {
  ^bb0(%key: index, %end: index):
    tile.yield
  }
  return
}

// -----

func.func @find_ranges_c1(%i: index) {
  // expected-error @+1 {{expected arguments of types ('index', 'index', 'index', 'index'), found ('index')}}
  %r = tile.find_ranges %i to %i step 64 {
  ^bb0(%lo: index):
    %no = arith.constant false
    tile.classify %no, %no
  } : !tile.ranges
  return
}

// -----

func.func @find_ranges_terminator(%i: index) {
  // expected-error @+1 {{expected the region to end in tile.classify}}
  %r = tile.find_ranges %i to %i step 64 {
  ^bb0(%lo: index, %hi: index, %first: index, %count: index):
    llvm.unreachable
  } : !tile.ranges
  return
}

// -----

func.func @for_each_c5(%i: index, %no: i1) {
  %r = tile.find_ranges %i to %i step 64 {
  ^bb0(%lo: index, %hi: index, %first: index, %count: index):
    tile.classify %no, %no
  } : !tile.ranges
  // expected-error @+1 {{expected the step 64 of tile.find_ranges, found 32}}
  tile.for_each %r step 32 partial {
  ^bb0(%key: index, %end: index):
    tile.yield
  }
  return
}

// -----

func.func @for_each_found_c4(%i: index, %no: i1) {
  %r = tile.find_ranges %i to %i step 64 {
  ^bb0(%lo: index, %hi: index, %first: index, %count: index):
    tile.classify %no, %no
  } : !tile.ranges
  // expected-error @+1 {{expected a partial region for the ranges of tile.find_ranges, found none}}
  tile.for_each %r step 64 full {
  ^bb0(%key: index, %end: index):
    tile.yield
  }
  return
}
