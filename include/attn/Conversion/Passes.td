//===- Passes.td - conversions between dialects -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every conversion pass, in alphabetical order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_PASSES
#define ATTN_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// convert-tile-to-vector
//===----------------------------------------------------------------------===//

def ConvertTileToVectorPass
    : Pass<"convert-tile-to-vector", "::mlir::ModuleOp"> {
  let summary = "lower tile programs to functions on 1-D vectors, for CPUs";
  let description = [{
    *What.* Each `tile.kernel` becomes a private function of the task number,
    the extents of the grid and the kernel's arguments. Tiles live in scratch
    memory; what is done to the elements between loads, products and stores
    becomes one loop over rows, and products become blocks whose accumulators
    stay in registers. Each `tile.launch` becomes one call with the attribute
    `attn.parallel`, whose first operand is the number of tasks. Each
    `tile.check` becomes a call of the runtime. Functions of `math` on f32
    become arithmetic; those of f64 stay.

    *Before.* Launches have memrefs, not tensors, and each has its own kernel.
    Memory that a kernel writes overlaps none that it reads.

    *After.* No tile operation is left; `func`, `scf`, `vector` on 1-D vectors,
    `memref`, `arith`, `math` and a few `llvm` operations for pointers.

    *Fails* if a kernel is launched twice, or holds an operation on tiles that
    is not elementwise, not of the tile dialect and not a loop or branch of
    `scf`.

    Example: `tile.launch @k grid(%g) outs(%y : memref<?xf32>)` becomes
    `func.call @k(%g, %g, %y) {attn.parallel}`.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"host\"",
           "the CPU model: x86-64-v3, x86-64-v4 or host">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// outline-parallel-calls
//===----------------------------------------------------------------------===//

def OutlineParallelCallsPass
    : Pass<"outline-parallel-calls", "::mlir::ModuleOp"> {
  let summary = "run calls that stand for many through the runtime's threads";
  let description = [{
    *What.* A call with the attribute `attn.parallel` becomes a call of
    `attn_rt_parallel_for(count, body, context)`: the operands behind the first
    are stored in a struct on the stack, and `body` is a new function that
    loads them and calls the callee for one task. Pointer arguments of the
    callee become `noalias`, as the contract of kernels allows.

    *Before.* The module is in the LLVM dialect. The first operand of the call
    is the number of tasks.

    *After.* No call has the attribute.

    Example: `llvm.call @k(%n, %p) {attn.parallel}` becomes
    `llvm.call @attn_rt_parallel_for(%n, %k_task, %context)`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // ATTN_CONVERSION_PASSES
