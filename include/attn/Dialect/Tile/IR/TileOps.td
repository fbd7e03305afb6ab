//===- TileOps.td - operations of the tile dialect ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels and their launches, memory access, matrix products, reductions, and
// the loop over key ranges.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_TILE_IR_TILEOPS
#define ATTN_DIALECT_TILE_IR_TILEOPS

include "attn/Dialect/Tile/IR/TileTypes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/LoopLikeInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// tile.kernel
//===----------------------------------------------------------------------===//

def Tile_KernelOp : Tile_Op<"kernel", [
    Symbol, IsolatedFromAbove, SingleBlock
  ]> {
  let summary = "the program of one workgroup, run for every point of a grid";
  let description = [{
    Defines a program that a `tile.launch` runs once for every point of a grid.
    The entry block receives the grid indices, then the arguments. Points run
    in any order and at the same time.

    Memory arguments that the launch names as outputs are written completely by
    the kernel and never read; the others are only read. Memory of an output
    overlaps no other argument.

    A kernel has one launch, so a lowering may give the memory arguments the
    exact types of that launch's operands.

    Constraints:
    - (C1) the entry block has `grid_rank` arguments of type `index`, and then
      the kernel's arguments
    - (C2) arguments are memrefs or scalars
    - (C3) the body ends in `tile.return`

    Edges: a grid with an extent of 0 runs nothing.

    Example:

    ```mlir
    // Each point of the grid doubles 16 rows of 8 columns.
    tile.kernel @double grid(%block)
        args(%x: memref<?x8xf32>, %y: memref<?x8xf32>, %rows: index)
        schedule <rows = 16, keys = 8> {
      %c0 = arith.constant 0 : index
      %c16 = arith.constant 16 : index
      %first = arith.muli %block, %c16 : index
      %row = tile.iota %first dim(0) : vector<16x1xindex>
      %col = tile.iota %c0 dim(1) : vector<1x8xindex>
      %limit = vector.broadcast %rows : index to vector<16x1xindex>
      %in = arith.cmpi slt, %row, %limit : vector<16x1xindex>
      %a = tile.load %x[%row, %col] valid(%in : vector<16x1xi1>)
          : memref<?x8xf32>, vector<16x1xindex>, vector<1x8xindex>
          -> vector<16x8xf32>
      %b = arith.addf %a, %a : vector<16x8xf32>
      tile.store %b, %y[%row, %col] valid(%in : vector<16x1xi1>)
          : vector<16x8xf32>, memref<?x8xf32>, vector<16x1xindex>,
            vector<1x8xindex>
      tile.return
    }
    ```
  }];

  let arguments = (ins
    SymbolNameAttr:$sym_name,
    OptionalAttr<StrAttr>:$sym_visibility,
    ConfinedAttr<I64Attr, [IntNonNegative]>:$grid_rank,
    OptionalAttr<Tile_ScheduleAttr>:$schedule
  );
  let regions = (region SizedRegion<1>:$body);

  let builders = [
    OpBuilder<(ins "StringRef":$name, "int64_t":$gridRank,
                   "TypeRange":$argumentTypes,
                   CArg<"ScheduleAttr", "{}">:$schedule)>
  ];
  let skipDefaultBuilders = 1;
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;

  let extraClassDeclaration = [{
    /// The block arguments that hold the point of the grid.
    Block::BlockArgListType getGridIndices() {
      return getBody().getArguments().take_front(getGridRank());
    }

    /// The block arguments that a launch's operands bind to, in order.
    Block::BlockArgListType getKernelArguments() {
      return getBody().getArguments().drop_front(getGridRank());
    }
  }];
}

//===----------------------------------------------------------------------===//
// tile.return
//===----------------------------------------------------------------------===//

