//===- SharedTiles.h - tiles in shared memory -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operands of products are copied to shared memory, rows of memory as rows, and
// read from there by ldmatrix. Rows are padded to an odd number of 16-byte
// chunks, so that the eight rows of a matrix lie in different banks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_TILETONVVM_SHAREDTILES_H
#define ATTN_LIB_CONVERSION_TILETONVVM_SHAREDTILES_H

#include "Elements.h"
#include "Fragments.h"

#include "attn/Target/GPU.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::tile {

/// The unit of asynchronous copies, and of a row of a matrix that ldmatrix
/// reads.
constexpr int64_t chunkBytes = 16;

/// Memory of the kernel, taken apart.
struct MemoryView {
  /// The address of element 0, an i64.
  Value address;
  /// In elements, as index.
  SmallVector<Value> strides;
  /// Whether every row begins at a multiple of 16 bytes: an i1.
  Value isAligned;
};

/// A tile in shared memory.
struct SharedTile {
  /// What is copied. (Accessors of ops are not const.)
  mutable LoadOp load;
  /// A row of memory is a column of the tile.
  bool isTransposed = false;
  /// A row of memory is consecutive, and what masks it masks all of it.
  bool hasWholeRows = false;
  /// Rows and columns that exist, and with padding.
  int64_t rows = 0, columns = 0, paddedRows = 0, paddedColumns = 0;
  int64_t elementBytes = 2;
  /// The first byte, in its stage.
  int64_t offset = 0;

  int64_t getPitch() const {
    return attn::getSharedPitch(paddedColumns, elementBytes);
  }
  int64_t getBytes() const { return paddedRows * getPitch(); }
};

/// Describes the shared copy of what `load` reads, a right operand.
SharedTile describeRight(LoadOp load);

/// The same of a left operand, with at least `minRows` rows. Its rows are those
/// of the copy, however memory lies.
SharedTile describeLeft(LoadOp load, int64_t minRows);

/// Emits copies from memory to shared memory, and what reads it.
class SharedMemory {
public:
  SharedMemory(ImplicitLocOpBuilder &b, const ThreadGrid &threads)
      : b(b), threads(threads) {}

  /// Takes `bytes` bytes; returns where they begin.
  int64_t allocate(int64_t bytes) {
    int64_t offset = size;
    size += llvm::alignTo(bytes, chunkBytes);
    return offset;
  }
  int64_t getSize() const { return size; }

  /// Emits the address of shared memory, of the global `symbol`.
  void emitBase(StringRef symbol);
  /// Takes the memref apart, where the kernel begins.
  void emitView(Value memory, Value mapped);
  bool hasView(Value memory) const { return views.contains(memory); }

  /// Emits the copy of `tile` to byte `offset` (an i32), by all threads. It has
  /// arrived when what was committed is waited for and a barrier is passed.
  void emitCopy(const SharedTile &tile, ElementEmitter &elements, Value offset);
  void emitCommit();
  /// Waits until at most `pending` groups of copies are on their way, and then
  /// for all threads.
  void emitWait(int64_t pending);

  /// The address of byte `offset`, an i32, and `constant` bytes more.
  Value emitAddress(Value offset, int64_t constant = 0);
  /// Reads `count` 8x8 matrices of 16-bit elements: the row that this lane
  /// names lies at `address`.
  SmallVector<Value> emitMatrices(Value address, int64_t count,
                                  bool isTransposed);

private:
  void emitChunks(const SharedTile &tile, ElementEmitter &elements,
                  Value offset);
  void emitElements(const SharedTile &tile, ElementEmitter &elements,
                    Value offset);
  Value toI32(Value value);
  Value constant(int64_t value);

  ImplicitLocOpBuilder &b;
  const ThreadGrid &threads;
  int64_t size = 0;
  Value base;
  DenseMap<Value, MemoryView> views;
};

} // namespace mlir::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_SHAREDTILES_H
