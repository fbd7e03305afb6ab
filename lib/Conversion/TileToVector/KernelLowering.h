//===- KernelLowering.h - one kernel to loops and vectors -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state and the parts of the lowering of a tile program for one CPU.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETOVECTOR_KERNELLOWERING_H
#define ATTN_LIB_CONVERSION_TILETOVECTOR_KERNELLOWERING_H

#include "Schedule.h"

#include "attn/Target/CPU.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::tile {

/// Scratch memory that holds a tile: row-major, each row padded to whole
/// vectors. Row values have one element per row.
struct Buffer {
  Value memory;
  VectorType type;

  explicit operator bool() const { return static_cast<bool>(memory); }
};

/// Where the values of one row of a step are.
struct RowScope {
  /// The row; null in straight code.
  Value row;
  DenseMap<Value, Value> values;
};

/// `count` blocks of `size` rows (or vectors) each, from `begin` on.
struct Run {
  int64_t begin, count, size;
};

/// Cuts `extent` into runs of blocks of `size`. A remainder is shared by the
/// last two blocks, so that none is much smaller than the others.
SmallVector<Run> cut(int64_t extent, int64_t size);

/// Runs `body` with the first row (or column) of each block of `run`, in units
/// of `scale`.
void forEachBlock(ImplicitLocOpBuilder &b, const Run &run, int64_t scale,
                  llvm::function_ref<void(Value)> body);

/// The rows (or columns of f32) of a tile register, and the terms of bf16 in
/// each row of a left operand.
constexpr int64_t tileRows = 16, tileDepth = 32;

/// The values that a loop carries: tiles in buffers, others in SSA values.
struct Carried {
  /// One per value; empty for those in SSA values.
  SmallVector<Buffer> buffers;
  SmallVector<Value> values;
};

/// A tile that is read from memory where it is used.
struct StreamedTile {
  /// The tile's part of memory, with two axes.
  Value memory;
  /// Its columns are rows of memory.
  bool areColumnsOuter;
  /// What its elements are widened to.
  Type element;
  /// How many of its rows (or columns, where these are rows of memory) exist,
  /// if not all do; the others are zero.
  Value count;
};

/// A group of tiles that is visited, or left out, as one range.
struct FoundGroup {
  /// The number of tiles, and the keys.
  Value count, lo, hi;
  /// Whether there is something to visit, and whether it is a full range.
  Value visited, full;
};

/// Checks that every operation of `kernel` has a lowering, and says which one
/// has none.
LogicalResult verifyKernel(KernelOp kernel);

/// Lowers the body of one kernel, which is verified, into a function.
///
/// Scalars and column values become SSA values: scalars and 1-D vectors. Values
/// with more rows live in buffers between steps, and within a loop over rows
/// as the 1-D vector (or, for row values, the scalar) of the row.
///
/// In memory an i1 is an i8. A bf16 in a tile is an i16 everywhere, because
/// LLVM converts each bf16 value to f32 and back where a CPU has no bf16. The
/// right operand of a product of bf16 is a buffer of pairs (PairedDot.cpp).
class KernelLowering {
public:
  KernelLowering(KernelOp kernel, func::FuncOp function,
                 const attn::CPUModel &model);

  /// Fills the function, whose arguments are the task, the grid's extents and
  /// the kernel's arguments.
  void run();

private:
  using Targets = DenseMap<Value, Buffer>;
  /// Makes the element of a value at a row and a column.
  using ElementReader = std::function<Value(Value row, Value column)>;
  /// Makes the vector of the right operand of a product that step `k` needs for
  /// the columns from `column` on.
  using VectorReader = llvm::function_ref<Value(Value k, Value column)>;

  /// The loads of vectors of consecutive rows of a column.
  struct ColumnLoads {
    Value memory;
    VectorType type;
    int64_t rows, columns;
    /// How many columns are loaded before any is stored.
    int64_t together;
    /// The last index of row 0, and the others.
    Value first;
    SmallVector<ElementReader> indices;
    SmallVector<ElementReader> columnMasks;
    SmallVector<Buffer> rowMasks;
  };

