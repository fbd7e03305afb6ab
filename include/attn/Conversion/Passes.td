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
// convert-cpu-to-llvm
//===----------------------------------------------------------------------===//

def ConvertCPUToLLVMPass : Pass<"convert-cpu-to-llvm", "ModuleOp"> {
  let summary = "convert functions, branches, memrefs and scalars to LLVM";
  let description = [{
    Converts `func`, `cf`, `memref`, `arith`, `math`, `index` and `ub` to the
    LLVM dialect in one step. Memory comes from the runtime library: `memref.alloc`
    of a dynamic shape checks that its bytes can be counted
    (`attn_rt_tensor_bytes`) and calls `attn_rt_alloc`, `memref.dealloc` calls
    `attn_rt_free`, and `cf.assert` hands its message to `attn_rt_fail`.

    Before: no `linalg`, `scf`, `affine` or `vector` ops are left, strided
    metadata is expanded, and copies are loops or contiguous.
    After: only the LLVM dialect is left; anything else is an error.

    Example:

    ```mlir
    func.func @scratch(%n: index) -> index {
      %c0 = arith.constant 0 : index
      %0 = memref.alloc(%n) : memref<?xf32>
      memref.dealloc %0 : memref<?xf32>
      return %c0 : index
    }
    ```
  }];
  let options = [
    Option<"bf16Rounding", "bf16-rounding", "bool", /*default=*/"false",
           "the processor has instructions that round vectors to bf16">,
  ];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect"];
}

#endif // ATTN_CONVERSION_PASSES