def Tile_ReturnOp : Tile_Op<"return", [
    Pure, Terminator, HasParent<"KernelOp">
  ]> {
  let summary = "the end of a kernel";
  let description = [{
    Ends the program of one workgroup. A kernel has no results: it writes its
    outputs with `tile.store`.

    Example:

    ```mlir
    tile.kernel @nothing grid(%i) args() {
      tile.return
    }
    ```
  }];
  let assemblyFormat = "attr-dict";
}

//===----------------------------------------------------------------------===//
// tile.launch
//===----------------------------------------------------------------------===//

def Tile_LaunchOp : Tile_Op<"launch", [
    AttrSizedOperandSegments,
    DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>
  ]> {
  let summary = "run a kernel for every point of a grid";
  let description = [{
    Runs `kernel` for every point of `grid`, with `ins` and then `outs` bound to
    its arguments in order. A tensor operand binds to a memref argument of the
    same rank and element type. Results are the tensors in `outs`, after the
    kernel has written them; memrefs in `outs` are written in place.

    Constraints:
    - (C1) `kernel` names a `tile.kernel`
    - (C2) `size(grid) = grid_rank(kernel)`
    - (C3) `size(ins) + size(outs)` is the number of the kernel's arguments
    - (C4) a tensor or memref binds to a memref of the same element type whose
      shape is compatible; a scalar binds to an argument of its own type
    - (C5) `outs` are tensors or memrefs; the results are its tensors' types
    - (C6) tensors and memrefs are not mixed among the operands

    Edges: if an extent of the grid is 0, nothing runs and `outs` keep what
    they held.

    Example:

    ```mlir
    tile.kernel @fill grid(%i) args(%value: f32, %y: memref<?xf32>) {
      %v = vector.broadcast %value : f32 to vector<1x1xf32>
      tile.store %v, %y[%i] : vector<1x1xf32>, memref<?xf32>, index
      tile.return
    }

    func.func @ones(%n: index) -> tensor<?xf32> {
      %one = arith.constant 1.0 : f32
      %empty = tensor.empty(%n) : tensor<?xf32>
      %y = tile.launch @fill grid(%n) ins(%one : f32)
          outs(%empty : tensor<?xf32>) -> tensor<?xf32>
      return %y : tensor<?xf32>
    }
    ```
  }];

  let arguments = (ins
    FlatSymbolRefAttr:$kernel,
    Variadic<Index>:$grid,
    Variadic<AnyType>:$inputs,
    Variadic<AnyShaped>:$outputs
  );
  let results = (outs Variadic<AnyRankedTensor>:$results);

  let builders = [
    OpBuilder<(ins "KernelOp":$kernel, "ValueRange":$grid,
                   "ValueRange":$inputs, "ValueRange":$outputs)>
  ];
  let assemblyFormat = [{
    $kernel `grid` `(` $grid `)`
    (`ins` `(` $inputs^ `:` type($inputs) `)`)?
    (`outs` `(` $outputs^ `:` type($outputs) `)`)?
    attr-dict (`->` type($results)^)?
  }];
  let hasVerifier = 1;

  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
  }];
}

//===----------------------------------------------------------------------===//
// tile.load
//===----------------------------------------------------------------------===//

