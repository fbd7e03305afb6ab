// RUN: attn-opt %s --split-input-file --attn-fuse-into-kernels | FileCheck %s

// Elementwise ops around a launch are done in its kernel, where the meaning of
// masks and the number of loads allow it.

#id = affine_map<(n, d) -> (n, d)>
#rows = affine_map<(n, d) -> (n)>
#features = affine_map<(n, d) -> (d)>
#none = affine_map<(n, d) -> ()>

// A gate of the same shape, a factor per row, a bias per feature, and a scalar
// of the function; the result is bf16.

// CHECK-LABEL: tile.kernel @consumer grid(%{{.*}}) args(
// CHECK-SAME:      %{{[^:]+}}: memref<?x8xf32, {{[^>]+}}>>, %{{[^:]+}}: index,
// CHECK-SAME:      %[[GATE:[^:]+]]: memref<?x8xf32, {{[^>]+}}>>, %[[FACTOR:[^:]+]]: memref<?xf32, {{[^>]+}}>>, %[[BIAS:[^:]+]]: memref<8xf32, {{[^>]+}}>>, %[[S:[^:]+]]: f32,
// CHECK-SAME:      %[[OUT:[^:]+]]: memref<?x8xbf16, {{[^>]+}}>>)
// CHECK:         %[[ROW:.+]] = tile.iota %{{.*}} dim(0)
// CHECK:         %[[COLUMN:.+]] = tile.iota %{{.*}} dim(1)
// CHECK:         %[[IN:.+]] = arith.cmpi slt
// CHECK:         %[[X:.+]] = tile.load
// CHECK:         %[[Y:.+]] = arith.addf %[[X]], %[[X]]
// CHECK-DAG:     %[[G:.+]] = tile.load %[[GATE]][%[[ROW]], %[[COLUMN]]] valid(%[[IN]] : vector<16x1xi1>) {{.*}} -> vector<16x8xf32>
// CHECK-DAG:     %[[F:.+]] = tile.load %[[FACTOR]][%[[ROW]]] valid(%[[IN]] : vector<16x1xi1>) {{.*}} -> vector<16x1xf32>
// CHECK-DAG:     %[[B:.+]] = tile.load %[[BIAS]][%[[COLUMN]]] valid(%[[IN]] : vector<16x1xi1>) {{.*}} -> vector<16x8xf32>
// CHECK:         %[[YG:.+]] = arith.mulf %[[Y]], %[[G]] : vector<16x8xf32>
// CHECK:         %[[FW:.+]] = vector.broadcast %[[F]] : vector<16x1xf32> to vector<16x8xf32>
// CHECK:         %[[YF:.+]] = arith.mulf %[[YG]], %[[FW]] : vector<16x8xf32>
// CHECK:         %[[YB:.+]] = arith.addf %[[YF]], %[[B]] : vector<16x8xf32>
// CHECK:         %[[SW:.+]] = vector.broadcast %[[S]] : f32 to vector<16x8xf32>
// CHECK:         %[[YS:.+]] = arith.mulf %[[YB]], %[[SW]] : vector<16x8xf32>
// CHECK:         %[[R:.+]] = arith.truncf %[[YS]] : vector<16x8xf32> to vector<16x8xbf16>
// CHECK:         tile.store %[[R]], %[[OUT]][%[[ROW]], %[[COLUMN]]] valid(%[[IN]] : vector<16x1xi1>)
tile.kernel @consumer grid(%block) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %n: index, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %first = arith.muli %block, %c16 : index
  %row = tile.iota %first dim(0) : vector<16x1xindex>
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %limit = vector.broadcast %n : index to vector<16x1xindex>
  %in = arith.cmpi slt, %row, %limit : vector<16x1xindex>
  %a = tile.load %x[%row, %col] valid(%in : vector<16x1xi1>)
      : memref<?x8xf32, strided<[?, ?], offset: ?>>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf32>
  %b = arith.addf %a, %a : vector<16x8xf32>
  tile.store %b, %y[%row, %col] valid(%in : vector<16x1xi1>)
      : vector<16x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, vector<16x1xindex>, vector<1x8xindex>
  tile.return
}

