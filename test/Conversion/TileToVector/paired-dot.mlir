// RUN: attn-opt %s --convert-tile-to-vector=target=znver4 | FileCheck %s
// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s --check-prefix=V4

// RUN: attn-opt %s --convert-tile-to-vector=target=sapphirerapids | FileCheck %s --check-prefix=TILES

// A product of bf16 takes two terms at a time where the CPU has units for that,
// and is widened elsewhere. Columns in memory hold pairs, which are transposed
// as integers; 33 features are 17 pairs, the last one with zeros. Tile registers
// take 16 rows; their 33 features are two steps of 32, the last one with zeros.

// V4-NOT: dpbf16ps

// CHECK-LABEL: func.func private @scores(
// CHECK:       vector.maskedload %{{.+}} : memref<?x33xi16>, vector<32xi1>, vector<32xi16> into vector<32xi16>
// CHECK:       vector.bitcast %{{.+}} : vector<32xi16> to vector<16xi32>
// CHECK:       vector.shuffle {{.+}} : vector<16xi32>, vector<16xi32>
// CHECK:       vector.store %{{.+}} : memref<32x48xi32>, vector<16xi32>
// The element behind the last feature of a query is zero.
// CHECK:       memref.store %c0_i16, %[[Q:[a-zA-Z0-9_]+]][%{{.+}}, %c33] : memref<24x48xi16>
// CHECK:       %{{.+}}:27 = scf.for %[[PAIR:[a-zA-Z0-9_]+]] = %c0{{.*}} to %c17
// CHECK-COUNT-3: vector.load {{.+}} : memref<32x48xi32>, vector<16xi32>
// CHECK:         vector.load %[[Q]][%{{.+}}, %{{.+}}] : memref<24x48xi16>, vector<2xi16>
// CHECK:         vector.broadcast %{{.+}} : i32 to vector<16xi32>
// CHECK:         llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"({{.+}}) : (vector<16xf32>, vector<32xbf16>, vector<32xbf16>) -> vector<16xf32>

