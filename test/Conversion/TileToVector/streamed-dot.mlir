// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s

// The right operand of a product of few rows is read from memory where it lies;
// it takes no scratch memory.

// Columns along memory: vectors times elements of the left operand, whole rows
// of memory in order.

// CHECK-LABEL: func.func private @values(
// CHECK-SAME: %[[KEYS:[a-zA-Z0-9_]+]]: memref<?x64xf32>
// CHECK-NOT: memref.prefetch
// CHECK: %[[TILE:.+]] = memref.subview %[[KEYS]][%{{.+}}, %{{.+}}] [32, 64]
// CHECK: scf.for %[[K:[a-z0-9]+]] = {{.+}} to %c32{{.*}} iter_args
// CHECK-COUNT-4: vector.load %[[TILE]][%[[K]], %{{.+}}] : {{.+}}, vector<16xf32>
// CHECK: memref.load {{.+}}, %[[K]]] : memref<4x32xf32>
// CHECK-COUNT-16: vector.fma
tile.kernel @values grid() args(%first: index, %k: memref<?x64xf32>, %p: memref<4x32xf32>, %y: memref<4x64xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<4x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x32xindex>
  %keys = tile.iota %first dim(0) : vector<32x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x64xindex>
  %zero = arith.constant dense<0.0> : vector<4x64xf32>
  %weights = tile.load %p[%r, %j] : memref<4x32xf32>, vector<4x1xindex>, vector<1x32xindex> -> vector<4x32xf32>
  %values = tile.load %k[%keys, %c] : memref<?x64xf32>, vector<32x1xindex>, vector<1x64xindex> -> vector<32x64xf32>
  %o = tile.dot %weights, %values, %zero : vector<4x32xf32>, vector<32x64xf32>, vector<4x64xf32>
  tile.store %o, %y[%r, %c] : vector<4x64xf32>, memref<4x64xf32>, vector<4x1xindex>, vector<1x64xindex>
  tile.return
}

// Terms beyond what the first-level cache holds are a block of their own: all
// rows use 32 rows of memory before the next ones are read.

// CHECK-LABEL: func.func private @blocks(
// CHECK: scf.for %[[FIRST:[a-z0-9]+]] =
// CHECK:   scf.for
// CHECK:     arith.addi %[[FIRST]], %c32
// CHECK:     scf.for {{.+}} = %[[FIRST]] to
// CHECK-COUNT-8: vector.load {{.+}} : memref<64x128xf32, strided<[128, 1], offset: ?>>, vector<16xf32>
// CHECK-COUNT-16: vector.fma
// CHECK-NOT: vector.fma
// CHECK: return
tile.kernel @blocks grid() args(%first: index, %k: memref<?x128xf32>, %p: memref<4x64xf32>, %y: memref<4x128xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<4x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x64xindex>
  %keys = tile.iota %first dim(0) : vector<64x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x128xindex>
  %zero = arith.constant dense<0.0> : vector<4x128xf32>
  %weights = tile.load %p[%r, %j] : memref<4x64xf32>, vector<4x1xindex>, vector<1x64xindex> -> vector<4x64xf32>
  %values = tile.load %k[%keys, %c] : memref<?x128xf32>, vector<64x1xindex>, vector<1x128xindex> -> vector<64x128xf32>
  %o = tile.dot %weights, %values, %zero : vector<4x64xf32>, vector<64x128xf32>, vector<4x128xf32>
  tile.store %o, %y[%r, %c] : vector<4x128xf32>, memref<4x128xf32>, vector<4x1xindex>, vector<1x128xindex>
  tile.return
}

// Rows along memory: a sum of a vector for each element, no transposition. Two
// halves of the keys are read together and asked for ahead of time.

