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
    Rewrites `math` functions of vectors into `arith` arithmetic, because LLVM
    would call libm once per lane. Errors are a few units in the last place of
    f32; vectors of narrower types are computed in f32. Exponentials below the
    smallest normal number are off by less than it. Sines of |x| >= 2^51 are left to libm, in a
    branch of their own.

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
    "arith::ArithDialect", "math::MathDialect", "scf::SCFDialect",
    "vector::VectorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-check-shapes
//===----------------------------------------------------------------------===//

def AttnCheckShapesPass : Pass<"attn-check-shapes", "ModuleOp"> {
  let summary = "check at run time that dynamic sizes fit together";
  let description = [{
    Inserts calls of the runtime's checks before ops on tensors whose sizes must
    agree but are not known to: operands of `linalg` ops, casts to known sizes,
    slices and reshapes. A failed check names the op and its place.

    Before: sizes that disagree would be reads and writes out of bounds.
    After: they stop the program with a sentence. Sizes that are equal by
    construction are not checked.

    Example:

    ```mlir
    func.func @cast(%x: tensor<?xf32>) -> tensor<4xf32> {
      %0 = tensor.cast %x : tensor<?xf32> to tensor<4xf32>
      return %0 : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = [
    "affine::AffineDialect", "arith::ArithDialect", "LLVM::LLVMDialect",
    "tensor::TensorDialect"
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
// attn-decompose-tensors
//===----------------------------------------------------------------------===//

def AttnDecomposeTensorsPass : Pass<"attn-decompose-tensors", "ModuleOp"> {
  let summary = "bring tensor programs to few kinds of ops";
  let description = [{
    Rewrites `linalg.softmax`, `linalg.pack`, `linalg.unpack`, `tensor.pad` and
    `tensor.concat` into simpler ops, and `arith` and `math` ops on tensors into
    `linalg.generic`. Parameters of public functions are marked as read-only for
    bufferisation: they belong to the caller.

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
  let dependentDialects = [
    "arith::ArithDialect", "bufferization::BufferizationDialect",
    "linalg::LinalgDialect", "math::MathDialect", "tensor::TensorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-fuse-linalg
//===----------------------------------------------------------------------===//

def AttnFuseLinalgPass : Pass<"attn-fuse-linalg", "ModuleOp"> {
  let summary = "move elementwise producers into their consumers";
  let description = [{
    Turns named `linalg` ops into `linalg.generic` and fuses elementwise ops into
    the only op that uses them. Arithmetic is never repeated for elements that
    the consumer reads many times, unless it is a cast or a few additions.

    Example:

    ```mlir
    func.func @double_exp(%x: tensor<8xf32>, %init: tensor<8xf32>)
        -> tensor<8xf32> {
      %0 = linalg.exp ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>)
          -> tensor<8xf32>
      %1 = linalg.exp ins(%0 : tensor<8xf32>) outs(%init : tensor<8xf32>)
          -> tensor<8xf32>
      return %1 : tensor<8xf32>
    }
    ```
  }];
  let dependentDialects = ["linalg::LinalgDialect", "tensor::TensorDialect"];
}

//===----------------------------------------------------------------------===//
// attn-outline-parallel-loops
//===----------------------------------------------------------------------===//

def AttnOutlineParallelLoopsPass
    : Pass<"attn-outline-parallel-loops", "ModuleOp"> {
  let summary = "make functions of parallel loops, which threads call";
  let description = [{
    The body of every `scf.parallel` from 0 by 1 without results, unless it is
    inside of another, becomes a private function of the index and of the values
    that it uses. A call with the attribute `attn.parallel` takes the place of
    the loop; `outline-parallel-calls` lets the threads of the runtime make it.

    Other parallel loops stay.

    Example:

    ```mlir
    func.func @ones(%n: index, %x: memref<?xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %one = arith.constant 1.0 : f32
      scf.parallel (%i) = (%c0) to (%n) step (%c1) {
        memref.store %one, %x[%i] : memref<?xf32>
      }
      return
    }
    ```
  }];
  let dependentDialects = ["func::FuncDialect"];
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
    - Large ops become an `scf.parallel` over tasks.
    - The rest of a size that is no multiple of the vector is done under a mask.

    The order of operations depends on the sizes alone. Multiplications may be
    contracted with additions, and tasks treat denormals as zero.

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

//===----------------------------------------------------------------------===//
// attn-widen-sums
//===----------------------------------------------------------------------===//

def AttnWidenSumsPass : Pass<"attn-widen-sums", "ModuleOp"> {
  let summary = "make sums of half-precision products round once";
  let description = [{
    Rewrites `linalg` ops that sum products in f16 or bf16 so that products and
    sums are f32 and only the total is rounded.

    Example:

    ```mlir
    func.func @matmul(%a: tensor<4x8xbf16>, %b: tensor<8x2xbf16>,
                      %init: tensor<4x2xbf16>) -> tensor<4x2xbf16> {
      %0 = linalg.matmul ins(%a, %b : tensor<4x8xbf16>, tensor<8x2xbf16>)
          outs(%init : tensor<4x2xbf16>) -> tensor<4x2xbf16>
      return %0 : tensor<4x2xbf16>
    }
    ```
  }];
  let dependentDialects = [
    "arith::ArithDialect", "linalg::LinalgDialect", "tensor::TensorDialect"
  ];
}

#endif // ATTN_TRANSFORMS_PASSES
