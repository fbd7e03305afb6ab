// RUN: attn-opt %s --convert-attn-to-tile="shared-bytes=101376" --canonicalize --cse | FileCheck %s

// On GPUs points of the grid share the features of values. The last part may
// have fewer; one of them stores the statistics.

// CHECK-LABEL: func.func @partial_259
// CHECK: %[[THREE:.+]] = arith.constant 3 : index
// CHECK: tile.launch @partial grid(%{{.+}}, %{{.+}}, %[[THREE]], %{{.+}})
// CHECK: tile.kernel @partial
// CHECK-SAME: grid(%{{.+}}, %{{.+}}, %[[SLAB:.+]], %{{.+}}) args
// CHECK-DAG: %[[C87:.+]] = arith.constant 87 : index
// CHECK-DAG: %[[SIZE:.+]] = arith.constant dense<259> : vector<1x87xindex>
// CHECK: %[[FIRST:.+]] = arith.muli %[[SLAB]], %[[C87]]
// CHECK: %[[FEATURES:.+]] = tile.iota %[[FIRST]] dim(1) : vector<1x87xindex>
// CHECK: %[[EXIST:.+]] = arith.cmpi slt, %[[FEATURES]], %[[SIZE]]
// CHECK: tile.load %{{.+}}[{{.*}}%[[FEATURES]]] valid(%[[EXIST]] : vector<1x87xi1>)
// CHECK: tile.dot {{.*}} : vector<64x32xf32>, vector<32x87xf32>, vector<64x87xf32>
// CHECK: tile.store {{.*}} : vector<64x1xi1>, vector<1x87xi1>)
// CHECK: %[[IS_FIRST:.+]] = arith.cmpi eq, %[[SLAB]]
// CHECK: %[[STORES:.+]] = vector.broadcast %[[IS_FIRST]]
// CHECK: tile.store {{.*}} valid(%{{.+}}, %[[STORES]] :
func.func @partial_259(%q: tensor<?x?x?x64xf32>, %k: tensor<?x?x?x64xf32>, %v: tensor<?x?x?x259xf32>)
    -> (tensor<?x?x?x259xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>) {
  %acc, %max, %den = attn.partial dots(%q * %k) values(%v) scale = 0.125
    : tensor<?x?x?x64xf32>, tensor<?x?x?x64xf32>, tensor<?x?x?x259xf32>
    -> (tensor<?x?x?x259xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>)
  return %acc, %max, %den : tensor<?x?x?x259xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>
}
