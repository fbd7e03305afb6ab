// RUN: attn-opt %s --convert-tile-to-vector=target=x86-64-v4 | FileCheck %s

// A check becomes a call of the runtime with both numbers and the message, of
// which each is stored once.

// CHECK-DAG: llvm.mlir.global internal constant @[[M0:attn_message.*]]("whole blocks\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[M1:attn_message.*]]("enough keys\00")
// CHECK-DAG: func.func private @attn_rt_check_multiple(i64, i64, !llvm.ptr)
// CHECK-DAG: func.func private @attn_rt_check_at_least(i64, i64, !llvm.ptr)
// CHECK-DAG: func.func private @attn_rt_check_at_most(i64, i64, !llvm.ptr)
// CHECK-DAG: func.func private @attn_rt_check_equal(i64, i64, !llvm.ptr)

// CHECK-LABEL: func.func @check(
// CHECK-SAME:      %[[N:[a-zA-Z0-9_]+]]: index, %[[M:[a-zA-Z0-9_]+]]: index)
// CHECK-DAG:   %[[N64:[a-zA-Z0-9_]+]] = arith.index_cast %[[N]] : index to i64
// CHECK-DAG:   %[[M64:[a-zA-Z0-9_]+]] = arith.index_cast %[[M]] : index to i64
// CHECK:       %[[P:[a-zA-Z0-9_]+]] = llvm.mlir.addressof @{{attn_message.*}} : !llvm.ptr
// CHECK:       call @attn_rt_check_multiple(%[[N64]], %[[M64]], %[[P]])
// CHECK:       call @attn_rt_check_at_least(
// CHECK:       call @attn_rt_check_at_most(
// CHECK:       call @attn_rt_check_equal(
func.func @check(%n: index, %m: index) {
  tile.check multiple %n, %m, "whole blocks" : index
  tile.check at_least %n, %m, "enough keys" : index
  tile.check at_most %n, %m, "whole blocks" : index
  tile.check equal %n, %m, "enough keys" : index
  return
}
