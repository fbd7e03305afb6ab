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
// attn-classify-masks
//===----------------------------------------------------------------------===//

def AttnClassifyMasksPass : Pass<"attn-classify-masks", "::mlir::ModuleOp"> {
  let summary = "write functions that return masks as functions of their tiles";
  let description = [{
    *What*: a function that returns a mask is given the extents of the batch
    coordinates of the mask, the number of queries and the number of keys as
    further arguments, and returns the class of every tile instead, as `i8`:
    0 empty, 1 partial, 2 full. The classes are found by the code that attention
    with this mask runs, so that tests and pictures show what is computed; 3
    would be a tile that is visited twice.

    Tiles are runs of tokens. With `pairs` they are those of attention, which are
    boxes if the mask is written over grids, and the result has the class of the
    tile that visits it for each pair of a query and a key.

    *Before*: functions of `func` whose only result is a mask that is defined in
    them.

    *After*: those functions launch a `tile.kernel`; others are as they were.

    *Fails* if the mask is an argument.

    Example:

    ```mlir
    // Becomes a function of (%n: index, %m: index) -> tensor<?x?xi8>.
    func.func @causal() -> !attn.mask<1, 1> {
      %m = attn.mask.causal
      return %m : !attn.mask<1, 1>
    }
    ```
  }];
  let options = [
    Option<"queryTile", "query-tile", "int64_t", "64", "queries of a tile">,
    Option<"keyTile", "key-tile", "int64_t", "64", "keys of a tile">,
    Option<"pairs", "pairs", "bool", "false",
           "give the class of each pair instead of each tile">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::mlir::tile::TileDialect",
    "::mlir::vector::VectorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-explain-masks
//===----------------------------------------------------------------------===//

def AttnExplainMasksPass : Pass<"attn-explain-masks"> {
  let summary = "say how the key ranges of masks are found";
  let description = [{
    *What*: a remark at each `attn.attention` and `attn.partial` with a mask. It
    says whether formulas give the key ranges or bisection finds them, whether cuts
    (what several comparisons say together) are of use or there are too many
    comparisons for them, and whether tiles are boxes of a grid. Notes tell which operations prevented more: the one
    that has no formula, and those that may yield anything, so that no tile is
    known to be full or empty by them.

    *Before* and *after*: any IR; it is not changed.

    *Fails* as `convert-attn-to-tile` does.

    Example: for a causal mask,
    `remark: key ranges of the mask: by formula, 1 interval`.
  }];
  let options = [
    Option<"keyTile", "key-tile", "int64_t", "64", "keys of a tile">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tile::TileDialect", "::mlir::vector::VectorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// attn-fuse-into-kernels
//===----------------------------------------------------------------------===//

def AttnFuseIntoKernelsPass : Pass<"attn-fuse-into-kernels", "::mlir::ModuleOp"> {
  let summary = "carry elementwise ops around tile programs out in their kernels";
  let description = [{
    *What*: an elementwise `linalg` op that is the only user of a result of a
    `tile.launch` moves in front of the `tile.store` of that result, and one
    whose result only a launch reads moves behind the `tile.load` of it. Its
    other operands become inputs of the launch, and are fused in turn. What was
    between is never in memory. Rounding stays where it was.

    An op is *elementwise* if all its loops are parallel, its body is arithmetic
    on scalars, every position of an operand is a loop or 0, and no loop occurs
    twice. Operands that lack loops are broadcast: a gate per head, a bias per
    feature, the root of a norm. The last axis of a tensor must stay the last of
    those that have it.

    A *consumer* writes its result as often as the kernel did, so any
    arithmetic is fused. It must have each axis of the launch's result once, and
    be in the block of the launch; other results of the launch are used only
    after it.

    A *producer* is fused if the kernel loads every element once: some index of
    the load tells the points of each axis of the grid apart, and an index
    the iterations of each loop. Of what is loaded again and again (keys and
    values, for each tile of queries) only conversions to a wider type are fused:
    anything else is cheaper in memory. With one tile of queries keys and values
    are loaded once. Elements that the mask of a load hides stay 0.

    *Before*: kernels have one launch, on tensors. *After*: the same.

    Example: the output of attention is rounded to bf16 where it is stored.

    ```mlir
    #id = affine_map<(h, i, c) -> (h, i, c)>
    func.func @f(%q: tensor<8x?x64xf32>, %init: tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16> {
      %o = attn.attention over [h] dots(%q[h, i, :] * %q[h, j, :]) values(%q[h, j, :])
        : tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32> -> tensor<8x?x64xf32>
      %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
          ins(%o : tensor<8x?x64xf32>) outs(%init : tensor<8x?x64xbf16>) {
      ^bb0(%x: f32, %out: bf16):
        %r = arith.truncf %x : f32 to bf16
        linalg.yield %r : bf16
      } -> tensor<8x?x64xbf16>
      return %y : tensor<8x?x64xbf16>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
    "::mlir::tile::TileDialect", "::mlir::vector::VectorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// AttnToTile
//===----------------------------------------------------------------------===//

def ConvertAttnToTilePass : Pass<"convert-attn-to-tile"> {
  let summary = "write attention as tile programs";
  let description = [{
    *What*: every `attn.attention` and `attn.partial` becomes a `tile.kernel` and
    the `tile.launch` of it. A point of the grid computes a tile of queries of one
    batch and head index: it loops over tiles of keys and keeps, per query, a
    running maximum, a sum of weights and a weighted sum of values. Memory is
    proportional to a tile. Tiles of keys that the mask hides are not visited,
    and tiles that it shows whole are computed without it: `tile.ranges` with
    formulas, or `tile.find_ranges`, give the list. Where the numbers of heads
    are static, the heads that read the same keys share a tile.

    A mask over the axes of grids, other than the outermost, makes tiles of
    queries boxes of the grid: `query-tile` then bounds the number of positions of
    a box times the heads in it. Keys are walked in the box of those that formulas
    do not hide, row by row.

    With `shared-bytes`, tiles fit the shared memory of a GPU. Values of more than
    256 features (in f32: 128, in f64: 64) are then split among points of the
    grid, which all compute the scores.

    *Before*: the op is nested in a symbol table; masks are defined by mask ops in
    the same function.

    *After*: no `attn.attention` and no `attn.partial`; mask ops without users
    are gone. Sizes that the types leave open are checked by `tile.check`, as are
    divisors of integers: those that all pairs share in front of the launch,
    others in the kernel. The checks in front may hold `attn.extract`.

    *Fails* if a region holds other ops than elementwise arithmetic, or a mask is
    an argument.

    Example:

    ```mlir
    func.func @attention(%q: tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32> {
      %causal = attn.mask.causal
      %o = attn.attention dots(%q * %q) values(%q) mask(%causal) scale = 0.125
        : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>,
          !attn.mask<1, 1> -> tensor<?x8x?x64xf32>
      return %o : tensor<?x8x?x64xf32>
    }
    ```
  }];
  let options = [
    Option<"queryTile", "query-tile", "int64_t", "0",
           "rows of queries of a tile; 0: as fits a cache">,
    Option<"keyTile", "key-tile", "int64_t", "0",
           "keys of a tile; 0: as fits a cache">,
    Option<"sharedBytes", "shared-bytes", "int64_t", "0",
           "shared memory of a workgroup of a GPU, which tiles are to fit; 0: "
           "they are to fit a cache">,
    Option<"bf16Products", "bf16-products", "bool", "false",
           "products of bf16 operands take these, and weights rounded to bf16, "
           "instead of f32; not for few queries">,
    Option<"f16Products", "f16-products", "bool", "false",
           "the same for f16; weights without a bound stay f32">,
    Option<"narrowProductsOfFewRows", "narrow-products-of-few-rows", "bool",
           "false", "both of these also for few queries">,
    Option<"splitWeights", "split-weights", "bool", "false",
           "weights of both are sums of two rounded numbers where the result is "
           "of a wider type">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::mlir::tile::TileDialect",
    "::mlir::vector::VectorDialect"
  ];
}

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
    `memref`, `arith`, `math` and a few `llvm` operations for pointers and for
    instructions that no dialect has.

    *Fails* if a kernel is launched twice, or holds an operation on tiles that
    is not elementwise, not of the tile dialect and not a loop or branch of
    `scf`.

    Example: `tile.launch @k grid(%g) outs(%y : memref<?xf32>)` becomes
    `func.call @k(%g, %g, %y) {attn.parallel}`.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"host\"",
           "the CPU model: x86-64-v3, x86-64-v4, znver4, sapphirerapids or host">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

//===----------------------------------------------------------------------===//
// convert-tile-to-nvvm
//===----------------------------------------------------------------------===//

def ConvertTileToNVVMPass : Pass<"convert-tile-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "lower tile programs to kernels for the threads of a GPU";
  let description = [{
    *What.* Each `tile.kernel` becomes a `gpu.func` for one thread. Warps share
    the rows of tiles in strips of 16; within a warp tiles lie in registers as
    `mma.sync` leaves its accumulators. Right operands of products, and left
    ones that are loaded, are copied to shared memory asynchronously, some
    tiles of keys ahead of the products. A product of f16 or bf16 with a mask looks for
    infinities and NaN in its right operand; if there are any, scalar code sums
    the terms that the mask shows, one by one. Products of f32 and f64 do not:
    there, what a mask hides must be finite. Each `tile.launch` becomes a
    `gpu.launch_func` of a one-dimensional grid, left out if the grid is empty.

    *Before.* Launches have memrefs, not tensors, and each has its own kernel.
    Memory that a kernel writes overlaps none that it reads.

    *After.* No tile operation is left but `tile.check` on the host; kernels are
    in a `gpu.module` with the target as its attribute. They hold `gpu`, `scf`,
    `memref`, `arith` and `math` on scalars, `vector` on pairs, and `nvvm` and
    `llvm` operations for copies and products.

    Products of f32 are three of tf32 each, whose operands are rounded twice: the
    error is about that of f32. An infinite factor makes such a product NaN. Sums
    of f32 and f64 products start from zero and are then added to their
    accumulator. Copies run a step ahead if shared memory has room for it.

    *Fails* if a kernel is launched twice, holds an operation that has no
    lowering (`tile.check`, most functions of f64), or takes more shared memory
    than the target has; and if the right operand of a product is not loaded in
    the same step of a loop, a left one is loaded in a loop, or where either lies
    depends on what a loop carries.

    Example: `tile.launch @k grid(%g) outs(%y : memref<?xf32>)` becomes
    `gpu.launch_func @attn_kernels::@k blocks in (%g, ...)`.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"sm_80\"",
           "the GPU: sm_80, sm_86, sm_89, sm_90a, sm_100a or sm_120a">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
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
    callee become `noalias`, as the contract of kernels allows, unless the call
    has the attribute `attn.aliasing`.

    *Before.* The module is in the LLVM dialect. The first operand of the call
    is the number of tasks.

    *After.* No call has the attribute.

    Example: `llvm.call @k(%n, %p) {attn.parallel}` becomes
    `llvm.call @attn_rt_parallel_for(%n, %k_task, %context)`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // ATTN_CONVERSION_PASSES
