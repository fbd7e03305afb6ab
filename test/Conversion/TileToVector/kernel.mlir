// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s

// A kernel becomes a private function of the task, the grid and its arguments;
// its launch becomes one call whose first operand is the number of tasks.
// Memory arguments get the types of the launch's operands.

// CHECK-LABEL: func.func private @scale_kernel(
// CHECK-SAME:      %[[TASK:[a-zA-Z0-9_]+]]: index, %[[G0:[a-zA-Z0-9_]+]]: index, %[[G1:[a-zA-Z0-9_]+]]: index,
// CHECK-SAME:      %[[X:[a-zA-Z0-9_]+]]: memref<3x40xf32>, %[[Y:[a-zA-Z0-9_]+]]: memref<3x40xf32, strided<[80, 1]>>)
// CHECK-DAG:   %[[C16:[a-zA-Z0-9_]+]] = arith.constant 16 : index
// CHECK-DAG:   %[[I1:[a-zA-Z0-9_]+]] = arith.remui %[[TASK]], %[[G1]]
// CHECK-DAG:   %[[I0:[a-zA-Z0-9_]+]] = arith.divui %[[TASK]], %[[G1]]
// CHECK:       %[[FIRST:[a-zA-Z0-9_]+]] = arith.muli %[[I1]], %[[C16]]
// CHECK:       %[[V:[a-zA-Z0-9_]+]] = vector.maskedload %[[X]][%[[I0]], %[[FIRST]]]
// CHECK:       %[[W:[a-zA-Z0-9_]+]] = arith.addf %[[V]], %[[V]] : vector<16xf32>
// CHECK:       vector.maskedstore %[[Y]][%[[I0]], %[[FIRST]]]{{.*}}, %[[W]]
// CHECK-NEXT:  return
tile.kernel @scale_kernel grid(%b, %t) args(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  %c16 = arith.constant 16 : index
  %n = arith.constant dense<40> : vector<1x16xindex>
  %first = arith.muli %t, %c16 : index
  %c = tile.iota %first dim(1) : vector<1x16xindex>
  %in = arith.cmpi slt, %c, %n : vector<1x16xindex>
  %v = tile.load %x[%b, %c] valid(%in : vector<1x16xi1>) : memref<?x?xf32>, index, vector<1x16xindex> -> vector<1x16xf32>
  %w = arith.addf %v, %v : vector<1x16xf32>
  tile.store %w, %y[%b, %c] valid(%in : vector<1x16xi1>) : vector<1x16xf32>, memref<?x?xf32>, index, vector<1x16xindex>
  tile.return
}

// CHECK-LABEL: func.func @scale(
// CHECK-SAME:      %[[G0:[a-zA-Z0-9_]+]]: index, %[[G1:[a-zA-Z0-9_]+]]: index, %[[X:[a-zA-Z0-9_]+]]: memref<3x40xf32>, %[[Y:[a-zA-Z0-9_]+]]: memref<3x40xf32, strided<[80, 1]>>)
// CHECK:       %[[C1:[a-zA-Z0-9_]+]] = arith.constant 1 : index
// CHECK:       %[[N0:[a-zA-Z0-9_]+]] = arith.muli %[[C1]], %[[G0]]
// CHECK:       %[[N:[a-zA-Z0-9_]+]] = arith.muli %[[N0]], %[[G1]]
// CHECK:       call @scale_kernel(%[[N]], %[[G0]], %[[G1]], %[[X]], %[[Y]]) {attn.parallel}
func.func @scale(%g0: index, %g1: index, %x: memref<3x40xf32>, %y: memref<3x40xf32, strided<[80, 1]>>) {
  tile.launch @scale_kernel grid(%g0, %g1) ins(%x : memref<3x40xf32>) outs(%y : memref<3x40xf32, strided<[80, 1]>>)
  return
}
