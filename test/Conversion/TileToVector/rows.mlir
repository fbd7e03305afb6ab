// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s

// What is done to the elements of a tile between two whole-tile operations
// becomes one loop over rows: no tile goes through memory on the way.

// CHECK-LABEL: func.func private @softmax(
// CHECK-SAME:      %[[X:[a-zA-Z0-9_]+]]: memref<?x48xf32>, %[[Y:[a-zA-Z0-9_]+]]: memref<?x48xf32>)
// CHECK-NOT:   attn_rt_scratch
// CHECK:       scf.for %[[R:[a-zA-Z0-9_]+]] = %{{.+}} to %{{.+}} step
// CHECK:         %[[S:[a-zA-Z0-9_]+]] = vector.load %[[X]][%[[R]], %{{.+}}] : memref<?x48xf32>, vector<48xf32>
//                A maximum is a comparison and a choice, down to one lane.
// CHECK:         vector.shuffle %[[S]], %[[S]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// CHECK:         arith.cmpf ogt
// CHECK:         arith.select
// CHECK:         %[[M:[a-zA-Z0-9_]+]] = vector.extract %{{.+}}[0] : f32 from vector<1xf32>
// CHECK:         %[[MB:[a-zA-Z0-9_]+]] = vector.broadcast %[[M]] : f32 to vector<48xf32>
// CHECK:         arith.subf %[[S]], %[[MB]]
// CHECK-NOT:     math.exp
// CHECK:         arith.addf {{.+}} : vector<16xf32>
// CHECK:         arith.divf
// CHECK:         vector.store %{{.+}}, %[[Y]][%[[R]], %{{.+}}]
// CHECK:       }
// CHECK-NOT:   scf.for
tile.kernel @softmax grid() args(%x: memref<?x48xf32>, %y: memref<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<6x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x48xindex>
  %s = tile.load %x[%r, %c] : memref<?x48xf32>, vector<6x1xindex>, vector<1x48xindex> -> vector<6x48xf32>
  %m = tile.reduce <max> %s : vector<6x48xf32> -> vector<6x1xf32>
  %mb = vector.broadcast %m : vector<6x1xf32> to vector<6x48xf32>
  %d = arith.subf %s, %mb : vector<6x48xf32>
  %e = math.exp %d : vector<6x48xf32>
  %l = tile.reduce <add> %e : vector<6x48xf32> -> vector<6x1xf32>
  %lb = vector.broadcast %l : vector<6x1xf32> to vector<6x48xf32>
  %p = arith.divf %e, %lb : vector<6x48xf32>
  tile.store %p, %y[%r, %c] : vector<6x48xf32>, memref<?x48xf32>, vector<6x1xindex>, vector<1x48xindex>
  tile.return
}

// Columns that fill no whole vector: loads and stores are masked, and what is
// behind the last column does not take part in a reduction.

// CHECK-LABEL: func.func private @tail(
// CHECK-SAME:      %[[X:[a-zA-Z0-9_]+]]: memref<?x21xf32>, %[[Y:[a-zA-Z0-9_]+]]: memref<?xf32>)
// CHECK-DAG:   %[[TAIL:[a-zA-Z0-9_]+]] = arith.constant dense<[true, {{.*}}false]> : vector<32xi1>
// CHECK-DAG:   %[[ZERO:[a-zA-Z0-9_]+]] = arith.constant dense<0.000000e+00> : vector<32xf32>
// CHECK:       scf.for %[[R:[a-zA-Z0-9_]+]] =
// CHECK:         %[[V:[a-zA-Z0-9_]+]] = vector.maskedload %[[X]][%[[R]], %{{.+}}], %[[TAIL]], %[[ZERO]]
// CHECK:         arith.select %[[TAIL]], %[[V]], %[[ZERO]]
// CHECK:         memref.store %{{.+}}, %[[Y]][%[[R]]]
tile.kernel @tail grid() args(%x: memref<?x21xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<6x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x21xindex>
  %s = tile.load %x[%r, %c] : memref<?x21xf32>, vector<6x1xindex>, vector<1x21xindex> -> vector<6x21xf32>
  %m = tile.reduce <add> %s : vector<6x21xf32> -> vector<6x1xf32>
  tile.store %m, %y[%r] : vector<6x1xf32>, memref<?xf32>, vector<6x1xindex>
  tile.return
}