// TILES-LABEL: func.func private @scores(
// Pairs 17 to 31 of the keys, and features 33 to 63 of the queries, are zero.
// TILES:       vector.store %[[ZEROS:[a-zA-Z0-9_]+]], %[[PAIRS:[a-zA-Z0-9_]+]][%c17, %c0] : memref<32x48xi32>, vector<48xi32>
// TILES:       vector.store %[[ZEROS]], %[[PAIRS]][%c31, %c0] : memref<32x48xi32>, vector<48xi32>
// TILES:       arith.select %{{.+}} : vector<16xi1>, vector<16xi16>
// TILES:       vector.store %{{.+}}, %[[Q:[a-zA-Z0-9_]+]][%{{.+}}, %c32] : memref<24x64xi16>, vector<16xi16>
// TILES:       vector.store %{{.+}}, %[[Q]][%{{.+}}, %c48] : memref<24x64xi16>, vector<16xi16>
// A block of 1 x 2 tiles, and one of 1 x 1.
// TILES-COUNT-2: "llvm.x86.tilezero.internal"(%c16_i16, %c64_i16)
// TILES:       extract_aligned_pointer_as_index %[[Q]]
// TILES:       %[[LEFT:.+]] = llvm.call_intrinsic "llvm.x86.tileloadd64.internal"(%c16_i16, %c64_i16, %{{.+}}, %c128_i64)
// TILES:       extract_aligned_pointer_as_index %[[PAIRS]]
// TILES:       %[[RIGHT0:.+]] = llvm.call_intrinsic "llvm.x86.tileloadd64.internal"(%c16_i16, %c64_i16, %{{.+}}, %c192_i64)
// TILES:       %[[RIGHT1:.+]] = llvm.call_intrinsic "llvm.x86.tileloadd64.internal"
// TILES:       %[[SUM0:.+]] = llvm.call_intrinsic "llvm.x86.tdpbf16ps.internal"(%c16_i16, %c64_i16, %c64_i16, %{{.+}}, %[[LEFT]], %[[RIGHT0]])
// TILES:       %[[SUM1:.+]] = llvm.call_intrinsic "llvm.x86.tdpbf16ps.internal"(%c16_i16, %c64_i16, %c64_i16, %{{.+}}, %[[LEFT]], %[[RIGHT1]])
// TILES:       %[[LAST0:.+]] = llvm.call_intrinsic "llvm.x86.tdpbf16ps.internal"({{.+}}, %[[SUM0]],
// TILES:       %[[LAST1:.+]] = llvm.call_intrinsic "llvm.x86.tdpbf16ps.internal"({{.+}}, %[[SUM1]],
// TILES:       "llvm.x86.tilestored64.internal"({{.+}}, %[[LAST0]])
// TILES:       "llvm.x86.tilestored64.internal"({{.+}}, %[[LAST1]])
// TILES:       "llvm.x86.tilezero.internal"
// TILES-COUNT-2: "llvm.x86.tdpbf16ps.internal"
// TILES:       "llvm.x86.tilestored64.internal"
// The last 8 rows fill no tile and are multiplied in pairs.
// TILES-NOT:   "llvm.x86.t
// TILES:       %{{.+}}:24 = scf.for %{{.+}} = %c0{{.*}} to %c17
// TILES-COUNT-24: "llvm.x86.avx512bf16.dpbf16ps.512"
// TILES-NOT:   "llvm.x86.
// TILES-LABEL: func.func private @values(
tile.kernel @scores grid() args(%k: memref<?x33xbf16>, %q: memref<24x33xbf16>, %y: memref<24x48xf32>) {
  %c0 = arith.constant 0 : index
  %row = tile.iota %c0 dim(0) : vector<24x1xindex>
  %key = tile.iota %c0 dim(1) : vector<1x48xindex>
  %below = tile.iota %c0 dim(0) : vector<33x1xindex>
  %beside = tile.iota %c0 dim(1) : vector<1x33xindex>
  %qs = tile.load %q[%row, %beside] : memref<24x33xbf16>, vector<24x1xindex>, vector<1x33xindex> -> vector<24x33xbf16>
  %ks = tile.load %k[%key, %below] : memref<?x33xbf16>, vector<1x48xindex>, vector<33x1xindex> -> vector<33x48xbf16>
  %zero = arith.constant dense<0.0> : vector<24x48xf32>
  %s = tile.dot %qs, %ks, %zero : vector<24x33xbf16>, vector<33x48xbf16>, vector<24x48xf32>
  tile.store %s, %y[%row, %key] : vector<24x48xf32>, memref<24x48xf32>, vector<24x1xindex>, vector<1x48xindex>
  tile.return
}

// Rows in memory are paired where they are loaded. Weights are rounded by an
// instruction. With a mask, numbers that are not finite are found by their bits.

// CHECK-LABEL: func.func private @values(
// CHECK:       vector.load {{.+}} : memref<?x48xi16>, vector<48xi16>
// CHECK:       arith.shli {{.+}} : vector<48xi32>
// CHECK:       vector.store %{{.+}} : memref<16x48xi32>, vector<48xi32>
// CHECK:       llvm.fptrunc %{{.+}} : vector<32xf32> to vector<32xbf16>
// CHECK:       arith.maxui {{.+}} : vector<32xi16>
// CHECK:       scf.if
// CHECK-NOT:     dpbf16ps
// CHECK:         vector.fma {{.+}} : vector<48xf32>
// CHECK:       } else {
// CHECK:         dpbf16ps
tile.kernel @values grid() args(%v: memref<?x48xbf16>, %p: memref<24x32xf32>, %m: memref<24x32xi1>, %y: memref<24x48xf32>) {
  %c0 = arith.constant 0 : index
  %row = tile.iota %c0 dim(0) : vector<24x1xindex>
  %column = tile.iota %c0 dim(1) : vector<1x48xindex>
  %below = tile.iota %c0 dim(0) : vector<32x1xindex>
  %beside = tile.iota %c0 dim(1) : vector<1x32xindex>
  %vs = tile.load %v[%below, %column] : memref<?x48xbf16>, vector<32x1xindex>, vector<1x48xindex> -> vector<32x48xbf16>
  %ps = tile.load %p[%row, %beside] : memref<24x32xf32>, vector<24x1xindex>, vector<1x32xindex> -> vector<24x32xf32>
  %ms = tile.load %m[%row, %beside] : memref<24x32xi1>, vector<24x1xindex>, vector<1x32xindex> -> vector<24x32xi1>
  %pb = arith.truncf %ps : vector<24x32xf32> to vector<24x32xbf16>
  %zero = arith.constant dense<0.0> : vector<24x48xf32>
  %o = tile.dot %pb, %vs, %zero mask(%ms : vector<24x32xi1>) : vector<24x32xbf16>, vector<32x48xbf16>, vector<24x48xf32>
  tile.store %o, %y[%row, %column] : vector<24x48xf32>, memref<24x48xf32>, vector<24x1xindex>, vector<1x48xindex>
  tile.return
}