// CHECK-LABEL: func @consume(
// CHECK-SAME:      %[[X:.+]]: tensor<?x8xf32>, %[[N:.+]]: index, %[[BLOCKS:.+]]: index, %[[GATE:.+]]: tensor<?x8xf32>, %[[FACTOR:.+]]: tensor<?xf32>, %[[BIAS:.+]]: tensor<8xf32>, %[[S:.+]]: f32)
// CHECK-NOT:     linalg
// CHECK:         %[[EMPTY:.+]] = tensor.empty(%{{.+}}) : tensor<?x8xbf16>
// CHECK:         %[[Y:.+]] = tile.launch @consumer grid(%[[BLOCKS]]) ins(%[[X]], %[[N]], %[[GATE]], %[[FACTOR]], %[[BIAS]], %[[S]] : {{.*}}) outs(%[[EMPTY]] : tensor<?x8xbf16>)
// CHECK:         return %[[Y]]
func.func @consume(%x: tensor<?x8xf32>, %n: index, %blocks: index, %gate: tensor<?x8xf32>, %factor: tensor<?xf32>,
                   %bias: tensor<8xf32>, %s: f32) -> tensor<?x8xbf16> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %y = tile.launch @consumer grid(%blocks) ins(%x, %n : tensor<?x8xf32>, index) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %h = tensor.empty(%n) : tensor<?x8xbf16>
  %z = linalg.generic {indexing_maps = [#id, #id, #rows, #features, #none, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %gate, %factor, %bias, %s : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?xf32>, tensor<8xf32>, f32) outs(%h : tensor<?x8xbf16>) {
  ^bb0(%a: f32, %g: f32, %f: f32, %b: f32, %t: f32, %out: bf16):
    %0 = arith.mulf %a, %g : f32
    %1 = arith.mulf %0, %f : f32
    %2 = arith.addf %1, %b : f32
    %3 = arith.mulf %2, %t : f32
    %4 = arith.truncf %3 : f32 to bf16
    linalg.yield %4 : bf16
  } -> tensor<?x8xbf16>
  return %z : tensor<?x8xbf16>
}

// -----

// Named ops and chains of them: an exponential in front, whose hidden rows stay
// 0, and behind a product with an exponential of another tensor.

// CHECK-LABEL: tile.kernel @chain
// CHECK-SAME:      args(%{{[^:]+}}: index, %[[X:[^:]+]]: memref<?x8xf32, {{[^>]+}}>>, %[[G:[^:]+]]: memref<?x8xf32, {{[^>]+}}>>, %[[OUT:[^:]+]]: memref
// CHECK:         %[[X0:.+]] = tile.load %[[X]]
// CHECK:         %[[EX:.+]] = math.exp %[[X0]] : vector<16x8xf32>
// CHECK:         %[[IN:.+]] = vector.broadcast %{{.+}} : vector<16x1xi1> to vector<16x8xi1>
// CHECK:         %[[ZERO:.+]] = arith.constant dense<0.000000e+00> : vector<16x8xf32>
// CHECK:         %[[A:.+]] = arith.select %[[IN]], %[[EX]], %[[ZERO]]
// CHECK:         %[[B:.+]] = arith.addf %[[A]], %[[A]]
// CHECK:         %[[G0:.+]] = tile.load %[[G]]
// CHECK:         %[[EG:.+]] = math.exp %[[G0]] : vector<16x8xf32>
// CHECK:         %[[R:.+]] = arith.mulf %[[B]],
// CHECK:         tile.store %[[R]], %[[OUT]]
tile.kernel @chain grid(%block) args(%x: memref<?x8xf32, strided<[?, ?], offset: ?>>, %n: index, %y: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %first = arith.muli %block, %c16 : index
  %row = tile.iota %first dim(0) : vector<16x1xindex>
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %limit = vector.broadcast %n : index to vector<16x1xindex>
  %in = arith.cmpi slt, %row, %limit : vector<16x1xindex>
  %a = tile.load %x[%row, %col] valid(%in : vector<16x1xi1>)
      : memref<?x8xf32, strided<[?, ?], offset: ?>>, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf32>
  %b = arith.addf %a, %a : vector<16x8xf32>
  tile.store %b, %y[%row, %col] valid(%in : vector<16x1xi1>)
      : vector<16x8xf32>, memref<?x8xf32, strided<[?, ?], offset: ?>>, vector<16x1xindex>, vector<1x8xindex>
  tile.return
}