// A row that is not valid is not read; its elements are 0. A stored value that
// a later loop needs goes through scratch memory once.

// CHECK-LABEL: func.func private @row_mask(
// CHECK-SAME:      %[[N:[a-zA-Z0-9_]+]]: index, %[[X:[a-zA-Z0-9_]+]]: memref<?x16xf16>, %[[Y:[a-zA-Z0-9_]+]]: memref<?x16xf16>)
// CHECK:       scf.for %[[R:[a-zA-Z0-9_]+]] =
// CHECK:         %[[IN:[a-zA-Z0-9_]+]] = arith.cmpi slt, %[[R]], %[[N]]
// CHECK:         %[[V:[a-zA-Z0-9_]+]] = scf.if %[[IN]] -> (vector<16xf16>) {
// CHECK:           vector.load %[[X]][%[[R]], %{{.+}}]
// CHECK:         } else {
// CHECK:         scf.if %[[IN]] {
// CHECK:           vector.store %[[V]], %[[Y]][%[[R]], %{{.+}}]
tile.kernel @row_mask grid() args(%n: index, %x: memref<?x16xf16>, %y: memref<?x16xf16>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<6x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x16xindex>
  %nb = vector.broadcast %n : index to vector<6x1xindex>
  %in = arith.cmpi slt, %r, %nb : vector<6x1xindex>
  %s = tile.load %x[%r, %c] valid(%in : vector<6x1xi1>) : memref<?x16xf16>, vector<6x1xindex>, vector<1x16xindex> -> vector<6x16xf16>
  tile.store %s, %y[%r, %c] valid(%in : vector<6x1xi1>) : vector<6x16xf16>, memref<?x16xf16>, vector<6x1xindex>, vector<1x16xindex>
  tile.return
}

// A mask in memory has a byte per element; a bf16 is moved as an i16.

// CHECK-LABEL: func.func private @stored_types(
// CHECK:       scf.for
// CHECK-DAG:     %[[BYTES:[a-zA-Z0-9_]+]] = vector.load {{.+}} : memref<?x16xi8>, vector<16xi8>
// CHECK-DAG:     %[[M:[a-zA-Z0-9_]+]] = arith.trunci %[[BYTES]] : vector<16xi8> to vector<16xi1>
// CHECK-DAG:     %[[H:[a-zA-Z0-9_]+]] = vector.load {{.+}} : memref<?x16xi16>, vector<16xi16>
// CHECK:         arith.select %[[M]], %[[H]], %{{.+}} : vector<16xi1>, vector<16xi16>
tile.kernel @stored_types grid() args(%m: memref<?x16xi1>, %x: memref<?x16xbf16>, %y: memref<?x16xbf16>) {
  %c0 = arith.constant 0 : index
  %r = tile.iota %c0 dim(0) : vector<6x1xindex>
  %c = tile.iota %c0 dim(1) : vector<1x16xindex>
  %k = tile.load %m[%r, %c] : memref<?x16xi1>, vector<6x1xindex>, vector<1x16xindex> -> vector<6x16xi1>
  %s = tile.load %x[%r, %c] : memref<?x16xbf16>, vector<6x1xindex>, vector<1x16xindex> -> vector<6x16xbf16>
  %z = arith.constant dense<1.0> : vector<6x16xbf16>
  %t = arith.select %k, %s, %z : vector<6x16xi1>, vector<6x16xbf16>
  tile.store %t, %y[%r, %c] : vector<6x16xbf16>, memref<?x16xbf16>, vector<6x1xindex>, vector<1x16xindex>
  tile.return
}
