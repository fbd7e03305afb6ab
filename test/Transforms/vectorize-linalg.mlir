// RUN: attn-opt %s --attn-vectorize-linalg=vector-bits=512 --canonicalize --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// Lanes run along the loop in which memory is contiguous, rows that share a
// vector are blocked, and sums stay in registers over the reduction.

// Two rows of two vectors: four sums that one loop carries.
// CHECK-LABEL: func @matmul(
// CHECK-NOT:     scf.parallel
// CHECK:         %[[SUMS:.+]]:4 = scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// CHECK:           %[[A0:.+]] = memref.load
// CHECK:           %[[B0:.+]] = vector.load
// CHECK:           %[[A0S:.+]] = vector.broadcast %[[A0]] : f32 to vector<16xf32>
// CHECK:           %[[P:.+]] = arith.mulf %[[A0S]], %[[B0]] fastmath<contract> : vector<16xf32>
// CHECK:           arith.addf %{{.+}}, %[[P]] fastmath<contract> : vector<16xf32>
// CHECK:           scf.yield
// CHECK:         vector.store %[[SUMS]]#0
// CHECK:         return
func.func @matmul(%a: memref<2x5xf32>, %b: memref<5x32xf32>, %c: memref<2x32xf32>) {
  linalg.matmul ins(%a, %b : memref<2x5xf32>, memref<5x32xf32>)
      outs(%c : memref<2x32xf32>)
  return
}

// -----

// The rest of a known size is one vector under a constant mask.
// CHECK-LABEL: func @masked_rest(
// CHECK:         %[[MASK:.+]] = vector.constant_mask [5] : vector<16xi1>
// CHECK:         vector.load
// CHECK:         vector.maskedload %{{.+}}[%{{.+}}], %[[MASK]],
// CHECK:         vector.store
// CHECK:         vector.maskedstore %{{.+}}[%{{.+}}], %[[MASK]],
func.func @masked_rest(%x: memref<21xf32>, %y: memref<21xf32>) {
  linalg.negf ins(%x : memref<21xf32>) outs(%y : memref<21xf32>)
  return
}

// -----

// A sum along the contiguous axis is kept per lane and added up in a tree.
// CHECK-LABEL: func @lane_reduction(
// CHECK:         %[[SUMS:.+]]:4 = scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK:         arith.addf %[[SUMS]]#0, %[[SUMS]]#1
// CHECK:         %[[SUM:.+]] = arith.addf %{{.+}}, %[[SUMS]]#3
// CHECK:         %[[LOW:.+]] = vector.shuffle %[[SUM]], %[[SUM]] [0, 1, 2, 3, 4, 5, 6, 7]
// CHECK:         %[[HIGH:.+]] = vector.shuffle %[[SUM]], %[[SUM]] [8, 9, 10, 11, 12, 13, 14, 15]
// CHECK:         arith.addf %[[LOW]], %[[HIGH]]
// CHECK:         memref.store
#row = affine_map<(i, j) -> (i, j)>
#sum = affine_map<(i, j) -> (i)>
func.func @lane_reduction(%x: memref<3x256xf32>, %y: memref<3xf32>) {
  linalg.generic {indexing_maps = [#row, #sum], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<3x256xf32>) outs(%y : memref<3xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %0 = arith.addf %acc, %in : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// Rows of an indexed tensor are contiguous; its elements are gathered.
// CHECK-LABEL: func @gather_rows(
// CHECK-NOT:     vector.gather
// CHECK:         vector.load
// CHECK-NOT:     vector.gather
// CHECK-LABEL: func @gather_elements(
// CHECK:         vector.gather
#ij = affine_map<(i, j) -> (i, j)>
#i = affine_map<(i, j) -> (i)>
#j = affine_map<(i, j) -> (j)>
func.func @gather_rows(%x: memref<9x16xf32>, %rows: memref<4xindex>, %y: memref<4x16xf32>) {
  linalg.generic {indexing_maps = [#i, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%rows : memref<4xindex>) outs(%y : memref<4x16xf32>) {
  ^bb0(%row: index, %out: f32):
    %column = linalg.index 1 : index
    %0 = memref.load %x[%row, %column] : memref<9x16xf32>
    linalg.yield %0 : f32
  }
  return
}
func.func @gather_elements(%x: memref<9x16xf32>, %columns: memref<16xindex>, %y: memref<4x16xf32>) {
  linalg.generic {indexing_maps = [#j, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%columns : memref<16xindex>) outs(%y : memref<4x16xf32>) {
  ^bb0(%column: index, %out: f32):
    %row = linalg.index 0 : index
    %0 = memref.load %x[%row, %column] : memref<9x16xf32>
    linalg.yield %0 : f32
  }
  return
}

// -----

// An operand that is not contiguous along the lanes but along the sum is
// transposed once for all rows, into a panel.
// CHECK-LABEL: func @packed_panel(
// CHECK:         %[[PANEL:.+]] = memref.alloc
// CHECK:         vector.shuffle
// CHECK:         vector.store %{{.+}}, %[[PANEL]]
// CHECK:         vector.load %[[PANEL]]
// CHECK:         memref.dealloc %[[PANEL]]
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @packed_panel(%a: memref<12x32xf32>, %b: memref<16x32xf32>, %c: memref<12x16xf32>) {
  linalg.contract indexing_maps = [#mk, #nk, #mn]
      ins(%a, %b : memref<12x32xf32>, memref<16x32xf32>) outs(%c : memref<12x16xf32>)
  return
}

// -----

// Sizes that are not known may be large: threads share the tasks.
// CHECK-LABEL: func @tasks(
// CHECK:         scf.parallel
// CHECK:           vector.load
func.func @tasks(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  linalg.negf ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
  return
}

// -----

// Control flow has no vector form.
// CHECK-LABEL: func @scalar(
// CHECK:         scf.for
// CHECK-NOT:     vector<
// CHECK:         return
func.func @scalar(%x: memref<64xf32>, %y: memref<64xf32>) {
  // expected-remark @below {{runs as scalar loops: no vector form of scf.if}}
  linalg.map ins(%x : memref<64xf32>) outs(%y : memref<64xf32>) (%in: f32, %out: f32) {
    %zero = arith.constant 0.0 : f32
    %positive = arith.cmpf ogt, %in, %zero : f32
    %0 = scf.if %positive -> f32 {
      scf.yield %in : f32
    } else {
      scf.yield %zero : f32
    }
    linalg.yield %0 : f32
  }
  return
}