// CHECK-LABEL: func @chains(
// CHECK-NOT:     linalg
// CHECK:         tile.launch @chain
func.func @chains(%x: tensor<?x8xf32>, %n: index, %blocks: index, %g: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %x1 = linalg.exp ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = tile.launch @chain grid(%blocks) ins(%x1, %n : tensor<?x8xf32>, index) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %g1 = linalg.exp ins(%g : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %z = linalg.mul ins(%y, %g1 : tensor<?x8xf32>, tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// -----

// What keeps zeros needs no select. Positions are those of the loops, and axes
// change places.

// CHECK-LABEL: tile.kernel @heads
// CHECK-SAME:      grid(%[[H:.+]], %{{.+}}) args(%{{[^:]+}}: index, %[[X:[^:]+]]: memref<?x4x8xbf16, {{[^>]+}}>>, %[[OUT:[^:]+]]: memref<?x4x8xf32, {{[^>]+}}>>)
// CHECK:         %[[ROW:.+]] = tile.iota %{{.*}} dim(0)
// CHECK:         %[[X0:.+]] = tile.load %[[X]][%[[ROW]], %[[H]], %{{.+}}] valid
// CHECK:         %[[X1:.+]] = arith.extf %[[X0]] : vector<16x8xbf16> to vector<16x8xf32>
// CHECK:         %[[X2:.+]] = arith.mulf %[[X1]], %{{.+}} : vector<16x8xf32>
// CHECK-NOT:     arith.select
// CHECK:         %[[B:.+]] = arith.addf %[[X2]], %[[X2]]
// CHECK:         %[[P:.+]] = arith.index_cast %[[ROW]] : vector<16x1xindex> to vector<16x1xi32>
// CHECK:         %[[PF:.+]] = arith.sitofp %[[P]]
// CHECK:         arith.addf
// CHECK:         tile.store %{{.+}}, %[[OUT]][%[[ROW]], %[[H]], %{{.+}}] valid
tile.kernel @heads grid(%h, %block) args(%x: memref<4x?x8xf32, strided<[?, ?, ?], offset: ?>>, %n: index, %y: memref<4x?x8xf32, strided<[?, ?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %first = arith.muli %block, %c16 : index
  %row = tile.iota %first dim(0) : vector<16x1xindex>
  %col = tile.iota %c0 dim(1) : vector<1x8xindex>
  %limit = vector.broadcast %n : index to vector<16x1xindex>
  %in = arith.cmpi slt, %row, %limit : vector<16x1xindex>
  %a = tile.load %x[%h, %row, %col] valid(%in : vector<16x1xi1>)
      : memref<4x?x8xf32, strided<[?, ?, ?], offset: ?>>, index, vector<16x1xindex>, vector<1x8xindex> -> vector<16x8xf32>
  %b = arith.addf %a, %a : vector<16x8xf32>
  tile.store %b, %y[%h, %row, %col] valid(%in : vector<16x1xi1>)
      : vector<16x8xf32>, memref<4x?x8xf32, strided<[?, ?, ?], offset: ?>>, index, vector<16x1xindex>, vector<1x8xindex>
  tile.return
}

#all = affine_map<(h, n, d) -> (h, n, d)>
#turned = affine_map<(h, n, d) -> (n, h, d)>

// CHECK-LABEL: func @permuted(
// CHECK-NOT:     linalg
// CHECK:         tile.launch @heads
func.func @permuted(%x: tensor<?x4x8xbf16>, %n: index, %blocks: index) -> tensor<?x4x8xf32> {
  %c4 = arith.constant 4 : index
  %e = tensor.empty(%n) : tensor<4x?x8xf32>
  %x1 = linalg.generic {indexing_maps = [#turned, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : tensor<?x4x8xbf16>) outs(%e : tensor<4x?x8xf32>) {
  ^bb0(%a: bf16, %out: f32):
    %two = arith.constant 2.0 : f32
    %0 = arith.extf %a : bf16 to f32
    %1 = arith.mulf %0, %two : f32
    linalg.yield %1 : f32
  } -> tensor<4x?x8xf32>
  %y = tile.launch @heads grid(%c4, %blocks) ins(%x1, %n : tensor<4x?x8xf32>, index) outs(%e : tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
  %t = tensor.empty(%n) : tensor<?x4x8xf32>
  %z = linalg.generic {indexing_maps = [#all, #turned], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%y : tensor<4x?x8xf32>) outs(%t : tensor<?x4x8xf32>) {
  ^bb0(%a: f32, %out: f32):
    %p = linalg.index 1 : index
    %i = arith.index_cast %p : index to i32
    %f = arith.sitofp %i : i32 to f32
    %0 = arith.addf %a, %f : f32
    linalg.yield %0 : f32
  } -> tensor<?x4x8xf32>
  return %z : tensor<?x4x8xf32>
}

// -----

// Each of two results has its consumer, and the launch moves behind what these
// read.

// CHECK-LABEL: tile.kernel @two
// CHECK-COUNT-2: math.exp
// CHECK-LABEL: func @moves(
// CHECK:         %[[G:.+]] = call @gate
// CHECK:         %[[Y:.+]]:2 = tile.launch @two grid(%{{.+}}) ins(%{{.+}}, %[[G]] :
// CHECK-NEXT:    return %[[Y]]#0, %[[Y]]#1
tile.kernel @two grid(%i) args(%x: memref<?xf32, strided<[?], offset: ?>>, %y: memref<?xf32, strided<[?], offset: ?>>, %z: memref<?xf32, strided<[?], offset: ?>>) {
  %a = tile.load %x[%i] : memref<?xf32, strided<[?], offset: ?>>, index -> vector<1x1xf32>
  tile.store %a, %y[%i] : vector<1x1xf32>, memref<?xf32, strided<[?], offset: ?>>, index
  tile.store %a, %z[%i] : vector<1x1xf32>, memref<?xf32, strided<[?], offset: ?>>, index
  tile.return
}
func.func private @gate() -> tensor<?xf32>
func.func @moves(%x: tensor<?xf32>, %n: index) -> (tensor<?xf32>, tensor<?xf32>) {
  %e = tensor.empty(%n) : tensor<?xf32>
  %y:2 = tile.launch @two grid(%n) ins(%x : tensor<?xf32>) outs(%e, %e : tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>, tensor<?xf32>
  %a = linalg.exp ins(%y#0 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %g = func.call @gate() : () -> tensor<?xf32>
  %b = linalg.exp ins(%y#1 : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %c = linalg.add ins(%a, %g : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %c, %b : tensor<?xf32>, tensor<?xf32>
}
