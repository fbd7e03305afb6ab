//===- Widener.h - scalar code of a pair to code on tiles -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites the scalar code of one pair of coordinates for a tile of pairs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTOTILE_WIDENER_H
#define ATTN_LIB_CONVERSION_ATTNTOTILE_WIDENER_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Tile/IR/Tile.h"

namespace mlir {
namespace attn {

/// The kernel that is being built, with the values of the surrounding function
/// that it uses: they become inputs of the launch on first use.
class KernelArguments {
public:
  explicit KernelArguments(tile::KernelOp kernel) : kernel(kernel) {}
  /// A kernel that exists, with the inputs of its launch.
  KernelArguments(tile::KernelOp kernel, tile::LaunchOp launch);

  /// The kernel's argument for `value` of the surrounding function: a memref
  /// for a tensor, else a scalar. Constants are cloned by `b` instead.
  Value get(OpBuilder &b, Value value);
  /// Appends an argument for an output.
  Value addOutput(RankedTensorType type, Location loc);

  ArrayRef<Value> getInputs() const { return inputs; }

private:
  tile::KernelOp kernel;
  SmallVector<Value> inputs;
  DenseMap<Value, Value> arguments;
};

/// The memref type of a kernel's argument for a tensor: any strides.
MemRefType getKernelMemRefType(RankedTensorType type);

/// Widens scalar code to tiles of `rows` x `columns`. A value is kept as small
/// as it can be: a scalar, a column of row values, a row of column values, or a
/// whole tile.
class Widener {
public:
  /// Values that change inside the loop over keys are emitted by `inner`, all
  /// others by `outer`; the two may be the same.
  Widener(OpBuilder &outer, OpBuilder &inner, KernelArguments &arguments,
          int64_t rows, int64_t columns)
      : outer(outer), inner(inner), arguments(arguments), rows(rows),
        columns(columns) {}

  /// Maps a value of the scalar code. `plain` is a coordinate whose tile may
  /// only run over the end: `valid` masks it. `varying` values change inside
  /// the loop.
  void map(Value scalar, Value tile, bool varying = false);
  /// Tells the element of a mapped tile of row values at a row, where the tile
  /// is no iota.
  using RowElement = std::function<Value(OpBuilder &, Value row)>;
  void mapElement(Value scalar, RowElement element) {
    elements[scalar] = std::move(element);
  }
  /// From here on, divisors that differ between the pairs of the tile are
  /// checked at the pairs that `where` (a tile of i1) shows. `name` is the op
  /// that the message names.
  void checkDivisors(Value where, StringRef name) {
    divided = where;
    divisorName = name;
  }
  /// Widens the operations of `block`; what it emits fails with a diagnostic.
  LogicalResult run(Block &block);
  /// Widens one operation, whose operands are mapped.
  LogicalResult widen(Operation &op);
  /// Reads one element that every pair of the tile shares; 0 outside of the
  /// tensor.
  Value loadElement(ExtractOp op, OpBuilder &b, ValueRange indices);
  /// The widened form of a value of the scalar code or the function around it.
  Value lookup(Value scalar);
  /// True if the value changes inside the loop over keys.
  bool isVarying(Value scalar) const { return varying.contains(scalar); }

  /// `value` as a tile of the given shape.
  Value broadcast(OpBuilder &b, Location loc, Value value,
                  ArrayRef<int64_t> shape);
  /// The shape that `values` have in common when broadcast; empty for scalars.
  static SmallVector<int64_t> joinShapes(ValueRange values);

private:
  LogicalResult widenElementwise(Operation &op, OpBuilder &b);
  void checkDivisor(Operation &op, Value divisor);
  LogicalResult widenExtract(ExtractOp op, OpBuilder &b);
  LogicalResult widenLoop(Operation &op, OpBuilder &b);
  Value getLoopBound(Value bound, Operation &loop, OpBuilder &b);
  Value emitAt(OpBuilder &b, Value bound, ArrayRef<Operation *> slice,
               Value row, Value column);
  bool variesIn(Operation &op) const;

  OpBuilder &outer, &inner;
  KernelArguments &arguments;
  int64_t rows, columns;
  DenseMap<Value, Value> mapping;
  DenseSet<Value> varying;
  DenseMap<Value, RowElement> elements;
  /// The pairs at which divisors are checked, or null.
  Value divided;
  StringRef divisorName;
};

} // namespace attn
} // namespace mlir

#endif // ATTN_LIB_CONVERSION_ATTNTOTILE_WIDENER_H
