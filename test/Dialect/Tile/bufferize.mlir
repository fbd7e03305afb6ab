// RUN: attn-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" | FileCheck %s

// A launch on tensors becomes a launch on their buffers. Outputs are written
// and not read, so no copy of what they held is made.

tile.kernel @copy grid(%i) args(%x: memref<?xf32>, %y: memref<?xf32>) {
  tile.return
}

// CHECK-LABEL: func @writes_into_fresh_memory(
// CHECK-SAME:      %[[G:.+]]: index, %[[X:.+]]: memref<?xf32>
// CHECK: %[[Y:.+]] = memref.alloc
// CHECK-NOT: memref.copy
// CHECK: tile.launch @copy grid(%[[G]]) ins(%[[X]] : memref<?xf32>) outs(%[[Y]] : memref<?xf32>){{$}}
// CHECK: return %[[Y]]
func.func @writes_into_fresh_memory(%g: index, %x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %e = tensor.empty(%n) : tensor<?xf32>
  %y = tile.launch @copy grid(%g) ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// The old value of %x is needed after the launch: the output goes to new
// memory, whose old contents are not copied because nothing reads them.

// CHECK-LABEL: func @keeps_what_is_used_later(
// CHECK-SAME:      %[[G:.+]]: index, %[[X:.+]]: memref<4xf32>
// CHECK: %[[Y:.+]] = memref.alloc
// CHECK-NOT: memref.copy
// CHECK: tile.launch @copy grid(%[[G]]) ins(%[[X]] : memref<4xf32>) outs(%[[Y]] : memref<4xf32>)
// CHECK: return %[[Y]], %[[X]]
func.func @keeps_what_is_used_later(%g: index, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = tile.launch @copy grid(%g) ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %y, %x : tensor<4xf32>, tensor<4xf32>
}
