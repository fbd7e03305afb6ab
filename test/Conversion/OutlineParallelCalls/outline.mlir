// RUN: attn-opt %s --outline-parallel-calls | FileCheck %s

// The operands go through a struct on the stack of the caller, made once even
// if the call is in a loop, to a function that the runtime runs for each task.

// CHECK-LABEL: llvm.func internal @kernel(
// CHECK-SAME:      %{{.+}}: i64, %{{.+}}: !llvm.ptr {llvm.noalias}, %{{.+}}: f32)
llvm.func @kernel(%task: i64, %p: !llvm.ptr, %x: f32) {
  llvm.return
}

// CHECK-LABEL: llvm.func internal @kernel_task(
// CHECK-SAME:      %[[TASK:[a-zA-Z0-9_]+]]: i64, %[[CONTEXT:[a-zA-Z0-9_]+]]: !llvm.ptr)
// CHECK:       %[[P0:[a-zA-Z0-9_]+]] = llvm.getelementptr %[[CONTEXT]][0, 0]{{.*}} !llvm.struct<(ptr, f32)>
// CHECK:       %[[P:[a-zA-Z0-9_]+]] = llvm.load %[[P0]] : !llvm.ptr -> !llvm.ptr
// CHECK:       %[[X0:[a-zA-Z0-9_]+]] = llvm.getelementptr %[[CONTEXT]][0, 1]
// CHECK:       %[[X:[a-zA-Z0-9_]+]] = llvm.load %[[X0]] : !llvm.ptr -> f32
// CHECK:       llvm.call @kernel(%[[TASK]], %[[P]], %[[X]])

// CHECK-LABEL: llvm.func @caller(
// CHECK-SAME:      %[[N:[a-zA-Z0-9_]+]]: i64, %[[P:[a-zA-Z0-9_]+]]: !llvm.ptr, %[[X:[a-zA-Z0-9_]+]]: f32)
// CHECK:       %[[CONTEXT:[a-zA-Z0-9_]+]] = llvm.alloca
// CHECK:       llvm.br ^[[BODY:[a-zA-Z0-9_]+]]
// CHECK:     ^[[BODY]]:
// CHECK:       llvm.store %[[P]],
// CHECK:       llvm.store %[[X]],
// CHECK:       %[[TASK:[a-zA-Z0-9_]+]] = llvm.mlir.addressof @kernel_task
// CHECK:       llvm.call @attn_rt_parallel_for(%[[N]], %[[TASK]], %[[CONTEXT]])
llvm.func @caller(%n: i64, %p: !llvm.ptr, %x: f32) {
  llvm.br ^body
^body:
  llvm.call @kernel(%n, %p, %x) {attn.parallel} : (i64, !llvm.ptr, f32) -> ()
  llvm.br ^body
}
