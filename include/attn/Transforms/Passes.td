//===- Passes.td - passes on upstream dialects --------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes for what surrounds attention in a function, in alphabetical order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TRANSFORMS_PASSES
#define ATTN_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// attn-approximate-math
//===----------------------------------------------------------------------===//

def AttnApproximateMathPass : Pass<"attn-approximate-math"> {
  let summary = "compute math functions of f32 vectors by polynomials "
                "(not bit-preserving)";
  let description = [{
    Rewrites `math` functions of vectors into `arith` and `vector` arithmetic,
    because LLVM would call libm once per lane. Errors are a few units in the
    last place of f32; vectors of narrower types are computed in f32.

    Functions of f64 and of scalars stay as they are.

    Example:

    ```mlir
    func.func @exponential(%x: vector<16xf32>) -> vector<16xf32> {
      %0 = math.exp %x : vector<16xf32>
      return %0 : vector<16xf32>
    }
    ```
  }];
  let dependentDialects = [
    "arith::ArithDialect", "math::MathDialect", "vector::VectorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-copy-to-linalg
//===----------------------------------------------------------------------===//

def AttnCopyToLinalgPass : Pass<"attn-copy-to-linalg", "func::FuncOp"> {
  let summary = "turn copies between strided buffers into linalg ops";
  let description = [{
    Rewrites `memref.copy` of which a side is not contiguous into a
    `linalg.generic`, which is vectorised like any other. Contiguous copies stay:
    they become `memcpy`. Without it LLVM would see calls of a library function.

    Example:

    ```mlir
    func.func @copy(%a: memref<4x8xf32, strided<[16, 1]>>, %b: memref<4x8xf32>) {
      memref.copy %a, %b
          : memref<4x8xf32, strided<[16, 1]>> to memref<4x8xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["linalg::LinalgDialect"];
}

//===----------------------------------------------------------------------===//
// attn-prepare-linalg
//===----------------------------------------------------------------------===//

def AttnPrepareLinalgPass : Pass<"attn-prepare-linalg", "ModuleOp"> {
  let summary = "bring tensor programs to few kinds of ops and fuse them";
  let description = [{
    Decomposes `linalg.softmax`, `linalg.pack`, `linalg.unpack`, `tensor.pad` and
    `tensor.concat`; turns `arith` and `math` ops on tensors into `linalg`; makes
    contractions of half-precision tensors sum in f32 and round once; inserts
    run-time checks that the dynamic sizes of an op agree
    (`attn_rt_check_equal`).

    With `fuse`, elementwise producers move into their consumers, unless that
    would repeat costly arithmetic for every element that reuses it.

    Example:

    ```mlir
    func.func @softmax(%x: tensor<?x8xf32>, %init: tensor<?x8xf32>)
        -> tensor<?x8xf32> {
      %0 = linalg.softmax dimension(1) ins(%x : tensor<?x8xf32>)
          outs(%init : tensor<?x8xf32>) -> tensor<?x8xf32>
      return %0 : tensor<?x8xf32>
    }
    ```
  }];
  let options = [
    Option<"fuse", "fuse", "bool", /*default=*/"true",
           "move elementwise producers into their consumers">,
  ];
  let dependentDialects = [
    "arith::ArithDialect", "linalg::LinalgDialect", "LLVM::LLVMDialect",
    "math::MathDialect", "tensor::TensorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-vectorize-linalg
//===----------------------------------------------------------------------===//

def AttnVectorizeLinalgPass : Pass<"attn-vectorize-linalg", "func::FuncOp"> {
  let summary = "turn linalg ops on buffers into loops over vectors "
                "(not bit-preserving)";
  let description = [{
    For every `linalg` op chooses the loop that the lanes of a vector run along
    and the loops that are blocked in registers, and emits `scf` loops around
    vectors of rank 1:

    - A parallel loop along which the output is contiguous is preferred;
      operands that do not depend on it stay scalars, which are broadcast.
    - Sums stay in registers over all reduction loops. Contractions compute a
      block of rows and vectors at a time, sized by the number of registers.
    - If only a reduction loop is contiguous, each lane reduces its share and the
      lanes are combined at the end.
    - The rest of a size that is no multiple of the vector is done under a mask.

    The order of operations depends on the sizes alone. Multiplications may be
    contracted with additions.

    Before: every `linalg` op has buffer semantics.
    After: no `linalg` op is left. Ops that cannot be vectorised (a region with
    control flow, an index that is not linear) become scalar loops, with a
    remark.

    Example:

    ```mlir
    func.func @matmul(%a: memref<?x?xf32>, %b: memref<?x?xf32>,
                      %c: memref<?x?xf32>) {
      linalg.matmul ins(%a, %b : memref<?x?xf32>, memref<?x?xf32>)
          outs(%c : memref<?x?xf32>)
      return
    }
    ```
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "unsigned", /*default=*/"512",
           "width of a vector register in bits: 128, 256 or 512">,
  ];
  let statistics = [
    Statistic<"numVectorized", "num-vectorized", "ops that became vector loops">,
    Statistic<"numScalar", "num-scalar", "ops that became scalar loops">,
  ];
  let dependentDialects = [
    "arith::ArithDialect", "LLVM::LLVMDialect", "math::MathDialect",
    "memref::MemRefDialect", "scf::SCFDialect", "vector::VectorDialect"
  ];
}

#endif // ATTN_TRANSFORMS_PASSES