// CHECK-LABEL: func.func private @scores(
// CHECK-NOT: vector.shuffle
// CHECK: scf.for %[[J:[a-z0-9]+]] = %{{.+}} to %c16{{.*}} step %c1
// CHECK: %[[OTHER:.+]] = arith.addi %[[J]], %c16
// CHECK: %[[AHEAD:.+]] = arith.addi %[[J]], %c4
// CHECK: memref.prefetch %[[TILE:.+]][%[[AHEAD]], %c0{{.*}}], read, locality<3>, data
// CHECK: vector.load %[[TILE]][%[[J]], %c0{{.*}}] {{.+}} vector<16xi16>
// CHECK: memref.prefetch
// CHECK: vector.load %[[TILE]][%[[OTHER]], %c0{{.*}}] {{.+}} vector<16xi16>
// CHECK: vector.reduction <add>
tile.kernel @scores grid() args(%first: index, %k: memref<?x64xbf16>, %q: memref<4x64xf32>, %y: memref<4x32xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<4x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x32xindex>
  %keys = tile.iota %first dim(1) : vector<1x32xindex>
  %c = tile.iota %c0 dim(1) : vector<1x64xindex>
  %d = tile.iota %c0 dim(0) : vector<64x1xindex>
  %zero = arith.constant dense<0.0> : vector<4x32xf32>
  %queries = tile.load %q[%r, %c] : memref<4x64xf32>, vector<4x1xindex>, vector<1x64xindex> -> vector<4x64xf32>
  %half = tile.load %k[%keys, %d] : memref<?x64xbf16>, vector<1x32xindex>, vector<64x1xindex> -> vector<64x32xbf16>
  %wide = arith.extf %half : vector<64x32xbf16> to vector<64x32xf32>
  %s = tile.dot %queries, %wide, %zero : vector<4x64xf32>, vector<64x32xf32>, vector<4x32xf32>
  tile.store %s, %y[%r, %j] : vector<4x32xf32>, memref<4x32xf32>, vector<4x1xindex>, vector<1x32xindex>
  tile.return
}

// Of a tile whose last keys may not exist, only those that do are read, and
// none if there is none. The others are zeros.

// CHECK-LABEL: func.func private @tail(
// CHECK-SAME: %[[FIRST:[a-z0-9]+]]: index, %[[N:[a-z0-9]+]]: index, %[[KEYS:[a-z0-9]+]]: memref<?x64xf32>
// CHECK: %[[TILE:.+]] = memref.subview %[[KEYS]][%[[FIRST]], %{{.+}}] [32, 64]
// CHECK: %[[COUNT:.+]] = arith.subi %[[N]], %[[FIRST]]
// CHECK: %[[ANY:.+]] = arith.cmpi sgt, %[[COUNT]], %c0
// CHECK: scf.if %[[ANY]]
// CHECK: scf.for %[[K:[a-z0-9]+]] =
// CHECK: %[[LAST:.+]] = arith.subi %[[COUNT]], %c1
// CHECK: %[[READ:.+]] = arith.minsi %[[K]], %[[LAST]]
// CHECK: %[[LOADED:.+]] = vector.load %[[TILE]][%[[READ]], %{{.+}}]
// CHECK: %[[EXISTS:.+]] = arith.cmpi slt, %[[K]], %[[COUNT]]
// CHECK: arith.select %[[EXISTS]], %[[LOADED]], %{{.+}} : vector<16xf32>
// CHECK: return
tile.kernel @tail grid() args(%first: index, %n: index, %k: memref<?x64xf32>, %p: memref<4x32xf32>, %y: memref<4x64xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<4x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x32xindex>
  %keys = tile.iota %first dim(0) : vector<32x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x64xindex>
  %end = vector.broadcast %n : index to vector<32x1xindex>
  %exists = arith.cmpi slt, %keys, %end : vector<32x1xindex>
  %zero = arith.constant dense<0.0> : vector<4x64xf32>
  %weights = tile.load %p[%r, %j] : memref<4x32xf32>, vector<4x1xindex>, vector<1x32xindex> -> vector<4x32xf32>
  %values = tile.load %k[%keys, %c] valid(%exists : vector<32x1xi1>) : memref<?x64xf32>, vector<32x1xindex>, vector<1x64xindex> -> vector<32x64xf32>
  %o = tile.dot %weights, %values, %zero : vector<4x32xf32>, vector<32x64xf32>, vector<4x64xf32>
  tile.store %o, %y[%r, %c] : vector<4x64xf32>, memref<4x64xf32>, vector<4x1xindex>, vector<1x64xindex>
  tile.return
}

// A product of many rows reads its right operand in place if its rows follow
// each other in memory and are short: a copy would look the same. Of memory
// with gaps between rows there is a copy.