  // Blocks and control flow (KernelLowering.cpp).
  void mapArguments();
  void finishScratch();
  void lowerBlock(Block &block, const Schedule &schedule,
                  const Targets &targets);
  void lowerStraight(Operation *op);
  SmallVector<std::pair<Value, Buffer>>
  getStored(const Step &step, const Schedule &schedule, const Targets &targets);
  Buffer takeProduct(Value result, const Step &step, const Schedule &schedule);
  void lowerRows(const Step &step, const Schedule &schedule,
                 const Targets &targets);
  void lowerSingle(Operation *op, const Schedule &schedule,
                   const Targets &targets);
  void lowerForEach(ForEachOp op);
  void lowerFor(scf::ForOp op);
  void lowerIf(scf::IfOp op);
  SmallVector<Value> lowerRange(ForEachOp op, RangeKind kind, Value begin,
                                Value end, const Carried &carried);
  void lowerRangesInTurn(ForEachOp op, RangesOp ranges, Carried &carried);
  void lowerRangesInLoop(ForEachOp op, RangesOp ranges, Carried &carried);
  void lowerFoundRanges(ForEachOp op, FindRangesOp ranges, Carried &carried);
  FoundGroup findGroup(FindRangesOp op, Value first, Value end);
  Carried carry(ValueRange initial);
  void bindCarried(ValueRange arguments, const Carried &carried,
                   ValueRange values);
  SmallVector<Value> lowerLoopBody(Block &block, ValueRange arguments,
                                   const Carried &carried, ValueRange values);
  Targets findTargets(const Schedule &schedule, ValueRange arguments,
                      ValueRange yields, const Carried &carried);
  void copyYields(ValueRange yields, const Carried &carried);

  // Rows (RowLowering.cpp).
  void forEachRow(int64_t rows, llvm::function_ref<void(Value row)> body);
  void lowerRowValues(const Step &step, const Schedule &schedule,
                      const Targets &targets);
  Value loadRowValues(Value value, Value first, int64_t lanes);
  Value getInRow(RowScope &scope, Value value);
  Value lowerInRow(RowScope &scope, Operation *op);
  Value lowerConstant(arith::ConstantOp op);
  Value lowerExtF(Value value, Type element);
  Value lowerTruncF(Value value, Type element);
  Value lowerBroadcast(RowScope &scope, vector::BroadcastOp op);
  Value lowerIota(RowScope &scope, IotaOp op);
  Value getSteps(int64_t lanes);
  Value lowerReduce(RowScope &scope, ReduceOp op);
  Value lowerLoadInRow(RowScope &scope, LoadOp op);
  void lowerStoreInRow(RowScope &scope, StoreOp op);
  SmallVector<Value> getRowIndices(RowScope &scope, ValueRange indices,
                                   bool contiguous);
  void splitMasks(RowScope &scope, ValueRange valid, VectorType type,
                  Value &rowMask, Value &columnMask);
  Value combine(ReduceKind kind, Value lhs, Value rhs);

  // Memory (MemoryLowering.cpp).
  void lowerTransposedLoad(LoadOp op);
  void lowerColumns(LoadOp op, int64_t size,
                    llvm::function_ref<void(const ColumnLoads &)> fill);
  ColumnLoads prepareColumnLoads(LoadOp op, int64_t size);
  Value areColumnsValid(LoadOp op);
  Value loadInColumn(const ColumnLoads &loads, Value row, Value column);
  Value loadColumn(const ColumnLoads &loads, Value row, Value column);
  void lowerGeneralAccess(
      Value memory, ValueRange indices, ValueRange valid, VectorType type,
      llvm::function_ref<void(Value, Value, Value, ValueRange)> access);
  void lowerGeneralLoad(LoadOp op);
  void lowerGeneralStore(StoreOp op);
  void lowerTranspose(vector::TransposeOp op);
  void fillTransposed(Buffer target, int64_t rows, int64_t columns,
                      llvm::function_ref<Value(Value row, Value column)> load);
  SmallVector<Value> transpose(ArrayRef<Value> rows);
  Value sumTerms(ArrayRef<Term> terms);
  ElementReader getElementReader(Value value);

  // Matrix products (DotLowering.cpp).
  void lowerDot(DotOp op, const Schedule &schedule, const Targets &targets);
  void lowerProduct(Buffer lhs, Buffer from, Buffer to, VectorReader right,
                    int64_t firstRow = 0);
  void lowerProduct(Buffer lhs, Buffer rhs, Buffer from, Buffer to);
  void lowerBlockOfProduct(Buffer lhs, Buffer from, Buffer to,
                           VectorReader right, Value row, Value column,
                           int64_t rows, int64_t vectors, Value first,
                           int64_t steps);
  Value loadLeft(Buffer lhs, Value row, Value step);
  Value multiplyAdd(Value lhs, Value rhs, Value acc);
  void lowerExactProduct(Buffer lhs, Buffer rhs, Buffer from, Buffer to,
                         Buffer mask);
  void lowerProductWithColumn(Buffer lhs, Buffer rhs, Buffer from, Buffer to,
                              Buffer mask);
  Value hasNonFinite(Buffer buffer);

