// RUN: attn-opt %s --convert-attn-to-tile --canonicalize --cse --attn-fuse-into-kernels | FileCheck %s
// RUN: attn-opt %s --attn-to-cpu | FileCheck %s --check-prefix=MEMORY

// What is loaded once is computed where it is loaded; keys and values, which
// each tile of queries loads, only if they are widened. No memory but that of
// the results, and of what is not fused, is taken.

#id = affine_map<(h, i, c) -> (h, i, c)>
#head = affine_map<(h, i, c) -> (h)>
#row = affine_map<(h, i, c) -> (h, i)>

// CHECK-LABEL: func @scaled(
// CHECK:         linalg.mul ins(%{{.*}}, %{{.*}} : tensor<4x?x16xf32>, tensor<4x?x16xf32>)
// CHECK-NOT:     linalg
// CHECK:         tile.launch
// CHECK-NOT:     linalg
// CHECK:         return

// Behind a branch for one query:
// MEMORY-LABEL: llvm.func @scaled(
// MEMORY:         llvm.cond_br %{{.*}}, ^bb1, ^[[ANY:.+]]
// MEMORY:       ^[[ANY]]:
// MEMORY-COUNT-2: llvm.call @attn_rt_alloc
// MEMORY-NOT:     llvm.call @attn_rt_alloc
// MEMORY:         llvm.return
func.func @scaled(%q: tensor<4x?x16xf32>, %k: tensor<4x?x16xf32>, %v: tensor<4x?x24xbf16>, %g: tensor<4x?x16xf32>, %n: index, %m: index)
    -> tensor<4x?x24xf32> {
  %eq = tensor.empty(%n) : tensor<4x?x16xf32>
  %ek = tensor.empty(%m) : tensor<4x?x16xf32>
  %ev = tensor.empty(%m) : tensor<4x?x24xf32>
  %qs = linalg.exp ins(%q : tensor<4x?x16xf32>) outs(%eq : tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %ks = linalg.mul ins(%k, %g : tensor<4x?x16xf32>, tensor<4x?x16xf32>) outs(%ek : tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %vs = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%v : tensor<4x?x24xbf16>) outs(%ev : tensor<4x?x24xf32>) {
  ^bb0(%a: bf16, %out: f32):
    %0 = arith.extf %a : bf16 to f32
    linalg.yield %0 : f32
  } -> tensor<4x?x24xf32>
  %o = attn.attention over [h] dots(%qs * %ks) values(%vs)
    : tensor<4x?x16xf32>, tensor<4x?x16xf32>, tensor<4x?x24xf32> -> tensor<4x?x24xf32>
  return %o : tensor<4x?x24xf32>
}

// With one tile of queries every key is loaded once. Heads share keys, and have
// a factor each.

// CHECK-LABEL: func @one_tile(
// CHECK-NOT:     linalg
// CHECK:         tile.launch
// CHECK-NOT:     linalg
// CHECK:         return

// MEMORY-LABEL: llvm.func @one_tile(
// MEMORY-COUNT-1: llvm.call @attn_rt_alloc
// MEMORY-NOT:     llvm.call @attn_rt_alloc
// MEMORY:         llvm.return
func.func @one_tile(%q: tensor<4x37x16xf32>, %k: tensor<2x?x16xf32>, %v: tensor<2x?x24xf32>, %g: tensor<2x?x16xf32>, %f: tensor<4xf32>, %r: tensor<4x37xf32>)
    -> tensor<4x37x24xf16> {
  %c1 = arith.constant 1 : index
  %m = tensor.dim %k, %c1 : tensor<2x?x16xf32>
  %ek = tensor.empty(%m) : tensor<2x?x16xf32>
  %eo = tensor.empty() : tensor<4x37x24xf16>
  %ks = linalg.mul ins(%k, %g : tensor<2x?x16xf32>, tensor<2x?x16xf32>) outs(%ek : tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %o = attn.attention over [h] dots(%q * %ks) values(%v)
    : tensor<4x37x16xf32>, tensor<2x?x16xf32>, tensor<2x?x24xf32> -> tensor<4x37x24xf32>
  %y = linalg.generic {indexing_maps = [#id, #head, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%o, %f, %r : tensor<4x37x24xf32>, tensor<4xf32>, tensor<4x37xf32>) outs(%eo : tensor<4x37x24xf16>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %out: f16):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %0, %c : f32
    %2 = arith.truncf %1 : f32 to f16
    linalg.yield %2 : f16
  } -> tensor<4x37x24xf16>
  return %y : tensor<4x37x24xf16>
}

// A transposition goes into the map of attention, a gate behind it into the
// kernel; so does what several ops do to the output together.

// MEMORY-LABEL: llvm.func @swish(
// MEMORY-COUNT-1: llvm.call @attn_rt_alloc
// MEMORY-NOT:     llvm.call @attn_rt_alloc
// MEMORY:         llvm.return
func.func @swish(%q: tensor<4x77x16xf32>) -> tensor<77x4x16xf16> {
  %f = tensor.empty() : tensor<77x4x16xf16>
  %e = tensor.empty() : tensor<77x4x16xf32>
  %o = attn.attention over [h] dots(%q * %q) values(%q)
    : tensor<4x77x16xf32>, tensor<4x77x16xf32>, tensor<4x77x16xf32> -> tensor<4x77x16xf32>
  %t = linalg.transpose ins(%o : tensor<4x77x16xf32>) outs(%e : tensor<77x4x16xf32>) permutation = [1, 0, 2]
  %n = linalg.negf ins(%t : tensor<77x4x16xf32>) outs(%e : tensor<77x4x16xf32>) -> tensor<77x4x16xf32>
  %x = linalg.exp ins(%n : tensor<77x4x16xf32>) outs(%e : tensor<77x4x16xf32>) -> tensor<77x4x16xf32>
  %y = linalg.map ins(%t, %x : tensor<77x4x16xf32>, tensor<77x4x16xf32>) outs(%f : tensor<77x4x16xf16>)
    (%a: f32, %b: f32, %out: f16) {
      %one = arith.constant 1.0 : f32
      %0 = arith.addf %b, %one : f32
      %1 = arith.divf %a, %0 : f32
      %2 = arith.truncf %1 : f32 to f16
      linalg.yield %2 : f16
    }
  return %y : tensor<77x4x16xf16>
}
