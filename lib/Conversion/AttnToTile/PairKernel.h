//===- PairKernel.h - attention as a tile program ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_PAIRKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_PAIRKERNEL_H

#include "GridTiles.h"
#include "TileSizes.h"
#include "Widener.h"
#include "attn/Dialect/Attn/Utils/Emit.h"

namespace mlir {
namespace attn {

/// Which products take operands of 16 bits as they are, with weights rounded
/// alike; others are computed in the type of the statistics.
struct NarrowProducts {
  bool bf16 = false;
  bool f16 = false;
  /// Those of few rows too, which gain nothing on CPUs.
  bool ofFewRows = false;
  /// Results that are rounded less than the weights would be take these in two
  /// parts, the second of which is what the first leaves.
  bool splitWeights = false;
};

/// Builds the kernel of one attention or partial state: for a tile of queries,
/// a loop over tiles of keys with running statistics, then what becomes of
/// them.
class PairKernelBuilder {
public:
  /// Sizes of 0 are chosen. Tiles fit `sharedBytes` of a GPU's shared memory,
  /// or a cache if it is 0.
  PairKernelBuilder(Operation *op, TileSizes options, NarrowProducts narrow,
                    int64_t sharedBytes);

  /// Replaces the op by the launch of a new kernel in `symbolTable`.
  LogicalResult build(SymbolTable &symbolTable, IRRewriter &rewriter);

private:
  /// What the loop over keys carries. Absent parts are null.
  struct State {
    Value acc, max, den;
  };
  /// Scalar code that is emitted once and widened into the kernel. On grids
  /// query and key follow from positions in boxes.
  struct Scratch : PairScratch {
    explicit Scratch(const PairKernelBuilder &kernel);

    Value queryPosition, keyPosition;
    GridBox::Arguments corners;
  };

  /// What a tile of an operand is read by: the tiles (or scalars) that stand
  /// for the coordinates, and the masks of tokens that exist (null: all do).
  struct Access {
    int64_t rows, columns;
    Value query, key, inner, queryValid, keyValid;
    /// All rows have one head: that of keys and values, where a tile of queries
    /// has several.
    bool oneHead = false;
    Value innerValid = {};
  };

  LogicalResult createKernel(OpBuilder &outside);
  void createQueries();
  LogicalResult placeOnGrid(Value number);
  Value getLastHead();
  SmallVector<Value> emitLaunchGrid(OpBuilder &outside);
  int64_t getQueriesOfHead() const { return sizes.queries / packed; }
  LogicalResult loadQueries();
  FailureOr<Value> load(OpBuilder &at, Value tensor, AffineMap map,
                        const Access &access, Type element);
  Type getProductType(ValueRange tensors);
  std::pair<Type, bool> getWeightType();
  FailureOr<Value> emitDot(OpBuilder &at, unsigned n, Value keyBegin,
                           Value keyValid);
  FailureOr<Value> emitRelativeDot(OpBuilder &at, unsigned n, Value keyBegin,
                                   Value keyValid);
  FailureOr<Value> emitScaledDot(OpBuilder &at, unsigned n, Value keyBegin,
                                 Value keyValid);
  /// The scores (weights, unless the weight is exp) of a tile; `keyValid` masks
  /// keys that do not exist, or is null if all do and are visible. `visible` is
  /// the user's mask on the tile, or null.
  FailureOr<Value> emitScores(OpBuilder &prologue, OpBuilder &at,
                              ArrayRef<Value> dots, Value keyBegin,
                              Value keyValid, Value &visible);
  LogicalResult emitStep(OpBuilder &prologue, OpBuilder &at, Value keyBegin,
                         Value keyEnd, bool partial, const State &state,
                         State &next);
  std::pair<Value, Value> emitExp(OpBuilder &at, Value scores, Value max,
                                  Value reference);
  void accumulate(OpBuilder &at, Value scores, State &next, const State &state,
                  Value &weights, Value &correction);
  SmallVector<Value> pack(const State &state);
  State unpack(ValueRange values);
  State emitInitial();
  FailureOr<Value> emitRanges(bool &neverFull);
  FailureOr<Value> emitMaskedRanges(Value begin, Value end, bool &neverFull);
  FailureOr<Value> emitKeysExist(OpBuilder &at, Value keyBegin, Value keyValid);
  FailureOr<State> emitLoop();
  LogicalResult emitSink(State &state);
  LogicalResult emitAttention(AttentionOp attention, State state);
  LogicalResult emitPartial(PartialOp partial, const State &state);
  LogicalResult store(Value value, Value result, AffineMap map, bool withSplit);
  AffineMap getRowMap(bool withInner);
  /// Maps the coordinates of scalar code to the tile's.
  void seed(Widener &widener, Scratch &scratch, const Access &access,
            bool keyVaries);

  Value splat(OpBuilder &at, double value, ArrayRef<int64_t> shape);
  Value wide(OpBuilder &at, Value value, ArrayRef<int64_t> shape);
  Value isLess(OpBuilder &at, Value position, Value bound);
  bool hasInner() const;
  int64_t getFullValueSize() const;
  /// The features of values that a point of the grid sums.
  int64_t getValueSize() const {
    return llvm::divideCeil(getFullValueSize(), slabs);
  }
  void splitValues();
  Value emitValueFeatures(OpBuilder &at, Value &valid);

  Operation *op;
  PairView view;
  PairCoordinates coordinates;
  TileSizes sizes;
  Location loc;
  Type stat;
  NarrowProducts narrow;
  std::optional<int64_t> split;
  tile::KernelOp kernel;
  std::unique_ptr<KernelArguments> arguments;
  OpBuilder b;
  /// The surrounding function, and the symbols beside the kernel.
  OpBuilder *host = nullptr;
  SymbolTable *symbols = nullptr;
  /// Extents of the coordinates in the surrounding function.
  SmallVector<Value> overExtents;
  Value queryExtent, keyExtent;
  /// Values of the kernel: its point of the grid and its tile of queries.
  SmallVector<Value> over;
  /// The first head of the tile of queries, which has `packed` of them.
  Value firstHead;
  int64_t packed = 1;
  /// The grids of the mask and the sides of a tile of queries on them, if tiles
  /// are boxes, and those tiles. Queries and keys are then positions in boxes.
  std::optional<MaskGrids> maskGrids;
  SmallVector<int64_t> sides;
  std::optional<GridTiles> grid;
  /// How many points of the grid share the features of values, and which of
  /// them this one is.
  int64_t slabs = 1;
  Value slab;
  Value splitIndex, firstQuery, queries, queryValid;
  SmallVector<Value> queryTiles;
  SmallVector<Value> outputs;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_PAIRKERNEL_H