// CHECK-LABEL: func.func private @packed(
// CHECK-SAME:    %{{.+}}: index, %{{.+}}: memref<32x16xf32>, %[[B:.+]]: memref<16x32xf32>, %[[GAPS:.+]]: memref<16x32xf32, strided<[64, 1]>>
// CHECK:         %[[PLACE:.+]] = memref.subview %[[B]][
// CHECK:         vector.load %[[PLACE]][
// CHECK-NEXT:    vector.load %[[PLACE]][
// CHECK-NEXT:    memref.load
// CHECK:         %[[ROW:.+]] = vector.load %[[GAPS]][
// CHECK-NEXT:    vector.store %[[ROW]]
tile.kernel @packed grid() args(%a: memref<32x16xf32>, %b: memref<16x32xf32>, %gaps: memref<16x32xf32, strided<[64, 1]>>, %c: memref<32x32xf32>, %d: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %row = tile.iota %c0 dim(0) : vector<32x1xindex>
  %inner = tile.iota %c0 dim(1) : vector<1x16xindex>
  %depth = tile.iota %c0 dim(0) : vector<16x1xindex>
  %column = tile.iota %c0 dim(1) : vector<1x32xindex>
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %x = tile.load %a[%row, %inner] : memref<32x16xf32>, vector<32x1xindex>, vector<1x16xindex> -> vector<32x16xf32>
  %y = tile.load %b[%depth, %column] : memref<16x32xf32>, vector<16x1xindex>, vector<1x32xindex> -> vector<16x32xf32>
  %p = tile.dot %x, %y, %zero : vector<32x16xf32>, vector<16x32xf32>, vector<32x32xf32>
  tile.store %p, %c[%row, %column] : vector<32x32xf32>, memref<32x32xf32>, vector<32x1xindex>, vector<1x32xindex>
  %z = tile.load %gaps[%depth, %column] : memref<16x32xf32, strided<[64, 1]>>, vector<16x1xindex>, vector<1x32xindex> -> vector<16x32xf32>
  %q = tile.dot %x, %z, %zero : vector<32x16xf32>, vector<16x32xf32>, vector<32x32xf32>
  tile.store %q, %d[%row, %column] : vector<32x32xf32>, memref<32x32xf32>, vector<32x1xindex>, vector<1x32xindex>
  tile.return
}

// The same where rows along memory are columns: a sum that does not exist is
// zero.

// CHECK-LABEL: func.func private @score_tail(
// CHECK: %[[ANY:.+]] = arith.cmpi sgt, %[[COUNT:.+]], %c0
// CHECK: scf.if %[[ANY]]
// CHECK: scf.for %[[J:[a-z0-9]+]] =
// CHECK: arith.minsi %[[J]]
// CHECK: %[[SUM:.+]] = vector.reduction <add>
// CHECK: %[[EXISTS:.+]] = arith.cmpi slt, %[[J]], %[[COUNT]]
// CHECK: %[[SCORE:.+]] = arith.select %[[EXISTS]], %[[SUM]], %{{.+}} : f32
// CHECK: memref.store %[[SCORE]]
// CHECK: return
tile.kernel @score_tail grid() args(%first: index, %n: index, %k: memref<?x64xf32>, %q: memref<4x64xf32>, %y: memref<4x32xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<4x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x32xindex>
  %keys = tile.iota %first dim(1) : vector<1x32xindex>
  %c = tile.iota %c0 dim(1) : vector<1x64xindex>
  %d = tile.iota %c0 dim(0) : vector<64x1xindex>
  %end = vector.broadcast %n : index to vector<1x32xindex>
  %exists = arith.cmpi slt, %keys, %end : vector<1x32xindex>
  %zero = arith.constant dense<0.0> : vector<4x32xf32>
  %queries = tile.load %q[%r, %c] : memref<4x64xf32>, vector<4x1xindex>, vector<1x64xindex> -> vector<4x64xf32>
  %right = tile.load %k[%keys, %d] valid(%exists : vector<1x32xi1>) : memref<?x64xf32>, vector<1x32xindex>, vector<64x1xindex> -> vector<64x32xf32>
  %s = tile.dot %queries, %right, %zero : vector<4x64xf32>, vector<64x32xf32>, vector<4x32xf32>
  tile.store %s, %y[%r, %j] : vector<4x32xf32>, memref<4x32xf32>, vector<4x1xindex>, vector<1x32xindex>
  tile.return
}