def Tile_LoadOp : Tile_Op<"load", [AttrSizedOperandSegments]> {
  let summary = "read the elements of a tile from memory";
  let description = [{
    Computes, for every row `r` and column `c` of the result:

    ```
    result[r, c] = memory[i0(r, c), i1(r, c), ...]   if all valid(r, c)
                   0                                 otherwise
    ```

    An index or mask given per row, per column or for the whole tile is the
    same for the elements it does not tell apart. Memory at an element that is
    not valid is never touched, so its indices may be out of bounds.

    Constraints:
    - (C1) `size(indices) = rank(memory)`
    - (C2) `element_type(result) = element_type(memory)`
    - (C3) each index has a shape that broadcasts to the result's
    - (C4) each mask has a shape that broadcasts to the result's

    Edges: with no valid element the result is 0 and nothing is read.

    Example:

    ```mlir
    // Keys first to first + 31, transposed: features are rows.
    func.func @keys(%k: memref<?x64xf32>, %first: index, %n: index)
        -> vector<64x32xf32> {
      %c0 = arith.constant 0 : index
      %key = tile.iota %first dim(1) : vector<1x32xindex>
      %feature = tile.iota %c0 dim(0) : vector<64x1xindex>
      %limit = vector.broadcast %n : index to vector<1x32xindex>
      %in = arith.cmpi slt, %key, %limit : vector<1x32xindex>
      %kt = tile.load %k[%key, %feature] valid(%in : vector<1x32xi1>)
          : memref<?x64xf32>, vector<1x32xindex>, vector<64x1xindex>
          -> vector<64x32xf32>
      return %kt : vector<64x32xf32>
    }
    ```
  }];

  let arguments = (ins
    Arg<AnyMemRef, "the memory that is read", [MemRead]>:$memory,
    Variadic<Tile_IndexLike>:$indices,
    Variadic<Tile_MaskLike>:$valid
  );
  let results = (outs Tile_AnyTile:$result);

  let builders = [
    OpBuilder<(ins "ArrayRef<int64_t>":$shape, "Value":$memory,
                   "ValueRange":$indices, CArg<"ValueRange", "{}">:$valid)>
  ];
  let assemblyFormat = [{
    $memory `[` $indices `]` (`valid` `(` $valid^ `:` type($valid) `)`)?
    attr-dict `:` type($memory) (`,` type($indices)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// tile.store
//===----------------------------------------------------------------------===//

def Tile_StoreOp : Tile_Op<"store", [AttrSizedOperandSegments]> {
  let summary = "write the elements of a tile to memory";
  let description = [{
    Performs, for every row `r` and column `c` of `value`:

    ```
    memory[i0(r, c), i1(r, c), ...] = value[r, c]   if all valid(r, c)
    ```

    Indices and masks are as in `tile.load`. Memory at an element that is not
    valid is never touched. If two valid elements have the same indices, either
    is kept.

    Constraints:
    - (C1) `size(indices) = rank(memory)`
    - (C2) `element_type(value) = element_type(memory)`
    - (C3) each index has a shape that broadcasts to the value's
    - (C4) each mask has a shape that broadcasts to the value's

    Edges: with no valid element nothing is written.

    Example:

    ```mlir
    // One number per row, for the rows below n.
    func.func @rows(%y: memref<?xf32>, %v: vector<16x1xf32>, %first: index,
                    %n: index) {
      %row = tile.iota %first dim(0) : vector<16x1xindex>
      %limit = vector.broadcast %n : index to vector<16x1xindex>
      %in = arith.cmpi slt, %row, %limit : vector<16x1xindex>
      tile.store %v, %y[%row] valid(%in : vector<16x1xi1>)
          : vector<16x1xf32>, memref<?xf32>, vector<16x1xindex>
      return
    }
    ```
  }];

  let arguments = (ins
    Tile_AnyTile:$value,
    Arg<AnyMemRef, "the memory that is written", [MemWrite]>:$memory,
    Variadic<Tile_IndexLike>:$indices,
    Variadic<Tile_MaskLike>:$valid
  );

  let builders = [
    OpBuilder<(ins "Value":$value, "Value":$memory, "ValueRange":$indices), [{
      build($_builder, $_state, value, memory, indices, /*valid=*/ValueRange());
    }]>
  ];
  let assemblyFormat = [{
    $value `,` $memory `[` $indices `]`
    (`valid` `(` $valid^ `:` type($valid) `)`)? attr-dict
    `:` type($value) `,` type($memory) (`,` type($indices)^)?
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// tile.iota
//===----------------------------------------------------------------------===//

def Tile_IotaOp : Tile_Op<"iota", [Pure]> {
  let summary = "consecutive indices along the rows or columns of a tile";
  let description = [{
    ```
    dim(0): result[r, 0] = base + r
    dim(1): result[0, c] = base + c
    ```

    Loads whose last index is an iota, or an iota plus values that do not vary
    along it, are the contiguous ones.

    Constraints:
    - (C1) the result has size 1 along the other dimension

    Example:

    ```mlir
    func.func @columns(%first: index) -> vector<1x64xindex> {
      %col = tile.iota %first dim(1) : vector<1x64xindex>
      return %col : vector<1x64xindex>
    }
    ```
  }];

  let arguments = (ins
    Index:$base,
    ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<1>]>:$dim
  );
  let results = (outs FixedVectorOfRankAndType<[2], [Index]>:$result);

  let builders = [
    OpBuilder<(ins "Value":$base, "int64_t":$dim, "int64_t":$size)>
  ];
  let assemblyFormat = [{
    $base `dim` `(` $dim `)` attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// tile.dot
//===----------------------------------------------------------------------===//

def Tile_DotOp : Tile_Op<"dot", [
    Pure,
    AllTypesMatch<["acc", "result"]>,
    AllElementTypesMatch<["lhs", "rhs"]>
  ]> {
  let summary = "add the matrix product of two tiles to an accumulator";
  let description = [{
    Computes, for every row `i` and column `j` of `acc`:

    ```
    result[i, j] = acc[i, j] + sum over k of lhs[i, k] * rhs[k, j]
    ```

    With `mask`, only terms with `mask[i, k]` are summed: a term whose mask is
    false contributes nothing, even if `lhs[i, k]` or `rhs[k, j]` is NaN or
    infinite.

    The sum is carried out in the element type of `acc`, in an order that
    depends on the shapes only.

    Constraints:
    - (C1) `type(result) = type(acc)`
    - (C2) `element_type(lhs) = element_type(rhs)`
    - (C3) `dim(lhs, 1) = dim(rhs, 0)`
    - (C4) `shape(acc) = [dim(lhs, 0), dim(rhs, 1)]`
    - (C5) `element_type(acc)` is f64 for f64 operands and f32 for all others
    - (C6) `shape(mask) = shape(lhs)`

    Edges: with no mask, `0 * NaN` is NaN as usual.

    Example:

    ```mlir
    // Scores of 16 queries against 32 keys of 64 features.
    func.func @scores(%q: vector<16x64xf16>, %kt: vector<64x32xf16>)
        -> vector<16x32xf32> {
      %zero = arith.constant dense<0.0> : vector<16x32xf32>
      %s = tile.dot %q, %kt, %zero
          : vector<16x64xf16>, vector<64x32xf16>, vector<16x32xf32>
      return %s : vector<16x32xf32>
    }
    ```
  }];

  let arguments = (ins
    Tile_FloatTile:$lhs,
    Tile_FloatTile:$rhs,
    Tile_FloatTile:$acc,
    Optional<FixedVectorOfRankAndType<[2], [I1]>>:$mask
  );
  let results = (outs Tile_FloatTile:$result);

  let builders = [
    OpBuilder<(ins "Value":$lhs, "Value":$rhs, "Value":$acc), [{
      build($_builder, $_state, lhs, rhs, acc, /*mask=*/Value());
    }]>
  ];
  let assemblyFormat = [{
    $lhs `,` $rhs `,` $acc (`mask` `(` $mask^ `:` type($mask) `)`)?
    attr-dict `:` type($lhs) `,` type($rhs) `,` type($acc)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// tile.reduce
//===----------------------------------------------------------------------===//

def Tile_ReduceOp : Tile_Op<"reduce", [
    Pure, InferTypeOpAdaptor
  ]> {
  let summary = "combine the columns of each row";
  let description = [{
    ```
    <add>: result[r, 0] = sum over c of source[r, c]
    <max>: result[r, 0] = maximum over c of source[r, c]
    ```

    Elements are combined by a tree that depends on the shape only, so results
    are the same from run to run.

    Constraints:
    - (C1) `type(result)` is `type(source)` with 1 column

    Edges: a NaN makes a sum NaN. It may or may not make a maximum NaN: a
    softmax is NaN all the same, because the weight of a NaN score is NaN.

    Example:

    ```mlir
    func.func @largest(%s: vector<16x32xf32>) -> vector<16x1xf32> {
      %m = tile.reduce <max> %s : vector<16x32xf32> -> vector<16x1xf32>
      return %m : vector<16x1xf32>
    }
    ```
  }];

  let arguments = (ins
    Tile_ReduceKindAttr:$kind,
    FixedVectorOfRankAndType<[2], [AnyFloat, AnySignlessInteger, Index]>:$source
  );
  let results = (outs
    FixedVectorOfRankAndType<[2], [AnyFloat, AnySignlessInteger, Index]>:$result
  );
  let assemblyFormat = [{
    $kind $source attr-dict `:` type($source) `->` type($result)
  }];
}

//===----------------------------------------------------------------------===//
// tile.ranges
//===----------------------------------------------------------------------===//

def Tile_RangesOp : Tile_Op<"ranges", [Pure, AttrSizedOperandSegments]> {
  let summary = "a list of key ranges";
  let description = [{
    Makes the list of the ranges `[begin, end)`, in order, each `full` (every
    pair of its tiles is visible) or `partial` (the body of the loop must mask).

    The ranges are sorted and disjoint; this is the producer's promise. A range
    whose end is not above its begin is empty.

    Constraints:
    - (C1) each range has a begin, an end and a kind

    Edges: a list with no ranges is legal; a loop over it runs nothing.

    Example:

    ```mlir
    // Causal: full tiles up to the diagonal, one masked tile on it.
    func.func @causal(%zero: index, %diagonal: index, %end: index)
        -> !tile.ranges {
      %r = tile.ranges [%zero, %diagonal, full], [%diagonal, %end, partial]
          : !tile.ranges
      return %r : !tile.ranges
    }
    ```
  }];

  let arguments = (ins
    Variadic<Index>:$begins,
    Variadic<Index>:$ends,
    Tile_RangeKindArrayAttr:$kinds
  );
  let results = (outs Tile_RangesType:$result);

  let builders = [
    OpBuilder<(ins "ValueRange":$begins, "ValueRange":$ends,
                   "ArrayRef<RangeKind>":$kinds)>
  ];
  let assemblyFormat = [{
    custom<RangeList>($begins, $ends, $kinds) attr-dict `:` type($result)
  }];
  let hasVerifier = 1;

  let extraClassDeclaration = [{
    /// The kind of range number `index`.
    RangeKind getKind(unsigned index) {
      return cast<RangeKindAttr>(getKinds()[index]).getValue();
    }

    /// The number of ranges of kind `kind`.
    unsigned countKind(RangeKind kind);
  }];
  let skipDefaultBuilders = 1;
}

//===----------------------------------------------------------------------===//
// tile.find_ranges
//===----------------------------------------------------------------------===//

def Tile_FindRangesOp : Tile_Op<"find_ranges", [
    RecursiveMemoryEffects,
    SingleBlock
  ]> {
  let summary = "the key ranges that bisection finds";
  let description = [{
    Makes the list of ranges of the keys `[begin, end)` by asking about groups of
    tiles. Tile `t` has the keys `[t * step, (t + 1) * step)` that lie between
    `begin` and `end`; a group is `count` tiles from tile `first` on, where
    `count` is a power of two that divides `first`.

    The block of the region receives the keys `[lo, hi)` of a group, `first` and
    `count`, and ends in `tile.classify`:

    ```
    find(first, count):
      (may, must) = region(lo, hi, first, count)
      if not may:                               nothing
      elif must and step divides hi - lo:       [lo, hi) is full
      elif count = 1:                           [lo, hi) is partial
      else:                                     both halves
    ```

    The ranges are sorted and disjoint whatever the region says. Finding R ranges
    takes O(R log(tiles)) evaluations and no memory.

    Constraints:
    - (C1) the block has four `index` arguments and ends in `tile.classify`

    Edges: if `end` is not above `begin` the list is empty.

    Example:

    ```mlir
    // A window around the query.
    func.func @window(%zero: index, %end: index, %query: index) -> !tile.ranges {
      %width = arith.constant 256 : index
      %r = tile.find_ranges %zero to %end step 64 {
      ^bb0(%lo: index, %hi: index, %first: index, %count: index):
        %begin = arith.subi %query, %width : index
        %may0 = arith.cmpi sgt, %hi, %begin : index
        %may1 = arith.cmpi sle, %lo, %query : index
        %may = arith.andi %may0, %may1 : i1
        %must0 = arith.cmpi sgt, %lo, %begin : index
        %last = arith.cmpi sle, %hi, %query : index
        %must = arith.andi %must0, %last : i1
        tile.classify %may, %must
      } : !tile.ranges
      return %r : !tile.ranges
    }
    ```
  }];

  let arguments = (ins
    Index:$begin, Index:$end, ConfinedAttr<I64Attr, [IntPositive]>:$step
  );
  let results = (outs Tile_RangesType:$result);
  let regions = (region SizedRegion<1>:$body);

  let builders = [
    OpBuilder<(ins "Value":$begin, "Value":$end, "int64_t":$step,
                   "ClassifyBuilder":$body)>
  ];
  let skipDefaultBuilders = 1;
  let assemblyFormat = [{
    $begin `to` $end `step` $step $body attr-dict `:` type($result)
  }];
  let hasRegionVerifier = 1;
}

//===----------------------------------------------------------------------===//
// tile.classify
//===----------------------------------------------------------------------===//

def Tile_ClassifyOp : Tile_Op<"classify", [
    Pure, Terminator, HasParent<"FindRangesOp">
  ]> {
  let summary = "what is known of a group of tiles";
  let description = [{
    Ends the region of `tile.find_ranges`: `may` is false only if no pair of the
    group is visible, `must` is true only if all are.

    Example:

    ```mlir
    func.func @nothing_known(%end: index) -> !tile.ranges {
      %c0 = arith.constant 0 : index
      %yes = arith.constant true
      %no = arith.constant false
      %r = tile.find_ranges %c0 to %end step 64 {
      ^bb0(%lo: index, %hi: index, %first: index, %count: index):
        tile.classify %yes, %no
      } : !tile.ranges
      return %r : !tile.ranges
    }
    ```
  }];
  let arguments = (ins I1:$may, I1:$must);
  let assemblyFormat = "$may `,` $must attr-dict";
}

//===----------------------------------------------------------------------===//
// tile.for_each
//===----------------------------------------------------------------------===//

def Tile_ForEachOp : Tile_Op<"for_each", [
    RecursiveMemoryEffects,
    SingleBlock,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<LoopLikeOpInterface>
  ]> {
  let summary = "a loop over the tiles of a list of key ranges";
  let description = [{
    Visits the ranges of `ranges` in order, and each range from its begin to its
    end in steps of `step`:

    ```
    for (begin, end, kind) in ranges:
      for key = begin; key < end; key += step:
        carried = region(kind)(key, end, carried)
    result = carried
    ```

    The block of a region receives the first key of the tile, the end of the
    range, and the carried values; it yields their next values.

    The length of a `full` range is a multiple of `step`; this is the
    producer's promise, so a full tile needs no bounds. The last tile of a
    `partial` range may reach over the end: its body masks.

    Constraints:
    - (C1) the results have the types of `initial`
    - (C2) the block of each region has two `index` arguments, and then one for
      each of `initial`, of its type
    - (C3) each region ends in a `tile.yield` of values of the types of `initial`
    - (C4) a region is absent only if the list has no range of its kind; of
      ranges that bisection finds, the full ones are visited as partial ones if
      `full` is absent
    - (C5) `step` is that of the `tile.find_ranges` that makes the list

    Edges: if every range is empty the results are `initial`.

    Example:

    ```mlir
    // Counts the keys of the visited tiles.
    func.func @count(%r: !tile.ranges) -> index {
      %c0 = arith.constant 0 : index
      %c64 = arith.constant 64 : index
      %n = tile.for_each %r step 64 iter_args(%c0) -> (index) full {
      ^bb0(%key: index, %end: index, %x: index):
        %y = arith.addi %x, %c64 : index
        tile.yield %y : index
      } partial {
      ^bb0(%key: index, %end: index, %x: index):
        %left = arith.subi %end, %key : index
        %in = arith.minsi %left, %c64 : index
        %y = arith.addi %x, %in : index
        tile.yield %y : index
      }
      return %n : index
    }
    ```
  }];

  let arguments = (ins
    Tile_RangesType:$ranges,
    ConfinedAttr<I64Attr, [IntPositive]>:$step,
    Variadic<Tile_Carried>:$initial
  );
  let results = (outs Variadic<Tile_Carried>:$results);
  let regions = (region MaxSizedRegion<1>:$full, MaxSizedRegion<1>:$partial);

  let builders = [
    OpBuilder<(ins "Value":$ranges, "int64_t":$step, "ValueRange":$initial,
                   "ForEachBodyBuilder":$full, "ForEachBodyBuilder":$partial)>
  ];
  let skipDefaultBuilders = 1;
  let assemblyFormat = [{
    $ranges `step` $step
    (`iter_args` `(` $initial^ `)` `->` `(` type($initial) `)`)?
    (`full` $full^)? (`partial` $partial^)? attr-dict
  }];
  let hasRegionVerifier = 1;
}

//===----------------------------------------------------------------------===//
// tile.yield
//===----------------------------------------------------------------------===//

def Tile_YieldOp : Tile_Op<"yield", [
    Pure, Terminator, HasParent<"ForEachOp">
  ]> {
  let summary = "the next values of what a loop carries";
  let description = [{
    Ends a region of `tile.for_each`.

    Example:

    ```mlir
    func.func @last(%r: !tile.ranges, %none: index) -> index {
      %k = tile.for_each %r step 64 iter_args(%none) -> (index) full {
      ^bb0(%key: index, %end: index, %x: index):
        tile.yield %key : index
      } partial {
      ^bb0(%key: index, %end: index, %x: index):
        tile.yield %key : index
      }
      return %k : index
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_Carried>:$values);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, {}); }]>];
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

//===----------------------------------------------------------------------===//
// tile.check
//===----------------------------------------------------------------------===//

def Tile_CheckOp : Tile_Op<"check", [
    AllTypesMatch<["found", "expected"]>,
    MemoryEffects<[MemWrite<DefaultResource>]>
  ]> {
  let summary = "stop the program with a sentence if a size is wrong";
  let description = [{
    Continues if the condition holds, and otherwise reports `message` with both
    numbers and ends the program:

    ```
    equal:    found = expected
    at_least: found >= expected
    at_most:  found <= expected
    multiple: found mod expected = 0
    ```

    It may stand in host code and in kernels.

    Constraints:
    - (C1) `found` and `expected` have the same type, `index`

    Edges: `multiple` of 0 does not hold.

    Example:

    ```mlir
    func.func @same_length(%k: tensor<?x64xf32>, %v: tensor<?x64xf32>) {
      %c0 = arith.constant 0 : index
      %nk = tensor.dim %k, %c0 : tensor<?x64xf32>
      %nv = tensor.dim %v, %c0 : tensor<?x64xf32>
      tile.check equal %nv, %nk, "as many values as keys" : index
      return
    }
    ```
  }];
  let arguments = (ins
    Tile_CheckKindAttr:$kind, Index:$found, Index:$expected, StrAttr:$message
  );
  let assemblyFormat = [{
    $kind $found `,` $expected `,` $message attr-dict `:` type($found)
  }];
}

#endif // ATTN_DIALECT_TILE_IR_TILEOPS
