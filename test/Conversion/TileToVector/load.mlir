// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s

// Columns that are consecutive in memory: squares of 16 x 16 are loaded row by
// row of memory, transposed by 64 shuffles, and stored.

// CHECK-LABEL: func.func private @transposed(
// CHECK-SAME:      %[[X:[a-zA-Z0-9_]+]]: memref<?x32xf32>
// CHECK:       scf.for %[[KEY:[a-zA-Z0-9_]+]] = %c0 to %c48 step %c16
// CHECK:         scf.for %[[FEATURE:[a-zA-Z0-9_]+]] = %c0 to %c32 step %c16
// CHECK-COUNT-16:  vector.load %[[X]][%{{.+}}, %[[FEATURE]]] : memref<?x32xf32>, vector<16xf32>
// CHECK-COUNT-64:  vector.shuffle
// CHECK-NOT:       vector.shuffle
// CHECK-COUNT-16:  vector.store %{{.+}}, %{{.+}}[%{{.+}}, %[[KEY]]] : memref<32x48xf32>, vector<16xf32>
tile.kernel @transposed grid() args(%x: memref<?x32xf32>, %y: memref<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %key = tile.iota %c0 dim(1) : vector<1x48xindex>
  %feature = tile.iota %c0 dim(0) : vector<32x1xindex>
  %kt = tile.load %x[%key, %feature] : memref<?x32xf32>, vector<1x48xindex>, vector<32x1xindex> -> vector<32x48xf32>
  tile.store %kt, %y[%feature, %key] : vector<32x48xf32>, memref<?x48xf32>, vector<32x1xindex>, vector<1x48xindex>
  tile.return
}

// A row may begin where a value of its own says, as in a table of relative
// positions: its elements are still consecutive.

// CHECK-LABEL: func.func private @relative(
// CHECK-SAME:      %[[X:[a-zA-Z0-9_]+]]: memref<?xf32>
// CHECK:       scf.for %[[R:[a-zA-Z0-9_]+]] =
// CHECK:         %[[FIRST:[a-zA-Z0-9_]+]] = arith.subi %{{.+}}, %[[R]]
// CHECK:         vector.load %[[X]][%[[FIRST]]] : memref<?xf32>, vector<16xf32>
tile.kernel @relative grid() args(%x: memref<?xf32>, %y: memref<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c6 = arith.constant 6 : index
  %r = tile.iota %c0 dim(0) : vector<6x1xindex>
  %c = tile.iota %c6 dim(1) : vector<1x16xindex>
  %rb = vector.broadcast %r : vector<6x1xindex> to vector<6x16xindex>
  %cb = vector.broadcast %c : vector<1x16xindex> to vector<6x16xindex>
  %i = arith.subi %cb, %rb : vector<6x16xindex>
  %v = tile.load %x[%i] : memref<?xf32>, vector<6x16xindex> -> vector<6x16xf32>
  %k = tile.iota %c0 dim(1) : vector<1x16xindex>
  tile.store %v, %y[%r, %k] : vector<6x16xf32>, memref<?x16xf32>, vector<6x1xindex>, vector<1x16xindex>
  tile.return
}

// An unknown stride of the last dimension: element by element, and none is
// touched whose mask is false.

// CHECK-LABEL: func.func private @strided(
// CHECK-SAME:      %[[X:[a-zA-Z0-9_]+]]: memref<?x?xf32, strided<[?, ?], offset: ?>>
// CHECK:       scf.for %[[R:[a-zA-Z0-9_]+]] = %c0 to %c6
// CHECK:         scf.for %[[C:[a-zA-Z0-9_]+]] = %c0 to %c16
// CHECK:           scf.if
// CHECK:             memref.load %[[X]][%[[R]], %[[C]]]
tile.kernel @strided grid() args(%x: memref<?x?xf32, strided<[?, ?], offset: ?>>, %n: index, %y: memref<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<6x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x16xindex>
  %nb = vector.broadcast %n : index to vector<6x1xindex>
  %in = arith.cmpi slt, %r, %nb : vector<6x1xindex>
  %v = tile.load %x[%r, %c] valid(%in : vector<6x1xi1>) : memref<?x?xf32, strided<[?, ?], offset: ?>>, vector<6x1xindex>, vector<1x16xindex> -> vector<6x16xf32>
  tile.store %v, %y[%r, %c] : vector<6x16xf32>, memref<?x16xf32>, vector<6x1xindex>, vector<1x16xindex>
  tile.return
}
