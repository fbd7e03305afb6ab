// RUN: attn-opt %s --convert-attn-to-tile="query-tile=48 key-tile=32 bf16-products" --canonicalize --cse | FileCheck %s
// RUN: attn-opt %s --convert-attn-to-tile="query-tile=48 key-tile=32" --canonicalize --cse | FileCheck %s --check-prefix=WIDE

// Products whose operands are bf16 take them as they are, for targets that have
// units for that, and weights rounded; scores and sums stay f32.

// CHECK-LABEL: tile.kernel @attention grid
// CHECK: tile.for_each
// CHECK: tile.dot {{.*}} : vector<48x64xbf16>, vector<64x32xbf16>, vector<48x32xf32>
// CHECK: %[[W:.+]] = math.exp2 %{{.+}} : vector<48x32xf32>
// CHECK: tile.reduce <add> %[[W]]
// CHECK: %[[P:.+]] = arith.truncf %[[W]] : vector<48x32xf32> to vector<48x32xbf16>
// CHECK: tile.dot %[[P]], {{.*}} : vector<48x32xbf16>, vector<32x48xbf16>, vector<48x48xf32>
// CHECK: } partial {

// WIDE-LABEL: tile.kernel @attention grid
// WIDE-NOT:   tile.dot {{.*}}bf16
// WIDE:       tile.return
func.func @weights(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x48xbf16>)
    -> tensor<?x2x?x48xbf16> {
  %o = attn.attention dots(%q * %k) values(%v)
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x48xbf16> -> tensor<?x2x?x48xbf16>
  return %o : tensor<?x2x?x48xbf16>
}

// A result in f32 takes exact weights; operands of two types are widened.

// CHECK-LABEL: tile.kernel @partial grid
// CHECK: tile.dot {{.*}} : vector<48x64xbf16>, vector<64x32xbf16>, vector<48x32xf32>
// CHECK-NOT: arith.truncf
// CHECK: tile.dot {{.*}} : vector<48x32xf32>, vector<32x48xf32>, vector<48x48xf32>
func.func @exact(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x48xbf16>)
    -> tensor<?x2x?x48xf32> {
  %o, %m, %d = attn.partial dots(%q * %k) values(%v)
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x48xbf16>
    -> (tensor<?x2x?x48xf32>, tensor<?x2x?xf32>, tensor<?x2x?xf32>)
  return %o : tensor<?x2x?x48xf32>
}

// CHECK-LABEL: tile.kernel @attention_0 grid
// CHECK: tile.dot {{.*}} : vector<48x64xf32>, vector<64x32xf32>, vector<48x32xf32>
func.func @mixed(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x48xbf16>)
    -> tensor<?x2x?x48xbf16> {
  %o = attn.attention dots(%q * %k) values(%v)
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x48xbf16> -> tensor<?x2x?x48xbf16>
  return %o : tensor<?x2x?x48xbf16>
}

// Few queries wait for memory: they keep the exact weights.

// CHECK-LABEL: tile.kernel @attention_1 grid
// CHECK-NOT: tile.dot {{.*}}bf16
// CHECK: tile.return
func.func @few(%q: tensor<?x2x3x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x48xbf16>)
    -> tensor<?x2x3x48xbf16> {
  %o = attn.attention dots(%q * %k) values(%v)
    : tensor<?x2x3x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x48xbf16> -> tensor<?x2x3x48xbf16>
  return %o : tensor<?x2x3x48xbf16>
}
