// RUN: attn-opt %s --convert-cpu-to-llvm | FileCheck %s

// Memory and failures are in the hands of the runtime library.

// CHECK: llvm.mlir.global internal constant @[[$TEXT:.+]]("too few\00")

// CHECK-LABEL: llvm.func @dynamic_alloc(
// CHECK:         %[[SIZES:.+]] = llvm.alloca
// CHECK:         %[[SLOT:.+]] = llvm.getelementptr %[[SIZES]]
// CHECK:         llvm.store %{{.+}}, %[[SLOT]]
// CHECK:         %[[BYTES:.+]] = llvm.call @attn_rt_tensor_bytes({{.*}}) : (!llvm.ptr, i32, i64) -> i64
// CHECK:         %[[MEMORY:.+]] = llvm.call @attn_rt_alloc(%[[BYTES]], %{{.+}}) : (i64, i64) -> !llvm.ptr
// CHECK:         llvm.call @attn_rt_free
func.func @dynamic_alloc(%n: index) {
  %0 = memref.alloc(%n) : memref<?x4xf32>
  memref.dealloc %0 : memref<?x4xf32>
  return
}

// CHECK-LABEL: llvm.func @static_alloc(
// CHECK-NOT:     attn_rt_tensor_bytes
// CHECK:         llvm.call @attn_rt_alloc
func.func @static_alloc() -> memref<4xf32> {
  %0 = memref.alloc() : memref<4xf32>
  return %0 : memref<4xf32>
}

// CHECK-LABEL: llvm.func @assertion(
// CHECK:         llvm.cond_br %{{.+}}, ^[[AFTER:.+]], ^[[FAIL:.+]]
// CHECK:       ^[[FAIL]]:
// CHECK:         %[[MESSAGE:.+]] = llvm.mlir.addressof @[[$TEXT]]
// CHECK:         llvm.call @attn_rt_fail(%[[MESSAGE]])
// CHECK:         llvm.br ^[[AFTER]]
func.func @assertion(%enough: i1) {
  cf.assert %enough, "too few"
  return
}

// bf16 is rounded by integer arithmetic.
// CHECK-LABEL: llvm.func @rounding(
// CHECK-NOT:     llvm.fptrunc
// CHECK:         llvm.bitcast %{{.+}} : i16 to bf16
func.func @rounding(%x: f32) -> bf16 {
  %0 = arith.truncf %x : f32 to bf16
  return %0 : bf16
}
