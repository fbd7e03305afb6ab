//===- ThreadLowering.h - one kernel for the threads of a GPU ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETONVVM_THREADLOWERING_H
#define ATTN_LIB_CONVERSION_TILETONVVM_THREADLOWERING_H

#include "RangeWalker.h"
#include "SharedTiles.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::tile {

/// What differs between kernels of the same program.
struct KernelSchedule {
  int64_t warps = 4;
  /// Copies of the operands of a step of the loop over keys: products take one
  /// while the next ones are on their way.
  int64_t stages = 2;
};

/// Lowers a tile program to the code of one thread. Tiles become fragments (see
/// Fragments.h); the right operands of products, and left ones that are loaded,
/// go through shared memory.
class ThreadLowering {
public:
  ThreadLowering(KernelOp kernel, gpu::GPUFuncOp function,
                 KernelSchedule schedule);

  /// Fills the function, whose arguments are those of the kernel without the
  /// grid. Says which operation has no lowering.
  LogicalResult run(StringRef sharedSymbol);

  int64_t getThreads() const { return threads.getThreads(); }
  /// The bytes of dynamic shared memory of a workgroup.
  int64_t getSharedBytes() const { return shared.getSize(); }

private:
  /// A tile in shared memory, and the byte (an i32) where it begins.
  struct PlacedTile {
    SharedTile tile;
    Value offset;
  };

  // What is needed (Needed.cpp).
  LogicalResult findOperands();
  void findNeeded();

  // Operations (ThreadLowering.cpp).
  LogicalResult lowerBlock(Block &block);
  LogicalResult lowerOperation(Operation *op);
  LogicalResult lowerTileOperation(Operation *op);
  void lowerElementwise(Operation *op);
  void lowerTruncation(arith::TruncFOp op);
  void lowerBroadcast(vector::BroadcastOp op);
  void lowerIota(IotaOp op);
  void lowerConstant(arith::ConstantOp op);
  void lowerReduce(ReduceOp op);
  Value emitShuffle(Value value, int64_t distance);
  void lowerLoad(LoadOp op);
  void lowerStore(StoreOp op);
  Value emitBounds(VectorType type, int64_t i);
  Value emitMath(Operation *op, ValueRange operands);

  // Loops over keys (Loop.cpp).
  LogicalResult lowerForEach(ForEachOp op);
  SmallVector<SharedTile> getStagedTiles(ForEachOp op);
  void emitStage(ForEachOp op, ArrayRef<SharedTile> tiles, const Cursor &cursor,
                 Value offset);
  LogicalResult lowerStep(ForEachOp op, bool full, const Cursor &cursor,
                          ArrayRef<SharedTile> tiles, Value offset,
                          ValueRange carried, SmallVector<Value> &next);

  // Products (Dot.cpp).
  LogicalResult lowerDot(DotOp op);
  void placeLeft(LoadOp load);
  void prepareLeft();
  SmallVector<Value> emitLeft(Value lhs, Value mask, int64_t strip,
                              int64_t step);
  Value emitIsTerm(VectorType type, int64_t terms, int64_t i);
  SmallVector<Value> emitRight(const PlacedTile &right, int64_t step,
                               int64_t block, int64_t count);
  Value emitLaneOffset(const PlacedTile &placed, bool isLeft);
  Value packPair(Value low, Value high);
  Fragment emitProduct(DotOp dot, ArrayRef<Value> initial);

  // Products that leave terms out (MaskedDot.cpp).
  Fragment emitMaskedProduct(DotOp dot, ArrayRef<Value> acc);
  Value emitHasNonFinite(const PlacedTile &right);
  Value emitScratchAddress(Value row, Value term);
  void emitScratchStores(DotOp dot, int64_t strip, int64_t step);
  Fragment emitScratchTerms(DotOp dot, int64_t step, ArrayRef<Value> sums);
  Fragment emitShownTerms(DotOp dot, ArrayRef<Value> acc);

  // Products of f32 and f64 (WideDot.cpp).
  /// A factor of an instruction. Of f32 there may be a second, small part.
  struct Factor {
    Value high, low;
  };
  void lowerWideDot(DotOp op);
  Factor splitFactor(Value value, bool isNarrow);
  Value emitSharedElement(const PlacedTile &placed, Value row, Value column,
                          int64_t bytes, Type type);
  Value emitLaneTerm(bool inPairs);
  bool canReadMatrices(const PlacedTile &placed);
  SmallVector<Factor> emitWideLeft(Value lhs, int64_t strip, int64_t step);
  SmallVector<Factor> emitWideRight(const PlacedTile &right, Type type,
                                    int64_t step, int64_t block, int64_t count,
                                    bool inPairs);
  void emitWideProduct(MutableArrayRef<Value> sums,
                       ArrayRef<SmallVector<Factor>> left,
                       ArrayRef<SmallVector<Factor>> right);
  void emitWidePart(DotOp dot, Fragment &sums, int64_t begin, int64_t end,
                    int64_t first, int64_t last);
  Value emitAccumulate(DotOp dot, int64_t i, Value sum);

  // Values.
  ArrayRef<Value> getFragment(Value value);
  Value getScalar(Value value, VectorType type, int64_t i);
  SmallVector<Value> flatten(ValueRange tileValues);
  void bind(ValueRange tileValues, ValueRange scalars);
  SmallVector<Type> getTypes(ValueRange tileValues);
  Value index(int64_t value);

  KernelOp kernel;
  gpu::GPUFuncOp function;
  KernelSchedule schedule;
  ImplicitLocOpBuilder b;
  ThreadGrid threads;
  SharedMemory shared;
  IRMapping values;
  DenseMap<Value, Fragment> fragments;
  /// The tile values that threads hold; others are only part of addresses.
  DenseSet<Value> needed;
  /// Loads that go to shared memory: right and left operands of products, in
  /// the order of the program.
  llvm::SetVector<Operation *> rightLoads, leftLoads;
  /// Those of products of f32 and f64.
  DenseSet<Operation *> wideLoads;
  DenseMap<Operation *, PlacedTile> placed;
  /// Left operands in registers, by load: strip by strip, step by step.
  DenseMap<Operation *, SmallVector<Value>> leftRegisters;
  /// Left operands whose copy has been issued and not been waited for.
  SmallVector<LoadOp> pendingLeft;
  /// Where the scratch memory of masked products begins; -1: there is none.
  int64_t scratchBegin = -1;
};

/// Whether `dot` multiplies f32 or f64.
bool isWide(DotOp dot);

/// The load that gives an operand of a product, which may widen its elements;
/// null if there is none.
LoadOp getOperandLoad(Value operand);

/// The rows of the workgroup's tiles.
int64_t getRows(KernelOp kernel);

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_THREADLOWERING_H