// A tile that is used elsewhere too is kept in rows, and paired for the product.

// CHECK-LABEL: func.func private @square(
// CHECK:       arith.shli {{.+}} : vector<32xi32>
// CHECK:       dpbf16ps
tile.kernel @square grid() args(%x: memref<32x32xbf16>, %y: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %row = tile.iota %c0 dim(0) : vector<32x1xindex>
  %column = tile.iota %c0 dim(1) : vector<1x32xindex>
  %a = tile.load %x[%row, %column] : memref<32x32xbf16>, vector<32x1xindex>, vector<1x32xindex> -> vector<32x32xbf16>
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %p = tile.dot %a, %a, %zero : vector<32x32xbf16>, vector<32x32xbf16>, vector<32x32xf32>
  tile.store %p, %y[%row, %column] : vector<32x32xf32>, memref<32x32xf32>, vector<32x1xindex>, vector<1x32xindex>
  tile.return
}

// Few rows are bound by memory: they stay in f32.

// CHECK-LABEL: func.func private @few(
// CHECK-NOT:   dpbf16ps
// CHECK:       vector.reduction <add>
tile.kernel @few grid() args(%first: index, %k: memref<?x64xbf16>, %q: memref<4x64xbf16>, %y: memref<4x32xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<4x1xindex>
  %j = tile.iota %c0 dim(1) : vector<1x32xindex>
  %keys = tile.iota %first dim(1) : vector<1x32xindex>
  %below = tile.iota %c0 dim(0) : vector<64x1xindex>
  %beside = tile.iota %c0 dim(1) : vector<1x64xindex>
  %qs = tile.load %q[%r, %beside] : memref<4x64xbf16>, vector<4x1xindex>, vector<1x64xindex> -> vector<4x64xbf16>
  %ks = tile.load %k[%keys, %below] : memref<?x64xbf16>, vector<1x32xindex>, vector<64x1xindex> -> vector<64x32xbf16>
  %zero = arith.constant dense<0.0> : vector<4x32xf32>
  %s = tile.dot %qs, %ks, %zero : vector<4x64xbf16>, vector<64x32xbf16>, vector<4x32xf32>
  tile.store %s, %y[%r, %j] : vector<4x32xf32>, memref<4x32xf32>, vector<4x1xindex>, vector<1x32xindex>
  tile.return
}

// Values whose rows follow each other in memory are paired, too.

// CHECK-LABEL: func.func private @packed_values(
// CHECK:       llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// TILES-LABEL: func.func private @packed_values(
// TILES:       llvm.call_intrinsic "llvm.x86.tdpbf16ps.internal"
tile.kernel @packed_values grid() args(%p: memref<32x16xbf16>, %v: memref<16x32xbf16>, %y: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %row = tile.iota %c0 dim(0) : vector<32x1xindex>
  %inner = tile.iota %c0 dim(1) : vector<1x16xindex>
  %depth = tile.iota %c0 dim(0) : vector<16x1xindex>
  %column = tile.iota %c0 dim(1) : vector<1x32xindex>
  %zero = arith.constant dense<0.0> : vector<32x32xf32>
  %a = tile.load %p[%row, %inner] : memref<32x16xbf16>, vector<32x1xindex>, vector<1x16xindex> -> vector<32x16xbf16>
  %b = tile.load %v[%depth, %column] : memref<16x32xbf16>, vector<16x1xindex>, vector<1x32xindex> -> vector<16x32xbf16>
  %o = tile.dot %a, %b, %zero : vector<32x16xbf16>, vector<16x32xbf16>, vector<32x32xf32>
  tile.store %o, %y[%row, %column] : vector<32x32xf32>, memref<32x32xf32>, vector<32x1xindex>, vector<1x32xindex>
  tile.return
}