  // Products of few rows (StreamedDot.cpp).
  StreamedTile getStreamedTile(LoadOp load, Type element);
  Value loadStreamed(const StreamedTile &tile, Value row, Value column,
                     int64_t lanes);
  void prefetch(const StreamedTile &tile, Value row, Value column);
  Value getExisting(const StreamedTile &tile, Value number);
  Value zeroUnlessExisting(const StreamedTile &tile, Value number, Value value);
  void addProductsOfRows(Buffer lhs, const StreamedTile &rhs,
                         ArrayRef<Value> columns, Value first, int64_t steps,
                         SmallVectorImpl<Value> &sums);
  void lowerDotOfRows(Buffer lhs, const StreamedTile &rhs, Buffer from,
                      Buffer to);
  void copyOrClear(Buffer from, Buffer to);
  void lowerProductOfFewRows(Buffer lhs, const StreamedTile &rhs, Buffer from,
                             Buffer to);
  void lowerStreamedDot(LoadOp load, Buffer lhs, Buffer from, Buffer to);

  // Products of bf16 (PairedDot.cpp).
  Buffer allocatePairs(VectorType type, int64_t extraRows = 0);
  void fillPairs(Buffer target, int64_t rows,
                 llvm::function_ref<Value(Value row)> read);
  void lowerPairedLoad(LoadOp op);
  void lowerTransposedPairs(LoadOp op);
  Buffer getPairs(Value value);
  void padLeft(Buffer lhs);
  Value loadLeftPair(Buffer lhs, Value row, Value pair);
  Value multiplyPairs(Value lhs, Value rhs, Value acc);
  Value loadRowOfPairs(Buffer rhs, Value k);
  Value hasNonFinitePair(Buffer buffer);

  // Products of bf16 in the tile registers (TiledDot.cpp).
  bool usesTiles() const { return model.bf16Dots == attn::BF16Dots::Tiles; }
  void padLeftForTiles(Buffer lhs);
  void padPairsForTiles(Buffer pairs);
  int64_t lowerProductInTiles(Buffer lhs, Buffer rhs, Buffer from, Buffer to);
  void lowerBlockInTiles(Buffer lhs, Buffer rhs, Buffer from, Buffer to,
                         ArrayRef<Value> rows, ArrayRef<Value> columns);
  Value loadTile(Buffer buffer, Value row, Value column);
  void storeTile(Buffer buffer, Value row, Value column, Value tile);
  SmallVector<Value> getTileArguments(Buffer buffer, Value row, Value column);

  // Values and buffers (KernelLowering.cpp).
  Buffer allocate(VectorType type, int64_t extraRows = 0);
  Buffer getBuffer(Value value);
  void setValue(Value value, Buffer buffer);
  void fill(Buffer buffer, Value value);
  Value loadRow(Buffer buffer, Value row);
  void storeRow(Buffer buffer, Value row, Value value);
  Value loadVector(Buffer buffer, Value row, Value column, int64_t lanes);
  void storeVector(Buffer buffer, Value row, Value column, Value value);
  Value loadElement(Buffer buffer, Value row, Value column);
  void storeElement(Buffer buffer, Value row, Value column, Value value);
  Value getMemory(Value value);
  Value fromStored(Value value, Type element);
  Value toStored(Value value);
  int64_t getPaddedColumns(int64_t columns) const;
  Type getRowType(VectorType type) const;
  Value index(int64_t value);
  Value zero(Type type);
  Value add(Value lhs, int64_t rhs);
  Value both(Value lhs, Value rhs);

  KernelOp kernel;
  func::FuncOp function;
  const attn::CPUModel &model;
  ImplicitLocOpBuilder b;
  /// Scalars, memrefs and column values, by the kernel's values.
  IRMapping values;
  /// Tiles and row values of more than one row, by the kernel's values.
  DenseMap<Value, Buffer> buffers;
  /// Products whose buffer nothing else has.
  DenseSet<Value> products;
  /// The scratch memory of a task, from which buffers are cut.
  Value scratch;
  /// The bytes of scratch memory in use, and the most that ever were.
  int64_t scratchEnd = 0, scratchBytes = 0;
};

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETOVECTOR_KERNELLOWERING_H
